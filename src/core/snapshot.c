/*
 * snapshot.c - the whole state as a series of messages, for joiners and for the disk.
 *
 * Happy path: a member that cannot follow a decision asks (NEED); the coordinator stops deciding,
 * multicasts the records, goes on when its own last one came back, and the receiver, whose state is
 * replaced only when the snapshot is whole and its hash is right, says SYNCED.
 * Failure modes: the membership changes meanwhile - both sides drop it and the receiver asks again;
 * the hash is wrong - the receiver asks again.
 */
#include <string.h>

#include "core/hash.h"
#include "core/impl.h"
#include "core/tables.h"

/* Positions of the cursor: meta, cluster, nodes, instances, history, end. */
enum {
    AT_META = 0,
    AT_CLUSTER = 1,
    AT_NODES = 2,
    AT_INSTANCES = AT_NODES + HF_NODES_MAX,
    AT_HISTORY = AT_INSTANCES + HF_INSTANCES_MAX,
    AT_END = AT_HISTORY + HF_HISTORY_MAX,
    AT_DONE = AT_END + 1
};

static void write_meta(struct hf_writer_buf *out, const struct hf_state *state)
{
    struct hf_meta meta = {
        .epoch = state->epoch,
        .index = state->index,
        .config_version = state->config_version,
        .nodes_version = state->nodes_version,
        .members = state->members,
        .wall_ms = state->wall_ms,
        .hash = state->hash,
        .history_count = state->history_count,
        .coordinator = state->coordinator,
        .format = state->format,
    };
    hf_message_record(out, HF_RECORD_META, 0, &hf_table_meta, &meta);
}

static void write_node(struct hf_writer_buf *out, const struct hf_state *state, uint16_t n)
{
    if (!state->spec.nodes[n].name[0])
        return;
    hf_message_record(out, HF_RECORD_NODE_SPEC, n, &hf_table_node_spec, &state->spec.nodes[n]);
    if (!HF_PLANTED(14))
        hf_message_record(out, HF_RECORD_NODE_STATE, n, &hf_table_node_state, &state->nodes[n]);
}

/* Of an instance that was removed the state stays: its slot's next user goes on from its
 * generation. */
static void write_instance(struct hf_writer_buf *out, const struct hf_state *state, uint16_t i)
{
    if (state->spec.instances[i].name[0])
        hf_message_record(out, HF_RECORD_INSTANCE_SPEC, i, &hf_table_instance_spec,
                          &state->spec.instances[i]);
    else if (!state->instances[i].generation)
        return;
    hf_message_record(out, HF_RECORD_INSTANCE_STATE, i, &hf_table_instance_state,
                      &state->instances[i]);
}

static void write_position(struct hf_writer_buf *out, const struct hf_state *state, uint32_t at)
{
    if (at == AT_META)
        write_meta(out, state);
    else if (at == AT_CLUSTER)
        hf_message_record(out, HF_RECORD_CLUSTER_SPEC, 0, &hf_table_cluster_spec,
                          &state->spec.cluster);
    else if (at < AT_INSTANCES)
        write_node(out, state, (uint16_t)(at - AT_NODES));
    else if (at < AT_HISTORY)
        write_instance(out, state, (uint16_t)(at - AT_INSTANCES));
    else if (at == AT_END)
        hf_message_record(out, HF_RECORD_END, 0, &hf_table_meta, NULL);
    else if (at - AT_HISTORY < state->history_count)
        hf_message_record(out, HF_RECORD_HISTORY, (uint16_t)(at - AT_HISTORY), &hf_table_history,
                          &state->history[at - AT_HISTORY]);
}

