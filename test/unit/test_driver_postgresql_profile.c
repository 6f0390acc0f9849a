/*
 * test_driver_postgresql_profile.c - the degraded profile of a server: its file, and real servers
 * that take it and give it back without a restart.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "driver/postgresql.h"
#include "test_driver_postgresql_server.h"

static int end_servers(void **state)
{
    struct hf_driver_request request = server_request('a');
    (void)state;
    (void)server_stop(&request, HF_STOP_KILL);
    return 0;
}

static void set(struct hf_driver_request *request, const char *settings, const char *degraded)
{
    struct hf_driver_engine *engine = &request->engine;
    (void)snprintf(engine->settings, sizeof(engine->settings), "%s", settings);
    (void)snprintf(engine->degraded, sizeof(engine->degraded), "%s", degraded);
}

static struct hf_driver_request plain_request(const char *settings, const char *degraded)
{
    struct hf_driver_request request = {.instance = "msgbox"};
    (void)snprintf(request.engine.data, sizeof(request.engine.data), "/srv/it's");
    set(&request, settings, degraded);
    return request;
}

static void expect_file(const struct hf_driver_request *request, const char *what)
{
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    struct hf_error error;
    hf_strbuf_init(&out);
    assert_int_equal(hf_postgresql_profile_render(request, &out, &error), 0);
    const char *include = strstr(out.data, "\ninclude ");
    assert_non_null(include);
    assert_string_equal(include + 1, what);
    for (const char *line = out.data; line < include; line = strchr(line, '\n') + 1)
        assert_int_equal(line[0], '#');
}

/* ---- the file and the command line, without a server ---- */

static void test_file(void **state)
{
    struct hf_driver_request request =
        plain_request("shared_buffers = 12GB\nWork_Mem = '8 MB'\nlc_messages = C\n",
                      "shared_buffers = 6GB\nwork_mem = 1MB\njit = off\n");
    (void)state;
    expect_file(&request, "include '/srv/it''s/postgresql.conf'\n"
                          "shared_buffers = '12GB'\n"
                          "Work_Mem = '8 MB'\n");
    request.degraded = true;
    expect_file(&request, "include '/srv/it''s/postgresql.conf'\n"
                          "shared_buffers = '6GB'\n"
                          "work_mem = '1MB'\n"
                          "jit = 'off'\n");
    set(&request, "config_file = /etc/own.conf", "jit = off");
    expect_file(&request, "include '/etc/own.conf'\njit = 'off'\n");
}

/* Whatever a value holds, it is one value. */
static void test_values_cannot_break_out(void **state)
{
    struct hf_driver_request request = plain_request("", "work_mem = 1MB' port = '1\n"
                                                         "jit = off # include '/etc/passwd'\n"
                                                         "temp_file_limit = 'a''b'\n"
                                                         "wal_buffers = \\'x\\\n");
    (void)state;
    request.degraded = true;
    expect_file(&request, "include '/srv/it''s/postgresql.conf'\n"
                          "work_mem = '1MB'' port = ''1'\n"
                          "jit = 'off # include ''/etc/passwd'''\n"
                          "temp_file_limit = 'a''b'\n"
                          "wal_buffers = '\\\\''x\\\\'\n");
}

