/*
 * test_core_state.c - the replicated state: the hash kept along is the hash from scratch, a
 * snapshot restores all of it, a decision counts on the state it was made for only; the order of
 * owners.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/core.h"
#include "core/impl.h"
#include "core/owners.h"
#include "core/tables.h"
#include "test_core_random.h"

static struct hf_state *new_state(void)
{
    struct hf_state *state = calloc(1, sizeof(*state));
    assert_non_null(state);
    hf_state_init(state);
    return state;
}

static struct hf_change change_of(enum hf_change_type type)
{
    struct hf_change change = hf_change_make(type, HF_REASON_CONFIGURED);
    return change;
}

static void add_node(struct hf_state *state, uint8_t node)
{
    struct hf_change change = change_of(HF_CHANGE_NODE_ADD);
    change.node = node;
    (void)snprintf(change.text, sizeof(change.text), "db%u", node + 1u);
    assert_true(hf_state_apply(state, &change, 1000, NULL));
    change.type = HF_CHANGE_NODE_UP;
    assert_true(hf_state_apply(state, &change, 1000, NULL));
}

static void make_cluster(struct hf_state *state, unsigned nodes, unsigned instances)
{
    struct hf_change change = change_of(HF_CHANGE_CLUSTER);
    (void)snprintf(change.text, sizeof(change.text), "lab");
    assert_true(hf_state_apply(state, &change, 1000, NULL));
    for (uint8_t n = 0; n < nodes; n++)
        add_node(state, n);
    struct hf_spec *spec = malloc(sizeof(*spec));
    assert_non_null(spec);
    *spec = state->spec;
    for (unsigned i = 0; i < instances; i++) {
        hf_instance_spec_init(&spec->instances[i]);
        (void)snprintf(spec->instances[i].name, HF_NAME_MAX, "pg%u", i);
    }
    change = change_of(HF_CHANGE_CONFIG);
    assert_true(hf_state_apply(state, &change, 1000, spec));
    free(spec);
}

static void random_change(struct hf_change *change)
{
    static const uint8_t types[] = {HF_CHANGE_REGIME,     HF_CHANGE_NODE_UP, HF_CHANGE_NODE_LOST,
                                    HF_CHANGE_NODE_FLAGS, HF_CHANGE_ASSIGN,  HF_CHANGE_GOAL_STOP,
                                    HF_CHANGE_CLEARED,    HF_CHANGE_PHASE,   HF_CHANGE_RESTART,
                                    HF_CHANGE_EXCLUDE,    HF_CHANGE_WANTED,  HF_CHANGE_NOTED};
    random_structure(&hf_table_change, change);
    change->type = types[random_next() % sizeof(types)];
    change->instance = (uint16_t)(random_next() % 6);
    change->node = (uint8_t)(random_next() % 5);
    change->generation = (uint32_t)(random_next() % 50);
    change->phase = (uint8_t)(random_next() % (HF_PHASE_COUNT + 1));
}

static void hash_test(void **unused)
{
    (void)unused;
    struct hf_state *state = new_state();
    make_cluster(state, 4, 5);
    assert_int_equal(state->hash, hf_state_hash(state));
    for (unsigned r = 0; r < 3000; r++) {
        struct hf_change change;
        random_change(&change);
        uint64_t before = state->hash;
        bool meant = hf_state_apply(state, &change, 2000 + r, NULL);
        assert_int_equal(state->hash, hf_state_hash(state));
        if (!meant)
            assert_int_equal(state->hash, before);
    }
    free(state);
}

/* What touches only the slots in use leaves the same behind as what touches all. */
static void in_use_test(void **unused)
{
    (void)unused;
    struct hf_state *large = new_state(), *small = new_state(), *copy = new_state();
    make_cluster(large, 6, 30);
    make_cluster(small, 2, 3);
    for (unsigned r = 0; r < 700; r++) {
        struct hf_change change;
        random_change(&change);
        change.rejection_count %= 4;
        (void)hf_state_apply(large, &change, 2000 + r, NULL);
    }
    assert_int_equal(large->node_end, 6);
    assert_int_equal(large->instance_end, 30);
    hf_state_copy(copy, large);
    assert_memory_equal(copy, large, sizeof(*copy));
    hf_state_copy(copy, small);
    assert_int_equal(copy->hash, hf_state_hash(copy));
    assert_memory_equal(&copy->spec, &small->spec, sizeof(copy->spec));
    assert_memory_equal(copy->instances, small->instances, sizeof(copy->instances));
    struct hf_state *fresh = new_state();
    bool made = false;
    hf_state_empty(large, &made);
    assert_true(made);
    assert_memory_equal(large, fresh, sizeof(*fresh));
    make_cluster(large, 6, 30);
    hf_state_empty(large, &made);
    assert_memory_equal(large, fresh, sizeof(*fresh));
    free(fresh);
    free(copy);
    free(small);
    free(large);
}

