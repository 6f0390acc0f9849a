#include "driver/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SLICE "holdfast.slice"
#define NAME_MAX_LENGTH 64u
#define DEPTH_MAX 16

/* Mount point of cgroup2; found once, for it does not move while a node is up. */
static char root[256];

/* The mount point out of a line of mountinfo, when it is a cgroup2. */
static bool line_is_cgroup2(const char *line, char *ret, size_t size)
{
    const char *separator = strstr(line, " - ");
    char path[256];
    if (!separator || strncmp(separator + 3, "cgroup2 ", 8) != 0)
        return false;
    if (sscanf(line, "%*s %*s %*s %*s %255s", path) != 1)
        return false;
    return (size_t)snprintf(ret, size, "%s", path) < size;
}

static int find_root(void)
{
    if (root[0])
        return 0;
    FILE *file = fopen("/proc/self/mountinfo", "re");
    if (!file)
        return -errno;
    char *line = NULL;
    size_t room = 0;
    while (!root[0] && getline(&line, &room, file) > 0) {
        if (!line_is_cgroup2(line, root, sizeof(root)))
            root[0] = '\0';
    }
    free(line);
    (void)fclose(file);
    return root[0] ? 0 : -ENOENT;
}

static bool name_is_safe(const char *instance)
{
    size_t length = strlen(instance);
    return length > 0 && length < NAME_MAX_LENGTH && instance[0] != '.' && !strchr(instance, '/') &&
           strncmp(instance, "cgroup.", 7) != 0;
}

