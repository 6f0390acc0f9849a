/*
 * Requests of the control socket: what is taken, and what is said of what is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/control_parse.h"

static int parse(const char *text, struct hf_control_request *ret, struct hf_error *error)
{
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(json);
    int r = hf_control_parse(json, ret, error);
    json_decref(json);
    return r;
}

static void takes_requests(void **state)
{
    (void)state;
    struct hf_control_request request;
    assert_int_equal(parse("{\"verb\":\"move\",\"instance\":\"msgbox\",\"node\":\"db1\","
                           "\"force\":false,\"follow\":true}",
                           &request, NULL),
                     0);
    assert_int_equal(request.verb, HF_CONTROL_MOVE);
    assert_string_equal(request.instance, "msgbox");
    assert_string_equal(request.node, "db1");
    assert_true(request.follow && !request.force);
    assert_int_equal(parse("{\"verb\":\"history\"}", &request, NULL), 0);
    assert_int_equal(request.count, HF_CONTROL_HISTORY_COUNT);
    assert_int_equal(parse("{\"verb\":\"token\",\"ttl_s\":60}", &request, NULL), 0);
    assert_int_equal(request.ttl_s, 60);
    assert_string_equal(hf_control_verb_word(HF_CONTROL_CONFIRM_FENCED), "confirm-fenced");
}

static void every_verb_has_a_word(void **state)
{
    (void)state;
    for (int i = 0; i < HF_CONTROL_VERBS; i++)
        assert_non_null(hf_control_verb_word((enum hf_control_verb)i));
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"[]", "the field 'verb' is missing"},
        {"null", "the field 'verb' is missing"},
        {"{}", "the field 'verb' is missing; it is one of status, subscribe, why"},
        {"{\"verb\":1}", "the field 'verb' is missing"},
        {"{\"verb\":\"mvoe\"}", "there is no verb 'mvoe'; there are status"},
        {"{\"verb\":\"move\"}", "'move' needs the field 'instance'"},
        {"{\"verb\":\"move\",\"instance\":\"\"}", "a name of 1 to 63 characters without blanks"},
        {"{\"verb\":\"move\",\"instance\":\"a b\"}", "without blanks"},
        {"{\"verb\":\"move\",\"instance\":7}", "the field 'instance' must be a name"},
        {"{\"verb\":\"move\",\"instance\":\"a\",\"nod\":\"b\"}",
         "'move' has no field 'nod'; it has instance, node, force, follow"},
        {"{\"verb\":\"status\",\"node\":\"b\"}", "'status' has no field 'node'; it has none"},
        {"{\"verb\":\"move\",\"instance\":\"a\",\"force\":1}", "'force' must be true or false"},
        {"{\"verb\":\"demand\",\"per\":\"week\"}", "'per' must be minute, hour or day"},
        {"{\"verb\":\"demand\",\"per\":3}", "'per' must be minute, hour or day"},
        {"{\"verb\":\"history\",\"per\":\"day\"}", "'history' has no field 'per'"},
        {"{\"verb\":\"history\",\"count\":0}", "'count' must be a whole number from 1 to 512"},
        {"{\"verb\":\"history\",\"count\":1.5}", "'count' must be a whole number"},
        {"{\"verb\":\"token\",\"ttl_s\":99999999999}", "'ttl_s' must be a whole number from 1 to"},
        {"{\"verb\":\"apply\"}", "'apply' needs the field 'text'"},
        {"{\"verb\":\"apply\",\"text\":{}}", "'text' must be the text of the file"},
        {"{\"verb\":\"apply\",\"text\":\"\",\"file_name\":\"\"}", "'file_name' must be a text"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hf_control_request request = {.count = 77};
        struct hf_error error = {0};
        assert_int_equal(parse(cases[i][0], &request, &error), -EINVAL);
        if (!strstr(error.text, cases[i][1]))
            fail_msg("%s: said '%s'", cases[i][0], error.text);
        assert_int_equal(request.count, 77);
    }
}

static void keeps_the_text_of_a_file(void **state)
{
    (void)state;
    json_t *json =
        json_pack("{s:s, s:s, s:b}", "verb", "apply", "text", "cluster: a\n", "dry_run", 1);
    struct hf_control_request request;
    assert_int_equal(hf_control_parse(json, &request, NULL), 0);
    assert_string_equal(request.text, "cluster: a\n");
    assert_int_equal(request.text_length, 11);
    assert_true(request.dry_run);
    assert_string_equal(request.file_name, "cluster.yaml");
    json_decref(json);
}

/* Whoever acts may say that a rule was overridden; whoever asks may not. */
static void notes_an_override(void **state)
{
    (void)state;
    static const char *const verbs[] = {"move", "online", "offline", "drain", "apply", "resume"};
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        const char *subject = i < 3 ? "instance" : i == 4 ? "text" : "node";
        json_t *json =
            json_pack("{s:s, s:s, s:b}", "verb", verbs[i], subject, "x", "override_survive", 1);
        struct hf_control_request request = {0};
        struct hf_error error = {0};
        assert_int_equal(hf_control_parse(json, &request, &error), i < 5 ? 0 : -EINVAL);
        assert_true(i < 5 ? request.override_survive : !!strstr(error.text, "override_survive"));
        json_decref(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_requests),     cmocka_unit_test(every_verb_has_a_word),
        cmocka_unit_test(says_what_is_wrong), cmocka_unit_test(keeps_the_text_of_a_file),
        cmocka_unit_test(notes_an_override),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
