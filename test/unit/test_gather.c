/*
 * Gathering facts: daemons of three nodes in one loop, on a group that delivers in order, and
 * programs that read the facts, hang, fail, or say nonsense.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "daemon/gather.h"
#include "daemon/gather_program.h"
#include "daemon/gather_wire.h"

#define NODES 3u
#define ALL 7ull
#define DEADLINE_MS 20000
#define CONNECTION 77u
#define QUEUED_MAX 256u

struct node {
    unsigned number;
    struct hf_gather *gather;
    const char *configuration; /* NULL: it has none */
    unsigned readings;
    bool deaf; /* a daemon of a version without side messages */
};

struct queued {
    unsigned from;
    size_t length;
    uint8_t *bytes;
};

static uv_loop_t loop;
static uv_idle_t group;
static struct node nodes[NODES];
static struct queued queue[QUEUED_MAX];
static unsigned queued, most_parts;
static uint64_t members, asked_id;
static int send_result;
static bool at_once; /* a group that delivers within the sending */
static json_t *events, *end, *end_of_other;
static bool expired;

/* ---- The group: to every member, the sender included, in one order ---- */

static void deliver(unsigned from, const void *data, size_t length)
{
    for (unsigned n = 0; n < NODES; n++)
        if (members >> n & 1 && !nodes[n].deaf)
            assert_true(hf_gather_message(nodes[n].gather, from, data, length));
}

static void deliver_one(uv_idle_t *idle)
{
    if (queued == 0) {
        uv_idle_stop(idle);
        return;
    }
    struct queued one = queue[0];
    queued--;
    memmove(queue, queue + 1, queued * sizeof(*queue));
    deliver(one.from, one.bytes, one.length);
    free(one.bytes);
}

static void note(unsigned from, const void *data, size_t length)
{
    struct hf_gather_message message;
    unsigned parts = 1;
    assert_true(hf_gather_read(data, length, &message));
    if (message.type == HF_GATHER_ASK)
        asked_id = message.id;
    if (message.type != HF_GATHER_PART)
        return;
    for (unsigned k = 0; k < queued; k++)
        parts += queue[k].from == from && queue[k].bytes[5] == HF_GATHER_PART;
    most_parts = parts > most_parts ? parts : most_parts;
}

static int to_all(void *user, const void *data, size_t length)
{
    struct node *from = user;
    if (send_result < 0)
        return send_result;
    note(from->number, data, length);
    if (at_once) {
        deliver(from->number, data, length);
        return 0;
    }
    assert_true(queued < QUEUED_MAX);
    queue[queued] = (struct queued){from->number, length, malloc(length)};
    assert_non_null(queue[queued].bytes);
    memcpy(queue[queued++].bytes, data, length);
    return uv_idle_start(&group, deliver_one);
}

static char *configuration(void *user)
{
    struct node *node = user;
    node->readings++;
    return node->configuration ? strdup(node->configuration) : NULL;
}

static void answer(void *user, uint64_t connection, json_t *message, bool last)
{
    json_t **ended = connection == CONNECTION ? &end : &end_of_other;
    (void)user;
    assert_non_null(message);
    if (last) {
        assert_null(*ended);
        *ended = message;
    } else {
        json_array_append_new(events, message);
    }
}

static const char *name(void *user, unsigned node)
{
    static const char *const names[] = {"db1", "db2", "db3"};
    (void)user;
    return names[node];
}

/* ---- The world ---- */

static void out_of_time(uv_timer_t *timer)
{
    (void)timer;
    expired = true;
}

struct times {
    uint32_t wait_ms, heard_ms, program_ms;
};

static const struct times patient = {DEADLINE_MS, DEADLINE_MS, DEADLINE_MS};
static const char *const echo[] = {"/bin/cat", NULL};
static const char *const hangs[] = {"/bin/sleep", "60", NULL};

