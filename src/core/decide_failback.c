/*
 * decide_failback.c - back to a better preferred owner: at once or in its window, never after
 * failures of its own, and not into room that something more important is to come back to.
 *
 * It moves and stops nobody. A group goes as its most important one says.
 */
#include "core/arrange_impl.h"
#include "core/decide_impl.h"

#define MINUTE_MS 60000u
#define DAY_MS (24u * 60u * MINUTE_MS)
#define LOOK_AGAIN_MS (10u * MINUTE_MS)

/* After failures it would only go to and fro: its own, or one that brought its group here. */
static bool failed_lately(const struct hf_case *v)
{
    struct hf_core *core = v->core;
    for (unsigned k = 0; k < core->order_count; k++) {
        if (hf_case_goes_along(v, core->order[k]) && hf_came_by_failure(core, core->order[k]))
            return true;
    }
    return hf_count_within(v->state->failovers, v->state->failover_count, core->wall_ms,
                           v->spec->failure.failover_period_ms);
}

/* How long until its window opens, in the coordinator's local time; 0 = it is open. A window may
 * pass midnight. */
static uint64_t until_window_ms(const struct hf_case *v)
{
    uint64_t from = v->spec->failback_from_min * MINUTE_MS;
    uint64_t lasts = (v->spec->failback_to_min * MINUTE_MS + DAY_MS - from) % DAY_MS;
    uint64_t local = v->core->wall_ms + (uint64_t)v->core->utc_offset_s * 1000;
    uint64_t since = (local % DAY_MS + DAY_MS - from) % DAY_MS; /* since it opened last */
    return (since < lasts || HF_PLANTED(36)) ? 0 : DAY_MS - since;
}

static bool may_now(const struct hf_case *v)
{
    switch ((enum hf_failback)v->spec->failback) {
    case HF_FAILBACK_NEVER:
        return false;
    case HF_FAILBACK_IMMEDIATE:
        return true;
    case HF_FAILBACK_WINDOW:
        break;
    }
    uint64_t left = until_window_ms(v);
    if (!left)
        return true;
    /* Sooner than that: the clock may be set, and summer time may begin. */
    hf_wake_at(v->core, v->core->now_ms + (left < LOOK_AGAIN_MS ? left : LOOK_AGAIN_MS));
    return false;
}

/* Whether it is preferred there to where it is. */
static bool prefers(const struct hf_case *v, uint8_t node)
{
    for (unsigned p = 0; p < v->spec->preferred_count; p++) {
        if (v->spec->preferred[p] == v->state->owner || v->spec->preferred[p] == node)
            return v->spec->preferred[p] == node;
    }
    return false;
}

/* More important than v, to come back to node, later, and it could do so now. */
static bool comes_back(const struct hf_case *v, const struct hf_case *other, uint8_t node)
{
    struct hf_core *core = v->core;
    struct hf_reason reason;
    return core->weight[other->i] > core->weight[v->i] &&
           other->spec->failback != HF_FAILBACK_NEVER &&
           core->arrange.need[other->i] == HF_NEED_PLACED &&
           core->relations.leader[other->i] == other->i && prefers(other, node) &&
           !hf_case_rejected(other, node, &reason);
}

/* Room is left for these: otherwise the one that may return first would keep the others away for
 * good. */
static bool in_the_way(const struct hf_case *v, uint8_t node)
{
    struct hf_core *core = v->core;
    uint64_t kept[HF_RESOURCES] = {0};
    for (unsigned k = 0; k < core->order_count; k++) {
        struct hf_case other = hf_case_of(core, core->order[k], v->proposal);
        if (!comes_back(v, &other, node))
            continue;
        if (hf_case_rivals(v, &other))
            return true;
        hf_case_add_demand(&other, kept);
    }
    return !hf_case_room_beside(v, node, kept);
}

/* The first node of its list before the one where it is that has free room. */
static uint8_t better_owner(const struct hf_case *v)
{
    uint64_t possible = hf_spec_possible(&v->core->state.spec, v->spec);
    for (unsigned p = 0; p < v->spec->preferred_count; p++) {
        struct hf_reason reason;
        uint8_t node = v->spec->preferred[p];
        if (node == v->state->owner)
            return HF_NODE_NONE;
        if (possible & hf_bit(node) && !hf_case_rejected(v, node, &reason) && !in_the_way(v, node))
            return node;
    }
    return HF_NODE_NONE;
}

void hf_case_fail_back(const struct hf_case *v)
{
    struct hf_core *core = v->core;
    bool leads = core->relations.leader[v->i] == v->i; /* the others of its group follow it */
    bool wanted = (leads && may_now(v)) || HF_PLANTED(11);
    if (!wanted || failed_lately(v))
        return;
    uint8_t node = better_owner(v);
    if (HF_PLANTED(11))
        node = (uint8_t)((v->state->owner + 1u) % hf_count_bits(hf_spec_nodes(&core->state.spec)));
    if (node == HF_NODE_NONE)
        return;
    struct hf_change change = hf_case_change(v, HF_CHANGE_GOAL_STOP, HF_REASON_NONE);
    change.reason = hf_reason_node(HF_REASON_FAILBACK, node);
    change.node = node;
    change.noticed_ms = core->wall_ms;
    hf_case_move(v, &change);
}
