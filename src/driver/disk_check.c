/*
 * disk_check.c - can the file systems of an instance be written?
 *
 * Happy path: every interval a process of its own makes a file without a name (O_TMPFILE: nothing
 * is left behind, whatever happens) in the data directory and on every other mount, as the engine's
 * user, gives it room, writes a block past the cache and waits until the disk has it: HF_DRV_OK.
 * Failure modes: no room -> HF_DRV_DISK_FULL; the file system refuses -> HF_DRV_READ_ONLY; an error
 * of the disk -> HF_DRV_IO; the process does not come back: while requests of the disk come to
 * their end it is slow, HF_DRV_SLOW, and else nothing is said, and the daemon judges the silence.
 * Only the process that writes can hang, and no second one is made before it has ended. A file
 * system without nameless files cannot be checked: HF_DRV_OK, with a text.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver/disk.h"
#include "driver/driver.h"
#include "driver/process.h"

#define INTERVAL_DEFAULT_MS 10000u
#define BLOCK 4096
#define ROOM (1 << 20) /* less than this is a full disk */

struct place {
    char path[HF_DRIVER_PATH_MAX];
    dev_t number;
};

struct check {
    struct place places[HF_DRIVER_DISKS_MAX];
    unsigned count;
    struct hf_process_user user;
    uint64_t done; /* requests of the disks that had come to their end at the last look */
};

static bool below(const char *path, const char *mount)
{
    size_t length = strlen(mount);
    return strncmp(path, mount, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static void find_places(const struct hf_driver_request *request, struct check *check)
{
    for (uint32_t d = 0; d < request->disk_count && d < HF_DRIVER_DISKS_MAX; d++) {
        const char *mount = request->disks[d].mount;
        struct place *place = &check->places[check->count];
        const char *path = below(request->engine.data, mount) ? request->engine.data : mount;
        if (!mount[0])
            continue;
        (void)snprintf(place->path, sizeof(place->path), "%s", path);
        (void)hf_disk_number(request->disks[d].device, &place->number);
        check->count++;
    }
}

/* Reads and writes that have come to their end; fields 1 and 5 of the kernel's block/stat. */
static uint64_t requests_done(const struct place *place)
{
    char path[64], text[512];
    unsigned long long reads = 0, writes = 0;
    (void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/stat", major(place->number),
                   minor(place->number));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (fd >= 0)
        (void)close(fd);
    text[n > 0 ? n : 0] = '\0';
    if (sscanf(text, "%llu %*u %*u %*u %llu", &reads, &writes) != 2)
        return 0;
    return reads + writes;
}

static uint64_t all_done(const struct check *check)
{
    uint64_t sum = 0;
    for (unsigned p = 0; p < check->count; p++)
        sum += requests_done(&check->places[p]);
    return sum;
}

/* 0 or an errno. */
static int write_block(const char *folder)
{
    static _Alignas(BLOCK) char block[BLOCK];
    int fd = open(folder, O_TMPFILE | O_RDWR | O_DIRECT | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    int r = fallocate(fd, 0, 0, ROOM) < 0 && errno != EOPNOTSUPP ? errno : 0;
    if (r == 0) {
        ssize_t n = pwrite(fd, block, sizeof(block), 0);
        r = n == (ssize_t)sizeof(block) ? 0 : n < 0 ? errno : ENOSPC;
    }
    if (r == 0 && fdatasync(fd) < 0)
        r = errno;
    (void)close(fd);
    return r;
}

/* The process that writes: its exit status is the errno, its place stands before it. */
static _Noreturn void write_all(const struct check *check, pid_t parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)prctl(PR_SET_NAME, "hf:disk-write");
    if (getppid() != parent || hf_process_become(&check->user) < 0)
        _exit(EPERM);
    int r = 0;
    for (unsigned p = 0; p < check->count && r == 0; p++)
        r = write_block(check->places[p].path);
    _exit(r);
}

static enum hf_driver_status status_of(int error)
{
    switch (error) {
    case 0:
        return HF_DRV_OK;
    case ENOSPC:
    case EDQUOT:
        return HF_DRV_DISK_FULL;
    case EROFS:
        return HF_DRV_READ_ONLY;
    case EIO:
    case EBADE:
    case ENODEV:
    case ENXIO:
    case ENOLINK:
    case EREMOTEIO:
    case ETIMEDOUT:
        return HF_DRV_IO;
    default:
        return HF_DRV_OK;
    }
}

/* What does not say anything of the disk (no such folder, no right) is told and counts as well. */
static void fill(int error, struct hf_driver_reply *reply)
{
    memset(reply, 0, sizeof(*reply));
    reply->more = true;
    reply->status = status_of(error);
    reply->error = error;
    if (error)
        (void)snprintf(reply->text, sizeof(reply->text), "a test write: %s", strerror(error));
}

/* Waits until the writer has ended; while the disk works, and only then, its time is prolonged. */
static int await(struct check *check, pid_t pid, int pidfd, uint32_t interval_ms,
                 hf_driver_reply_fn send, void *user)
{
    struct hf_driver_reply reply;
    int status;
    check->done = all_done(check);
    while (hf_process_wait(pidfd, hf_process_now_ms() + interval_ms) == -ETIMEDOUT) {
        uint64_t done = all_done(check);
        memset(&reply, 0, sizeof(reply));
        reply.more = true;
        reply.status = HF_DRV_SLOW;
        (void)snprintf(reply.text, sizeof(reply.text), "a test write takes its time");
        if (done != check->done && send(user, &reply) < 0)
            return -EPIPE;
        check->done = done;
    }
    if (waitpid(pid, &status, 0) != pid)
        return -errno;
    fill(WIFEXITED(status) ? WEXITSTATUS(status) : EINTR, &reply);
    return send(user, &reply);
}

static int turn(struct check *check, uint32_t interval_ms, hf_driver_reply_fn send, void *user)
{
    pid_t self = getpid();
    pid_t pid = fork();
    if (pid == 0)
        write_all(check, self);
    if (pid < 0)
        return 0; /* no memory for a process: no sign of the disk */
    int pidfd = hf_process_pidfd(pid);
    if (pidfd < 0) {
        (void)waitpid(pid, NULL, 0);
        return 0;
    }
    int r = await(check, pid, pidfd, interval_ms, send, user);
    (void)close(pidfd);
    return r;
}

void hf_disk_check(const struct hf_driver_request *request, hf_driver_reply_fn send, void *user)
{
    struct check check = {0};
    uint32_t interval_ms = request->interval_ms ? request->interval_ms : INTERVAL_DEFAULT_MS;
    int r = hf_process_find_user(request->engine.user, &check.user);
    find_places(request, &check);
    if (r < 0) {
        struct hf_driver_reply reply = {0};
        hf_reply_fail(&reply, HF_DRV_FAILED, r, "cannot become the user %s: %s",
                      request->engine.user, strerror(-r));
        (void)send(user, &reply);
        return;
    }
    while (r == 0) {
        uint64_t next = hf_process_now_ms() + interval_ms;
        r = turn(&check, interval_ms, send, user);
        while (r == 0 && hf_process_now_ms() < next)
            (void)poll(NULL, 0, hf_process_left_ms(next));
    }
}
