#include "driver/meter.h"

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

#include "driver/worker_child.h"

#define RESTART_MS 1000u
#define FREE_WAIT_MS 200

struct hf_meter {
    uv_loop_t *loop;
    char public_address[HF_DRIVER_ADDRESS_MAX];
    uint32_t interval_ms;
    hf_meter_sample_fn sample;
    void *user;
    uv_pipe_t *pipe; /* NULL: no process now */
    pid_t pid;       /* 0: none that was not waited for */
    uv_timer_t *restart;
    struct hf_meter_sample received;
    size_t received_bytes;
    struct hf_meter_target *targets;
    unsigned count, room;
};

struct note {
    uv_write_t request;
    struct hf_meter_target target;
};

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

static void written(uv_write_t *request, int status)
{
    (void)status;
    free(request);
}

/* A note that cannot be sent is not lost: the process gets all of them when it is started anew. */
static void send_target(struct hf_meter *meter, const struct hf_meter_target *target)
{
    struct note *note = meter->pipe ? malloc(sizeof(*note)) : NULL;
    if (!note)
        return;
    note->target = *target;
    uv_buf_t buf = uv_buf_init((char *)&note->target, sizeof(note->target));
    if (uv_write(&note->request, (uv_stream_t *)meter->pipe, &buf, 1, written) < 0)
        free(note);
}

static void start_again(uv_timer_t *timer);

static void process_ended(struct hf_meter *meter)
{
    uv_close((uv_handle_t *)meter->pipe, free_handle);
    meter->pipe = NULL;
    (void)kill(meter->pid, SIGKILL);
    (void)uv_timer_start(meter->restart, start_again, RESTART_MS, 0);
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct hf_meter *meter = handle->data;
    (void)suggested;
    buf->base = (char *)&meter->received + meter->received_bytes;
    buf->len = sizeof(meter->received) - meter->received_bytes;
}

static void got_bytes(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
    struct hf_meter *meter = stream->data;
    (void)buf;
    if (got < 0) {
        process_ended(meter);
        return;
    }
    meter->received_bytes += (size_t)got;
    if (meter->received_bytes < sizeof(meter->received))
        return;
    meter->received_bytes = 0;
    meter->received.instance[sizeof(meter->received.instance) - 1] = '\0';
    meter->sample(meter->user, &meter->received);
}

static int start_process(struct hf_meter *meter)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    pid_t daemon = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        hf_worker_become(pair[1], daemon, "meter");
        hf_meter_main(meter->public_address, meter->interval_ms);
    }
    int rc = pid < 0 ? -errno : 0;
    (void)close(pair[1]);
    uv_pipe_t *pipe = rc ? NULL : malloc(sizeof(*pipe));
    if (!pipe) {
        (void)close(pair[0]); /* the process ends with it */
        meter->pid = rc ? 0 : pid;
        return rc ? rc : -ENOMEM;
    }
    (void)uv_pipe_init(meter->loop, pipe, 0);
    (void)uv_pipe_open(pipe, pair[0]);
    pipe->data = meter;
    meter->pipe = pipe;
    meter->pid = pid;
    meter->received_bytes = 0;
    for (unsigned t = 0; t < meter->count; t++)
        send_target(meter, &meter->targets[t]);
    return uv_read_start((uv_stream_t *)pipe, give_room, got_bytes);
}

/* The old process is waited for without standing still: it may be inside the kernel. */
static void start_again(uv_timer_t *timer)
{
    struct hf_meter *meter = timer->data;
    if (meter->pid && waitpid(meter->pid, NULL, WNOHANG) == 0) {
        (void)uv_timer_start(timer, start_again, RESTART_MS, 0);
        return;
    }
    meter->pid = 0;
    if (start_process(meter) < 0)
        (void)uv_timer_start(timer, start_again, RESTART_MS, 0);
}

int hf_meter_new(uv_loop_t *loop, const char *public_address, uint32_t interval_ms,
                 hf_meter_sample_fn sample, void *user, struct hf_meter **ret)
{
    struct hf_meter *meter = calloc(1, sizeof(*meter));
    if (!meter)
        return -ENOMEM;
    meter->loop = loop;
    meter->interval_ms = interval_ms;
    meter->sample = sample;
    meter->user = user;
    (void)snprintf(meter->public_address, sizeof(meter->public_address), "%s", public_address);
    meter->restart = malloc(sizeof(*meter->restart));
    int rc = meter->restart ? 0 : -ENOMEM;
    if (!rc) {
        (void)uv_timer_init(loop, meter->restart);
        meter->restart->data = meter;
        rc = start_process(meter);
    }
    if (rc) {
        hf_meter_free(meter);
        return rc;
    }
    *ret = meter;
    return 0;
}

static void end_process(pid_t pid)
{
    int pidfd = pidfd_open(pid, 0);
    (void)kill(pid, SIGKILL);
    struct pollfd end = {.fd = pidfd, .events = POLLIN};
    if (pidfd >= 0 && poll(&end, 1, FREE_WAIT_MS) == 1)
        (void)waitpid(pid, NULL, 0);
    if (pidfd >= 0)
        (void)close(pidfd);
}

void hf_meter_free(struct hf_meter *meter)
{
    if (!meter)
        return;
    if (meter->restart)
        uv_close((uv_handle_t *)meter->restart, free_handle);
    if (meter->pipe)
        uv_close((uv_handle_t *)meter->pipe, free_handle);
    if (meter->pid)
        end_process(meter->pid);
    free(meter->targets);
    free(meter);
}

static struct hf_meter_target *find_target(struct hf_meter *meter, const char *instance)
{
    for (unsigned t = 0; t < meter->count; t++)
        if (strcmp(meter->targets[t].instance, instance) == 0)
            return &meter->targets[t];
    return NULL;
}

static struct hf_meter_target *add_target(struct hf_meter *meter)
{
    if (meter->count == meter->room) {
        unsigned room = meter->room ? 2 * meter->room : 16;
        struct hf_meter_target *more = realloc(meter->targets, room * sizeof(*more));
        if (!more)
            return NULL;
        meter->targets = more;
        meter->room = room;
    }
    return &meter->targets[meter->count++];
}

void hf_meter_set(struct hf_meter *meter, const char *instance, const char *address, bool here)
{
    struct hf_meter_target *target = find_target(meter, instance);
    if (!here) {
        if (!target)
            return;
        target->here = false;
        send_target(meter, target);
        *target = meter->targets[--meter->count];
        return;
    }
    if (target && strcmp(target->address, address) == 0)
        return;
    if (!target)
        target = add_target(meter);
    if (!target)
        return; /* out of memory: tried again with the next call */
    memset(target, 0, sizeof(*target));
    (void)snprintf(target->instance, sizeof(target->instance), "%s", instance);
    (void)snprintf(target->address, sizeof(target->address), "%s", address);
    target->here = true;
    send_target(meter, target);
}
