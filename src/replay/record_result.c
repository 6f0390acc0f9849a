/*
 * record_result.c - what a step asked for as bytes. What it multicasts or gives to the journal
 * comes back as an event, so of an action's bytes only length and hash are kept.
 */
#include <string.h>

#include "replay/record.h"

#define ACTIONS_ROOM 16384u /* of actions that are kept in whole */
#define ACTION_MAX 128u

#define ACTION_OK 1u
#define ACTION_SYNC 2u
#define ACTION_KILL 4u
#define ACTION_DEGRADED 8u

static void put_action(struct hf_writer_buf *out, const struct hf_action *action,
                       const uint8_t *arena)
{
    const struct hf_reason *reason = &action->reason;
    hf_write_u8(out, action->type);
    hf_write_u8(out, action->step);
    hf_write_u8(out, (uint8_t)((action->ok ? ACTION_OK : 0) | (action->sync ? ACTION_SYNC : 0) |
                               (action->kill ? ACTION_KILL : 0) |
                               (action->degraded ? ACTION_DEGRADED : 0)));
    hf_write_u16(out, action->instance);
    hf_put_varint(out, action->generation);
    hf_put_varint(out, action->deadline_ms);
    hf_put_varint(out, action->interval_ms);
    hf_put_varint(out, action->id);
    hf_put_varint(out, reason->code);
    hf_write_u8(out, reason->node);
    hf_write_u8(out, reason->node2);
    hf_write_u16(out, reason->instance);
    hf_put_varint(out, reason->number);
    hf_put_varint(out, action->length);
    hf_write_u64(out, action->length ? hf_hash(0, arena + action->offset, action->length) : 0);
}

void hf_put_result(struct hf_writer_buf *out, const struct hf_actions *actions, uint64_t now_ms)
{
    uint8_t kept[ACTIONS_ROOM];
    struct hf_writer_buf whole = {kept, sizeof(kept), 0, false, HF_FORMAT_ALL};
    uint64_t hash = 0;
    for (uint32_t a = 0; a < actions->count; a++) {
        uint8_t one[ACTION_MAX];
        struct hf_writer_buf action = {one, sizeof(one), 0, false, HF_FORMAT_ALL};
        put_action(&action, &actions->list[a], actions->arena);
        hash = hf_hash(hash, one, action.length);
        if (!whole.overflow && whole.room - whole.length >= action.length)
            hf_write_bytes(&whole, one, action.length);
        else
            whole.overflow = true; /* only the first ones are kept */
    }
    hf_write_u8(out, HF_LOG_RESULT);
    hf_put_wake(out, actions->wake_ms, now_ms);
    hf_put_varint(out, actions->count);
    hf_write_u64(out, hash);
    hf_write_bytes(out, kept, whole.length);
}

void hf_put_idle_result(struct hf_writer_buf *out, uint64_t wake_ms, uint64_t now_ms)
{
    hf_write_u8(out, HF_LOG_RESULT);
    hf_put_wake(out, wake_ms, now_ms);
    hf_put_varint(out, 0);
    hf_write_u64(out, 0);
}

bool hf_get_result(struct hf_reader_buf *in, uint64_t now_ms, struct hf_log_result *ret)
{
    ret->wake_ms = hf_get_wake(in, now_ms);
    ret->count = hf_get_varint(in);
    ret->hash = hf_read_u64(in);
    ret->actions = *in;
    return !in->bad;
}

bool hf_get_action(struct hf_log_result *result, struct hf_log_action *ret)
{
    struct hf_reader_buf *in = &result->actions;
    struct hf_action *action = &ret->action;
    if (in->bad || in->at == in->length)
        return false;
    memset(ret, 0, sizeof(*ret));
    action->type = hf_read_u8(in);
    action->step = hf_read_u8(in);
    uint8_t flags = hf_read_u8(in);
    action->ok = flags & ACTION_OK;
    action->sync = flags & ACTION_SYNC;
    action->kill = flags & ACTION_KILL;
    action->degraded = flags & ACTION_DEGRADED;
    action->instance = hf_read_u16(in);
    action->generation = (uint32_t)hf_get_varint(in);
    action->deadline_ms = (uint32_t)hf_get_varint(in);
    action->interval_ms = (uint32_t)hf_get_varint(in);
    action->id = hf_get_varint(in);
    action->reason.code = (uint16_t)hf_get_varint(in);
    action->reason.node = hf_read_u8(in);
    action->reason.node2 = hf_read_u8(in);
    action->reason.instance = hf_read_u16(in);
    action->reason.number = hf_get_varint(in);
    action->length = (uint32_t)hf_get_varint(in);
    ret->bytes_hash = hf_read_u64(in);
    return !in->bad;
}
