/*
 * decide_instance.c - what should happen to one instance now?
 *
 * Its owner is lost      -> the next owner, whose first step is the fence
 * its owner reports on it -> the report becomes part of the state; failures are met by a restart in
 *                           place, then by a move; what must stop is told to stop
 * it has no owner        -> the first node in the order of owners that may and can take it, or it is
 *                           stranded with every node's reason
 */
#include <string.h>

#include "core/impl.h"
#include "core/owners.h"

struct view {
    struct hf_core *core;
    uint16_t i;
    const struct hf_instance_spec *spec;
    const struct hf_instance_state *state;
    struct hf_load *load;
    struct hf_proposal *proposal;
};

static struct hf_change change_of(const struct view *v, enum hf_change_type type,
                                  enum hf_reason_code code)
{
    struct hf_change change = hf_change_make(type, code);
    change.instance = v->i;
    change.generation = v->state->generation;
    return change;
}

static const struct hf_report *report_of(const struct view *v)
{
    if (v->core->report_node[v->i] != v->state->owner)
        return NULL;
    const struct hf_report *report = &v->core->reports[v->i];
    return report->generation == v->state->generation ? report : NULL;
}

/* Where an instance of a relation runs, or is to run. */
static uint8_t place_of(const struct hf_core *core, uint16_t i)
{
    const struct hf_instance_state *state = &core->state.instances[i];
    return state->target != HF_NODE_NONE ? state->target : state->owner;
}

static bool apart(const struct hf_instance_spec *spec, uint16_t other)
{
    for (unsigned a = 0; a < spec->apart_count; a++) {
        if (spec->apart_from[a] == other)
            return true;
    }
    return false;
}

static bool kept_apart(const struct view *v, uint8_t node, struct hf_reason *ret_reason)
{
    const struct hf_core *core = v->core;
    for (unsigned k = 0; k < core->order_count; k++) {
        uint16_t other = core->order[k];
        if (other == v->i || place_of(core, other) != node)
            continue;
        if (!apart(v->spec, other) && !apart(&core->state.spec.instances[other], v->i))
            continue;
        *ret_reason = hf_reason_node(HF_REASON_KEPT_APART, node);
        ret_reason->instance = other;
        return true;
    }
    return false;
}

/* A tenth of every stated capacity is kept for the system. */
static bool too_full(const struct view *v, uint8_t node, struct hf_reason *ret_reason)
{
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        uint64_t capacity = v->core->state.spec.nodes[node].capacity[r];
        uint64_t use = v->load->used[node][r] + v->spec->demand[r];
        if (place_of(v->core, v->i) == node)
            use -= v->spec->demand[r];
        if (!capacity || !v->spec->demand[r] || use * 10 <= capacity * 9)
            continue;
        *ret_reason = hf_reason_node(HF_REASON_NO_CAPACITY, node);
        ret_reason->number = use * 100 / capacity;
        return true;
    }
    return false;
}

static bool rejected(const struct view *v, uint8_t node, struct hf_reason *ret_reason)
{
    const struct hf_node_state *state = &v->core->state.nodes[node];
    enum hf_reason_code code = HF_REASON_NONE;
    if (!(hf_up_nodes(v->core) & hf_bit(node)))
        code = HF_REASON_NODE_DOWN;
    else if (state->drained)
        code = HF_REASON_NODE_DRAINED;
    else if (state->quarantined)
        code = HF_REASON_NODE_QUARANTINED;
    else if (v->state->excluded & hf_bit(node))
        code = HF_REASON_NODE_FAILED_HERE;
    else if (v->core->unclean[v->i] & hf_bit(node))
        code = HF_REASON_NODE_UNCLEAN;
    *ret_reason = hf_reason_node(code, node);
    if (code != HF_REASON_NONE)
        return true;
    return kept_apart(v, node, ret_reason) || too_full(v, node, ret_reason);
}

