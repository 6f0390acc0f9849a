/*
 * corosync.c - the engine's life: probing, connecting, losing the connection, sending.
 *
 * Happy path: a child process finds that corosync answers; this process connects, joins the group,
 * calls up, and from then on only reads what is ready. Failure modes: corosync not running or
 * hanging at the start -> down with the reason, tried again every 100 ms; connection lost (corosync
 * killed, stopped) -> all handles closed, queue dropped, down, tried again; corosync takes no
 * message for a while (it synchronises, its buffers are full) -> queued, tried again every 5 ms.
 *
 * Which links are up is asked for by a process of its own (links.h), while connected.
 *
 * At most WINDOW own messages are with corosync at a time. That bounds what libqb may have to write
 * to the socket of a corosync that hangs, where it would spin.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/assert.h"
#include "engine/corosync_private.h"

#define RECONNECT_MS 100
#define RETRY_MS 5
#define PROBE_TIMEOUT_MS 2000
#define WINDOW 64u
#define LINKS_START_MS 1000 /* a new connection has better things to do first */
#define LINKS_SILENT_MS 6000
#define DISPATCH_MAX 64 /* events handled before the loop gets its turn */

static void rest(struct hf_engine *engine, const char *why);

/* ---- connecting ---- */

/* True: something listens, or it cannot be said cheaply. Spares a fork while corosync is off. */
static bool corosync_listens(void)
{
    if (access("/etc/libqb/force-filesystem-sockets", F_OK) == 0)
        return true;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path + 1, "cpg", 3);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return true;
    int rc = connect(fd, (struct sockaddr *)&address, sizeof(address));
    bool listens = rc == 0 || errno != ECONNREFUSED;
    close(fd);
    return listens;
}

static int probe_run(void *user, int output)
{
    (void)user;
    (void)output;
    return hf_engine_cpg_probe() < 0 || hf_engine_quorum_probe() < 0;
}

static void poll_closed(uv_handle_t *handle)
{
    free(handle);
}

static int poll_open(struct hf_engine *engine, int slot, int fd, uv_poll_cb ready)
{
    uv_poll_t *poll = calloc(1, sizeof(*poll));
    if (!poll)
        return -ENOMEM;
    poll->data = engine;
    int rc = uv_poll_init(engine->loop, poll, fd);
    if (rc < 0) {
        free(poll);
        return rc;
    }
    engine->polls[slot] = poll;
    return uv_poll_start(poll, UV_READABLE | UV_DISCONNECT, ready);
}

static void disconnect(struct hf_engine *engine)
{
    for (size_t i = 0; i < sizeof(engine->polls) / sizeof(engine->polls[0]); i++) {
        if (!engine->polls[i])
            continue;
        uv_poll_stop(engine->polls[i]);
        uv_close((uv_handle_t *)engine->polls[i], poll_closed);
        engine->polls[i] = NULL;
    }
    hf_engine_cpg_close(engine);
    hf_engine_quorum_close(engine);
    hf_send_queue_clear(&engine->queue);
    uv_timer_stop(&engine->retry);
    engine->failure = NULL;
    engine->unreturned = 0;
}

/* ---- sending ---- */

void hf_engine_fail(struct hf_engine *engine, const char *why)
{
    if (!engine->failure)
        engine->failure = why;
}

static void pump(struct hf_engine *engine);

static void retry_due(uv_timer_t *timer)
{
    struct hf_engine *engine = timer->data;
    pump(engine);
    if (engine->failure)
        rest(engine, engine->failure);
}

/* Sends what waits, as far as corosync takes it. */
static void pump(struct hf_engine *engine)
{
    while (engine->queue.first && engine->unreturned < WINDOW && !engine->failure) {
        struct hf_send_item *item = engine->queue.first;
        cs_error_t error = hf_engine_cpg_send(engine, item->data, item->length);
        if (error == CS_ERR_TRY_AGAIN)
            break;
        if (error != CS_OK) {
            hf_engine_fail(engine, "corosync refused a message");
            break;
        }
        hf_send_queue_pop(&engine->queue);
    }
    if (engine->queue.first && !engine->failure)
        uv_timer_start(&engine->retry, retry_due, RETRY_MS, 0);
    else
        uv_timer_stop(&engine->retry);
}

