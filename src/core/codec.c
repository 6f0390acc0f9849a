#include "core/codec.h"

#include <string.h>

#include "base/assert.h"
#include "core/limits.h"
#include "core/planted.h"

static uint64_t load(const uint8_t *at, unsigned size)
{
    switch (size) {
    case 1:
        return *at;
    case 2: {
        uint16_t value;
        memcpy(&value, at, 2);
        return value;
    }
    case 4: {
        uint32_t value;
        memcpy(&value, at, 4);
        return value;
    }
    case 8: {
        uint64_t value;
        memcpy(&value, at, 8);
        return value;
    }
    }
    hf_assert_fail("size of a number", __FILE__, __LINE__);
}

static void store(uint8_t *at, unsigned size, uint64_t value)
{
    uint16_t value16 = (uint16_t)value;
    uint32_t value32 = (uint32_t)value;
    if (size == 1)
        *at = (uint8_t)value;
    else if (size == 2)
        memcpy(at, &value16, 2);
    else if (size == 4)
        memcpy(at, &value32, 4);
    else
        memcpy(at, &value, 8);
}

void hf_write_bytes(struct hf_writer_buf *out, const void *bytes, size_t length)
{
    if (out->overflow || length > out->room - out->length) {
        out->overflow = true;
        return;
    }
    memcpy(out->bytes + out->length, bytes, length);
    out->length += length;
}

static void write_le(struct hf_writer_buf *out, uint64_t value, unsigned size)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    hf_write_bytes(out, bytes, size);
}

void hf_write_u8(struct hf_writer_buf *out, uint8_t value)
{
    write_le(out, value, 1);
}

void hf_write_u16(struct hf_writer_buf *out, uint16_t value)
{
    write_le(out, value, 2);
}

void hf_write_u32(struct hf_writer_buf *out, uint32_t value)
{
    write_le(out, value, 4);
}

void hf_write_u64(struct hf_writer_buf *out, uint64_t value)
{
    write_le(out, value, 8);
}

const uint8_t *hf_read_bytes(struct hf_reader_buf *in, size_t length)
{
    if (in->bad || length > in->length - in->at) {
        in->bad = true;
        return NULL;
    }
    const uint8_t *bytes = in->bytes + in->at;
    in->at += length;
    return bytes;
}

