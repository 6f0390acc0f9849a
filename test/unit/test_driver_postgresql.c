/*
 * test_driver_postgresql.c - the PostgreSQL driver with real servers: start, ready, every rung of
 * the stop, crashes, leftovers, recovery that advances and that stands still, and the probe.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include "driver/cgroup.h"
#include "driver/connection.h"
#include "driver/postgresql.h"
#include "driver/process.h"
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

/* The servers of a failed test must not disturb the next one. */
static int end_servers(void **state)
{
    (void)state;
    for (char name = 'a'; name <= 'b'; name++) {
        struct hf_driver_request request = server_request(name);
        (void)server_stop(&request, HF_STOP_KILL);
        if (server_has(&request, "recovery.signal"))
            server_remove(&request, "recovery.signal");
    }
    return 0;
}

/* ---- command line and log, without a server ---- */

static bool has_argument(const struct hf_postgresql_command *command, const char *argument)
{
    for (size_t i = 0; i < command->count; i++) {
        if (strcmp(command->argv[i], argument) == 0)
            return true;
    }
    return false;
}

static void test_command_line(void **state)
{
    struct hf_driver_request request = {.address = "192.0.2.10", .instance = "msgbox"};
    struct hf_postgresql_command command;
    struct hf_error error;
    (void)state;
    request.engine.port = 5433;
    (void)snprintf(request.engine.data, sizeof(request.engine.data), "/srv/data");
    set_settings(&request, "  shared_buffers = 1GB \n\n# no setting\nwork_mem='8 MB'\n"
                           "search_path = 'it''s'");
    assert_int_equal(hf_postgresql_command(&request, 15, &command, &error), 0);
    assert_string_equal(command.argv[0], "/usr/lib/postgresql/15/bin/postgres");
    assert_null(command.argv[command.count]);
    assert_true(has_argument(&command, "/srv/data"));
    assert_true(has_argument(&command, "listen_addresses=192.0.2.10"));
    assert_true(has_argument(&command, "port=5433"));
    assert_true(has_argument(&command, "unix_socket_directories=/run/holdfast/msgbox"));
    assert_true(has_argument(&command, "recovery_init_sync_method=syncfs"));
    assert_true(has_argument(&command, "cluster_name=msgbox"));
    assert_true(has_argument(&command, "shared_buffers=1GB"));
    assert_true(has_argument(&command, "work_mem=8 MB"));
    assert_true(has_argument(&command, "search_path=it's"));
    assert_int_equal(hf_postgresql_command(&request, 13, &command, &error), 0);
    assert_false(has_argument(&command, "recovery_init_sync_method=syncfs"));
}

