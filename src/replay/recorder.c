/*
 * recorder.c - from calls to records.
 *
 * What a step asked for is a record of its own when it asked for anything; when it only wants to be
 * woken, which is nearly always, that stands in the record of the next event.
 * Failure mode: the sink has no room (a disk that hangs) - events are counted, not kept, and the
 * next log says how many.
 */
#include "replay/recorder.h"

#include <string.h>

#include "core/image.h"
#include "core/planted.h"
#include "replay/sparse.h"

#ifndef HF_VERSION
#define HF_VERSION "0"
#endif

#define SOFT_BYTES (6u << 20)
#define HARD_BYTES (8u << 20)
#define QUIET_MS 2000u

void hf_recorder_init(struct hf_recorder *recorder, hf_recorder_sink_fn sink, void *user)
{
    memset(recorder, 0, offsetof(struct hf_recorder, payload));
    recorder->sink = sink;
    recorder->user = user;
    recorder->soft_bytes = SOFT_BYTES;
    recorder->hard_bytes = HARD_BYTES;
    recorder->quiet_ms = QUIET_MS;
    recorder->broken = true; /* until a log begins */
}

static struct hf_writer_buf payload_of(struct hf_recorder *recorder)
{
    return (struct hf_writer_buf){recorder->payload, sizeof(recorder->payload), 0, false,
                                  HF_FORMAT_ALL};
}

static void give(struct hf_recorder *recorder, const struct hf_writer_buf *out)
{
    uint8_t head[HF_LOG_MAGIC_SIZE + HF_LOG_FRAME];
    bool begins = recorder->number == 0;
    size_t magic = begins ? HF_LOG_MAGIC_SIZE : 0;
    recorder->broken |= out->overflow; /* a message longer than any member sends */
    if (recorder->broken)
        return;
    memcpy(head, HF_LOG_MAGIC, HF_LOG_MAGIC_SIZE);
    size_t length = magic + hf_log_frame(recorder->number, out->bytes, out->length, head + magic);
    recorder->broken =
        !recorder->sink(recorder->user, begins, head, length, out->bytes, out->length);
    recorder->number++;
    recorder->bytes += length + out->length;
}

static void begin(struct hf_recorder *recorder, enum hf_log_beginning beginning, uint64_t now_ms,
                  uint64_t wall_ms)
{
    struct hf_log_header header = {
        .beginning = (uint8_t)beginning,
        .config = recorder->config,
        .now_ms = now_ms,
        .wall_ms = wall_ms,
        .lost = recorder->lost,
        .version = HF_VERSION,
    };
    struct hf_writer_buf out = payload_of(recorder);
    hf_identity_own(&header.identity);
    hf_put_header(&out, &header);
    recorder->number = 0;
    recorder->broken = false;
    recorder->idle.idle = false;
    recorder->clock = (struct hf_log_clock){now_ms, wall_ms, 0};
    give(recorder, &out);
}

void hf_recorder_ready(struct hf_recorder *recorder, const struct hf_core *core)
{
    const struct hf_state *state = hf_core_state(core);
    struct hf_log_begin begun = {state->epoch, state->index, state->hash};
    struct hf_writer_buf out = payload_of(recorder);
    hf_put_begin(&out, &begun);
    give(recorder, &out);
    recorder->bytes = 0;
    if (!recorder->broken)
        recorder->lost = 0;
}

void hf_recorder_start(struct hf_recorder *recorder, const struct hf_core_config *config,
                       uint64_t now_ms, uint64_t wall_ms)
{
    recorder->config = *config;
    recorder->busy_ms = now_ms;
    begin(recorder, HF_LOG_FROM_START, now_ms, wall_ms);
}

void hf_recorder_restored(struct hf_recorder *recorder, bool snapshot, bool taken,
                          const uint8_t *bytes, size_t length)
{
    struct hf_writer_buf out = payload_of(recorder);
    hf_write_u8(&out, HF_LOG_RESTORE);
    hf_write_u8(&out, snapshot);
    hf_write_u8(&out, taken);
    if (length > HF_MESSAGE_MAX)
        length = HF_MESSAGE_MAX; /* nothing that the core could take is longer */
    hf_write_bytes(&out, bytes, length);
    give(recorder, &out);
}

static void memory(struct hf_recorder *recorder, enum hf_log_kind kind, const void *bytes,
                   size_t size)
{
    struct hf_sparse sparse = {.memory = bytes, .size = size};
    for (;;) {
        struct hf_writer_buf out = {recorder->payload, HF_LOG_CHUNK, 0, false, HF_FORMAT_ALL};
        hf_write_u8(&out, (uint8_t)kind);
        if (recorder->broken || !hf_sparse_write(&sparse, &out))
            return;
        give(recorder, &out);
    }
}

/* What the last event asked for, when no other event will carry it. */
static void flush_idle(struct hf_recorder *recorder)
{
    if (!recorder->idle.idle)
        return;
    struct hf_writer_buf out = payload_of(recorder);
    hf_put_idle_result(&out, recorder->idle.wake_ms, recorder->clock.now_ms);
    give(recorder, &out);
    recorder->idle.idle = false;
}

void hf_recorder_checkpoint(struct hf_recorder *recorder, const struct hf_core *core,
                            uint64_t now_ms, uint64_t wall_ms)
{
    size_t size = HF_PLANTED(25) ? hf_core_image_size() / 4 : hf_core_image_size();
    flush_idle(recorder);
    begin(recorder, HF_LOG_FROM_CHECKPOINT, now_ms, wall_ms);
    memory(recorder, HF_LOG_IMAGE, core, size);
    hf_recorder_ready(recorder, core);
}

static bool is_due(const struct hf_recorder *recorder, uint64_t now_ms)
{
    bool quiet = now_ms >= recorder->busy_ms + recorder->quiet_ms;
    return recorder->broken || recorder->bytes >= recorder->hard_bytes ||
           (recorder->bytes >= recorder->soft_bytes && quiet);
}

void hf_recorder_event(struct hf_recorder *recorder, const struct hf_core *core,
                       const struct hf_event *event)
{
    if (is_due(recorder, event->now_ms))
        hf_recorder_checkpoint(recorder, core, event->now_ms, event->wall_ms);
    if (event->type == HF_EVENT_REQUEST && event->request.spec)
        memory(recorder, HF_LOG_SPEC, event->request.spec, sizeof(*event->request.spec));
    struct hf_writer_buf out = payload_of(recorder);
    hf_put_event(&out, event, &recorder->clock, &recorder->idle);
    give(recorder, &out);
    recorder->idle.idle = false;
    recorder->clock = (struct hf_log_clock){event->now_ms, event->wall_ms, event->utc_offset_s};
    if (recorder->broken)
        recorder->lost++;
}

void hf_recorder_result(struct hf_recorder *recorder, const struct hf_event *event,
                        const struct hf_actions *actions)
{
    if (!actions->count) {
        recorder->idle = (struct hf_log_idle){true, actions->wake_ms};
        return;
    }
    recorder->busy_ms = event->now_ms;
    struct hf_writer_buf out = payload_of(recorder);
    hf_put_result(&out, actions, event->now_ms);
    give(recorder, &out);
}

void hf_recorder_end(struct hf_recorder *recorder)
{
    struct hf_writer_buf out = payload_of(recorder);
    flush_idle(recorder);
    hf_write_u8(&out, HF_LOG_END);
    give(recorder, &out);
    recorder->broken = true;
}
