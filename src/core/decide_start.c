/*
 * decide_start.c - an instance without a running owner: it starts where the arrangement has a place
 * for it, or it is stranded with every node's reason; nothing starts while a node that may still
 * write is not fenced, or while what is to make room has not yet stopped.
 */
#include <string.h>

#include "core/decide_impl.h"

static bool same_rejections(const struct hf_takeover *takeover, const struct hf_change *change)
{
    if (takeover->rejection_count != change->rejection_count)
        return false;
    for (unsigned r = 0; r < change->rejection_count; r++) {
        if (takeover->rejections[r].node != change->rejections[r].node ||
            takeover->rejections[r].reason.code != change->rejections[r].reason.code)
            return false;
    }
    return true;
}

static bool lacks_room(const struct hf_change *change)
{
    for (unsigned r = 0; r < change->rejection_count; r++) {
        if (change->rejections[r].reason.code == HF_REASON_NO_CAPACITY)
            return true;
    }
    return false;
}

/* Whether it is now known that there is no room, or no more. */
static bool is_other_room(uint16_t before, uint16_t now)
{
    return (before == HF_REASON_NO_ROOM && now == HF_REASON_NO_ROOM_FOUND) ||
           (before == HF_REASON_NO_ROOM_FOUND && now == HF_REASON_NO_ROOM);
}

static void strand(const struct hf_case *v)
{
    struct hf_change change = hf_case_change(v, HF_CHANGE_PHASE, HF_REASON_NO_OWNER_LEFT);
    change.phase = HF_STRANDED;
    hf_case_passed_over(v, v->state->last_owner, HF_NODE_NONE, &change);
    if (lacks_room(&change))
        change.reason.code =
            v->core->arrange.unproved ? HF_REASON_NO_ROOM_FOUND : HF_REASON_NO_ROOM;
    bool known = v->state->phase == HF_STRANDED && same_rejections(&v->state->takeover, &change);
    if (known && !is_other_room(v->state->reason.code, change.reason.code))
        return;
    if (v->state->excluded)
        change.number = v->core->wall_ms + v->spec->failure.retry_ms;
    hf_propose(v->proposal, &change);
}

/* Its place is still taken by something that stops: the reason why it does not run stays. */
static void wait_for_room(const struct hf_case *v, uint8_t node, const struct hf_reason *why)
{
    struct hf_change change = hf_case_change(v, HF_CHANGE_PHASE, HF_REASON_NONE);
    change.reason = v->state->reason;
    change.phase = HF_STRANDED;
    change.rejection_count = 1;
    change.rejections[0] = (struct hf_rejection){node, *why};
    if (v->state->phase != HF_STRANDED || !same_rejections(&v->state->takeover, &change))
        hf_propose(v->proposal, &change);
}

static bool by_failure(uint16_t code)
{
    switch (code) {
    case HF_REASON_ENGINE_EXITED:
    case HF_REASON_ENGINE_SILENT:
    case HF_REASON_ENGINE_START_FAILED:
    case HF_REASON_ENGINE_STUCK:
    case HF_REASON_DISK_LOST:
    case HF_REASON_MOUNT_FAILED:
    case HF_REASON_ADDRESS_FAILED:
    case HF_REASON_STEP_TIMED_OUT:
    case HF_REASON_STEP_FAILED:
        return true;
    }
    return false;
}

bool hf_reason_leaves(uint16_t code)
{
    return by_failure(code) || code == HF_REASON_DRAINED;
}

/* Failovers that the instance itself caused are bounded: beyond that it stays failed for a while.
 */
static bool failed_too_often(const struct hf_case *v)
{
    if (!by_failure(v->state->reason.code) || v->state->failover_count == 0)
        return false;
    unsigned limit = v->spec->failure.failovers;
    if (!limit) {
        unsigned nodes = hf_count_bits(hf_spec_possible(&v->core->state.spec, v->spec));
        limit = nodes > 1 ? nodes - 1 : 1;
    }
    unsigned within = hf_count_within(v->state->failovers, v->state->failover_count,
                                      v->core->wall_ms, v->spec->failure.failover_period_ms);
    if (within < limit)
        return false;
    struct hf_change change = hf_case_change(v, HF_CHANGE_PHASE, HF_REASON_TOO_MANY_FAILOVERS);
    change.phase = HF_FAILED;
    change.reason.number = within;
    change.number = v->core->wall_ms + v->spec->failure.retry_ms;
    hf_propose(v->proposal, &change);
    return true;
}

