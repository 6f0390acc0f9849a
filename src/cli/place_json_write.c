/* Placement problems and results: struct to JSON. */

#include <errno.h>
#include <jansson.h>

#include "cli/place_json.h"

static json_t *amounts(const int64_t *amount, unsigned length)
{
    json_t *list = json_array();

    for (unsigned k = 0; k < length; k++) {
        (void)json_array_append_new(list, json_integer(amount[k]));
    }
    return list;
}

static json_t *node_or_null(const struct hf_place_names *names, int node)
{
    return node < 0 ? json_null() : json_string(names->node[node]);
}

static json_t *group_or_null(char kind, unsigned group)
{
    return group == 0 ? json_null() : json_sprintf("%c%u", kind, group);
}

static json_t *owners(const struct hf_place_file *file, uint64_t mask)
{
    json_t *list;

    if (mask == HF_PLACE_EVERY_NODE) {
        return json_null();
    }
    list = json_array();
    for (unsigned n = 0; n < file->problem.n_nodes; n++) {
        if (mask & ((uint64_t)1 << n)) {
            (void)json_array_append_new(list, json_string(file->names.node[n]));
        }
    }
    return list;
}

static json_t *preferred(const struct hf_place_file *file, const struct hf_place_instance *inst)
{
    json_t *list = json_array();

    for (unsigned k = 0; k < inst->n_preferred; k++) {
        (void)json_array_append_new(list, json_string(file->names.node[inst->preferred[k]]));
    }
    return list;
}

static json_t *instance(const struct hf_place_file *file, unsigned i)
{
    const struct hf_place_instance *inst = &file->problem.instances[i];
    unsigned n_resources = file->problem.n_resources;
    json_t *object = json_object();

    (void)json_object_set_new(object, "name", json_string(file->names.instance[i]));
    (void)json_object_set_new(object, "priority", json_integer(inst->priority));
    (void)json_object_set_new(object, "demand", amounts(inst->demand, n_resources));
    if (inst->has_degraded) {
        (void)json_object_set_new(object, "degraded", amounts(inst->degraded, n_resources));
    }
    (void)json_object_set_new(object, "owners", owners(file, inst->owners));
    (void)json_object_set_new(object, "preferred", preferred(file, inst));
    (void)json_object_set_new(object, "anti_affinity", group_or_null('a', inst->anti_affinity));
    if (inst->together_with) {
        (void)json_object_set_new(object, "together_with", group_or_null('t', inst->together_with));
    }
    (void)json_object_set_new(object, "current", node_or_null(&file->names, inst->current));
    (void)json_object_set_new(object, "last", node_or_null(&file->names, inst->last));
    return object;
}

static json_t *node(const struct hf_place_file *file, unsigned n)
{
    const struct hf_place_node *from = &file->problem.nodes[n];
    json_t *object = json_object();

    (void)json_object_set_new(object, "name", json_string(file->names.node[n]));
    (void)json_object_set_new(object, "up", json_boolean(from->up));
    if (from->passive) {
        (void)json_object_set_new(object, "passive", json_true());
    }
    (void)json_object_set_new(object, "cap", amounts(from->cap, file->problem.n_resources));
    return object;
}

/* Writes and releases. */
static int dump(json_t *root, FILE *out)
{
    int answer = root ? json_dumpf(root, out, JSON_COMPACT) : -1;

    json_decref(root);
    if (answer != 0 || fputc('\n', out) == EOF) {
        return root ? -EIO : -ENOMEM;
    }
    return 0;
}

int hf_place_file_write(const struct hf_place_file *file, FILE *out)
{
    json_t *root = json_object();
    json_t *resources = json_array();
    json_t *nodes = json_array();
    json_t *instances = json_array();

    for (unsigned r = 0; r < file->problem.n_resources; r++) {
        (void)json_array_append_new(resources, json_string(file->names.resource[r]));
    }
    for (unsigned n = 0; n < file->problem.n_nodes; n++) {
        (void)json_array_append_new(nodes, node(file, n));
    }
    for (unsigned i = 0; i < file->problem.n_instances; i++) {
        (void)json_array_append_new(instances, instance(file, i));
    }
    (void)json_object_set_new(root, "format", json_integer(1));
    if (file->names.name[0]) {
        (void)json_object_set_new(root, "name", json_string(file->names.name));
    }
    (void)json_object_set_new(root, "resources", resources);
    (void)json_object_set_new(root, "nodes", nodes);
    (void)json_object_set_new(root, "instances", instances);
    return dump(root, out);
}

static json_t *util_number(const struct hf_place_util *util)
{
    return json_real(util->cap > 0 ? (double)util->used / (double)util->cap : 0.0);
}

/* The four levels: served per class, moves, rank, maxutil. */
static json_t *levels(json_t *served, uint32_t moves, uint32_t rank,
                      const struct hf_place_util *util)
{
    json_t *list = json_array();

    (void)json_array_append_new(list, served);
    (void)json_array_append_new(list, json_integer(moves));
    (void)json_array_append_new(list, json_integer(rank));
    (void)json_array_append_new(list, util_number(util));
    return list;
}

static json_t *counts(const uint16_t *count, unsigned length)
{
    json_t *list = json_array();

    for (unsigned c = 0; c < length; c++) {
        (void)json_array_append_new(list, json_integer(count[c]));
    }
    return list;
}

static json_t *proved(const struct hf_place_result *result)
{
    json_t *list = json_array();

    (void)json_array_append_new(list,
                                json_boolean(result->n_classes_proved == result->values.n_classes));
    (void)json_array_append_new(list, json_boolean(result->proved[HF_PLACE_MOVES]));
    (void)json_array_append_new(list, json_boolean(result->proved[HF_PLACE_RANK]));
    (void)json_array_append_new(list, json_boolean(result->proved[HF_PLACE_MAXUTIL]));
    return list;
}

static json_t *detail(const struct hf_place_values *v)
{
    json_t *classes = json_array();

    for (unsigned c = 0; c < v->n_classes; c++) {
        (void)json_array_append_new(classes, json_integer(v->priority[c]));
    }
    return json_pack("{s:o, s:i, s:i, s:i}", "classes", classes, "moved", (int)v->moved, "stopped",
                     (int)v->stopped, "passive", (int)v->passive);
}

int hf_place_result_write(const struct hf_place_file *file, const struct hf_place_result *result,
                          FILE *out)
{
    const struct hf_place_values *v = &result->values;
    json_t *root = json_object();
    json_t *placement = json_object();
    bool optimal = result->status == HF_PLACE_OPTIMAL;

    for (unsigned i = 0; i < file->problem.n_instances; i++) {
        (void)json_object_set_new(placement, file->names.instance[i],
                                  node_or_null(&file->names, result->node[i]));
    }
    (void)json_object_set_new(root, "placement", placement);
    (void)json_object_set_new(root, "status", json_string(optimal ? "optimal" : "feasible"));
    (void)json_object_set_new(
        root, "values",
        levels(counts(v->served, v->n_classes), v->moved + v->stopped, v->rank, &v->maxutil));
    (void)json_object_set_new(root, "proved", proved(result));
    (void)json_object_set_new(root, "bounds",
                              levels(counts(result->served_bound, v->n_classes),
                                     result->bound[HF_PLACE_MOVES], result->bound[HF_PLACE_RANK],
                                     &result->maxutil_bound));
    (void)json_object_set_new(root, "detail", detail(v));
    (void)json_object_set_new(root, "steps", json_integer((json_int_t)result->steps));
    return dump(root, out);
}
