/*
 * test_core_format.c - the format in use: what the tables leave out and empty, which specification
 * needs which format, when it is raised, and what a member does that cannot read what is decided.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/impl.h"
#include "core/tables.h"

#define ROOM 16384u

static struct hf_actions actions;

static struct hf_core *new_core(uint8_t node, uint16_t speaks)
{
    struct hf_core_config config = {.node = node, .incarnation = 1, .speaks = speaks};
    struct hf_core *core = calloc(1, hf_core_size());
    assert_non_null(core);
    hf_core_init(core, &config, 1000, 1767225600000ull);
    return core;
}

static struct hf_instance_spec described(void)
{
    struct hf_instance_spec spec;
    hf_instance_spec_init(&spec);
    (void)snprintf(spec.name, sizeof(spec.name), "pg");
    memset(spec.description, 'x', HF_EXT_MAX + 40);
    return spec;
}

static size_t encoded(const struct hf_instance_spec *spec, uint16_t format, uint8_t *bytes)
{
    struct hf_writer_buf out = {bytes, ROOM, 0, false, format};
    hf_encode(&out, &hf_table_instance_spec, spec);
    assert_false(out.overflow);
    return out.length;
}

static bool decoded(const uint8_t *bytes, size_t length, uint16_t format,
                    struct hf_instance_spec *spec)
{
    struct hf_reader_buf in = {bytes, length, 0, false, format};
    return hf_decode(&in, &hf_table_instance_spec, spec);
}

static void test_tables(void **unused)
{
    (void)unused;
    static uint8_t bytes[ROOM];
    struct hf_instance_spec spec = described(), plain = described(), read;
    plain.description[0] = '\0';
    assert_int_equal(hf_table_needs(&hf_table_instance_spec, &spec), 2);
    assert_int_equal(hf_table_needs(&hf_table_instance_spec, &plain), HF_FORMAT_FIRST);
    /* In the older format it is not there, for a newer reader as for an older one. */
    assert_true(decoded(bytes, encoded(&spec, 1, bytes), HF_FORMAT_ALL, &read));
    assert_string_equal(read.description, "");
    assert_true(decoded(bytes, encoded(&spec, 2, bytes), 2, &read));
    assert_string_equal(read.description, spec.description);
    /* What an older reader would do with it: more than it keeps of unknown fields. */
    assert_false(decoded(bytes, encoded(&spec, 2, bytes), 1, &read));
    spec.description[20] = '\0';
    assert_true(decoded(bytes, encoded(&spec, 2, bytes), 1, &read));
    assert_string_equal(read.description, "");
    assert_int_equal(read.ext_len, 23);
    hf_table_limit(&hf_table_instance_spec, &spec, 2);
    assert_int_not_equal(spec.description[0], 0);
    hf_table_limit(&hf_table_instance_spec, &spec, 1);
    assert_int_equal(hf_table_needs(&hf_table_instance_spec, &spec), HF_FORMAT_FIRST);
    assert_string_equal(spec.name, "pg");
}

/* Three nodes, all there, node 0 coordinates. */
static struct hf_core *coordinator(uint16_t speaks)
{
    struct hf_core *core = new_core(0, speaks);
    (void)snprintf(core->state.spec.cluster.name, HF_NAME_MAX, "lab");
    for (uint8_t n = 0; n < 3; n++) {
        (void)snprintf(core->state.spec.nodes[n].name, HF_NAME_MAX, "db%u", n + 1u);
        core->state.nodes[n].joined_epoch = 1;
        core->state.nodes[n].up = true;
        core->hellos[n].speaks = 2;
    }
    core->state.node_end = 3;
    core->synced = core->membership.members = core->state.members = 7;
    core->synced_self = true;
    core->state.coordinator = 0;
    core->state.hash = hf_state_hash(&core->state);
    return core;
}

/* The format that would be decided; 0 = none. */
static uint64_t proposed(struct hf_core *core)
{
    static struct hf_proposal proposal;
    struct hf_message message;
    struct hf_reader_buf item;
    struct hf_change change;
    proposal.core = core;
    proposal.count = 0;
    proposal.full = false;
    hf_propose_format(core, &proposal);
    if (!proposal.count)
        return 0;
    size_t length = hf_message_end(&proposal.out);
    assert_true(hf_message_open(&message, proposal.bytes, length));
    assert_true(hf_message_next(&message, &item));
    assert_true(hf_message_read(&item, &hf_table_change, &change));
    assert_int_equal(change.type, HF_CHANGE_FORMAT);
    assert_int_equal(change.reason.code, HF_REASON_FORMAT_RAISED);
    assert_int_equal(hf_format_of_record(proposal.bytes, length), change.number);
    return change.number;
}

