/* One service, as pid 1 of a node sees it: start, stop, die, start again.
 *
 *     inactive --start--> active --dies--> waiting --100 ms--> active
 *                            '--stop--> stopping --exit or 90 s and SIGKILL--> inactive
 *
 * A service has a control group of its own, system.slice/NAME.service. When its main process is
 * gone, what is left in exactly that group is killed; processes which the service moved to other
 * groups live on. Failures: a program that is missing is told to the one who starts it; one that
 * exits at once is started again every 100 ms for ever (look at its log). */
#include "node.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RESTART_DELAY_MS = 100, STOP_TIMEOUT_MS = 90000 };

const char *service_state_name(enum service_state state)
{
    switch (state) {
    case SERVICE_INACTIVE:
        return "inactive";
    case SERVICE_ACTIVE:
        return "active";
    case SERVICE_STOPPING:
        return "deactivating";
    case SERVICE_WAITING:
        return "activating";
    }
    return "unknown";
}

/* Definition: lines "exec PROGRAM ARGUMENT..." and, optionally, "after NAME". */
int service_load(struct service *service, const char *name)
{
    char path[256];
    char *rest = NULL;
    int argc = 0;

    snprintf(path, sizeof path, LAB_SERVICES "/%s", name);
    if (file_read(path, service->definition, sizeof service->definition) <= 0)
        return -ENOENT;
    snprintf(service->name, sizeof service->name, "%s", name);
    service->after[0] = 0;
    for (char *l = strtok_r(service->definition, "\n", &rest); l; l = strtok_r(NULL, "\n", &rest)) {
        char *words = NULL;
        char *verb = strtok_r(l, " ", &words);

        if (verb && strcmp(verb, "exec") == 0)
            for (char *w = strtok_r(NULL, " ", &words); w && argc < LAB_ARGV_MAX - 1;
                 w = strtok_r(NULL, " ", &words))
                service->argv[argc++] = w;
        else if (verb && strcmp(verb, "after") == 0)
            snprintf(service->after, sizeof service->after, "%s", words ? words : "");
    }
    service->argv[argc] = NULL;
    return argc > 0 ? 0 : -EINVAL;
}

static void group_path(const struct service *service, char *path, size_t size, const char *file)
{
    snprintf(path, size, "/sys/fs/cgroup/system.slice/%s.service%s", service->name, file);
}

/* In the child: never returns. */
static void become(const struct service *service)
{
    char path[256];
    sigset_t none;

    setsid();
    group_path(service, path, sizeof path, "/cgroup.procs");
    file_write(path, "0");
    snprintf(path, sizeof path, "/var/log/%s.log", service->name);

    int log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    int null = open("/dev/null", O_RDONLY);

    dup2(null, 0);
    dup2(log, 1);
    dup2(log, 2);
    closefrom(3);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    execv(service->argv[0], service->argv);
    dprintf(2, "lab: %s: %s\n", service->argv[0], strerror(errno));
    _exit(203);
}

static int spawn(struct service *service)
{
    char path[256];

    group_path(service, path, sizeof path, "");
    folder_make(path, 0755);
    service->pid = fork();
    if (service->pid < 0)
        return -errno;
    if (service->pid == 0)
        become(service);
    service->state = SERVICE_ACTIVE;
    return 0;
}

int service_start(struct service *service)
{
    if (service->state == SERVICE_ACTIVE)
        return 0;
    if (service->state == SERVICE_STOPPING) {
        service->again = true;
        return 0;
    }
    if (access(service->argv[0], X_OK) < 0)
        return -errno;
    return spawn(service);
}

/* Exactly this group, not those below it: a service may keep others' processes there. */
static void kill_leftovers(const struct service *service)
{
    char path[256];
    char pids[LAB_TEXT_MAX];
    char *rest = NULL;

    group_path(service, path, sizeof path, "/cgroup.procs");
    if (file_read(path, pids, sizeof pids) <= 0)
        return;
    for (char *w = strtok_r(pids, "\n", &rest); w; w = strtok_r(NULL, "\n", &rest))
        kill((pid_t)strtol(w, NULL, 10), SIGKILL);
}

static void release_waiters(struct service *service)
{
    for (int i = 0; i < service->waiters; i++) {
        dprintf(service->waiter[i], "0 \n");
        close(service->waiter[i]);
    }
    service->waiters = 0;
}

void service_stop(struct service *service)
{
    if (service->state == SERVICE_WAITING || service->state == SERVICE_INACTIVE) {
        service->state = SERVICE_INACTIVE;
        release_waiters(service);
        return;
    }
    if (service->state == SERVICE_ACTIVE) {
        service->state = SERVICE_STOPPING;
        service->deadline_ms = now_ms() + STOP_TIMEOUT_MS;
        kill(service->pid, SIGTERM);
    }
}

/* The main process is gone, and has been waited for. */
void service_exited(struct service *service)
{
    bool wanted = service->state == SERVICE_ACTIVE;

    service->pid = 0;
    kill_leftovers(service);
    if (wanted) {
        service->state = SERVICE_WAITING;
        service->deadline_ms = now_ms() + RESTART_DELAY_MS;
        return;
    }
    service->state = SERVICE_INACTIVE;
    if (service->again)
        (void)service_start(service);
    service->again = false;
    release_waiters(service);
}

void service_tick(struct service *service)
{
    if (service->deadline_ms == 0 || now_ms() < service->deadline_ms)
        return;
    if (service->state == SERVICE_WAITING)
        (void)spawn(service);
    else if (service->state == SERVICE_STOPPING)
        kill(service->pid, SIGKILL);
    service->deadline_ms = 0;
}
