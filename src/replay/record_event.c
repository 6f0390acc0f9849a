/*
 * record_event.c - an event as bytes: type and flags, the two clocks as differences, then what the
 * type has. The most frequent one, an answer of a key watch, takes about a dozen bytes.
 */
#include <string.h>

#include "replay/record.h"

#define TYPE_MASK 0x0fu
#define FLAG_IDLE 0x10u /* what the event before asked for follows: to be woken */
#define FLAG_SPEC 0x20u
#define FLAG_OFFSET 0x40u /* the offset of local time follows: it differs from the event before */

_Static_assert(HF_EVENT_TYPES <= TYPE_MASK, "the type of an event fits its bits");

#define STEP_MORE 1u
#define STEP_MOUNTED 2u
#define STEP_ADDRESS 4u
#define STEP_ENGINE 8u
#define STEP_KEY 16u
#define STEP_TEXT 32u

static void put_step(struct hf_writer_buf *out, const struct hf_event_step *step)
{
    unsigned flags = (step->more ? STEP_MORE : 0) | (step->mounted ? STEP_MOUNTED : 0) |
                     (step->address_up ? STEP_ADDRESS : 0) |
                     (step->engine_running ? STEP_ENGINE : 0) | (step->key_held ? STEP_KEY : 0) |
                     (step->text ? STEP_TEXT : 0);
    hf_write_u8(out, (uint8_t)flags);
    hf_write_u8(out, step->status);
    hf_put_varint(out, step->id);
    hf_put_varint(out, step->took_ms);
    hf_put_varint(out, step->generation);
    hf_put_varint(out, step->key);
    if (step->text) {
        hf_put_varint(out, strlen(step->text) + 1);
        hf_write_bytes(out, step->text, strlen(step->text) + 1);
    }
}

static bool get_step(struct hf_reader_buf *in, struct hf_event_step *step)
{
    uint8_t flags = hf_read_u8(in);
    *step = (struct hf_event_step){
        .more = flags & STEP_MORE,
        .mounted = flags & STEP_MOUNTED,
        .address_up = flags & STEP_ADDRESS,
        .engine_running = flags & STEP_ENGINE,
        .key_held = flags & STEP_KEY,
    };
    step->status = hf_read_u8(in);
    step->id = hf_get_varint(in);
    step->took_ms = (uint32_t)hf_get_varint(in);
    step->generation = (uint32_t)hf_get_varint(in);
    step->key = hf_get_varint(in);
    if (!(flags & STEP_TEXT))
        return true;
    uint64_t length = hf_get_varint(in);
    const uint8_t *text = length ? hf_read_bytes(in, length) : NULL;
    if (!text || text[length - 1])
        return false;
    step->text = (const char *)text;
    return true;
}

static void put_request(struct hf_writer_buf *out, const struct hf_event_request *request)
{
    hf_put_varint(out, request->id);
    hf_write_u8(out, request->verb);
    hf_write_u8(out, request->force);
    hf_write_u16(out, request->instance);
    hf_write_u8(out, request->node);
    hf_put_text(out, request->text);
    hf_put_text(out, request->address);
    hf_put_text(out, request->address2);
    hf_put_varint(out, request->config_version);
}

static bool get_request(struct hf_reader_buf *in, struct hf_event_request *request)
{
    memset(request, 0, sizeof(*request));
    request->id = hf_get_varint(in);
    request->verb = hf_read_u8(in);
    request->force = hf_read_u8(in) != 0;
    request->instance = hf_read_u16(in);
    request->node = hf_read_u8(in);
    hf_get_text(in, request->text, sizeof(request->text));
    hf_get_text(in, request->address, sizeof(request->address));
    hf_get_text(in, request->address2, sizeof(request->address2));
    request->config_version = hf_get_varint(in);
    return request->id != 0 && request->verb < HF_VERBS;
}

static void put_ring(struct hf_writer_buf *out, const struct hf_ring *ring)
{
    hf_put_varint(out, ring->node);
    hf_put_varint(out, ring->seq);
}

static struct hf_ring get_ring(struct hf_reader_buf *in)
{
    struct hf_ring ring = {.node = (uint32_t)hf_get_varint(in)};
    ring.seq = hf_get_varint(in);
    return ring;
}

static void put_body(struct hf_writer_buf *out, const struct hf_event *event)
{
    switch ((enum hf_event_type)event->type) {
    case HF_EVENT_TICK:
    case HF_EVENT_ENGINE_UP:
    case HF_EVENT_ENGINE_DOWN:
    case HF_EVENT_TYPES:
        return;
    case HF_EVENT_MEMBERSHIP:
        hf_put_varint(out, event->membership.members);
        hf_put_varint(out, event->membership.left_down);
        hf_put_varint(out, event->membership.left_process);
        put_ring(out, &event->membership.ring);
        hf_write_u8(out, event->membership.settled);
        return;
    case HF_EVENT_QUORUM:
        hf_write_u8(out, event->quorum.quorate);
        put_ring(out, &event->quorum.ring);
        hf_put_varint(out, event->quorum.votes);
        hf_put_varint(out, event->quorum.expected);
        return;
    case HF_EVENT_MESSAGE:
        hf_write_u8(out, event->message.node);
        hf_put_varint(out, event->message.length);
        hf_write_bytes(out, event->message.bytes, event->message.length);
        return;
    case HF_EVENT_STEP:
        put_step(out, &event->step);
        return;
    case HF_EVENT_EXITED:
        hf_put_varint(out, event->exited.instance);
        hf_put_varint(out, event->exited.generation);
        return;
    case HF_EVENT_REQUEST:
        put_request(out, &event->request);
        return;
    case HF_EVENT_PERSISTED:
        hf_put_varint(out, event->persisted.mark);
        return;
    case HF_EVENT_MEASURED:
        hf_put_varint(out, event->measured.instance);
        for (unsigned r = 0; r < HF_RESOURCES; r++)
            hf_put_varint(out, event->measured.amount[r]);
        return;
    }
}

