/* What a server that answers may lack: connections, memory, and what the file's checks ask for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include "driver/postgresql.h"
#include "test_driver_postgresql_server.h"

static void set_settings(struct hf_driver_request *request, const char *settings)
{
    (void)snprintf(request->engine.settings, sizeof(request->engine.settings), "%s", settings);
}

static void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

/* The server of a failed test must not disturb the next one. */
static int end_server(void **state)
{
    (void)state;
    struct hf_driver_request request = server_request('a');
    (void)server_stop(&request, HF_STOP_KILL);
    return 0;
}

static void test_probe_of_a_full_server(void **state)
{
    enum { sessions = 3 };
    struct hf_driver_request request = server_request('a');
    PGconn *held[sessions];
    char text[128];
    (void)state;
    set_settings(&request, "max_connections = 3\nsuperuser_reserved_connections = 0\n"
                           "max_wal_senders = 0");
    (void)server_must_start(&request);
    (void)snprintf(text, sizeof(text), "host=%s user=postgres dbname=postgres", request.address);
    for (int i = 0; i < sessions; i++) {
        held[i] = PQconnectdb(text);
        assert_int_equal(PQstatus(held[i]), CONNECTION_OK);
    }
    struct server_probe probe = server_probe(&request);
    struct hf_driver_reply reply = server_probe_expect(&probe, HF_DRV_EXHAUSTED);
    assert_contains(reply.text, "53300: sorry, too many clients already");
    for (int i = 0; i < sessions; i++)
        PQfinish(held[i]);
    (void)server_probe_expect(&probe, HF_DRV_OK);
    server_probe_end(&probe);
    server_must_stop(&request);
}

/* Administrators still get in: the probe itself does. Only from level 4 on that is a failure. */
static void test_probe_of_a_server_for_administrators_only(void **state)
{
    struct hf_driver_request request = server_request('a');
    char text[128];
    (void)state;
    set_settings(&request, "max_connections = 6\nsuperuser_reserved_connections = 3\n"
                           "max_wal_senders = 0");
    (void)server_must_start(&request);
    (void)snprintf(text, sizeof(text), "host=%s user=postgres dbname=postgres", request.address);
    PGconn *held[] = {PQconnectdb(text), PQconnectdb(text), PQconnectdb(text)};
    request.health_level = 3;
    struct server_probe probe = server_probe(&request);
    (void)server_probe_expect(&probe, HF_DRV_OK);
    server_probe_end(&probe);
    request.health_level = 4;
    probe = server_probe(&request);
    struct hf_driver_reply reply = server_probe_expect(&probe, HF_DRV_EXHAUSTED);
    assert_contains(reply.text, "connections are taken");
    for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++)
        PQfinish(held[i]);
    (void)server_probe_expect(&probe, HF_DRV_OK);
    server_probe_end(&probe);
    server_must_stop(&request);
}

static void set_check(struct hf_driver_check *check, const char *query, const char *expect)
{
    (void)snprintf(check->name, sizeof(check->name), "orders");
    (void)snprintf(check->query, sizeof(check->query), "%s", query);
    (void)snprintf(check->expect, sizeof(check->expect), "%s", expect);
}

static void expect_answer(struct hf_driver_request *request, const char *query, const char *expect,
                          enum hf_driver_status status, const char *words)
{
    set_check(&request->checks[0], query, expect);
    struct server_probe probe = server_probe(request);
    struct hf_driver_reply reply = server_probe_expect(&probe, status);
    assert_contains(reply.text, words);
    server_probe_end(&probe);
}

static void test_checks(void **state)
{
    struct hf_driver_request request = server_request('a');
    (void)state;
    (void)server_must_start(&request);
    request.check_count = 1;
    request.health_level = 4;
    expect_answer(&request, "SELECT 1", "2", HF_DRV_OK, "");
    request.health_level = 5;
    expect_answer(&request, "SELECT 1", "1", HF_DRV_OK, "");
    expect_answer(&request, "SELECT 1", "", HF_DRV_OK, "");
    expect_answer(&request, "SELECT 1", "2", HF_DRV_CHECK_FAILED,
                  "check orders: the answer is '1', not '2'");
    expect_answer(&request, "SELECT nothing", "", HF_DRV_CHECK_FAILED, "does not exist");
    expect_answer(&request, "CREATE TABLE t ()", "", HF_DRV_CHECK_FAILED, "read-only transaction");
    (void)snprintf(request.checks[0].database, HF_DRIVER_NAME_MAX, "not there");
    expect_answer(&request, "SELECT 1", "", HF_DRV_CHECK_FAILED, "not there");
    server_must_stop(&request);
}

static void test_pressure(void **state)
{
    (void)state;
    assert_true(hf_pressure_full("some avg10=0.00 avg60=99.00 avg300=0.00 total=1\n"
                                 "full avg10=1.00 avg60=62.50 avg300=3.00 total=4\n") == 62.5);
    assert_true(hf_pressure_full("some avg10=0.00 avg60=99.00 avg300=0.00 total=1\n") == 0.0);
    assert_true(hf_pressure_full("") == 0.0);
}

#define SERVER(test) cmocka_unit_test_teardown(test, end_server)

static int tests(void)
{
    const struct CMUnitTest all[] = {
        SERVER(test_probe_of_a_full_server),
        SERVER(test_probe_of_a_server_for_administrators_only),
        SERVER(test_checks),
        cmocka_unit_test(test_pressure),
    };
    return cmocka_run_group_tests(all, NULL, NULL);
}

int main(void)
{
    if (geteuid() != 0) {
        (void)fprintf(stderr, "servers with users and cgroups need root: skipped\n");
        return 77;
    }
    return servers_supervise(tests);
}