static void failure_due(uv_timer_t *timer)
{
    struct hf_engine *engine = timer->data;
    if (engine->failure)
        rest(engine, engine->failure);
}

int hf_engine_send(struct hf_engine *engine, const void *data, size_t length)
{
    if (engine->state != HF_ENGINE_UP)
        return -ENOTCONN;
    if (length > HF_ENGINE_MESSAGE_MAX)
        return -EMSGSIZE;
    if (engine->failure)
        return -EPIPE;
    int rc = hf_send_queue_push(&engine->queue, data, length);
    if (rc < 0)
        return rc;
    pump(engine);
    if (!engine->failure)
        return 0;
    uv_timer_start(&engine->reconnect, failure_due, 0, 0);
    return -EPIPE;
}

/* ---- dispatching ---- */

typedef cs_error_t (*dispatch_fn)(uint64_t handle, cs_dispatch_flags_t flags);

static void dispatch(uv_poll_t *poll, int status, uint64_t handle, dispatch_fn one)
{
    struct hf_engine *engine = poll->data;
    if (status < 0)
        hf_engine_fail(engine, "the connection to corosync broke");
    for (int i = 0; i < DISPATCH_MAX && !engine->failure; i++) {
        cs_error_t error = one(handle, CS_DISPATCH_ONE_NONBLOCKING);
        if (error == CS_ERR_TRY_AGAIN)
            break;
        if (error != CS_OK)
            hf_engine_fail(engine, "the connection to corosync is lost: it ended or was stopped");
    }
    if (!engine->failure)
        pump(engine);
    if (engine->failure)
        rest(engine, engine->failure);
}

static void cpg_ready(uv_poll_t *poll, int status, int events)
{
    if (events & UV_DISCONNECT)
        status = -ECONNRESET;
    dispatch(poll, status, ((struct hf_engine *)poll->data)->cpg, cpg_dispatch);
}

static void quorum_ready(uv_poll_t *poll, int status, int events)
{
    if (events & UV_DISCONNECT)
        status = -ECONNRESET;
    dispatch(poll, status, ((struct hf_engine *)poll->data)->quorum, quorum_dispatch);
}

static void votes_ready(uv_poll_t *poll, int status, int events)
{
    if (events & UV_DISCONNECT)
        status = -ECONNRESET;
    dispatch(poll, status, ((struct hf_engine *)poll->data)->votequorum, votequorum_dispatch);
}

static int watch(struct hf_engine *engine, const char **why)
{
    int fds[3] = {-1, -1, -1};
    *why = "out of memory or descriptors while connecting to corosync";
    if (cpg_fd_get(engine->cpg, &fds[0]) != CS_OK ||
        quorum_fd_get(engine->quorum, &fds[1]) != CS_OK ||
        votequorum_fd_get(engine->votequorum, &fds[2]) != CS_OK)
        return -1;
    if (poll_open(engine, 0, fds[0], cpg_ready) < 0 ||
        poll_open(engine, 1, fds[1], quorum_ready) < 0 ||
        poll_open(engine, 2, fds[2], votes_ready) < 0)
        return -1;
    return 0;
}

static int connect_all(struct hf_engine *engine, const char **why)
{
    if (hf_engine_cpg_open(engine, why) < 0 || hf_engine_quorum_open(engine, why) < 0 ||
        watch(engine, why) < 0 || hf_engine_quorum_track(engine, why) < 0)
        return -1;
    return hf_engine_cpg_join(engine, why);
}

/* ---- states ---- */

