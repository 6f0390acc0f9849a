#include "mutate_wire.h"

#include <stdbool.h>
#include <string.h>

#include "target.h"
#include "wire.h"

#define PARTS_MAX 512u

/* Equal pieces of a list: each has `head` bytes, the last two of which are the length of the rest.
 */
struct parts {
    size_t head;
    size_t from; /* where the list begins */
    unsigned count;
    size_t at[PARTS_MAX + 1]; /* at[count]: the end */
};

unsigned mutate_pick(uint64_t *random, unsigned below)
{
    *random ^= *random >> 12;
    *random ^= *random << 25;
    *random ^= *random >> 27;
    return (unsigned)((*random * 0x2545f4914f6cdd1dull) >> 33) % below;
}

static size_t part_length(const uint8_t *part, size_t head)
{
    return (size_t)part[head - 2] | (size_t)part[head - 1] << 8;
}

static void set_part_length(uint8_t *part, size_t head, size_t length)
{
    part[head - 2] = (uint8_t)length;
    part[head - 1] = (uint8_t)(length >> 8);
}

/* False: the bytes are no such list, or an empty one. */
static bool split(const uint8_t *bytes, size_t length, size_t head, struct parts *ret)
{
    ret->head = head;
    ret->count = 0;
    size_t at = 0;
    while (at < length) {
        if (ret->count == PARTS_MAX || length - at < head ||
            length - at - head < part_length(bytes + at, head))
            return false;
        ret->at[ret->count++] = at;
        at += head + part_length(bytes + at, head);
    }
    ret->at[ret->count] = at;
    return ret->count > 0;
}

static size_t size_of(const struct parts *parts, unsigned k)
{
    return parts->at[k + 1] - parts->at[k];
}

static size_t erase(uint8_t *bytes, size_t length, const struct parts *parts, unsigned k)
{
    memmove(bytes + parts->at[k], bytes + parts->at[k + 1], length - parts->at[k + 1]);
    return length - size_of(parts, k);
}

/* A copy of part k before part `before`. */
static size_t duplicate(uint8_t *bytes, size_t length, size_t room, const struct parts *parts,
                        unsigned k, unsigned before)
{
    static uint8_t copy[1u << 17];
    size_t size = size_of(parts, k);
    if (size > room - length || size > sizeof(copy))
        return length;
    memcpy(copy, bytes + parts->at[k], size);
    memmove(bytes + parts->at[before] + size, bytes + parts->at[before],
            length - parts->at[before]);
    memcpy(bytes + parts->at[before], copy, size);
    return length + size;
}

typedef size_t change_fn(uint8_t *bytes, size_t length, size_t room, uint64_t *random);

/* Lets change work on what part k holds, with the rest of the list moved out of the way. */
static size_t inside(uint8_t *bytes, size_t length, size_t room, const struct parts *parts,
                     unsigned k, change_fn *change, uint64_t *random)
{
    static uint8_t rest[1u << 20];
    uint8_t *part = bytes + parts->at[k];
    size_t before = size_of(parts, k) - parts->head, behind = length - parts->at[k + 1];
    size_t most = room - (length - before);
    if (most > UINT16_MAX)
        most = UINT16_MAX;
    if (!most || behind > sizeof(rest))
        return length;
    uint8_t *kept = rest; /* changes may nest: the inner ones use what is behind this one's */
    static size_t used;
    if (behind > sizeof(rest) - used)
        return length;
    kept += used;
    memcpy(kept, bytes + parts->at[k + 1], behind);
    used += behind;
    size_t now = change(part + parts->head, before, most, random);
    used -= behind;
    set_part_length(part, parts->head, now);
    memcpy(part + parts->head + now, kept, behind);
    return length - before + now;
}