static void test_raised(void **unused)
{
    (void)unused;
    struct hf_core *core = coordinator(2);
    assert_int_equal(proposed(core), 2);
    core->hellos[1].speaks = 1; /* one is older */
    assert_int_equal(proposed(core), 0);
    core->hellos[1].speaks = 0; /* or did not say */
    assert_int_equal(proposed(core), 0);
    core->hellos[1].speaks = 2;
    core->synced = core->state.members = 3; /* one has not the state yet */
    assert_int_equal(proposed(core), 0);
    core->membership.members = 3; /* or is away, and may come back older than it was */
    assert_int_equal(proposed(core), 0);
    core->state.nodes[2].joined_epoch = 0; /* but nobody waits for one that never came */
    assert_int_equal(proposed(core), 2);
    core->state.format = 2; /* never lowered, nor said twice */
    assert_int_equal(proposed(core), 0);
    core->hellos[1].speaks = 1;
    assert_int_equal(proposed(core), 0);
    free(core);
}

static void test_hinders(void **unused)
{
    (void)unused;
    char text[512];
    struct hf_core *core = coordinator(2);
    core->hellos[1].speaks = core->hellos[2].speaks = 1;
    struct hf_reason reason = hf_format_hinders(core, 2);
    assert_int_equal(reason.code, HF_REASON_FORMAT_NEEDED);
    (void)hf_reason_text(&reason, &core->state.spec, text, sizeof(text));
    assert_non_null(strstr(text, "on: db2, db3;"));
    core->hellos[1].speaks = core->hellos[2].speaks = 2;
    core->state.nodes[2].speaks = 2;
    core->hellos[2].speaks = 0;
    core->synced = core->membership.members = core->state.members = 3;
    reason = hf_format_hinders(core, 2);
    assert_int_equal(reason.code, HF_REASON_FORMAT_WAITS);
    (void)hf_reason_text(&reason, &core->state.spec, text, sizeof(text));
    assert_non_null(strstr(text, "missing: db3;"));
    assert_int_equal(hf_format_hinders(core, 1).code, HF_REASON_NONE);
    core->state.format = 2;
    assert_int_equal(hf_format_hinders(core, 2).code, HF_REASON_NONE);
    free(core);
}

/* Becomes the format in use: what only newer members had before begins empty. */
static void test_applied(void **unused)
{
    (void)unused;
    struct hf_core *core = coordinator(2);
    struct hf_state *state = &core->state;
    struct hf_change change = hf_change_make(HF_CHANGE_FORMAT, HF_REASON_FORMAT_RAISED);
    state->spec.instances[0] = described();
    state->instances[0].owners_had = 5;
    state->instance_end = 1;
    state->hash = hf_state_hash(state);
    change.number = 2;
    assert_true(hf_state_apply(state, &change, 2000, NULL));
    assert_int_equal(state->format, 2);
    assert_int_equal(state->instances[0].owners_had, 0);
    assert_string_equal(state->spec.instances[0].description, "");
    assert_int_equal(state->hash, hf_state_hash(state));
    assert_false(hf_state_apply(state, &change, 2000, NULL));
    change.number = 1;
    assert_false(hf_state_apply(state, &change, 2000, NULL));
    change.number = HF_FORMAT_PLANNED + 1;
    assert_false(hf_state_apply(state, &change, 2000, NULL));
    assert_int_equal(state->format, 2);
    free(core);
}

static const struct hf_action *halt_of(struct hf_core *core, struct hf_event *event)
{
    event->now_ms = 1000;
    hf_core_step(core, event, &actions);
    for (uint32_t a = 0; a < actions.count; a++) {
        if (actions.list[a].type == HF_ACTION_HALT)
            return &actions.list[a];
    }
    return NULL;
}

/* A decision on the core's state, with one change. */
static size_t decision(const struct hf_core *core, const struct hf_change *change, uint8_t *bytes)
{
    struct hf_writer_buf out;
    struct hf_head head = hf_head_empty();
    head.epoch = core->state.epoch;
    head.index = core->state.index;
    head.hash = core->state.hash;
    hf_message_begin(&out, bytes, HF_MESSAGE_MAX, HF_MESSAGE_DECISION, &head);
    hf_message_item(&out, &hf_table_change, change);
    return hf_message_end(&out);
}

