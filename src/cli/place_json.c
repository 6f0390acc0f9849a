/* Placement problems: JSON to struct. Every message names the file, the place and the way out. */

#include "cli/place_json.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Where reading is, for messages: "instances[3] (i004): demand: ...". */
struct reader {
    const char *path;
    const char *list; /* "nodes", "instances" or NULL */
    size_t index;
    const char *name;
    char *message;
    size_t message_size;
    struct hf_place_file *file;
};

__attribute__((format(printf, 2, 3))) static int fail(struct reader *r, const char *format, ...)
{
    va_list args;
    int at;

    if (r->list && r->name) {
        at = snprintf(r->message, r->message_size, "%s: %s[%zu] (%s): ", r->path, r->list, r->index,
                      r->name);
    } else if (r->list) {
        at = snprintf(r->message, r->message_size, "%s: %s[%zu]: ", r->path, r->list, r->index);
    } else {
        at = snprintf(r->message, r->message_size, "%s: ", r->path);
    }
    if (at >= 0 && (size_t)at < r->message_size) {
        va_start(args, format);
        (void)vsnprintf(r->message + at, r->message_size - (size_t)at, format, args);
        va_end(args);
    }
    return 1;
}

static int read_text(struct reader *r, const json_t *value, const char *field, char *out)
{
    const char *text = json_string_value(value);

    if (!text || !*text) {
        return fail(r, "%s must be a text that is not empty", field);
    }
    if (strlen(text) >= HF_PLACE_NAME_MAX) {
        return fail(r, "%s is longer than %d bytes; shorten it", field, HF_PLACE_NAME_MAX - 1);
    }
    memcpy(out, text, strlen(text) + 1);
    return 0;
}

static int read_amounts(struct reader *r, const json_t *value, const char *field, int64_t *out)
{
    unsigned n = r->file->problem.n_resources;

    if (!json_is_array(value) || json_array_size(value) != n) {
        return fail(r, "%s must be a list of %u numbers, one for each entry of resources", field,
                    n);
    }
    for (unsigned k = 0; k < n; k++) {
        const json_t *number = json_array_get(value, k);
        json_int_t amount = json_integer_value(number);
        if (!json_is_integer(number) || amount < 0 || amount >= HF_PLACE_AMOUNT_MAX) {
            return fail(r, "%s: %s must be a whole number from 0 to %lld", field,
                        r->file->names.resource[k], (long long)HF_PLACE_AMOUNT_MAX - 1);
        }
        out[k] = amount;
    }
    return 0;
}

/* The index of a name in a table of names; -1: not there. */
static int find_name(char (*table)[HF_PLACE_NAME_MAX], unsigned length, const char *name)
{
    for (unsigned k = 0; k < length; k++) {
        if (strcmp(table[k], name) == 0) {
            return (int)k;
        }
    }
    return -1;
}

static int read_node_name(struct reader *r, const json_t *value, const char *field, int *out)
{
    struct hf_place_file *file = r->file;
    const char *name = json_string_value(value);

    if (!name) {
        return fail(r, "%s must name a node", field);
    }
    *out = find_name(file->names.node, file->problem.n_nodes, name);
    if (*out < 0) {
        return fail(r, "%s: there is no node \"%s\"; use a name from nodes", field, name);
    }
    return 0;
}

static int read_owners(struct reader *r, const json_t *value, uint64_t *out)
{
    size_t k;
    const json_t *item;

    *out = HF_PLACE_EVERY_NODE;
    if (!value || json_is_null(value)) {
        return 0;
    }
    if (!json_is_array(value)) {
        return fail(r, "owners must be a list of node names, or null for every node");
    }
    *out = 0;
    json_array_foreach(value, k, item)
    {
        int node;
        if (read_node_name(r, item, "owners", &node)) {
            return 1;
        }
        *out |= (uint64_t)1 << node;
    }
    return 0;
}

