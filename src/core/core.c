/* core.c - the one function, and the views. */
#include "core/core.h"

#include <string.h>

#include "core/impl.h"

size_t hf_core_size(void)
{
    return sizeof(struct hf_core);
}

void hf_core_init(struct hf_core *core, const struct hf_core_config *config, uint64_t now_ms,
                  uint64_t wall_ms)
{
    memset(core, 0, offsetof(struct hf_core, state));
    size_t after = offsetof(struct hf_core, state) + sizeof(core->state);
    memset((uint8_t *)core + after, 0, offsetof(struct hf_core, state_made) - after);
    hf_state_empty(&core->state, &core->state_made);
    core->stage.active = false;
    memset(&core->outgoing, 0, offsetof(struct hf_outgoing, spec));
    core->order_version = core->order_count = 0;
    for (unsigned a = 0; a < 4; a++)
        core->arrange.answers[a / 2][a % 2].known = false;
    core->config = *config;
    if (!core->config.speaks)
        core->config.speaks = HF_FORMAT_NEWEST;
    HF_ASSERT(core->config.speaks <= HF_FORMAT_PLANNED);
    core->now_ms = now_ms;
    core->wall_ms = wall_ms;
    core->started_ms = now_ms;
    core->due_ms = UINT64_MAX;
    core->quorum_lost_ms = now_ms ? now_ms : 1;
    memset(core->report_node, HF_NODE_NONE, sizeof(core->report_node));
}

/* Reads what this daemon's formats have, and nothing newer. */
static bool open_message(const struct hf_core *core, struct hf_message *message,
                         const uint8_t *bytes, size_t length)
{
    bool opened = hf_message_open(message, bytes, length);
    message->items.format = core->config.speaks;
    return opened;
}

bool hf_core_restore_snapshot(struct hf_core *core, const uint8_t *bytes, size_t length)
{
    struct hf_message message;
    return open_message(core, &message, bytes, length) && message.type == HF_MESSAGE_SNAPSHOT &&
           hf_snapshot_install(core, &message);
}

bool hf_core_restore_decision(struct hf_core *core, const uint8_t *bytes, size_t length)
{
    struct hf_message message;
    if (!open_message(core, &message, bytes, length) || message.type != HF_MESSAGE_DECISION)
        return false;
    const struct hf_head *head = &message.head;
    if (head->epoch != core->state.epoch || head->index != core->state.index ||
        head->hash != core->state.hash)
        return false;
    return hf_decision_apply(core, &message);
}

/*
 * Time in which this node did not look, or that only its clock knows of, counts for what it
 * promised and not for what it waits for from others: these may have had less of it.
 */
static void wait_longer(struct hf_core *core, uint64_t gap)
{
    if (HF_PLANTED(27))
        return;
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        core->away[n].since_ms += gap;
    if (core->quorum_since_ms)
        core->quorum_since_ms += gap;
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++)
        core->stop_since_ms[i] += gap;
}

/*
 * A wake-up that comes far too late: the node stood still. A clock that went back: a virtual
 * machine that was moved, or put back. First look, then act. What was promised by then is not put
 * off: the core's own time only grows.
 */
static void notice_time(struct hf_core *core, const struct hf_event *event)
{
    uint64_t now = event->now_ms + core->behind_ms, gap = 0;
    if (core->due_ms != UINT64_MAX && now > core->due_ms + HF_TILT_GAP_MS)
        gap = now - core->due_ms;
    if (gap)
        wait_longer(core, gap);
    if (now < core->now_ms && !HF_PLANTED(26)) {
        gap = core->now_ms - now;
        core->behind_ms += gap;
        now = core->now_ms;
    }
    core->now_ms = now;
    core->wall_ms = event->wall_ms;
    core->utc_offset_s = event->utc_offset_s;
    if (!gap)
        return;
    core->tilt_gap_ms = gap;
    core->tilt_until_ms = core->now_ms + HF_TILT_REST_MS;
    hf_local_tilted(core);
}

static void take_message(struct hf_core *core, const struct hf_event_message *event)
{
    struct hf_message message;
    if (event->node >= HF_NODES_MAX || !open_message(core, &message, event->bytes, event->length))
        return;
    switch ((enum hf_message_type)message.type) {
    case HF_MESSAGE_HELLO:
        hf_hello_message(core, event->node, &message.head);
        return;
    case HF_MESSAGE_NEED:
        hf_need_message(core, event->node, &message.head);
        return;
    case HF_MESSAGE_SYNCED:
        hf_synced_message(core, event->node, &message.head);
        return;
    case HF_MESSAGE_SNAPSHOT:
        hf_snapshot_message(core, event->node, &message);
        return;
    case HF_MESSAGE_REPORT:
        hf_report_message(core, event->node, &message);
        return;
    case HF_MESSAGE_REQUEST:
        hf_request_message(core, event->node, &message.head);
        return;
    case HF_MESSAGE_PART:
        hf_stage_message(core, event->node, &message);
        return;
    case HF_MESSAGE_DECISION:
        hf_decision_message(core, event->node, &message, event->bytes, event->length);
        return;
    case HF_MESSAGE_ACK:
        hf_ack_message(core, event->node, &message.head);
        return;
    case HF_MESSAGE_GO:
        hf_go_message(core, &message.head);
        return;
    case HF_MESSAGE_MEASURED:
        hf_measured_message(core, event->node, &message);
        return;
    }
}

