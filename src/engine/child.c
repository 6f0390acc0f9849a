#include "engine/child.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"

struct hf_engine_child {
    pid_t pid;
    int pidfd;
    hf_engine_child_done_fn done;
    void *user;
    bool timed_out;
    unsigned closing; /* handles whose close callback is still to come */
    uv_poll_t poll;
    uv_timer_t timer;
};

static void child_closed(uv_handle_t *handle)
{
    struct hf_engine_child *child = handle->data;
    if (--child->closing > 0)
        return;
    close(child->pidfd);
    free(child);
}

static void child_close(struct hf_engine_child *child)
{
    child->closing = 2;
    uv_poll_stop(&child->poll);
    uv_close((uv_handle_t *)&child->poll, child_closed);
    uv_close((uv_handle_t *)&child->timer, child_closed);
}

static void child_exited(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct hf_engine_child *child = poll->data;
    int code = 0;
    if (waitpid(child->pid, &code, WNOHANG) == 0)
        return;
    int result = WIFEXITED(code) ? WEXITSTATUS(code) : -EIO;
    if (child->timed_out)
        result = -ETIMEDOUT;
    child_close(child);
    child->done(child->user, result);
}

static void child_late(uv_timer_t *timer)
{
    struct hf_engine_child *child = timer->data;
    child->timed_out = true;
    kill(child->pid, SIGKILL);
}

_Noreturn static void child_main(hf_engine_child_run_fn run, pid_t parent)
{
    hf_child_signals();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(255);
    (void)close_range(3, ~0U, 0);
    _exit(run());
}

static pid_t child_fork(hf_engine_child_run_fn run)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        child_main(run, parent);
    int error = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return pid;
}

static int child_spawn(struct hf_engine_child *child, hf_engine_child_run_fn run)
{
    child->pid = child_fork(run);
    if (child->pid < 0)
        return -errno;
    child->pidfd = pidfd_open(child->pid, 0);
    if (child->pidfd >= 0)
        return 0;
    int rc = -errno;
    kill(child->pid, SIGKILL);
    waitpid(child->pid, NULL, 0);
    return rc;
}

int hf_engine_child_start(uv_loop_t *loop, hf_engine_child_run_fn run, uint64_t timeout_ms,
                          hf_engine_child_done_fn done, void *user, struct hf_engine_child **ret)
{
    struct hf_engine_child *child = calloc(1, sizeof(*child));
    if (!child)
        return -ENOMEM;
    child->done = done;
    child->user = user;
    int rc = child_spawn(child, run);
    if (rc < 0) {
        free(child);
        return rc;
    }
    child->poll.data = child;
    child->timer.data = child;
    uv_poll_init(loop, &child->poll, child->pidfd);
    uv_timer_init(loop, &child->timer);
    uv_poll_start(&child->poll, UV_READABLE, child_exited);
    uv_timer_start(&child->timer, child_late, timeout_ms, 0);
    *ret = child;
    return 0;
}

void hf_engine_child_cancel(struct hf_engine_child *child)
{
    if (!child)
        return;
    kill(child->pid, SIGKILL);
    waitpid(child->pid, NULL, 0);
    child_close(child);
}
