#include "daemon/events_writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define COMPANY_MS 200     /* what comes in this time is written together */
#define SYNC_MS 10000u     /* between two syncs */
#define BUSY_MS 2000u      /* after the daemon last was busy */
#define PATIENCE_MS 30000u /* but so often anyway */
#define BUFFER (256u << 10)
#define SMALL (1 << 20) /* bytes; a log that did not last */

struct writer {
    struct hf_events_ring *ring;
    const char *dir;
    int fd; /* -1 = no log is open */
    bool unsynced;
    uint64_t synced_ms, busy_ms;
    size_t used;
    uint8_t buffer[BUFFER];
};

struct files {
    unsigned count;
    uint64_t bytes;
    uint64_t oldest, newest; /* numbers; valid when count > 0 */
    uint64_t oldest_small;   /* UINT64_MAX = all are large */
};

static uint64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void path_of(const struct writer *writer, uint64_t number, char *path, size_t room)
{
    (void)snprintf(path, room, "%s/%08llu", writer->dir, (unsigned long long)number);
}

static bool number_of(const char *name, uint64_t *ret)
{
    char again[32];
    *ret = strtoull(name, NULL, 10);
    (void)snprintf(again, sizeof(again), "%08llu", (unsigned long long)*ret);
    return strcmp(name, again) == 0;
}

static int look_at_files(const struct writer *writer, struct files *ret)
{
    *ret = (struct files){.oldest_small = UINT64_MAX};
    DIR *dir = opendir(writer->dir);
    if (!dir)
        return -errno;
    for (const struct dirent *entry; (entry = readdir(dir));) {
        uint64_t number;
        struct stat stat;
        if (!number_of(entry->d_name, &number) ||
            fstatat(dirfd(dir), entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        ret->oldest = !ret->count || number < ret->oldest ? number : ret->oldest;
        ret->newest = !ret->count || number > ret->newest ? number : ret->newest;
        if (stat.st_size < SMALL && number < ret->oldest_small)
            ret->oldest_small = number;
        ret->count++;
        ret->bytes += (uint64_t)stat.st_size;
    }
    (void)closedir(dir);
    return 0;
}

/* A daemon that is started again and again does not push out the logs that tell why. */
static uint64_t to_remove(const struct files *files, bool too_many_bytes)
{
    return too_many_bytes || files->oldest_small == UINT64_MAX ? files->oldest
                                                               : files->oldest_small;
}

/* Until a log of the usual size fits beside what is left. */
static int make_room(const struct writer *writer, struct files *files)
{
    const uint64_t most = HF_EVENTS_DISK_MAX - HF_EVENTS_DISK_MAX / 4;
    int rc = look_at_files(writer, files);
    uint64_t newest = files->newest;
    while (rc == 0 && (files->bytes > most || files->count >= HF_EVENTS_FILES_MAX)) {
        char path[4096];
        path_of(writer, to_remove(files, files->bytes > most), path, sizeof(path));
        rc = unlink(path) < 0 ? -errno : look_at_files(writer, files);
    }
    files->newest = newest;
    return rc;
}

static void failed(struct writer *writer, int rc)
{
    atomic_store(&writer->ring->problem, -rc);
    if (writer->fd >= 0)
        (void)close(writer->fd);
    writer->fd = -1;
    writer->used = 0;
}

static void flush(struct writer *writer)
{
    size_t done = 0;
    while (writer->fd >= 0 && done < writer->used) {
        ssize_t wrote = write(writer->fd, writer->buffer + done, writer->used - done);
        if (wrote < 0 && errno != EINTR)
            failed(writer, -errno);
        else if (wrote > 0)
            done += (size_t)wrote;
    }
    writer->unsynced |= done > 0;
    writer->used = 0;
}

static void sync_now(struct writer *writer)
{
    if (writer->fd >= 0 && writer->unsynced && fdatasync(writer->fd) < 0)
        failed(writer, -errno);
    writer->unsynced = false;
    writer->synced_ms = now_ms();
}

static void begin_log(struct writer *writer)
{
    struct files files;
    char path[4096];
    flush(writer);
    sync_now(writer);
    if (writer->fd >= 0)
        (void)close(writer->fd);
    writer->fd = -1;
    int rc = mkdir(writer->dir, 0700) < 0 && errno != EEXIST ? -errno : 0;
    if (rc == 0)
        rc = make_room(writer, &files);
    if (rc == 0) {
        path_of(writer, files.newest + 1, path, sizeof(path));
        writer->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
        rc = writer->fd < 0 ? -errno : 0;
    }
    if (rc < 0)
        failed(writer, rc);
}

static void drain(struct writer *writer)
{
    struct hf_events_item item;
    while (hf_events_ring_look(writer->ring, &item)) {
        if (item.begins)
            begin_log(writer);
        if (item.busy)
            writer->busy_ms = now_ms();
        if (item.length > BUFFER - writer->used)
            flush(writer);
        if (item.length <= BUFFER - writer->used) {
            memcpy(writer->buffer + writer->used, item.bytes, item.length);
            writer->used += item.length;
        }
        hf_events_ring_take(writer->ring, &item);
    }
    flush(writer);
}

static uint64_t sync_due(const struct writer *writer)
{
    uint64_t usual = writer->synced_ms + SYNC_MS, calm = writer->busy_ms + BUSY_MS;
    uint64_t last = writer->synced_ms + PATIENCE_MS;
    uint64_t due = usual > calm ? usual : calm;
    return due < last ? due : last;
}

/* True when the daemon is gone. */
static bool wait_for(int wake, int parent, int wait_ms)
{
    struct pollfd fds[2] = {{.fd = wake, .events = POLLIN}, {.fd = parent, .events = POLLIN}};
    uint8_t bytes[64];
    int ready = poll(fds, 2, wait_ms);
    if (ready <= 0)
        return ready < 0 && errno != EINTR;
    ssize_t got = fds[0].revents ? read(wake, bytes, sizeof(bytes)) : 1;
    return got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN) || fds[1].revents;
}

static int sleep_ms(const struct writer *writer)
{
    uint64_t now = now_ms(), due = sync_due(writer);
    if (!writer->unsynced)
        return -1;
    return due > now ? (int)(due - now) : 0;
}

int hf_events_writer(struct hf_events_ring *ring, int wake, int parent, const char *dir)
{
    struct writer *writer = calloc(1, sizeof(*writer));
    if (!writer)
        return 1;
    writer->ring = ring;
    writer->dir = dir;
    writer->fd = -1;
    writer->synced_ms = now_ms();
    for (bool gone = false; !gone;) {
        atomic_store(&ring->asleep, true);
        if (hf_events_ring_empty(ring))
            gone = wait_for(wake, parent, sleep_ms(writer));
        atomic_store(&ring->asleep, false);
        if (!gone && !hf_events_ring_empty(ring) && !hf_events_ring_urgent(ring))
            gone = wait_for(wake, parent, COMPANY_MS);
        drain(writer);
        if (writer->unsynced && now_ms() >= sync_due(writer))
            sync_now(writer);
    }
    drain(writer);
    sync_now(writer);
    if (writer->fd >= 0)
        (void)close(writer->fd);
    free(writer);
    return 0;
}
