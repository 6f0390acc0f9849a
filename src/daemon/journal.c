#include "daemon/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "daemon/journal_store.h"
#include "daemon/journal_writer.h"
#include "daemon/measures.h"

#define RESTART_MS 1000u
#define CLOSE_WAIT_MS 5000

struct hf_journal {
    uv_loop_t *loop;
    struct hf_journal_callbacks callbacks;
    void *user;
    char dir[1024];
    uv_pipe_t *pipe; /* NULL: no writer now */
    pid_t pid;
    uv_timer_t *restart;
    struct hf_frame_reply reply; /* being received */
    size_t received;
};

struct write {
    uv_write_t request;
    struct hf_frame frame;
    uint8_t bytes[];
};

int hf_journal_load(const char *dir, hf_journal_record_fn record, void *user,
                    struct hf_error *error)
{
    struct hf_store store;
    int rc = hf_store_open(&store, dir, error);
    if (rc < 0)
        return rc;
    rc = hf_store_read(&store, record, user);
    if (rc < 0)
        hf_error_set(error, "reading %s/journal.db failed: %s", dir, sqlite3_errmsg(store.db));
    hf_store_close(&store);
    return rc;
}

int hf_journal_load_recoveries(const char *dir, hf_journal_recovery_fn recovery, void *user,
                               struct hf_error *error)
{
    struct hf_store store;
    int rc = hf_store_open(&store, dir, error);
    if (rc < 0)
        return rc;
    rc = hf_store_read_recoveries(&store, recovery, user);
    if (rc < 0)
        hf_error_set(error, "what earlier takeovers took cannot be read from %s/journal.db: %s",
                     dir, sqlite3_errmsg(store.db));
    hf_store_close(&store);
    return rc;
}

struct demands {
    sqlite3 *db;
    uint64_t now_s;
    hf_journal_demand_fn demand;
    void *user;
    int rc;
};

static void load_demand(void *user, const char *instance)
{
    struct demands *all = user;
    struct hf_measure_demand demand;
    int rc = hf_measures_demand(all->db, instance, all->now_s, &demand);
    if (rc < 0)
        all->rc = rc;
    else if (demand.known)
        all->demand(all->user, &demand);
}

int hf_journal_load_demands(const char *dir, uint64_t now_s, hf_journal_demand_fn demand,
                            void *user, struct hf_error *error)
{
    struct hf_store store;
    int rc = hf_store_open(&store, dir, error);
    if (rc < 0)
        return rc;
    struct demands all = {store.db, now_s, demand, user, hf_measures_open(store.db)};
    if (all.rc == 0)
        rc = hf_measures_instances(store.db, load_demand, &all);
    rc = all.rc < 0 ? all.rc : rc;
    if (rc < 0)
        hf_error_set(error, "what instances used cannot be read from %s/journal.db: %s", dir,
                     sqlite3_errmsg(store.db));
    hf_store_close(&store);
    return rc;
}

static void restart_now(uv_timer_t *timer);

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

static void reap(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

static void writer_ended(struct hf_journal *journal)
{
    if (!journal->pipe)
        return;
    uv_close((uv_handle_t *)journal->pipe, free_handle);
    journal->pipe = NULL;
    (void)kill(journal->pid, SIGKILL);
    reap(journal->pid);
    journal->callbacks.problem(journal->user, "the journal's writer ended; it is started again");
    (void)uv_timer_start(journal->restart, restart_now, RESTART_MS, 0);
}

static void start_allocation(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct hf_journal *journal = handle->data;
    (void)suggested;
    buf->base = (char *)&journal->reply + journal->received;
    buf->len = sizeof(journal->reply) - journal->received;
}

static void take_reply(struct hf_journal *journal)
{
    journal->received = 0;
    journal->reply.problem[sizeof(journal->reply.problem) - 1] = '\0';
    if (journal->reply.problem[0])
        journal->callbacks.problem(journal->user, journal->reply.problem);
    else if (journal->reply.has_demand && journal->callbacks.demand)
        journal->callbacks.demand(journal->user, &journal->reply.demand);
    else if (!journal->reply.has_demand)
        journal->callbacks.synced(journal->user, journal->reply.index);
}

static void got_bytes(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
    struct hf_journal *journal = stream->data;
    (void)buf;
    if (got < 0) {
        writer_ended(journal);
        return;
    }
    journal->received += (size_t)got;
    if (journal->received == sizeof(journal->reply))
        take_reply(journal);
}

static _Noreturn void writer_process(int fd, const char *dir, pid_t parent)
{
    hf_child_signals();
    (void)signal(SIGPIPE, SIG_IGN);
    (void)prctl(PR_SET_NAME, "holdfast-journ");
    /* What was given to it is still written when the daemon dies: it ends at the end of its input.
     */
    if (getppid() != parent)
        _exit(1);
    if (hf_child_keep(fd) < 0)
        _exit(1);
    _exit(hf_journal_writer(HF_CHILD_FD, dir));
}

static int writer_start(struct hf_journal *journal)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        writer_process(pair[1], journal->dir, parent);
    int rc = pid < 0 ? -errno : 0;
    (void)close(pair[1]);
    uv_pipe_t *pipe = rc ? NULL : malloc(sizeof(*pipe));
    if (!pipe) {
        (void)close(pair[0]);
        return rc ? rc : -ENOMEM;
    }
    (void)uv_pipe_init(journal->loop, pipe, 0);
    (void)uv_pipe_open(pipe, pair[0]);
    pipe->data = journal;
    journal->pipe = pipe;
    journal->pid = pid;
    journal->received = 0;
    return uv_read_start((uv_stream_t *)pipe, start_allocation, got_bytes);
}

