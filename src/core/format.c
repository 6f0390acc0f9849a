/* format.c - what a specification, a state or a record of a journal needs of a format. */
#include "core/format.h"

#include "core/message.h"
#include "core/tables.h"

static uint16_t later(uint16_t a, uint16_t b)
{
    return a > b ? a : b;
}

uint16_t hf_spec_format(const struct hf_spec *spec)
{
    uint16_t needs = hf_table_needs(&hf_table_cluster_spec, &spec->cluster);
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        if (spec->nodes[n].name[0])
            needs = later(needs, hf_table_needs(&hf_table_node_spec, &spec->nodes[n]));
    }
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        if (spec->instances[i].name[0])
            needs = later(needs, hf_table_needs(&hf_table_instance_spec, &spec->instances[i]));
    }
    return needs;
}

void hf_state_limit(struct hf_state *state, uint16_t format)
{
    hf_table_limit(&hf_table_cluster_spec, &state->spec.cluster, format);
    for (unsigned n = 0; n < state->node_end; n++) {
        hf_table_limit(&hf_table_node_spec, &state->spec.nodes[n], format);
        hf_table_limit(&hf_table_node_state, &state->nodes[n], format);
    }
    for (unsigned i = 0; i < state->instance_end; i++) {
        hf_table_limit(&hf_table_instance_spec, &state->spec.instances[i], format);
        hf_table_limit(&hf_table_instance_state, &state->instances[i], format);
    }
    for (unsigned h = 0; h < HF_HISTORY_MAX; h++)
        hf_table_limit(&hf_table_history, &state->history[h], format);
}

static uint16_t clamped(uint64_t format)
{
    return format > UINT16_MAX ? UINT16_MAX : (uint16_t)format;
}

static uint16_t of_item(uint8_t type, struct hf_reader_buf *item)
{
    struct hf_record record;
    struct hf_meta meta;
    struct hf_change change;
    if (type == HF_MESSAGE_SNAPSHOT)
        return hf_record_open(item, &record) && record.kind == HF_RECORD_META &&
                       hf_message_read(item, &hf_table_meta, &meta)
                   ? meta.format
                   : 0;
    if (type != HF_MESSAGE_DECISION || !hf_message_read(item, &hf_table_change, &change))
        return 0;
    return change.type == HF_CHANGE_FORMAT ? clamped(change.number) : 0;
}

uint16_t hf_format_of_record(const uint8_t *bytes, size_t length)
{
    struct hf_message message;
    struct hf_reader_buf item;
    uint16_t format = 0;
    if (!hf_message_open(&message, bytes, length))
        return 0;
    while (hf_message_next(&message, &item))
        format = later(format, of_item(message.type, &item));
    return format;
}
