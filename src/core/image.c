/*
 * image.c - whether bytes that came from a file may be a core: all that decoding them field by
 * field would have guaranteed, by the same tables.
 */
#include "core/image.h"

#include <string.h>

#include "core/impl.h"
#include "core/tables.h"

size_t hf_core_image_size(void)
{
    return offsetof(struct hf_core, order_version);
}

static bool text_ends(const uint8_t *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (!text[i])
            return true;
    }
    return false;
}

static bool sane(const struct hf_table *table, const void *structure);

static bool field_sane(const struct hf_field *field, const uint8_t *at)
{
    const uint8_t *value = at + field->offset;
    unsigned used = field->count_offset == HF_NO_COUNT ? field->count : at[field->count_offset];
    if (used > field->count)
        return false;
    for (unsigned i = 0; i < used; i++, value += field->size) {
        bool fine = true;
        if (field->kind == HF_FIELD_TEXT)
            fine = text_ends(value, field->size);
        else if (field->kind == HF_FIELD_BOOL)
            fine = *value <= 1;
        else if (field->kind == HF_FIELD_STRUCT)
            fine = sane(field->table, value);
        if (!fine)
            return false;
    }
    return true;
}

/* What decoding by the table would have guaranteed. */
static bool sane(const struct hf_table *table, const void *structure)
{
    const uint8_t *at = structure;
    uint16_t ext_len = 0;
    if (table->ext_offset != HF_NO_COUNT)
        memcpy(&ext_len, at + table->ext_len_offset, sizeof(ext_len));
    for (unsigned f = 0; f < table->field_count; f++) {
        if (!field_sane(&table->fields[f], at))
            return false;
    }
    return ext_len <= HF_EXT_MAX;
}

bool hf_spec_image_valid(const struct hf_spec *spec)
{
    bool fine =
        sane(&hf_table_cluster_spec, &spec->cluster) && hf_cluster_spec_valid(&spec->cluster);
    for (unsigned n = 0; n < HF_NODES_MAX && fine; n++)
        fine = sane(&hf_table_node_spec, &spec->nodes[n]) && hf_node_spec_valid(&spec->nodes[n]);
    for (unsigned i = 0; i < HF_INSTANCES_MAX && fine; i++)
        fine = sane(&hf_table_instance_spec, &spec->instances[i]) &&
               hf_instance_spec_valid(&spec->instances[i]);
    return fine;
}

static bool ends_valid(const struct hf_state *state)
{
    return state->instance_end <= HF_INSTANCES_MAX && state->node_end <= HF_NODES_MAX;
}

static bool state_valid(const struct hf_state *state)
{
    bool fine = ends_valid(state) && state->format >= HF_FORMAT_FIRST &&
                state->format <= HF_FORMAT_PLANNED && hf_spec_image_valid(&state->spec);
    for (unsigned n = 0; n < HF_NODES_MAX && fine; n++)
        fine =
            sane(&hf_table_node_state, &state->nodes[n]) && hf_node_state_valid(&state->nodes[n]);
    for (unsigned i = 0; i < HF_INSTANCES_MAX && fine; i++)
        fine = sane(&hf_table_instance_state, &state->instances[i]) &&
               hf_instance_state_valid(&state->instances[i]);
    return fine;
}

static bool local_valid(const struct hf_core *core)
{
    bool fine = true;
    for (unsigned i = 0; i < HF_INSTANCES_MAX && fine; i++) {
        const struct hf_local *local = &core->local[i];
        fine = local->phase < HF_PHASE_COUNT && local->announces <= HF_ANNOUNCES &&
               text_ends((const uint8_t *)local->text, sizeof(local->text)) &&
               sane(&hf_table_report, &core->reports[i]);
    }
    return fine;
}

static bool queue_valid(const struct hf_core *core)
{
    bool fine = core->queue_count <= HF_QUEUE_MAX;
    for (unsigned q = 0; fine && q < core->queue_count; q++)
        fine = sane(&hf_table_head, &core->queue[q].head);
    return fine && sane(&hf_table_head, &core->outgoing.request);
}

static bool config_valid(const struct hf_core_config *config)
{
    return config->node < HF_NODES_MAX && config->speaks >= HF_FORMAT_FIRST &&
           config->speaks <= HF_FORMAT_PLANNED &&
           text_ends((const uint8_t *)config->cluster, sizeof(config->cluster)) &&
           text_ends((const uint8_t *)config->name, sizeof(config->name)) &&
           text_ends((const uint8_t *)config->public_address, HF_ADDRESS_MAX) &&
           text_ends((const uint8_t *)config->private_address, HF_ADDRESS_MAX);
}

/* What is under way; what is not may hold anything that was decoded once. */
static bool rooms_valid(const struct hf_core *core)
{
    return core->stage.instance_end <= HF_INSTANCES_MAX && ends_valid(&core->incoming) &&
           (!core->receiving || state_valid(&core->incoming)) &&
           (!core->stage.active || core->stage.broken || hf_spec_image_valid(&core->stage.spec)) &&
           (!core->outgoing.active || hf_spec_image_valid(&core->outgoing.spec));
}

bool hf_core_image_valid(const struct hf_core *core)
{
    return !core->out && config_valid(&core->config) && state_valid(&core->state) &&
           local_valid(core) && queue_valid(core) && rooms_valid(core);
}