/* The first node of the order that may and can; why not the others stands in the change. */
static uint8_t choose(const struct view *v, uint8_t from, bool not_from, struct hf_change *change)
{
    uint8_t order[HF_NODES_MAX];
    unsigned count = hf_owners_order(&v->core->state, v->i, from, order);
    for (unsigned k = 0; k < count; k++) {
        struct hf_reason reason;
        if (not_from && order[k] == from)
            continue;
        if (!rejected(v, order[k], &reason))
            return order[k];
        if (change->rejection_count < HF_REJECTIONS_MAX)
            change->rejections[change->rejection_count++] =
                (struct hf_rejection){order[k], reason};
    }
    return HF_NODE_NONE;
}

static struct hf_reason choice_reason(const struct view *v, uint8_t node)
{
    if (v->state->owner == HF_NODE_NONE && node == v->state->last_owner)
        return hf_reason_node(HF_REASON_STAYS, node);
    for (unsigned p = 0; p < v->spec->preferred_count; p++) {
        if (v->spec->preferred[p] == node)
            return hf_reason_node(HF_REASON_TAKES_OVER_NEXT, node);
    }
    return hf_reason_node(HF_REASON_TAKES_OVER_POSSIBLE, node);
}

static void count_in(const struct view *v, uint8_t node)
{
    v->load->count[node]++;
    for (unsigned r = 0; r < HF_RESOURCES; r++)
        v->load->used[node][r] += v->spec->demand[r];
}

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

static void strand(const struct view *v, const struct hf_change *tried)
{
    struct hf_change change = change_of(v, HF_CHANGE_PHASE, HF_REASON_NO_OWNER_LEFT);
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

static void assign(const struct view *v, struct hf_change *change, uint8_t node)
{
    change->node = node;
    change->generation = v->state->generation + 1;
    if (HF_PLANTED(7) && v->state->generation)
        change->generation = v->state->generation;
    if (HF_PLANTED(10))
        change->reason = hf_reason_make(HF_REASON_NONE);
    change->choice = choice_reason(v, node);
    if (!change->noticed_ms)
        change->noticed_ms = v->core->wall_ms;
    hf_propose(v->proposal, change);
    if (place_of(v->core, v->i) != node)
        count_in(v, node);
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

/* Failovers that the instance itself caused are bounded: beyond that it stays failed for a while. */
static bool failed_too_often(const struct view *v)
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
    struct hf_change change = change_of(v, HF_CHANGE_PHASE, HF_REASON_TOO_MANY_FAILOVERS);
    change.phase = HF_FAILED;
    change.reason.number = within;
    change.number = v->core->wall_ms + v->spec->failure.retry_ms;
    hf_propose(v->proposal, &change);
    return true;
}

/* Wall-clock time of a retry: when it has come, it counts as asked for anew. */
static bool wait_for_retry(const struct view *v)
{
    uint64_t at = v->state->retry_ms;
    if (!at)
        return false;
    if (v->core->wall_ms >= at) {
        struct hf_change change = change_of(v, HF_CHANGE_WANTED, HF_REASON_RETRY);
        change.flags = HF_FLAG_ON;
        hf_propose(v->proposal, &change);
        return true;
    }
    hf_wake_at(v->core, v->core->now_ms + (at - v->core->wall_ms));
    return v->state->phase == HF_FAILED;
}

static bool waits_for_others(const struct view *v)
{
    for (unsigned a = 0; a < v->spec->after_count; a++) {
        uint16_t other = v->spec->after[a];
        const struct hf_spec *spec = &v->core->state.spec;
        if (!spec->instances[other].name[0] ||
            v->core->state.instances[other].phase == HF_ONLINE)
            continue;
        if (v->state->reason.code == HF_REASON_WAITS_FOR && v->state->reason.instance == other)
            return true;
        struct hf_change change = change_of(v, HF_CHANGE_PHASE, HF_REASON_WAITS_FOR);
        change.reason.instance = other;
        change.phase = HF_OFFLINE;
        hf_propose(v->proposal, &change);
        return true;
    }
    return false;
}

static bool must_wait_for_fence(const struct view *v, uint8_t lost);

/*
 * Without disks nothing but a fence keeps two nodes from running it, and a node that is not here
 * may have got it in a history that this state does not know.
 */
static bool waits_for_fences(const struct view *v)
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

static void start_somewhere(const struct view *v)
{
    if (wait_for_retry(v) || waits_for_others(v))
        return;
    struct hf_change change = change_of(v, HF_CHANGE_ASSIGN, HF_REASON_NONE);
    change.reason = v->state->reason;
    uint8_t last = v->state->last_owner;
    bool failed = by_failure(v->state->reason.code);
    bool leaves = failed || v->state->reason.code == HF_REASON_DRAINED;
    uint8_t node = v->state->target;
    struct hf_reason reason;
    if (node == HF_NODE_NONE && !leaves && last != HF_NODE_NONE && !rejected(v, last, &reason))
        node = last;
    if (node == HF_NODE_NONE || rejected(v, node, &reason))
        node = choose(v, last, false, &change);
    if (node == HF_NODE_NONE) {
        strand(v, &change);
        return;
    }
    if (waits_for_fences(v)) {
        count_in(v, node); /* its room is not for less important ones */
        return;
    }
    if (failed && node != last) {
        if (failed_too_often(v))
            return;
        change.flags |= HF_FLAG_FAILOVER;
    }
    if (v->state->phase == HF_OFFLINE && v->state->takeover.to == HF_NODE_NONE)
        change.noticed_ms = v->state->takeover.noticed_ms;
    assign(v, &change, node);
}

/* Without disks there is no reservation to take: only time, or a person, fences the old owner. */
static bool must_wait_for_fence(const struct view *v, uint8_t lost)
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
        uint64_t until = since + cluster->quorum_loss_stop_ms +
                         cluster->watchdog_ms + HF_FENCE_MARGIN_MS;
        if (core->now_ms >= until)
            return false;
        hf_wake_at(core, until);
        code = HF_REASON_WAITS_FENCE;
    }
    if (v->state->reason.code == code && v->state->phase == HF_STRANDED)
        return true;
    struct hf_change change = change_of(v, HF_CHANGE_PHASE, code);
    change.phase = HF_STRANDED;
    change.reason.node = lost;
    hf_propose(v->proposal, &change);
    return true;
}

