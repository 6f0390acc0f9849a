/*
 * postgresql_start.c - starts the server of an instance and waits until it serves.
 *
 * Happy path: the data directory and the program of its version are there; what a dead server
 * left (processes in the cgroup, postmaster.pid, sockets) is taken away; postgres is started in
 * the instance's cgroup as its user, and a first reply tells its pid; inotify tells when it
 * writes into postmaster.pid that it accepts connections, and the second reply ends the operation.
 * Nothing polls, and nothing here is a shell or pg_ctl.
 * Failure modes:
 *   no data directory, another version, no program -> HF_DRV_NO_ENGINE
 *   stale processes that cannot be killed          -> HF_DRV_BUSY
 *   bad settings, no user, no log, no exec         -> HF_DRV_FAILED
 *   it ends before it serves                       -> HF_DRV_ENGINE_EXIT, text = its last words
 *   its recovery stands still                      -> killed, HF_DRV_ENGINE_STUCK
 * The deadline is the time within which something must advance, not the time for the whole
 * recovery: the pool sets no deadline of its own after the first reply.
 *
 * A postmaster.pid found here is stale for certain: the disk's reservation is ours and the cgroup
 * is empty. It must go, for the pid in it may by chance belong to a process of this node, and
 * PostgreSQL would refuse to start.
 *
 * The server binds to the virtual address only, since other instances may use the same port on
 * this node, and it may start before the address is up: ip_nonlocal_bind is switched on for that.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/cgroup.h"
#include "driver/postgresql.h"
#include "driver/process.h"

#define LOG_DIRECTORY "/var/log/holdfast"
#define DEADLINE_DEFAULT_MS 60000u
#define KILL_TIMEOUT_MS 5000u
#define OOM_SCORE_ADJ (-900)

struct start {
    const struct hf_driver_request *request;
    struct hf_driver_reply reply;
    struct hf_process_user user;
    struct hf_postgresql_command command;
    struct hf_error error;
    uint64_t began_ms;
    uint32_t deadline_ms;
    char log[PATH_MAX];
    off_t log_offset;                    /* where this start's lines begin */
    int watch;                           /* inotify on the data directory */
    struct hf_postgresql_control before; /* as the last server left it */
    bool before_known;
    pid_t pid;
    int pidfd;
};

__attribute__((format(printf, 4, 5))) static enum hf_driver_status
set(struct start *start, enum hf_driver_status status, int error, const char *format, ...)
{
    va_list args;
    start->reply.status = status;
    start->reply.error = error;
    va_start(args, format);
    (void)vsnprintf(start->reply.text, sizeof(start->reply.text), format, args);
    va_end(args);
    return status;
}

static enum hf_driver_status fail(struct start *start, int r)
{
    return set(start, HF_DRV_FAILED, -r, "%.*s", (int)HF_DRIVER_TEXT_MAX - 1, start->error.text);
}

/* Which program goes with the data directory? */
static enum hf_driver_status choose_version(struct start *start, unsigned *ret)
{
    const struct hf_driver_engine *engine = &start->request->engine;
    char program[64];
    int r = hf_postgresql_read_version(engine->data, ret);
    if (r < 0)
        return set(start, HF_DRV_NO_ENGINE, -r,
                   "%s is no data directory of PostgreSQL: "
                   "PG_VERSION: %s",
                   engine->data, strerror(-r));
    if (engine->version != 0 && engine->version != *ret)
        return set(start, HF_DRV_NO_ENGINE, 0,
                   "%s is of PostgreSQL %u, and version %u is wanted: "
                   "run pg_upgrade or correct the version",
                   engine->data, *ret, engine->version);
    (void)snprintf(program, sizeof(program), "/usr/lib/postgresql/%u/bin/postgres", *ret);
    if (access(program, X_OK) < 0)
        return set(start, HF_DRV_NO_ENGINE, errno,
                   "PostgreSQL %u is not installed on this node: "
                   "%s: %s",
                   *ret, program, strerror(errno));
    return HF_DRV_OK;
}

static enum hf_driver_status find_user(struct start *start)
{
    const char *name = start->request->engine.user;
    int r = hf_process_find_user(name, &start->user);
    if (r < 0)
        return set(start, HF_DRV_FAILED, -r, "user %s: %s", name,
                   r == -ENOENT ? "there is no such user" : strerror(-r));
    return HF_DRV_OK;
}

/* A new cgroup, not the old one: its counters begin with this start, and a process can be born
 * into it (process.c), which the kernel may refuse to one that was killed before. */
