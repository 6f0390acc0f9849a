/*
 * The answers to status, why and history from a state built by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <stdio.h>

#include "daemon/control_reply.h"
#include "daemon/status_hint.h"
#include "test_control_world.h"

static const char *str(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "(null)";
}

static const json_t *by(const json_t *list, const char *key, const char *value)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(str(json_array_get(list, i), key), value) == 0)
            return json_array_get(list, i);
    fail_msg("no entry with %s = %s", key, value);
    return NULL;
}

static void status_of_a_member(void **unused)
{
    (void)unused;
    struct hf_state *state = world_new();
    struct hf_status_input input = world_input(state);
    json_t *reply = hf_status_reply(&input);
    const json_t *data = json_object_get(reply, "data");
    assert_string_equal(str(json_object_get(reply, "self"), "name"), "db3");
    assert_string_equal(str(json_object_get(reply, "self"), "state"), "up");
    const json_t *cluster = json_object_get(data, "cluster");
    assert_true(json_is_true(json_object_get(cluster, "quorate")));
    assert_string_equal(str(cluster, "coordinator"), "db2");
    const json_t *nodes = json_object_get(data, "nodes");
    assert_int_equal(json_array_size(nodes), 3);
    assert_string_equal(str(by(nodes, "name", "db1"), "state"), "down");
    assert_string_equal(str(by(nodes, "name", "db3"), "role"), "passive");
    const json_t *instances = json_object_get(data, "instances");
    const json_t *msgbox = by(instances, "name", "msgbox");
    assert_string_equal(str(msgbox, "phase"), "online");
    assert_string_equal(str(msgbox, "owner"), "db3");
    assert_string_equal(str(msgbox, "next"), "db2");
    assert_string_equal(str(msgbox, "priority_word"), "runtime");
    assert_true(json_is_null(json_object_get(by(instances, "name", "main"), "next")));
    assert_string_equal(str(json_object_get(data, "last"), "text"),
                        "msgbox failed over db1 -> db3");
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(data, "last"), "outage_ms")), 810);
    json_decref(reply);
    free(state);
}

/* Known of msgbox only. */
static bool expect_of_msgbox(void *user, uint16_t instance, struct hf_recovery_estimate *ret)
{
    const struct hf_recovery_estimate *expected = user;
    *ret = *expected;
    return instance == MSGBOX;
}

static void recovery_that_is_expected(void **unused)
{
    (void)unused;
    struct hf_state *state = world_new();
    struct hf_status_input input = world_input(state);
    struct hf_recovery_estimate expected = {
        .total_ms = 912, .log_bytes = 41u << 20, .rate = 72u << 20, .rate_samples = 3};
    for (unsigned round = 0; round < 3; round++) {
        /* Not asked for; asked for; the cluster's state is not known here. */
        input.recovery = round ? expect_of_msgbox : NULL;
        input.local_user = &expected;
        input.view.condition = round == 2 ? HF_CORE_NO_QUORUM : HF_CORE_MEMBER;
        json_t *data = hf_status_json(&input);
        const json_t *instances = json_object_get(data, "instances");
        const json_t *msgbox = by(instances, "name", "msgbox");
        const json_t *recovery = json_object_get(msgbox, "recovery");
        const json_t *total = json_object_get(msgbox, "recovery_ms");
        assert_int_equal(json_is_null(total), round != 1);
        assert_int_equal(json_is_null(recovery), round != 1);
        assert_int_equal(json_integer_value(total), round == 1 ? 912 : 0);
        assert_int_equal(json_integer_value(json_object_get(recovery, "log_bytes")),
                         round == 1 ? 41u << 20 : 0);
        assert_int_equal(json_integer_value(json_object_get(recovery, "rate_samples")),
                         round == 1 ? 3 : 0);
        assert_true(json_is_null(json_object_get(by(instances, "name", "main"), "recovery_ms")));
        json_decref(data);
    }
    free(state);
}

static json_t *seen_of(const json_t *data, const char *node, const char *network)
{
    const json_t *links =
        json_object_get(by(json_object_get(data, "nodes"), "name", node), "links");
    return json_object_get(links, network);
}

