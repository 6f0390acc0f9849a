#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

void hf_child_signals(void)
{
    struct sigaction normal = {.sa_handler = SIG_DFL};
    for (int s = 1; s < NSIG; s++)
        (void)sigaction(s, &normal, NULL);
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

int hf_child_keep(int fd)
{
    if (fd == HF_CHILD_FD ? fcntl(fd, F_SETFD, FD_CLOEXEC) < 0
                          : dup3(fd, HF_CHILD_FD, O_CLOEXEC) < 0)
        return -errno;
    return close_range(HF_CHILD_FD + 1, ~0U, 0) < 0 ? -errno : 0;
}
