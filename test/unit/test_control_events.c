/*
 * What those who watch are told, and when a command that is waited for has ended.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/control_events.h"
#include "daemon/control_follow.h"
#include "test_control_world.h"

struct heard {
    unsigned count;
    uint16_t instance;
    uint8_t node;
    char line[1024];
};

static void listen_to(void *user, uint16_t instance, uint8_t node, json_t *line)
{
    struct heard *heard = user;
    heard->count++;
    heard->instance = instance;
    heard->node = node;
    char *text = json_dumps(line, JSON_COMPACT);
    assert_non_null(text);
    strncpy(heard->line, text, sizeof(heard->line) - 1);
    free(text);
}

static struct heard look(struct hf_control_events *events, const struct hf_status_input *input)
{
    struct heard heard = {0};
    hf_control_events_step(events, input, listen_to, &heard);
    return heard;
}

static void tells_each_difference_once(void **unused)
{
    (void)unused;
    struct hf_state *state = world_new();
    struct hf_status_input input = world_input(state);
    struct hf_control_events *events = malloc(sizeof(*events));
    hf_control_events_init(events, &input);
    assert_int_equal(look(events, &input).count, 0);

    struct hf_instance_state *msgbox = &state->instances[MSGBOX];
    msgbox->phase = HF_STOPPING;
    msgbox->target = DB2;
    msgbox->since_ms = WORLD_NOW_MS;
    struct heard heard = look(events, &input);
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.instance, MSGBOX);
    assert_non_null(strstr(heard.line, "\"phase\":\"stopping\""));
    assert_non_null(strstr(heard.line, "\"target\":\"db2\""));
    assert_non_null(strstr(heard.line, "\"elapsed_ms\":0"));

    msgbox->phase = HF_OFFLINE; /* between the nodes: the clock goes on */
    msgbox->owner = HF_NODE_NONE;
    msgbox->since_ms += 100;
    assert_int_equal(look(events, &input).count, 1);
    msgbox->phase = HF_ONLINE;
    msgbox->owner = DB2;
    msgbox->generation++;
    msgbox->since_ms += 210;
    heard = look(events, &input);
    assert_non_null(strstr(heard.line, "\"elapsed_ms\":310"));
    assert_int_equal(look(events, &input).count, 0);

    state->nodes[DB2].drained = true;
    heard = look(events, &input);
    assert_int_equal(heard.node, DB2);
    assert_non_null(strstr(heard.line, "\"event\":\"node\""));
    state->config_version++;
    heard = look(events, &input);
    assert_non_null(strstr(heard.line, "\"event\":\"cluster\""));
    free(events);
    free(state);
}

static const char *end_code(json_t *line)
{
    static char code[64];
    const char *word = json_string_value(json_object_get(json_object_get(line, "error"), "code"));
    strncpy(code, !line ? "not yet" : word ? word : "ok", sizeof(code) - 1);
    json_decref(line);
    return code;
}

static void move_ends_online_elsewhere(void **unused)
{
    (void)unused;
    struct hf_state *state = world_new();
    struct hf_instance_state *msgbox = &state->instances[MSGBOX];
    struct hf_control_follow follow;
    hf_control_follow_begin(&follow, HF_CONTROL_MOVE, MSGBOX, DB2, state);
    assert_true(hf_control_follow_wants(&follow, MSGBOX));
    assert_false(hf_control_follow_wants(&follow, MAIN));
    assert_false(hf_control_follow_wants(&follow, HF_INSTANCE_NONE));
    assert_string_equal(end_code(hf_control_follow_end(&follow, state)), "not yet");
    msgbox->generation++;
    msgbox->owner = DB2;
    msgbox->phase = HF_RECOVERING;
    msgbox->takeover.cause = hf_reason_node(HF_REASON_REQUESTED_MOVE, DB2);
    msgbox->takeover.from = DB3;
    msgbox->takeover.to = DB2;
    assert_string_equal(end_code(hf_control_follow_end(&follow, state)), "not yet");
    msgbox->phase = HF_ONLINE;
    json_t *end = hf_control_follow_end(&follow, state);
    assert_string_equal(json_string_value(json_object_get(json_object_get(end, "data"), "text")),
                        "msgbox moved db3 -> db2");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(end, "data"), "outage_ms")),
                     810);
    json_decref(end);
    msgbox->owner = DB3;
    assert_string_equal(end_code(hf_control_follow_end(&follow, state)), "not-moved");
    msgbox->phase = HF_STRANDED;
    msgbox->reason = hf_reason_make(HF_REASON_NO_OWNER_LEFT);
    assert_string_equal(end_code(hf_control_follow_end(&follow, state)), "no-owner-left");
    free(state);
}

static void online_and_offline_end(void **unused)
{
    (void)unused;
    struct hf_state *state = world_new();
    struct hf_control_follow follow;
    hf_control_follow_begin(&follow, HF_CONTROL_OFFLINE, MSGBOX, HF_NODE_NONE, state);
    assert_string_equal(end_code(hf_control_follow_end(&follow, state)), "not yet");
    state->instances[MSGBOX].wanted = false;
    state->instances[MSGBOX].phase = HF_OFFLINE;
    assert_string_equal(end_code(hf_control_follow_end(&follow, state)), "ok");
    hf_control_follow_begin(&follow, HF_CONTROL_ONLINE, MSGBOX, HF_NODE_NONE, state);
    assert_string_equal(end_code(hf_control_follow_end(&follow, state)), "not yet");
    state->instances[MSGBOX].phase = HF_ONLINE;
    assert_string_equal(end_code(hf_control_follow_end(&follow, state)), "ok");
    free(state);
}

static void drain_ends_when_all_is_elsewhere(void **unused)
{
    (void)unused;
    struct hf_state *state = world_new();
    struct hf_control_follow follow;
    hf_control_follow_begin(&follow, HF_CONTROL_DRAIN, HF_INSTANCE_NONE, DB3, state);
    assert_true(hf_control_follow_wants(&follow, MSGBOX));
    state->nodes[DB3].drained = true;
    assert_string_equal(end_code(hf_control_follow_end(&follow, state)), "not yet");
    state->instances[MSGBOX].owner = DB2;
    assert_string_equal(end_code(hf_control_follow_end(&follow, state)), "ok");
    state->instances[MSGBOX].phase = HF_STRANDED;
    assert_string_equal(end_code(hf_control_follow_end(&follow, state)), "drained-with-loss");
    hf_control_follow_begin(&follow, HF_CONTROL_RESUME, HF_INSTANCE_NONE, DB3, state);
    assert_string_equal(end_code(hf_control_follow_end(&follow, state)), "not yet");
    state->nodes[DB3].drained = false;
    assert_string_equal(end_code(hf_control_follow_end(&follow, state)), "ok");
    free(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_each_difference_once),
        cmocka_unit_test(move_ends_online_elsewhere),
        cmocka_unit_test(online_and_offline_end),
        cmocka_unit_test(drain_ends_when_all_is_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
