#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/setup.h"

/* Starts a program of PATH; its standard output goes to out, when that is not negative. */
static pid_t start(char *const argv[], int out)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    if (out >= 0 && dup2(out, STDOUT_FILENO) < 0)
        _exit(126);
    execvp(argv[0], argv);
    _exit(127);
}

/* Exit status, or a negative errno. */
static int finish(pid_t pid)
{
    int code = 0;
    if (pid < 0)
        return -EAGAIN;
    while (waitpid(pid, &code, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return WIFEXITED(code) ? WEXITSTATUS(code) : 128 + WTERMSIG(code);
}

/* The package may have started corosync with its own configuration: hence restart. */
int hf_setup_services_start(struct hf_error *error)
{
    char *const steps[][5] = {
        {"systemctl", "enable", "corosync", "holdfastd", NULL},
        {"systemctl", "restart", "corosync", NULL, NULL},
        {"systemctl", "restart", "holdfastd", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        int status = finish(start(steps[i], -1));
        if (status == 0)
            continue;
        if (status == 127)
            hf_error_set(error,
                         "systemctl is not there: Holdfast starts its services with systemd");
        else
            hf_error_set(error,
                         "`systemctl %s %s` failed with status %d\n  `journalctl -u %s` says why.",
                         steps[i][1], steps[i][2], status, steps[i][2]);
        return -EIO;
    }
    return 0;
}

void hf_setup_services_stop(void)
{
    char *const stop[] = {"systemctl", "disable", "--now", "holdfastd", "corosync", NULL};
    (void)finish(start(stop, -1));
}

/* The number after "version '" in what `corosync -v` prints. */
int hf_setup_corosync_version(char *ret, size_t room, struct hf_error *error)
{
    char *const argv[] = {"corosync", "-v", NULL};
    char text[512] = "";
    int ends[2];
    if (pipe(ends) < 0)
        return -errno;
    pid_t pid = start(argv, ends[1]);
    close(ends[1]);
    size_t length = 0;
    for (ssize_t got; (got = read(ends[0], text + length, sizeof(text) - 1 - length)) > 0;)
        length += (size_t)got;
    close(ends[0]);
    int status = finish(pid);
    const char *at = strstr(text, "version '");
    if (status != 0 || !at) {
        hf_error_set(error,
                     "`corosync -v` does not tell its version (status %d): is the package "
                     "corosync installed whole?",
                     status);
        return -EIO;
    }
    at += strlen("version '");
    (void)snprintf(ret, room, "%.*s", (int)strcspn(at, "'\n"), at);
    return 0;
}
