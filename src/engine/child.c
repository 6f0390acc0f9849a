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

/* What is below HF_CHILD_FD stays open, and the output, if there is one; returns that, or -1. */
static int child_descriptors(int output)
{
    if (output < 0) {
        (void)close_range(HF_CHILD_FD, ~0U, 0);
        return -1;
    }
    if (hf_child_keep(output) < 0)
        _exit(255);
    return HF_CHILD_FD;
}

_Noreturn static void child_main(const struct hf_engine_child_options *options, pid_t parent)
{
    hf_child_signals();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(255);
    prctl(PR_SET_NAME, options->name);
    int output = child_descriptors(options->output);
    _exit(options->run(options->user, output));
}

static pid_t child_fork(const struct hf_engine_child_options *options)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        child_main(options, parent);
    int error = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return pid;
}

static int child_spawn(struct hf_engine_child *child, const struct hf_engine_child_options *options)
{
    child->pid = child_fork(options);
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

int hf_engine_child_start(uv_loop_t *loop, const struct hf_engine_child_options *options,
                          struct hf_engine_child **ret)
{
    struct hf_engine_child *child = calloc(1, sizeof(*child));
    if (!child)
        return -ENOMEM;
    child->done = options->done;
    child->user = options->user;
    int rc = child_spawn(child, options);
    if (rc < 0) {
        free(child);
        return rc;
    }
    child->poll.data = child;
    child->timer.data = child;
    uv_poll_init(loop, &child->poll, child->pidfd);
    uv_timer_init(loop, &child->timer);
    uv_poll_start(&child->poll, UV_READABLE, child_exited);
    if (options->timeout_ms)
        uv_timer_start(&child->timer, child_late, options->timeout_ms, 0);
    *ret = child;
    return 0;
}

void hf_engine_child_kill(struct hf_engine_child *child)
{
    if (child)
        kill(child->pid, SIGKILL);
}

void hf_engine_child_cancel(struct hf_engine_child *child)
{
    if (!child)
        return;
    kill(child->pid, SIGKILL);
    (void)waitpid(child->pid, NULL, WNOHANG);
    child_close(child);
}
