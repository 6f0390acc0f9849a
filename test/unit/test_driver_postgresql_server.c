#include "test_driver_postgresql_server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "driver/cgroup.h"
#include "driver/connection.h"
#include "driver/postgresql.h"
#include "driver/process.h"

#define DEADLINE_MS 30000
#define VERSION "15"

extern char **environ;

static char folder[64];

const char *servers_folder(void)
{
    return folder;
}

static int run_quietly(const char *const argv[])
{
    pid_t pid;
    int status;
    if (posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)(uintptr_t)argv, environ) != 0)
        return -1;
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void run(const char *const argv[])
{
    if (run_quietly(argv) != 0)
        fail_msg("%s failed", argv[0]);
}

/* Cgroup names have the folder's random end, so that runs do not meet. */
static void name_of(char name, char *ret, size_t size)
{
    (void)snprintf(ret, size, "hftest-%s-%c", strrchr(folder, '-') + 1, name);
}

/* Private folders where the driver has its fixed paths, and a loopback of its own. */
static void isolate(void)
{
    static const char *const up[] = {"ip", "link", "set", "lo", "up", NULL};
    assert_int_equal(unshare(CLONE_NEWNS | CLONE_NEWNET), 0);
    assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    assert_int_equal(mount("tmpfs", "/run", "tmpfs", 0, "mode=755"), 0);
    assert_int_equal(mount("tmpfs", "/var/log", "tmpfs", 0, "mode=755"), 0);
    run(up);
}

static void clean_up(void)
{
    const char *const remove[] = {"rm", "-rf", folder, NULL};
    for (char name = 'a'; name <= 'b'; name++) {
        char instance[64];
        name_of(name, instance, sizeof(instance));
        (void)hf_cgroup_kill(instance, 10000);
        (void)hf_cgroup_remove(instance);
    }
    (void)run_quietly(remove);
}

static volatile pid_t tests_pid;

static void end_tests(int number)
{
    (void)number;
    if (tests_pid > 0)
        (void)kill(tests_pid, SIGKILL);
}

int servers_supervise(int (*tests)(void))
{
    int status = 0;
    (void)snprintf(folder, sizeof(folder), "/var/tmp/hftest-XXXXXX");
    if (!mkdtemp(folder) || chmod(folder, 0755) < 0)
        return 1;
    (void)fflush(NULL);
    pid_t child = fork();
    /* A signal ends the tests, and the supervisor goes on to clean up. */
    tests_pid = child;
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        isolate();
        exit(tests());
    }
    (void)signal(SIGINT, end_tests);
    (void)signal(SIGTERM, end_tests);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    clean_up();
    return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* Clients of whichever address of this node are let in. */
