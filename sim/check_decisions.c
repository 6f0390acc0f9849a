/*
 * check_decisions.c - every decision has its reason; moves per fault are bounded; nothing fails
 * back outside its window. (Whether it was fair: check_room.c.)
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

/* By the clock of whoever decided it, as the stop has it: a record's own time never runs back. */
void sim_check_window(struct sim_world *world, uint8_t n, const struct hf_history_record *record)
{
    const struct hf_state *state = hf_core_state(world->node[n].core);
    uint16_t i = record->instance;
    /* Only of the newest record is the state known. */
    if (record->type != HF_CHANGE_GOAL_STOP || record->reason.code != HF_REASON_FAILBACK ||
        record->index != state->index || i >= SIM_INSTANCES)
        return;
    const struct hf_instance_spec *spec = &state->spec.instances[i];
    if (spec->failback == HF_FAILBACK_NEVER)
        sim_violation(world, "window: %s fails back, and never is to", spec->name);
    if (spec->failback != HF_FAILBACK_WINDOW)
        return;
    uint64_t decided_ms = state->instances[i].takeover.noticed_ms;
    int64_t local = (int64_t)(decided_ms / 1000) + world->utc_offset_s;
    int64_t minute = local / 60 % 1440;
    int64_t from = spec->failback_from_min, to = spec->failback_to_min;
    bool inside = from < to ? minute >= from && minute < to : minute >= from || minute < to;
    if (!inside)
        sim_violation(world, "window: %s fails back at %02d:%02d", spec->name, (int)(minute / 60),
                      (int)(minute % 60));
}
