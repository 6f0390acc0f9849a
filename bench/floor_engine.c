/*
 * floor_engine.c - PostgreSQL, started directly and kept in one control group.
 *
 * The group makes sure that nothing of a server whose main process was killed holds its shared
 * memory when the next one starts.
 */
#include "floor_node.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUP "/sys/fs/cgroup/floor"
#define POSTGRES "/usr/lib/postgresql/15/bin/postgres"

enum { REST_WAIT_MS = 5000 };

static int write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;

    int r = write(fd, text, strlen(text)) < 0 ? -errno : 0;

    close(fd);
    return r;
}

int floor_engine_prepare(void)
{
    return mkdir(GROUP, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static void become_postgres(const struct floor_instance *instance, const struct passwd *user)
{
    char listen[64];
    char *argv[] = {POSTGRES,
                    "-D",
                    (char *)instance->data,
                    "-c",
                    listen,
                    "-c",
                    "unix_socket_directories=/tmp",
                    "-c",
                    "recovery_init_sync_method=syncfs",
                    NULL};
    int log = open("/tmp/floor-postgresql.log", O_WRONLY | O_CREAT | O_APPEND, 0666);
    sigset_t none;

    snprintf(listen, sizeof listen, "listen_addresses=%s", instance->address);
    (void)write_text(GROUP "/cgroup.procs", "0");
    setsid();
    if (chdir("/") < 0)
        _exit(125);
    dup2(log, 1);
    dup2(log, 2);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (setgid(user->pw_gid) < 0 || setgroups(0, NULL) < 0 || setuid(user->pw_uid) < 0)
        _exit(126);
    execv(POSTGRES, argv);
    _exit(127);
}

int floor_engine_start(const struct floor_instance *instance, pid_t *ret_pid)
{
    static struct passwd *user;

    if (!user)
        user = getpwnam("postgres");
    if (!user)
        return -ENOENT;

    pid_t pid = fork();

    if (pid < 0)
        return -errno;
    if (pid == 0)
        become_postgres(instance, user);
    *ret_pid = pid;
    return 0;
}

static bool populated(int fd)
{
    char text[256] = "";

    return pread(fd, text, sizeof text - 1, 0) > 0 && strstr(text, "populated 1");
}

/* Kill what a dead server left, and wait for its end. */
void floor_engine_kill_rest(void)
{
    int fd = open(GROUP "/cgroup.events", O_RDONLY | O_CLOEXEC);
    struct pollfd p = {.fd = fd, .events = POLLPRI};

    (void)write_text(GROUP "/cgroup.kill", "1");
    while (fd >= 0 && populated(fd))
        if (poll(&p, 1, REST_WAIT_MS) == 0)
            break;
    if (fd >= 0)
        close(fd);
}

int floor_engine_checkpoint(const struct floor_instance *instance)
{
    char dsn[128];

    snprintf(dsn, sizeof dsn, "host=%s user=postgres dbname=postgres connect_timeout=5",
             instance->address);

    PGconn *conn = PQconnectdb(dsn);
    PGresult *result = PQexec(conn, "CHECKPOINT");
    int r = PQresultStatus(result) == PGRES_COMMAND_OK ? 0 : -EIO;

    PQclear(result);
    PQfinish(conn);
    return r;
}
