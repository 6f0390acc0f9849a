/* test_core_random.h - random but valid structures, made from their field tables. */
#ifndef HF_TEST_CORE_RANDOM_H
#define HF_TEST_CORE_RANDOM_H

#include <string.h>

#include "core/codec.h"

static uint64_t random_state = 88172645463325252ull;

static inline uint64_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static inline void random_number(const struct hf_field *field, uint8_t *at)
{
    uint64_t value = random_next() >> (random_next() % 64);
    if (field->kind == HF_FIELD_BOOL)
        value &= 1;
    uint8_t v8 = (uint8_t)value;
    uint16_t v16 = (uint16_t)value;
    uint32_t v32 = (uint32_t)value;
    const void *from = field->size == 1   ? (const void *)&v8
                       : field->size == 2 ? (const void *)&v16
                       : field->size == 4 ? (const void *)&v32
                                          : (const void *)&value;
    memcpy(at, from, field->size);
}

static inline void random_text(const struct hf_field *field, uint8_t *at)
{
    unsigned length = (unsigned)(random_next() % field->size);
    for (unsigned k = 0; k < length; k++)
        at[k] = (uint8_t)(1 + random_next() % 255);
}

/* The structure must be cleared; unused elements of lists stay so. */
static inline void random_structure(const struct hf_table *table, void *structure)
{
    uint8_t *base = structure;
    hf_table_clear(table, structure);
    for (unsigned f = 0; f < table->field_count; f++) {
        const struct hf_field *field = &table->fields[f];
        unsigned count = field->count;
        if (field->count_offset != HF_NO_COUNT) {
            unsigned most = count < 255 ? count : 255;
            count = (unsigned)(random_next() % (most + 1));
            base[field->count_offset] = (uint8_t)count;
        }
        for (unsigned k = 0; k < count; k++) {
            uint8_t *at = base + field->offset + (size_t)k * field->size;
            if (field->kind == HF_FIELD_STRUCT)
                random_structure(field->table, at);
            else if (field->kind == HF_FIELD_TEXT)
                random_text(field, at);
            else
                random_number(field, at);
        }
    }
}

#endif
