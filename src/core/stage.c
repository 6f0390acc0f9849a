/*
 * stage.c - a specification on its way to every member, in parts, and the check before it counts.
 *
 * The node where it is applied multicasts every entity that differs from the one in force, then the
 * command; every member builds the same staged copy. The coordinator checks it and decides the
 * switch, which is one change: nothing is ever half applied.
 * Failure modes: the membership changes - the staged copy is dropped everywhere and the command
 * refused; somebody else's came first - refused.
 */
#include <string.h>

#include "core/impl.h"
#include "core/tables.h"

enum {
    AT_CLUSTER = 0,
    AT_NODES = 1,
    AT_INSTANCES = AT_NODES + HF_NODES_MAX,
    AT_DONE = AT_INSTANCES + HF_INSTANCES_MAX
};

void hf_stage_drop(struct hf_core *core)
{
    core->stage.active = false;
    if (!core->outgoing.active)
        return;
    core->outgoing.active = false;
    for (unsigned w = 0; w < HF_REQUESTS_MAX; w++) {
        struct hf_waiting *waiting = &core->waiting[w];
        if (waiting->id != core->outgoing.id || waiting->index)
            continue;
        struct hf_reason reason = hf_reason_make(HF_REASON_INTERRUPTED);
        hf_emit_reply(core, waiting->id, false, &reason);
        waiting->id = 0;
    }
}

/* The command that the staged copy belongs to was decided, either way. */
void hf_stage_decided(struct hf_core *core, uint8_t origin, uint64_t id)
{
    if (core->stage.active && core->stage.origin == origin && core->stage.id == id)
        core->stage.active = false;
    if (origin == core->config.node && core->outgoing.id == id)
        core->outgoing.active = false;
}

static void write_instance(struct hf_writer_buf *out, const struct hf_core *core, uint16_t i)
{
    const struct hf_instance_spec *to = &core->outgoing.spec.instances[i];
    const struct hf_instance_spec *from = &core->state.spec.instances[i];
    if (!memcmp(from, to, sizeof(*to)))
        return;
    hf_message_record(out, HF_RECORD_INSTANCE_SPEC, i, &hf_table_instance_spec,
                      to->name[0] ? to : NULL);
}

static void write_position(struct hf_writer_buf *out, const struct hf_core *core, uint32_t at)
{
    const struct hf_spec *to = &core->outgoing.spec;
    if (at == AT_CLUSTER)
        hf_message_record(out, HF_RECORD_CLUSTER_SPEC, 0, &hf_table_cluster_spec, &to->cluster);
    else if (at >= AT_INSTANCES)
        write_instance(out, core, (uint16_t)(at - AT_INSTANCES));
    else if (to->nodes[at - AT_NODES].name[0])
        hf_message_record(out, HF_RECORD_NODE_SPEC, (uint16_t)(at - AT_NODES), &hf_table_node_spec,
                          &to->nodes[at - AT_NODES]);
}

/* One message of parts; the command itself follows the last. */
void hf_stage_send_more(struct hf_core *core)
{
    struct hf_outgoing *outgoing = &core->outgoing;
    if (!outgoing->active || outgoing->in_flight || hf_arena_room(core) < 2 * HF_MESSAGE_MAX)
        return;
    if (outgoing->cursor > AT_DONE)
        return;
    uint8_t bytes[HF_MESSAGE_MAX];
    struct hf_writer_buf out;
    struct hf_head head = hf_head_empty();
    head.id = outgoing->id;
    head.number = outgoing->request.number;
    hf_message_begin(&out, bytes, sizeof(bytes), HF_MESSAGE_PART, &head);
    out.format = core->state.format;
    while (outgoing->cursor < AT_DONE) {
        size_t before = out.length;
        write_position(&out, core, outgoing->cursor);
        if (out.overflow) {
            out.overflow = false;
            out.length = before;
            break;
        }
        outgoing->cursor++;
    }
    hf_emit_multicast(core, bytes, hf_message_end(&out));
    outgoing->in_flight = true;
    if (outgoing->cursor == AT_DONE) {
        hf_emit_plain(core, HF_MESSAGE_REQUEST, &outgoing->request);
        outgoing->cursor++;
    }
}

