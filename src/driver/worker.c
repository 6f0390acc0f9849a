#include "driver/worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "driver/worker_child.h"

#define REFILL_DELAY_MS 2000 /* after the last submit: the failover goes first */
#define FREE_WAIT_MS 200     /* for killed workers to end, all together */

/*
 * WARMING -> FREE with its first word, FREE -> BUSY with a submit, BUSY -> FREE with its last
 * reply. One that is forked for a request begins as FREE. LOST: killed, or ended by itself; it is
 * only waited for. A worker in FAILED has no process: it carries the bad news of a fork that failed
 * to the loop.
 */
enum worker_state { WORKER_WARMING, WORKER_FREE, WORKER_BUSY, WORKER_LOST, WORKER_FAILED };

struct worker {
    struct hf_pool *pool;
    struct worker *next;
    enum worker_state state;
    pid_t pid;
    int pidfd;
    int socket;
    uint64_t id; /* of the request it works on */
    uint32_t op;
    uint32_t deadline_ms;
    int error;        /* FAILED: errno */
    uv_poll_t io;     /* replies, end of the socket */
    uv_poll_t end;    /* end of the process */
    uv_timer_t timer; /* deadline */
    unsigned handles; /* open ones; the memory goes with the last */
};

struct hf_pool {
    uv_loop_t *loop;
    unsigned spare;
    hf_pool_reply_fn reply;
    void *user;
    struct worker *workers;
    uv_timer_t refill;
};

static hf_pool_runner_fn pool_runner = hf_driver_run;
static hf_pool_warm_fn pool_warm = hf_driver_warm_up;

void hf_pool_set_runner(hf_pool_runner_fn runner, hf_pool_warm_fn warm)
{
    pool_runner = runner;
    pool_warm = warm;
}

static void on_closed(uv_handle_t *handle)
{
    struct worker *worker = handle->data;
    if (--worker->handles > 0)
        return;
    if (worker->socket >= 0)
        (void)close(worker->socket);
    if (worker->pidfd >= 0)
        (void)close(worker->pidfd);
    free(worker);
}

static void unlink_worker(struct worker *worker)
{
    struct worker **at = &worker->pool->workers;
    while (*at != worker)
        at = &(*at)->next;
    *at = worker->next;
}

/* Takes the worker off the pool; its memory goes when the loop has closed the handles. */
static void drop(struct worker *worker)
{
    unlink_worker(worker);
    uv_close((uv_handle_t *)&worker->timer, on_closed);
    if (worker->state == WORKER_FAILED)
        return;
    uv_close((uv_handle_t *)&worker->io, on_closed);
    uv_close((uv_handle_t *)&worker->end, on_closed);
}

/* Ends a worker. It is reaped when it has ended, which may be never: uninterruptible sleep. */
static void lose(struct worker *worker)
{
    worker->state = WORKER_LOST;
    (void)uv_timer_stop(&worker->timer);
    (void)uv_poll_stop(&worker->io);
    (void)pidfd_send_signal(worker->pidfd, SIGKILL, NULL, 0);
}

static void answer_for(struct worker *worker, enum hf_driver_status status, int error,
                       const char *text)
{
    struct hf_pool *pool = worker->pool;
    struct hf_driver_reply reply = {
        .id = worker->id, .op = worker->op, .status = status, .error = error};
    if (status == HF_DRV_TIMEOUT)
        reply.took_ms = worker->deadline_ms;
    (void)snprintf(reply.text, sizeof(reply.text), "%s", text);
    pool->reply(pool->user, &reply);
}

static void on_deadline(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    char text[HF_DRIVER_TEXT_MAX];
    if (worker->state == WORKER_FAILED) {
        (void)snprintf(text, sizeof(text), "no worker: %s", strerror(worker->error));
        drop(worker);
        answer_for(worker, HF_DRV_FAILED, worker->error, text);
        return;
    }
    (void)snprintf(text, sizeof(text), "%s did not end within %u ms; its worker %d was killed",
                   hf_driver_op_name((enum hf_driver_op)worker->op), worker->deadline_ms,
                   (int)worker->pid);
    lose(worker);
    answer_for(worker, HF_DRV_TIMEOUT, ETIMEDOUT, text);
}

static unsigned count_spare(const struct hf_pool *pool)
{
    unsigned count = 0;
    for (const struct worker *worker = pool->workers; worker; worker = worker->next)
        count += worker->state == WORKER_FREE || worker->state == WORKER_WARMING;
    return count;
}

/* One reply has come: the last one frees the worker, or ends it when there are enough spare ones.
 */