static void owner_lost(const struct view *v)
{
    uint8_t lost = v->state->owner;
    const struct hf_away *away = &v->core->away[lost];
    if (must_wait_for_fence(v, lost))
        return;
    struct hf_change change =
        change_of(v, HF_CHANGE_ASSIGN, away->down ? HF_REASON_NODE_LOST : HF_REASON_DAEMON_LOST);
    change.reason.node = lost;
    change.noticed_ms = away->wall_ms;
    if (v->state->goal == HF_GOAL_STOP && v->state->target != HF_NODE_NONE)
        change.noticed_ms = v->state->takeover.noticed_ms;
    uint8_t node = v->state->wanted ? choose(v, lost, true, &change) : HF_NODE_NONE;
    if (node != HF_NODE_NONE) {
        assign(v, &change, node);
        return;
    }
    struct hf_change cleared = change_of(v, HF_CHANGE_CLEARED, HF_REASON_NONE);
    cleared.reason = change.reason;
    hf_propose(v->proposal, &cleared);
}

static void stop(const struct view *v, const struct hf_reason *reason, uint8_t target,
                 uint64_t noticed_ms)
{
    struct hf_change change = change_of(v, HF_CHANGE_GOAL_STOP, HF_REASON_NONE);
    change.reason = *reason;
    change.node = target;
    change.noticed_ms = noticed_ms ? noticed_ms : v->core->wall_ms;
    hf_propose(v->proposal, &change);
}

static enum hf_reason_code failure_code(const struct hf_report *report)
{
    switch ((enum hf_step_status)report->status) {
    case HF_STEP_ENGINE_EXIT:
        return report->flags & HF_REPORT_WAS_ONLINE ? HF_REASON_ENGINE_EXITED
                                                    : HF_REASON_ENGINE_START_FAILED;
    case HF_STEP_NO_ANSWER:
        return HF_REASON_ENGINE_SILENT;
    case HF_STEP_ENGINE_STUCK:
        return HF_REASON_ENGINE_STUCK;
    case HF_STEP_DISK_MISSING:
        return HF_REASON_DISK_MISSING;
    case HF_STEP_DISK_IO:
        return HF_REASON_DISK_LOST;
    case HF_STEP_NO_RESERVATIONS:
        return HF_REASON_NO_RESERVATIONS;
    case HF_STEP_FOREIGN:
        return HF_REASON_FOREIGN_KEY;
    case HF_STEP_KEY_LOST:
        return HF_REASON_KEY_LOST;
    case HF_STEP_FS_WRONG:
        return HF_REASON_FILESYSTEM_WRONG;
    case HF_STEP_FS_CORRUPT:
        return HF_REASON_FILESYSTEM_CORRUPT;
    case HF_STEP_BUSY:
        return HF_REASON_MOUNT_FAILED;
    case HF_STEP_ADDRESS:
        return HF_REASON_ADDRESS_FAILED;
    case HF_STEP_TIMEOUT:
        return HF_REASON_STEP_TIMED_OUT;
    case HF_STEP_NEWER:
        return HF_REASON_GENERATION_BEHIND;
    case HF_STEP_OK:
    case HF_STEP_FAILED:
    case HF_STEP_STATUSES:
        break;
    }
    return HF_REASON_STEP_FAILED;
}