size_t hf_core_snapshot(const struct hf_core *core, uint32_t *cursor, uint8_t *bytes, size_t room)
{
    if (*cursor >= AT_DONE)
        return 0;
    struct hf_head head = hf_head_empty();
    struct hf_writer_buf out;
    head.ring = core->membership.ring.seq;
    hf_message_begin(&out, bytes, room, HF_MESSAGE_SNAPSHOT, &head);
    out.format = core->state.format;
    while (*cursor < AT_DONE) {
        size_t before = out.length;
        write_position(&out, &core->state, *cursor);
        if (out.overflow) {
            out.overflow = false;
            out.length = before;
            break;
        }
        ++*cursor;
    }
    return hf_message_end(&out);
}

void hf_snapshot_send_more(struct hf_core *core)
{
    if (!core->sending || core->in_flight || core->parts_out)
        return;
    while (core->send_cursor < AT_DONE && hf_arena_room(core) >= 2 * HF_MESSAGE_MAX) {
        uint8_t bytes[HF_MESSAGE_MAX];
        size_t length = hf_core_snapshot(core, &core->send_cursor, bytes, sizeof(bytes));
        hf_emit_multicast(core, bytes, length);
        core->parts_out++; /* the next ones when this batch came back */
    }
}

void hf_need_message(struct hf_core *core, uint8_t node, const struct hf_head *head)
{
    if (!hf_of_this_ring(core, head))
        return;
    core->need |= hf_bit(node);
    core->synced &= ~hf_bit(node);
    if (!hf_up_nodes(core))
        hf_hello_again(core); /* nobody is left who could give it */
}

static bool install_meta(struct hf_core *core, struct hf_reader_buf *item)
{
    struct hf_meta meta;
    if (!hf_message_read(item, &hf_table_meta, &meta) || meta.format < HF_FORMAT_FIRST)
        return false;
    if (meta.format > core->config.speaks && !HF_PLANTED(43)) {
        hf_format_halt(core, meta.format);
        return false;
    }
    struct hf_state *to = &core->incoming;
    hf_state_empty(to, &core->incoming_made);
    to->epoch = meta.epoch;
    to->index = meta.index;
    to->config_version = meta.config_version;
    to->nodes_version = meta.nodes_version;
    to->members = meta.members;
    to->wall_ms = meta.wall_ms;
    to->history_count = meta.history_count;
    to->coordinator = meta.coordinator;
    to->format = meta.format;
    core->incoming_hash = meta.hash;
    core->receiving = true;
    return true;
}

static bool install_node(struct hf_state *to, const struct hf_record *record,
                         struct hf_reader_buf *item)
{
    if (record->slot >= HF_NODES_MAX)
        return false;
    hf_state_node_used(to, (uint8_t)record->slot);
    if (record->kind == HF_RECORD_NODE_SPEC)
        return hf_message_read(item, &hf_table_node_spec, &to->spec.nodes[record->slot]) &&
               hf_node_spec_valid(&to->spec.nodes[record->slot]);
    return hf_message_read(item, &hf_table_node_state, &to->nodes[record->slot]) &&
           hf_node_state_valid(&to->nodes[record->slot]);
}

static bool install_instance(struct hf_state *to, const struct hf_record *record,
                             struct hf_reader_buf *item)
{
    uint16_t i = record->slot;
    if (i >= HF_INSTANCES_MAX)
        return false;
    hf_state_used(to, i);
    if (record->kind == HF_RECORD_INSTANCE_SPEC)
        return hf_message_read(item, &hf_table_instance_spec, &to->spec.instances[i]) &&
               hf_instance_spec_valid(&to->spec.instances[i]);
    return hf_message_read(item, &hf_table_instance_state, &to->instances[i]) &&
           hf_instance_state_valid(&to->instances[i]);
}

static bool install_end(struct hf_core *core)
{
    core->receiving = false;
    core->incoming.hash = hf_state_hash(&core->incoming);
    return core->incoming.hash == core->incoming_hash || HF_PLANTED(14);
}

