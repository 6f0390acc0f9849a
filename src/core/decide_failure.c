/* decide_failure.c - the owner says that it failed: restart in place, or give this node up. */
#include <string.h>

#include "core/decide_impl.h"

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
    case HF_STEP_DISK_FULL:
        return HF_REASON_DISK_FULL;
    case HF_STEP_READ_ONLY:
        return HF_REASON_READ_ONLY;
    case HF_STEP_EXHAUSTED:
        return HF_REASON_EXHAUSTED;
    case HF_STEP_CHECK_FAILED:
        return HF_REASON_CHECK_FAILED;
    case HF_STEP_OK:
    case HF_STEP_SLOW:
    case HF_STEP_FAILED:
    case HF_STEP_STATUSES:
        break;
    }
    return HF_REASON_STEP_FAILED;
}

bool hf_reason_is_failure(uint16_t code)
{
    struct hf_report report = {.flags = HF_REPORT_WAS_ONLINE};
    if (code == HF_REASON_ENGINE_START_FAILED || code == HF_REASON_STOP_STUCK ||
        code == HF_REASON_STOP_HANGS || code == HF_REASON_NETWORK_LOST)
        return true;
    for (report.status = HF_STEP_TIMEOUT; report.status < HF_STEP_STATUSES; report.status++) {
        if (failure_code(&report) == code)
            return true;
    }
    return false;
}

/* Whether a new start on the same node can help: not against a disk or a network that is gone. */
static bool restart_helps(uint8_t status)
{
    return status == HF_STEP_ENGINE_EXIT || status == HF_STEP_NO_ANSWER ||
           status == HF_STEP_DISK_FULL || status == HF_STEP_EXHAUSTED ||
           status == HF_STEP_CHECK_FAILED;
}

static bool may_restart(const struct hf_case *v, const struct hf_report *report)
{
    if (!(report->flags & HF_REPORT_WAS_ONLINE))
        return false;
    if (!restart_helps(report->status))
        return false;
    unsigned within = hf_count_within(v->state->restarts, v->state->restart_count, v->core->wall_ms,
                                      v->spec->failure.restart_period_ms);
    return within < v->spec->failure.restarts;
}

static void note_detail(struct hf_change *change, const struct hf_report *report)
{
    memcpy(change->text, report->text, sizeof(change->text));
}

/* The owner is up and says that it failed there. */
void hf_case_failed(const struct hf_case *v, const struct hf_report *report)
{
    struct hf_reason reason = hf_reason_node(failure_code(report), v->state->owner);
    reason.number = v->spec->health.timeout_ms;
    if (report->status == HF_STEP_KEY_LOST)
        return; /* its owner cleans up by itself and then says that it is offline */
    if (report->status == HF_STEP_NEWER) {
        struct hf_change change = hf_case_change(v, HF_CHANGE_ASSIGN, HF_REASON_GENERATION_BEHIND);
        uint32_t above = report->found_generation > v->state->generation ? report->found_generation
                                                                         : v->state->generation;
        change.reason.number = report->found_generation;
        change.flags = HF_FLAG_REPEATED;
        change.node = v->state->owner;
        change.generation = above + 1;
        hf_propose(v->proposal, &change);
        return;
    }
    if (may_restart(v, report) && hf_case_make_room(v))
        return; /* it is to go anyway, and starts there */
    if (may_restart(v, report)) {
        struct hf_change change = hf_case_change(v, HF_CHANGE_RESTART, HF_REASON_NONE);
        change.reason = reason;
        change.choice = hf_reason_node(HF_REASON_RESTARTED_IN_PLACE, v->state->owner);
        change.choice.number = v->state->restart_count + 1u;
        change.node = v->state->owner;
        change.noticed_ms = report->wall_ms;
        hf_propose(v->proposal, &change);
        return;
    }
    struct hf_change failed = hf_case_change(v, HF_CHANGE_PHASE, HF_REASON_NONE);
    failed.phase = HF_FAILED;
    failed.reason = reason;
    note_detail(&failed, report);
    hf_propose(v->proposal, &failed);
    struct hf_change exclude = hf_case_change(v, HF_CHANGE_EXCLUDE, HF_REASON_NONE);
    exclude.reason = reason;
    exclude.node = v->state->owner;
    hf_propose(v->proposal, &exclude);
    hf_case_stop(v, &reason, HF_NODE_NONE, report->wall_ms);
}
