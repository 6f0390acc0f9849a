/*
 * filesystem.c - mount the disks of an instance.
 *
 * Happy path, per disk that has a mount point, in order: nothing is mounted there; the directory is
 * made; cached blocks of an earlier ownership are dropped; the superblock is what the configuration
 * says; mount(2). A disk that is mounted there already is left as it is.
 *
 * Failure modes: something else is mounted there -> HF_DRV_FAILED; the disk is still in use by a
 * mount of an earlier ownership, which the kernel would silently share -> HF_DRV_BUSY; no or
 * another file system -> HF_DRV_WRONG_FS; it needs a repair by a person -> HF_DRV_CORRUPT_FS with
 * the command to run; the disk is gone or answers with errors -> HF_DRV_NO_DEVICE, HF_DRV_IO. When
 * one disk fails, those that this call has mounted are unmounted again.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/disk.h"
#include "driver/driver.h"
#include "driver/filesystem_check.h"
#include "driver/filesystem_mounts.h"

/* What mount(2) takes as flags; everything else is for the file system. */
static const struct option {
    const char *name;
    unsigned long set;
    unsigned long clear;
} options[] = {
    {"ro", MS_RDONLY, 0},
    {"rw", 0, MS_RDONLY},
    {"sync", MS_SYNCHRONOUS, 0},
    {"async", 0, MS_SYNCHRONOUS},
    {"dirsync", MS_DIRSYNC, 0},
    {"suid", 0, MS_NOSUID},
    {"nosuid", MS_NOSUID, 0},
    {"dev", 0, MS_NODEV},
    {"nodev", MS_NODEV, 0},
    {"exec", 0, MS_NOEXEC},
    {"noexec", MS_NOEXEC, 0},
    {"atime", 0, MS_NOATIME | MS_RELATIME | MS_STRICTATIME},
    {"noatime", MS_NOATIME, MS_RELATIME | MS_STRICTATIME},
    {"relatime", MS_RELATIME, MS_NOATIME | MS_STRICTATIME},
    {"strictatime", MS_STRICTATIME, MS_NOATIME | MS_RELATIME},
    {"nodiratime", MS_NODIRATIME, 0},
    {"lazytime", MS_LAZYTIME, 0},
    {"defaults", 0, 0},
};

#define FLAGS_DEFAULT (MS_NOATIME | MS_NODEV | MS_NOSUID)

static bool apply_option(const char *name, size_t length, unsigned long *flags)
{
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (strlen(options[i].name) == length && memcmp(options[i].name, name, length) == 0) {
            *flags = (*flags & ~options[i].clear) | options[i].set;
            return true;
        }
    }
    return false;
}

/* Splits "noexec,data=ordered" into flags and what is left for the file system. */
static void parse_options(const char *text, unsigned long *flags, char *data, size_t size)
{
    size_t used = 0;
    *flags = FLAGS_DEFAULT;
    data[0] = '\0';
    while (*text) {
        size_t length = strcspn(text, ",");
        if (length > 0 && !apply_option(text, length, flags) && used + length + 2 <= size)
            used += (size_t)snprintf(data + used, size - used, "%s%.*s", used ? "," : "",
                                     (int)length, text);
        text += length;
        text += *text == ',';
    }
}

