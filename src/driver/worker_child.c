#include "driver/worker_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/child.h"

/* The worker dies with the daemon. What it forks itself does not: the kernel clears that. */
static void die_with(pid_t daemon)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != daemon)
        _exit(0);
}

static void set_name(const char *what)
{
    char name[16];
    (void)snprintf(name, sizeof(name), "hf:%s", what);
    (void)prctl(PR_SET_NAME, name);
}

void hf_worker_become(int socket, pid_t daemon, const char *name)
{
    die_with(daemon);
    hf_child_signals();
    if (hf_child_keep(socket) < 0)
        _exit(1);
    set_name(name);
}

/* hf_driver_reply_fn: blocks while the daemon does not read. */
static int send_reply(void *user, const struct hf_driver_reply *reply)
{
    (void)user;
    while (send(HF_CHILD_FD, reply, sizeof(*reply), MSG_NOSIGNAL) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    return 0;
}

_Noreturn void hf_worker_main(int socket, pid_t daemon, hf_pool_runner_fn runner,
                              hf_pool_warm_fn warm)
{
    static struct hf_driver_request request;
    hf_worker_become(socket, daemon, warm ? "warms up" : "spare");
    if (warm) {
        warm();
        if (send_reply(NULL, &(struct hf_driver_reply){0}) < 0)
            _exit(0);
        set_name("spare");
    }
    for (;;) {
        ssize_t n = recv(HF_CHILD_FD, &request, sizeof(request), 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n != (ssize_t)sizeof(request))
            _exit(0);
        set_name(hf_driver_op_name((enum hf_driver_op)request.op));
        runner(&request, send_reply, NULL);
        set_name("spare");
    }
}
