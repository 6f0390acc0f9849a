#include "core/hash.h"

#include "base/assert.h"
#include "core/tables.h"

#define ENTITY_MAX 16384u

enum {
    SEED_CLUSTER = 1,
    SEED_FORMAT = 2,
    SEED_NODE = 0x100,
    SEED_SPEC = 0x10000,
    SEED_INSTANCE = 0x20000
};

static uint64_t hash_entity(const struct hf_state *state, uint64_t seed,
                            const struct hf_table *table, const void *structure)
{
    uint8_t bytes[ENTITY_MAX];
    struct hf_writer_buf out = {bytes, sizeof(bytes), 0, false, state->format};
    hf_encode(&out, table, structure);
    HF_ASSERT(!out.overflow);
    return hf_hash(seed, bytes, out.length);
}

/* Of the first format nothing: its states hash as they did before there was another. */
uint64_t hf_hash_format(const struct hf_state *state)
{
    uint8_t bytes[2] = {(uint8_t)state->format, (uint8_t)(state->format >> 8)};
    return state->format <= HF_FORMAT_FIRST ? 0 : hf_hash(SEED_FORMAT, bytes, sizeof(bytes));
}

uint64_t hf_hash_cluster(const struct hf_state *state)
{
    if (!state->spec.cluster.name[0])
        return 0;
    return hash_entity(state, SEED_CLUSTER, &hf_table_cluster_spec, &state->spec.cluster);
}

uint64_t hf_hash_node(const struct hf_state *state, uint8_t node)
{
    if (!state->spec.nodes[node].name[0])
        return 0;
    uint64_t spec =
        hash_entity(state, SEED_NODE + node, &hf_table_node_spec, &state->spec.nodes[node]);
    return hash_entity(state, spec, &hf_table_node_state, &state->nodes[node]);
}

uint64_t hf_hash_instance_spec(const struct hf_state *state, uint16_t instance)
{
    const struct hf_instance_spec *spec = &state->spec.instances[instance];
    if (!spec->name[0])
        return 0;
    return hash_entity(state, (uint64_t)SEED_SPEC + instance, &hf_table_instance_spec, spec);
}

uint64_t hf_hash_instance(const struct hf_state *state, uint16_t instance)
{
    if (!state->spec.instances[instance].name[0])
        return 0;
    return hash_entity(state, (uint64_t)SEED_INSTANCE + instance, &hf_table_instance_state,
                       &state->instances[instance]);
}
