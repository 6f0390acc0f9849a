/*
 * engines.c - tells at once when an engine's main process ends: its pidfd becomes readable.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/daemon.h"

struct watch {
    uv_poll_t poll; /* first: the handle is the watch */
    struct hf_daemon *daemon;
    uint16_t instance;
    int pidfd;
};

static void closed(uv_handle_t *handle)
{
    struct watch *watch = (struct watch *)handle;
    (void)close(watch->pidfd);
    free(watch);
}

void hf_engine_watch_stop(struct hf_daemon *daemon, uint16_t instance)
{
    struct hf_engine_watch *slot = &daemon->watches[instance];
    if (!slot->poll)
        return;
    uv_close((uv_handle_t *)slot->poll, closed);
    slot->poll = NULL;
}

static void tell_exit(struct hf_daemon *daemon, uint16_t instance)
{
    struct hf_event event = {.type = HF_EVENT_EXITED};
    event.exited.instance = instance;
    event.exited.generation = daemon->watches[instance].generation;
    hf_engine_watch_stop(daemon, instance);
    hf_daemon_step(daemon, &event);
}

static void exited(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = (struct watch *)poll;
    (void)status;
    (void)events;
    tell_exit(watch->daemon, watch->instance);
}

void hf_engine_watch_start(struct hf_daemon *daemon, uint16_t instance, pid_t pid)
{
    hf_engine_watch_stop(daemon, instance);
    struct hf_local_view local;
    hf_core_local_view(daemon->core, instance, &local);
    daemon->watches[instance].generation = local.generation;
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct watch *watch = pidfd >= 0 ? malloc(sizeof(*watch)) : NULL;
    if (!watch) {
        if (pidfd >= 0)
            (void)close(pidfd);
        tell_exit(daemon, instance); /* it is gone already */
        return;
    }
    watch->daemon = daemon;
    watch->instance = instance;
    watch->pidfd = pidfd;
    (void)uv_poll_init(&daemon->loop, &watch->poll, pidfd);
    (void)uv_poll_start(&watch->poll, UV_READABLE, exited);
    daemon->watches[instance].poll = &watch->poll;
}