/* Path of a file in the group; "" gives the group itself. */
static int path_of(const char *instance, const char *file, char *ret, size_t size)
{
    if (!name_is_safe(instance))
        return -EINVAL;
    int r = find_root();
    if (r < 0)
        return r;
    int n = snprintf(ret, size, "%s/" SLICE "/%s%s%s", root, instance, *file ? "/" : "", file);
    return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

/* Lets the groups below a folder count memory and disk I/O, each if the kernel has it. Not having
 * it costs figures and nothing else, so it is no error. The cpu controller is left alone: cpu.stat
 * is there without it, and it would share out processor time anew. */
static void enable_counters(const char *directory)
{
    static const char *const controllers[] = {"+memory", "+io"};
    char path[512];
    int n = snprintf(path, sizeof(path), "%s/cgroup.subtree_control", directory);
    if (n < 0 || (size_t)n >= sizeof(path))
        return;
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    for (unsigned c = 0; c < sizeof(controllers) / sizeof(controllers[0]); c++) {
        ssize_t ignored = write(fd, controllers[c], strlen(controllers[c]));
        (void)ignored;
    }
    (void)close(fd);
}

int hf_cgroup_make(const char *instance)
{
    char path[512];
    int r = path_of(instance, "", path, sizeof(path));
    if (r < 0)
        return r;
    char slice[512];
    (void)snprintf(slice, sizeof(slice), "%s/" SLICE, root);
    if (mkdir(slice, 0755) < 0 && errno != EEXIST)
        return -errno;
    enable_counters(root);
    enable_counters(slice);
    if (mkdir(path, 0755) < 0 && errno != EEXIST)
        return -errno;
    return 0;
}

int hf_cgroup_read(const char *instance, const char *file, char *ret, size_t size)
{
    char path[512];
    int r = path_of(instance, file, path, sizeof(path));
    if (r < 0)
        return r;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    size_t length = 0;
    ssize_t got = 1;
    while (length + 1 < size && got > 0) {
        got = read(fd, ret + length, size - 1 - length);
        if (got > 0)
            length += (size_t)got;
    }
    r = got < 0 ? -errno : (int)length;
    ret[length] = '\0';
    (void)close(fd);
    return r == -ENODEV ? -ENOENT : r;
}

int hf_cgroup_open_procs(const char *instance, int *ret_fd)
{
    char path[512];
    int r = path_of(instance, "cgroup.procs", path, sizeof(path));
    if (r < 0)
        return r;
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    *ret_fd = fd;
    return 0;
}

int hf_cgroup_enter(int procs_fd)
{
    return write(procs_fd, "0", 1) == 1 ? 0 : -errno;
}

/* Reads the populated line of an open cgroup.events. */
static int read_populated(int fd, bool *ret)
{
    char text[256];
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    if (n < 0)
        return errno == ENODEV ? -ENOENT : -errno;
    text[n] = '\0';
    const char *line = strstr(text, "populated ");
    if (!line)
        return -EPROTO;
    *ret = line[strlen("populated ")] != '0';
    return 0;
}

static int open_events(const char *instance, int *ret_fd)
{
    char path[512];
    int r = path_of(instance, "cgroup.events", path, sizeof(path));
    if (r < 0)
        return r;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    *ret_fd = fd;
    return 0;
}

int hf_cgroup_populated(const char *instance, bool *ret)
{
    int fd;
    int r = open_events(instance, &fd);
    if (r < 0)
        return r;
    r = read_populated(fd, ret);
    (void)close(fd);
    return r;
}

int hf_cgroup_contains(const char *instance, pid_t pid, bool *ret)
{
    char group[512];
    int r = path_of(instance, "", group, sizeof(group));
    if (r < 0)
        return r;
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
    FILE *file = fopen(path, "re");
    *ret = false;
    if (!file)
        return errno == ENOENT || errno == ESRCH ? 0 : -errno;

    char want[128];
    int length = snprintf(want, sizeof(want), "/" SLICE "/%s", instance);
    char line[1024];
    while (!*ret && fgets(line, sizeof(line), file)) {
        const char *at = strncmp(line, "0::", 3) == 0 ? strstr(line, want) : NULL;
        *ret = at && (at[length] == '\n' || at[length] == '/' || at[length] == '\0');
    }
    (void)fclose(file);
    return 0;
}

static int64_t now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits for one change of cgroup.events, at most until the end or for slice_ms. */
static int wait_change(int fd, int64_t end_ms, int64_t slice_ms)
{
    int64_t left = end_ms - now_ms();
    if (left <= 0)
        return -ETIMEDOUT;
    struct pollfd p = {.fd = fd, .events = POLLPRI};
    if (poll(&p, 1, (int)(left < slice_ms ? left : slice_ms)) < 0 && errno != EINTR)
        return -errno;
    return 0;
}

/* Kills the processes listed in one group; those forked meanwhile are met in the next round. */
static int kill_listed(const char *directory)
{
    char path[640];
    (void)snprintf(path, sizeof(path), "%s/cgroup.procs", directory);
    FILE *file = fopen(path, "re");
    if (!file)
        return errno == ENOENT || errno == ENODEV ? 0 : -errno;
    char line[32];
    while (fgets(line, sizeof(line), file)) {
        long pid = strtol(line, NULL, 10);
        if (pid > 1)
            (void)kill((pid_t)pid, SIGKILL);
    }
    (void)fclose(file);
    return 0;
}

/* The same for the groups below; depth is bounded by the kernel's own limits and ours. */
static int kill_tree(const char *directory, int depth)
{
    int r = kill_listed(directory);
    DIR *dir = depth < DEPTH_MAX ? opendir(directory) : NULL;
    if (!dir)
        return r;
    const struct dirent *entry;
    while ((entry = readdir(dir))) {
        char path[512];
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        int n = snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        if (n > 0 && (size_t)n < sizeof(path))
            r = kill_tree(path, depth + 1) < 0 ? -EIO : r;
    }
    (void)closedir(dir);
    return r;
}

/* One write that kills all at once, forks in flight included (Linux 5.14). */
static int kill_at_once(const char *instance)
{
    char path[512];
    int r = path_of(instance, "cgroup.kill", path, sizeof(path));
    if (r < 0)
        return r;
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    r = write(fd, "1", 1) == 1 ? 0 : -errno;
    (void)close(fd);
    return r;
}

/* One round of killing. Returns how long to wait for its effect before the next round. */
static int64_t kill_round(const char *instance, bool *at_once)
{
    char path[512];
    if (*at_once && kill_at_once(instance) == 0)
        return INT32_MAX;
    *at_once = false;
    if (path_of(instance, "", path, sizeof(path)) == 0)
        (void)kill_tree(path, 0);
    return 20;
}

static int wait_or_kill(const char *instance, uint32_t timeout_ms, bool kill_them)
{
    int64_t end = now_ms() + timeout_ms;
    bool populated = true;
    bool at_once = true;
    int fd;
    int r = open_events(instance, &fd);
    if (r < 0)
        return r == -ENOENT && root[0] ? 0 : r;

    r = read_populated(fd, &populated);
    while (r == 0 && populated) {
        int64_t slice = kill_them ? kill_round(instance, &at_once) : INT32_MAX;
        r = wait_change(fd, end, slice);
        if (r == 0)
            r = read_populated(fd, &populated);
    }
    (void)close(fd);
    return r == -ENOENT ? 0 : r;
}

int hf_cgroup_wait_empty(const char *instance, uint32_t timeout_ms)
{
    return wait_or_kill(instance, timeout_ms, false);
}

int hf_cgroup_kill(const char *instance, uint32_t timeout_ms)
{
    return wait_or_kill(instance, timeout_ms, true);
}

/* Removes the groups below first: only an empty group can go. */
static int remove_tree(const char *directory, int depth)
{
    DIR *dir = depth < DEPTH_MAX ? opendir(directory) : NULL;
    const struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        char path[512];
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        int n = snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        if (n > 0 && (size_t)n < sizeof(path))
            (void)remove_tree(path, depth + 1);
    }
    if (dir)
        (void)closedir(dir);
    return rmdir(directory) < 0 && errno != ENOENT ? -errno : 0;
}

int hf_cgroup_remove(const char *instance)
{
    char path[512];
    int r = path_of(instance, "", path, sizeof(path));
    return r < 0 ? r : remove_tree(path, 0);
}
