/*
 * test_driver_postgresql_log.c - what the PostgreSQL driver knows of the server's log: how much a
 * recovery has replayed, how much one would have to replay now. With real servers.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "driver/postgresql.h"
#include "test_driver_postgresql_server.h"

/* The servers of a failed test must not disturb the next one. */
static int end_servers(void **state)
{
    struct hf_driver_request request = server_request('a');
    (void)state;
    (void)server_stop(&request, HF_STOP_KILL);
    return 0;
}

static void write_log(const struct hf_driver_request *request, unsigned mib)
{
    char statement[200];
    for (unsigned i = 0; i < mib; i++) {
        (void)snprintf(
            statement, sizeof(statement),
            "SELECT pg_logical_emit_message(true, 'test', repeat('x', 1048576)) > '0/0'");
        server_query(request, statement, NULL, 0);
    }
}

static void checkpoint(const struct hf_driver_request *request)
{
    server_query(request, "CHECKPOINT", NULL, 0);
}

/* A clean start replays nothing; one after a crash, what was written since the checkpoint. */
static void test_replayed_log(void **state)
{
    struct hf_driver_request request = server_request('a');
    struct hf_postgresql_control control;
    (void)state;
    assert_int_equal(hf_postgresql_read_control(request.engine.data, &control), 0);
    assert_true(control.stopped);
    assert_false(control.crashed);
    struct server_start start = server_start(&request);
    assert_int_equal(start.last.status, HF_DRV_OK);
    assert_true(start.last.log_known);
    assert_int_equal(start.last.log_bytes, 0);
    checkpoint(&request);
    write_log(&request, 5);
    assert_int_equal(hf_postgresql_read_control(request.engine.data, &control), 0);
    assert_false(control.stopped);
    assert_true(control.crashed);
    (void)server_stop(&request, HF_STOP_KILL);
    start = server_start(&request);
    assert_int_equal(start.last.status, HF_DRV_OK);
    assert_true(start.last.log_known);
    assert_in_range(start.last.log_bytes, 5u << 20, 7u << 20);
    assert_false(start.first.log_known);
    server_must_stop(&request);
}

/* What cannot be read is not known; the server starts all the same. */
static void test_control_file_that_is_not_known(void **state)
{
    struct hf_postgresql_control control;
    char folder[128];
    char path[160];
    uint32_t head[12] = {0};
    (void)state;
    (void)snprintf(folder, sizeof(folder), "%s/control", servers_folder());
    assert_int_equal(mkdir(folder, 0755), 0);
    assert_int_equal(hf_postgresql_read_control(folder, &control), -ENOENT);
    (void)snprintf(path, sizeof(path), "%s/global", folder);
    assert_int_equal(mkdir(path, 0755), 0);
    (void)snprintf(path, sizeof(path), "%s/global/pg_control", folder);
    static const uint32_t formats[] = {1002, 1300, 1900};
    static const int wanted[] = {-EPROTONOSUPPORT, 0, -EPROTONOSUPPORT};
    for (unsigned i = 0; i < 3; i++) {
        FILE *file = fopen(path, "we");
        assert_non_null(file);
        head[2] = formats[i];
        head[4] = 5; /* a standby: neither stopped nor crashed */
        assert_int_equal(fwrite(head, sizeof(head), 1, file), 1);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(hf_postgresql_read_control(folder, &control), wanted[i]);
    }
    assert_false(control.stopped);
    assert_false(control.crashed);
    assert_int_equal(truncate(path, 47), 0);
    assert_int_equal(hf_postgresql_read_control(folder, &control), -EIO);
}

static void expect_log(const struct server_probe *probe, uint64_t from, uint64_t to)
{
    struct hf_driver_reply reply;
    do
        reply = server_probe_expect(probe, HF_DRV_OK);
    while (!reply.log_known || reply.log_bytes < from || reply.log_bytes > to);
}

/* It grows with the log and begins anew with a checkpoint. */
static void test_probe_tells_the_log(void **state)
{
    struct hf_driver_request request = server_request('a');
    (void)state;
    request.log_interval_ms = 100;
    (void)server_must_start(&request);
    checkpoint(&request);
    struct server_probe probe = server_probe(&request);
    expect_log(&probe, 0, 1u << 20);
    write_log(&request, 4);
    expect_log(&probe, 4u << 20, 6u << 20);
    checkpoint(&request);
    expect_log(&probe, 0, 1u << 20);
    server_probe_end(&probe);
    server_must_stop(&request);
}

/* Puts another function in the place of the one that is asked, or the old one back. */
static void replace_control_function(const struct hf_driver_request *request, const char *body)
{
    static const char put_back[] =
        "SET allow_system_table_mods = on; DROP FUNCTION pg_catalog.pg_control_checkpoint();"
        "ALTER FUNCTION pg_catalog.real_control() RENAME TO pg_control_checkpoint";
    char statement[512];
    (void)snprintf(statement, sizeof(statement),
                   "SET allow_system_table_mods = on;"
                   "ALTER FUNCTION pg_catalog.pg_control_checkpoint() RENAME TO real_control;"
                   "CREATE FUNCTION pg_catalog.pg_control_checkpoint(OUT redo_lsn pg_lsn) "
                   "LANGUAGE plpgsql AS $$ BEGIN %s END $$",
                   body ? body : "");
    server_query(request, body ? statement : put_back, NULL, 0);
}

/* The next replies in which the server lives and the log is not known. */
static void expect_unknown(const struct server_probe *probe, unsigned count)
{
    while (count) {
        struct hf_driver_reply reply = server_probe_expect(probe, HF_DRV_OK);
        count -= !reply.log_known;
    }
}

/* A question about the log that hangs or fails says nothing about health. */
static void test_probe_whose_log_is_not_told(void **state)
{
    static const char *const bodies[] = {"PERFORM pg_sleep(3600);", "RAISE EXCEPTION 'no';"};
    struct hf_driver_request request = server_request('a');
    (void)state;
    request.log_interval_ms = 1;
    (void)server_must_start(&request);
    for (unsigned i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct server_probe probe = server_probe(&request);
        expect_log(&probe, 0, UINT64_MAX);
        replace_control_function(&request, bodies[i]);
        expect_unknown(&probe, 10);
        replace_control_function(&request, NULL);
        expect_log(&probe, 0, UINT64_MAX);
        server_probe_end(&probe);
    }
    server_must_stop(&request);
}

#define SERVER(test) cmocka_unit_test_teardown(test, end_servers)

static int tests(void)
{
    const struct CMUnitTest all[] = {
        SERVER(test_replayed_log),
        cmocka_unit_test(test_control_file_that_is_not_known),
        SERVER(test_probe_tells_the_log),
        SERVER(test_probe_whose_log_is_not_told),
    };
    return cmocka_run_group_tests_name("driver_postgresql_log", all, NULL, NULL);
}

int main(void)
{
    if (geteuid() != 0) {
        (void)fprintf(stderr, "servers with users and cgroups need root: skipped\n");
        return 77;
    }
    return servers_supervise(tests);
}