static bool may_restart(const struct view *v, const struct hf_report *report)
{
    if (!(report->flags & HF_REPORT_WAS_ONLINE))
        return false;
    if (report->status != HF_STEP_ENGINE_EXIT && report->status != HF_STEP_NO_ANSWER)
        return false;
    unsigned within = hf_count_within(v->state->restarts, v->state->restart_count,
                                      v->core->wall_ms, v->spec->failure.restart_period_ms);
    return within < v->spec->failure.restarts;
}

static void note_detail(struct hf_change *change, const struct hf_report *report)
{
    memcpy(change->text, report->text, sizeof(change->text));
}

/* The owner is up and says that it failed there. */
static void failed_on_owner(const struct view *v, const struct hf_report *report)
{
    struct hf_reason reason = hf_reason_node(failure_code(report), v->state->owner);
    reason.number = v->spec->health.timeout_ms;
    if (report->status == HF_STEP_KEY_LOST)
        return; /* its owner cleans up by itself and then says that it is offline */
    if (report->status == HF_STEP_NEWER) {
        struct hf_change change = change_of(v, HF_CHANGE_ASSIGN, HF_REASON_GENERATION_BEHIND);
        uint32_t above = report->found_generation > v->state->generation ? report->found_generation
                                                                         : v->state->generation;
        change.reason.number = report->found_generation;
        change.flags = HF_FLAG_REPEATED;
        change.node = v->state->owner;
        change.generation = above + 1;
        hf_propose(v->proposal, &change);
        return;
    }
    if (may_restart(v, report)) {
        struct hf_change change = change_of(v, HF_CHANGE_RESTART, HF_REASON_NONE);
        change.reason = reason;
        change.choice = hf_reason_node(HF_REASON_RESTARTED_IN_PLACE, v->state->owner);
        change.choice.number = v->state->restart_count + 1u;
        change.node = v->state->owner;
        change.noticed_ms = report->wall_ms;
        hf_propose(v->proposal, &change);
        return;
    }
    struct hf_change failed = change_of(v, HF_CHANGE_PHASE, HF_REASON_NONE);
    failed.phase = HF_FAILED;
    failed.reason = reason;
    note_detail(&failed, report);
    hf_propose(v->proposal, &failed);
    struct hf_change exclude = change_of(v, HF_CHANGE_EXCLUDE, HF_REASON_NONE);
    exclude.reason = reason;
    exclude.node = v->state->owner;
    hf_propose(v->proposal, &exclude);
    stop(v, &reason, HF_NODE_NONE, report->wall_ms);
}

static void progress(const struct view *v, const struct hf_report *report)
{
    if (report->phase == v->state->phase || report->phase == HF_FAILED ||
        report->phase == HF_OFFLINE || report->phase == HF_STOPPING)
        return;
    struct hf_change change = change_of(v, HF_CHANGE_PHASE, HF_REASON_NONE);
    change.phase = report->phase;
    change.key = report->key;
    memcpy(change.timings, report->timings, sizeof(change.timings));
    hf_propose(v->proposal, &change);
}

static void cleared(const struct view *v, const struct hf_report *report,
                    const struct hf_reason *reason)
{
    struct hf_change change = change_of(v, HF_CHANGE_CLEARED, HF_REASON_NONE);
    change.reason = *reason;
    change.timings[HF_TIMING_STOP] = report ? report->timings[HF_TIMING_STOP] : 0;
    hf_propose(v->proposal, &change);
}