static void take_reply(struct worker *worker, const struct hf_driver_reply *reply)
{
    struct hf_pool *pool = worker->pool;
    if (worker->state == WORKER_WARMING)
        worker->state = WORKER_FREE;
    if (worker->state != WORKER_BUSY || reply->id != worker->id)
        return;
    /* An operation that says "more" is under way and watches its own progress from there on. */
    (void)uv_timer_stop(&worker->timer);
    if (!reply->more) {
        worker->state = WORKER_FREE;
        /* A prober has become the engine's user for good. */
        if (count_spare(pool) > pool->spare || worker->op == HF_OP_ENGINE_PROBE)
            lose(worker);
    }
    pool->reply(pool->user, reply);
}

/* Returns whether a reply was there. */
static bool receive(struct worker *worker)
{
    struct hf_driver_reply reply;
    ssize_t n = recv(worker->socket, &reply, sizeof(reply), MSG_DONTWAIT);
    if (n == (ssize_t)sizeof(reply)) {
        take_reply(worker, &reply);
        return true;
    }
    /* The other end is closed: the end of the process, which comes next, says why. */
    if (n >= 0 || (errno != EAGAIN && errno != EINTR))
        (void)uv_poll_stop(&worker->io);
    return false;
}

static void on_readable(uv_poll_t *io, int status, int events)
{
    (void)status;
    (void)events;
    (void)receive(io->data);
}

/* The exit status for people. */
static void describe_end(const struct worker *worker, char *ret, size_t size)
{
    int status = 0;
    const char *name = hf_driver_op_name((enum hf_driver_op)worker->op);
    if (waitpid(worker->pid, &status, WNOHANG) == worker->pid && WIFSIGNALED(status))
        (void)snprintf(ret, size, "worker of %s: killed by signal %d", name, WTERMSIG(status));
    else
        (void)snprintf(ret, size, "worker of %s: exit status %d", name, WEXITSTATUS(status));
}

static void on_end(uv_poll_t *end, int status, int events)
{
    struct worker *worker = end->data;
    char text[HF_DRIVER_TEXT_MAX];
    (void)status;
    (void)events;
    /* Its last replies may still wait. A callback may end the whole pool: look again each time. */
    while (worker->state == WORKER_BUSY && receive(worker)) {
    }
    if (uv_is_closing((uv_handle_t *)end))
        return;
    describe_end(worker, text, sizeof(text));
    bool busy = worker->state == WORKER_BUSY;
    drop(worker);
    if (busy)
        answer_for(worker, HF_DRV_CRASHED, 0, text);
}

/* Forks. In the child it does not return. */
static int start_process(struct worker *worker, bool spare)
{
    int pair[2];
    pid_t daemon = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    worker->pid = fork();
    if (worker->pid == 0)
        hf_worker_main(pair[1], daemon, pool_runner, spare ? pool_warm : NULL);
    int error = errno;
    (void)close(pair[1]);
    if (worker->pid < 0) {
        (void)close(pair[0]);
        return -error;
    }
    worker->socket = pair[0];
    return 0;
}

/* A process that cannot be watched is of no use. */
static int open_pidfd(struct worker *worker)
{
    worker->pidfd = pidfd_open(worker->pid, 0);
    if (worker->pidfd >= 0)
        return 0;
    int r = -errno;
    (void)kill(worker->pid, SIGKILL);
    (void)waitpid(worker->pid, NULL, 0);
    (void)close(worker->socket);
    worker->socket = -1;
    return r;
}

static void add_handle(struct worker *worker, void **data)
{
    *data = worker;
    worker->handles++;
}

static struct worker *new_worker(struct hf_pool *pool)
{
    struct worker *worker = calloc(1, sizeof(*worker));
    HF_ASSERT(worker);
    worker->pool = pool;
    worker->pidfd = -1;
    worker->socket = -1;
    worker->next = pool->workers;
    pool->workers = worker;
    HF_ASSERT(uv_timer_init(pool->loop, &worker->timer) == 0);
    add_handle(worker, &worker->timer.data);
    return worker;
}

static struct worker *new_failed(struct hf_pool *pool, int error)
{
    struct worker *worker = new_worker(pool);
    worker->state = WORKER_FAILED;
    worker->error = error;
    return worker;
}

static void watch_process(struct worker *worker)
{
    uv_loop_t *loop = worker->pool->loop;
    HF_ASSERT(uv_poll_init(loop, &worker->io, worker->socket) == 0);
    add_handle(worker, &worker->io.data);
    HF_ASSERT(uv_poll_init(loop, &worker->end, worker->pidfd) == 0);
    add_handle(worker, &worker->end.data);
    HF_ASSERT(uv_poll_start(&worker->io, UV_READABLE, on_readable) == 0);
    HF_ASSERT(uv_poll_start(&worker->end, UV_READABLE, on_end) == 0);
}

