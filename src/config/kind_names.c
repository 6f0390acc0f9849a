/* References by name: owners are nodes, relations are instances. */
#include <string.h>

#include "config/kind.h"
#include "config/text.h"

/* The name of the node or instance that text most likely means, NULL = none is near. */
static const char *nearest_name(const struct hf_spec *spec, bool nodes, const char *text)
{
    const char *nearest = NULL;
    unsigned least = 1 + (unsigned)strnlen(text, HF_NAME_MAX) / 4;
    unsigned most = nodes ? HF_NODES_MAX : HF_INSTANCES_MAX;
    for (unsigned i = 0; i < most; i++) {
        const char *name = nodes ? spec->nodes[i].name : spec->instances[i].name;
        unsigned distance = name[0] ? hf_text_distance(name, text) : least + 1;
        if (distance <= least && (!nearest || distance < least)) {
            nearest = name;
            least = distance;
        }
    }
    return nearest;
}

static void no_such(struct hf_reader *r, const struct hf_yaml *yaml, bool nodes, const char *text)
{
    const char *what = nodes ? "node" : "instance";
    const char *nearest = nearest_name(r->spec, nodes, text);
    if (nearest)
        hf_fault(r, yaml, "%s: %s \"%.60s\" does not exist.\n  Did you mean %s?", r->path, what,
                 text, nearest);
    else
        hf_fault(r, yaml,
                 "%s: %s \"%.60s\" does not exist.\n  Add it under `%ss:`, or remove it here.",
                 r->path, what, text, what);
}

static bool is_repeated(struct hf_reader *r, const struct hf_yaml *list, const struct hf_yaml *item)
{
    const struct hf_yaml *first = hf_yaml_item(list, item->text);
    if (first == item)
        return false;
    hf_fault(r, item, "%s names %.60s twice.\n  Remove one.", r->path, item->text);
    return true;
}

/* The slot that an item names; negative (and an error) when it names none. */
static int read_slot(struct hf_reader *r, const struct hf_yaml *list, const struct hf_yaml *item,
                     bool nodes)
{
    const char *text = hf_read_scalar(r, item);
    if (!text || is_repeated(r, list, item))
        return -1;
    unsigned slot = nodes ? hf_spec_find_node(r->spec, text) : hf_spec_find_instance(r->spec, text);
    if (slot == (nodes ? HF_NODE_NONE : HF_INSTANCE_NONE)) {
        no_such(r, item, nodes, text);
        return -1;
    }
    return (int)slot;
}

static void read_possible(struct hf_reader *r, const struct hf_key *key, const struct hf_yaml *yaml,
                          void *entity)
{
    struct hf_instance_spec *instance = entity;
    (void)key;
    if (!hf_read_is_list(r, yaml, HF_NODES_MAX))
        return;
    if (yaml->count == 0)
        hf_fault(r, yaml,
                 "%s is empty: no node could run the instance.\n"
                 "  Name the nodes, or remove the key for all nodes.",
                 r->path);
    for (const struct hf_yaml *item = yaml->first; item; item = item->next) {
        int slot = read_slot(r, yaml, item, true);
        if (slot >= 0)
            instance->possible |= UINT64_C(1) << slot;
    }
}

static void read_preferred(struct hf_reader *r, const struct hf_key *key,
                           const struct hf_yaml *yaml, void *entity)
{
    struct hf_instance_spec *instance = entity;
    (void)key;
    if (!hf_read_is_list(r, yaml, HF_NODES_MAX))
        return;
    for (const struct hf_yaml *item = yaml->first; item; item = item->next) {
        int slot = read_slot(r, yaml, item, true);
        if (slot >= 0)
            instance->preferred[instance->preferred_count++] = (uint8_t)slot;
    }
}

static void read_relation(struct hf_reader *r, const struct hf_key *key, const struct hf_yaml *yaml,
                          void *entity)
{
    uint16_t *slots = hf_kind_field(key, entity);
    uint8_t *count = (uint8_t *)entity + key->count_offset;
    if (!hf_read_is_list(r, yaml, key->max))
        return;
    for (const struct hf_yaml *item = yaml->first; item; item = item->next) {
        int slot = read_slot(r, yaml, item, false);
        if (slot >= 0)
            slots[(*count)++] = (uint16_t)slot;
    }
}

/* Appends a name to "[a, b"; the first one opens the bracket. */
static void add_name(struct hf_strbuf *out, bool first, const char *name)
{
    hf_strbuf_add(out, first ? "[" : ", ");
    hf_text_quote(out, name);
}

static void format_possible(const struct hf_spec *spec, const struct hf_key *key,
                            const void *entity, struct hf_strbuf *out)
{
    const struct hf_instance_spec *instance = entity;
    bool first = true;
    (void)key;
    for (unsigned i = 0; i < HF_NODES_MAX; i++)
        if (instance->possible >> i & 1) {
            add_name(out, first, spec->nodes[i].name);
            first = false;
        }
    if (!first)
        hf_strbuf_add(out, "]");
}

static void format_preferred(const struct hf_spec *spec, const struct hf_key *key,
                             const void *entity, struct hf_strbuf *out)
{
    const struct hf_instance_spec *instance = entity;
    (void)key;
    for (unsigned i = 0; i < instance->preferred_count; i++)
        add_name(out, i == 0, spec->nodes[instance->preferred[i]].name);
    if (instance->preferred_count > 0)
        hf_strbuf_add(out, "]");
}

static void format_relation(const struct hf_spec *spec, const struct hf_key *key,
                            const void *entity, struct hf_strbuf *out)
{
    const uint16_t *slots = hf_kind_const_field(key, entity);
    unsigned count = *((const uint8_t *)entity + key->count_offset);
    for (unsigned i = 0; i < count; i++)
        add_name(out, i == 0, spec->instances[slots[i]].name);
    if (count > 0)
        hf_strbuf_add(out, "]");
}

const struct hf_kind_row hf_kind_names[] = {
    {HF_KIND_POSSIBLE, read_possible, format_possible, "list of nodes"},
    {HF_KIND_PREFERRED, read_preferred, format_preferred, "list of nodes"},
    {HF_KIND_RELATION, read_relation, format_relation, "list of instances"},
    {0},
};