static void admit_local_clients(const char *data)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/pg_hba.conf", data);
    FILE *file = fopen(path, "ae");
    assert_non_null(file);
    assert_true(fputs("host all all samehost trust\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* initdb once, a copy for each instance. */
static void make_data(const char *data)
{
    char pristine[96];
    (void)snprintf(pristine, sizeof(pristine), "%s/pristine", folder);
    if (access(pristine, F_OK) < 0) {
        const char *const make[] = {"install", "-d", "-o", SERVER_USER, pristine, NULL};
        const char *const initdb[] = {"setpriv",
                                      "--reuid=" SERVER_USER,
                                      "--regid=" SERVER_USER,
                                      "--init-groups",
                                      "/usr/lib/postgresql/" VERSION "/bin/initdb",
                                      "--no-sync",
                                      "--auth-local=peer",
                                      "--auth-host=trust",
                                      "--no-instructions",
                                      "-E",
                                      "UTF8",
                                      "-D",
                                      pristine,
                                      NULL};
        run(make);
        run(initdb);
        admit_local_clients(pristine);
    }
    const char *const copy[] = {"cp", "-a", pristine, data, NULL};
    run(copy);
}

struct hf_driver_request server_request(char name)
{
    struct hf_driver_request request = {.id = 11, .deadline_ms = DEADLINE_MS, .interval_ms = 100};
    struct hf_driver_engine *engine = &request.engine;
    name_of(name, request.instance, sizeof(request.instance));
    (void)snprintf(request.address, sizeof(request.address), "127.0.0.%d", name - 'a' + 2);
    (void)snprintf(engine->data, sizeof(engine->data), "%s/%c", folder, name);
    (void)snprintf(engine->user, sizeof(engine->user), "%s", SERVER_USER);
    (void)snprintf(engine->type, sizeof(engine->type), "postgresql");
    engine->port = 5432;
    if (access(engine->data, F_OK) < 0)
        make_data(engine->data);
    return request;
}

static int collect(void *user, const struct hf_driver_reply *reply)
{
    struct server_start *start = user;
    if (start->count++ == 0)
        start->first = *reply;
    start->last = *reply;
    return 0;
}

struct server_start server_start(const struct hf_driver_request *request)
{
    struct server_start start = {.count = 0};
    struct hf_driver_request asked = *request;
    asked.op = HF_OP_ENGINE_START;
    hf_postgresql_start(&asked, collect, &start);
    assert_true(start.count >= 1);
    assert_false(start.last.more);
    assert_int_equal(start.last.id, request->id);
    assert_int_equal(start.last.op, HF_OP_ENGINE_START);
    return start;
}

struct hf_driver_reply server_stop(const struct hf_driver_request *request, uint32_t mode)
{
    struct hf_driver_request asked = *request;
    struct hf_driver_reply reply;
    asked.op = HF_OP_ENGINE_STOP;
    asked.stop_mode = mode;
    hf_postgresql_stop(&asked, &reply);
    return reply;
}

pid_t server_must_start(const struct hf_driver_request *request)
{
    struct server_start start = server_start(request);
    if (start.last.status != HF_DRV_OK)
        fail_msg("start: status %u: %s", start.last.status, start.last.text);
    assert_int_equal(start.count, 2);
    assert_true(start.first.more);
    assert_int_equal(start.first.pid, start.last.pid);
    assert_true(server_runs(request));
    return start.last.pid;
}

void server_must_stop(const struct hf_driver_request *request)
{
    struct hf_driver_reply reply = server_stop(request, HF_STOP_PLANNED);
    assert_int_equal(reply.status, HF_DRV_OK);
    assert_string_equal(reply.text, "fast stop after a checkpoint");
    assert_false(server_runs(request));
}

bool server_runs(const struct hf_driver_request *request)
{
    bool populated = false;
    int r = hf_cgroup_populated(request->instance, &populated);
    assert_true(r == 0 || r == -ENOENT);
    return populated;
}

static void open_connection(const struct hf_driver_request *request,
                            struct hf_connection *connection, uint64_t until_ms)
{
    char directory[128];
    struct hf_process_user user;
    assert_int_equal(
        hf_postgresql_socket_directory(request->instance, directory, sizeof(directory)), 0);
    assert_int_equal(hf_process_find_user(SERVER_USER, &user), 0);
    assert_int_equal(hf_process_borrow_uid(user.uid), 0);
    hf_connection_init(connection);
    enum hf_answer answer =
        hf_connection_open(connection, directory, request->engine.port, SERVER_USER, until_ms);
    assert_int_equal(hf_process_borrow_uid(0), 0);
    if (answer != HF_ANSWER_YES)
        fail_msg("connect: %s", connection->text);
}

void server_query(const struct hf_driver_request *request, const char *statement, char *ret,
                  size_t size)
{
    struct hf_connection connection;
    open_connection(request, &connection, hf_process_now_ms() + DEADLINE_MS);
    PGresult *result = PQexec(connection.pg, statement);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        fail_msg("%s: %s", statement, PQresultErrorMessage(result));
    if (ret)
        (void)snprintf(ret, size, "%s", PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    hf_connection_close(&connection);
}

static void path_of(const struct hf_driver_request *request, const char *name, char *ret,
                    size_t size)
{
    (void)snprintf(ret, size, "%s/%s", request->engine.data, name);
}

void server_write(const struct hf_driver_request *request, const char *name, const char *text)
{
    char path[256];
    struct hf_process_user user;
    path_of(request, name, path, sizeof(path));
    assert_int_equal(hf_process_find_user(SERVER_USER, &user), 0);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fchown(fileno(file), user.uid, user.gid), 0);
    assert_int_equal(fclose(file), 0);
}

bool server_has(const struct hf_driver_request *request, const char *name)
{
    char path[256];
    path_of(request, name, path, sizeof(path));
    return access(path, F_OK) == 0;
}

void server_remove(const struct hf_driver_request *request, const char *name)
{
    char path[256];
    path_of(request, name, path, sizeof(path));
    assert_int_equal(unlink(path), 0);
}

static int send_through(void *user, const struct hf_driver_reply *reply)
{
    const int *fd = user;
    return write(*fd, reply, sizeof(*reply)) == (ssize_t)sizeof(*reply) ? 0 : -EPIPE;
}

struct server_probe server_probe(const struct hf_driver_request *request)
{
    struct server_probe probe;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    probe.pid = fork();
    assert_true(probe.pid >= 0);
    if (probe.pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        hf_postgresql_probe(request, send_through, &ends[1]);
        _exit(0);
    }
    (void)close(ends[1]);
    probe.fd = ends[0];
    return probe;
}

void server_probe_end(struct server_probe *probe)
{
    (void)kill(probe->pid, SIGKILL);
    assert_int_equal(waitpid(probe->pid, NULL, 0), probe->pid);
    (void)close(probe->fd);
}

struct hf_driver_reply server_probe_expect(const struct server_probe *probe, uint32_t status)
{
    struct hf_driver_reply reply;
    struct pollfd wait = {.fd = probe->fd, .events = POLLIN};
    uint64_t until_ms = hf_process_now_ms() + DEADLINE_MS;
    do {
        if (poll(&wait, 1, hf_process_left_ms(until_ms)) != 1)
            fail_msg("no reply with status %u", status);
        assert_int_equal(read(probe->fd, &reply, sizeof(reply)), sizeof(reply));
        assert_true(reply.more);
    } while (reply.status != status);
    return reply;
}
