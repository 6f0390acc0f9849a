/* pid 1 after the boot: reaps what dies, keeps services alive, answers `systemctl`.
 *
 * The request on the control socket is one line, "VERB NAME"; the answer one line, "CODE TEXT".
 * A stop is answered when the service has ended. Failures: pid 1 must not end, so every error is
 * an answer to the client, and the loop goes on. */
#include "node.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SERVICES_MAX = 32 };

static struct service services[SERVICES_MAX];
static int service_count;

static struct service *find(const char *name)
{
    for (int i = 0; i < service_count; i++)
        if (strcmp(services[i].name, name) == 0)
            return &services[i];
    return NULL;
}

/* The service of this name; its definition is read again while it does not run. */
static int find_or_load(const char *name, struct service **ret)
{
    struct service *s = find(name);
    int r = 0;

    if (!s && service_count == SERVICES_MAX)
        return -ENOSPC;
    if (!s || s->state == SERVICE_INACTIVE)
        r = service_load(s ? s : &services[service_count], name);
    if (r == 0 && !s)
        s = &services[service_count++];
    *ret = s;
    return r;
}

static void answer(int client, int code, const char *text)
{
    dprintf(client, "%d %s\n", code, text);
    close(client);
}

static void wait_for_stop(struct service *s, int client)
{
    if (s->waiters == (int)(sizeof s->waiter / sizeof *s->waiter)) {
        answer(client, 1, "too many clients wait for this service");
        return;
    }
    s->waiter[s->waiters++] = client;
}

static void verb_start(struct service *s, int client)
{
    int r = service_start(s);

    answer(client, r < 0, r < 0 ? strerror(-r) : "");
}

static void verb_stop(struct service *s, int client, bool again)
{
    bool running = s->state == SERVICE_ACTIVE || s->state == SERVICE_STOPPING;

    if (!running && again) {
        s->state = SERVICE_INACTIVE;
        verb_start(s, client);
        return;
    }
    s->again = again;
    wait_for_stop(s, client);
    service_stop(s);
}

static void carry_out(const char *verb, const char *name, int client)
{
    struct service *s = NULL;
    int r = find_or_load(name, &s);

    if (r < 0)
        answer(client, 5, r == -ENOENT ? "no such service" : strerror(-r));
    else if (strcmp(verb, "start") == 0)
        verb_start(s, client);
    else if (strcmp(verb, "stop") == 0)
        verb_stop(s, client, false);
    else if (strcmp(verb, "restart") == 0)
        verb_stop(s, client, true);
    else if (strcmp(verb, "is-active") == 0)
        answer(client, s->state == SERVICE_ACTIVE ? 0 : 3, service_state_name(s->state));
    else if (strcmp(verb, "pid") == 0) {
        char text[32];

        snprintf(text, sizeof text, "%d", s->pid);
        answer(client, 0, text);
    } else
        answer(client, 1, "unknown verb");
}

static void serve(int listener)
{
    char line[256];
    char verb[64], name[64];
    int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    if (client < 0)
        return;

    ssize_t n = recv(client, line, sizeof line - 1, 0);

    line[n > 0 ? n : 0] = 0;
    if (sscanf(line, "%63s %63s", verb, name) != 2)
        answer(client, 1, "bad request");
    else
        carry_out(verb, name, client);
}

static void reap(void)
{
    pid_t pid;

    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        for (int i = 0; i < service_count; i++)
            if (services[i].pid == pid)
                service_exited(&services[i]);
}

/* A service whose predecessor is enabled too comes after it. */
static void start_at_boot(const char *name, int depth)
{
    struct service *s = NULL;
    char enabled[256];

    snprintf(enabled, sizeof enabled, LAB_ENABLED "/%s", name);
    if (depth > SERVICES_MAX || access(enabled, F_OK) < 0 || find_or_load(name, &s) < 0)
        return;
    if (s->after[0])
        start_at_boot(s->after, depth + 1);

    int r = service_start(s);

    if (r < 0)
        note("service %s: %s", name, strerror(-r));
}

static void start_enabled(void)
{
    DIR *folder = opendir(LAB_ENABLED);
    struct dirent *entry;

    while (folder && (entry = readdir(folder)))
        if (entry->d_name[0] != '.')
            start_at_boot(entry->d_name, 0);
    if (folder)
        closedir(folder);
}

static int listen_on(const char *path)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(un.sun_path, sizeof un.sun_path, "%s", path);
    if (bind(fd, (struct sockaddr *)&un, sizeof un) < 0 || listen(fd, 16) < 0)
        note("control socket: %s", strerror(errno));
    return fd;
}

static int next_timeout_ms(void)
{
    int64_t now = now_ms();
    int64_t least = -1;

    for (int i = 0; i < service_count; i++) {
        int64_t left = services[i].deadline_ms - now;

        if (services[i].deadline_ms == 0)
            continue;
        left = left < 0 ? 0 : left;
        least = least < 0 || left < least ? left : least;
    }
    return (int)least;
}

int supervisor_run(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);

    int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    int listener = listen_on(LAB_CONTROL);

    start_enabled();
    for (;;) {
        struct pollfd p[] = {{.fd = signals, .events = POLLIN}, {.fd = listener, .events = POLLIN}};
        struct signalfd_siginfo info;

        (void)poll(p, 2, next_timeout_ms());
        while (read(signals, &info, sizeof info) > 0)
            continue;
        reap();
        if (p[1].revents & POLLIN)
            serve(listener);
        for (int i = 0; i < service_count; i++)
            service_tick(&services[i]);
    }
}