static void make_node(unsigned n, const char *const *argv, const char *text, struct times times)
{
    struct hf_gather_options options = {.argv = argv,
                                        .self = n,
                                        .wait_ms = times.wait_ms,
                                        .heard_ms = times.heard_ms,
                                        .program_ms = times.program_ms,
                                        .tell_ms = 50,
                                        .send = to_all,
                                        .configuration = configuration,
                                        .answer = answer,
                                        .name = name,
                                        .user = &nodes[n]};
    nodes[n] = (struct node){.number = n, .configuration = text};
    assert_int_equal(hf_gather_new(&loop, &options, &nodes[n].gather), 0);
}

static int make_world(void **state)
{
    (void)state;
    uv_loop_init(&loop);
    uv_idle_init(&loop, &group);
    for (unsigned n = 0; n < NODES; n++)
        make_node(n, echo, "{\"node\": {\"name\": \"x\"}}", patient);
    members = ALL;
    send_result = 0;
    most_parts = 0;
    at_once = expired = false;
    events = json_array();
    end = end_of_other = NULL;
    return 0;
}

static void remake(unsigned n, const char *const *argv, struct times times)
{
    hf_gather_free(nodes[n].gather);
    make_node(n, argv, "{}", times);
}

static int end_world(void **state)
{
    (void)state;
    for (unsigned n = 0; n < NODES; n++)
        hf_gather_free(nodes[n].gather);
    uv_close((uv_handle_t *)&group, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    for (; queued > 0; queued--)
        free(queue[queued - 1].bytes);
    json_decref(events);
    json_decref(end);
    json_decref(end_of_other);
    return uv_loop_close(&loop);
}

static bool all_quiet(void)
{
    return queued == 0;
}

static bool has_ended(void)
{
    return end != NULL;
}

static bool both_ended(void)
{
    return end && end_of_other;
}

static void run_until(bool (*done)(void))
{
    uv_timer_t timer;
    uv_timer_init(&loop, &timer);
    uv_timer_start(&timer, out_of_time, DEADLINE_MS, 0);
    while (!done() && !expired)
        uv_run(&loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
    assert_true(done());
}

static void ask(unsigned n)
{
    hf_gather_ask(nodes[n].gather, CONNECTION, ALL);
}

static void ask_until_end(unsigned n)
{
    json_decref(end);
    end = NULL;
    json_array_clear(events);
    ask(n);
    run_until(has_ended);
}

/* ---- What was told ---- */

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

static json_int_t number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static size_t heard(void)
{
    return (size_t)number(json_object_get(end, "data"), "heard");
}

static const json_t *event_of(const char *node)
{
    size_t i = 0;
    json_t *event = NULL;
    json_array_foreach(events, i, event)
    {
        if (strcmp(text(event, "node"), node) == 0)
            return event;
    }
    return NULL;
}

static const json_t *facts_of(const char *node)
{
    return json_object_get(event_of(node), "facts");
}

/* In the end, and in the event of that node. */
static const char *why(const char *node)
{
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(json_object_get(end, "data"), "missing"), i, one)
    {
        if (strcmp(text(one, "node"), node) == 0) {
            assert_string_equal(text(event_of(node), "why"), text(one, "why"));
            return text(one, "why");
        }
    }
    return "";
}

static const char *refused(void)
{
    return text(json_object_get(end, "error"), "code");
}

/* ---- Tests ---- */

static void all_answer(void **state)
{
    static const char *const names[] = {"db1", "db2", "db3"};
    (void)state;
    ask_until_end(1);
    assert_int_equal(heard(), 3);
    assert_string_equal(why("db1"), "");
    const json_t *first = json_array_get(events, 0);
    assert_int_equal(number(first, "heard"), 0);
    assert_int_equal(number(first, "of"), 3);
    assert_int_equal(json_array_size(json_object_get(first, "waiting")), 3);
    const json_t *last = json_array_get(events, json_array_size(events) - 1);
    assert_int_equal(number(last, "heard"), 3);
    assert_int_equal(json_array_size(json_object_get(last, "waiting")), 0);
    for (unsigned n = 0; n < NODES; n++) {
        const json_t *gathered = json_object_get(facts_of(names[n]), "gathered");
        assert_string_equal(text(gathered, "node"), names[n]);
        assert_true(number(gathered, "asked_ms") > 0);
        assert_true(number(gathered, "clock_ms") >= number(gathered, "asked_ms"));
        assert_true(number(gathered, "heard_ms") >= number(gathered, "clock_ms"));
    }
}

/* 200 KiB: seven parts of each node, of which one at a time is on its way. */
static void long_facts_come_in_parts(void **state)
{
    static const char head[] = "{\"a\":\"";
    static char facts[(200u << 10) + 16];
    size_t size = 200u << 10;
    (void)state;
    memset(facts, 'x', sizeof(facts));
    memcpy(facts, head, sizeof(head) - 1);
    memcpy(facts + sizeof(head) - 1 + size, "\"}", sizeof("\"}"));
    for (unsigned n = 0; n < NODES; n++)
        nodes[n].configuration = facts;
    ask_until_end(0);
    assert_int_equal(heard(), 3);
    assert_int_equal(json_string_length(json_object_get(facts_of("db3"), "a")), size);
    assert_int_equal(most_parts, 1);
}

static void what_goes_wrong_is_told(void **state)
{
    static const char *const fails[] = {"/bin/false", NULL};
    static const char *const floods[] = {"/usr/bin/head", "-c", "3000000", "/dev/zero", NULL};
    (void)state;
    remake(0, floods, patient);
    remake(1, fails, patient);
    remake(2, (const char *const[]){"/no/such/program", NULL}, patient);
    ask_until_end(0);
    assert_int_equal(heard(), 0);
    assert_string_equal(why("db1"), "there are more than 2097152 bytes of facts");
    assert_string_equal(why("db2"), "reading the facts ended with status 1");
    assert_non_null(strstr(why("db3"), "(holdfast) cannot be started"));
}

static void nonsense_is_told(void **state)
{
    (void)state;
    nodes[0].configuration = "[1]";
    nodes[1].configuration = "";
    nodes[2].configuration = NULL;
    ask_until_end(0);
    assert_string_equal(why("db1"), "its answer cannot be read");
    assert_string_equal(why("db2"), "reading the facts gave nothing");
    assert_non_null(strstr(why("db3"), "does not have the cluster's configuration yet"));
}

static void a_node_that_leaves_is_not_waited_for(void **state)
{
    (void)state;
    members = 3;
    ask(0);
    hf_gather_members(nodes[0].gather, 3);
    run_until(has_ended);
    assert_int_equal(heard(), 2);
    assert_string_equal(why("db3"), "it left the cluster while it was asked");
}

static void corosync_is_lost(void **state)
{
    (void)state;
    ask(0);
    for (unsigned n = 0; n < NODES; n++)
        hf_gather_members(nodes[n].gather, 0);
    assert_non_null(end);
    assert_string_equal(why("db3"), "this node lost its connection to corosync while it asked");
    run_until(all_quiet);
    ask_until_end(0); /* and back */
    assert_int_equal(heard(), 3);
}

/* The first never says a word; the second says that it heard, and then nothing. */
static void silent_nodes_end_with_the_time(void **state)
{
    (void)state;
    remake(0, echo, (struct times){1500, 700, DEADLINE_MS});
    remake(2, hangs, patient);
    nodes[0].configuration = NULL; /* its answer comes at once */
    nodes[1].deaf = true;
    ask(0);
    while (queued > 0) /* before any time passes */
        deliver_one(&group);
    run_until(has_ended);
    assert_non_null(strstr(why("db2"), "of a version that does not know it"));
    assert_non_null(strstr(why("db3"), "did not answer in time"));
    size_t i = 0, ticks = 0;
    json_t *event = NULL;
    json_array_foreach(events, i, event)
    {
        ticks += json_object_get(event, "node") == NULL;
    }
    assert_true(ticks > 2); /* while nothing came, who is waited for was told */
}

static void a_program_that_hangs_is_killed(void **state)
{
    static const char *const shell[] = {"/bin/sh", "-c", "sleep 60 & wait", NULL};
    (void)state;
    remake(1, hangs, (struct times){DEADLINE_MS, DEADLINE_MS, 50});
    remake(2, shell, (struct times){DEADLINE_MS, DEADLINE_MS, 50});
    ask_until_end(0);
    assert_non_null(strstr(why("db2"), "did not end in time"));
    assert_non_null(strstr(why("db3"), "did not end in time"));
    assert_int_equal(heard(), 1);
}

/* Killed, and not yet ended: a second one is not started beside it. */
static void a_program_that_cannot_be_killed(void **state)
{
    (void)state;
    remake(0, hangs, (struct times){DEADLINE_MS, DEADLINE_MS, 1000});
    hf_gather_ask(nodes[0].gather, CONNECTION, 1);
    hf_gather_ask(nodes[0].gather, CONNECTION + 1, 1);
    run_until(all_quiet);
    at_once = true;
    run_until(both_ended);
    assert_non_null(strstr(why("db1"), "did not end in time"));
    const json_t *missing = json_object_get(json_object_get(end_of_other, "data"), "missing");
    assert_non_null(strstr(text(json_array_get(missing, 0), "why"), "still hangs in the kernel"));
    assert_int_equal(nodes[0].readings, 1);
    at_once = false;
    for (uint64_t begin = uv_hrtime(); nodes[0].readings == 1;) { /* it ends: another one starts */
        assert_true(uv_hrtime() - begin < DEADLINE_MS * 1000000ull);
        json_decref(end);
        end = NULL;
        hf_gather_ask(nodes[0].gather, CONNECTION, 1);
        run_until(has_ended);
    }
}

/* Whoever asks while facts are read gets facts that were read after that; all get an answer. */
static void two_questions_at_a_time(void **state)
{
    (void)state;
    ask(0);
    run_until(all_quiet);
    hf_gather_ask(nodes[0].gather, CONNECTION + 1, ALL);
    run_until(both_ended);
    assert_int_equal(heard(), 3);
    assert_int_equal(number(json_object_get(end_of_other, "data"), "heard"), 3);
    for (unsigned n = 0; n < NODES; n++)
        assert_int_equal(nodes[n].readings, 2);
}

static void refusals(void **state)
{
    (void)state;
    hf_gather_ask(nodes[0].gather, CONNECTION, 0);
    assert_string_equal(refused(), "no-corosync");
    json_decref(end);
    end = NULL;
    send_result = -107;
    ask(0);
    assert_string_equal(refused(), "no-corosync");
    json_decref(end);
    end = NULL;
    send_result = 0;
    members = 0;
    for (unsigned k = 0; k <= HF_GATHER_ASKS; k++)
        ask(0);
    assert_string_equal(refused(), "busy");
}

static void a_connection_that_goes_is_forgotten(void **state)
{
    (void)state;
    ask(0);
    hf_gather_closed(nodes[0].gather, CONNECTION);
    hf_gather_members(nodes[0].gather, 0);
    assert_null(end);
    ask_until_end(1);
    assert_int_equal(heard(), 3);
}

static void what_is_not_ours_is_left_alone(void **state)
{
    uint8_t bytes[HF_GATHER_MESSAGE_MAX + 1] = "HFST and the rest of it....";
    struct hf_gather_message message = {.type = HF_GATHER_ASK, .id = 5};
    (void)state;
    assert_false(hf_gather_message(nodes[0].gather, 1, bytes, 24));
    assert_false(hf_gather_message(nodes[0].gather, 1, bytes, 0));
    size_t length = hf_gather_write(&message, bytes);
    assert_int_equal(length, HF_GATHER_HEADER);
    for (size_t cut = 4; cut < length; cut++)
        assert_false(hf_gather_read(bytes, cut, &message));
    assert_true(hf_gather_read(bytes, length, &message));
    bytes[4] = 2; /* another version: taken, ignored */
    assert_true(hf_gather_message(nodes[0].gather, 1, bytes, length));
    bytes[4] = 1;
    bytes[5] = 9; /* another type: the same */
    assert_true(hf_gather_message(nodes[0].gather, 1, bytes, length));
    assert_int_equal(nodes[0].readings, 0);
}

static void heard_and_part_are_read(void **state)
{
    uint8_t bytes[HF_GATHER_MESSAGE_MAX + 1] = {0};
    struct hf_gather_message message = {
        .type = HF_GATHER_HEARD, .id = 5, .clock_ms = 1234567890123, .reading = 6};
    (void)state;
    size_t length = hf_gather_write(&message, bytes);
    for (size_t cut = 4; cut < length; cut++)
        assert_false(hf_gather_read(bytes, cut, &message));
    assert_true(hf_gather_read(bytes, length + 1, &message)); /* later versions may say more */
    assert_true(message.clock_ms == 1234567890123 && message.reading == 6 && message.id == 5);
    message = (struct hf_gather_message){
        .type = HF_GATHER_PART, .id = 6, .part = 2, .parts = 3, .bytes = bytes, .length = 1};
    length = hf_gather_write(&message, bytes);
    assert_true(hf_gather_read(bytes, length, &message));
    assert_true(message.part == 2 && message.parts == 3 && message.length == 1);
    bytes[6] = 3;
    assert_false(hf_gather_read(bytes, length, &message)); /* part 3 of 3: counted from 0 */
    bytes[6] = 2;
    bytes[8] = HF_GATHER_PARTS_MAX + 1;
    assert_false(hf_gather_read(bytes, length, &message));
    bytes[8] = 3;
    assert_false(hf_gather_read(bytes, HF_GATHER_MESSAGE_MAX + 1, &message)); /* too long */
}

static void by_hand(unsigned from, struct hf_gather_message message)
{
    uint8_t bytes[HF_GATHER_MESSAGE_MAX];
    size_t length = hf_gather_write(&message, bytes);
    assert_true(hf_gather_message(nodes[0].gather, from, bytes, length));
}

/* Parts that nobody asked for, before the word that announces them, out of order, and right. */
static void parts_out_of_order(void **state)
{
    struct hf_gather_message whole = {
        .type = HF_GATHER_PART, .id = 9, .parts = 1, .bytes = (const uint8_t *)"{}", .length = 2};
    struct hf_gather_message second = {.type = HF_GATHER_PART, .id = 9, .part = 1, .parts = 2};
    (void)state;
    members = 0; /* only what is made here arrives */
    ask(0);
    by_hand(1, whole);
    by_hand(7, whole);
    by_hand(1,
            (struct hf_gather_message){.type = HF_GATHER_HEARD, .id = asked_id + 1, .reading = 9});
    by_hand(1, whole);
    assert_null(event_of("db2"));
    for (unsigned n = 1; n < NODES; n++)
        by_hand(n, (struct hf_gather_message){
                       .type = HF_GATHER_HEARD, .id = asked_id, .reading = 9, .clock_ms = 42});
    by_hand(1, second);
    by_hand(2, whole);
    assert_non_null(strstr(text(event_of("db2"), "why"), "a part of its answer is missing"));
    assert_int_equal(number(json_object_get(facts_of("db3"), "gathered"), "clock_ms"), 42);
    hf_gather_members(nodes[0].gather, 0);
    assert_int_equal(heard(), 1);
}

#define WORLD(f) cmocka_unit_test_setup_teardown(f, make_world, end_world)

int main(void)
{
    signal(SIGPIPE, SIG_IGN); /* as the daemon does: a program may end before it took its input */
    const struct CMUnitTest tests[] = {
        WORLD(all_answer),
        WORLD(long_facts_come_in_parts),
        WORLD(what_goes_wrong_is_told),
        WORLD(nonsense_is_told),
        WORLD(a_node_that_leaves_is_not_waited_for),
        WORLD(corosync_is_lost),
        WORLD(silent_nodes_end_with_the_time),
        WORLD(a_program_that_hangs_is_killed),
        WORLD(a_program_that_cannot_be_killed),
        WORLD(two_questions_at_a_time),
        WORLD(refusals),
        WORLD(a_connection_that_goes_is_forgotten),
        WORLD(what_is_not_ours_is_left_alone),
        WORLD(heard_and_part_are_read),
        WORLD(parts_out_of_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