/* Wall-clock time of a retry: when it has come, it counts as asked for anew. */
static bool wait_for_retry(const struct hf_case *v)
{
    uint64_t at = v->state->retry_ms;
    if (!at)
        return false;
    if (v->core->wall_ms >= at) {
        struct hf_change change = hf_case_change(v, HF_CHANGE_WANTED, HF_REASON_RETRY);
        change.flags = HF_FLAG_ON;
        hf_propose(v->proposal, &change);
        return true;
    }
    hf_wake_at(v->core, v->core->now_ms + (at - v->core->wall_ms));
    return v->state->phase == HF_FAILED;
}

uint16_t hf_waits_after(const struct hf_core *core, uint16_t i)
{
    const struct hf_instance_spec *spec = &core->state.spec.instances[i];
    for (unsigned a = 0; a < spec->after_count; a++) {
        uint16_t other = spec->after[a];
        if (core->state.spec.instances[other].name[0] &&
            core->state.instances[other].phase != HF_ONLINE)
            return other;
    }
    return HF_INSTANCE_NONE;
}

static bool waits_for_others(const struct hf_case *v)
{
    uint16_t other = hf_waits_after(v->core, v->i);
    if (other == HF_INSTANCE_NONE)
        return false;
    if (v->state->phase == HF_OFFLINE && v->state->reason.code == HF_REASON_WAITS_FOR &&
        v->state->reason.instance == other)
        return true;
    struct hf_change change = hf_case_change(v, HF_CHANGE_PHASE, HF_REASON_WAITS_FOR);
    change.reason.instance = other;
    change.phase = HF_OFFLINE;
    hf_propose(v->proposal, &change);
    return true;
}

/* Without disks there is no reservation to take: only time, or a person, fences the old owner. */
enum hf_fence_need hf_fence_missing(struct hf_core *core, uint16_t i, uint8_t lost)
{
    const struct hf_cluster_spec *cluster = &core->state.spec.cluster;
    if (core->state.nodes[lost].fenced || HF_PLANTED(19))
        return HF_FENCE_DONE;
    bool reservation = false, watchdog = false;
    for (unsigned f = 0; f < cluster->fencing_count; f++) {
        reservation |= cluster->fencing[f] == HF_FENCING_RESERVATION;
        watchdog |= cluster->fencing[f] == HF_FENCING_WATCHDOG;
    }
    if (reservation && core->state.spec.instances[i].disk_count)
        return HF_FENCE_DONE;
    if (!watchdog || !cluster->watchdog_ms || !core->state.nodes[lost].watchdog)
        return HF_FENCE_NEVER;
    /* It may have had the quorum itself until we got it: its time begins no earlier. */
    uint64_t since = core->away[lost].since_ms;
    if (since < core->quorum_since_ms)
        since = core->quorum_since_ms;
    uint64_t until =
        since + cluster->quorum_loss_stop_ms + cluster->watchdog_ms + HF_FENCE_MARGIN_MS;
    if (core->now_ms >= until)
        return HF_FENCE_DONE;
    /* Often enough to notice when the own clock runs ahead of what happens. */
    uint64_t soon = core->now_ms + HF_TILT_GAP_MS / 2;
    hf_wake_at(core, until < soon ? until : soon);
    return HF_FENCE_SOON;
}

static bool must_wait_for_fence(const struct hf_case *v, uint8_t lost)
{
    enum hf_fence_need missing = hf_fence_missing(v->core, v->i, lost);
    if (missing == HF_FENCE_DONE)
        return false;
    enum hf_reason_code code =
        missing == HF_FENCE_SOON ? HF_REASON_WAITS_FENCE : HF_REASON_NOT_FENCED;
    if (v->state->reason.code == code && v->state->phase == HF_STRANDED)
        return true;
    struct hf_change change = hf_case_change(v, HF_CHANGE_PHASE, code);
    change.phase = HF_STRANDED;
    change.reason.node = lost;
    hf_propose(v->proposal, &change);
    return true;
}

