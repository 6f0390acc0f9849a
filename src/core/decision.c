/*
 * decision.c - proposing decisions and taking delivered ones in.
 *
 * A decision names the state it is based on: epoch, index, hash. It takes effect, at every member
 * alike, exactly when that is the state the member holds; of two decisions on the same state the
 * one delivered first counts and the other is ignored by all. The coordinator has one decision in
 * flight at a time. Same epoch and index but another hash means that members differ: the daemon
 * stops loudly (I3).
 */
#include <string.h>

#include "core/impl.h"
#include "core/tables.h"

#define MARK_BITS 48u /* of a mark: the index; above it the number of the history */

struct hf_change hf_change_make(enum hf_change_type type, enum hf_reason_code code)
{
    struct hf_change change;
    hf_table_clear(&hf_table_change, &change);
    change.type = (uint8_t)type;
    change.reason = hf_reason_make(code);
    return change;
}

/* Most of the time there is nothing to decide, and nothing is written. */
static void begin(struct hf_proposal *proposal)
{
    const struct hf_core *core = proposal->core;
    struct hf_head head = hf_head_empty();
    head.epoch = core->state.epoch;
    head.index = core->state.index;
    head.hash = core->state.hash;
    head.wall_ms = core->wall_ms > core->state.wall_ms ? core->wall_ms : core->state.wall_ms;
    if (core->queue_count)
        head.flags = HF_HEAD_ACK_WANTED;
    hf_message_begin(&proposal->out, proposal->bytes, sizeof(proposal->bytes), HF_MESSAGE_DECISION,
                     &head);
    proposal->out.format = core->state.format;
}

void hf_propose(struct hf_proposal *proposal, const struct hf_change *change)
{
    if (!proposal->count)
        begin(proposal);
    struct hf_writer_buf *out = &proposal->out;
    size_t before = out->length;
    hf_message_item(out, &hf_table_change, change);
    if (out->overflow) {
        out->overflow = false;
        out->length = before;
        proposal->full = true;
        return;
    }
    proposal->count++;
    if (proposal->count >= HF_PER_DECISION)
        proposal->full = true;
}

static void persist(struct hf_core *core, const uint8_t *bytes, size_t length, bool sync)
{
    if (++core->since_snapshot >= HF_SNAPSHOT_EVERY) {
        hf_emit(core, HF_ACTION_SNAPSHOT)->id = hf_core_mark(core);
        core->since_snapshot = 0;
        return;
    }
    struct hf_action *action = hf_emit(core, HF_ACTION_PERSIST);
    action->id = hf_core_mark(core);
    action->sync = sync;
    HF_ASSERT(length <= hf_arena_room(core));
    action->offset = core->out->used;
    action->length = (uint32_t)length;
    memcpy(core->out->arena + core->out->used, bytes, length);
    core->out->used += (uint32_t)length;
}

static void applied(struct hf_core *core, const struct hf_change *change)
{
    switch ((enum hf_change_type)change->type) {
    case HF_CHANGE_REGIME:
        core->vote_index = core->state.index;
        if (core->cold)
            core->cold_ms = core->state.wall_ms;
        core->cold = false;
        core->synced = change->number & core->membership.members;
        hf_not_away(core, core->synced);
        hf_reports_renew(core);
        break;
    case HF_CHANGE_ASSIGN:
        hf_local_assigned(core, change);
        break;
    case HF_CHANGE_GOAL_STOP:
        core->stop_since_ms[change->instance] = core->now_ms;
        break;
    case HF_CHANGE_CONFIG:
        core->since_snapshot = HF_SNAPSHOT_EVERY; /* the journal has no specifications */
        break;
    case HF_CHANGE_NONE:
    case HF_CHANGE_CLUSTER:
    case HF_CHANGE_NODE_ADD:
    case HF_CHANGE_NODE_UP:
    case HF_CHANGE_NODE_LOST:
    case HF_CHANGE_NODE_FLAGS:
    case HF_CHANGE_CLEARED:
    case HF_CHANGE_PHASE:
    case HF_CHANGE_RESTART:
    case HF_CHANGE_EXCLUDE:
    case HF_CHANGE_WANTED:
    case HF_CHANGE_REFUSED:
    case HF_CHANGE_NOTED:
    case HF_CHANGE_FORMAT:
    case HF_CHANGE_MEASURED:
    case HF_CHANGE_TYPES:
        break;
    }
}

/* Whether every change of a decision can be read. If this daemon is too old for one, it halts. */
static bool readable(struct hf_core *core, struct hf_message message)
{
    struct hf_reader_buf item;
    struct hf_change change;
    while (hf_message_next(&message, &item)) {
        if (!hf_message_read(&item, &hf_table_change, &change))
            return false;
        if (change.type == HF_CHANGE_FORMAT && change.number > core->config.speaks) {
            hf_format_halt(core, change.number);
            return false;
        }
        if (core->out && hf_stage_unreadable(core, &change)) {
            hf_halt(core, hf_reason_node(HF_REASON_CONFIG_UNREADABLE, core->config.node));
            return false;
        }
    }
    return !message.items.bad;
}

/* Applies every change of a decision that follows our state. False: it cannot be read, and none of
 * it was applied. */