static bool get_message(struct hf_reader_buf *in, struct hf_event_message *message)
{
    message->node = hf_read_u8(in);
    message->length = hf_get_varint(in);
    message->bytes = hf_read_bytes(in, message->length);
    return message->bytes != NULL;
}

static bool get_body(struct hf_reader_buf *in, struct hf_event *event)
{
    switch ((enum hf_event_type)event->type) {
    case HF_EVENT_TICK:
    case HF_EVENT_ENGINE_UP:
    case HF_EVENT_ENGINE_DOWN:
        return true;
    case HF_EVENT_MEMBERSHIP:
        event->membership.members = hf_get_varint(in);
        event->membership.left_down = hf_get_varint(in);
        event->membership.left_process = hf_get_varint(in);
        event->membership.ring = get_ring(in);
        event->membership.settled = hf_read_u8(in) != 0;
        return true;
    case HF_EVENT_QUORUM:
        event->quorum.quorate = hf_read_u8(in) != 0;
        event->quorum.ring = get_ring(in);
        event->quorum.votes = (uint32_t)hf_get_varint(in);
        event->quorum.expected = (uint32_t)hf_get_varint(in);
        return true;
    case HF_EVENT_MESSAGE:
        return get_message(in, &event->message);
    case HF_EVENT_STEP:
        return get_step(in, &event->step);
    case HF_EVENT_EXITED:
        event->exited.instance = (uint16_t)hf_get_varint(in);
        event->exited.generation = (uint32_t)hf_get_varint(in);
        return true;
    case HF_EVENT_REQUEST:
        return get_request(in, &event->request);
    case HF_EVENT_PERSISTED:
        event->persisted.mark = hf_get_varint(in);
        return true;
    case HF_EVENT_MEASURED:
        event->measured.instance = (uint16_t)hf_get_varint(in);
        for (unsigned r = 0; r < HF_RESOURCES; r++)
            event->measured.amount[r] = hf_get_varint(in);
        return true;
    case HF_EVENT_TYPES:
        break;
    }
    return false;
}

void hf_put_event(struct hf_writer_buf *out, const struct hf_event *event,
                  const struct hf_log_clock *before, const struct hf_log_idle *idle)
{
    bool spec = event->type == HF_EVENT_REQUEST && event->request.spec;
    uint64_t passed = event->now_ms - before->now_ms;
    hf_write_u8(out, HF_LOG_EVENT);
    bool offset = event->utc_offset_s != before->utc_offset_s;
    hf_write_u8(out, (uint8_t)(event->type | (idle->idle ? FLAG_IDLE : 0) | (spec ? FLAG_SPEC : 0) |
                               (offset ? FLAG_OFFSET : 0)));
    if (idle->idle)
        hf_put_wake(out, idle->wake_ms, before->now_ms);
    hf_put_varint(out, hf_zigzag(passed));
    hf_put_varint(out, hf_zigzag(event->wall_ms - before->wall_ms - passed));
    if (offset)
        hf_put_varint(out, hf_zigzag((uint64_t)(int64_t)event->utc_offset_s));
    put_body(out, event);
}

bool hf_get_event(struct hf_reader_buf *in, struct hf_event *event,
                  const struct hf_log_clock *before, struct hf_log_idle *ret_idle,
                  bool *ret_has_spec)
{
    uint8_t first = hf_read_u8(in);
    memset(event, 0, sizeof(*event));
    event->type = first & TYPE_MASK;
    *ret_has_spec = first & FLAG_SPEC;
    *ret_idle = (struct hf_log_idle){.idle = first & FLAG_IDLE};
    if (ret_idle->idle)
        ret_idle->wake_ms = hf_get_wake(in, before->now_ms);
    uint64_t passed = hf_unzigzag(hf_get_varint(in));
    event->now_ms = before->now_ms + passed;
    event->wall_ms = before->wall_ms + passed + hf_unzigzag(hf_get_varint(in));
    event->utc_offset_s = before->utc_offset_s;
    if (first & FLAG_OFFSET)
        event->utc_offset_s = (int32_t)hf_unzigzag(hf_get_varint(in));
    if (*ret_has_spec && event->type != HF_EVENT_REQUEST)
        return false;
    return get_body(in, event) && !in->bad && in->at == in->length;
}