static void a_network_that_is_gone_is_told(void **unused)
{
    (void)unused;
    struct hf_state *state = world_new();
    struct hf_status_input input = world_input(state);
    const struct hf_status_links links = {.known = {1u << DB2, 1u << DB2}, .up = {0, 1u << DB2}};
    input.links = &links;
    json_t *data = hf_status_json(&input);
    assert_true(json_is_false(seen_of(data, "db2", "private")));
    assert_true(json_is_true(seen_of(data, "db2", "public")));
    assert_true(json_is_null(seen_of(data, "db3", "private")));
    const json_t *warning = by(json_object_get(data, "warnings"), "code", "link-down");
    assert_string_equal(
        str(warning, "text"),
        "the private network between db3 and db2 is down: only the public one is left");
    assert_string_equal(str(warning, "network"), "private");
    assert_non_null(strstr(str(warning, "hint"), "corosync-cfgtool -s"));
    const json_t *nodes = json_object_get(warning, "nodes");
    assert_int_equal(json_array_size(nodes), 1);
    assert_string_equal(json_string_value(json_array_get(nodes, 0)), "db2");
    json_decref(data);
    free(state);
}

/* One fault, one warning: it is this node's own that is cut. */
static void a_node_without_one_network_says_so_once(void **unused)
{
    (void)unused;
    struct hf_state *state = world_new();
    struct hf_status_input input = world_input(state);
    const uint64_t both = 1u << DB1 | 1u << DB2;
    const struct hf_status_links links = {.known = {both, both}, .up = {both, 0}};
    input.links = &links;
    input.view.members |= both;
    json_t *list = hf_status_warnings_json(&input);
    const json_t *warning = by(list, "code", "link-down");
    assert_string_equal(
        str(warning, "text"),
        "db3 reaches no other node over the public network: only the private one is left");
    assert_int_equal(json_array_size(json_object_get(warning, "nodes")), 2);
    json_decref(list);
    free(state);
}

static void assert_no_link_warning(const struct hf_status_input *input)
{
    json_t *list = hf_status_warnings_json(input);
    for (size_t i = 0; i < json_array_size(list); i++)
        assert_string_not_equal(str(json_array_get(list, i), "code"), "link-down");
    json_decref(list);
}

static void what_is_no_lost_network_is_not_told_as_one(void **unused)
{
    (void)unused;
    struct hf_state *state = world_new();
    struct hf_status_input input = world_input(state);
    const uint64_t db1 = 1u << DB1, db2 = 1u << DB2;
    const struct hf_status_links all_is_well = {.known = {db2, db2}, .up = {db2, db2}};
    const struct hf_status_links not_known = {.known = {0, db2}, .up = {0, db2}};
    const struct hf_status_links about_to_be_lost = {.known = {db2, db2}, .up = {0, 0}};
    const struct hf_status_links no_member = {.known = {db1, db1}, .up = {0, db1}};
    assert_no_link_warning(&input);
    input.links = &all_is_well;
    assert_no_link_warning(&input);
    input.links = &not_known;
    assert_no_link_warning(&input);
    input.links = &about_to_be_lost;
    assert_no_link_warning(&input);
    input.links = &no_member;
    assert_no_link_warning(&input);
    free(state);
}

/* A whole room is cut off on one network: the text stays short, the data are whole. */
static void many_nodes_are_counted(void **unused)
{
    (void)unused;
    struct hf_state *state = world_new();
    struct hf_status_input input = world_input(state);
    for (uint8_t n = 3; n < 10; n++) {
        (void)snprintf(state->spec.nodes[n].name, HF_NAME_MAX, "db%u", n + 1u);
        input.view.members |= UINT64_C(1) << n;
    }
    const uint64_t all = input.view.members & ~(UINT64_C(1) << DB3);
    const struct hf_status_links links = {.known = {all, all}, .up = {1u << DB2, all}};
    input.links = &links;
    json_t *list = hf_status_warnings_json(&input);
    const json_t *warning = by(list, "code", "link-down");
    assert_string_equal(str(warning, "text"),
                        "the private network between db3 and db4, db5, db6, db7 and 3 more is "
                        "down: only the public one is left");
    assert_int_equal(json_array_size(json_object_get(warning, "nodes")), 7);
    json_decref(list);
    free(state);
}