static struct hf_core *new_core(void)
{
    struct hf_core_config config = {.node = 0, .incarnation = 1};
    struct hf_core *core = calloc(1, hf_core_size());
    assert_non_null(core);
    hf_core_init(core, &config, 1000, 1767225600000ull);
    return core;
}

static void snapshot_test(void **unused)
{
    (void)unused;
    struct hf_core *from = new_core(), *to = new_core();
    make_cluster(&from->state, 5, 40);
    for (unsigned r = 0; r < 2000; r++) {
        struct hf_change change;
        random_change(&change);
        change.rejection_count %= 4;
        (void)hf_state_apply(&from->state, &change, 2000 + r, NULL);
    }
    static uint8_t bytes[HF_MESSAGE_MAX];
    uint32_t cursor = 0;
    unsigned parts = 0;
    for (size_t length; (length = hf_core_snapshot(from, &cursor, bytes, sizeof(bytes))) > 0;) {
        assert_true(hf_core_restore_snapshot(to, bytes, length));
        parts++;
    }
    assert_true(parts >= 1);
    assert_int_equal(to->state.hash, from->state.hash);
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++)
        assert_memory_equal(&to->state.spec.instances[i], &from->state.spec.instances[i],
                            sizeof(from->state.spec.instances[i]));
    assert_int_equal(to->state.index, from->state.index);
    assert_int_equal(to->state.epoch, from->state.epoch);
    assert_int_equal(to->state.config_version, from->state.config_version);
    assert_int_equal(to->state.history_count, from->state.history_count);
    bytes[40] ^= 1;
    assert_false(hf_core_restore_snapshot(to, bytes, 100));
    free(from);
    free(to);
}

static size_t decision(uint8_t *bytes, uint64_t epoch, uint64_t index, uint64_t hash)
{
    struct hf_head head = hf_head_empty();
    head.epoch = epoch;
    head.index = index;
    head.hash = hash;
    head.wall_ms = 5000;
    struct hf_writer_buf out;
    hf_message_begin(&out, bytes, HF_MESSAGE_MAX, HF_MESSAGE_DECISION, &head);
    struct hf_change change = change_of(HF_CHANGE_WANTED);
    change.instance = 0;
    hf_message_item(&out, &hf_table_change, &change);
    return hf_message_end(&out);
}

/* A decision counts exactly when it was made for the state that is there. */
static void compare_and_set_test(void **unused)
{
    (void)unused;
    static uint8_t bytes[HF_MESSAGE_MAX];
    struct hf_core *core = new_core();
    make_cluster(&core->state, 3, 2);
    core->state.epoch = 64;
    core->state.index = 7;
    uint64_t hash = core->state.hash;
    assert_false(hf_core_restore_decision(core, bytes, decision(bytes, 65, 7, hash)));
    assert_false(hf_core_restore_decision(core, bytes, decision(bytes, 64, 6, hash)));
    assert_false(hf_core_restore_decision(core, bytes, decision(bytes, 64, 8, hash)));
    assert_false(hf_core_restore_decision(core, bytes, decision(bytes, 64, 7, hash ^ 1)));
    assert_int_equal(core->state.index, 7);
    size_t length = decision(bytes, 64, 7, hash);
    assert_true(hf_core_restore_decision(core, bytes, length));
    assert_int_equal(core->state.index, 8);
    assert_false(hf_core_restore_decision(core, bytes, length));
    free(core);
}

