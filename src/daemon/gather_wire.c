#include "daemon/gather_wire.h"

#include <string.h>

#include "base/assert.h"

static const uint8_t magic[4] = {'H', 'F', 'S', 'F'};
#define VERSION 1
#define HEARD_BYTES 16u

static uint64_t get(const uint8_t *bytes, unsigned count)
{
    uint64_t number = 0;
    for (unsigned k = 0; k < count; k++)
        number |= (uint64_t)bytes[k] << (8 * k);
    return number;
}

static void put(uint8_t *bytes, uint64_t number, unsigned count)
{
    for (unsigned k = 0; k < count; k++)
        bytes[k] = (uint8_t)(number >> (8 * k));
}

bool hf_gather_is_ours(const void *data, size_t length)
{
    return length >= sizeof(magic) && memcmp(data, magic, sizeof(magic)) == 0;
}

static bool is_sound(const struct hf_gather_message *message)
{
    switch ((enum hf_gather_type)message->type) {
    case HF_GATHER_ASK:
        return message->id != 0;
    case HF_GATHER_HEARD:
        return message->id != 0 && message->reading != 0;
    case HF_GATHER_PART:
        return message->id != 0 && message->parts <= HF_GATHER_PARTS_MAX &&
               message->length <= HF_GATHER_PART_BYTES &&
               (message->parts == 0 ? message->part == 0 : message->part < message->parts);
    }
    return false;
}

bool hf_gather_read(const void *data, size_t length, struct hf_gather_message *ret)
{
    const uint8_t *bytes = data;
    if (!hf_gather_is_ours(data, length) || length < HF_GATHER_HEADER || bytes[4] != VERSION)
        return false;
    const uint8_t *body = bytes + HF_GATHER_HEADER;
    *ret = (struct hf_gather_message){.type = bytes[5], .id = get(bytes + 12, 8)};
    length -= HF_GATHER_HEADER;
    if (ret->type == HF_GATHER_HEARD && length >= HEARD_BYTES) {
        ret->clock_ms = get(body, 8);
        ret->reading = get(body + 8, 8);
    } else if (ret->type == HF_GATHER_PART) {
        ret->part = (uint16_t)get(bytes + 6, 2);
        ret->parts = (uint16_t)get(bytes + 8, 2);
        ret->bytes = body;
        ret->length = length;
    }
    return is_sound(ret);
}

size_t hf_gather_write(const struct hf_gather_message *message, uint8_t *data)
{
    HF_ASSERT(is_sound(message));
    memset(data, 0, HF_GATHER_HEADER);
    memcpy(data, magic, sizeof(magic));
    data[4] = VERSION;
    data[5] = message->type;
    put(data + 6, message->part, 2);
    put(data + 8, message->parts, 2);
    put(data + 12, message->id, 8);
    if (message->type == HF_GATHER_HEARD) {
        put(data + HF_GATHER_HEADER, message->clock_ms, 8);
        put(data + HF_GATHER_HEADER + 8, message->reading, 8);
        return HF_GATHER_HEADER + HEARD_BYTES;
    }
    if (message->length)
        memcpy(data + HF_GATHER_HEADER, message->bytes, message->length);
    return HF_GATHER_HEADER + message->length;
}