static enum hf_driver_status clear_cgroup(struct start *start)
{
    const char *instance = start->request->instance;
    int r = hf_cgroup_kill(instance, KILL_TIMEOUT_MS);
    if (r < 0)
        return set(start, r == -ETIMEDOUT ? HF_DRV_BUSY : HF_DRV_FAILED, -r,
                   "processes of an earlier start of %s cannot be killed: %s", instance,
                   strerror(-r));
    (void)hf_cgroup_remove(instance);
    r = hf_cgroup_make(instance);
    if (r < 0)
        return set(start, HF_DRV_FAILED, -r, "cgroup of %s: %s", instance, strerror(-r));
    return HF_DRV_OK;
}

static enum hf_driver_status clear_sockets(struct start *start)
{
    char socket[32];
    char lock[40];
    int fd = hf_postgresql_open_run(start->request->instance, &start->user);
    if (fd < 0)
        return set(start, HF_DRV_FAILED, -fd, "folder of the sockets %s/%s: %s", HF_POSTGRESQL_RUN,
                   start->request->instance, strerror(-fd));
    (void)snprintf(socket, sizeof(socket), ".s.PGSQL.%u", start->request->engine.port);
    (void)snprintf(lock, sizeof(lock), "%s.lock", socket);
    (void)unlinkat(fd, socket, 0);
    (void)unlinkat(fd, lock, 0);
    (void)close(fd);
    return HF_DRV_OK;
}

static enum hf_driver_status clear_pidfile(struct start *start)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s/postmaster.pid", start->request->engine.data);
    if (unlink(path) < 0 && errno != ENOENT)
        return set(start, HF_DRV_FAILED, errno, "%s of a dead server: %s", path, strerror(errno));
    return HF_DRV_OK;
}

/* Best effort: when it is not allowed, the server ends with a text that names the address. */
static void allow_early_bind(const char *address)
{
    bool is_ipv6 = strchr(address, ':') != NULL;
    int fd = open(is_ipv6 ? "/proc/sys/net/ipv6/ip_nonlocal_bind"
                          : "/proc/sys/net/ipv4/ip_nonlocal_bind",
                  O_RDWR | O_CLOEXEC);
    char now = '1';
    if (fd < 0)
        return;
    if (read(fd, &now, 1) == 1 && now == '0' && pwrite(fd, "1", 1, 0) < 0) {
        /* see above */
    }
    (void)close(fd);
}

/* For what recoveries take (daemon/recovery.h): without it that is not measured, no more. */
static void note_control(struct start *start)
{
    start->before_known =
        hf_postgresql_read_control(start->request->engine.data, &start->before) == 0;
}

/* A recovery ends with a checkpoint, whose redo position is where the log ended. */
static void note_replayed(struct start *start)
{
    struct hf_postgresql_control now;
    bool known = start->before_known && (start->before.stopped || start->before.crashed) &&
                 hf_postgresql_read_control(start->request->engine.data, &now) == 0 &&
                 now.redo >= start->before.redo;
    start->reply.log_known = known;
    start->reply.log_bytes = known && start->before.crashed ? now.redo - start->before.redo : 0;
}

static enum hf_driver_status prepare(struct start *start)
{
    unsigned version = 0;
    enum hf_driver_status status = choose_version(start, &version);
    if (status == HF_DRV_OK) {
        int r = hf_postgresql_command(start->request, version, &start->command, &start->error);
        if (r < 0)
            return fail(start, r);
        status = find_user(start);
    }
    if (status == HF_DRV_OK)
        status = clear_cgroup(start);
    if (status == HF_DRV_OK)
        status = clear_sockets(start);
    if (status == HF_DRV_OK)
        status = clear_pidfile(start);
    if (status == HF_DRV_OK) {
        int r = hf_postgresql_profile_write(start->request, &start->user, &start->error);
        if (r < 0)
            return fail(start, r);
    }
    if (status == HF_DRV_OK && start->request->address[0])
        allow_early_bind(start->request->address);
    if (status == HF_DRV_OK)
        note_control(start);
    return status;
}

/* The watch stands before the server does, so that no write is missed. */
static enum hf_driver_status watch_data(struct start *start)
{
    start->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (start->watch < 0 || inotify_add_watch(start->watch, start->request->engine.data,
                                              IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO) < 0)
        return set(start, HF_DRV_FAILED, errno, "inotify on %s: %s", start->request->engine.data,
                   strerror(errno));
    return HF_DRV_OK;
}

