/*
 * check_state.c - I3: members of one ring that are at the same place hold the same state; and that
 * the hash kept step by step is the hash from scratch.
 */
#include "world.h"

#include <string.h>

/* What stands in the table stays there: the same words once more are compared with the same. */
static bool compared(struct sim_node *node, const uint64_t words[5])
{
    if (!memcmp(node->seen_place, words, sizeof(node->seen_place)))
        return true;
    memcpy(node->seen_place, words, sizeof(node->seen_place));
    return false;
}

void sim_check_i3(struct sim_world *world, uint8_t n)
{
    struct sim_node *node = &world->node[n];
    const struct hf_core *core = node->core;
    const struct hf_state *state = &core->state;
    if (!core->synced_self || !state->index || !node->ring)
        return;
    /* Too few to open an epoch of their own go on in the one they have; what they decide is known
     * to them alone, and lost with their daemons. So it is compared among them only. */
    uint64_t few = 0;
    if (!hf_enough_nodes(state->members, hf_state_voters(state)) && state->coordinator < SIM_NODES)
        few = world->node[state->coordinator].incarnation << 8 | state->coordinator;
    uint64_t words[5] = {node->ring, state->epoch, state->index, few, state->hash};
    if (compared(node, words))
        return;
    uint64_t key = hf_hash(3, words, 4 * sizeof(words[0])) | 1;
    for (uint32_t k = 0; k < 64; k++) {
        uint64_t *slot = &world->seen[2 * ((key + k) % SIM_SEEN_MAX)];
        if (slot[0] == key && slot[1] != state->hash) {
            sim_violation(world, "I3: %s differs at epoch %llx index %llu", sim_node_name(world, n),
                          (unsigned long long)state->epoch, (unsigned long long)state->index);
            return;
        }
        if (slot[0] == key)
            return;
        if (!slot[0]) {
            slot[0] = key;
            slot[1] = state->hash;
            world->seen_slots[world->seen_count++] = (uint32_t)((key + k) % SIM_SEEN_MAX);
            if (sim_chance(&(struct sim_rng){key}, 20) && hf_state_hash(state) != state->hash)
                sim_violation(world, "I3: the hash of %s is not that of its state",
                              sim_node_name(world, n));
            return;
        }
    }
}

/* Reasons that are seen in the state only, not in history. */
static void cover_reasons(struct sim_world *world, uint8_t n)
{
    struct sim_node *node = &world->node[n];
    const struct hf_state *state = &node->core->state;
    struct sim_coverage *coverage = world->coverage;
    if (node->seen_index == state->index)
        return;
    node->seen_index = state->index;
    for (unsigned i = 0; i < SIM_INSTANCES; i++) {
        const struct hf_instance_state *instance = &state->instances[i];
        coverage->reasons[instance->reason.code % HF_REASON_COUNT]++;
        for (unsigned r = 0; r < instance->takeover.rejection_count; r++)
            coverage->reasons[instance->takeover.rejections[r].reason.code % HF_REASON_COUNT]++;
    }
}

void sim_check_step(struct sim_world *world, uint8_t n, bool acted)
{
    (void)acted;
    sim_check_i3(world, n);
    cover_reasons(world, n);
    if (world->node[n].core->now_ms < world->node[n].core->tilt_until_ms)
        world->coverage->reasons[HF_REASON_CLOCK_JUMPED]++;
    const struct hf_core *core = world->node[n].core;
    struct sim_coverage *coverage = world->coverage;
    for (uint16_t i = 0; i < world->instance_end; i++) {
        uint8_t *seen = &world->node[n].real[i].seen_phase;
        if (*seen == core->local[i].phase)
            continue;
        coverage->moves[*seen][core->local[i].phase]++;
        *seen = core->local[i].phase;
    }
}
