/*
 * Problems of `holdfast place`: what is read is written, and must then be read as the same; it has
 * no fault; a solution keeps every rule, has the values it states, and is well-formed JSON.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/place_json.h"
#include "core/place_workspace.h"
#include "target.h"

#define STEPS 20000u
#define LARGEST 400u /* instances x nodes that are solved: larger ones take too long */

static struct hf_place_file first;
static struct hf_place_file second;
static struct hf_place_workspace workspace;
static struct hf_place_result result;
static struct hf_place_values values;

static void check_round_trip(void)
{
    char *text = NULL;
    size_t length = 0;
    char message[1024];
    FILE *out = open_memstream(&text, &length);
    HF_ASSERT(out && hf_place_file_write(&first, out) == 0 && fclose(out) == 0);
    HF_ASSERT(hf_place_file_parse(&second, "again", text, length, message, sizeof(message)) == 0);
    HF_ASSERT(memcmp(&first, &second, sizeof(first)) == 0);
    free(text);
}

static void check_result(void)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    HF_ASSERT(out && hf_place_result_write(&first, &result, out) == 0 && fclose(out) == 0);
    json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    HF_ASSERT(json_object_size(json_object_get(json, "placement")) == first.problem.n_instances);
    json_decref(json);
    free(text);
}

static void check_solution(void)
{
    unsigned at = 0;
    HF_ASSERT(hf_place_check(&first.problem, &at) == HF_PLACE_FAULT_NONE);
    if (first.problem.n_instances * first.problem.n_nodes > LARGEST)
        return;
    hf_place_solve(&first.problem, &workspace, STEPS, &result);
    HF_ASSERT(hf_place_feasible(&first.problem, result.node, &at));
    hf_place_evaluate(&first.problem, result.node, &values);
    HF_ASSERT(hf_place_compare(&values, &result.values) == 0);
    check_result();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char message[1024] = "";
    int rc = hf_place_file_parse(&first, "problem.json", (const char *)data, size, message,
                                 sizeof(message));
    HF_ASSERT((rc != 0) == (message[0] != '\0'));
    HF_ASSERT(rc == 0 || !strncmp(message, "problem.json:", strlen("problem.json:")));
    if (rc != 0)
        return 0;
    check_round_trip();
    check_solution();
    return 0;
}