static void take(struct hf_core *core, const struct hf_event *event)
{
    switch ((enum hf_event_type)event->type) {
    case HF_EVENT_TICK:
        return;
    case HF_EVENT_ENGINE_UP:
        core->engine_up = true;
        return;
    case HF_EVENT_ENGINE_DOWN:
        hf_engine_down(core);
        return;
    case HF_EVENT_MEMBERSHIP:
        hf_membership_event(core, &event->membership);
        return;
    case HF_EVENT_QUORUM:
        hf_quorum_event(core, &event->quorum);
        return;
    case HF_EVENT_MESSAGE:
        take_message(core, &event->message);
        return;
    case HF_EVENT_STEP:
        hf_local_step_event(core, &event->step);
        return;
    case HF_EVENT_EXITED:
        hf_local_exited(core, event->exited.instance, event->exited.generation);
        return;
    case HF_EVENT_REQUEST:
        hf_request_event(core, &event->request);
        return;
    case HF_EVENT_PERSISTED:
        hf_persisted(core, event->persisted.mark);
        return;
    case HF_EVENT_MEASURED:
        hf_measured_event(core, &event->measured);
        return;
    case HF_EVENT_TYPES:
        return;
    }
}

/* From when on this node is without quorum or regime; its duty to stop counts from here. */
static void watch_quorum(struct hf_core *core)
{
    bool part = hf_has_quorum(core) && core->synced_self;
    if (!hf_has_quorum(core))
        core->quorum_since_ms = 0;
    else if (!core->quorum_since_ms)
        core->quorum_since_ms = core->now_ms ? core->now_ms : 1;
    if (part)
        core->quorum_lost_ms = 0;
    else if (!core->quorum_lost_ms)
        core->quorum_lost_ms = core->now_ms ? core->now_ms : 1;
}

void hf_core_step(struct hf_core *core, const struct hf_event *event, struct hf_actions *actions)
{
    actions->count = actions->used = 0;
    actions->wake_ms = UINT64_MAX;
    core->out = actions;
    notice_time(core, event);
    if (core->too_new)
        hf_format_halt(core, core->too_new); /* found while its journal was read */
    else
        take(core, event);
    if (core->halted) {
        core->out = NULL;
        return;
    }
    watch_quorum(core);
    hf_membership_tick(core);
    hf_network_watch(core);
    hf_local_run(core);
    hf_reports_send(core);
    hf_measured_send(core);
    hf_stage_send_more(core);
    hf_decide(core);
    if (core->now_ms < core->tilt_until_ms)
        hf_wake_at(core, core->tilt_until_ms);
    core->due_ms = actions->wake_ms;
    if (actions->wake_ms != UINT64_MAX)
        actions->wake_ms -= actions->wake_ms < core->behind_ms ? actions->wake_ms : core->behind_ms;
    core->out = NULL;
}

const struct hf_state *hf_core_state(const struct hf_core *core)
{
    return &core->state;
}

uint8_t hf_core_self(const struct hf_core *core)
{
    return core->config.node;
}

enum hf_core_condition hf_core_condition(const struct hf_core *core)
{
    if (!core->engine_up)
        return HF_CORE_NO_ENGINE;
    if (!hf_has_quorum(core))
        return HF_CORE_NO_QUORUM;
    return core->synced_self ? HF_CORE_MEMBER : HF_CORE_JOINING;
}

void hf_core_view(const struct hf_core *core, struct hf_core_view *ret)
{
    *ret = (struct hf_core_view){
        .condition = hf_core_condition(core),
        .coordinator = hf_coordinator(core) == core->config.node,
        .members = core->membership.members,
        .votes = core->quorum.votes,
        .expected = core->quorum.expected,
        .tilted = core->now_ms < core->tilt_until_ms,
        .tilt = hf_reason_make(HF_REASON_NONE),
    };
    if (ret->tilted) {
        ret->tilt = hf_reason_node(HF_REASON_CLOCK_JUMPED, core->config.node);
        ret->tilt.number = core->tilt_gap_ms;
    }
}

void hf_core_local_view(const struct hf_core *core, uint16_t instance, struct hf_local_view *ret)
{
    const struct hf_local *local = &core->local[instance];
    *ret = (struct hf_local_view){
        .phase = (enum hf_phase)local->phase,
        .generation = local->generation,
        .inspected = local->inspected,
        .acquired = local->acquired,
        .mounted = local->mounted,
        .address_up = local->address_up,
        .engine_up = local->engine_up,
        .unclean = local->unclean,
    };
}

bool hf_core_may_feed_watchdog(const struct hf_core *core, uint64_t now_ms)
{
    now_ms += core->behind_ms;
    for (unsigned i = 0; i < core->state.instance_end; i++) {
        const struct hf_local *local = &core->local[i];
        bool serves = local->engine_up || local->address_up || (local->mounted && local->acquired);
        if (serves && local->stop_by_ms && now_ms > local->stop_by_ms)
            return false;
    }
    return true;
}
