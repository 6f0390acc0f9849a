/*
 * decide_instance.c - what should happen to one instance now?
 *
 * Its owner is lost      -> the next owner, whose first step is the fence
 * its owner reports on it -> the report becomes part of the state; failures are met by a restart in
 *                           place, then by a move; what must stop is told to stop
 * it has no owner        -> the first node in the order of owners that may and can take it, or it
 * is stranded with every node's reason
 */
#include <string.h>

#include "core/decide_impl.h"

struct hf_change hf_case_change(const struct hf_case *v, enum hf_change_type type,
                                enum hf_reason_code code)
{
    struct hf_change change = hf_change_make(type, code);
    change.instance = v->i;
    change.generation = v->state->generation;
    return change;
}

static const struct hf_report *report_of(const struct hf_case *v)
{
    if (v->core->report_node[v->i] != v->state->owner)
        return NULL;
    const struct hf_report *report = &v->core->reports[v->i];
    return report->generation == v->state->generation ? report : NULL;
}

void hf_case_stop(const struct hf_case *v, const struct hf_reason *reason, uint8_t target,
                  uint64_t noticed_ms)
{
    struct hf_change change = hf_case_change(v, HF_CHANGE_GOAL_STOP, HF_REASON_NONE);
    change.reason = *reason;
    change.node = target;
    change.noticed_ms = noticed_ms ? noticed_ms : v->core->wall_ms;
    hf_propose(v->proposal, &change);
}

static void progress(const struct hf_case *v, const struct hf_report *report)
{
    if (report->phase == v->state->phase || report->phase == HF_FAILED ||
        report->phase == HF_OFFLINE || report->phase == HF_STOPPING)
        return;
    struct hf_change change = hf_case_change(v, HF_CHANGE_PHASE, HF_REASON_NONE);
    change.phase = report->phase;
    change.key = report->key;
    memcpy(change.timings, report->timings, sizeof(change.timings));
    hf_propose(v->proposal, &change);
}

static void cleared(const struct hf_case *v, const struct hf_report *report,
                    const struct hf_reason *reason)
{
    struct hf_change change = hf_case_change(v, HF_CHANGE_CLEARED, HF_REASON_NONE);
    change.reason = *reason;
    change.timings[HF_TIMING_STOP] = report ? report->timings[HF_TIMING_STOP] : 0;
    hf_propose(v->proposal, &change);
    v->core->arrange.here[v->i] = HF_NODE_NONE;
}

/* A move goes on at once: the target becomes the owner in the same decision. */
static bool hand_over(const struct hf_case *v, const struct hf_report *report)
{
    uint8_t target = v->core->arrange.node[v->i];
    struct hf_reason reason;
    if (!v->state->wanted || !v->spec->disk_count || v->state->target == HF_NODE_NONE ||
        target == HF_NODE_NONE || target == v->state->owner ||
        !hf_case_room_now(v, target, &reason))
        return false;
    struct hf_change change = hf_case_change(v, HF_CHANGE_ASSIGN, HF_REASON_NONE);
    change.reason = v->state->reason;
    change.noticed_ms = v->state->takeover.noticed_ms;
    change.timings[HF_TIMING_STOP] = report->timings[HF_TIMING_STOP];
    hf_case_assign(v, &change, target);
    return true;
}

/* It had more than its time. With disks it is cut off by whoever takes it next; without any it may
 * only be waited for. */
static void stuck(const struct hf_case *v, const struct hf_report *report)
{
    uint16_t code = v->spec->disk_count ? HF_REASON_STOP_STUCK : HF_REASON_STOP_HANGS;
    struct hf_reason reason = hf_reason_node(code, v->state->owner);
    if (v->state->reason.code == HF_REASON_STOP_HANGS)
        return;
    struct hf_change exclude = hf_case_change(v, HF_CHANGE_EXCLUDE, HF_REASON_NONE);
    exclude.reason = reason;
    exclude.node = v->state->owner;
    hf_propose(v->proposal, &exclude);
    if (v->spec->disk_count) {
        cleared(v, report, &reason);
        return;
    }
    struct hf_change change = hf_case_change(v, HF_CHANGE_PHASE, code);
    change.reason = reason;
    change.phase = HF_STOPPING;
    hf_propose(v->proposal, &change);
}

/* It was told to stop: until it has, or can no longer write, or had more than its time. */
static void stopping(const struct hf_case *v, const struct hf_report *report)
{
    bool gone = report && report->phase == HF_OFFLINE && report->flags & HF_REPORT_CLEAN;
    if (gone && hand_over(v, report))
        return;
    bool released = report && report->flags & HF_REPORT_RELEASED && v->spec->disk_count;
    if (gone || released) {
        struct hf_reason same = v->state->reason;
        if (same.code == HF_REASON_STOP_HANGS)
            same = hf_reason_node(HF_REASON_STOPPED_ON_OWNER, v->state->owner);
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
    stuck(v, report);
}

static void owner_up(const struct hf_case *v)
{
    const struct hf_report *report = report_of(v);
    if (v->state->goal == HF_GOAL_STOP) {
        stopping(v, report);
        return;
    }
    if (!v->state->wanted) {
        hf_case_stop(v, &v->state->reason, HF_NODE_NONE, 0);
        return;
    }
    bool current = report && report->attempt == v->state->attempt;
    if (current && report->phase == HF_FAILED) {
        hf_case_failed(v, report);
        return;
    }
    if (report && report->phase == HF_OFFLINE && report->flags & HF_REPORT_CLEAN) {
        struct hf_reason reason = hf_reason_node(HF_REASON_STOPPED_ON_OWNER, v->state->owner);
        if (report->status == HF_STEP_KEY_LOST)
            reason.code = HF_REASON_KEY_LOST;
        else if (report->flags & HF_REPORT_QUORUM)
            reason.code = HF_REASON_QUORUM_LOST;
        else if (v->core->cold_ms && v->state->since_ms < v->core->cold_ms)
            reason = hf_reason_make(HF_REASON_COLD_START);
        cleared(v, report, &reason);
        return;
    }
    if (hf_case_make_room(v) || !current)
        return;
    progress(v, report);
    bool rests = report->phase == HF_ONLINE && v->state->phase == HF_ONLINE;
    if (rests && !v->core->state.nodes[v->state->owner].drained)
        hf_case_fail_back(v);
}

struct hf_case hf_case_of(struct hf_core *core, uint16_t i, struct hf_proposal *proposal)
{
    return (struct hf_case){
        .core = core,
        .i = i,
        .spec = &core->state.spec.instances[i],
        .state = &core->state.instances[i],
        .proposal = proposal,
    };
}

void hf_decide_instance(struct hf_core *core, uint16_t i, struct hf_proposal *proposal)
{
    struct hf_case v = hf_case_of(core, i, proposal);
    uint8_t owner = v.state->owner;
    if (owner == HF_NODE_NONE) {
        if (v.state->wanted)
            hf_case_start(&v);
    } else if (hf_up_nodes(core) & hf_bit(owner)) {
        owner_up(&v);
    } else if (hf_node_lost(core, owner)) {
        hf_case_owner_lost(&v);
    }
}