static int read_preferred(struct reader *r, const json_t *value, struct hf_place_instance *inst)
{
    size_t k;
    const json_t *item;

    if (!value || json_is_null(value)) {
        return 0;
    }
    if (!json_is_array(value)) {
        return fail(r, "preferred must be a list of node names, best first");
    }
    json_array_foreach(value, k, item)
    {
        int node;
        if (read_node_name(r, item, "preferred", &node)) {
            return 1;
        }
        if (!(inst->owners & ((uint64_t)1 << node))) {
            return fail(r, "preferred: %s is not among the owners; add it there, or remove it here",
                        json_string_value(item));
        }
        if (memchr(inst->preferred, node, inst->n_preferred)) {
            return fail(r, "preferred: %s is listed twice; remove one", json_string_value(item));
        }
        inst->preferred[inst->n_preferred++] = (uint8_t)node;
    }
    return 0;
}

/* Group names become the number of the first instance that names them, counted from 1. */
static int read_group(struct reader *r, const json_t *list, const char *field, uint16_t *out)
{
    const json_t *value = json_object_get(json_array_get(list, r->index), field);

    *out = 0;
    if (!value || json_is_null(value)) {
        return 0;
    }
    if (!json_is_string(value)) {
        return fail(r, "%s must be the name of a group, or null", field);
    }
    for (size_t k = 0; k <= r->index && *out == 0; k++) {
        const json_t *other = json_object_get(json_array_get(list, k), field);
        if (json_is_string(other) && json_equal(other, value)) {
            *out = (uint16_t)(k + 1);
        }
    }
    return 0;
}

static int read_place(struct reader *r, const json_t *value, const char *field, int8_t *out)
{
    int node = HF_PLACE_NONE;

    if (value && !json_is_null(value) && read_node_name(r, value, field, &node)) {
        return 1;
    }
    *out = (int8_t)node;
    return 0;
}

static int read_flag(struct reader *r, const json_t *value, const char *field, bool *out)
{
    if (value && !json_is_boolean(value)) {
        return fail(r, "%s must be true or false", field);
    }
    *out = json_is_true(value);
    return 0;
}

static int read_priority(struct reader *r, const json_t *value, int32_t *out)
{
    json_int_t priority = json_integer_value(value);

    if (!json_is_integer(value) || priority < INT32_MIN || priority > INT32_MAX) {
        return fail(r, "priority must be a whole number; higher is more important");
    }
    *out = (int32_t)priority;
    return 0;
}

static int read_degraded(struct reader *r, const json_t *value, struct hf_place_instance *inst)
{
    inst->has_degraded = value && !json_is_null(value);
    if (!inst->has_degraded) {
        return 0;
    }
    if (read_amounts(r, value, "degraded", inst->degraded)) {
        return 1;
    }
    for (unsigned k = 0; k < r->file->problem.n_resources; k++) {
        if (inst->degraded[k] > inst->demand[k]) {
            return fail(r, "degraded: %s is above the full demand; lower it",
                        r->file->names.resource[k]);
        }
    }
    return 0;
}

static int read_instance(struct reader *r, const json_t *list)
{
    struct hf_place_instance *inst = &r->file->problem.instances[r->index];
    struct hf_place_names *names = &r->file->names;
    const json_t *value = json_array_get(list, r->index);

    if (read_text(r, json_object_get(value, "name"), "name", names->instance[r->index])) {
        return 1;
    }
    r->name = names->instance[r->index];
    if (find_name(names->instance, (unsigned)r->index, r->name) >= 0) {
        return fail(r, "the name is used twice; rename one");
    }
    return read_priority(r, json_object_get(value, "priority"), &inst->priority) ||
           read_amounts(r, json_object_get(value, "demand"), "demand", inst->demand) ||
           read_degraded(r, json_object_get(value, "degraded"), inst) ||
           read_owners(r, json_object_get(value, "owners"), &inst->owners) ||
           read_preferred(r, json_object_get(value, "preferred"), inst) ||
           read_group(r, list, "anti_affinity", &inst->anti_affinity) ||
           read_group(r, list, "together_with", &inst->together_with) ||
           read_place(r, json_object_get(value, "current"), "current", &inst->current) ||
           read_place(r, json_object_get(value, "last"), "last", &inst->last);
}