static void test_profiles_that_are_refused(void **state)
{
    static const char *const refused[][2] = {
        {"include = /etc/passwd", "cannot be part of a degraded profile"},
        {"INCLUDE_DIR = /etc", "cannot be part of a degraded profile"},
        {"include_if_exists = x", "cannot be part of a degraded profile"},
        {"config_file = x", "cannot be part of a degraded profile"},
        {"hba_file = x", "cannot be part of a degraded profile"},
        {"Port = 1", "is Holdfast's"},
        {"work_mem = 1MB\nlisten_addresses = *", "is Holdfast's"},
        {"work mem = 1MB", "is no name of a setting"},
        {"work_mem", "\"key = value\" is wanted"},
        {"work_mem = 1\x01", "control character"},
        {"work_mem = 1\x7f", "control character"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct hf_driver_request request = plain_request("", refused[i][0]);
        struct hf_strbuf HF_STRBUF_CLEANUP out;
        struct hf_error error;
        hf_strbuf_init(&out);
        request.degraded = true;
        assert_int_equal(hf_postgresql_profile_render(&request, &out, &error), -EINVAL);
        if (!strstr(error.text, refused[i][1]))
            fail_msg("%s: %s", refused[i][0], error.text);
    }
}

static bool has_argument(const struct hf_postgresql_command *command, const char *argument)
{
    for (size_t i = 0; i < command->count; i++) {
        if (strcmp(command->argv[i], argument) == 0)
            return true;
    }
    return false;
}

/* What a reload is to change does not stand on the command line. */
static void test_command_line(void **state)
{
    struct hf_driver_request request =
        plain_request("shared_buffers = 12GB\nwork_mem = 8MB", "SHARED_BUFFERS = 6GB");
    struct hf_postgresql_command command;
    struct hf_error error;
    (void)state;
    for (int degraded = 0; degraded < 2; degraded++) {
        request.degraded = degraded;
        assert_int_equal(hf_postgresql_command(&request, 15, &command, &error), 0);
        assert_true(has_argument(&command, "config_file=/run/holdfast/msgbox/postgresql.conf"));
        assert_true(has_argument(&command, "work_mem=8MB"));
        assert_false(has_argument(&command, "shared_buffers=12GB"));
        assert_false(has_argument(&command, "shared_buffers=6GB"));
    }
    request.engine.degraded[0] = '\0';
    assert_int_equal(hf_postgresql_command(&request, 15, &command, &error), 0);
    assert_true(has_argument(&command, "shared_buffers=12GB"));
    assert_false(has_argument(&command, "config_file=/run/holdfast/msgbox/postgresql.conf"));
}

/* ---- with servers ---- */

static void expect(const struct hf_driver_request *request, const char *setting, const char *wanted)
{
    char statement[64];
    char value[64];
    (void)snprintf(statement, sizeof(statement), "SHOW %s", setting);
    server_query(request, statement, value, sizeof(value));
    if (strcmp(value, wanted) != 0)
        fail_msg("%s is %s, not %s", setting, value, wanted);
}

static struct hf_driver_reply resize(const struct hf_driver_request *request, bool degraded)
{
    struct hf_driver_request asked = *request;
    struct hf_driver_reply reply;
    asked.op = HF_OP_ENGINE_RESIZE;
    asked.degraded = degraded;
    asked.deadline_ms = request->deadline_ms ? request->deadline_ms : 30000;
    hf_postgresql_resize(&asked, &reply);
    return reply;
}

static void must_resize(const struct hf_driver_request *request, bool degraded, const char *text)
{
    struct hf_driver_reply reply = resize(request, degraded);
    if (reply.status != HF_DRV_OK)
        fail_msg("%s", reply.text);
    assert_string_equal(reply.text, text);
}

#define FULL "shared_buffers = 32MB\nwork_mem = 8MB\nmaintenance_work_mem = 9MB"
#define LESS "shared_buffers = 16MB\nwork_mem = 1MB\neffective_cache_size = 100MB"

/* Less while it shares a node, back when it is alone; the server runs on all the while. */
static void test_takes_it_and_gives_it_back(void **state)
{
    struct hf_driver_request request = server_request('a');
    (void)state;
    set(&request, FULL, LESS);
    pid_t pid = server_must_start(&request);
    expect(&request, "shared_buffers", "32MB");
    expect(&request, "work_mem", "8MB");
    expect(&request, "effective_cache_size", "4GB");
    must_resize(&request, true, "at the next start: shared_buffers");
    expect(&request, "shared_buffers", "32MB");
    expect(&request, "work_mem", "1MB");
    expect(&request, "effective_cache_size", "100MB");
    expect(&request, "maintenance_work_mem", "9MB");
    must_resize(&request, false, "");
    expect(&request, "work_mem", "8MB");
    expect(&request, "effective_cache_size", "4GB");
    assert_int_equal(hf_postgresql_find_pid(request.engine.data, request.instance), pid);
    server_must_stop(&request);
}

static void test_starts_with_it(void **state)
{
    struct hf_driver_request request = server_request('a');
    (void)state;
    set(&request, FULL, LESS);
    request.degraded = true;
    pid_t pid = server_must_start(&request);
    expect(&request, "shared_buffers", "16MB");
    expect(&request, "work_mem", "1MB");
    must_resize(&request, false, "at the next start: shared_buffers");
    expect(&request, "shared_buffers", "16MB");
    expect(&request, "work_mem", "8MB");
    assert_int_equal(hf_postgresql_find_pid(request.engine.data, request.instance), pid);
    server_must_stop(&request);
    request.degraded = false;
    (void)server_must_start(&request);
    expect(&request, "shared_buffers", "32MB");
    server_must_stop(&request);
}

/* The profile came after the server: all of it waits, and that is said. */
static void test_started_without_it(void **state)
{
    struct hf_driver_request request = server_request('a');
    (void)state;
    set(&request, FULL, "");
    (void)server_must_start(&request);
    must_resize(&request, true, ""); /* there is nothing to take */
    set(&request, FULL, LESS);
    must_resize(&request, true,
                "at the next start: effective_cache_size, shared_buffers, work_mem");
    expect(&request, "work_mem", "8MB");
    server_must_stop(&request);
}

static void test_altered_by_hand(void **state)
{
    struct hf_driver_request request = server_request('a');
    (void)state;
    set(&request, "", LESS);
    (void)server_must_start(&request);
    server_query(&request, "ALTER SYSTEM SET work_mem = '5MB'", NULL, 0);
    must_resize(&request, true,
                "at the next start: shared_buffers; not while ALTER SYSTEM states it: work_mem");
    expect(&request, "work_mem", "5MB");
    server_query(&request, "ALTER SYSTEM RESET work_mem", NULL, 0);
    must_resize(&request, true, "at the next start: shared_buffers");
    expect(&request, "work_mem", "1MB");
    server_must_stop(&request);
}

/* What the server does not take is said; it runs on with what it had. */
static void test_file_that_is_not_taken(void **state)
{
    static const char *const bad[][2] = {
        {"work_mem = nonsense\nmaintenance_work_mem = 2MB", "it refuses: work_mem"},
        {"no_such_setting = 1", "no_such_setting: unrecognized configuration parameter"},
    };
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct hf_driver_request request = server_request('a');
        set(&request, "", bad[i][0]);
        request.deadline_ms = 2000;
        pid_t pid = server_must_start(&request);
        struct hf_driver_reply reply = resize(&request, true);
        assert_int_equal(reply.status, HF_DRV_FAILED);
        if (!strstr(reply.text, bad[i][1]))
            fail_msg("%s", reply.text);
        assert_int_equal(hf_postgresql_find_pid(request.engine.data, request.instance), pid);
        must_resize(&request, false, "");
        server_must_stop(&request);
    }
}

static void test_nothing_runs(void **state)
{
    struct hf_driver_request request = server_request('a');
    (void)state;
    set(&request, "", LESS);
    assert_int_equal(resize(&request, true).status, HF_DRV_NO_ENGINE);
}

#define SERVER(test) cmocka_unit_test_teardown(test, end_servers)

static int tests(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_values_cannot_break_out),
        cmocka_unit_test(test_profiles_that_are_refused),
        cmocka_unit_test(test_command_line),
        SERVER(test_takes_it_and_gives_it_back),
        SERVER(test_starts_with_it),
        SERVER(test_started_without_it),
        SERVER(test_altered_by_hand),
        SERVER(test_file_that_is_not_taken),
        SERVER(test_nothing_runs),
    };
    return cmocka_run_group_tests_name("driver_postgresql_profile", all, NULL, NULL);
}

int main(void)
{
    if (geteuid() != 0) {
        (void)fprintf(stderr, "servers with users and cgroups need root: skipped\n");
        return 77;
    }
    return servers_supervise(tests);
}
