/*
 * Names get their slots: known names keep theirs; new names get the first slot that is free both
 * now and before, so that a new entity is not taken for a removed one, or else the first free one.
 */
#include <string.h>

#include "config/kind.h"

/* Nodes and instances alike: how to look up and take a slot. */
struct slots {
    const char *what;   /* "node" */
    const char *plural; /* "nodes" */
    unsigned max;
    unsigned none;
    const struct hf_yaml **places; /* by slot */
    unsigned (*find)(const struct hf_spec *spec, const char *name);
    bool (*is_free)(const struct hf_spec *spec, unsigned slot);
    void (*take)(struct hf_reader *r, unsigned slot, const char *name, bool known);
};

static unsigned node_find(const struct hf_spec *spec, const char *name)
{
    return hf_spec_find_node(spec, name);
}

static unsigned instance_find(const struct hf_spec *spec, const char *name)
{
    return hf_spec_find_instance(spec, name);
}

static bool node_is_free(const struct hf_spec *spec, unsigned slot)
{
    return !spec->nodes[slot].name[0];
}

static bool instance_is_free(const struct hf_spec *spec, unsigned slot)
{
    return !spec->instances[slot].name[0];
}

static void node_take(struct hf_reader *r, unsigned slot, const char *name, bool known)
{
    struct hf_node_spec *node = &r->spec->nodes[slot];
    hf_node_spec_init(node);
    memcpy(node->name, name, strlen(name) + 1);
    if (!known)
        return;
    memcpy(node->ext, r->current->nodes[slot].ext, sizeof(node->ext));
    node->ext_len = r->current->nodes[slot].ext_len;
}

static void instance_take(struct hf_reader *r, unsigned slot, const char *name, bool known)
{
    struct hf_instance_spec *instance = &r->spec->instances[slot];
    hf_instance_spec_init(instance);
    memcpy(instance->name, name, strlen(name) + 1);
    if (!known)
        return;
    memcpy(instance->ext, r->current->instances[slot].ext, sizeof(instance->ext));
    instance->ext_len = r->current->instances[slot].ext_len;
}

/* A name of its own, well formed. */
static bool check_name(struct hf_reader *r, const struct slots *slots, const struct hf_yaml *entry)
{
    static const struct hf_key name_key = {
        .name = "name", .kind = HF_KIND_NAME, .size = HF_NAME_MAX};
    char name[HF_NAME_MAX] = "";
    hf_reader_enter(r, slots->what, "");
    memcpy(r->path, "name", sizeof("name"));
    r->where[strlen(slots->what)] = '\0';
    hf_kind_read(r, &name_key, entry->key, name);
    unsigned slot = name[0] ? slots->find(r->spec, name) : slots->none;
    if (slot == slots->none)
        return name[0] != '\0';
    hf_fault(r, entry->key,
             "name %s stands twice; the first is on line %u.\n  Rename or remove one.", name,
             slots->places[slot]->key->line);
    return false;
}

static unsigned free_slot(const struct hf_reader *r, const struct slots *slots)
{
    unsigned slot = slots->none;
    for (unsigned i = slots->max; i-- > 0;) {
        if (!slots->is_free(r->spec, i))
            continue;
        bool was_free = !r->current || slots->is_free(r->current, i);
        bool has_free = slot != slots->none && (!r->current || slots->is_free(r->current, slot));
        if (was_free || !has_free)
            slot = i;
    }
    return slot;
}

/* One pass over the names: those that current knows, or the others. */
static void take_names(struct hf_reader *r, const struct slots *slots, const struct hf_yaml *map,
                       bool known)
{
    for (const struct hf_yaml *entry = map->first; entry; entry = entry->next) {
        const char *name = entry->key->text;
        unsigned slot = r->current ? slots->find(r->current, name) : slots->none;
        if ((slot != slots->none) != known || !check_name(r, slots, entry))
            continue;
        if (!known)
            slot = free_slot(r, slots);
        slots->take(r, slot, name, known);
        slots->places[slot] = entry;
    }
}

static void read_names(struct hf_reader *r, const struct slots *slots)
{
    const struct hf_yaml *map = hf_yaml_get(r->root, slots->plural);
    if (!map)
        return;
    hf_reader_enter(r, "", "");
    if (map->type != HF_YAML_MAP) {
        hf_fault(r, map,
                 "%s must be a map from names to their keys.\n  Write NAME: {...} under it.",
                 slots->plural);
        return;
    }
    if (map->count == 0 && slots->max == HF_NODES_MAX) {
        hf_fault(r, map,
                 "nodes is empty.\n  Name at least one node, such as `db1: {public: ADDRESS}`.");
        return;
    }
    if (map->count > slots->max) {
        hf_fault(r, map, "%u %s; at most %u are possible.\n  Remove some.", map->count,
                 slots->plural, slots->max);
        return;
    }
    take_names(r, slots, map, true);
    take_names(r, slots, map, false);
}

void hf_read_names(struct hf_reader *r)
{
    const struct slots nodes = {"node",   "nodes",   HF_NODES_MAX, HF_NODE_NONE,
                                r->nodes, node_find, node_is_free, node_take};
    const struct slots instances = {"instance",   "instances",   HF_INSTANCES_MAX, HF_INSTANCE_NONE,
                                    r->instances, instance_find, instance_is_free, instance_take};
    read_names(r, &nodes);
    read_names(r, &instances);
}