static int read_node(struct reader *r, const json_t *list)
{
    struct hf_place_node *node = &r->file->problem.nodes[r->index];
    struct hf_place_names *names = &r->file->names;
    const json_t *value = json_array_get(list, r->index);

    if (read_text(r, json_object_get(value, "name"), "name", names->node[r->index])) {
        return 1;
    }
    r->name = names->node[r->index];
    if (find_name(names->node, (unsigned)r->index, r->name) >= 0) {
        return fail(r, "the name is used twice; rename one");
    }
    if (!json_object_get(value, "up")) {
        return fail(r, "up is missing; say true or false");
    }
    return read_flag(r, json_object_get(value, "up"), "up", &node->up) ||
           read_flag(r, json_object_get(value, "passive"), "passive", &node->passive) ||
           read_amounts(r, json_object_get(value, "cap"), "cap", node->cap);
}

static int read_list(struct reader *r, const json_t *root, const char *name, size_t max,
                     unsigned *length, int (*read_item)(struct reader *, const json_t *))
{
    const json_t *list = json_object_get(root, name);

    if (!json_is_array(list)) {
        return fail(r, "%s is missing; it must be a list", name);
    }
    if (json_array_size(list) > max) {
        return fail(r, "%zu %s are more than the %zu that can be planned", json_array_size(list),
                    name, max);
    }
    r->list = name;
    *length = (unsigned)json_array_size(list);
    for (r->index = 0; r->index < *length; r->index++) {
        r->name = NULL;
        if (!json_is_object(json_array_get(list, r->index))) {
            return fail(r, "must be an object in braces");
        }
        if (read_item(r, list)) {
            return 1;
        }
    }
    r->list = NULL;
    return 0;
}

static int read_resources(struct reader *r, const json_t *root)
{
    const json_t *list = json_object_get(root, "resources");
    size_t length = json_array_size(list);

    if (!json_is_array(list) || length > HF_PLACE_RESOURCES_MAX) {
        return fail(r, "resources must be a list of at most %d names", HF_PLACE_RESOURCES_MAX);
    }
    for (size_t k = 0; k < length; k++) {
        if (read_text(r, json_array_get(list, k), "resources", r->file->names.resource[k])) {
            return 1;
        }
    }
    r->file->problem.n_resources = (unsigned)length;
    return 0;
}

static int read_root(struct reader *r, const json_t *root)
{
    struct hf_place_problem *p = &r->file->problem;
    const json_t *format = json_object_get(root, "format");
    const json_t *name = json_object_get(root, "name");

    if (!json_is_object(root)) {
        return fail(r, "a placement problem is an object in braces");
    }
    if (format && json_integer_value(format) != 1) {
        return fail(r, "format is not 1; this version reads format 1 only");
    }
    if (name && read_text(r, name, "name", r->file->names.name)) {
        return 1;
    }
    return read_resources(r, root) ||
           read_list(r, root, "nodes", HF_PLACE_NODES_MAX, &p->n_nodes, read_node) ||
           read_list(r, root, "instances", HF_PLACE_INSTANCES_MAX, &p->n_instances, read_instance);
}

/* Takes root; NULL: error says why. */
static int take_root(struct hf_place_file *file, const char *path, json_t *root,
                     const json_error_t *error, char *message, size_t message_size)
{
    struct reader r = {
        .path = path, .message = message, .message_size = message_size, .file = file};

    memset(file, 0, sizeof(*file));
    if (!root && error->line <= 0) {
        (void)snprintf(message, message_size, "%s; give the path of a problem file", error->text);
        return 1;
    }
    if (!root) {
        (void)snprintf(message, message_size, "%s:%d:%d: %s; correct the JSON there", path,
                       error->line, error->column, error->text);
        return 1;
    }
    int answer = read_root(&r, root);
    json_decref(root);
    return answer;
}

int hf_place_file_parse(struct hf_place_file *file, const char *path, const char *text,
                        size_t length, char *message, size_t message_size)
{
    json_error_t error;
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);

    return take_root(file, path, root, &error, message, message_size);
}

int hf_place_file_read(struct hf_place_file *file, const char *path, char *message,
                       size_t message_size)
{
    json_error_t error;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

    return take_root(file, path, root, &error, message, message_size);
}

struct hf_place_file *hf_place_file_new(void)
{
    return calloc(1, sizeof(struct hf_place_file));
}

void hf_place_file_free(struct hf_place_file *file)
{
    free(file);
}
