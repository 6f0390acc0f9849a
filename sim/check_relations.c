/*
 * check_relations.c - who is kept apart never gets a node with the other, who is kept together gets
 * the other's: from the state alone, whenever somebody gets an owner.
 *
 * What runs against a relation that came later is no violation until one of them gets an owner
 * again. A start anew where it is already (its generation was behind) chooses no node.
 */
#include "world.h"

static bool names(const uint16_t *list, unsigned count, uint16_t which)
{
    for (unsigned k = 0; k < count; k++) {
        if (list[k] == which)
            return true;
    }
    return false;
}

bool sim_apart(const struct hf_spec *spec, uint16_t a, uint16_t b)
{
    const struct hf_instance_spec *x = &spec->instances[a], *y = &spec->instances[b];
    return names(x->apart_from, x->apart_count, b) || names(y->apart_from, y->apart_count, a);
}

/* Directly or through others; a itself is one of them. */
uint64_t sim_group_of(const struct hf_spec *spec, uint16_t a)
{
    uint64_t group = 1ull << a;
    for (bool grows = true; grows;) {
        grows = false;
        for (uint16_t i = 0; i < SIM_INSTANCES; i++) {
            const struct hf_instance_spec *x = &spec->instances[i];
            for (unsigned k = 0; x->name[0] && k < x->together_count; k++) {
                uint16_t j = x->together_with[k];
                bool linked = (group >> i & 1) != (group >> j & 1);
                grows |= linked && spec->instances[j].name[0];
                if (linked && spec->instances[j].name[0])
                    group |= 1ull << i | 1ull << j;
            }
        }
    }
    return group;
}

bool sim_together(const struct hf_spec *spec, uint16_t a, uint16_t b)
{
    return sim_group_of(spec, a) >> b & 1;
}

/* It runs, or starts: what stops is on its way to a place that may still change. */
static bool settled(const struct hf_state *state, uint16_t i)
{
    const struct hf_instance_state *instance = &state->instances[i];
    return state->spec.instances[i].name[0] && instance->owner != HF_NODE_NONE &&
           instance->wanted && instance->goal == HF_GOAL_RUN && state->nodes[instance->owner].up;
}

/* Of its group: is anybody somewhere, and nobody here? A group that is torn may be joined at any
 * of its places. */
static bool left_its_group(const struct hf_state *state, uint16_t i, uint16_t *ret_other)
{
    bool elsewhere = false;
    uint64_t group = sim_group_of(&state->spec, i);
    for (uint16_t j = 0; j < SIM_INSTANCES; j++) {
        if (j == i || !settled(state, j) || !(group >> j & 1))
            continue;
        if (state->instances[j].owner == state->instances[i].owner)
            return false;
        elsewhere = true;
        *ret_other = j;
    }
    return elsewhere;
}

void sim_check_relations(struct sim_world *world, uint8_t n, const struct hf_history_record *record)
{
    const struct hf_state *state = hf_core_state(world->node[n].core);
    uint16_t i = record->instance, other = 0;
    /* Only of the newest record is the state known. */
    if (record->type != HF_CHANGE_ASSIGN || record->index != state->index || i >= SIM_INSTANCES ||
        record->reason.code == HF_REASON_GENERATION_BEHIND ||
        state->instances[i].owner != record->node)
        return;
    for (uint16_t j = 0; j < SIM_INSTANCES; j++) {
        if (j != i && state->spec.instances[j].name[0] &&
            state->instances[j].owner == record->node && sim_apart(&state->spec, i, j))
            sim_violation(world, "apart: %s is given to %s, where %s is, which it is kept from",
                          state->spec.instances[i].name, sim_node_name(world, record->node),
                          state->spec.instances[j].name);
    }
    if (left_its_group(state, i, &other))
        sim_violation(world, "together: %s is given to %s, away from %s, which it is kept with",
                      state->spec.instances[i].name, sim_node_name(world, record->node),
                      state->spec.instances[other].name);
}