/* A move goes on at once: the target becomes the owner in the same decision. */
static bool hand_over(const struct view *v, const struct hf_report *report)
{
    uint8_t target = v->state->target;
    struct hf_reason reason;
    if (!v->state->wanted || !v->spec->disk_count || target == HF_NODE_NONE ||
        target == v->state->owner || rejected(v, target, &reason))
        return false;
    struct hf_change change = change_of(v, HF_CHANGE_ASSIGN, HF_REASON_NONE);
    change.reason = v->state->reason;
    change.noticed_ms = v->state->takeover.noticed_ms;
    change.timings[HF_TIMING_STOP] = report->timings[HF_TIMING_STOP];
    assign(v, &change, target);
    return true;
}

/* It was told to stop: until it has, or can no longer write, or had more than its time. */
static void stopping(const struct view *v, const struct hf_report *report)
{
    bool gone = report && report->phase == HF_OFFLINE && report->flags & HF_REPORT_CLEAN;
    if (gone && hand_over(v, report))
        return;
    if (gone || (report && report->flags & HF_REPORT_RELEASED)) {
        struct hf_reason same = v->state->reason;
        cleared(v, report, &same);
        return;
    }
    uint64_t since = v->core->stop_since_ms[v->i]; /* not the wall clock: it may differ or jump */
    uint64_t until = since + v->spec->stop_timeout_ms + HF_STOP_MARGIN_MS;
    if (v->state->reason.code == HF_REASON_DISK_LOST)
        until = since + HF_CLEAN_RETRY_MS;
    if (v->core->now_ms < until) {
        hf_wake_at(v->core, until);
        return;
    }
    struct hf_reason stuck = hf_reason_node(HF_REASON_STOP_STUCK, v->state->owner);
    struct hf_change exclude = change_of(v, HF_CHANGE_EXCLUDE, HF_REASON_STOP_STUCK);
    exclude.node = v->state->owner;
    hf_propose(v->proposal, &exclude);
    cleared(v, report, &stuck);
}

static void leave_drained(const struct view *v)
{
    struct hf_change change = change_of(v, HF_CHANGE_ASSIGN, HF_REASON_NONE);
    uint8_t node = choose(v, v->state->owner, true, &change);
    if (node == HF_NODE_NONE)
        return; /* it stays, served, until there is another node for it */
    struct hf_reason reason = hf_reason_node(HF_REASON_DRAINED, v->state->owner);
    stop(v, &reason, node, 0);
    count_in(v, node);
}

static void fail_back(const struct view *v)
{
    uint8_t first = v->spec->preferred_count ? v->spec->preferred[0] : HF_NODE_NONE;
    struct hf_reason reason;
    if (HF_PLANTED(11))
        first = (uint8_t)((v->state->owner + 1u) % hf_count_bits(hf_spec_nodes(&v->core->state.spec)));
    bool wanted_back = v->spec->failback == HF_FAILBACK_IMMEDIATE || HF_PLANTED(11);
    if (!wanted_back || first == HF_NODE_NONE ||
        first == v->state->owner || rejected(v, first, &reason))
        return;
    /* After failures of its own it would only go to and fro. */
    if (hf_count_within(v->state->failovers, v->state->failover_count, v->core->wall_ms,
                        v->spec->failure.failover_period_ms))
        return;
    reason = hf_reason_node(HF_REASON_FAILBACK, first);
    stop(v, &reason, first, 0);
    count_in(v, first);
}

static void owner_up(const struct view *v)
{
    const struct hf_report *report = report_of(v);
    if (v->state->goal == HF_GOAL_STOP) {
        stopping(v, report);
        return;
    }
    if (!v->state->wanted) {
        stop(v, &v->state->reason, HF_NODE_NONE, 0);
        return;
    }
    if (!report)
        return;
    bool current = report->attempt == v->state->attempt;
    if (report->phase == HF_FAILED) {
        if (current)
            failed_on_owner(v, report);
        return;
    }
    if (report->phase == HF_OFFLINE && report->flags & HF_REPORT_CLEAN) {
        struct hf_reason reason = hf_reason_node(HF_REASON_STOPPED_ON_OWNER, v->state->owner);
        if (report->status == HF_STEP_KEY_LOST)
            reason.code = HF_REASON_KEY_LOST;
        cleared(v, report, &reason);
        return;
    }
    if (!current)
        return;
    progress(v, report);
    if (report->phase != HF_ONLINE || v->state->phase != HF_ONLINE)
        return;
    if (v->core->state.nodes[v->state->owner].drained)
        leave_drained(v);
    else
        fail_back(v);
}

