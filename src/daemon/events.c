#include "daemon/events.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "daemon/events_writer.h"

#define CLOSE_WAIT_MS 2000
#define AGAIN_AFTER 60u /* seconds until what did not work is tried again */

struct hf_events {
    struct hf_recorder recorder;
    struct hf_events_ring *ring;
    char dir[1024];
    int wake; /* to the writer; -1 = there is none */
    pid_t pid;
    unsigned wait; /* seconds until it is tried again, 0 = it works */
    int told;      /* errno that was told last */
    char text[1200];
};

static void wake_writer(const struct hf_events *events)
{
    static const uint8_t byte = 1;
    /* A pipe that is full has woken it already; one that is broken is seen by hf_events_check. */
    if (atomic_load(&events->ring->asleep) || hf_events_ring_urgent(events->ring))
        (void)!write(events->wake, &byte, 1);
}

static bool sink(void *user, bool begins, const uint8_t *head, size_t head_length,
                 const uint8_t *payload, size_t length)
{
    struct hf_events *events = user;
    /* After a loss a log begins only when everything before it is out, so that it fits. */
    bool blocked = begins && events->recorder.lost && !hf_events_ring_empty(events->ring);
    bool busy = payload[0] == HF_LOG_RESULT;
    if (events->wake < 0 || blocked || atomic_load(&events->ring->problem) ||
        !hf_events_ring_put(events->ring, begins, busy, head, head_length, payload, length))
        return false;
    wake_writer(events);
    return true;
}

static _Noreturn void writer_process(const struct hf_events *events, int wake, pid_t daemon)
{
    hf_child_signals();
    (void)prctl(PR_SET_NAME, "holdfast-events");
    (void)setpriority(PRIO_PROCESS, 0, 10);
    if (hf_child_keep(wake) < 0)
        _exit(1);
    int parent = (int)syscall(SYS_pidfd_open, daemon, 0);
    if (getppid() != daemon)
        _exit(1);
    _exit(hf_events_writer(events->ring, HF_CHILD_FD, parent, events->dir));
}

static int writer_start(struct hf_events *events)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    atomic_store(&events->ring->head, 0);
    atomic_store(&events->ring->tail, 0);
    atomic_store(&events->ring->asleep, false);
    atomic_store(&events->ring->problem, 0);
    pid_t daemon = getpid();
    events->pid = fork();
    if (events->pid == 0)
        writer_process(events, ends[0], daemon);
    int rc = events->pid < 0 ? -errno : 0;
    (void)close(ends[0]);
    if (rc == 0 && fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0)
        events->wake = ends[1];
    else
        (void)close(ends[1]);
    events->recorder.broken = true;
    return rc;
}

int hf_events_new(const char *state_dir, struct hf_events **ret)
{
    struct hf_events *events = calloc(1, sizeof(*events));
    if (!events)
        return -ENOMEM;
    void *ring = mmap(NULL, sizeof(*events->ring), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    events->ring = ring == MAP_FAILED ? NULL : ring;
    events->wake = -1;
    (void)snprintf(events->dir, sizeof(events->dir), "%s/events", state_dir);
    hf_recorder_init(&events->recorder, sink, events);
    int rc = events->ring ? writer_start(events) : -ENOMEM;
    if (rc < 0) {
        hf_events_free(events);
        return rc;
    }
    *ret = events;
    return 0;
}

static void stop_writer(struct hf_events *events, int wait_ms)
{
    if (events->wake < 0)
        return;
    (void)close(events->wake);
    events->wake = -1;
    int pidfd = (int)syscall(SYS_pidfd_open, events->pid, 0);
    struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};
    if (pidfd >= 0 && poll(&poll_fd, 1, wait_ms) == 1)
        (void)waitpid(events->pid, NULL, 0);
    if (pidfd >= 0)
        (void)close(pidfd);
}

void hf_events_free(struct hf_events *events)
{
    if (!events)
        return;
    hf_recorder_end(&events->recorder);
    stop_writer(events, CLOSE_WAIT_MS);
    if (events->ring)
        (void)munmap(events->ring, sizeof(*events->ring));
    free(events);
}

struct hf_recorder *hf_events_recorder(struct hf_events *events)
{
    return events ? &events->recorder : NULL;
}

static const char *writer_ended(struct hf_events *events)
{
    (void)close(events->wake);
    events->wake = -1;
    events->recorder.broken = true;
    events->wait = AGAIN_AFTER;
    return "event log: its writer ended; it is started again in a minute";
}

static const char *cannot_write(struct hf_events *events, int problem)
{
    bool known = events->told == problem;
    events->told = problem;
    events->wait = AGAIN_AFTER;
    (void)snprintf(events->text, sizeof(events->text),
                   "event log: %s cannot be written: %s; until it can be, nothing is recorded",
                   events->dir, strerror(problem));
    return known ? NULL : events->text;
}

/* The time to try again has come. */
static void again(struct hf_events *events)
{
    if (events->wake < 0 && writer_start(events) < 0)
        events->wait = AGAIN_AFTER;
    else
        atomic_store(&events->ring->problem, 0);
}

const char *hf_events_check(struct hf_events *events)
{
    if (!events)
        return NULL;
    if (events->wake >= 0 && waitpid(events->pid, NULL, WNOHANG) == events->pid)
        return writer_ended(events);
    if (events->wait) {
        if (--events->wait == 0)
            again(events);
        return NULL;
    }
    int problem = atomic_load(&events->ring->problem);
    return problem ? cannot_write(events, problem) : NULL;
}