bool hf_decision_apply(struct hf_core *core, struct hf_message *message)
{
    struct hf_reader_buf item;
    if (!readable(core, *message))
        return false;
    core->state.index++;
    core->state.wall_ms = message->head.wall_ms;
    while (hf_message_next(message, &item)) {
        struct hf_change change;
        (void)hf_message_read(&item, &hf_table_change, &change);
        if (HF_PLANTED(13) && change.type == HF_CHANGE_EXCLUDE &&
            core->config.node != core->state.coordinator)
            continue;
        bool staged = core->stage.active && core->stage.id == change.request &&
                      core->stage.origin == change.origin && !core->stage.broken;
        bool vote = change.type == HF_CHANGE_NODE_UP && change.node < HF_NODES_MAX &&
                    !core->state.nodes[change.node].joined_epoch;
        bool meant = hf_state_apply(&core->state, &change, message->head.wall_ms,
                                    staged ? &core->stage.spec : NULL);
        if (vote && meant)
            core->vote_index = core->state.index;
        if (core->out) {
            bool answer = change.type == HF_CHANGE_REFUSED || change.type == HF_CHANGE_NOTED;
            if (!meant && !answer) {
                change.type = HF_CHANGE_REFUSED;
                change.reason = hf_reason_make(HF_REASON_INTERRUPTED);
            }
            if (meant)
                applied(core, &change);
            hf_request_decided(core, &change, core->state.index);
        }
    }
    return true;
}

static void cannot_follow(struct hf_core *core)
{
    if (core->need & hf_bit(core->config.node) || core->receiving)
        return;
    struct hf_head head = hf_head_empty();
    head.ring = core->membership.ring.seq;
    core->need |= hf_bit(core->config.node);
    hf_emit_plain(core, HF_MESSAGE_NEED, &head);
}

static void enter_regime(struct hf_core *core)
{
    if (core->synced_self)
        return;
    core->synced_self = core->running = true;
    core->need &= ~hf_bit(core->config.node);
    hf_emit(core, HF_ACTION_SNAPSHOT)->id = hf_core_mark(core);
    core->since_snapshot = 0;
    hf_reports_renew(core);
    if (core->synced & hf_bit(core->config.node))
        return;
    struct hf_head head = hf_head_empty();
    head.ring = core->membership.ring.seq;
    head.speaks = core->config.speaks;
    hf_emit_plain(core, HF_MESSAGE_SYNCED, &head);
}

void hf_decision_message(struct hf_core *core, uint8_t node, struct hf_message *message,
                         const uint8_t *bytes, size_t length)
{
    const struct hf_head *head = &message->head;
    if (node == core->config.node)
        core->in_flight = false;
    bool same_place = head->epoch == core->state.epoch && head->index == core->state.index;
    if (!same_place || core->sync == HF_SYNC_NONE) {
        bool ahead = head->epoch != core->state.epoch ? head->epoch > core->state.epoch
                                                      : head->index > core->state.index;
        if (ahead && core->sync == HF_SYNC_REGIME)
            core->synced_self = false; /* the others went on without us */
        bool left_out = ahead || !(core->synced & hf_bit(core->config.node));
        if (!core->synced_self && core->sync == HF_SYNC_REGIME && left_out)
            cannot_follow(core); /* else it is a late one of an earlier coordinator */
        return;
    }
    if (head->hash != core->state.hash) {
        if (core->synced_self)
            hf_halt(core, hf_reason_make(HF_REASON_STATE_DIFFERS));
        else if (core->sync == HF_SYNC_REGIME)
            cannot_follow(core);
        return;
    }
    uint64_t epoch = core->state.epoch;
    bool asked = head->flags & HF_HEAD_ACK_WANTED; /* an administrator waits for the disks */
    bool acknowledge = asked;
    if (!hf_decision_apply(core, message)) {
        hf_halt(core, hf_reason_make(HF_REASON_STATE_DIFFERS));
        return;
    }
    /* Everybody says of a new regime, and of a new vote, that it is durable, and with it of all
     * that came before. */
    bool vote = core->vote_index == core->state.index;
    acknowledge = acknowledge || core->state.epoch != epoch || vote;
    if (acknowledge)
        core->ack_wanted = core->state.index;
    persist(core, bytes, length, asked || (vote && core->state.epoch == epoch));
    if (HF_PLANTED(5))
        hf_persisted(core, hf_core_mark(core));
    if (core->sync == HF_SYNC_REGIME)
        enter_regime(core);
}

uint64_t hf_core_mark(const struct hf_core *core)
{
    return core->history << MARK_BITS | core->state.index;
}

/* What was given to the disk before the state was replaced says nothing of the state of now. */
void hf_persisted(struct hf_core *core, uint64_t mark)
{
    uint64_t index = mark & ((1ull << MARK_BITS) - 1);
    if (mark >> MARK_BITS != core->history)
        return;
    if (index > core->persisted_index)
        core->persisted_index = index;
    if (core->ack_wanted <= core->ack_sent || core->persisted_index < core->ack_wanted)
        return;
    core->ack_sent = core->persisted_index;
    struct hf_head head = hf_head_empty();
    head.epoch = core->state.epoch;
    head.index = core->persisted_index;
    hf_emit_plain(core, HF_MESSAGE_ACK, &head);
}

/* An index means something within its epoch only: a node may have come from another history. */
void hf_ack_message(struct hf_core *core, uint8_t node, const struct hf_head *head)
{
    if (core->sync != HF_SYNC_REGIME || head->epoch != core->state.epoch)
        return;
    core->acked[node] = head->index;
    hf_requests_check(core);
}
