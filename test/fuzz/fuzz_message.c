/*
 * One message as it came from the network: it opens or it does not; every item that can be read is
 * written again and must then be read as the same; the message of these items opens with the same
 * head.
 */
#include <string.h>

#include "core/impl.h"
#include "core/tables.h"
#include "target.h"

#define ENTITY_MAX 16384u
#define ITEMS_MAX 4096u

static _Alignas(max_align_t) uint8_t entity[ENTITY_MAX];
static _Alignas(max_align_t) uint8_t again[ENTITY_MAX];
static uint8_t written[4u << 20];

/* What a record of SNAPSHOT or PART holds; NULL: nothing, or of a newer version. */
static const struct hf_table *record_table(uint8_t kind)
{
    static const struct hf_table *const tables[] = {
        [HF_RECORD_META] = &hf_table_meta,
        [HF_RECORD_CLUSTER_SPEC] = &hf_table_cluster_spec,
        [HF_RECORD_NODE_SPEC] = &hf_table_node_spec,
        [HF_RECORD_NODE_STATE] = &hf_table_node_state,
        [HF_RECORD_INSTANCE_SPEC] = &hf_table_instance_spec,
        [HF_RECORD_INSTANCE_STATE] = &hf_table_instance_state,
        [HF_RECORD_HISTORY] = &hf_table_history,
        [HF_RECORD_END] = NULL,
    };
    return kind < sizeof(tables) / sizeof(tables[0]) ? tables[kind] : NULL;
}

static void check_same(const struct hf_table *table)
{
    uint8_t bytes[ENTITY_MAX];
    struct hf_writer_buf out = {bytes, sizeof(bytes), 0, false, HF_FORMAT_ALL};
    HF_ASSERT(table->size <= ENTITY_MAX);
    hf_encode(&out, table, entity);
    HF_ASSERT(!out.overflow);
    struct hf_reader_buf in = {bytes, out.length, 0, false, HF_FORMAT_ALL};
    HF_ASSERT(hf_decode(&in, table, again));
    HF_ASSERT(memcmp(entity, again, table->size) == 0);
}

/* Reads one item and adds it to out. False: it cannot be read. */
static bool take_item(uint8_t type, struct hf_reader_buf *item, struct hf_writer_buf *out)
{
    struct hf_record record = {0};
    const struct hf_table *table = NULL;
    bool records = type == HF_MESSAGE_SNAPSHOT || type == HF_MESSAGE_PART;
    if (records && !hf_record_open(item, &record))
        return false;
    if (records)
        table = record_table(record.kind);
    else if (type == HF_MESSAGE_REPORT)
        table = &hf_table_report;
    else if (type == HF_MESSAGE_DECISION)
        table = &hf_table_change;
    if (!table)
        return true;
    if (!hf_message_read(item, table, entity))
        return false;
    check_same(table);
    if (records)
        hf_message_record(out, record.kind, record.slot, table, entity);
    else
        hf_message_item(out, table, entity);
    return true;
}

static unsigned count_items(struct hf_message message)
{
    struct hf_reader_buf item;
    unsigned count = 0;
    while (hf_message_next(&message, &item))
        count++;
    HF_ASSERT(!message.items.bad);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_message message, copy;
    struct hf_writer_buf out;
    struct hf_reader_buf item;
    if (!hf_message_open(&message, data, size))
        return 0;
    hf_message_begin(&out, written, sizeof(written), (enum hf_message_type)message.type,
                     &message.head);
    unsigned count = 0;
    while (count < ITEMS_MAX && hf_message_next(&message, &item)) {
        size_t before = out.length;
        if (!take_item(message.type, &item, &out))
            return 0;
        count += out.length > before;
    }
    size_t length = hf_message_end(&out);
    HF_ASSERT(length >= HF_MESSAGE_HEADER && hf_message_open(&copy, written, length));
    HF_ASSERT(copy.type == message.type);
    HF_ASSERT(memcmp(&copy.head, &message.head, sizeof(copy.head)) == 0);
    HF_ASSERT(count_items(copy) == count);
    return 0;
}
