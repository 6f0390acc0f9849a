/*
 * decide_start.c - an instance without a running owner: the first node in the order of owners that
 * may and can take it, or it is stranded with every node's reason; nothing starts while a node that
 * may still write is not fenced.
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

static void strand(const struct hf_case *v, const struct hf_change *tried)
{
    struct hf_change change = hf_case_change(v, HF_CHANGE_PHASE, HF_REASON_NO_OWNER_LEFT);
    change.phase = HF_STRANDED;
    change.rejection_count = tried->rejection_count;
    memcpy(change.rejections, tried->rejections, sizeof(change.rejections));
    bool known = v->state->phase == HF_STRANDED && same_rejections(&v->state->takeover, &change);
    if (known)
        return;
    if (v->state->excluded)
        change.number = v->core->wall_ms + v->spec->failure.retry_ms;
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

static bool waits_for_others(const struct hf_case *v)
{
    for (unsigned a = 0; a < v->spec->after_count; a++) {
        uint16_t other = v->spec->after[a];
        const struct hf_spec *spec = &v->core->state.spec;
        if (!spec->instances[other].name[0] || v->core->state.instances[other].phase == HF_ONLINE)
            continue;
        if (v->state->reason.code == HF_REASON_WAITS_FOR && v->state->reason.instance == other)
            return true;
        struct hf_change change = hf_case_change(v, HF_CHANGE_PHASE, HF_REASON_WAITS_FOR);
        change.reason.instance = other;
        change.phase = HF_OFFLINE;
        hf_propose(v->proposal, &change);
        return true;
    }
    return false;
}

/* Without disks there is no reservation to take: only time, or a person, fences the old owner. */
static bool must_wait_for_fence(const struct hf_case *v, uint8_t lost)
{
    struct hf_core *core = v->core;
    const struct hf_cluster_spec *cluster = &core->state.spec.cluster;
    if (core->state.nodes[lost].fenced || HF_PLANTED(19))
        return false;
    bool reservation = false, watchdog = false;
    for (unsigned f = 0; f < cluster->fencing_count; f++) {
        reservation |= cluster->fencing[f] == HF_FENCING_RESERVATION;
        watchdog |= cluster->fencing[f] == HF_FENCING_WATCHDOG;
    }
    if (reservation && v->spec->disk_count)
        return false;
    enum hf_reason_code code = HF_REASON_NOT_FENCED;
    if (watchdog && cluster->watchdog_ms && core->state.nodes[lost].watchdog) {
        /* It may have had the quorum itself until we got it: its time begins no earlier. */
        uint64_t since = core->away[lost].since_ms;
        if (since < core->quorum_since_ms)
            since = core->quorum_since_ms;
        uint64_t until =
            since + cluster->quorum_loss_stop_ms + cluster->watchdog_ms + HF_FENCE_MARGIN_MS;
        if (core->now_ms >= until)
            return false;
        /* Often enough to notice when the own clock runs ahead of what happens. */
        uint64_t soon = core->now_ms + HF_TILT_GAP_MS / 2;
        hf_wake_at(core, until < soon ? until : soon);
        code = HF_REASON_WAITS_FENCE;
    }
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
 * may have got it in a history that this state does not know.
 */
static bool waits_for_fences(const struct hf_case *v)
{
    uint64_t others = hf_spec_possible(&v->core->state.spec, v->spec) & ~hf_up_nodes(v->core);
    for (uint8_t n = 0; !v->spec->disk_count && n < HF_NODES_MAX; n++) {
        if (!(others & hf_bit(n)) || v->core->state.nodes[n].fenced)
            continue;
        if (!hf_node_lost(v->core, n) || must_wait_for_fence(v, n))
            return true;
    }
    return false;
}

void hf_case_start(const struct hf_case *v)
{
    if (wait_for_retry(v) || waits_for_others(v))
        return;
    struct hf_change change = hf_case_change(v, HF_CHANGE_ASSIGN, HF_REASON_NONE);
    change.reason = v->state->reason;
    if (change.reason.code == HF_REASON_CONFIGURED && !v->state->generation)
        change.reason = hf_reason_make(HF_REASON_FIRST_START);
    uint8_t last = v->state->last_owner;
    bool failed = by_failure(v->state->reason.code);
    bool leaves = failed || v->state->reason.code == HF_REASON_DRAINED;
    uint8_t node = v->state->target;
    struct hf_reason reason;
    if (node == HF_NODE_NONE && !leaves && last != HF_NODE_NONE &&
        !hf_case_rejected(v, last, &reason))
        node = last;
    if (node == HF_NODE_NONE || hf_case_rejected(v, node, &reason))
        node = hf_case_choose(v, last, false, &change);
    if (node == HF_NODE_NONE) {
        strand(v, &change);
        return;
    }
    if (waits_for_fences(v)) {
        hf_case_count_in(v, node); /* its room is not for less important ones */
        return;
    }
    if (failed && node != last) {
        if (failed_too_often(v))
            return;
        change.flags |= HF_FLAG_FAILOVER;
    }
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
    uint8_t node = v->state->wanted ? hf_case_choose(v, lost, true, &change) : HF_NODE_NONE;
    if (node != HF_NODE_NONE) {
        hf_case_assign(v, &change, node);
        return;
    }
    struct hf_change cleared = hf_case_change(v, HF_CHANGE_CLEARED, HF_REASON_NONE);
    cleared.reason = change.reason;
    hf_propose(v->proposal, &cleared);
}