void hf_decide_instance(struct hf_core *core, uint16_t i, struct hf_load *load,
                        struct hf_proposal *proposal)
{
    struct view v = {
        .core = core,
        .i = i,
        .spec = &core->state.spec.instances[i],
        .state = &core->state.instances[i],
        .load = load,
        .proposal = proposal,
    };
    uint8_t owner = v.state->owner;
    if (owner == HF_NODE_NONE) {
        if (v.state->wanted)
            start_somewhere(&v);
    } else if (hf_up_nodes(core) & hf_bit(owner)) {
        owner_up(&v);
    } else if (hf_node_lost(core, owner)) {
        owner_lost(&v);
    }
}

/* A move on request: refused with the reason, or begun. */
static void decide_move(const struct view *v, const struct hf_head *head, struct hf_change *change)
{
    struct hf_reason reason = hf_reason_make(HF_REASON_IS_OFFLINE);
    change->type = HF_CHANGE_REFUSED;
    uint8_t node = head->node;
    if (v->state->phase != HF_ONLINE) {
        if (v->state->owner != HF_NODE_NONE)
            reason.code = HF_REASON_IN_TRANSITION;
        change->reason = reason;
        return;
    }
    if (node == HF_NODE_NONE)
        node = choose(v, v->state->owner, true, change);
    if (node == HF_NODE_NONE)
        reason.code = HF_REASON_NO_OWNER_LEFT;
    else if (node == v->state->owner)
        reason = hf_reason_node(HF_REASON_ALREADY_THERE, node);
    else if (!(hf_spec_possible(&v->core->state.spec, v->spec) & hf_bit(node)))
        reason = hf_reason_node(HF_REASON_NOT_POSSIBLE, node);
    else if (!rejected(v, node, &reason)) {
        change->type = HF_CHANGE_GOAL_STOP;
        change->node = node;
        change->noticed_ms = v->core->wall_ms;
        reason = hf_reason_node(HF_REASON_REQUESTED_MOVE, node);
    }
    change->reason = reason;
}

static void decide_wanted(const struct view *v, bool online, struct hf_change *change)
{
    bool retry = online && v->state->phase != HF_ONLINE && v->state->wanted;
    if (v->state->wanted == online && !retry) {
        change->type = HF_CHANGE_NOTED;
        change->reason = hf_reason_make(HF_REASON_UNCHANGED);
        return;
    }
    change->type = HF_CHANGE_WANTED;
    change->flags = online ? HF_FLAG_ON : 0;
    change->reason =
        hf_reason_make(online ? HF_REASON_REQUESTED_ONLINE : HF_REASON_REQUESTED_OFFLINE);
}

static void decide_on_instance(struct hf_core *core, const struct hf_head *head,
                               struct hf_load *load, struct hf_proposal *proposal,
                               struct hf_change *change)
{
    uint16_t i = head->instance;
    if (i >= HF_INSTANCES_MAX || !core->state.spec.instances[i].name[0]) {
        change->type = HF_CHANGE_REFUSED;
        change->reason = hf_reason_make(HF_REASON_UNKNOWN_INSTANCE);
        return;
    }
    struct view v = {core, i, &core->state.spec.instances[i], &core->state.instances[i], load,
                     proposal};
    change->instance = i;
    change->generation = v.state->generation;
    if (head->verb == HF_VERB_MOVE)
        decide_move(&v, head, change);
    else
        decide_wanted(&v, head->verb == HF_VERB_ONLINE, change);
}

static uint32_t node_flags(const struct hf_node_state *node)
{
    return (node->drained ? HF_FLAG_DRAINED : 0) | (node->quarantined ? HF_FLAG_QUARANTINED : 0) |
           (node->fenced ? HF_FLAG_FENCED : 0) | (node->watchdog ? HF_FLAG_WATCHDOG : 0);
}