/* msgbox shares db3 with sso, then is alone again; its engine runs here. */
static json_int_t amount(const json_t *json, const char *first, const char *second)
{
    const json_t *number = json_object_get(json_object_get(json, first), second);
    return json_is_integer(number) ? json_integer_value(number) : -1;
}

/* Stated beside measured, in the same units; of other nodes this one knows what is stated. */
static void demand_and_use(void **unused)
{
    (void)unused;
    struct hf_state *state = world_new();
    struct hf_status_input input = world_input(state);
    struct hf_status_use *uses = calloc(HF_INSTANCES_MAX, sizeof(*uses));
    assert_non_null(uses);
    state->spec.instances[MSGBOX].demand[HF_MEMORY] = 2048;
    state->spec.instances[MSGBOX].demand[HF_NETWORK] = 100;
    state->spec.nodes[0].capacity[HF_CPU] = 8000;
    uses[MSGBOX].used = (struct hf_status_used){.at_ms = 77, .known = 1u << HF_MEASURE_CPU};
    uses[MSGBOX].used.amount[HF_MEASURE_CPU] = 310;
    uses[MSGBOX].measured = (struct hf_measure_demand){.known = 1u << HF_MEASURE_IO, .hours = 5};
    uses[MSGBOX].measured.amount[HF_MEASURE_IO] = 120;
    struct hf_status_machine machine = {.used = {.at_ms = 78}, .has = {.cpu_milli = 4000}};
    input.uses = uses;
    input.machine = &machine;
    json_t *reply = hf_status_json(&input);
    const json_t *instances = json_object_get(reply, "instances");
    const json_t *demand = json_object_get(by(instances, "name", "msgbox"), "demand");
    assert_int_equal(amount(demand, "stated", "memory_bytes"), 2147483648);
    assert_int_equal(amount(demand, "stated", "network_bytes_s"), 12500000);
    assert_int_equal(amount(demand, "stated", "cpu_milli"), -1);
    assert_int_equal(amount(demand, "used", "cpu_milli"), 310);
    assert_int_equal(amount(demand, "used", "io_per_s"), -1);
    assert_int_equal(amount(demand, "used", "at_ms"), 77);
    assert_int_equal(amount(demand, "measured", "io_per_s"), 120);
    assert_int_equal(amount(demand, "measured", "hours"), 5);
    demand = json_object_get(by(instances, "name", "main"), "demand");
    assert_true(json_is_null(json_object_get(demand, "used")));
    assert_true(json_is_null(json_object_get(demand, "measured")));
    const json_t *nodes = json_object_get(reply, "nodes");
    const json_t *db1 = json_object_get(by(nodes, "name", "db1"), "capacity");
    assert_int_equal(amount(db1, "stated", "cpu_milli"), 8000);
    assert_true(json_is_null(json_object_get(db1, "measured")));
    const json_t *db3 = json_object_get(by(nodes, "name", "db3"), "capacity");
    assert_int_equal(amount(db3, "measured", "cpu_milli"), 4000);
    assert_int_equal(amount(db3, "used", "at_ms"), 78);
    json_decref(reply);
    free(uses);
    free(state);
}