static bool install_record(struct hf_core *core, const struct hf_record *record,
                           struct hf_reader_buf *item)
{
    struct hf_state *to = &core->incoming;
    if (record->kind != HF_RECORD_META && !core->receiving)
        return false;
    switch ((enum hf_record_kind)record->kind) {
    case HF_RECORD_META:
        return install_meta(core, item);
    case HF_RECORD_CLUSTER_SPEC:
        return hf_message_read(item, &hf_table_cluster_spec, &to->spec.cluster) &&
               hf_cluster_spec_valid(&to->spec.cluster);
    case HF_RECORD_NODE_SPEC:
    case HF_RECORD_NODE_STATE:
        return install_node(to, record, item);
    case HF_RECORD_INSTANCE_SPEC:
    case HF_RECORD_INSTANCE_STATE:
        return install_instance(to, record, item);
    case HF_RECORD_HISTORY:
        return record->slot < HF_HISTORY_MAX &&
               hf_message_read(item, &hf_table_history, &to->history[record->slot]);
    case HF_RECORD_END:
        return install_end(core);
    }
    return true; /* a kind of a newer version */
}

static void take_over(struct hf_core *core)
{
    if (core->incoming.instance_end < core->state.instance_end)
        core->incoming.instance_end =
            core->state.instance_end; /* something may be left of it here */
    hf_state_copy(&core->state, &core->incoming);
    core->order_version = core->order_count = 0;
}

/* Takes one message of a snapshot in. False: it is broken, and nothing of it counts. */
bool hf_snapshot_install(struct hf_core *core, struct hf_message *message)
{
    struct hf_reader_buf item;
    bool good = true, whole = false;
    while (good && hf_message_next(message, &item)) {
        struct hf_record record;
        good = hf_record_open(&item, &record) && install_record(core, &record, &item);
        whole = good && record.kind == HF_RECORD_END;
    }
    good = good && !message->items.bad;
    if (!good)
        core->receiving = false;
    else if (whole)
        take_over(core);
    return good;
}

void hf_synced_now(struct hf_core *core)
{
    core->synced_self = core->running = true;
    core->need &= ~hf_bit(core->config.node);
    /* What was decided here and what was synced here belong to a history that is no more. */
    core->history++;
    core->persisted_index = core->ack_sent = 0;
    core->ack_wanted = core->vote_index = core->state.index;
    hf_requests_interrupted(core, true);
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++)
        core->stop_since_ms[i] = core->now_ms;
    struct hf_head head = hf_head_empty();
    head.ring = core->membership.ring.seq;
    head.epoch = core->state.epoch;
    head.index = core->state.index;
    head.hash = core->state.hash;
    head.speaks = core->config.speaks;
    hf_emit_plain(core, HF_MESSAGE_SYNCED, &head);
    hf_emit(core, HF_ACTION_SNAPSHOT)->id = hf_core_mark(core);
    core->since_snapshot = 0;
    hf_reports_renew(core);
}

static void own_part_came_back(struct hf_core *core)
{
    if (core->parts_out)
        core->parts_out--;
    if (core->send_cursor >= AT_DONE && !core->parts_out)
        core->sending = false;
}

static bool has_record(const struct hf_message *message, enum hf_record_kind kind)
{
    struct hf_message copy = *message;
    struct hf_reader_buf item;
    while (hf_message_next(&copy, &item)) {
        struct hf_record record;
        if (hf_record_open(&item, &record) && record.kind == kind)
            return true;
    }
    return false;
}

void hf_snapshot_message(struct hf_core *core, uint8_t node, struct hf_message *message)
{
    if (node == core->config.node) {
        own_part_came_back(core);
        return;
    }
    if (core->synced_self || core->sync != HF_SYNC_REGIME || !hf_of_this_ring(core, &message->head))
        return;
    if (!core->receiving && !has_record(message, HF_RECORD_META))
        return;
    bool last = has_record(message, HF_RECORD_END);
    struct hf_head head = hf_head_empty();
    head.ring = core->membership.ring.seq;
    bool taken = hf_snapshot_install(core, message);
    if (core->too_new)
        return;
    if (!taken)
        hf_emit_plain(core, HF_MESSAGE_NEED, &head);
    else if (last)
        hf_synced_now(core);
}
