/* `systemctl`, as far as a cluster's tools need it, for nodes without systemd.
 *
 *     systemctl start|stop|restart|enable|disable|is-active|is-enabled|pid [--now] NAME...
 *     systemctl daemon-reload|reset-failed
 *
 * Enabling is a marker file; the rest is asked of pid 1. Exit codes are those of the real one:
 * 0 done or active, 1 failed or disabled, 3 not active, 5 no such service. */
#include "node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct options {
    bool now;
    bool quiet;
};

static int ask(const char *verb, const char *name, const struct options *o)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = LAB_CONTROL};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char reply[512];
    bool query = strncmp(verb, "is-", 3) == 0 || strcmp(verb, "pid") == 0;

    if (fd < 0 || connect(fd, (struct sockaddr *)&un, sizeof un) < 0) {
        perror("systemctl: pid 1");
        return 1;
    }
    dprintf(fd, "%s %s\n", verb, name);

    ssize_t n = recv(fd, reply, sizeof reply - 1, MSG_WAITALL);

    close(fd);
    reply[n > 0 ? n : 0] = 0;

    char *text = NULL;
    int code = n > 0 ? (int)strtol(reply, &text, 10) : 1;

    if (query && !o->quiet)
        printf("%s", text && *text ? text + 1 : "unknown\n");
    else if (code != 0 && !o->quiet)
        fprintf(stderr, "systemctl: %s %s:%s", verb, name, text ? text : " no answer\n");
    return code;
}

static bool marker(const char *name, char *path, size_t size)
{
    snprintf(path, size, LAB_ENABLED "/%s", name);
    return access(path, F_OK) == 0;
}

static int enable(const char *name, bool on)
{
    char path[256];
    char service[256];

    snprintf(service, sizeof service, LAB_SERVICES "/%s", name);
    if (on && access(service, F_OK) < 0) {
        fprintf(stderr, "systemctl: enable %s: no such service\n", name);
        return 5;
    }
    if (on == marker(name, path, sizeof path))
        return 0;

    int r = on ? file_write(path, "") : unlink(path);

    sync(); /* it must survive a power cut */
    return r < 0;
}

static int carry_out(const char *verb, const char *name, const struct options *o)
{
    char path[256];

    if (strcmp(verb, "enable") == 0 || strcmp(verb, "disable") == 0) {
        bool on = verb[0] == 'e';
        int code = enable(name, on);

        return code == 0 && o->now ? ask(on ? "start" : "stop", name, o) : code;
    }
    if (strcmp(verb, "is-enabled") == 0) {
        bool on = marker(name, path, sizeof path);

        if (!o->quiet)
            puts(on ? "enabled" : "disabled");
        return !on;
    }
    if (strcmp(verb, "try-restart") == 0)
        return ask("is-active", name, &(struct options){.quiet = true}) == 0
                   ? ask("restart", name, o)
                   : 0;
    return ask(verb, name, o);
}

int systemctl_main(int argc, char **argv)
{
    struct options o = {0};
    const char *verb = NULL;
    int worst = 0;

    for (int i = 1; i < argc; i++) {
        char name[64];

        if (strcmp(argv[i], "--now") == 0)
            o.now = true;
        else if (strcmp(argv[i], "-q") == 0 || strcmp(argv[i], "--quiet") == 0)
            o.quiet = true;
        else if (argv[i][0] == '-')
            continue;
        else if (!verb)
            verb = argv[i];
        else {
            snprintf(name, sizeof name, "%s", argv[i]);

            char *dot = strstr(name, ".service");

            if (dot)
                *dot = 0;

            int code = carry_out(verb, name, &o);

            worst = code > worst ? code : worst;
        }
    }
    if (!verb)
        fprintf(stderr, "usage: systemctl VERB [--now] NAME...\n");
    return verb ? worst : 1;
}
