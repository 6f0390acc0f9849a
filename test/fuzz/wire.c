#include "wire.h"

#include <string.h>

bool frame_next(const uint8_t **at, size_t *left, struct frame *ret)
{
    if (*left < FRAME_HEAD)
        return false;
    const uint8_t *head = *at;
    size_t length = (size_t)head[2] | (size_t)head[3] << 8;
    *at += FRAME_HEAD;
    *left -= FRAME_HEAD;
    if (length > *left)
        length = *left;
    *ret = (struct frame){head[0], head[1], *at, length};
    *at += length;
    *left -= length;
    return true;
}

void frame_write(struct hf_writer_buf *out, uint8_t kind, uint8_t argument, const uint8_t *bytes,
                 size_t length)
{
    hf_write_u8(out, kind);
    hf_write_u8(out, argument);
    hf_write_u16(out, (uint16_t)length);
    hf_write_bytes(out, bytes, length);
}

void wire_seal(uint8_t *bytes, size_t length)
{
    if (length < HF_MESSAGE_HEADER)
        return;
    uint8_t type = bytes[6];
    struct hf_writer_buf out = {bytes, HF_MESSAGE_HEADER, 0, false, HF_FORMAT_ALL};
    hf_write_u32(&out, HF_MESSAGE_MAGIC);
    hf_write_u16(&out, HF_MESSAGE_VERSION);
    hf_write_u8(&out, type);
    hf_write_u8(&out, 0);
    hf_write_u32(&out, hf_crc32c(bytes + HF_MESSAGE_HEADER, length - HF_MESSAGE_HEADER));
}

size_t wire_with_head(const uint8_t *bytes, size_t length, const struct hf_head *head, uint8_t *to,
                      size_t room)
{
    struct hf_message message;
    struct hf_writer_buf out;
    if (!hf_message_open(&message, bytes, length))
        return 0;
    const struct hf_reader_buf *items = &message.items;
    hf_message_begin(&out, to, room, (enum hf_message_type)message.type, head);
    hf_write_bytes(&out, items->bytes + items->at, items->length - items->at);
    return hf_message_end(&out);
}
