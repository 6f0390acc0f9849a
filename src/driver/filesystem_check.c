#include "driver/filesystem_check.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver/disk.h"

#define EXT4_SUPERBLOCK 1024
#define EXT4_STATE 0x3a /* le16 in the superblock */
#define EXT4_STATE_ERROR 0x0002
#define E2FSCK_UNCORRECTED 4

const char *hf_filesystem_repair(const char *type)
{
    return strcmp(type, "xfs") == 0 ? "xfs_repair" : "e2fsck -f";
}

/* Type of the file system, "" = none known. only = look for this type alone, which reads less. */
static int probe(int fd, const char *only, char *ret, size_t size)
{
    char *names[] = {(char *)(uintptr_t)only, NULL};
    const char *value = NULL;
    blkid_probe prober = blkid_new_probe();
    if (!prober)
        return -ENOMEM;
    ret[0] = '\0';
    int r = blkid_probe_set_device(prober, fd, 0, 0) == 0 ? 0 : -EIO;
    if (r == 0) {
        (void)blkid_probe_enable_superblocks(prober, 1);
        if (only)
            (void)blkid_probe_filter_superblocks_type(prober, BLKID_FLTR_ONLYIN, names);
        errno = 0;
        r = blkid_do_safeprobe(prober);
        r = r == -1 ? (errno ? -errno : -EIO) : 0;
    }
    if (r == 0 && blkid_probe_lookup_value(prober, "TYPE", &value, NULL) == 0)
        (void)snprintf(ret, size, "%s", value);
    blkid_free_probe(prober);
    return r;
}

static bool check_type(const struct hf_driver_disk *disk, int fd, struct hf_driver_reply *reply)
{
    char type[32];
    int r = probe(fd, disk->type, type, sizeof(type));
    if (r == 0 && strcmp(type, disk->type) == 0)
        return true;
    if (r == 0)
        r = probe(fd, NULL, type, sizeof(type));
    if (r < 0)
        hf_reply_fail(reply, hf_disk_status(r), r, "%s: cannot read its superblock: %s",
                      disk->device, strerror(-r));
    else if (!type[0])
        hf_reply_fail(reply, HF_DRV_WRONG_FS, 0, "%s has no file system, %s is expected",
                      disk->device, disk->type);
    else
        hf_reply_fail(reply, HF_DRV_WRONG_FS, 0, "%s has %s, %s is expected", disk->device, type,
                      disk->type);
    return false;
}

/* Reads the error mark that the kernel sets when it met an inconsistency. */
static int ext4_marked(int fd, bool *ret)
{
    uint8_t state[2];
    ssize_t n = pread(fd, state, sizeof(state), EXT4_SUPERBLOCK + EXT4_STATE);
    if (n != (ssize_t)sizeof(state))
        return n < 0 ? -errno : -EIO;
    *ret = ((state[0] | state[1] << 8) & EXT4_STATE_ERROR) != 0;
    return 0;
}

_Noreturn static void become_e2fsck(const char *device)
{
    char *const environment[] = {(char[]){"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, NULL};
    char *const arguments[] = {(char[]){"e2fsck"}, (char[]){"-p"}, (char *)(uintptr_t)device, NULL};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null = open("/dev/null", O_RDWR);
    if (null >= 0) {
        (void)dup2(null, STDIN_FILENO);
        (void)dup2(null, STDOUT_FILENO);
        (void)dup2(null, STDERR_FILENO);
    }
    (void)execve("/usr/sbin/e2fsck", arguments, environment);
    (void)execve("/sbin/e2fsck", arguments, environment);
    _exit(127);
}

/* Returns the exit status of e2fsck -p, 127 when there is none, or a negative errno. */
static int run_e2fsck(const char *device)
{
    int status;
    pid_t pid = _Fork();
    if (pid < 0)
        return -errno;
    if (pid == 0)
        become_e2fsck(device);
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

static bool repair_ext4(const struct hf_driver_disk *disk, struct hf_driver_reply *reply)
{
    int r = run_e2fsck(disk->device);
    if (r >= 0 && r < E2FSCK_UNCORRECTED) {
        (void)snprintf(reply->text, sizeof(reply->text),
                       "%s bore the error mark; e2fsck -p has repaired it", disk->device);
        return true;
    }
    if (r < 0 || r == 127)
        hf_reply_fail(reply, HF_DRV_CORRUPT_FS, r,
                      "%s bears the error mark and e2fsck could not be run; run: e2fsck -f %s",
                      disk->device, disk->device);
    else
        hf_reply_fail(reply, HF_DRV_CORRUPT_FS, 0,
                      "%s has errors that e2fsck -p does not repair (exit status %d); run: e2fsck "
                      "-f %s",
                      disk->device, r, disk->device);
    return false;
}

/* True when ext4 bears the error mark; a read error is in *error. */
static bool needs_repair(const struct hf_driver_disk *disk, int fd, int *error)
{
    bool marked = false;
    if (strcmp(disk->type, "ext4") == 0)
        *error = ext4_marked(fd, &marked);
    return marked;
}

bool hf_filesystem_check(const struct hf_driver_disk *disk, struct hf_driver_reply *reply)
{
    int fd;
    int r = hf_disk_open(disk->device, &fd);
    if (r == 0)
        r = hf_disk_flush(fd);
    if (r < 0) {
        hf_reply_fail(reply, hf_disk_status(r), r, "%s: %s", disk->device, strerror(-r));
        return false;
    }
    bool good = check_type(disk, fd, reply);
    bool repair = good && needs_repair(disk, fd, &r);
    (void)close(fd);
    if (r < 0) {
        hf_reply_fail(reply, hf_disk_status(r), r, "%s: cannot read its superblock: %s",
                      disk->device, strerror(-r));
        return false;
    }
    return repair ? repair_ext4(disk, reply) : good;
}