/* A decision one of whose changes cannot be read does nothing at all. */
static void half_decision_test(void **unused)
{
    (void)unused;
    static uint8_t bytes[HF_MESSAGE_MAX];
    static const uint8_t broken[] = {3, 0, 1, 9, 0}; /* a field longer than its item */
    struct hf_core *core = new_core();
    make_cluster(&core->state, 3, 2);
    struct hf_state *before = new_state();
    *before = core->state;
    struct hf_head head = hf_head_empty();
    head.hash = core->state.hash;
    struct hf_writer_buf out;
    hf_message_begin(&out, bytes, sizeof(bytes), HF_MESSAGE_DECISION, &head);
    struct hf_change change = change_of(HF_CHANGE_WANTED);
    change.instance = 0;
    hf_message_item(&out, &hf_table_change, &change);
    hf_write_bytes(&out, broken, sizeof(broken));
    assert_false(hf_core_restore_decision(core, bytes, hf_message_end(&out)));
    assert_memory_equal(&core->state, before, sizeof(*before));
    free(before);
    free(core);
}

/* A snapshot counts only when its last message can be read to the end. */
static void half_snapshot_test(void **unused)
{
    (void)unused;
    static uint8_t bytes[HF_MESSAGE_MAX];
    struct hf_core *from = new_core(), *to = new_core();
    struct hf_state *before = new_state();
    make_cluster(&from->state, 3, 2);
    *before = to->state;
    uint32_t cursor = 0;
    size_t length = hf_core_snapshot(from, &cursor, bytes, sizeof(bytes) - 2);
    struct hf_writer_buf out = {bytes, sizeof(bytes), length, false, HF_FORMAT_ALL};
    hf_write_u16(&out, 7); /* an item that is not there */
    assert_int_equal(hf_message_end(&out), length + 2);
    assert_false(hf_core_restore_snapshot(to, bytes, length + 2));
    assert_false(to->receiving);
    assert_memory_equal(&to->state, before, sizeof(*before));
    out.length = length;
    (void)hf_message_end(&out);
    assert_true(hf_core_restore_snapshot(to, bytes, length));
    assert_int_equal(to->state.hash, from->state.hash);
    free(before);
    free(from);
    free(to);
}

/* A member that joined after an instance was removed agrees with the others when its slot is used
 * again: its generation goes on. */
static void removed_instance_test(void **unused)
{
    (void)unused;
    static uint8_t bytes[HF_MESSAGE_MAX];
    struct hf_core *from = new_core(), *to = new_core();
    make_cluster(&from->state, 3, 2);
    struct hf_change change = change_of(HF_CHANGE_ASSIGN);
    change.instance = 1;
    change.node = 2;
    change.generation = 7;
    assert_true(hf_state_apply(&from->state, &change, 2000, NULL));
    struct hf_spec *spec = malloc(sizeof(*spec)), *without = malloc(sizeof(*without));
    assert_true(spec && without);
    *spec = *without = from->state.spec;
    memset(&without->instances[1], 0, sizeof(without->instances[1]));
    change = change_of(HF_CHANGE_CONFIG);
    assert_true(hf_state_apply(&from->state, &change, 2001, without));
    uint32_t cursor = 0;
    for (size_t length; (length = hf_core_snapshot(from, &cursor, bytes, sizeof(bytes))) > 0;)
        assert_true(hf_core_restore_snapshot(to, bytes, length));
    assert_int_equal(to->state.hash, from->state.hash);
    assert_true(hf_state_apply(&from->state, &change, 2002, spec));
    assert_true(hf_state_apply(&to->state, &change, 2002, spec));
    assert_int_equal(to->state.instances[1].generation, 7);
    assert_int_equal(to->state.hash, from->state.hash);
    free(spec);
    free(without);
    free(from);
    free(to);
}