static void sizes_are_told(void **unused)
{
    (void)unused;
    struct hf_state *state = world_new();
    struct hf_status_input input = world_input(state);
    struct hf_status_size *sizes = calloc(HF_INSTANCES_MAX, sizeof(*sizes));
    assert_non_null(sizes);
    hf_state_used(state, SSO);
    state->spec.instances[MSGBOX].degraded[HF_MEMORY] = 1;
    sizes[MSGBOX] = (struct hf_status_size){.seen = true,
                                            .degraded = true,
                                            .since_ms = 77,
                                            .waits = "at the next start: shared_buffers"};
    input.sizes = sizes;
    state->instances[SSO].owner = DB3;
    json_t *data = hf_status_json(&input);
    const json_t *msgbox = by(json_object_get(data, "instances"), "name", "msgbox");
    assert_true(json_is_true(json_object_get(msgbox, "degraded")));
    assert_int_equal(json_integer_value(json_object_get(msgbox, "degraded_since_ms")), 77);
    assert_string_equal(str(msgbox, "size_waits"), "at the next start: shared_buffers");
    assert_string_equal(str(by(json_object_get(data, "warnings"), "code", "size-waits"), "text"),
                        "msgbox shares db3 and is degraded, but not all of it: at the next start: "
                        "shared_buffers");
    json_decref(data);
    state->instances[SSO].owner = HF_NODE_NONE;
    sizes[MSGBOX].degraded = false;
    data = hf_why_json(&input, MSGBOX);
    assert_true(json_is_false(json_object_get(data, "degraded")));
    assert_int_equal(json_integer_value(json_object_get(data, "degraded_since_ms")), 0);
    json_t *warnings = hf_status_warnings_json(&input);
    const json_t *warning = by(warnings, "code", "size-waits");
    assert_string_equal(str(warning, "text"),
                        "msgbox is alone on db3 and back to full size at the next start: "
                        "shared_buffers");
    assert_non_null(strstr(str(warning, "hint"), "holdfast offline msgbox"));
    json_decref(warnings);
    json_decref(data);
    free(sizes);
    free(state);
}

/* Another node knows only what is in the state. */
static void sizes_as_others_see_them(void **unused)
{
    (void)unused;
    struct hf_state *state = world_new();
    struct hf_status_input input = world_input(state);
    struct hf_status_size *sizes = calloc(HF_INSTANCES_MAX, sizeof(*sizes));
    assert_non_null(sizes);
    hf_state_used(state, SSO);
    state->spec.instances[MSGBOX].degraded[HF_MEMORY] = 1;
    state->instances[SSO].owner = DB3;
    sizes[MSGBOX] = (struct hf_status_size){.seen = true, .degraded = true, .waits = "old"};
    input.sizes = sizes;
    input.self = DB2;
    json_t *json = hf_status_size_json(&input, MSGBOX);
    assert_true(json_is_true(json_object_get(json, "degraded")));
    assert_true(json_is_null(json_object_get(json, "size_waits")));
    json_decref(json);
    input.sizes = NULL;
    input.view.condition = HF_CORE_NO_QUORUM;
    json = hf_status_size_json(&input, MSGBOX);
    assert_true(json_is_false(json_object_get(json, "degraded")));
    json_decref(json);
    free(sizes);
    free(state);
}

static void warnings_say_what_to_do(void **unused)
{
    (void)unused;
    struct hf_state *state = world_new();
    struct hf_status_input input = world_input(state);
    state->nodes[DB2].quarantined = true;
    json_t *warnings = hf_status_warnings_json(&input);
    assert_string_equal(str(by(warnings, "code", "node-down"), "node"), "db1");
    const json_t *stranded = by(warnings, "code", "stranded");
    assert_string_equal(str(stranded, "text"), "main is stranded: no node may and can run it now");
    assert_string_equal(str(stranded, "detail"), "FATAL: data directory is missing ?");
    assert_int_equal(json_array_size(json_object_get(stranded, "rejected")), 2);
    assert_non_null(strstr(str(stranded, "hint"), "holdfast online main"));
    assert_non_null(
        strstr(str(by(warnings, "code", "node-quarantined"), "hint"), "holdfast resume db2"));
    assert_string_equal(str(by(warnings, "code", "no-next"), "instance"), "msgbox");
    json_decref(warnings);
    free(state);
}

static void local_stopping(void *user, uint16_t instance, struct hf_local_view *ret)
{
    (void)user;
    memset(ret, 0, sizeof(*ret));
    ret->inspected = true;
    ret->phase = instance == MSGBOX ? HF_STOPPING : HF_OFFLINE;
    ret->unclean = instance == MSGBOX;
}