/* mkdir -p; a parent that is missing is made for root alone to change. */
static int make_directory(const char *path)
{
    char part[HF_DRIVER_PATH_MAX];
    for (const char *slash = path; slash; slash = strchr(slash + 1, '/')) {
        size_t length = (size_t)(slash - path);
        if (length == 0)
            continue;
        (void)snprintf(part, sizeof(part), "%.*s", (int)length, path);
        if (mkdir(part, 0755) < 0 && errno != EEXIST)
            return -errno;
    }
    return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static enum hf_driver_status mount_status(int error)
{
    switch (-error) {
    case EUCLEAN: /* also EFSCORRUPTED */
    case EBADMSG: /* also EFSBADCRC */
        return HF_DRV_CORRUPT_FS;
    case ENODEV: /* the kernel does not know this type of file system */
        return HF_DRV_FAILED;
    default:
        return hf_disk_status(error);
    }
}

static void mount_failed(const struct hf_driver_disk *disk, int error,
                         struct hf_driver_reply *reply)
{
    enum hf_driver_status status = mount_status(error);
    if (status == HF_DRV_CORRUPT_FS)
        hf_reply_fail(reply, status, error, "%s: %s; run: %s %s", disk->device, strerror(-error),
                      hf_filesystem_repair(disk->type), disk->device);
    else
        hf_reply_fail(reply, status, error, "mount %s (%s, options \"%s\") on %s: %s%s",
                      disk->device, disk->type, disk->options, disk->mount, strerror(-error),
                      error == -EINVAL ? "; the kernel log says more" : "");
}

/* What is at the mount point: 1 = our disk already, 0 = nothing, -1 = the reply says what. */
static int look_at_place(const struct hf_driver_disk *disk, struct hf_driver_reply *reply)
{
    struct hf_mount mount;
    dev_t number;
    int r = hf_disk_number(disk->device, &number);
    if (r < 0) {
        hf_reply_fail(reply, hf_disk_status(r), r, "%s: %s", disk->device, strerror(-r));
        return -1;
    }
    r = hf_mount_find(disk->mount, &mount);
    if (r == -ENOENT)
        return 0;
    if (r == 0 && mount.number == number)
        return 1;
    hf_reply_fail(reply, HF_DRV_FAILED, r == 0 ? EEXIST : r, "%s: %s is mounted there, not %s",
                  disk->mount, r == 0 ? mount.source : "something", disk->device);
    return -1;
}

/* A second mount of a device that is in use shares the first one's state and cache. */
static bool is_free(const struct hf_driver_disk *disk, struct hf_driver_reply *reply)
{
    bool in_use;
    int r = hf_disk_in_use(disk->device, &in_use);
    if (r == 0 && !in_use)
        return true;
    if (r == 0)
        hf_reply_fail(reply, HF_DRV_BUSY, EBUSY,
                      "%s is still in use on this node, though not mounted on %s", disk->device,
                      disk->mount);
    else
        hf_reply_fail(reply, hf_disk_status(r), r, "%s: %s", disk->device, strerror(-r));
    return false;
}

static bool mount_new(const struct hf_driver_disk *disk, struct hf_driver_reply *reply)
{
    unsigned long flags;
    char data[HF_DRIVER_NAME_MAX];
    int r = make_directory(disk->mount);
    if (r < 0) {
        hf_reply_fail(reply, HF_DRV_FAILED, r, "%s: cannot be made: %s", disk->mount, strerror(-r));
        return false;
    }
    if (!is_free(disk, reply) || !hf_filesystem_check(disk, reply))
        return false;
    parse_options(disk->options, &flags, data, sizeof(data));
    if (mount(disk->device, disk->mount, disk->type, flags, data) == 0)
        return true;
    mount_failed(disk, -errno, reply);
    return false;
}

/* *mounted tells whether this call has mounted it. */
static bool mount_disk(const struct hf_driver_disk *disk, bool *mounted,
                       struct hf_driver_reply *reply)
{
    if (!disk->mount[0])
        return true;
    int place = look_at_place(disk, reply);
    if (place != 0)
        return place > 0;
    *mounted = mount_new(disk, reply);
    return *mounted;
}

void hf_filesystem_mount(const struct hf_driver_request *request, struct hf_driver_reply *reply)
{
    bool mounted[HF_DRIVER_DISKS_MAX] = {false};
    bool good = request->disk_count <= HF_DRIVER_DISKS_MAX;
    uint32_t i = 0;
    reply->status = good ? HF_DRV_OK : HF_DRV_FAILED;
    for (; good && i < request->disk_count; i++)
        good = mount_disk(&request->disks[i], &mounted[i], reply);
    while (!good && i-- > 0) {
        if (mounted[i])
            (void)umount2(request->disks[i].mount, 0);
    }
}