/* An older daemon on a disk, and in a group, that are ahead of it. */
static void test_too_old(void **unused)
{
    (void)unused;
    static uint8_t bytes[HF_MESSAGE_MAX];
    struct hf_core *newer = coordinator(2), *older = new_core(1, 1);
    struct hf_change change = hf_change_make(HF_CHANGE_FORMAT, HF_REASON_FORMAT_RAISED);
    struct hf_event tick = {.type = HF_EVENT_TICK};
    uint32_t cursor = 0;
    newer->state.format = 2;
    newer->state.hash = hf_state_hash(&newer->state);
    size_t length = hf_core_snapshot(newer, &cursor, bytes, sizeof(bytes));
    assert_int_equal(hf_format_of_record(bytes, length), 2);
    assert_false(hf_core_restore_snapshot(older, bytes, length));
    assert_int_equal(older->state.index, 0);
    const struct hf_action *halt = halt_of(older, &tick);
    assert_non_null(halt);
    assert_int_equal(halt->reason.code, HF_REASON_FORMAT_TOO_NEW);
    assert_int_equal(halt->reason.number, 2);
    assert_int_equal(halt->reason.node, 1);
    assert_int_equal(actions.count, 1);
    free(older);
    older = coordinator(1);
    older->sync = HF_SYNC_REGIME;
    change.number = 2;
    struct hf_event event = {.type = HF_EVENT_MESSAGE};
    event.message = (struct hf_event_message){2, bytes, decision(older, &change, bytes)};
    halt = halt_of(older, &event);
    assert_non_null(halt);
    assert_int_equal(halt->reason.code, HF_REASON_FORMAT_TOO_NEW);
    assert_int_equal(older->state.format, HF_FORMAT_FIRST);
    assert_int_equal(older->state.index, 0);
    free(older);
    free(newer);
}

/* No member is given more unknown fields than it keeps; one that were could not go on, and says so
 * before it has another state than the rest. */
static void test_unreadable(void **unused)
{
    (void)unused;
    static uint8_t bytes[HF_MESSAGE_MAX];
    struct hf_core *core = coordinator(1);
    struct hf_instance_spec spec = described();
    struct hf_writer_buf out;
    struct hf_head head = hf_head_empty();
    core->sync = HF_SYNC_REGIME;
    head.id = 9;
    hf_message_begin(&out, bytes, sizeof(bytes), HF_MESSAGE_PART, &head);
    hf_message_record(&out, HF_RECORD_INSTANCE_SPEC, 0, &hf_table_instance_spec, &spec);
    struct hf_event event = {.type = HF_EVENT_MESSAGE};
    event.message = (struct hf_event_message){2, bytes, hf_message_end(&out)};
    assert_null(halt_of(core, &event));
    assert_true(core->stage.broken);
    struct hf_change change = hf_change_make(HF_CHANGE_CONFIG, HF_REASON_CONFIGURED);
    change.origin = 2;
    change.request = 9;
    event.message.length = decision(core, &change, bytes);
    const struct hf_action *halt = halt_of(core, &event);
    assert_non_null(halt);
    assert_int_equal(halt->reason.code, HF_REASON_CONFIG_UNREADABLE);
    assert_int_equal(core->state.index, 0);
    free(core);
}

/* A command that the coordinator has no word for is refused with a reason. */
static void test_unknown_command(void **unused)
{
    (void)unused;
    static const uint8_t verbs[] = {HF_VERB_NONE, HF_VERBS, 200};
    for (unsigned v = 0; v < sizeof(verbs); v++) {
        static struct hf_proposal proposal;
        struct hf_core *core = coordinator(1);
        struct hf_queued queued = {.origin = 2, .head = hf_head_empty()};
        struct hf_message message;
        struct hf_reader_buf item;
        struct hf_change change;
        char text[512];
        queued.head.verb = verbs[v];
        queued.head.id = 3;
        proposal.core = core;
        proposal.count = 0;
        proposal.full = false;
        hf_decide_request(core, &queued, &proposal);
        size_t length = hf_message_end(&proposal.out);
        assert_true(hf_message_open(&message, proposal.bytes, length));
        assert_true(hf_message_next(&message, &item));
        assert_true(hf_message_read(&item, &hf_table_change, &change));
        assert_int_equal(change.type, HF_CHANGE_REFUSED);
        assert_int_equal(change.reason.code, HF_REASON_UNKNOWN_COMMAND);
        (void)hf_reason_text(&change.reason, &core->state.spec, text, sizeof(text));
        assert_non_null(strstr(text, "upgrade db1"));
        free(core);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),          cmocka_unit_test(test_raised),
        cmocka_unit_test(test_hinders),         cmocka_unit_test(test_applied),
        cmocka_unit_test(test_too_old),         cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_unknown_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