static void without_quorum_nothing_old_is_shown_as_new(void **unused)
{
    (void)unused;
    struct hf_state *state = world_new();
    struct hf_status_input input = world_input(state);
    input.view.condition = HF_CORE_NO_QUORUM;
    input.view.members = 1u << DB3;
    input.local = local_stopping;
    json_t *data = hf_status_json(&input);
    assert_false(json_is_true(json_object_get(json_object_get(data, "cluster"), "quorate")));
    const json_t *instances = json_object_get(data, "instances");
    assert_string_equal(str(by(instances, "name", "msgbox"), "phase"), "stopping");
    assert_string_equal(str(by(instances, "name", "main"), "phase"), "unknown");
    assert_string_equal(str(by(json_object_get(data, "nodes"), "name", "db2"), "state"),
                        "not seen");
    const json_t *warnings = json_object_get(data, "warnings");
    assert_non_null(by(warnings, "code", "no-quorum"));
    assert_string_equal(str(by(warnings, "code", "unclean"), "instance"), "msgbox");
    assert_int_equal(json_array_size(warnings), 2);
    json_decref(data);
    free(state);
}

static void an_empty_state_has_a_status(void **unused)
{
    (void)unused;
    struct hf_state *state = world_new();
    hf_state_init(state);
    struct hf_status_input input = world_input(state);
    for (int c = HF_CORE_NO_ENGINE; c <= HF_CORE_MEMBER; c++) {
        input.view.condition = (enum hf_core_condition)c;
        json_t *reply = hf_status_reply(&input);
        assert_non_null(reply);
        assert_int_equal(json_array_size(json_object_get(json_object_get(reply, "data"), "nodes")),
                         0);
        json_decref(reply);
    }
    free(state);
}

static void why_tells_the_takeover(void **unused)
{
    (void)unused;
    static const struct {
        const char *kind, *text;
        int at_ms, took_ms;
    } want[] = {
        {"noticed", "db1 stopped answering on all networks", 0, -1},
        {"decided", "db3 takes over: next in the order of preferred owners", 2, -1},
        {"reservation", "reservation taken from db1 (generation 17 -> 18)", 10, 8},
        {"address", "address 10.77.0.101 up", 14, 4},
        {"mounted", "/srv/msgbox mounted (wwn-0x6001405a11ce0001)", 78, 68},
        {"recovered", "engine started, its recovery done", 643, 565},
        {"online", "online: db3 serves clients", 810, 808},
    };
    struct hf_state *state = world_new();
    struct hf_status_input input = world_input(state);
    json_t *why = hf_why_json(&input, MSGBOX);
    const json_t *timeline = json_object_get(why, "timeline");
    assert_int_equal(json_array_size(timeline), 7);
    for (size_t i = 0; i < 7; i++) {
        const json_t *entry = json_array_get(timeline, i);
        assert_string_equal(str(entry, "kind"), want[i].kind);
        assert_string_equal(str(entry, "text"), want[i].text);
        json_int_t at = json_integer_value(json_object_get(entry, "time_ms"));
        assert_int_equal(at - (json_int_t)(WORLD_NOW_MS - 60000), want[i].at_ms);
        const json_t *took = json_object_get(entry, "took_ms");
        assert_int_equal(took ? json_integer_value(took) : -1, want[i].took_ms);
    }
    const json_t *rejected =
        json_array_get(json_object_get(json_array_get(timeline, 1), "rejected"), 0);
    assert_string_equal(str(rejected, "node"), "db2");
    assert_string_equal(str(rejected, "code"), "no-capacity");
    assert_string_equal(str(json_array_get(timeline, 2), "preempted_key"), "0x48460000dead0001");
    assert_string_equal(str(json_object_get(why, "fenced"), "node"), "db1");
    assert_string_equal(str(why, "what"), "msgbox runs on db3");
    json_decref(why);
    free(state);
}