/* What no node is cannot become part of the state: a joiner would refuse its snapshot for ever. */
static void no_such_node_test(void **unused)
{
    (void)unused;
    struct hf_state *state = new_state();
    make_cluster(state, 3, 1);
    struct hf_change change = change_of(HF_CHANGE_ASSIGN);
    change.instance = 0;
    change.node = 1;
    change.generation = 1;
    assert_true(hf_state_apply(state, &change, 2000, NULL));
    for (unsigned node = HF_NODES_MAX; node < HF_NODE_NONE; node++) {
        change = change_of(HF_CHANGE_GOAL_STOP);
        change.instance = 0;
        change.node = (uint8_t)node;
        assert_false(hf_state_apply(state, &change, 2001, NULL));
    }
    change.node = HF_NODE_NONE;
    assert_true(hf_state_apply(state, &change, 2001, NULL));
    assert_true(hf_instance_state_valid(&state->instances[0]));
    free(state);
}

struct owners_case {
    uint8_t preferred[4], count;
    uint64_t possible, passive;
    uint8_t from;
    const char *wanted;
};

static void owners_test(void **unused)
{
    (void)unused;
    static const struct owners_case cases[] = {
        {{0}, 0, 0, 0, HF_NODE_NONE, "0123"},    /* no wishes: by number */
        {{0}, 0, 0, 8, HF_NODE_NONE, "0123"},    /* a first start: active ones first */
        {{0}, 0, 0, 8, 0, "3120"},               /* a failover: the passive one first */
        {{2, 0}, 2, 0, 0, HF_NODE_NONE, "2013"}, /* preferred ones from the top */
        {{2, 0}, 2, 0, 0, 2, "0132"},            /* down the list */
        {{2, 0}, 2, 0, 0, 0, "2130"},            /* and round again */
        {{2, 0}, 2, 0, 0, 1, "2031"},            /* from elsewhere: the top */
        {{1, 2}, 2, 6, 0, 1, "21"},              /* possible owners only */
        {{0, 1}, 2, 6, 0, HF_NODE_NONE, "12"},   /* preferred but not possible: not taken */
        {{1}, 1, 2, 0, 1, "1"},                  /* the only one */
    };
    struct hf_state *state = new_state();
    make_cluster(state, 4, 1);
    for (unsigned c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        struct hf_instance_spec *spec = &state->spec.instances[0];
        spec->preferred_count = cases[c].count;
        memcpy(spec->preferred, cases[c].preferred, 4);
        spec->possible = cases[c].possible;
        for (unsigned n = 0; n < 4; n++)
            state->spec.nodes[n].role =
                cases[c].passive >> n & 1 ? HF_ROLE_PASSIVE : HF_ROLE_ACTIVE;
        uint8_t order[HF_NODES_MAX];
        char text[HF_NODES_MAX + 1] = "";
        unsigned count = hf_owners_order(state, 0, cases[c].from, order);
        for (unsigned k = 0; k < count; k++)
            text[k] = (char)('0' + order[k]);
        assert_string_equal(text, cases[c].wanted);
    }
    free(state);
}

/* Seniority: who has been a member longest; one that is not up yet comes last. */
static void senior_test(void **unused)
{
    (void)unused;
    struct hf_state *state = new_state();
    make_cluster(state, 3, 1);
    state->nodes[0].joined_epoch = 300;
    state->nodes[1].joined_epoch = 100;
    state->nodes[2].joined_epoch = 100;
    assert_int_equal(hf_state_senior(state, 7), 1);
    assert_int_equal(hf_state_senior(state, 5), 2);
    state->nodes[1].up = false;
    assert_int_equal(hf_state_senior(state, 7), 2);
    assert_int_equal(hf_state_senior(state, 2), 1);
    assert_int_equal(hf_state_senior(state, 0), HF_NODE_NONE);
    free(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_test),
        cmocka_unit_test(in_use_test),
        cmocka_unit_test(snapshot_test),
        cmocka_unit_test(compare_and_set_test),
        cmocka_unit_test(half_decision_test),
        cmocka_unit_test(half_snapshot_test),
        cmocka_unit_test(removed_instance_test),
        cmocka_unit_test(no_such_node_test),
        cmocka_unit_test(owners_test),
        cmocka_unit_test(senior_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
