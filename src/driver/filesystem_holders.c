#include "driver/filesystem_holders.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool link_is_on(int directory, const char *name, dev_t number)
{
    struct stat st;
    return fstatat(directory, name, &st, 0) == 0 && st.st_dev == number;
}

static bool has_file_on(int process, dev_t number)
{
    int fd = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        if (fd >= 0)
            (void)close(fd);
        return false;
    }
    bool found = false;
    const struct dirent *entry;
    while (!found && (entry = readdir(dir))) {
        if (entry->d_name[0] != '.')
            found = link_is_on(fd, entry->d_name, number);
    }
    (void)closedir(dir);
    return found;
}

/* Lines of maps: range, rights, offset, major:minor in hex, inode, path. */
static bool has_mapping_on(int process, dev_t number)
{
    int fd = openat(process, "maps", O_RDONLY | O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    if (!file) {
        if (fd >= 0)
            (void)close(fd);
        return false;
    }
    char *line = NULL;
    size_t room = 0;
    bool found = false;
    while (!found && getline(&line, &room, file) > 0) {
        unsigned major_number;
        unsigned minor_number;
        found = sscanf(line, "%*s %*s %*s %x:%x", &major_number, &minor_number) == 2 &&
                makedev(major_number, minor_number) == number;
    }
    free(line);
    (void)fclose(file);
    return found;
}

static bool holds(int process, dev_t number)
{
    return link_is_on(process, "cwd", number) || link_is_on(process, "root", number) ||
           link_is_on(process, "exe", number) || has_file_on(process, number) ||
           has_mapping_on(process, number);
}

int hf_holders_find(dev_t number, struct hf_holders *ret)
{
    DIR *dir = opendir("/proc");
    if (!dir)
        return -errno;
    ret->count = 0;
    const struct dirent *entry;
    while (ret->count < HF_HOLDERS_MAX && (entry = readdir(dir))) {
        char *end;
        long pid = strtol(entry->d_name, &end, 10);
        if (*end || pid <= 0)
            continue;
        int process = openat(dirfd(dir), entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (process < 0)
            continue;
        if (holds(process, number))
            ret->pids[ret->count++] = (pid_t)pid;
        (void)close(process);
    }
    (void)closedir(dir);
    return 0;
}

static bool may_kill(pid_t pid)
{
    return pid > 1 && pid != getpid() && pid != getppid();
}

/* Waits for the end of one process, at most until end_ms. */
static int wait_end(int pidfd, int64_t end_ms)
{
    struct pollfd p = {.fd = pidfd, .events = POLLIN};
    for (;;) {
        int64_t left = end_ms - now_ms();
        int r = poll(&p, 1, left > 0 ? (int)left : 0);
        if (r > 0)
            return 0;
        if (r == 0)
            return -ETIMEDOUT;
        if (errno != EINTR)
            return -errno;
    }
}

int hf_holders_kill(const struct hf_holders *holders, int64_t end_ms)
{
    int pidfds[HF_HOLDERS_MAX];
    int result = 0;
    for (size_t i = 0; i < holders->count; i++) {
        pidfds[i] = may_kill(holders->pids[i]) ? pidfd_open(holders->pids[i], 0) : -1;
        if (pidfds[i] >= 0)
            (void)pidfd_send_signal(pidfds[i], SIGKILL, NULL, 0);
    }
    for (size_t i = 0; i < holders->count; i++) {
        if (pidfds[i] < 0)
            continue;
        int r = wait_end(pidfds[i], end_ms);
        result = r < 0 ? r : result;
        (void)close(pidfds[i]);
    }
    return result;
}

static void name_of(pid_t pid, char *ret, size_t size)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    FILE *file = fopen(path, "re");
    ret[0] = '\0';
    if (file) {
        if (!fgets(ret, (int)size, file))
            ret[0] = '\0';
        (void)fclose(file);
    }
    ret[strcspn(ret, "\n")] = '\0';
}

void hf_holders_names(const struct hf_holders *holders, char *ret, size_t size)
{
    size_t used = 0;
    ret[0] = '\0';
    for (size_t i = 0; i < holders->count && used < size; i++) {
        char name[32];
        name_of(holders->pids[i], name, sizeof(name));
        int n = snprintf(ret + used, size - used, "%s%s (%d)", i ? ", " : "", name,
                         (int)holders->pids[i]);
        used += n > 0 ? (size_t)n : 0;
    }
}
