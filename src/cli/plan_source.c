#include "cli/plan_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/json_get.h"
#include "cli/read_file.h"
#include "cli/spec_text.h"

int hf_plan_from_text(const char *file_name, const char *text, size_t length,
                      struct hf_plan_input *input)
{
    struct hf_spec *spec = NULL;
    int code = hf_spec_of_text("plan", file_name, text, length, &spec);
    if (code == HF_EXIT_OK)
        hf_plan_input_from_spec(spec, input);
    free(spec);
    return code;
}

int hf_plan_from_file(const char *name, struct hf_plan_input *input)
{
    size_t length = 0;
    char *text = hf_read_file("plan", name, &length, "");
    if (!text)
        return HF_EXIT_FILE;
    int code = hf_plan_from_text(hf_read_file_name(name), text, length, input);
    free(text);
    return code;
}

int hf_plan_find_node(const struct hf_plan_input *input, const char *name)
{
    for (unsigned n = 0; n < input->n_nodes; n++)
        if (strcmp(input->nodes[n].name, name) == 0)
            return (int)n;
    return HF_PLAN_NOWHERE;
}

int hf_plan_find_instance(const struct hf_plan_input *input, const char *name)
{
    for (unsigned i = 0; i < input->n_instances; i++)
        if (strcmp(input->instances[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* What counts, in the units of a plan; what a daemon does not say stays as the file has it. */
static bool take_amounts(const json_t *amounts, int64_t to[HF_RESOURCES])
{
    static const struct {
        const char *word;
        int64_t unit;
    } by_resource[HF_RESOURCES] = {[HF_CPU] = {"cpu_milli", 1},
                                   [HF_MEMORY] = {"memory_bytes", INT64_C(1) << 20},
                                   [HF_NETWORK] = {"network_bytes_s", 125000},
                                   [HF_IOPS] = {"io_per_s", 1}};
    for (unsigned r = 0; r < HF_RESOURCES; r++)
        if (hf_json_int(amounts, by_resource[r].word) > 0)
            to[r] = hf_json_int(amounts, by_resource[r].word) / by_resource[r].unit;
    return json_is_object(amounts);
}

static void take_node(const json_t *json, struct hf_plan_input *input)
{
    int n = hf_plan_find_node(input, hf_json_str(json, "name"));
    if (n < 0)
        return;
    (void)take_amounts(json_object_get(json_object_get(json, "capacity"), "counts"),
                       input->nodes[n].capacity);
    input->nodes[n].up = strcmp(hf_json_str(json, "state"), "up") == 0;
    input->nodes[n].in_service =
        input->nodes[n].up && !hf_json_true(json, "drained") && !hf_json_true(json, "quarantined");
}

/* A move that is under way counts as done. */
static void take_instance(const json_t *json, struct hf_plan_input *input)
{
    int i = hf_plan_find_instance(input, hf_json_str(json, "name"));
    if (i < 0)
        return;
    struct hf_plan_instance *instance = &input->instances[i];
    const char *target = hf_json_str(json, "target");
    int n = hf_plan_find_node(input, target[0] ? target : hf_json_str(json, "owner"));
    const json_t *recovery = json_object_get(json, "recovery_ms");
    int64_t full[HF_RESOURCES];
    memcpy(full, instance->demand, sizeof(full));
    if (take_amounts(json_object_get(json_object_get(json, "demand"), "counts"), full))
        hf_plan_input_demand(instance, full);
    instance->wanted = hf_json_true(json, "wanted");
    instance->now = (int8_t)n;
    instance->recovery_ms =
        json_is_integer(recovery) ? json_integer_value(recovery) : HF_PLAN_RECOVERY_UNKNOWN;
}

void hf_plan_take_status(const json_t *data, struct hf_plan_input *input)
{
    size_t i = 0;
    json_t *json = NULL;
    /* A witness that is stated counts when there are more votes than nodes: it has one. */
    const json_t *cluster = json_object_get(data, "cluster");
    input->witness &= hf_json_int(cluster, "expected") > hf_json_int(cluster, "nodes");
    for (unsigned n = 0; n < input->n_nodes; n++)
        input->nodes[n].up = input->nodes[n].in_service = false;
    json_array_foreach(json_object_get(data, "nodes"), i, json) take_node(json, input);
    json_array_foreach(json_object_get(data, "instances"), i, json) take_instance(json, input);
}

int hf_plan_from_replies(const json_t *configuration, const json_t *status,
                         struct hf_plan_input *input)
{
    const json_t *text = json_object_get(json_object_get(configuration, "data"), "text");
    int code = hf_plan_from_text("the cluster's configuration",
                                 json_string_value(text) ? json_string_value(text) : "",
                                 json_string_length(text), input);
    if (code == HF_EXIT_OK)
        hf_plan_take_status(json_object_get(status, "data"), input);
    return code;
}

int hf_plan_from_cluster(struct hf_plan_input *input)
{
    json_t *configuration = NULL;
    json_t *status = NULL;
    int code = hf_answer_get(json_pack("{s:s}", "verb", "export"), &configuration);
    if (code == HF_EXIT_OK)
        code = hf_answer_get(json_pack("{s:s}", "verb", "status"), &status);
    if (code == HF_EXIT_OK)
        code = hf_plan_from_replies(configuration, status, input);
    json_decref(status);
    json_decref(configuration);
    return code;
}