static void test_settings_that_are_refused(void **state)
{
    static const char *const refused[][2] = {
        {"shared_buffers", "\"key = value\" is wanted"},
        {"shared buffers = 1", "is no name of a setting"},
        {"1a = 1", "is no name of a setting"},
        {"= 1", "is no name of a setting"},
        {"-D = /tmp", "is no name of a setting"},
        {"Port = 1", "is Holdfast's"},
        {"work_mem = 1MB\nlisten_addresses = *", "is Holdfast's"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct hf_driver_request request = {.instance = "msgbox"};
        struct hf_postgresql_command command;
        struct hf_error error;
        set_settings(&request, refused[i][0]);
        assert_int_equal(hf_postgresql_command(&request, 15, &command, &error), -EINVAL);
        assert_contains(error.text, refused[i][1]);
    }
}

static void test_log_reason(void **state)
{
    char path[128];
    char reason[256];
    (void)state;
    (void)snprintf(path, sizeof(path), "%s/log", servers_folder());
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    (void)fputs("FATAL:  old\n", file);
    off_t offset = ftello(file);
    (void)fputs("2026-01-01 UTC [12] LOG:  starting\n"
                "2026-01-01 UTC [12] FATAL:  could not\tdo it\n"
                "2026-01-01 UTC [12] LOG:  database system is shut down\n\n",
                file);
    assert_int_equal(fflush(file), 0);
    hf_postgresql_log_reason(path, offset, reason, sizeof(reason));
    assert_string_equal(reason, "FATAL:  could not do it");
    offset = ftello(file);
    hf_postgresql_log_reason(path, offset, reason, sizeof(reason));
    assert_string_equal(reason, "");
    (void)fputs("postgres: no configuration\n", file);
    assert_int_equal(fclose(file), 0);
    hf_postgresql_log_reason(path, offset, reason, sizeof(reason));
    assert_string_equal(reason, "postgres: no configuration");
    hf_postgresql_log_reason("/nowhere", 0, reason, sizeof(reason));
    assert_string_equal(reason, "");
}

/* ---- start and stop ---- */

static void test_start_and_planned_stop(void **state)
{
    struct hf_driver_request request = server_request('a');
    char value[64];
    char path[128];
    struct stat log;
    (void)state;
    pid_t pid = server_must_start(&request);
    assert_int_equal(hf_postgresql_find_pid(request.engine.data, request.instance), pid);
    assert_int_equal(hf_postgresql_find_pid("", request.instance), pid);
    assert_int_equal(getsid(pid) == getsid(0), 0);
    server_query(&request, "show cluster_name", value, sizeof(value));
    assert_string_equal(value, request.instance);
    server_query(&request, "show recovery_init_sync_method", value, sizeof(value));
    assert_string_equal(value, "syncfs");
    (void)snprintf(path, sizeof(path), "/var/log/holdfast/%s-postgresql.log", request.instance);
    assert_int_equal(stat(path, &log), 0);
    assert_true(log.st_uid != 0 && log.st_size > 0);
    server_must_stop(&request);
    assert_false(server_has(&request, "postmaster.pid"));
    assert_int_equal(hf_postgresql_find_pid(request.engine.data, request.instance), 0);
    struct hf_driver_reply again = server_stop(&request, HF_STOP_PLANNED);
    assert_int_equal(again.status, HF_DRV_OK);
    assert_string_equal(again.text, "it was not running");
}

static void count_descriptors(pid_t pid, int *ret_highest)
{
    *ret_highest = -1;
    for (int fd = 0; fd < 1024; fd++) {
        char path[64];
        char target[256] = "";
        (void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
        if (readlink(path, target, sizeof(target) - 1) > 0 && strstr(target, "/leak"))
            *ret_highest = fd;
    }
}

static void test_nothing_is_inherited(void **state)
{
    struct hf_driver_request request = server_request('a');
    char path[128];
    char text[4096] = "";
    int leaked;
    (void)state;
    (void)snprintf(path, sizeof(path), "%s/leak", servers_folder());
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(setenv("HF_LEAK", "1", 1), 0);
    (void)signal(SIGUSR2, SIG_IGN);
    pid_t pid = server_must_start(&request);
    (void)signal(SIGUSR2, SIG_DFL);
    assert_int_equal(unsetenv("HF_LEAK"), 0);
    (void)close(fd);
    count_descriptors(pid, &leaked);
    assert_int_equal(leaked, -1);
    (void)snprintf(path, sizeof(path), "/proc/%d/environ", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    assert_true(n > 0);
    for (ssize_t i = 0; i < n; i++)
        text[i] = text[i] ? text[i] : '\n';
    assert_null(strstr(text, "HF_LEAK"));
    assert_contains(text, "USER=" SERVER_USER);
    server_must_stop(&request);
}

static void test_crash_and_restart(void **state)
{
    struct hf_driver_request request = server_request('a');
    char value[64];
    (void)state;
    (void)server_must_start(&request);
    server_query(&request, "create table kept as select 42 as n", NULL, 0);
    struct hf_driver_reply reply = server_stop(&request, HF_STOP_KILL);
    assert_int_equal(reply.status, HF_DRV_OK);
    assert_string_equal(reply.text, "killed");
    assert_false(server_runs(&request));
    assert_true(server_has(&request, "postmaster.pid"));
    struct server_start start = server_start(&request);
    assert_int_equal(start.last.status, HF_DRV_OK);
    server_query(&request, "select n from kept", value, sizeof(value));
    assert_string_equal(value, "42");
    reply = server_stop(&request, HF_STOP_PLANNED);
    print_message("crash restart: process %u ms, ready %u ms; planned stop %u ms\n",
                  start.first.took_ms, start.last.took_ms, reply.took_ms);
}

static void test_killed_postmaster(void **state)
{
    struct hf_driver_request request = server_request('a');
    (void)state;
    pid_t pid = server_must_start(&request);
    assert_int_equal(kill(pid, SIGKILL), 0);
    pid_t next = server_must_start(&request);
    assert_true(next != pid);
    server_must_stop(&request);
}

/* A process of the engine's user that has the pid which a dead server left behind. */
static void test_stale_pidfile(void **state)
{
    struct hf_driver_request request = server_request('a');
    struct hf_process_user user;
    char text[256];
    (void)state;
    assert_int_equal(hf_process_find_user(SERVER_USER, &user), 0);
    pid_t foreign = fork();
    if (foreign == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (hf_process_become(&user) == 0)
            (void)pause();
        _exit(1);
    }
    (void)snprintf(text, sizeof(text),
                   "%d\n%s\n1\n5432\n/run/holdfast/%s\n127.0.0.2\n1 1\nready   \n", foreign,
                   request.engine.data, request.instance);
    server_write(&request, "postmaster.pid", text);
    (void)server_must_start(&request);
    assert_int_equal(waitpid(foreign, NULL, WNOHANG), 0);
    server_must_stop(&request);
    assert_int_equal(kill(foreign, SIGKILL), 0);
    assert_int_equal(waitpid(foreign, NULL, 0), foreign);
}

static void test_wrong_setting(void **state)
{
    struct hf_driver_request request = server_request('a');
    (void)state;
    set_settings(&request, "shared_bufers = 1MB");
    struct server_start start = server_start(&request);
    assert_int_equal(start.last.status, HF_DRV_ENGINE_EXIT);
    assert_contains(start.last.text, "FATAL:  unrecognized configuration parameter "
                                     "\"shared_bufers\"");
    assert_false(server_runs(&request));
    set_settings(&request, "port = 1");
    start = server_start(&request);
    assert_int_equal(start.last.status, HF_DRV_FAILED);
    assert_int_equal(start.count, 1);
}

static void test_no_engine(void **state)
{
    struct hf_driver_request request = server_request('a');
    (void)state;
    request.engine.version = 14;
    struct server_start start = server_start(&request);
    assert_int_equal(start.last.status, HF_DRV_NO_ENGINE);
    assert_contains(start.last.text, "is of PostgreSQL 15, and version 14 is wanted");
    (void)snprintf(request.engine.data, sizeof(request.engine.data), "/nowhere");
    start = server_start(&request);
    assert_int_equal(start.last.status, HF_DRV_NO_ENGINE);
    assert_contains(start.last.text, "/nowhere is no data directory");
    request = server_request('a');
    (void)snprintf(request.engine.user, sizeof(request.engine.user), "hf-nobody-here");
    start = server_start(&request);
    assert_int_equal(start.last.status, HF_DRV_FAILED);
    assert_string_equal(start.last.text, "user hf-nobody-here: there is no such user");
}

static void test_exec_failure_is_told(void **state)
{
    struct hf_driver_request request = server_request('a');
    char *argv[] = {(char *)(uintptr_t) "/nowhere/postgres", NULL};
    char log[128];
    struct hf_process_user user;
    struct hf_process_spec spec = {
        .instance = request.instance, .user = &user, .log = log, .argv = argv};
    struct hf_error error;
    pid_t pid;
    int pidfd;
    (void)state;
    (void)snprintf(log, sizeof(log), "%s/exec.log", servers_folder());
    assert_int_equal(hf_process_find_user(SERVER_USER, &user), 0);
    assert_int_equal(hf_cgroup_make(request.instance), 0);
    assert_int_equal(hf_process_start(&spec, &pid, &pidfd, &error), -ENOENT);
    assert_contains(error.text, "/nowhere/postgres cannot be executed");
    assert_int_equal(hf_cgroup_wait_empty(request.instance, 5000), 0);
}

/* ---- the lower rungs ---- */

static void test_stopped_postmaster_is_killed(void **state)
{
    struct hf_driver_request request = server_request('a');
    (void)state;
    pid_t pid = server_must_start(&request);
    assert_int_equal(kill(pid, SIGSTOP), 0);
    request.deadline_ms = 1500;
    struct hf_driver_reply reply = server_stop(&request, HF_STOP_PLANNED);
    assert_int_equal(reply.status, HF_DRV_OK);
    assert_string_equal(reply.text, "killed: the immediate stop took too long");
    assert_in_range(reply.took_ms, 1, 1500);
    assert_false(server_runs(&request));
}

/* A fast stop waits for the archive command, an immediate one does not. */
static void test_immediate_stop(void **state)
{
    struct hf_driver_request request = server_request('a');
    (void)state;
    set_settings(&request, "archive_mode = on\narchive_command = 'sleep 1000'");
    (void)server_must_start(&request);
    server_query(&request, "select pg_switch_wal() from (select txid_current()) t", NULL, 0);
    request.deadline_ms = 2400;
    struct hf_driver_reply reply = server_stop(&request, HF_STOP_PLANNED);
    assert_int_equal(reply.status, HF_DRV_OK);
    assert_string_equal(reply.text, "immediate stop: the fast stop took too long");
    assert_in_range(reply.took_ms, 1, 2400);
    assert_false(server_runs(&request));
}

/* ---- recovery ---- */

static void test_recovery_that_stands_still(void **state)
{
    struct hf_driver_request request = server_request('a');
    (void)state;
    server_write(&request, "recovery.signal", "");
    set_settings(&request, "restore_command = 'sleep 1000'");
    request.deadline_ms = 800;
    struct server_start start = server_start(&request);
    assert_int_equal(start.last.status, HF_DRV_ENGINE_STUCK);
    assert_contains(start.last.text, "the recovery did not advance within 800 ms: postgres:");
    assert_false(server_runs(&request));
}

/* Each restore works for longer than the deadline. */
static void test_recovery_that_advances(void **state)
{
    struct hf_driver_request request = server_request('a');
    (void)state;
    server_write(&request, "recovery.signal", "");
    set_settings(&request, "restore_command = 'timeout 2.5 sh -c \"while :; do :; done\"; false'");
    request.deadline_ms = 1000; /* long enough to get some of a busy processor */
    struct server_start start = server_start(&request);
    assert_string_equal(start.last.text, "");
    assert_int_equal(start.last.status, HF_DRV_OK);
    assert_true(start.last.took_ms > 2000);
    request.deadline_ms = 30000;
    server_must_stop(&request);
}

static void test_progress(void **state)
{
    const struct hf_postgresql_progress before = {.cpu_ms = 1000, .io_bytes = 8192};
    struct hf_postgresql_progress after = before;
    (void)state;
    assert_false(hf_postgresql_progress_made(&before, &after, 10000));
    after.cpu_ms += 100;
    assert_false(hf_postgresql_progress_made(&before, &after, 10000));
    after.cpu_ms += 100;
    assert_true(hf_postgresql_progress_made(&before, &after, 10000));
    after = before;
    after.io_bytes += 8192;
    assert_true(hf_postgresql_progress_made(&before, &after, 10000));
    after = before;
    after.disk_bytes += 1u << 20;
    assert_false(hf_postgresql_progress_made(&before, &after, 10000));
    after.disk_bytes += 8u << 20;
    assert_true(hf_postgresql_progress_made(&before, &after, 10000));
    after = before;
    after.title[0] = 'x';
    assert_true(hf_postgresql_progress_made(&before, &after, 10000));
}

/* ---- side by side, and without its starter ---- */

static void check_tcp(const struct hf_driver_request *request)
{
    char text[128];
    (void)snprintf(text, sizeof(text), "host=%s port=%u user=postgres dbname=postgres",
                   request->address, request->engine.port);
    PGconn *connection = PQconnectdb(text);
    PGresult *result = PQexec(connection, "show cluster_name");
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    assert_string_equal(PQgetvalue(result, 0, 0), request->instance);
    PQclear(result);
    PQfinish(connection);
}

static void test_two_instances_same_port(void **state)
{
    struct hf_driver_request a = server_request('a');
    struct hf_driver_request b = server_request('b');
    (void)state;
    (void)server_must_start(&a);
    (void)server_must_start(&b);
    check_tcp(&a);
    check_tcp(&b);
    server_must_stop(&a);
    assert_true(server_runs(&b));
    check_tcp(&b);
    server_must_stop(&b);
}

/* The engine may start before its address has come up. */
static void test_address_that_is_not_up_yet(void **state)
{
    static const char *const up[] = {"ip", "addr", "add", "192.0.2.10/32", "dev", "lo", NULL};
    static const char *const down[] = {"ip", "addr", "del", "192.0.2.10/32", "dev", "lo", NULL};
    struct hf_driver_request request = server_request('a');
    (void)state;
    (void)snprintf(request.address, sizeof(request.address), "192.0.2.10");
    (void)server_must_start(&request);
    run(up);
    check_tcp(&request);
    run(down);
    server_must_stop(&request);
}

static int die_at_first_reply(void *user, const struct hf_driver_reply *reply)
{
    const int *fd = user;
    if (write(*fd, &reply->pid, sizeof(reply->pid)) == (ssize_t)sizeof(reply->pid))
        (void)raise(SIGKILL);
    return -EPIPE;
}

static void test_survives_its_starter(void **state)
{
    struct hf_driver_request request = server_request('a');
    int ends[2];
    int status;
    int32_t pid;
    (void)state;
    assert_int_equal(pipe(ends), 0);
    pid_t starter = fork();
    if (starter == 0)
        hf_postgresql_start(&request, die_at_first_reply, &ends[1]);
    assert_int_equal(waitpid(starter, &status, 0), starter);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(read(ends[0], &pid, sizeof(pid)), sizeof(pid));
    (void)close(ends[0]);
    (void)close(ends[1]);
    struct server_probe probe = server_probe(&request);
    (void)server_probe_expect(&probe, HF_DRV_OK);
    server_probe_end(&probe);
    assert_int_equal(hf_postgresql_find_pid(request.engine.data, request.instance), pid);
    server_must_stop(&request);
}

/* ---- the probe ---- */

static void test_probe(void **state)
{
    struct hf_driver_request request = server_request('a');
    (void)state;
    struct server_probe probe = server_probe(&request);
    struct hf_driver_reply reply = server_probe_expect(&probe, HF_DRV_NO_ANSWER);
    assert_contains(reply.text, "connection to server");
    (void)server_must_start(&request);
    reply = server_probe_expect(&probe, HF_DRV_OK);
    assert_string_equal(reply.text, "");
    (void)server_probe_expect(&probe, HF_DRV_OK);
    (void)server_stop(&request, HF_STOP_KILL);
    reply = server_probe_expect(&probe, HF_DRV_NO_ANSWER);
    (void)server_must_start(&request);
    (void)server_probe_expect(&probe, HF_DRV_OK);
    server_probe_end(&probe);
    server_must_stop(&request);
}

static void test_probe_of_a_stopped_postmaster(void **state)
{
    struct hf_driver_request request = server_request('a');
    (void)state;
    pid_t pid = server_must_start(&request);
    struct server_probe probe = server_probe(&request);
    (void)server_probe_expect(&probe, HF_DRV_OK);
    assert_int_equal(kill(pid, SIGSTOP), 0);
    struct hf_driver_reply reply = server_probe_expect(&probe, HF_DRV_NO_ANSWER);
    assert_contains(reply.text, "no answer for ");
    reply = server_probe_expect(&probe, HF_DRV_NO_ANSWER);
    assert_true(reply.took_ms >= 200);
    assert_int_equal(kill(pid, SIGCONT), 0);
    (void)server_probe_expect(&probe, HF_DRV_OK);
    server_probe_end(&probe);
    server_must_stop(&request);
}

#define SERVER(test) cmocka_unit_test_teardown(test, end_servers)

static int tests(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_command_line),
        cmocka_unit_test(test_settings_that_are_refused),
        cmocka_unit_test(test_log_reason),
        cmocka_unit_test(test_progress),
        SERVER(test_start_and_planned_stop),
        SERVER(test_nothing_is_inherited),
        SERVER(test_crash_and_restart),
        SERVER(test_killed_postmaster),
        SERVER(test_stale_pidfile),
        SERVER(test_wrong_setting),
        SERVER(test_no_engine),
        SERVER(test_exec_failure_is_told),
        SERVER(test_stopped_postmaster_is_killed),
        SERVER(test_immediate_stop),
        SERVER(test_recovery_that_stands_still),
        SERVER(test_recovery_that_advances),
        SERVER(test_two_instances_same_port),
        SERVER(test_address_that_is_not_up_yet),
        SERVER(test_survives_its_starter),
        SERVER(test_probe),
        SERVER(test_probe_of_a_stopped_postmaster),
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
