#include "core/message.h"

#include <string.h>

#include "base/assert.h"
#include "core/tables.h"

#define H struct hf_head
static const struct hf_field head_rows[] = {
    HF_U64(H, 1, epoch),
    HF_U64(H, 2, index),
    HF_U64(H, 3, hash),
    HF_U64(H, 4, wall_ms),
    HF_U64(H, 5, incarnation),
    HF_U64(H, 6, id),
    HF_U64(H, 7, number),
    HF_U32(H, 8, flags),
    HF_U8(H, 9, verb),
    HF_INSTANCE(H, 10, instance),
    HF_NODE(H, 11, node),
    HF_TEXT(H, 12, text),
    HF_TEXT(H, 13, address),
    HF_TEXT(H, 14, address2),
    HF_U64(H, 15, ring),
    HF_U64(H, 16, members),
    HF_ROW(H, 17, HF_FIELD_U16, speaks, 2, HF_FORMAT_FIRST),
    HF_ROW(H, 18, HF_FIELD_U16, format, 2, HF_FORMAT_FIRST),
};
HF_TABLE(hf_table_head, H, head_rows);
#undef H

#define R struct hf_report
static const struct hf_field report_rows[] = {
    HF_INSTANCE(R, 1, instance),
    HF_U32(R, 2, generation),
    HF_U32(R, 3, attempt),
    HF_U8(R, 4, phase),
    HF_U8(R, 5, status),
    HF_U32(R, 6, flags),
    HF_U32(R, 7, found_generation),
    HF_U64(R, 8, key),
    HF_U64(R, 9, wall_ms),
    HF_FIXED(R, 10, HF_FIELD_U32, timings),
    HF_TEXT(R, 11, text),
};
HF_TABLE(hf_table_report, R, report_rows);
#undef R

#define M struct hf_meta
static const struct hf_field meta_rows[] = {
    HF_U64(M, 1, epoch),          HF_U64(M, 2, index),
    HF_U64(M, 3, config_version), HF_U64(M, 4, nodes_version),
    HF_U64(M, 5, members),        HF_U64(M, 6, wall_ms),
    HF_U64(M, 7, hash),           HF_U64(M, 8, history_count),
    HF_NODE(M, 9, coordinator),   HF_ROW(M, 10, HF_FIELD_U16, format, 2, HF_FORMAT_FIRST),
};
HF_TABLE(hf_table_meta, M, meta_rows);
#undef M

static void put_length(struct hf_writer_buf *out, size_t at)
{
    if (out->overflow)
        return;
    size_t length = out->length - at - 2;
    HF_ASSERT(length <= UINT16_MAX);
    out->bytes[at] = (uint8_t)length;
    out->bytes[at + 1] = (uint8_t)(length >> 8);
}

void hf_message_begin(struct hf_writer_buf *out, uint8_t *bytes, size_t room,
                      enum hf_message_type type, const struct hf_head *head)
{
    *out = (struct hf_writer_buf){bytes, room, 0, false, HF_FORMAT_ALL};
    hf_write_u32(out, HF_MESSAGE_MAGIC);
    hf_write_u16(out, HF_MESSAGE_VERSION);
    hf_write_u8(out, (uint8_t)type);
    hf_write_u8(out, 0);
    hf_write_u32(out, 0);
    hf_message_item(out, &hf_table_head, head);
}

void hf_message_item(struct hf_writer_buf *out, const struct hf_table *table, const void *item)
{
    size_t at = out->length;
    hf_write_u16(out, 0);
    hf_encode(out, table, item);
    put_length(out, at);
}

void hf_message_record(struct hf_writer_buf *out, uint8_t kind, uint16_t slot,
                       const struct hf_table *table, const void *entity)
{
    size_t at = out->length;
    hf_write_u16(out, 0);
    hf_write_u8(out, kind);
    hf_write_u16(out, slot);
    if (entity)
        hf_encode(out, table, entity);
    put_length(out, at);
}

size_t hf_message_end(struct hf_writer_buf *out)
{
    if (out->overflow)
        return 0;
    uint32_t crc = hf_crc32c(out->bytes + HF_MESSAGE_HEADER, out->length - HF_MESSAGE_HEADER);
    for (unsigned i = 0; i < 4; i++)
        out->bytes[8 + i] = (uint8_t)(crc >> (8 * i));
    return out->length;
}

bool hf_message_open(struct hf_message *message, const uint8_t *bytes, size_t length)
{
    struct hf_reader_buf in = {bytes, length, 0, false, HF_FORMAT_ALL};
    uint32_t magic = hf_read_u32(&in);
    uint16_t version = hf_read_u16(&in);
    message->type = hf_read_u8(&in);
    (void)hf_read_u8(&in);
    uint32_t crc = hf_read_u32(&in);
    if (in.bad || magic != HF_MESSAGE_MAGIC || version == 0)
        return false;
    if (crc != hf_crc32c(bytes + HF_MESSAGE_HEADER, length - HF_MESSAGE_HEADER))
        return false;
    message->items = in;
    struct hf_reader_buf head;
    return hf_message_next(message, &head) &&
           hf_message_read(&head, &hf_table_head, &message->head);
}

bool hf_message_next(struct hf_message *message, struct hf_reader_buf *ret_item)
{
    struct hf_reader_buf *in = &message->items;
    if (in->bad || in->at == in->length)
        return false;
    uint16_t length = hf_read_u16(in);
    const uint8_t *bytes = hf_read_bytes(in, length);
    if (!bytes)
        return false;
    *ret_item = (struct hf_reader_buf){bytes, length, 0, false, in->format};
    return true;
}

bool hf_message_read(struct hf_reader_buf *item, const struct hf_table *table, void *entity)
{
    return hf_decode(item, table, entity);
}

bool hf_record_open(struct hf_reader_buf *item, struct hf_record *ret_record)
{
    ret_record->kind = hf_read_u8(item);
    ret_record->slot = hf_read_u16(item);
    return !item->bad;
}