static uint64_t read_le(struct hf_reader_buf *in, size_t size)
{
    const uint8_t *bytes = hf_read_bytes(in, size);
    uint64_t value = 0;
    for (size_t i = 0; bytes && i < size; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

uint8_t hf_read_u8(struct hf_reader_buf *in)
{
    return (uint8_t)read_le(in, 1);
}

uint16_t hf_read_u16(struct hf_reader_buf *in)
{
    return (uint16_t)read_le(in, 2);
}

uint32_t hf_read_u32(struct hf_reader_buf *in)
{
    return (uint32_t)read_le(in, 4);
}

uint64_t hf_read_u64(struct hf_reader_buf *in)
{
    return read_le(in, 8);
}

static unsigned number_size(uint64_t value)
{
    return value ? (71u - (unsigned)__builtin_clzll(value)) / 8u : 1u;
}

/* How many elements of a field are in use. */
static unsigned used_count(const struct hf_field *field, const uint8_t *structure)
{
    if (field->count_offset == HF_NO_COUNT)
        return field->count;
    unsigned count = structure[field->count_offset];
    HF_ASSERT(count <= field->count);
    return count;
}

#define FIELD_HEAD 3u /* tag and length */

/* Room for a field whose payload has at most this many bytes; its head is written. NULL = none. */
static uint8_t *field_begin(struct hf_writer_buf *out, uint8_t tag, size_t length)
{
    if (out->overflow || FIELD_HEAD + length > out->room - out->length) {
        out->overflow = true;
        return NULL;
    }
    uint8_t *at = out->bytes + out->length;
    at[0] = tag;
    at[1] = (uint8_t)length;
    at[2] = (uint8_t)(length >> 8);
    out->length += FIELD_HEAD + length;
    return at + FIELD_HEAD;
}

static void encode_number(struct hf_writer_buf *out, const struct hf_field *field, uint64_t value)
{
    unsigned size = number_size(value);
    uint8_t *to = field_begin(out, field->tag, size);
    for (unsigned i = 0; to && i < size; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

static void encode_text(struct hf_writer_buf *out, const struct hf_field *field, const uint8_t *at)
{
    size_t length = strlen((const char *)at);
    uint8_t *to = field_begin(out, field->tag, length);
    if (to)
        memcpy(to, at, length);
}

static void encode_struct(struct hf_writer_buf *out, const struct hf_field *field,
                          const uint8_t *at)
{
    uint8_t *payload = field_begin(out, field->tag, 0);
    size_t from = out->length;
    hf_encode(out, field->table, at);
    if (out->overflow)
        return;
    size_t length = out->length - from;
    HF_ASSERT(length <= UINT16_MAX);
    payload[-2] = (uint8_t)length;
    payload[-1] = (uint8_t)(length >> 8);
}

static void encode_element(struct hf_writer_buf *out, const struct hf_field *field,
                           const uint8_t *at)
{
    switch ((enum hf_field_kind)field->kind) {
    case HF_FIELD_TEXT:
        encode_text(out, field, at);
        return;
    case HF_FIELD_STRUCT:
        encode_struct(out, field, at);
        return;
    case HF_FIELD_U8:
    case HF_FIELD_U16:
    case HF_FIELD_U32:
    case HF_FIELD_U64:
    case HF_FIELD_BOOL:
        encode_number(out, field, load(at, field->size));
        return;
    }
}

/* A single field at its empty value is not written; elements of an array always are. */
static bool is_empty(const struct hf_field *field, const uint8_t *at)
{
    if (field->kind == HF_FIELD_STRUCT)
        return false;
    return field->kind == HF_FIELD_TEXT ? !at[0] : load(at, field->size) == field->empty;
}

static bool is_newer(const struct hf_field *field, uint16_t format)
{
    return format != HF_FORMAT_ALL && field->since > format;
}

void hf_encode(struct hf_writer_buf *out, const struct hf_table *table, const void *structure)
{
    const uint8_t *base = structure;
    for (unsigned f = 0; f < table->field_count; f++) {
        const struct hf_field *field = &table->fields[f];
        const uint8_t *at = base + field->offset;
        if (is_newer(field, out->format) && !HF_PLANTED(41))
            continue;
        if (field->count == 1 && field->count_offset == HF_NO_COUNT) {
            if (!is_empty(field, at))
                encode_element(out, field, at);
            continue;
        }
        unsigned count = used_count(field, base);
        for (unsigned i = 0; i < count; i++)
            encode_element(out, field, at + (size_t)i * field->size);
    }
    if (table->ext_offset != HF_NO_COUNT)
        hf_write_bytes(out, base + table->ext_offset,
                       load(base + table->ext_len_offset, sizeof(uint16_t)));
}

/* In zeroed bytes. Elements of a list are nothing yet; each is cleared when it comes. */
static void set_empty_values(const struct hf_table *table, uint8_t *base)
{
    for (unsigned f = 0; f < table->field_count; f++) {
        const struct hf_field *field = &table->fields[f];
        if (field->count != 1 || field->count_offset != HF_NO_COUNT)
            continue;
        if (field->kind == HF_FIELD_STRUCT)
            set_empty_values(field->table, base + field->offset);
        else if (field->empty)
            store(base + field->offset, field->size, field->empty);
    }
}

void hf_table_clear(const struct hf_table *table, void *structure)
{
    memset(structure, 0, table->size);
    set_empty_values(table, structure);
}

/* Fields usually come in the table's order: the search begins where the last one ended. */
static const struct hf_field *find_field(const struct hf_table *table, uint8_t tag, unsigned *from)
{
    for (unsigned k = 0; k < table->field_count; k++) {
        unsigned f = *from + k < table->field_count ? *from + k : *from + k - table->field_count;
        if (table->fields[f].tag != tag)
            continue;
        *from = f;
        return &table->fields[f];
    }
    return NULL;
}

static bool decode_number(const struct hf_field *field, const uint8_t *payload, size_t length,
                          uint8_t *at)
{
    if (length < 1 || length > 8)
        return false;
    struct hf_reader_buf in = {payload, length, 0, false, HF_FORMAT_ALL};
    uint64_t value = read_le(&in, length);
    if (field->size < 8 && value >> (8 * field->size))
        return false;
    if (field->kind == HF_FIELD_BOOL && value > 1)
        return false;
    store(at, field->size, value);
    return true;
}

/* Into bytes that are zero. */
static bool decode_text(const struct hf_field *field, const uint8_t *payload, size_t length,
                        uint8_t *at)
{
    if (length >= field->size)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!payload[i])
            return false;
    }
    memcpy(at, payload, length);
    return true;
}

static bool decode_element(const struct hf_field *field, const uint8_t *payload, size_t length,
                           uint16_t format, uint8_t *at)
{
    switch ((enum hf_field_kind)field->kind) {
    case HF_FIELD_TEXT:
        return decode_text(field, payload, length, at);
    case HF_FIELD_STRUCT: {
        struct hf_reader_buf in = {payload, length, 0, false, format};
        return hf_decode(&in, field->table, at);
    }
    case HF_FIELD_U8:
    case HF_FIELD_U16:
    case HF_FIELD_U32:
    case HF_FIELD_U64:
    case HF_FIELD_BOOL:
        return decode_number(field, payload, length, at);
    }
    return false;
}

/* A field of a newer version: kept as it came, if the structure has room for such. */
static bool keep_unknown(const struct hf_table *table, uint8_t *base, const uint8_t *from,
                         size_t length)
{
    if (table->ext_offset == HF_NO_COUNT)
        return true;
    size_t used = (size_t)load(base + table->ext_len_offset, sizeof(uint16_t));
    if (length > HF_EXT_MAX - used)
        return false;
    memcpy(base + table->ext_offset + used, from, length);
    store(base + table->ext_len_offset, sizeof(uint16_t), used + length);
    return true;
}

/* Elements of an array arrive one after the other: where does the next one go? NULL = too many. */
static uint8_t *element_place(const struct hf_table *table, const struct hf_field *field,
                              uint8_t *base, uint8_t *seen)
{
    unsigned f = (unsigned)(field - table->fields);
    if (seen[f] >= field->count)
        return NULL;
    uint8_t *at = base + field->offset + (size_t)seen[f] * field->size;
    seen[f]++;
    if (field->count_offset != HF_NO_COUNT)
        base[field->count_offset] = seen[f];
    return at;
}

#define FIELDS_MAX 48u

bool hf_decode(struct hf_reader_buf *in, const struct hf_table *table, void *structure)
{
    uint8_t *base = structure;
    uint8_t seen[FIELDS_MAX] = {0};
    unsigned from_field = 0;
    HF_ASSERT(table->field_count <= FIELDS_MAX);
    hf_table_clear(table, structure);
    while (in->at < in->length) {
        const uint8_t *from = in->bytes + in->at;
        uint8_t tag = hf_read_u8(in);
        uint16_t length = hf_read_u16(in);
        const uint8_t *payload = hf_read_bytes(in, length);
        if (!payload)
            return false;
        const struct hf_field *field = find_field(table, tag, &from_field);
        if (!field || is_newer(field, in->format)) {
            if (!keep_unknown(table, base, from, (size_t)length + 3))
                return false;
            continue;
        }
        uint8_t *at = element_place(table, field, base, seen);
        if (!at || !decode_element(field, payload, length, in->format, at))
            return false;
    }
    return !in->bad;
}

static bool is_single(const struct hf_field *field)
{
    return field->count == 1 && field->count_offset == HF_NO_COUNT;
}

/* Whether a field says anything. */
static bool says(const struct hf_field *field, const uint8_t *base)
{
    const uint8_t *at = base + field->offset;
    if (field->count_offset != HF_NO_COUNT)
        return used_count(field, base) > 0;
    for (unsigned i = 0; i < field->count; i++) {
        if (field->kind == HF_FIELD_STRUCT || !is_empty(field, at + (size_t)i * field->size))
            return true;
    }
    return false;
}

uint16_t hf_table_needs(const struct hf_table *table, const void *structure)
{
    const uint8_t *base = structure;
    uint16_t needs = HF_FORMAT_FIRST;
    for (unsigned f = 0; f < table->field_count; f++) {
        const struct hf_field *field = &table->fields[f];
        if (field->since > needs && says(field, base))
            needs = field->since;
        unsigned count = field->kind == HF_FIELD_STRUCT ? used_count(field, base) : 0;
        for (unsigned i = 0; i < count; i++) {
            const uint8_t *at = base + field->offset + (size_t)i * field->size;
            uint16_t inner = hf_table_needs(field->table, at);
            needs = inner > needs ? inner : needs;
        }
    }
    return needs;
}

static void empty_field(const struct hf_field *field, uint8_t *base)
{
    memset(base + field->offset, 0, (size_t)field->count * field->size);
    if (field->count_offset != HF_NO_COUNT)
        base[field->count_offset] = 0;
    else if (is_single(field) && field->kind == HF_FIELD_STRUCT)
        set_empty_values(field->table, base + field->offset);
    else if (is_single(field) && field->empty)
        store(base + field->offset, field->size, field->empty);
}

void hf_table_limit(const struct hf_table *table, void *structure, uint16_t format)
{
    uint8_t *base = structure;
    for (unsigned f = 0; f < table->field_count; f++) {
        const struct hf_field *field = &table->fields[f];
        if (is_newer(field, format)) {
            empty_field(field, base);
            continue;
        }
        unsigned count = field->kind == HF_FIELD_STRUCT ? used_count(field, base) : 0;
        for (unsigned i = 0; i < count; i++)
            hf_table_limit(field->table, base + field->offset + (size_t)i * field->size, format);
    }
}

uint64_t hf_hash(uint64_t seed, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    uint64_t hash = 0xcbf29ce484222325ull ^ (seed * 0x9e3779b97f4a7c15ull);
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ at[i]) * 0x100000001b3ull;
    return hash;
}
