/*
 * check_versions.c - nodes of two versions: no format is put in use before every node that counts
 * speaks it, none that all speak is left unused, and no setting is accepted that it cannot say.
 */
#include "world.h"

/* A node whose older version was put back after it had said that it speaks the newer one has only
 * itself to blame. */
void sim_check_raised(struct sim_world *world, uint8_t n, const struct hf_history_record *record)
{
    const struct hf_state *state = hf_core_state(world->node[n].core);
    if (record->type != HF_CHANGE_FORMAT)
        return;
    if (world->format < record->number)
        world->format = (uint16_t)record->number;
    uint64_t counts = hf_state_voters(state) | state->members;
    for (uint8_t k = 0; k < SIM_NODES; k++) {
        const struct sim_node *node = &world->node[k];
        if (counts & sim_bit(k) && node->config.speaks < record->number && !node->put_back)
            sim_violation(world, "versions: format %u is put in use, which %s does not speak",
                          (unsigned)record->number, sim_node_name(world, k));
    }
}

void sim_check_applied(struct sim_world *world, const struct sim_request *request)
{
    uint16_t format = hf_core_state(world->node[request->node].core)->format;
    if (request->verb == HF_VERB_APPLY && request->ok && request->format > format)
        sim_violation(world, "versions: settings of format %u were accepted in format %u",
                      request->format, format);
}

void sim_check_versions(struct sim_world *world)
{
    uint8_t member = sim_member(world);
    uint16_t spoken = HF_FORMAT_PLANNED;
    bool all = true;
    if (member == HF_NODE_NONE)
        return;
    const struct hf_state *state = hf_core_state(world->node[member].core);
    for (uint8_t n = 0; n < SIM_NODES; n++) {
        const struct sim_node *node = &world->node[n];
        if (!node->exists)
            continue;
        all &= node->daemon;
        if (node->daemon && node->core->config.speaks < spoken)
            spoken = node->core->config.speaks;
    }
    if (state->format > spoken || (all && state->format < spoken))
        sim_violation(world, "versions: format %u is in use, and every node speaks %u",
                      state->format, spoken);
}
