/* record.c - varints, texts, frames; header and beginning. */
#include "replay/record.h"

#include <string.h>

#include "base/assert.h"

void hf_put_varint(struct hf_writer_buf *out, uint64_t value)
{
    while (value >= 0x80) {
        hf_write_u8(out, (uint8_t)(value | 0x80));
        value >>= 7;
    }
    hf_write_u8(out, (uint8_t)value);
}

uint64_t hf_get_varint(struct hf_reader_buf *in)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = hf_read_u8(in);
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return in->bad ? 0 : value;
    }
    in->bad = true;
    return 0;
}

void hf_put_text(struct hf_writer_buf *out, const char *text)
{
    size_t length = strlen(text);
    hf_put_varint(out, length);
    hf_write_bytes(out, text, length);
}

void hf_get_text(struct hf_reader_buf *in, char *text, size_t room)
{
    uint64_t length = hf_get_varint(in);
    const uint8_t *bytes = length < room ? hf_read_bytes(in, length) : NULL;
    memset(text, 0, room);
    if (!bytes)
        in->bad = true;
    else
        memcpy(text, bytes, length);
}

uint64_t hf_zigzag(uint64_t difference)
{
    return difference << 1 ^ (0 - (difference >> 63));
}

uint64_t hf_unzigzag(uint64_t value)
{
    return value >> 1 ^ (0 - (value & 1));
}

void hf_put_wake(struct hf_writer_buf *out, uint64_t wake_ms, uint64_t now_ms)
{
    hf_write_u8(out, wake_ms != UINT64_MAX);
    if (wake_ms != UINT64_MAX)
        hf_put_varint(out, hf_zigzag(wake_ms - now_ms));
}

uint64_t hf_get_wake(struct hf_reader_buf *in, uint64_t now_ms)
{
    if (!hf_read_u8(in))
        return UINT64_MAX;
    return now_ms + hf_unzigzag(hf_get_varint(in));
}

static uint32_t checksum(uint64_t number, const uint8_t *payload, size_t length)
{
    /* Two sums joined by the number: a record at another place does not fit. */
    uint8_t joined[12];
    uint32_t sum = hf_crc32c(payload, length);
    for (unsigned i = 0; i < 8; i++)
        joined[i] = (uint8_t)(number >> (8 * i));
    for (unsigned i = 0; i < 4; i++)
        joined[8 + i] = (uint8_t)(sum >> (8 * i));
    return hf_crc32c(joined, sizeof(joined));
}

size_t hf_log_frame(uint64_t number, const uint8_t *payload, size_t length, uint8_t *frame)
{
    struct hf_writer_buf out = {frame, HF_LOG_FRAME, 0, false, HF_FORMAT_ALL};
    HF_ASSERT(length > 0 && length <= HF_LOG_RECORD_MAX);
    hf_put_varint(&out, length);
    hf_write_u32(&out, checksum(number, payload, length));
    HF_ASSERT(!out.overflow);
    return out.length;
}

static bool only_zeros(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i])
            return false;
    }
    return true;
}

enum hf_log_found hf_log_next(const uint8_t *bytes, size_t length, size_t *at, uint64_t number,
                              struct hf_reader_buf *ret_payload)
{
    if (*at == length)
        return HF_LOG_AT_END;
    /* A file that grew just before a power cut may end in zeros. */
    if (only_zeros(bytes + *at, length - *at))
        return HF_LOG_CUT;
    struct hf_reader_buf in = {bytes, length, *at, false, HF_FORMAT_ALL};
    uint64_t size = hf_get_varint(&in);
    uint32_t sum = hf_read_u32(&in);
    bool whole = !in.bad;
    if (!in.bad && (size == 0 || size > HF_LOG_RECORD_MAX))
        return HF_LOG_DAMAGED;
    const uint8_t *payload = whole ? hf_read_bytes(&in, size) : NULL;
    if (!payload)
        return HF_LOG_CUT;
    if (sum != checksum(number, payload, size))
        return HF_LOG_DAMAGED;
    *ret_payload = (struct hf_reader_buf){payload, size, 0, false, HF_FORMAT_ALL};
    *at = in.at;
    return HF_LOG_FOUND;
}

static void put_config(struct hf_writer_buf *out, const struct hf_core_config *config)
{
    hf_write_u8(out, config->node);
    hf_write_u8(out, config->watchdog);
    hf_put_varint(out, config->speaks);
    hf_put_varint(out, config->incarnation);
    hf_put_text(out, config->cluster);
    hf_put_text(out, config->name);
    hf_put_text(out, config->public_address);
    hf_put_text(out, config->private_address);
}

static void get_config(struct hf_reader_buf *in, struct hf_core_config *config)
{
    config->node = hf_read_u8(in);
    config->watchdog = hf_read_u8(in) != 0;
    uint64_t speaks = hf_get_varint(in);
    in->bad |= speaks > HF_FORMAT_PLANNED;
    config->speaks = in->bad ? 0 : (uint16_t)speaks;
    config->incarnation = hf_get_varint(in);
    hf_get_text(in, config->cluster, sizeof(config->cluster));
    hf_get_text(in, config->name, sizeof(config->name));
    hf_get_text(in, config->public_address, sizeof(config->public_address));
    hf_get_text(in, config->private_address, sizeof(config->private_address));
}

void hf_put_header(struct hf_writer_buf *out, const struct hf_log_header *header)
{
    hf_write_u8(out, HF_LOG_HEADER);
    hf_put_varint(out, HF_LOG_FORMAT);
    hf_put_text(out, header->version);
    hf_write_u64(out, header->identity.sources);
    hf_write_u64(out, header->identity.layout);
    hf_put_varint(out, header->identity.size);
    hf_put_varint(out, header->identity.instances);
    hf_write_u8(out, header->beginning);
    hf_put_varint(out, header->now_ms);
    hf_put_varint(out, header->wall_ms);
    hf_put_varint(out, header->lost);
    put_config(out, &header->config);
}

bool hf_get_header(struct hf_reader_buf *in, struct hf_log_header *header)
{
    memset(header, 0, sizeof(*header));
    uint8_t kind = hf_read_u8(in);
    uint64_t format = hf_get_varint(in);
    hf_get_text(in, header->version, sizeof(header->version));
    if (in->bad || kind != HF_LOG_HEADER || format != HF_LOG_FORMAT)
        return false;
    header->identity.sources = hf_read_u64(in);
    header->identity.layout = hf_read_u64(in);
    header->identity.size = hf_get_varint(in);
    header->identity.instances = (uint32_t)hf_get_varint(in);
    header->beginning = hf_read_u8(in);
    header->now_ms = hf_get_varint(in);
    header->wall_ms = hf_get_varint(in);
    header->lost = hf_get_varint(in);
    get_config(in, &header->config);
    return !in->bad && in->at == in->length && header->config.node < HF_NODES_MAX &&
           (header->beginning == HF_LOG_FROM_START || header->beginning == HF_LOG_FROM_CHECKPOINT);
}

void hf_put_begin(struct hf_writer_buf *out, const struct hf_log_begin *begin)
{
    hf_write_u8(out, HF_LOG_BEGIN);
    hf_write_u64(out, begin->epoch);
    hf_write_u64(out, begin->index);
    hf_write_u64(out, begin->hash);
}

bool hf_get_begin(struct hf_reader_buf *in, struct hf_log_begin *begin)
{
    begin->epoch = hf_read_u64(in);
    begin->index = hf_read_u64(in);
    begin->hash = hf_read_u64(in);
    return !in->bad && in->at == in->length;
}
