/*
 * postgresql_progress.c - does a recovery advance?
 *
 * PostgreSQL tells its replay position nowhere while it recovers from a crash. What can be seen:
 * the title of the recovering process, which names the log segment; the CPU time and the I/O of
 * the instance's processes; the I/O of the disk, for a syncfs before the recovery is work of
 * the kernel and charged to nobody. Idle helpers use a little CPU and the cluster's heartbeat
 * writes a few blocks, so both count only from a share on that work exceeds.
 */
#include "driver/postgresql.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define PROCESSES_MAX 1024
#define CPU_SHARE 100u /* a hundredth of the time between two looks */
#define DISK_BYTES (UINT64_C(8) << 20)

static size_t read_text(const char *path, char *ret, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, ret, size - 1);
    if (fd >= 0)
        (void)close(fd);
    ret[n > 0 ? n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}

static size_t read_of(pid_t pid, const char *name, char *ret, size_t size)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
    return read_text(path, ret, size);
}

/* Field of a line of numbers, the first is 1; 0 when there are fewer. */
static uint64_t field_of(const char *text, unsigned number)
{
    while (--number > 0) {
        text += strspn(text, " ");
        text += strcspn(text, " ");
    }
    return strtoull(text, NULL, 10);
}

static uint64_t cpu_ms_of(pid_t pid)
{
    char text[1024];
    (void)read_of(pid, "stat", text, sizeof(text));
    const char *after_name = strrchr(text, ')');
    if (!after_name)
        return 0;
    /* utime, stime, and those of the children that have ended: 14 to 17 of proc(5), which are 12
     * to 15 after the name. */
    uint64_t ticks = 0;
    for (unsigned field = 12; field <= 15; field++)
        ticks += field_of(after_name + 1, field);
    return ticks * 1000u / (uint64_t)sysconf(_SC_CLK_TCK);
}

static uint64_t number_after(const char *text, const char *key)
{
    const char *found = strstr(text, key);
    return found ? strtoull(found + strlen(key), NULL, 10) : 0;
}

static uint64_t io_bytes_of(pid_t pid)
{
    char text[512];
    (void)read_of(pid, "io", text, sizeof(text));
    return number_after(text, "\nread_bytes: ") + number_after(text, "\nwrite_bytes: ");
}

static uint64_t disk_bytes_of(const char *data)
{
    struct stat found;
    char path[64];
    char text[512];
    if (stat(data, &found) < 0)
        return 0;
    (void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/stat", major(found.st_dev),
                   minor(found.st_dev));
    if (read_text(path, text, sizeof(text)) == 0)
        return 0;
    return (field_of(text, 3) + field_of(text, 7)) * 512u;
}

void hf_postgresql_progress_look(const struct hf_driver_request *request,
                                 struct hf_postgresql_progress *ret)
{
    pid_t pids[PROCESSES_MAX];
    char title[96];
    memset(ret, 0, sizeof(*ret));
    int count = hf_postgresql_processes(request->instance, pids, PROCESSES_MAX);
    for (int i = 0; i < count; i++) {
        ret->cpu_ms += cpu_ms_of(pids[i]);
        ret->io_bytes += io_bytes_of(pids[i]);
        (void)read_of(pids[i], "cmdline", title, sizeof(title));
        if (strncmp(title, "postgres:", 9) == 0 && strstr(title, "startup"))
            memcpy(ret->title, title, sizeof(title));
    }
    ret->disk_bytes = disk_bytes_of(request->engine.data);
}

uint64_t hf_postgresql_io_bytes(const char *instance)
{
    pid_t pids[PROCESSES_MAX];
    uint64_t sum = 0;
    int count = hf_postgresql_processes(instance, pids, PROCESSES_MAX);
    for (int i = 0; i < count; i++)
        sum += io_bytes_of(pids[i]);
    return sum;
}

bool hf_postgresql_is_stopped(const struct hf_driver_request *request)
{
    char text[1024];
    pid_t pid = hf_postgresql_find_pid(request->engine.data, request->instance);
    if (pid <= 0)
        return true;
    (void)read_of(pid, "stat", text, sizeof(text));
    const char *after_name = strrchr(text, ')');
    return after_name && strlen(after_name) > 2 && (after_name[2] == 'T' || after_name[2] == 't');
}

bool hf_postgresql_progress_made(const struct hf_postgresql_progress *before,
                                 const struct hf_postgresql_progress *after, uint32_t elapsed_ms)
{
    uint64_t idle_ms = elapsed_ms / CPU_SHARE + 20u;
    return strcmp(before->title, after->title) != 0 || after->io_bytes > before->io_bytes ||
           after->cpu_ms > before->cpu_ms + idle_ms ||
           after->disk_bytes > before->disk_bytes + DISK_BYTES;
}
