/*
 * For the fuzzer only: snapshots and journals, changed along their structure and then made to
 * follow again: the snapshot states the hash that its records have, each decision the state that
 * it comes upon.
 */
#include <stdlib.h>
#include <string.h>

#include "check_state.h"
#include "core/tables.h"
#include "mutate_wire.h"
#include "target.h"
#include "wire.h"

#define SERIES_MAX (1u << 20)

static struct hf_core *core;

/* Copies a SNAPSHOT part with another hash in its first record; false: it has no such record. */
static bool with_hash(const struct frame *frame, uint64_t hash, uint8_t *to, size_t *length)
{
    struct hf_message message;
    struct hf_reader_buf item;
    struct hf_record record;
    struct hf_meta meta;
    struct hf_writer_buf out;
    if (!hf_message_open(&message, frame->bytes, frame->length) ||
        !hf_message_next(&message, &item) || !hf_record_open(&item, &record) ||
        record.kind != HF_RECORD_META || !hf_message_read(&item, &hf_table_meta, &meta))
        return false;
    meta.hash = hash;
    hf_message_begin(&out, to, HF_MESSAGE_MAX - 1, (enum hf_message_type)message.type,
                     &message.head);
    hf_message_record(&out, HF_RECORD_META, 0, &hf_table_meta, &meta);
    hf_write_bytes(&out, message.items.bytes + message.items.at,
                   message.items.length - message.items.at);
    *length = hf_message_end(&out);
    return *length > 0;
}

/* The hash of the records of a series, found by installing them. */
static uint64_t records_hash(const uint8_t *data, size_t size)
{
    struct frame frame;
    fuzz_core_init(core, 0);
    while (frame_next(&data, &size, &frame)) {
        if (frame.kind & 1)
            continue;
        bool began = core->receiving;
        (void)hf_core_restore_snapshot(core, frame.bytes, frame.length);
        if ((began || core->incoming.hash) && !core->receiving)
            break;
    }
    return core->incoming.hash;
}

static void follow_decision(const struct frame *frame, uint8_t *to, size_t *length)
{
    struct hf_message message;
    if (!hf_message_open(&message, frame->bytes, frame->length))
        return;
    struct hf_head head = message.head;
    head.epoch = core->state.epoch;
    head.index = core->state.index;
    head.hash = core->state.hash;
    size_t made = wire_with_head(frame->bytes, frame->length, &head, to, HF_MESSAGE_MAX - 1);
    if (made)
        *length = made;
}

static size_t make_follow(uint8_t *data, size_t size, size_t room)
{
    static uint8_t made[SERIES_MAX], bytes[HF_MESSAGE_MAX];
    struct hf_writer_buf out = {made, room < sizeof(made) ? room : sizeof(made), 0, false,
                                HF_FORMAT_ALL};
    const uint8_t *at = data;
    size_t left = size;
    struct frame frame;
    uint64_t hash = records_hash(data, size);
    fuzz_core_init(core, 0);
    while (frame_next(&at, &left, &frame)) {
        size_t length = 0;
        if (frame.kind & 1)
            follow_decision(&frame, bytes, &length);
        else
            (void)with_hash(&frame, hash, bytes, &length);
        if (!length) {
            memcpy(bytes, frame.bytes, frame.length);
            length = frame.length;
        }
        frame_write(&out, frame.kind, frame.argument, bytes, length);
        (void)(frame.kind & 1 ? hf_core_restore_decision(core, bytes, length)
                              : hf_core_restore_snapshot(core, bytes, length));
    }
    if (out.overflow)
        return size;
    memcpy(data, made, out.length);
    return out.length;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    uint64_t random = seed * 2ull + 1;
    if (!core)
        core = malloc(hf_core_size());
    HF_ASSERT(core);
    if (mutate_pick(&random, 64) == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    unsigned changes = 1 + mutate_pick(&random, 4);
    for (unsigned k = 0; k < changes; k++)
        size = mutate_series(data, size, max_size, &random);
    return mutate_pick(&random, 16) ? make_follow(data, size, max_size) : size;
}
