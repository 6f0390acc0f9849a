/*
 * filesystem_unmount.c - unmount the disks of an instance, whoever uses them.
 *
 * Happy path, in reverse order: umount2(2). Nothing mounted there is fine. Everything that is
 * stacked on a mount point goes.
 *
 * Failure modes: busy -> the processes that hold it are killed and waited for, and it is tried
 * again, until the deadline: HF_DRV_BUSY with their names. A disk that was fenced or is gone: with
 * HF_STOP_KILL the file system is shut down first (as by a power cut: nothing is written any more,
 * also not later, when this node owns the disk again; the journal makes good for it), so that the
 * unmount need not wait for the disk. A mount is never detached lazily: a file system that lives on
 * unseen could write after the next takeover. An unmount that hangs on a dead path ends by the
 * deadline of its worker.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#include "driver/disk.h"
#include "driver/driver.h"
#include "driver/filesystem_holders.h"
#include "driver/filesystem_mounts.h"

/* The same number and meaning in ext4 and xfs; headers have it for neither. */
#define FS_IOC_GOINGDOWN _IOR('X', 125, __u32)
#define GOINGDOWN_NO_LOG_FLUSH 2u

#define DEADLINE_MS_DEFAULT 10000u
#define ANSWER_RESERVE_MS 200 /* to tell the names before the worker's deadline */
#define RETRY_MS 5
#define STACKED_MAX 16

static int64_t now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* When to stop trying, so that the answer still comes in time. */
static int64_t end_of(const struct hf_driver_request *request)
{
    int64_t whole = request->deadline_ms ? request->deadline_ms : DEADLINE_MS_DEFAULT;
    int64_t reserve = whole / 4 < ANSWER_RESERVE_MS ? whole / 4 : ANSWER_RESERVE_MS;
    return now_ms() + whole - reserve;
}

static void shut_down(const char *path)
{
    __u32 how = GOINGDOWN_NO_LOG_FLUSH;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)ioctl(fd, FS_IOC_GOINGDOWN, &how);
    (void)close(fd);
}

static void report_busy(const char *path, const struct hf_holders *holders,
                        struct hf_driver_reply *reply)
{
    char names[HF_DRIVER_TEXT_MAX - 64];
    char below[HF_DRIVER_PATH_MAX];
    if (holders->count > 0) {
        hf_holders_names(holders, names, sizeof(names));
        hf_reply_fail(reply, HF_DRV_BUSY, EBUSY, "%.60s: held by %s", path, names);
    } else if (hf_mount_below(path, below, sizeof(below))) {
        hf_reply_fail(reply, HF_DRV_BUSY, EBUSY, "%s: something is mounted below it, on %s", path,
                      below);
    } else {
        hf_reply_fail(reply, HF_DRV_BUSY, EBUSY,
                      "%s: held by the kernel (NFS export, loop device, swap file?)", path);
    }
}

/* Kills the holders once. Returns whether another try makes sense. */
static bool clear_holders(dev_t number, int round, int64_t end_ms, struct hf_holders *holders)
{
    if (hf_holders_find(number, holders) < 0)
        return false;
    if (hf_holders_kill(holders, end_ms) < 0)
        return false;
    /* No holder to wait for is left: the kernel's own, which nobody announces when they end. */
    if (round > 0)
        (void)poll(NULL, 0, RETRY_MS);
    return now_ms() < end_ms;
}

/* Unmounts what is on top at the mount point. */
static bool unmount_top(const char *path, dev_t number, int64_t end_ms,
                        struct hf_driver_reply *reply)
{
    struct hf_holders holders = {0};
    for (int round = 0;; round++) {
        if (umount2(path, UMOUNT_NOFOLLOW) == 0)
            return true;
        int error = errno;
        if (error == EINVAL || error == ENOENT) /* no mount point any more */
            return true;
        if (error != EBUSY) {
            hf_reply_fail(reply, hf_disk_status(-error), error, "unmount %s: %s", path,
                          strerror(error));
            return false;
        }
        if (!clear_holders(number, round, end_ms, &holders)) {
            report_busy(path, &holders, reply);
            return false;
        }
    }
}

static bool unmount_disk(const struct hf_driver_disk *disk, bool kill, int64_t end_ms,
                         struct hf_driver_reply *reply)
{
    struct hf_mount mount;
    for (int i = 0; i < STACKED_MAX; i++) {
        int r = hf_mount_find(disk->mount, &mount);
        if (r == -ENOENT)
            return true;
        if (r < 0) {
            hf_reply_fail(reply, HF_DRV_FAILED, r, "mount table: %s", strerror(-r));
            return false;
        }
        if (kill)
            shut_down(disk->mount);
        if (!unmount_top(disk->mount, mount.number, end_ms, reply))
            return false;
    }
    hf_reply_fail(reply, HF_DRV_BUSY, EBUSY, "%s: mounted again and again", disk->mount);
    return false;
}

void hf_filesystem_unmount(const struct hf_driver_request *request, struct hf_driver_reply *reply)
{
    int64_t end_ms = end_of(request);
    uint32_t count = request->disk_count;
    reply->status = HF_DRV_OK;
    if (count > HF_DRIVER_DISKS_MAX)
        count = HF_DRIVER_DISKS_MAX;
    /* All are tried, also after one has failed: the less is left the better. */
    for (uint32_t i = count; i-- > 0;) {
        if (request->disks[i].mount[0])
            (void)unmount_disk(&request->disks[i], request->stop_mode == HF_STOP_KILL, end_ms,
                               reply);
    }
}