static void restart_now(uv_timer_t *timer)
{
    struct hf_journal *journal = timer->data;
    if (writer_start(journal) < 0)
        (void)uv_timer_start(timer, restart_now, RESTART_MS, 0);
    else
        journal->callbacks.lost(journal->user);
}

int hf_journal_new(uv_loop_t *loop, const char *dir, const struct hf_journal_callbacks *callbacks,
                   void *user, struct hf_journal **ret)
{
    struct hf_journal *journal = calloc(1, sizeof(*journal));
    if (!journal)
        return -ENOMEM;
    journal->loop = loop;
    journal->callbacks = *callbacks;
    journal->user = user;
    (void)snprintf(journal->dir, sizeof(journal->dir), "%s", dir);
    journal->restart = malloc(sizeof(*journal->restart));
    int rc = journal->restart ? 0 : -ENOMEM;
    if (!rc) {
        (void)uv_timer_init(loop, journal->restart);
        journal->restart->data = journal;
        rc = writer_start(journal);
    }
    if (rc) {
        hf_journal_free(journal);
        return rc;
    }
    *ret = journal;
    return 0;
}

/* The writer ends when it has written everything; a disk that hangs is not waited for. */
static void wait_for_writer(pid_t pid)
{
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};
    if (pidfd >= 0 && poll(&poll_fd, 1, CLOSE_WAIT_MS) == 1)
        reap(pid);
    if (pidfd >= 0)
        (void)close(pidfd);
}

void hf_journal_free(struct hf_journal *journal)
{
    if (!journal)
        return;
    if (journal->restart)
        uv_close((uv_handle_t *)journal->restart, free_handle);
    if (journal->pipe) {
        uv_close((uv_handle_t *)journal->pipe, free_handle);
        wait_for_writer(journal->pid);
    }
    free(journal);
}

static void written(uv_write_t *request, int status)
{
    (void)status;
    free(request);
}

static void send_frame(struct hf_journal *journal, enum hf_frame_kind kind, uint64_t index,
                       const void *bytes, size_t length)
{
    if (!journal->pipe)
        return;
    struct write *write = malloc(sizeof(*write) + length);
    if (!write) {
        writer_ended(journal);
        return;
    }
    write->frame = (struct hf_frame){(uint32_t)kind, (uint32_t)length, index};
    if (length)
        memcpy(write->bytes, bytes, length);
    uv_buf_t buf = uv_buf_init((char *)&write->frame, (unsigned)(sizeof(write->frame) + length));
    if (uv_write(&write->request, (uv_stream_t *)journal->pipe, &buf, 1, written) < 0)
        free(write);
}

void hf_journal_append(struct hf_journal *journal, uint64_t index, const void *bytes, size_t length,
                       bool at_once)
{
    send_frame(journal, at_once ? HF_FRAME_DECISION : HF_FRAME_DECISION_LAZY, index, bytes, length);
}

void hf_journal_recovery(struct hf_journal *journal, const struct hf_recovery_sample *sample)
{
    send_frame(journal, HF_FRAME_RECOVERY, 0, sample, sizeof(*sample));
}

void hf_journal_minute(struct hf_journal *journal, const struct hf_measure_minute *minute)
{
    send_frame(journal, HF_FRAME_MINUTE, 0, minute, sizeof(*minute));
}

void hf_journal_snapshot_begin(struct hf_journal *journal)
{
    send_frame(journal, HF_FRAME_SNAPSHOT_BEGIN, 0, NULL, 0);
}

void hf_journal_snapshot_part(struct hf_journal *journal, const void *bytes, size_t length)
{
    send_frame(journal, HF_FRAME_SNAPSHOT_PART, 0, bytes, length);
}

void hf_journal_snapshot_end(struct hf_journal *journal, uint64_t index)
{
    send_frame(journal, HF_FRAME_SNAPSHOT_END, index, NULL, 0);
}