static void why_tells_what_stands_in_the_way(void **unused)
{
    (void)unused;
    struct hf_state *state = world_new();
    struct hf_status_input input = world_input(state);
    json_t *why = hf_why_json(&input, MAIN);
    const json_t *nodes = json_object_get(why, "nodes");
    assert_string_equal(str(why, "what"), "main is stranded");
    assert_string_equal(str(json_object_get(by(nodes, "node", "db1"), "reason"), "code"),
                        "node-down");
    assert_string_equal(str(json_object_get(by(nodes, "node", "db2"), "reason"), "code"),
                        "engine-start-failed");
    assert_non_null(strstr(str(by(nodes, "node", "db3"), "hint"), "wwn-0x6001405a11ce0002"));
    assert_int_equal(json_array_size(json_object_get(why, "timeline")), 0);
    json_decref(why);
    free(state);
}

static void obstacles_in_their_order(void **unused)
{
    (void)unused;
    struct hf_state *state = world_new();
    assert_int_equal(hf_status_obstacle(state, MSGBOX, DB2).code, HF_REASON_NONE);
    state->spec.instances[MSGBOX].apart_count = 1;
    state->spec.instances[MSGBOX].apart_from[0] = SSO;
    state->instances[SSO].owner = DB2;
    assert_int_equal(hf_status_obstacle(state, MSGBOX, DB2).code, HF_REASON_KEPT_APART);
    state->instances[MSGBOX].excluded = 1u << DB2;
    assert_int_equal(hf_status_obstacle(state, MSGBOX, DB2).code, HF_REASON_NODE_FAILED_HERE);
    state->nodes[DB2].quarantined = true;
    assert_int_equal(hf_status_obstacle(state, MSGBOX, DB2).code, HF_REASON_NODE_QUARANTINED);
    state->nodes[DB2].drained = true;
    assert_int_equal(hf_status_obstacle(state, MSGBOX, DB2).code, HF_REASON_NODE_DRAINED);
    state->nodes[DB2].up = false;
    assert_int_equal(hf_status_obstacle(state, MSGBOX, DB2).code, HF_REASON_NODE_DOWN);
    state->spec.instances[MSGBOX].possible = 1u << DB3;
    assert_int_equal(hf_status_obstacle(state, MSGBOX, DB2).code, HF_REASON_NOT_POSSIBLE);
    free(state);
}

static void history_is_filtered_and_counted(void **unused)
{
    (void)unused;
    struct hf_state *state = world_new();
    struct hf_history_record lost = {
        .type = HF_CHANGE_NODE_LOST, .node = DB1, .node2 = HF_NODE_NONE};
    struct hf_history_record assign = {
        .type = HF_CHANGE_ASSIGN, .instance = MSGBOX, .node = DB3, .node2 = DB1, .generation = 18};
    struct hf_history_record online = {
        .type = HF_CHANGE_PHASE, .instance = MSGBOX, .phase = HF_ONLINE, .number = 810};
    world_remember(state, &lost);
    world_remember(state, &assign);
    world_remember(state, &online);
    json_t *all = hf_history_json(state, HF_INSTANCE_NONE, 10);
    assert_int_equal(json_array_size(json_object_get(all, "records")), 3);
    json_decref(all);
    json_t *msgbox = hf_history_json(state, MSGBOX, 10);
    const json_t *records = json_object_get(msgbox, "records");
    assert_int_equal(json_array_size(records), 2);
    assert_string_equal(str(json_array_get(records, 0), "text"),
                        "db3 takes over from db1 (generation 18)");
    assert_int_equal(json_integer_value(json_object_get(json_array_get(records, 1), "outage_ms")),
                     810);
    json_decref(msgbox);
    json_t *one = hf_history_json(state, HF_INSTANCE_NONE, 1);
    assert_string_equal(str(json_array_get(json_object_get(one, "records"), 0), "text"), "online");
    json_decref(one);
    free(state);
}

