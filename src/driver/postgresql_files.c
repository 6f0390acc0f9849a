/*
 * postgresql_files.c - what stands in the data directory and in the cgroup of an instance.
 *
 * The data directory belongs to the engine's user, so its files are opened without following
 * links and without waiting on what is no file.
 */
#include "driver/postgresql.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/cgroup.h"

#define PROCESSES_MAX 4096

static int read_small(const char *data, const char *name, char *ret, size_t size)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof(path), "%s/%s", data, name) >= (int)sizeof(path))
        return -ENAMETOOLONG;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    struct stat found;
    ssize_t n = fstat(fd, &found) == 0 && S_ISREG(found.st_mode) ? read(fd, ret, size - 1) : -1;
    (void)close(fd);
    if (n < 0)
        return -EIO;
    ret[n] = '\0';
    return 0;
}

/* Start of the line with that number (the first is 1), NULL when there are fewer. */
static const char *line_of(const char *text, unsigned number)
{
    while (text && --number > 0) {
        text = strchr(text, '\n');
        if (text)
            text++;
    }
    return text;
}

int hf_postgresql_read_pidfile(const char *data, struct hf_postgresql_pidfile *ret)
{
    char text[1024];
    int r = read_small(data, "postmaster.pid", text, sizeof(text));
    if (r < 0)
        return r;
    long pid = strtol(text, NULL, 10);
    if (!strchr(text, '\n') || pid <= 1 || pid > INT_MAX)
        return -EAGAIN;
    ret->pid = (pid_t)pid;
    const char *status = line_of(text, 8);
    ret->serving =
        status && (strncmp(status, "ready", 5) == 0 || strncmp(status, "standby", 7) == 0);
    return 0;
}

int hf_postgresql_read_version(const char *data, unsigned *ret)
{
    char text[64];
    int r = read_small(data, "PG_VERSION", text, sizeof(text));
    if (r < 0)
        return r;
    unsigned long version = strtoul(text, NULL, 10);
    if (version == 0 || version > 1000)
        return -EINVAL;
    *ret = (unsigned)version;
    return 0;
}

int hf_postgresql_socket_directory(const char *instance, char *ret, size_t size)
{
    int n = snprintf(ret, size, "%s/%s", HF_POSTGRESQL_RUN, instance);
    return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int hf_postgresql_open_run(const char *instance, const struct hf_process_user *user)
{
    char path[HF_DRIVER_PATH_MAX];
    int r = hf_postgresql_socket_directory(instance, path, sizeof(path));
    if (r < 0)
        return r;
    if ((mkdir(HF_POSTGRESQL_RUN, 0755) < 0 && errno != EEXIST) ||
        (mkdir(path, 0755) < 0 && errno != EEXIST))
        return -errno;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (fchown(fd, user->uid, user->gid) == 0 && fchmod(fd, 0755) == 0)
        return fd;
    r = -errno;
    (void)close(fd);
    return r;
}

static FILE *open_procs(const char *instance)
{
    int fd;
    char path[64];
    if (hf_cgroup_open_procs(instance, &fd) < 0)
        return NULL;
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    FILE *file = fopen(path, "re");
    (void)close(fd);
    return file;
}

int hf_postgresql_processes(const char *instance, pid_t *ret, size_t max)
{
    FILE *file = open_procs(instance);
    if (!file)
        return -ENOENT;
    size_t n = 0;
    char line[32];
    while (n < max && fgets(line, sizeof(line), file))
        ret[n++] = (pid_t)strtol(line, NULL, 10);
    (void)fclose(file);
    return (int)n;
}

static pid_t parent_of(pid_t pid)
{
    char path[64];
    char text[512];
    (void)snprintf(path, sizeof(path), "/proc/%d", pid);
    if (read_small(path, "stat", text, sizeof(text)) < 0)
        return 0;
    const char *after_name = strrchr(text, ')');
    if (!after_name || strlen(after_name) < 4)
        return 0;
    return (pid_t)strtol(after_name + 3, NULL, 10);
}

static bool is_among(pid_t pid, const pid_t *pids, int count)
{
    for (int i = 0; i < count; i++) {
        if (pids[i] == pid)
            return true;
    }
    return false;
}

pid_t hf_postgresql_find_pid(const char *data, const char *instance)
{
    pid_t pids[PROCESSES_MAX];
    struct hf_postgresql_pidfile file;
    int count = hf_postgresql_processes(instance, pids, PROCESSES_MAX);
    if (count <= 0)
        return 0;
    if (data[0] && hf_postgresql_read_pidfile(data, &file) == 0 && is_among(file.pid, pids, count))
        return file.pid;
    for (int i = 0; i < count; i++) {
        if (!is_among(parent_of(pids[i]), pids, count))
            return pids[i];
    }
    return 0;
}