/*
 * Without disks nothing but a fence keeps two nodes from running it, and a node that is not here
 * may have got it in a history that this state does not know. The first such node, else none.
 */
static uint8_t unfenced(struct hf_core *core, uint16_t i)
{
    const struct hf_spec *spec = &core->state.spec;
    uint64_t others = hf_spec_possible(spec, &spec->instances[i]) & ~hf_up_nodes(core);
    for (uint8_t n = 0; !spec->instances[i].disk_count && n < HF_NODES_MAX; n++) {
        if (!(others & hf_bit(n)) || core->state.nodes[n].fenced)
            continue;
        if (!hf_node_lost(core, n) || hf_fence_missing(core, i, n) != HF_FENCE_DONE)
            return n;
    }
    return HF_NODE_NONE;
}

enum hf_fence_need hf_fences_missing(struct hf_core *core, uint16_t i)
{
    uint8_t node = unfenced(core, i);
    if (node == HF_NODE_NONE)
        return HF_FENCE_DONE;
    return hf_node_lost(core, node) ? hf_fence_missing(core, i, node) : HF_FENCE_SOON;
}

static bool waits_for_fences(const struct hf_case *v)
{
    uint8_t node = unfenced(v->core, v->i);
    if (node == HF_NODE_NONE)
        return false;
    return !hf_node_lost(v->core, node) || must_wait_for_fence(v, node);
}

void hf_case_start(const struct hf_case *v)
{
    if (wait_for_retry(v) || waits_for_others(v) || waits_for_fences(v))
        return;
    uint8_t node = v->core->arrange.node[v->i];
    if (node == HF_NODE_NONE) {
        strand(v);
        return;
    }
    struct hf_change change = hf_case_change(v, HF_CHANGE_ASSIGN, HF_REASON_NONE);
    struct hf_reason blocked;
    change.reason = v->state->reason;
    if (change.reason.code == HF_REASON_CONFIGURED && !v->state->generation)
        change.reason = hf_reason_make(HF_REASON_FIRST_START);
    uint8_t last = v->state->last_owner;
    bool failed = by_failure(v->state->reason.code);
    if (failed && node != last) {
        if (failed_too_often(v))
            return;
        change.flags |= HF_FLAG_FAILOVER;
    }
    if (!hf_case_room_now(v, node, &blocked)) {
        wait_for_room(v, node, &blocked);
        return;
    }
    if (v->state->target == HF_NODE_NONE)
        hf_case_passed_over(v, last, node, &change);
    if (v->state->phase == HF_OFFLINE && v->state->takeover.to == HF_NODE_NONE)
        change.noticed_ms = v->state->takeover.noticed_ms;
    hf_case_assign(v, &change, node);
}

void hf_case_owner_lost(const struct hf_case *v)
{
    uint8_t lost = v->state->owner;
    const struct hf_away *away = &v->core->away[lost];
    if (must_wait_for_fence(v, lost))
        return;
    struct hf_change change = hf_case_change(
        v, HF_CHANGE_ASSIGN, away->down ? HF_REASON_NODE_LOST : HF_REASON_DAEMON_LOST);
    change.reason.node = lost;
    change.noticed_ms = away->wall_ms;
    if (v->state->goal == HF_GOAL_STOP && v->state->target != HF_NODE_NONE)
        change.noticed_ms = v->state->takeover.noticed_ms;
    uint8_t node = v->core->arrange.node[v->i];
    struct hf_reason blocked;
    if (v->state->wanted && node != HF_NODE_NONE && hf_case_room_now(v, node, &blocked)) {
        hf_case_passed_over(v, lost, node, &change);
        hf_case_assign(v, &change, node);
        return;
    }
    struct hf_change cleared = hf_case_change(v, HF_CHANGE_CLEARED, HF_REASON_NONE);
    cleared.reason = change.reason;
    hf_propose(v->proposal, &cleared);
    v->core->arrange.here[v->i] = HF_NODE_NONE;
}