/* Every record of every kind has a text, also with slots that are empty or out of range. */
static void history_of_anything(void **unused)
{
    (void)unused;
    struct hf_state *state = world_new();
    for (unsigned n = 0; n < HF_HISTORY_MAX + 100; n++) {
        struct hf_history_record record = {.type = (uint8_t)(n % 256), .phase = (uint8_t)(n % 11)};
        record.instance = (uint16_t)(n % 2 ? HF_INSTANCE_NONE : n);
        record.node = (uint8_t)(n % 3 ? n % 256 : HF_NODE_NONE);
        record.node2 = (uint8_t)(n % 5);
        record.reason.code = (uint16_t)n;
        world_remember(state, &record);
    }
    json_t *all = hf_history_json(state, HF_INSTANCE_NONE, HF_HISTORY_MAX);
    assert_int_equal(json_array_size(json_object_get(all, "records")), HF_HISTORY_MAX);
    for (size_t i = 0; i < HF_HISTORY_MAX; i++)
        assert_true(json_is_object(json_array_get(json_object_get(all, "records"), i)));
    json_decref(all);
    free(state);
}

static void hints_fill_in_names(void **unused)
{
    (void)unused;
    struct hf_state *state = world_new();
    char text[256];
    struct hf_reason reason = hf_reason_node(HF_REASON_NOT_FENCED, DB1);
    assert_true(hf_hint_text(&reason, &state->spec, MAIN, text, sizeof(text)));
    assert_string_equal(text, "Look at db1: its power, its console. Only when it is surely off: "
                              "holdfast confirm-fenced db1");
    for (uint16_t code = 0; code < HF_REASON_COUNT + 3; code++) {
        reason = hf_reason_node((enum hf_reason_code)code, HF_NODE_NONE);
        (void)hf_hint_text(&reason, &state->spec, HF_INSTANCE_NONE, text, sizeof(text));
        assert_null(strchr(text, '{'));
        (void)hf_hint_text(&reason, &state->spec, MAIN, text, 10);
        assert_true(strlen(text) < 10);
    }
    free(state);
}

static void refusals_carry_reason_and_hint(void **unused)
{
    (void)unused;
    struct hf_state *state = world_new();
    struct hf_reason reason = hf_reason_make(HF_REASON_IS_OFFLINE);
    json_t *reply = hf_control_refusal(&reason, &state->spec, SSO);
    const json_t *error = json_object_get(reply, "error");
    assert_string_equal(str(error, "code"), "is-offline");
    assert_string_equal(str(error, "text"), "sso: it is offline; 'holdfast online' starts it");
    assert_string_equal(str(error, "hint"), "holdfast online sso");
    json_decref(reply);
    free(state);
}

static void texts_from_outside_become_utf8(void **unused)
{
    (void)unused;
    static const char *const cases[][2] = {
        {"plain", "plain"},      {"\xc3\xa4", "\xc3\xa4"}, {"\xc3", "?"},
        {"a\x1b[31m", "a?[31m"}, {"\xed\xa0\x80", "???"},  {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
        {"\xf5\x80", "??"},      {"\xc0\xaf", "??"},       {"two\nlines", "two\nlines"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *json = hf_control_text(cases[i][0]);
        assert_string_equal(json_string_value(json), cases[i][1]);
        json_decref(json);
    }
    assert_true(json_is_null(hf_control_text(NULL)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_of_a_member),
        cmocka_unit_test(recovery_that_is_expected),
        cmocka_unit_test(a_network_that_is_gone_is_told),
        cmocka_unit_test(a_node_without_one_network_says_so_once),
        cmocka_unit_test(what_is_no_lost_network_is_not_told_as_one),
        cmocka_unit_test(many_nodes_are_counted),
        cmocka_unit_test(demand_and_use),
        cmocka_unit_test(sizes_are_told),
        cmocka_unit_test(sizes_as_others_see_them),
        cmocka_unit_test(warnings_say_what_to_do),
        cmocka_unit_test(without_quorum_nothing_old_is_shown_as_new),
        cmocka_unit_test(an_empty_state_has_a_status),
        cmocka_unit_test(why_tells_the_takeover),
        cmocka_unit_test(why_tells_what_stands_in_the_way),
        cmocka_unit_test(obstacles_in_their_order),
        cmocka_unit_test(history_is_filtered_and_counted),
        cmocka_unit_test(history_of_anything),
        cmocka_unit_test(hints_fill_in_names),
        cmocka_unit_test(refusals_carry_reason_and_hint),
        cmocka_unit_test(texts_from_outside_become_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
