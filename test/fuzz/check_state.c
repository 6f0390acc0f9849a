#include "check_state.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/tables.h"
#include "daemon/status.h"

#define ENTITY_MAX 16384u
#define WALL_MS 1767225600000ull

void fuzz_core_init(struct hf_core *core, uint8_t node)
{
    struct hf_core_config config = {.node = node, .incarnation = node + 1u};
    memset(core, 0, hf_core_size());
    hf_core_init(core, &config, 1000, WALL_MS);
}

void check_hash(const struct hf_core *core)
{
    HF_ASSERT(core->state.hash == hf_state_hash(&core->state));
}

static void check_valid(const struct hf_state *state)
{
    HF_ASSERT(hf_cluster_spec_valid(&state->spec.cluster));
    HF_ASSERT(state->instance_end <= HF_INSTANCES_MAX);
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        HF_ASSERT(hf_node_spec_valid(&state->spec.nodes[n]) &&
                  hf_node_state_valid(&state->nodes[n]));
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        HF_ASSERT(hf_instance_spec_valid(&state->spec.instances[i]) &&
                  hf_instance_state_valid(&state->instances[i]));
        HF_ASSERT(!state->spec.instances[i].name[0] || i < state->instance_end);
    }
}

/* By what is written of them in the format in use: padding does not count. */
static void check_entity(uint16_t format, const struct hf_table *table, const void *a,
                         const void *b)
{
    static uint8_t of_a[ENTITY_MAX], of_b[ENTITY_MAX];
    struct hf_writer_buf out_a = {of_a, sizeof(of_a), 0, false, format};
    struct hf_writer_buf out_b = {of_b, sizeof(of_b), 0, false, format};
    hf_encode(&out_a, table, a);
    hf_encode(&out_b, table, b);
    HF_ASSERT(!out_a.overflow && !out_b.overflow && out_a.length == out_b.length);
    HF_ASSERT(memcmp(of_a, of_b, out_a.length) == 0);
}

static void check_same_records(const struct hf_state *a, const struct hf_state *b)
{
    check_entity(a->format, &hf_table_cluster_spec, &a->spec.cluster, &b->spec.cluster);
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        HF_ASSERT(!a->spec.nodes[n].name[0] == !b->spec.nodes[n].name[0]);
        if (!a->spec.nodes[n].name[0])
            continue;
        check_entity(a->format, &hf_table_node_spec, &a->spec.nodes[n], &b->spec.nodes[n]);
        check_entity(a->format, &hf_table_node_state, &a->nodes[n], &b->nodes[n]);
    }
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        /* Also of a free slot: its next user goes on from it. */
        HF_ASSERT(a->instances[i].generation == b->instances[i].generation);
        HF_ASSERT(!a->spec.instances[i].name[0] == !b->spec.instances[i].name[0]);
        if (!a->spec.instances[i].name[0])
            continue;
        check_entity(a->format, &hf_table_instance_spec, &a->spec.instances[i],
                     &b->spec.instances[i]);
        check_entity(a->format, &hf_table_instance_state, &a->instances[i], &b->instances[i]);
    }
    for (unsigned h = 0; h < HF_HISTORY_MAX && h < a->history_count; h++)
        check_entity(a->format, &hf_table_history, &a->history[h], &b->history[h]);
}

static void check_same(const struct hf_state *a, const struct hf_state *b)
{
    HF_ASSERT(a->epoch == b->epoch && a->index == b->index && a->hash == b->hash);
    HF_ASSERT(a->config_version == b->config_version && a->nodes_version == b->nodes_version);
    HF_ASSERT(a->format == b->format);
    HF_ASSERT(a->members == b->members && a->coordinator == b->coordinator);
    HF_ASSERT(a->wall_ms == b->wall_ms && a->history_count == b->history_count);
    check_same_records(a, b);
}

static struct hf_core *scratch(void)
{
    static struct hf_core *core;
    if (!core)
        core = malloc(hf_core_size());
    HF_ASSERT(core);
    fuzz_core_init(core, 0);
    return core;
}

void check_snapshot(const struct hf_core *core)
{
    static uint8_t bytes[HF_MESSAGE_MAX], again[HF_MESSAGE_MAX];
    struct hf_core *to = scratch();
    uint32_t cursor = 0, cursor_again = 0;
    check_valid(&core->state);
    to->membership.ring = core->membership.ring; /* its number goes into the head */
    for (size_t length; (length = hf_core_snapshot(core, &cursor, bytes, sizeof(bytes))) > 0;)
        HF_ASSERT(hf_core_restore_snapshot(to, bytes, length));
    HF_ASSERT(!to->receiving);
    check_same(&to->state, &core->state);
    cursor = 0;
    for (size_t length; (length = hf_core_snapshot(core, &cursor, bytes, sizeof(bytes))) > 0;) {
        HF_ASSERT(hf_core_snapshot(to, &cursor_again, again, sizeof(again)) == length);
        HF_ASSERT(memcmp(bytes, again, length) == 0);
    }
}

/* Takes over value. */
static void check_json(json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    HF_ASSERT(value && text);
    json_t *again = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    HF_ASSERT(again && json_equal(value, again));
    json_decref(again);
    json_decref(value);
    free(text);
}

void check_views(const struct hf_core *core)
{
    struct hf_status_input input = {.state = &core->state,
                                    .self = core->config.node,
                                    .self_name = "db1",
                                    .wall_ms = core->wall_ms};
    hf_core_view(core, &input.view);
    check_json(hf_status_reply(&input));
    check_json(hf_history_json(&core->state, HF_INSTANCE_NONE, HF_HISTORY_MAX));
    for (uint16_t i = 0; i < HF_INSTANCES_MAX; i++)
        if (core->state.spec.instances[i].name[0])
            check_json(hf_why_json(&input, i));
}