/* Numbers at the edges of what codes, slots and counts may be. */
static size_t set_number(uint8_t *bytes, size_t length, size_t room, uint64_t *random)
{
    static const uint64_t values[] = {0,   1,     2,     3,     7,          8,         15,  16,
                                      31,  32,    47,    48,    63,         64,        65,  127,
                                      128, 254,   255,   256,   1023,       1024,      511, 512,
                                      513, 65534, 65535, 65536, 0xffffffff, UINT64_MAX};
    uint64_t value = values[mutate_pick(random, sizeof(values) / sizeof(values[0]))];
    (void)length;
    unsigned size = 1;
    while (size < 8 && value >> (8 * size))
        size++;
    if (size > room)
        return length;
    for (unsigned i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    return size;
}

/* Letters, as many as a text may have or one more or less: what has room for a NUL, and what not.
 */
static size_t set_text(uint8_t *bytes, size_t length, size_t room, uint64_t *random)
{
    static const size_t edges[] = {HF_ADDRESS_MAX, HF_NAME_MAX, HF_PATH_MAX, HF_SETTINGS_MAX};
    size_t size = edges[mutate_pick(random, 4)] + 1 - mutate_pick(random, 3);
    if (size > room)
        return length;
    if (size > length)
        memset(bytes + length, 'a' + (int)mutate_pick(random, 26), size - length);
    return size;
}

static size_t plain(uint8_t *bytes, size_t length, size_t room, uint64_t *random)
{
    (void)random;
    return LLVMFuzzerMutate(bytes, length, room);
}

static size_t insert_field(uint8_t *bytes, size_t length, size_t room, uint64_t *random)
{
    uint8_t field[3 + 8] = {
        (uint8_t)(mutate_pick(random, 8) ? 1 + mutate_pick(random, 27) : mutate_pick(random, 256))};
    size_t size = set_number(field + 3, 0, 8, random);
    set_part_length(field, 3, size);
    if (size + 3 > room - length)
        return length;
    memcpy(bytes + length, field, size + 3);
    return length + size + 3;
}

/* One change of a list of fields; a field that holds fields may be gone into. */
static size_t change_fields(uint8_t *bytes, size_t length, size_t room, uint64_t *random)
{
    struct parts *parts = &(struct parts){0};
    struct parts nested;
    if (!split(bytes, length, 3, parts))
        return length && mutate_pick(random, 2) ? plain(bytes, length, room, random)
                                                : insert_field(bytes, length, room, random);
    unsigned k = mutate_pick(random, parts->count);
    const uint8_t *content = bytes + parts->at[k] + 3;
    switch (mutate_pick(random, 10)) {
    case 0:
        return erase(bytes, length, parts, k);
    case 8:
        return inside(bytes, length, room, parts, k, set_text, random);
    case 1:
        return duplicate(bytes, length, room, parts, k, mutate_pick(random, parts->count + 1));
    case 2:
        return insert_field(bytes, length, room, random);
    case 3:
    case 4:
        return inside(bytes, length, room, parts, k, set_number, random);
    case 5:
    case 6:
        if (size_of(parts, k) > 6 && split(content, size_of(parts, k) - 3, 3, &nested))
            return inside(bytes, length, room, parts, k, change_fields, random);
        return inside(bytes, length, room, parts, k, plain, random);
    case 7:
        bytes[parts->at[k]] = (uint8_t)(1 + mutate_pick(random, 27));
        return length;
    default:
        return inside(bytes, length, room, parts, k, plain, random);
    }
}

/* A record: kind and slot, then fields. */
static size_t change_record(uint8_t *bytes, size_t length, size_t room, uint64_t *random)
{
    if (length < 3 || mutate_pick(random, 32) == 0)
        return plain(bytes, length, room, random);
    switch (mutate_pick(random, 6)) {
    case 0:
        bytes[0] = (uint8_t)(1 + mutate_pick(random, 9));
        return length;
    case 1:
        (void)set_number(bytes + 1, 1, 1, random);
        bytes[2] = (uint8_t)(mutate_pick(random, 8) ? 0 : mutate_pick(random, 256));
        return length;
    default:
        return 3 + change_fields(bytes + 3, length - 3, room - 3, random);
    }
}

/* One change of the items behind a message's header; the first one is the head. */
static size_t change_items(uint8_t *bytes, size_t length, size_t room, uint8_t type,
                           uint64_t *random)
{
    struct parts parts;
    if (!split(bytes, length, 2, &parts))
        return plain(bytes, length, room, random);
    bool records = type == HF_MESSAGE_SNAPSHOT || type == HF_MESSAGE_PART;
    unsigned items = parts.count - 1;
    unsigned k = items ? 1 + mutate_pick(random, items) : 0;
    switch (mutate_pick(random, 8)) {
    case 0:
        return items ? erase(bytes, length, &parts, k) : length;
    case 1:
        return duplicate(bytes, length, room, &parts, k, 1 + mutate_pick(random, items + 1));
    case 2:
        return inside(bytes, length, room, &parts, 0, change_fields, random);
    default:
        return inside(bytes, length, room, &parts, k, records && k ? change_record : change_fields,
                      random);
    }
}

size_t mutate_message(uint8_t *bytes, size_t length, size_t room, uint64_t *random)
{
    if (length < HF_MESSAGE_HEADER || room <= HF_MESSAGE_HEADER || mutate_pick(random, 32) == 0)
        return plain(bytes, length, room, random);
    if (mutate_pick(random, 64) == 0)
        bytes[6] = (uint8_t)(1 + mutate_pick(random, 11));
    size_t now = change_items(bytes + HF_MESSAGE_HEADER, length - HF_MESSAGE_HEADER,
                              room - HF_MESSAGE_HEADER, bytes[6], random);
    wire_seal(bytes, HF_MESSAGE_HEADER + now);
    return HF_MESSAGE_HEADER + now;
}

static size_t append_frame(uint8_t *bytes, size_t length, size_t room, uint64_t *random)
{
    if (room - length < FRAME_HEAD)
        return length;
    bytes[length] = (uint8_t)mutate_pick(random, 256);
    bytes[length + 1] = (uint8_t)mutate_pick(random, 256);
    set_part_length(bytes + length, FRAME_HEAD, 0);
    return length + FRAME_HEAD;
}

size_t mutate_series(uint8_t *bytes, size_t length, size_t room, uint64_t *random)
{
    struct parts parts;
    if (!split(bytes, length, FRAME_HEAD, &parts))
        return length && mutate_pick(random, 2) ? plain(bytes, length, room, random)
                                                : append_frame(bytes, length, room, random);
    unsigned k = mutate_pick(random, parts.count);
    switch (mutate_pick(random, 12)) {
    case 0:
        return erase(bytes, length, &parts, k);
    case 1:
    case 2:
        return duplicate(bytes, length, room, &parts, k, mutate_pick(random, parts.count + 1));
    case 3:
        bytes[parts.at[k]] = (uint8_t)mutate_pick(random, 256);
        return length;
    case 4:
        bytes[parts.at[k] + 1] =
            (uint8_t)(mutate_pick(random, 2) ? mutate_pick(random, 256) : mutate_pick(random, 8));
        return length;
    case 5:
        return append_frame(bytes, length, room, random);
    default:
        return inside(bytes, length, room, &parts, k, mutate_message, random);
    }
}