static enum hf_driver_status launch(struct start *start)
{
    /* The server's children are killed before the server itself when memory runs out. */
    static const char *const more[] = {"PG_OOM_ADJUST_FILE=/proc/self/oom_score_adj",
                                       "PG_OOM_ADJUST_VALUE=0", NULL};
    const struct hf_process_spec spec = {.instance = start->request->instance,
                                         .user = &start->user,
                                         .log = start->log,
                                         .argv = start->command.argv,
                                         .more = more,
                                         .oom_score_adj = OOM_SCORE_ADJ};
    struct stat log;
    start->log_offset = stat(start->log, &log) == 0 ? log.st_size : 0;
    int r = hf_process_start(&spec, &start->pid, &start->pidfd, &start->error);
    if (r < 0)
        return fail(start, r);
    start->reply.pid = start->pid;
    return HF_DRV_OK;
}

static bool is_serving(const struct start *start)
{
    struct hf_postgresql_pidfile file;
    return hf_postgresql_read_pidfile(start->request->engine.data, &file) == 0 &&
           file.pid == start->pid && file.serving;
}

static void drain(int inotify)
{
    char events[4096];
    while (read(inotify, events, sizeof(events)) > 0)
        continue;
}

/* HF_DRV_OK: it serves. HF_DRV_ENGINE_EXIT: it ended. HF_DRV_TIMEOUT: neither by then. */
static enum hf_driver_status wait_serving(const struct start *start, uint64_t until_ms)
{
    struct pollfd wait[] = {{.fd = start->watch, .events = POLLIN},
                            {.fd = start->pidfd, .events = POLLIN}};
    for (;;) {
        if (is_serving(start))
            return HF_DRV_OK;
        if (poll(wait, 2, hf_process_left_ms(until_ms)) == 0)
            return HF_DRV_TIMEOUT;
        if (wait[1].revents != 0)
            return HF_DRV_ENGINE_EXIT;
        drain(start->watch);
    }
}

static enum hf_driver_status ended(struct start *start)
{
    char reason[HF_DRIVER_TEXT_MAX];
    hf_postgresql_log_reason(start->log, start->log_offset, reason, sizeof(reason));
    (void)hf_cgroup_kill(start->request->instance, KILL_TIMEOUT_MS);
    return set(start, HF_DRV_ENGINE_EXIT, 0, "%s", reason[0] ? reason : "it ended without a word");
}

static enum hf_driver_status stuck(struct start *start, const char *title)
{
    int r = hf_cgroup_kill(start->request->instance, KILL_TIMEOUT_MS);
    return set(start, HF_DRV_ENGINE_STUCK, r < 0 ? -r : 0,
               "the recovery did not advance within %u ms%s%s%s", start->deadline_ms,
               title[0] ? ": " : "", title, r < 0 ? "; its processes cannot be killed" : "");
}

static enum hf_driver_status await(struct start *start)
{
    struct hf_postgresql_progress before;
    struct hf_postgresql_progress now;
    hf_postgresql_progress_look(start->request, &before);
    for (;;) {
        uint64_t until_ms = hf_process_now_ms() + start->deadline_ms;
        enum hf_driver_status status = wait_serving(start, until_ms);
        if (status == HF_DRV_ENGINE_EXIT)
            return ended(start);
        if (status == HF_DRV_OK) {
            note_replayed(start);
            return set(start, HF_DRV_OK, 0, "%s", "");
        }
        hf_postgresql_progress_look(start->request, &now);
        if (!hf_postgresql_progress_made(&before, &now, start->deadline_ms))
            return stuck(start, now.title);
        before = now;
    }
}

static int answer(struct start *start, bool more, hf_driver_reply_fn send, void *user)
{
    start->reply.more = more;
    start->reply.took_ms = (uint32_t)(hf_process_now_ms() - start->began_ms);
    return send(user, &start->reply);
}

void hf_postgresql_start(const struct hf_driver_request *request, hf_driver_reply_fn send,
                         void *user)
{
    struct start start = {.request = request, .watch = -1, .pidfd = -1};
    start.reply.id = request->id;
    start.reply.op = request->op;
    start.began_ms = hf_process_now_ms();
    start.deadline_ms = request->deadline_ms ? request->deadline_ms : DEADLINE_DEFAULT_MS;
    (void)snprintf(start.log, sizeof(start.log), "%s/%s-postgresql.log", LOG_DIRECTORY,
                   request->instance);
    enum hf_driver_status status = prepare(&start);
    if (status == HF_DRV_OK)
        status = watch_data(&start);
    if (status == HF_DRV_OK)
        status = launch(&start);
    /* When nobody listens any more the server goes on; who comes next adopts or stops it. */
    if (status != HF_DRV_OK || answer(&start, true, send, user) == 0) {
        if (status == HF_DRV_OK)
            (void)await(&start);
        (void)answer(&start, false, send, user);
    }
    if (start.watch >= 0)
        (void)close(start.watch);
    if (start.pidfd >= 0)
        (void)close(start.pidfd);
}