static void probe_done(void *user, int result)
{
    struct hf_engine *engine = user;
    engine->probe = NULL;
    const char *why = "corosync runs but does not let clients connect yet";
    if (result == -ETIMEDOUT)
        why = "corosync hangs: it does not answer a new connection";
    if (result != 0 || connect_all(engine, &why) < 0) {
        rest(engine, why);
        return;
    }
    engine->state = HF_ENGINE_UP;
    engine->told_down = NULL;
    engine->calling++;
    engine->callbacks.up(engine->user, engine->node);
    engine->calling--;
    hf_links_start(engine->links);
}

static void reconnect_due(uv_timer_t *timer)
{
    struct hf_engine *engine = timer->data;
    if (!corosync_listens()) {
        rest(engine, "corosync is not running");
        return;
    }
    const struct hf_engine_child_options options = {
        .run = probe_run,
        .done = probe_done,
        .user = engine,
        .output = -1,
        .name = "holdfast-probe",
        .timeout_ms = PROBE_TIMEOUT_MS,
    };
    if (hf_engine_child_start(engine->loop, &options, &engine->probe) < 0) {
        rest(engine, "cannot fork a process to try the connection to corosync");
        return;
    }
    engine->state = HF_ENGINE_PROBING;
}

/* Not connected: tells why (once for each reason), and tries again later. */
static void rest(struct hf_engine *engine, const char *why)
{
    HF_ASSERT(engine->calling == 0);
    disconnect(engine);
    hf_links_stop(engine->links);
    engine->state = HF_ENGINE_RESTING;
    uv_timer_start(&engine->reconnect, reconnect_due, RECONNECT_MS, 0);
    if (engine->told_down && strcmp(engine->told_down, why) == 0)
        return;
    engine->told_down = why;
    engine->calling++;
    engine->callbacks.down(engine->user, why);
    engine->calling--;
}

/* ---- life ---- */

static void links_told(void *user, const struct hf_engine_links *links, const char *why)
{
    struct hf_engine *engine = user;
    engine->calling++;
    engine->callbacks.links(engine->user, links, why);
    engine->calling--;
}

static int links_new(struct hf_engine *engine)
{
    const struct hf_links_options options = {
        .run = hf_engine_links_run,
        .told = links_told,
        .user = engine,
        .start_ms = LINKS_START_MS,
        .silent_ms = LINKS_SILENT_MS,
    };
    return hf_links_new(engine->loop, &options, &engine->links);
}

int hf_engine_new(uv_loop_t *loop, const struct hf_engine_callbacks *callbacks, void *user,
                  struct hf_engine **ret)
{
    HF_ASSERT(callbacks->up && callbacks->down && callbacks->membership && callbacks->quorum &&
              callbacks->message && callbacks->links && callbacks->reloaded);
    struct hf_engine *engine = calloc(1, sizeof(*engine));
    if (!engine)
        return -ENOMEM;
    engine->loop = loop;
    engine->callbacks = *callbacks;
    engine->user = user;
    engine->queue.bytes_max = HF_ENGINE_QUEUE_BYTES_MAX;
    int rc = links_new(engine);
    if (rc < 0) {
        free(engine);
        return rc;
    }
    uv_timer_init(loop, &engine->reconnect);
    uv_timer_init(loop, &engine->retry);
    engine->reconnect.data = engine;
    engine->retry.data = engine;
    uv_timer_start(&engine->reconnect, reconnect_due, 0, 0);
    *ret = engine;
    return 0;
}

static void timer_closed(uv_handle_t *handle)
{
    struct hf_engine *engine = handle->data;
    if (--engine->closing == 0)
        free(engine);
}

void hf_engine_free(struct hf_engine *engine)
{
    if (!engine)
        return;
    HF_ASSERT(engine->calling == 0);
    hf_engine_child_cancel(engine->probe);
    hf_engine_child_cancel(engine->reload);
    hf_links_free(engine->links);
    disconnect(engine);
    engine->closing = 2;
    uv_close((uv_handle_t *)&engine->reconnect, timer_closed);
    uv_close((uv_handle_t *)&engine->retry, timer_closed);
}
