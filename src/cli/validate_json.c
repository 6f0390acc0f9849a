#include "cli/validate_show.h"

static json_t *of_check(const struct hf_check *check)
{
    return json_pack("{s:s, s:s%, s:s, s:s, s:s}", "id", check->id, "category", check->id,
                     hf_check_category(check), "title", check->title, "why", check->why, "advice",
                     check->advice);
}

static json_t *of_outcome(const struct hf_outcome *outcome)
{
    json_t *json = of_check(outcome->check);
    json_t *list = json_array();
    for (size_t k = 0; k < outcome->n_seen; k++) {
        const struct hf_seen *seen = &outcome->seen[k];
        json_t *one =
            json_pack("{s:s, s:s}", "result", hf_result_word(seen->result), "text", seen->text);
        (void)json_object_set_new(one, "node",
                                  seen->node[0] ? json_string(seen->node) : json_null());
        (void)json_array_append_new(list, one);
    }
    (void)json_object_set_new(json, "result", json_string(hf_result_word(outcome->result)));
    (void)json_object_set_new(json, "seen", list);
    return json;
}

static json_t *of_nodes(const struct hf_validate_input *input)
{
    json_t *list = json_array();
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        if (!input->spec->nodes[n].name[0])
            continue;
        json_t *one = json_pack("{s:s, s:b}", "name", input->spec->nodes[n].name, "looked_at",
                                input->facts[n] != NULL);
        if (!input->facts[n] && input->missing[n])
            (void)json_object_set_new(one, "why_not", json_string(input->missing[n]));
        (void)json_array_append_new(list, one);
    }
    return list;
}

json_t *hf_validate_json(const struct hf_validate_report *report)
{
    const struct hf_validate_input *input = report->input;
    json_t *json = json_object();
    json_t *summary = json_object();
    json_t *checks = json_array();
    for (unsigned k = 0; k < HF_RESULTS; k++)
        (void)json_object_set_new(summary, hf_result_word((enum hf_result)k),
                                  json_integer(report->count[k]));
    for (size_t k = 0; k < report->n_outcomes; k++)
        (void)json_array_append_new(checks, of_outcome(&report->outcomes[k]));
    (void)json_object_set_new(
        json, "cluster", input->configured ? json_string(input->spec->cluster.name) : json_null());
    (void)json_object_set_new(json, "time_ms", json_integer(input->now_ms));
    (void)json_object_set_new(json, "nodes", of_nodes(input));
    (void)json_object_set_new(json, "summary", summary);
    (void)json_object_set_new(json, "checks", checks);
    return json;
}

json_t *hf_validate_list_json(void)
{
    size_t count = 0;
    const struct hf_check *checks = hf_checks(&count);
    json_t *list = json_array();
    for (size_t k = 0; k < count; k++)
        (void)json_array_append_new(list, of_check(&checks[k]));
    return list;
}
