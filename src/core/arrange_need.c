/*
 * arrange_need.c - what of each instance: it has a place, it needs one, or it takes no part now.
 *
 * No part takes what waits for the time of its next try or for a person who confirms a fence: room
 * that nobody can use yet is not kept from others. What only waits for a watchdog's time, or starts
 * after others that are about to start, keeps free room for itself.
 */
#include "core/arrange_impl.h"
#include "core/decide_impl.h"

static bool waits_for_retry(const struct hf_core *core, const struct hf_instance_state *state)
{
    if (!state->retry_ms)
        return false;
    return core->wall_ms >= state->retry_ms || state->phase == HF_FAILED;
}

static bool usable(const struct hf_core *core, uint16_t i, uint8_t node)
{
    return node != HF_NODE_NONE && hf_node_obstacle(core, i, node) == HF_REASON_NONE;
}

static enum hf_need need_of_ownerless(struct hf_core *core, uint16_t i)
{
    const struct hf_instance_state *state = &core->state.instances[i];
    enum hf_fence_need fence = hf_fences_missing(core, i);
    if (waits_for_retry(core, state) || fence == HF_FENCE_NEVER)
        return HF_NEED_ABSENT;
    if (fence == HF_FENCE_SOON || hf_waits_after(core, i) != HF_INSTANCE_NONE)
        return HF_NEED_LATER;
    return usable(core, i, state->target) ? HF_NEED_MOVING : HF_NEED_HOMELESS;
}

/* Its owner says that it does not run it: this decision takes it from there. */
static bool says_offline(const struct hf_core *core, uint16_t i)
{
    const struct hf_instance_state *state = &core->state.instances[i];
    const struct hf_report *report = &core->reports[i];
    return core->report_node[i] == state->owner && report->generation == state->generation &&
           report->phase == HF_OFFLINE && report->flags & HF_REPORT_CLEAN;
}

static enum hf_need need_of_owned(struct hf_core *core, uint16_t i)
{
    const struct hf_instance_state *state = &core->state.instances[i];
    if (state->goal == HF_GOAL_STOP)
        return usable(core, i, state->target) ? HF_NEED_MOVING : HF_NEED_HOMELESS;
    if (says_offline(core, i))
        return need_of_ownerless(core, i);
    bool bad = core->state.nodes[state->owner].drained || hf_network_worse(core, i, state->owner);
    return bad && state->phase == HF_ONLINE ? HF_NEED_LEAVING : HF_NEED_PLACED;
}

static enum hf_need need_of_lost(struct hf_core *core, uint16_t i)
{
    uint8_t owner = core->state.instances[i].owner;
    if (!hf_node_lost(core, owner))
        return HF_NEED_ABSENT;
    switch (hf_fence_missing(core, i, owner)) {
    case HF_FENCE_NEVER:
        return HF_NEED_ABSENT;
    case HF_FENCE_SOON:
        return HF_NEED_LATER;
    case HF_FENCE_DONE:
        break;
    }
    return HF_NEED_HOMELESS;
}

static enum hf_need need_of(struct hf_core *core, uint16_t i)
{
    const struct hf_instance_state *state = &core->state.instances[i];
    if (!state->wanted)
        return HF_NEED_ABSENT;
    if (state->owner == HF_NODE_NONE)
        return need_of_ownerless(core, i);
    return hf_up_nodes(core) & hf_bit(state->owner) ? need_of_owned(core, i)
                                                    : need_of_lost(core, i);
}

/* Whether all that it waits for is going to run, or runs. */
static bool may_come(const struct hf_core *core, uint16_t i)
{
    const struct hf_instance_spec *spec = &core->state.spec.instances[i];
    for (unsigned a = 0; a < spec->after_count; a++) {
        uint16_t other = spec->after[a];
        if (core->state.spec.instances[other].name[0] &&
            core->arrange.need[other] == HF_NEED_ABSENT)
            return false;
    }
    return true;
}

/* What waits for something that takes no part takes none either, and so on. */
static void drop_waiting(struct hf_core *core, bool later)
{
    for (bool again = true; again;) {
        again = false;
        for (unsigned k = 0; k < core->order_count; k++) {
            uint16_t i = core->order[k];
            if (core->arrange.need[i] != HF_NEED_LATER || (later && may_come(core, i)))
                continue;
            core->arrange.need[i] = HF_NEED_ABSENT;
            again = true;
        }
    }
}

void hf_arrange_needs(struct hf_core *core, bool later)
{
    struct hf_arrange *arrange = &core->arrange;
    for (unsigned k = 0; k < core->order_count; k++)
        arrange->need[core->order[k]] = (uint8_t)need_of(core, core->order[k]);
    drop_waiting(core, later);
    arrange->asked = false;
    for (unsigned k = 0; k < core->order_count; k++) {
        uint16_t i = core->order[k];
        const struct hf_instance_state *state = &core->state.instances[i];
        uint8_t need = arrange->need[i];
        arrange->here[i] = state->owner;
        arrange->at[i] = HF_NODE_NONE;
        if (need == HF_NEED_PLACED)
            arrange->at[i] = state->owner;
        else if (need == HF_NEED_MOVING)
            arrange->at[i] = state->target;
        arrange->asked |= hf_needs_place(need);
    }
}