static void decide_on_node(struct hf_core *core, const struct hf_head *head,
                           struct hf_change *change)
{
    uint8_t node = head->node;
    change->type = HF_CHANGE_REFUSED;
    change->reason = hf_reason_make(HF_REASON_UNKNOWN_NODE);
    if (node >= HF_NODES_MAX || !core->state.spec.nodes[node].name[0])
        return;
    const struct hf_node_state *state = &core->state.nodes[node];
    uint32_t flags = node_flags(state);
    uint32_t wanted = flags;
    change->node = node;
    if (head->verb == HF_VERB_DRAIN) {
        wanted |= HF_FLAG_DRAINED;
        change->reason = hf_reason_node(HF_REASON_DRAINED, node);
    } else if (head->verb == HF_VERB_RESUME) {
        wanted &= ~(HF_FLAG_DRAINED | HF_FLAG_QUARANTINED);
        change->reason = hf_reason_node(HF_REASON_RESUMED, node);
    } else if (state->up) {
        change->reason = hf_reason_node(HF_REASON_NODE_IS_UP, node);
        return;
    } else {
        wanted |= HF_FLAG_FENCED;
        change->reason = hf_reason_node(HF_REASON_CONFIRMED_FENCED, node);
    }
    change->type = wanted == flags ? HF_CHANGE_NOTED : HF_CHANGE_NODE_FLAGS;
    change->flags = wanted;
    if (wanted == flags)
        change->reason = hf_reason_node(HF_REASON_UNCHANGED, node);
}

static void decide_join(struct hf_core *core, const struct hf_head *head,
                        struct hf_change *change)
{
    const struct hf_spec *spec = &core->state.spec;
    uint8_t known = hf_spec_find_node(spec, head->text);
    change->type = HF_CHANGE_REFUSED;
    if (known != HF_NODE_NONE) {
        bool same = !strcmp(spec->nodes[known].public_address, head->address) &&
                    !strcmp(spec->nodes[known].private_address, head->address2);
        bool again = same && !core->state.nodes[known].up;
        change->type = again ? HF_CHANGE_NOTED : HF_CHANGE_REFUSED;
        change->reason = hf_reason_node(again ? HF_REASON_UNCHANGED : HF_REASON_NAME_TAKEN, known);
        return;
    }
    uint64_t taken = hf_spec_nodes(spec);
    if (!~taken) {
        change->reason = hf_reason_make(HF_REASON_CLUSTER_FULL);
        return;
    }
    change->type = HF_CHANGE_NODE_ADD;
    change->node = (uint8_t)__builtin_ctzll(~taken);
    change->reason = hf_reason_node(HF_REASON_NODE_ADDED, change->node);
    memcpy(change->text, head->text, sizeof(head->text));
    memcpy(change->address, head->address, sizeof(change->address));
    memcpy(change->address2, head->address2, sizeof(change->address2));
}

void hf_decide_request(struct hf_core *core, const struct hf_queued *queued, struct hf_load *load,
                       struct hf_proposal *proposal)
{
    const struct hf_head *head = &queued->head;
    struct hf_change change = hf_change_make(HF_CHANGE_REFUSED, HF_REASON_NONE);
    switch ((enum hf_verb)head->verb) {
    case HF_VERB_ONLINE:
    case HF_VERB_OFFLINE:
    case HF_VERB_MOVE:
        decide_on_instance(core, head, load, proposal, &change);
        break;
    case HF_VERB_DRAIN:
    case HF_VERB_RESUME:
    case HF_VERB_CONFIRM_FENCED:
        decide_on_node(core, head, &change);
        break;
    case HF_VERB_JOIN:
        decide_join(core, head, &change);
        break;
    case HF_VERB_APPLY:
        change.reason = hf_stage_check(core, queued->origin, head->id);
        if (change.reason.code == HF_REASON_CONFIGURED)
            change.type = HF_CHANGE_CONFIG;
        break;
    case HF_VERB_NONE:
    case HF_VERBS:
        break;
    }
    change.origin = queued->origin;
    change.request = head->id;
    hf_propose(proposal, &change);
}