/* A new worker, in advance or for a request; or one in FAILED with the errno. */
static struct worker *fork_worker(struct hf_pool *pool, bool spare)
{
    struct worker *worker = new_worker(pool);
    int r = start_process(worker, spare);
    if (r == 0)
        r = open_pidfd(worker);
    worker->state = spare && pool_warm ? WORKER_WARMING : WORKER_FREE;
    if (r < 0)
        worker->state = WORKER_FAILED;
    worker->error = -r;
    if (r == 0)
        watch_process(worker);
    return worker;
}

/* Forks one, and comes back for the next: the loop is never held up for long. */
static void on_refill(uv_timer_t *timer)
{
    struct hf_pool *pool = timer->data;
    if (count_spare(pool) >= pool->spare)
        return;
    struct worker *worker = fork_worker(pool, true);
    if (worker->state == WORKER_FAILED)
        drop(worker);
    (void)uv_timer_start(&pool->refill, on_refill, REFILL_DELAY_MS, 0);
}

static struct worker *find_free(const struct hf_pool *pool)
{
    struct worker *worker = pool->workers;
    while (worker && worker->state != WORKER_FREE)
        worker = worker->next;
    return worker;
}

/* Hands the request to a worker. A spare one that has died meanwhile is lost. */
static bool hand_over(struct worker *worker, const struct hf_driver_request *request)
{
    ssize_t n = send(worker->socket, request, sizeof(*request), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n == (ssize_t)sizeof(*request)) {
        worker->state = WORKER_BUSY;
        return true;
    }
    lose(worker);
    return false;
}

void hf_pool_submit(struct hf_pool *pool, const struct hf_driver_request *request)
{
    struct worker *worker = find_free(pool);
    while (worker && !hand_over(worker, request))
        worker = find_free(pool);
    if (!worker) {
        worker = fork_worker(pool, false);
        if (worker->state == WORKER_FREE && !hand_over(worker, request))
            worker = new_failed(pool, EPIPE);
    }
    worker->id = request->id;
    worker->op = request->op;
    worker->deadline_ms = request->deadline_ms;
    uv_update_time(pool->loop);
    if (worker->state == WORKER_FAILED)
        (void)uv_timer_start(&worker->timer, on_deadline, 0, 0);
    else if (request->deadline_ms > 0)
        (void)uv_timer_start(&worker->timer, on_deadline, request->deadline_ms, 0);
    (void)uv_timer_start(&pool->refill, on_refill, REFILL_DELAY_MS, 0);
}

void hf_pool_cancel(struct hf_pool *pool, uint64_t id)
{
    struct worker *next;
    for (struct worker *worker = pool->workers; worker; worker = next) {
        next = worker->next;
        if (worker->id != id)
            continue;
        if (worker->state == WORKER_BUSY)
            lose(worker);
        else if (worker->state == WORKER_FAILED)
            drop(worker);
    }
}

int hf_pool_new(uv_loop_t *loop, unsigned spare, hf_pool_reply_fn reply, void *user,
                struct hf_pool **ret)
{
    struct hf_pool *pool = calloc(1, sizeof(*pool));
    if (!pool)
        return -ENOMEM;
    *pool = (struct hf_pool){.loop = loop, .spare = spare, .reply = reply, .user = user};
    HF_ASSERT(uv_timer_init(loop, &pool->refill) == 0);
    pool->refill.data = pool;
    for (unsigned i = 0; i < spare; i++) {
        const struct worker *worker = fork_worker(pool, true);
        if (worker->state != WORKER_FAILED)
            continue;
        int r = -worker->error;
        hf_pool_free(pool);
        return r;
    }
    *ret = pool;
    return 0;
}

/* Reaps a killed worker; one that does not end in time is left to the init process. */
static void reap(const struct worker *worker, uint64_t end_ms)
{
    struct pollfd p = {.fd = worker->pidfd, .events = POLLIN};
    uint64_t now = uv_hrtime() / 1000000;
    if (poll(&p, 1, now < end_ms ? (int)(end_ms - now) : 0) > 0)
        (void)waitpid(worker->pid, NULL, WNOHANG);
}

static void on_pool_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void hf_pool_free(struct hf_pool *pool)
{
    if (!pool)
        return;
    uint64_t end_ms = uv_hrtime() / 1000000 + FREE_WAIT_MS;
    for (struct worker *worker = pool->workers; worker; worker = worker->next) {
        if (worker->state != WORKER_FAILED)
            lose(worker);
    }
    while (pool->workers) {
        if (pool->workers->state != WORKER_FAILED)
            reap(pool->workers, end_ms);
        drop(pool->workers);
    }
    uv_close((uv_handle_t *)&pool->refill, on_pool_closed);
}
