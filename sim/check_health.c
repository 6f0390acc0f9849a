/*
 * check_health.c - nothing is given up that is well: whatever a node takes for a failure of what it
 * runs must be one in the simulated world, and one that the level of health counts. A quarantined
 * node gets nothing, and somebody is always left to carry.
 */
#include "world.h"

static void says(struct sim_world *world, uint8_t n, uint16_t i, unsigned least, const char *what)
{
    const struct hf_instance_spec *spec = &hf_core_state(world->node[n].core)->spec.instances[i];
    if (spec->health.level < least)
        sim_violation(world, "health: %s on %s is given up as %s at level %u", spec->name,
                      sim_node_name(world, n), what, spec->health.level);
}

/* By the node's own clock. */
static void silent(struct sim_world *world, uint8_t n, uint16_t i)
{
    const struct hf_instance_spec *spec = &hf_core_state(world->node[n].core)->spec.instances[i];
    uint64_t now_ms = world->node[n].core->now_ms, alive_ms = world->node[n].real[i].alive_ms;
    if (now_ms + 1 < alive_ms + spec->health.timeout_ms)
        sim_violation(world, "health: %s on %s is given up %llu ms after a sign of life",
                      spec->name, sim_node_name(world, n), (unsigned long long)(now_ms - alive_ms));
}

static void check_failure(struct sim_world *world, uint8_t n, uint16_t i)
{
    const struct hf_core *core = world->node[n].core;
    const struct hf_local *local = &core->local[i];
    uint8_t status = local->status;
    if (!local->was_online)
        return; /* a start that failed */
    if (status == HF_STEP_NO_ANSWER) {
        says(world, n, i, 2, "silent");
        silent(world, n, i);
    } else if (status == HF_STEP_READ_ONLY) {
        says(world, n, i, 3, "read-only");
    } else if (status == HF_STEP_DISK_IO) {
        says(world, n, i, 3, "without disk");
    } else if (status == HF_STEP_DISK_FULL) {
        says(world, n, i, 3, "full");
        if (hf_core_state(core)->instances[i].takeover.cause.code == HF_REASON_DISK_FULL)
            sim_violation(world, "health: instance %u is started anew again: its disk is full", i);
    } else if (status == HF_STEP_EXHAUSTED) {
        says(world, n, i, 4, "exhausted");
    } else if (status == HF_STEP_CHECK_FAILED) {
        says(world, n, i, 5, "not as checked");
    }
}

/* After each step of a node. */
void sim_check_health(struct sim_world *world, uint8_t n)
{
    struct sim_node *node = &world->node[n];
    for (uint16_t i = 0; i < world->instance_end; i++) {
        bool failed = node->core->local[i].phase == HF_FAILED;
        if (failed && !node->real[i].failed)
            check_failure(world, n, i);
        node->real[i].failed = failed;
    }
}

static bool somebody_carries(const struct hf_state *state, uint8_t but)
{
    for (uint8_t n = 0; n < SIM_NODES; n++) {
        const struct hf_node_state *node = &state->nodes[n];
        if (n != but && node->up && !node->drained && !node->quarantined)
            return true;
    }
    return false;
}

#define TOLD_US (5 * SIM_S) /* by then everybody knows how it is with a node's public network */

static uint8_t network_of(const struct sim_world *world, uint8_t n)
{
    uint8_t level = world->node[n].network;
    return level == HF_NETWORK_UNKNOWN ? HF_NETWORK_WHOLE : level;
}

bool sim_network_less(const struct sim_world *world, const struct hf_state *state, uint16_t i,
                      uint8_t n)
{
    uint64_t possible = hf_spec_possible(&state->spec, &state->spec.instances[i]);
    for (uint8_t k = 0; k < world->nodes; k++) {
        if (possible >> k & 1 && state->nodes[k].up && network_of(world, k) > network_of(world, n))
            return true;
    }
    return false;
}

/* Nothing leaves a node for its public network, or is kept from it, while no other has more of it.
 * What changed a moment ago may not be known yet. */
void sim_check_network(struct sim_world *world, uint8_t n, const struct hf_history_record *record)
{
    const struct hf_state *state = hf_core_state(world->node[n].core);
    uint16_t i = record->instance;
    bool kept = false;
    uint8_t most = HF_NETWORK_UNKNOWN, least = HF_NETWORK_WHOLE;
    if (record->index != state->index || i >= SIM_INSTANCES)
        return;
    for (uint8_t k = 0; k < world->nodes; k++) {
        if (world->now < world->node[k].network_us + TOLD_US)
            return;
        uint8_t level = network_of(world, k);
        most = level > most ? level : most;
        least = level < least ? level : least;
    }
    const struct hf_takeover *takeover = &state->instances[i].takeover;
    for (unsigned r = 0; record->type == HF_CHANGE_PHASE && r < takeover->rejection_count; r++)
        kept |= takeover->rejections[r].reason.code == HF_REASON_NETWORK_BAD;
    bool left =
        record->type == HF_CHANGE_GOAL_STOP && record->reason.code == HF_REASON_NETWORK_LOST;
    if ((left || (kept && record->phase == HF_STRANDED)) && least == most)
        sim_violation(world, "network: instance %u %s although no node has more of it", i,
                      left ? "leaves its node" : "is stranded");
}

/* Only of the newest record is the state known. */
void sim_check_quarantine(struct sim_world *world, uint8_t n,
                          const struct hf_history_record *record)
{
    const struct hf_state *state = hf_core_state(world->node[n].core);
    if (record->index != state->index || record->node >= SIM_NODES)
        return;
    const struct hf_node_state *of = &state->nodes[record->node];
    bool set =
        record->type == HF_CHANGE_NODE_FLAGS && record->reason.code == HF_REASON_NODE_QUARANTINED;
    if (record->type == HF_CHANGE_ASSIGN && of->quarantined &&
        record->reason.code != HF_REASON_GENERATION_BEHIND)
        sim_violation(world, "quarantine: instance %u is given to %s", record->instance,
                      sim_node_name(world, record->node));
    if (set && !somebody_carries(state, record->node))
        sim_violation(world, "quarantine: %s was the last one that carries anything",
                      sim_node_name(world, record->node));
}
