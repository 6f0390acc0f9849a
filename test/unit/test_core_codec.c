/* test_core_codec.c - what is written is read again; what is not known survives; nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/limits.h"
#include "core/message.h"
#include "core/tables.h"
#include "test_core_random.h"

#define ROUNDS 200
#define ROOM 65536u

static const struct hf_table *const tables[] = {
    &hf_table_reason,     &hf_table_cluster_spec,   &hf_table_node_spec, &hf_table_instance_spec,
    &hf_table_node_state, &hf_table_instance_state, &hf_table_change,    &hf_table_history,
    &hf_table_head,       &hf_table_report,         &hf_table_meta,
};

#define TABLES (sizeof(tables) / sizeof(tables[0]))

static uint8_t bytes[ROOM], again[ROOM];

static void round_trip_test(void **state)
{
    (void)state;
    for (unsigned t = 0; t < TABLES; t++) {
        void *from = calloc(1, tables[t]->size), *to = calloc(1, tables[t]->size);
        assert_true(from && to);
        for (unsigned r = 0; r < ROUNDS; r++) {
            random_structure(tables[t], from);
            struct hf_writer_buf out = {bytes, ROOM, 0, false, HF_FORMAT_ALL};
            hf_encode(&out, tables[t], from);
            assert_false(out.overflow);
            struct hf_reader_buf in = {bytes, out.length, 0, false, HF_FORMAT_ALL};
            assert_true(hf_decode(&in, tables[t], to));
            assert_memory_equal(from, to, tables[t]->size);
        }
        free(from);
        free(to);
    }
}

/* Fields of a newer version pass through an older one. */
static void unknown_test(void **state)
{
    (void)state;
    static struct hf_instance_spec spec;
    random_structure(&hf_table_instance_spec, &spec);
    struct hf_writer_buf out = {bytes, ROOM, 0, false, HF_FORMAT_ALL};
    hf_encode(&out, &hf_table_instance_spec, &spec);
    for (uint8_t tag = 200; tag < 204; tag++) {
        hf_write_u8(&out, tag);
        hf_write_u16(&out, 5);
        hf_write_bytes(&out, "hello", 5);
    }
    struct hf_reader_buf in = {bytes, out.length, 0, false, HF_FORMAT_ALL};
    assert_true(hf_decode(&in, &hf_table_instance_spec, &spec));
    assert_int_equal(spec.ext_len, 4 * 8);
    struct hf_writer_buf out2 = {again, ROOM, 0, false, HF_FORMAT_ALL};
    hf_encode(&out2, &hf_table_instance_spec, &spec);
    assert_int_equal(out2.length, out.length);
    assert_memory_equal(bytes, again, out.length);
}

/* Any bytes give true or false; what is taken can be written again. */
static void damage_test(void **state)
{
    (void)state;
    static struct hf_instance_state instance;
    for (unsigned r = 0; r < 20000; r++) {
        random_structure(&hf_table_instance_state, &instance);
        struct hf_writer_buf out = {bytes, ROOM, 0, false, HF_FORMAT_ALL};
        hf_encode(&out, &hf_table_instance_state, &instance);
        for (unsigned k = 0; k < 1 + r % 4; k++)
            bytes[random_next() % out.length] = (uint8_t)random_next();
        struct hf_reader_buf in = {bytes, out.length - random_next() % 3, 0, false, HF_FORMAT_ALL};
        if (!hf_decode(&in, &hf_table_instance_state, &instance))
            continue;
        struct hf_writer_buf out2 = {again, ROOM, 0, false, HF_FORMAT_ALL};
        hf_encode(&out2, &hf_table_instance_state, &instance);
        assert_false(out2.overflow);
    }
}

/* The definition: the remainder, bit by bit. */
static uint32_t checksum_by_bits(const uint8_t *at, size_t length)
{
    uint32_t crc = ~0u;
    for (size_t k = 0; k < 8 * length; k++) {
        crc ^= at[k / 8] >> k % 8 & 1u;
        crc = crc & 1u ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
    }
    return ~crc;
}

static void checksum_test(void **state)
{
    (void)state;
    assert_int_equal(hf_crc32c("123456789", 9), 0xe3069283);
    for (size_t k = 0; k < 600; k++)
        bytes[k] = (uint8_t)random_next();
    for (size_t length = 0; length < 300; length++) {
        const uint8_t *from = bytes + length % 13;
        assert_int_equal(hf_crc32c(from, length), checksum_by_bits(from, length));
    }
    struct hf_head head = {
        .epoch = 7, .index = 9, .instance = HF_INSTANCE_NONE, .node = HF_NODE_NONE};
    struct hf_writer_buf out;
    hf_message_begin(&out, bytes, ROOM, HF_MESSAGE_HELLO, &head);
    size_t length = hf_message_end(&out);
    struct hf_message message;
    assert_true(hf_message_open(&message, bytes, length));
    assert_int_equal(message.head.index, 9);
    for (size_t k = 0; k < length; k++) {
        bytes[k] ^= 4;
        bool taken = hf_message_open(&message, bytes, length);
        bytes[k] ^= 4;
        /* Only the version may differ: newer ones are read as far as they are known. */
        assert_true(!taken || k == 4 || k == 5 || k == 6 || k == 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip_test),
        cmocka_unit_test(unknown_test),
        cmocka_unit_test(damage_test),
        cmocka_unit_test(checksum_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