static bool take_record(struct hf_stage *stage, const struct hf_record *record,
                        struct hf_reader_buf *item)
{
    struct hf_spec *spec = &stage->spec;
    uint16_t slot = record->slot;
    if (record->kind == HF_RECORD_CLUSTER_SPEC)
        return hf_message_read(item, &hf_table_cluster_spec, &spec->cluster) &&
               hf_cluster_spec_valid(&spec->cluster);
    if (record->kind == HF_RECORD_NODE_SPEC)
        return slot < HF_NODES_MAX &&
               hf_message_read(item, &hf_table_node_spec, &spec->nodes[slot]) &&
               hf_node_spec_valid(&spec->nodes[slot]);
    if (record->kind != HF_RECORD_INSTANCE_SPEC || slot >= HF_INSTANCES_MAX)
        return false;
    if (stage->instance_end <= slot)
        stage->instance_end = (uint16_t)(slot + 1);
    return hf_message_read(item, &hf_table_instance_spec, &spec->instances[slot]) &&
           hf_instance_spec_valid(&spec->instances[slot]);
}

static void stage_begin(struct hf_core *core, uint8_t node, const struct hf_head *head)
{
    core->stage.active = true;
    core->stage.broken = false;
    core->stage.origin = node;
    core->stage.id = head->id;
    core->stage.config_version = head->number;
    if (core->stage.instance_end < core->state.instance_end)
        core->stage.instance_end = core->state.instance_end;
    hf_spec_copy(&core->stage.spec, &core->state.spec, HF_NODES_MAX, core->stage.instance_end);
}

bool hf_stage_unreadable(const struct hf_core *core, const struct hf_change *change)
{
    const struct hf_stage *stage = &core->stage;
    return change->type == HF_CHANGE_CONFIG && stage->active && stage->broken &&
           stage->origin == change->origin && stage->id == change->request;
}

void hf_stage_message(struct hf_core *core, uint8_t node, struct hf_message *message)
{
    struct hf_stage *stage = &core->stage;
    if (!stage->active)
        stage_begin(core, node, &message->head);
    bool ours = stage->origin == node && stage->id == message->head.id;
    struct hf_reader_buf item;
    while (ours && hf_message_next(message, &item)) {
        struct hf_record record;
        if (!hf_record_open(&item, &record) || !take_record(stage, &record, &item))
            stage->broken = true;
    }
    if (node == core->config.node && core->outgoing.id == message->head.id)
        core->outgoing.in_flight = false;
}

static bool same_members(const struct hf_spec *from, const struct hf_spec *to)
{
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        if (strcmp(from->nodes[n].name, to->nodes[n].name) ||
            strcmp(from->nodes[n].public_address, to->nodes[n].public_address) ||
            strcmp(from->nodes[n].private_address, to->nodes[n].private_address))
            return false;
    }
    return !strcmp(from->cluster.name, to->cluster.name);
}

static bool same_disks(const struct hf_instance_spec *from, const struct hf_instance_spec *to)
{
    if (from->disk_count != to->disk_count)
        return false;
    for (unsigned d = 0; d < from->disk_count; d++) {
        if (strcmp(from->disks[d].device, to->disks[d].device) ||
            strcmp(from->disks[d].mount, to->disks[d].mount) ||
            from->disks[d].type != to->disks[d].type)
            return false;
    }
    return true;
}

/* Changes that would pull the ground from under a running instance. */
static bool needs_offline(const struct hf_instance_spec *from, const struct hf_instance_spec *to)
{
    return strcmp(from->name, to->name) || !same_disks(from, to) ||
           from->engine.type != to->engine.type || strcmp(from->engine.data, to->engine.data) ||
           strcmp(from->engine.user, to->engine.user) || from->engine.port != to->engine.port ||
           strcmp(from->address, to->address);
}

struct hf_reason hf_stage_check(const struct hf_core *core, uint8_t origin, uint64_t id)
{
    const struct hf_stage *stage = &core->stage;
    if (!stage->active || stage->origin != origin || stage->id != id)
        return hf_reason_make(HF_REASON_CONFIG_BUSY);
    if (stage->broken)
        return hf_reason_make(HF_REASON_INTERRUPTED);
    if (stage->config_version != core->state.config_version)
        return hf_reason_make(HF_REASON_CONFIG_CONFLICT);
    if (!same_members(&core->state.spec, &stage->spec))
        return hf_reason_make(HF_REASON_CONFIG_MEMBERS);
    for (uint16_t i = 0; i < HF_INSTANCES_MAX; i++) {
        const struct hf_instance_spec *from = &core->state.spec.instances[i];
        if (!from->name[0] || core->state.instances[i].owner == HF_NODE_NONE)
            continue;
        if (!needs_offline(from, &stage->spec.instances[i]))
            continue;
        struct hf_reason reason = hf_reason_make(HF_REASON_CONFIG_RUNNING);
        reason.instance = i;
        return reason;
    }
    return hf_reason_make(HF_REASON_CONFIGURED);
}
