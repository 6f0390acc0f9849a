/*
 * check_end.c - what must hold some time after the faults stopped: every instance that can be
 * served is (I4), and every acknowledged change of the configuration is there (I6).
 */
#include "world.h"

#include <string.h>

/* An instance that nobody is to serve, or whose own failures keep it down for a stated time. */
static bool excused(const struct hf_instance_state *state)
{
    if (!state->wanted)
        return true;
    return (state->phase == HF_FAILED || state->phase == HF_STRANDED) && state->retry_ms;
}

/* Rejected everywhere for want of room, or kept apart: the plan is full. */
static bool no_room(const struct hf_instance_state *state)
{
    if (state->phase != HF_STRANDED)
        return state->reason.code == HF_REASON_WAITS_FOR;
    for (unsigned r = 0; r < state->takeover.rejection_count; r++) {
        uint16_t code = state->takeover.rejections[r].reason.code;
        if (code == HF_REASON_NO_CAPACITY || code == HF_REASON_KEPT_APART ||
            code == HF_REASON_KEPT_TOGETHER)
            return true;
    }
    return false;
}

/* Counted from what really runs: an engine has its degraded settings exactly when it has company,
 * or states more than its node has room for. */
static void check_size(struct sim_world *world, const struct hf_state *state, uint16_t i)
{
    uint8_t owner = state->instances[i].owner;
    bool company = false;
    if (!state->spec.instances[i].degraded_settings[0])
        return;
    for (uint16_t other = 0; other < SIM_INSTANCES; other++) {
        bool named = state->spec.instances[other].name[0];
        if (other != i && named && state->instances[other].owner == owner)
            company = true;
        if (other != i && state->instances[other].target != HF_NODE_NONE)
            return; /* something is on its way */
    }
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        uint64_t capacity = sim_capacity(state, owner, r);
        if (capacity && state->spec.instances[i].demand[r] * 100 >
                            capacity * (100u - state->spec.cluster.reserve_percent))
            company = true;
    }
    if (world->node[owner].real[i].degraded != company)
        sim_violation(world, "size: %s is %s on %s and runs %s", state->spec.instances[i].name,
                      company ? "not alone, or too big," : "alone", sim_node_name(world, owner),
                      company ? "at its full size" : "degraded");
}

static void served(struct sim_world *world, const struct hf_state *state, uint16_t i)
{
    const struct hf_instance_state *instance = &state->instances[i];
    if (excused(instance) || no_room(instance))
        return;
    char why[256];
    (void)hf_reason_text(&instance->reason, &state->spec, why, sizeof(why));
    if (instance->phase != HF_ONLINE || instance->owner >= SIM_NODES) {
        sim_violation(world, "I4: %s is %s on %s, goal %u: %s", state->spec.instances[i].name,
                      hf_phase_word((enum hf_phase)instance->phase),
                      sim_node_name(world, instance->owner), instance->goal, why);
        return;
    }
    const struct sim_real *real = &world->node[instance->owner].real[i];
    bool address = real->address || !state->spec.instances[i].address[0];
    if (!real->engine || !real->ready || !address)
        sim_violation(world, "I4: %s is said to be online on %s and is not",
                      state->spec.instances[i].name, sim_node_name(world, instance->owner));
    check_size(world, state, i);
    for (uint8_t n = 0; n < world->nodes; n++) {
        if (n != instance->owner && world->node[n].real[i].engine)
            sim_violation(world, "I4: an engine of %s is left on %s", state->spec.instances[i].name,
                          sim_node_name(world, n));
        if (n != instance->owner && world->node[n].real[i].address)
            sim_violation(world, "I4: the address of %s is left on %s",
                          state->spec.instances[i].name, sim_node_name(world, n));
    }
}

void sim_check_served(struct sim_world *world)
{
    uint8_t member = sim_member(world);
    if (member == HF_NODE_NONE) {
        sim_violation(world, "I4: nobody is in a regime");
        return;
    }
    const struct hf_state *state = hf_core_state(world->node[member].core);
    for (uint8_t n = 0; n < world->nodes; n++) {
        struct hf_core_view view;
        if (!world->node[n].daemon || !world->node[n].exists)
            continue;
        hf_core_view(world->node[n].core, &view);
        const struct hf_state *own = hf_core_state(world->node[n].core);
        if (view.condition != HF_CORE_MEMBER || own->hash != state->hash)
            sim_violation(world, "I4: %s is not in the regime (condition %u)",
                          sim_node_name(world, n), view.condition);
    }
    for (uint16_t i = 0; i < SIM_INSTANCES; i++) {
        if (state->spec.instances[i].name[0])
            served(world, state, i);
    }
}

static bool has_marker(const char *chain, uint64_t marker)
{
    char wanted[24];
    (void)snprintf(wanted, sizeof(wanted), ",%llu,", (unsigned long long)marker);
    return strstr(chain, wanted);
}

/* The newest acknowledged wish for a node or an instance, when nobody asked for another since. */
static void wishes(struct sim_world *world, const struct hf_state *state)
{
    for (uint32_t r = 0; r < world->request_count; r++) {
        const struct sim_request *request = &world->request[r];
        bool of_instance = request->verb == HF_VERB_ONLINE || request->verb == HF_VERB_OFFLINE;
        bool of_node = request->verb == HF_VERB_DRAIN || request->verb == HF_VERB_RESUME;
        if (!request->ok || (!of_instance && !of_node))
            continue;
        /* What was wished for an instance ends with it; another one may have its slot. */
        if (of_instance && world->taken_out >> request->instance & 1)
            continue;
        bool newest = true;
        for (uint32_t k = 0; k < world->request_count; k++) {
            const struct sim_request *other = &world->request[k];
            bool same_kind =
                of_instance ? (other->verb == HF_VERB_ONLINE || other->verb == HF_VERB_OFFLINE) &&
                                  other->instance == request->instance
                            : (other->verb == HF_VERB_DRAIN || other->verb == HF_VERB_RESUME) &&
                                  other->target == request->target;
            if (k != r && same_kind && (k > r || !other->done || other->order > request->order))
                newest = false;
        }
        if (!newest)
            continue;
        bool holds =
            of_instance
                ? state->instances[request->instance].wanted == (request->verb == HF_VERB_ONLINE)
                : state->nodes[request->target].drained == (request->verb == HF_VERB_DRAIN);
        if (!holds)
            sim_violation(world, "I6: command %u was acknowledged and is lost", r + 1);
    }
}

void sim_check_config(struct sim_world *world)
{
    uint8_t member = sim_member(world);
    if (member == HF_NODE_NONE)
        return;
    const struct hf_state *state = hf_core_state(world->node[member].core);
    for (uint32_t m = 0; m < world->marker_acked_count; m++) {
        if (!has_marker(state->spec.cluster.fence_options_file, world->marker_acked[m]))
            sim_violation(world, "I6: configuration %llu was acknowledged and is lost",
                          (unsigned long long)world->marker_acked[m]);
    }
    wishes(world, state);
}

/* The clients go by these sets: one that is wrong would leave writes and commits out. */
void sim_check_sets(struct sim_world *world, uint8_t n)
{
    const struct sim_node *node = &world->node[n];
    uint64_t engines = 0, addresses = 0;
    for (uint16_t i = 0; i < world->instance_end; i++) {
        engines |= (uint64_t)(node->real[i].engine != 0) << i;
        addresses |= (uint64_t)node->real[i].address << i;
    }
    if (engines != node->engines || addresses != node->addresses)
        sim_violation(world, "simulator: the sets of engines and addresses of %s are wrong",
                      sim_node_name(world, n));
}
