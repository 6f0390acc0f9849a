#include <stdio.h>
#include <string.h>

#include "config/check.h"

enum color { UNSEEN, OPEN, DONE };

/* Depth-first over after; what is open is the way from the first instance to here. */
struct walk {
    struct hf_reader *r;
    uint8_t colors[HF_INSTANCES_MAX];
    uint16_t way[HF_INSTANCES_MAX];
    unsigned depth;
};

static const char *name_of(const struct hf_reader *r, unsigned slot)
{
    return r->spec->instances[slot].name;
}

/* The entry of a list of instance slot that names another. */
static const struct hf_yaml *entry_at(const struct hf_reader *r, unsigned slot, const char *key,
                                      unsigned other)
{
    const struct hf_yaml *list = hf_yaml_get(r->instances[slot], key);
    const struct hf_yaml *item = hf_yaml_item(list, name_of(r, other));
    return item ? item : r->instances[slot];
}

/* The last of the way names slot, which is open: a circle. */
static void circle(struct walk *w, unsigned slot)
{
    char text[400] = "";
    size_t used = 0;
    unsigned from = 0;
    while (w->way[from] != slot)
        from++;
    for (unsigned i = from; i < w->depth && used < sizeof(text); i++)
        used +=
            (size_t)snprintf(text + used, sizeof(text) - used, "%s -> ", name_of(w->r, w->way[i]));
    unsigned last = w->way[w->depth - 1];
    hf_reader_enter(w->r, "instance", name_of(w->r, last));
    hf_fault(w->r, entry_at(w->r, last, "after", slot),
             "after runs in a circle: %s%s.\n"
             "  None of them could ever start: remove one of these entries.",
             text, name_of(w->r, slot));
}

static void visit(struct walk *w, unsigned slot)
{
    const struct hf_instance_spec *instance = &w->r->spec->instances[slot];
    w->colors[slot] = OPEN;
    w->way[w->depth++] = (uint16_t)slot;
    for (unsigned i = 0; i < instance->after_count; i++) {
        unsigned other = instance->after[i];
        if (w->colors[other] == OPEN)
            circle(w, other);
        else if (w->colors[other] == UNSEEN)
            visit(w, other);
    }
    w->depth--;
    w->colors[slot] = DONE;
}

static void check_after(struct hf_reader *r)
{
    struct walk walk = {.r = r};
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++)
        if (r->instances[i] && walk.colors[i] == UNSEEN)
            visit(&walk, i);
}

static void check_self(struct hf_reader *r, unsigned slot, const char *key, const uint16_t *others,
                       unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (others[i] == slot)
            hf_fault(r, entry_at(r, slot, key, slot), "%s names the instance itself.\n  Remove it.",
                     key);
}

/* Instances that must share a node form groups; each group is known by its first member. */
static unsigned group_of(uint16_t *groups, unsigned slot)
{
    while (groups[slot] != slot)
        slot = groups[slot] = groups[groups[slot]];
    return slot;
}

static void join_groups(struct hf_reader *r, uint16_t *groups)
{
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++)
        groups[i] = (uint16_t)i;
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        const struct hf_instance_spec *instance = &r->spec->instances[i];
        for (unsigned k = 0; k < instance->together_count; k++)
            groups[group_of(groups, instance->together_with[k])] = (uint16_t)group_of(groups, i);
    }
}

/* Nodes that every member of each group may run on. */
static void common_owners(struct hf_reader *r, uint16_t *groups, uint64_t *ret_owners)
{
    memset(ret_owners, 0xff, HF_INSTANCES_MAX * sizeof(*ret_owners));
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++)
        if (r->instances[i])
            ret_owners[group_of(groups, i)] &= hf_spec_possible(r->spec, &r->spec->instances[i]);
}

static void check_together(struct hf_reader *r)
{
    uint16_t groups[HF_INSTANCES_MAX];
    uint64_t owners[HF_INSTANCES_MAX];
    join_groups(r, groups);
    common_owners(r, groups, owners);
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        const struct hf_instance_spec *instance = &r->spec->instances[i];
        hf_reader_enter(r, "instance", instance->name);
        for (unsigned k = 0; k < instance->apart_count; k++) {
            unsigned other = instance->apart_from[k];
            if (other != i && group_of(groups, other) == group_of(groups, i))
                hf_fault(r, entry_at(r, i, "apart_from", other),
                         "apart_from names %s, but together_with keeps the two on one node.\n"
                         "  Remove one of the two.",
                         name_of(r, other));
        }
        if (instance->together_count > 0 && owners[group_of(groups, i)] == 0 &&
            hf_spec_nodes(r->spec))
            hf_fault(r, hf_check_at(r->instances[i], "together_with"),
                     "together_with binds instances that no one node may run together.\n"
                     "  Give them a possible owner in common.");
    }
}

void hf_check_relations(struct hf_reader *r)
{
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        const struct hf_instance_spec *instance = &r->spec->instances[i];
        if (!r->instances[i])
            continue;
        hf_reader_enter(r, "instance", instance->name);
        check_self(r, i, "apart_from", instance->apart_from, instance->apart_count);
        check_self(r, i, "together_with", instance->together_with, instance->together_count);
    }
    check_after(r);
    check_together(r);
}
