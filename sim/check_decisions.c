/*
 * check_decisions.c - every decision has its reason; no instance is left out in favour of one of
 * lower priority (I5); moves per fault are bounded.
 */
#include "world.h"

static bool needs_reason(uint8_t type)
{
    return type == HF_CHANGE_ASSIGN || type == HF_CHANGE_GOAL_STOP || type == HF_CHANGE_RESTART ||
           type == HF_CHANGE_REGIME || type == HF_CHANGE_NODE_LOST || type == HF_CHANGE_WANTED ||
           type == HF_CHANGE_CLEARED;
}

void sim_check_reasons(struct sim_world *world, const struct hf_history_record *record)
{
    if (record->type < HF_CHANGE_TYPES)
        world->coverage->changes[record->type]++;
    if (record->reason.code < HF_REASON_COUNT)
        world->coverage->reasons[record->reason.code]++;
    if (record->choice.code < HF_REASON_COUNT)
        world->coverage->reasons[record->choice.code]++;
    bool stuck = record->type == HF_CHANGE_PHASE && record->phase != HF_ONLINE;
    if ((needs_reason(record->type) || stuck) && record->reason.code == HF_REASON_NONE)
        sim_violation(world, "reasons: a %s without a reason",
                      hf_change_word((enum hf_change_type)record->type));
    if (record->type == HF_CHANGE_ASSIGN && record->choice.code == HF_REASON_NONE &&
        record->reason.code != HF_REASON_GENERATION_BEHIND)
        sim_violation(world, "reasons: an owner chosen without saying why");
    if (record->type == HF_CHANGE_ASSIGN && record->instance < SIM_INSTANCES)
        world->assigned[record->instance]++;
}

/* Somebody of lower priority got a node that a stranded one was refused for lack of room. */
void sim_check_priority(struct sim_world *world, uint8_t n, const struct hf_history_record *record)
{
    const struct hf_state *state = hf_core_state(world->node[n].core);
    if (record->type != HF_CHANGE_ASSIGN || record->instance >= HF_INSTANCES_MAX)
        return;
    /* A move under way got its room before anybody waited for it. */
    uint16_t why = record->reason.code;
    if (why == HF_REASON_DRAINED || why == HF_REASON_REQUESTED_MOVE || why == HF_REASON_FAILBACK)
        return;
    int32_t priority = hf_spec_priority(&state->spec.instances[record->instance]);
    for (uint16_t i = 0; i < SIM_INSTANCES; i++) {
        const struct hf_instance_state *other = &state->instances[i];
        const struct hf_instance_spec *spec = &state->spec.instances[i];
        if (!spec->name[0] || other->phase != HF_STRANDED || other->since_ms >= record->wall_ms ||
            hf_spec_priority(spec) <= priority)
            continue;
        for (unsigned r = 0; r < other->takeover.rejection_count; r++) {
            const struct hf_rejection *rejection = &other->takeover.rejections[r];
            const struct hf_instance_spec *mine = &state->spec.instances[record->instance];
            bool smaller = false;
            for (unsigned k = 0; k < HF_RESOURCES; k++)
                smaller |= mine->demand[k] < spec->demand[k];
            if (rejection->node == record->node && !smaller &&
                rejection->reason.code == HF_REASON_NO_CAPACITY)
                sim_violation(world, "I5: %s got room that %s of higher priority waits for",
                              mine->name, spec->name);
        }
    }
}

void sim_check_moves(struct sim_world *world)
{
    uint64_t bound = 12 + 4 * world->faults;
    for (uint16_t i = 0; i < SIM_INSTANCES; i++) {
        if (world->assigned[i] > bound)
            sim_violation(world, "ping-pong: instance %u got an owner %llu times after %llu faults",
                          i, (unsigned long long)world->assigned[i],
                          (unsigned long long)world->faults);
    }
}
