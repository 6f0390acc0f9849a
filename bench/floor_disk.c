/*
 * floor_disk.c - reservation and mount, as few commands as can be.
 *
 * Taking: register, then preempt-and-abort the key of the node that held the disk, or reserve it
 * if nobody did. The kernel answers a SCSI status as a positive number; in its preempt request
 * old_key is the caller's key and new_key the one that is preempted.
 */
#include "floor_node.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/pr.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t key_of(unsigned node)
{
    return FLOOR_KEY + node;
}

static int command(int fd, unsigned long request, void *argument)
{
    int r = ioctl(fd, request, argument);

    if (r < 0)
        return -errno;
    return r > 0 ? -EBADE : 0;
}

static int reserve_on(int fd, uint64_t ours, unsigned from_node)
{
    struct pr_registration registration = {.new_key = ours, .flags = PR_FL_IGNORE_KEY};
    struct pr_preempt preempt = {
        .old_key = ours, .new_key = key_of(from_node), .type = PR_WRITE_EXCLUSIVE_REG_ONLY};
    struct pr_reservation reservation = {.key = ours, .type = PR_WRITE_EXCLUSIVE_REG_ONLY};
    int r = command(fd, IOC_PR_REGISTER, &registration);

    if (r < 0)
        return r;
    if (from_node && command(fd, IOC_PR_PREEMPT_ABORT, &preempt) == 0)
        return 0;
    return command(fd, IOC_PR_RESERVE, &reservation);
}

/* from_node: the node that held it, 0 = nobody. */
int floor_reserve(const struct floor_instance *instance, unsigned from_node)
{
    int fd = open(instance->device, O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return -errno;

    int r = reserve_on(fd, key_of(instance->node), from_node);

    close(fd);
    return r;
}

int floor_unreserve(const struct floor_instance *instance)
{
    struct pr_registration registration = {.old_key = key_of(instance->node)};
    int fd = open(instance->device, O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return -errno;

    int r = command(fd, IOC_PR_REGISTER, &registration);

    close(fd);
    return r;
}

int floor_mount(const struct floor_instance *instance)
{
    if (mkdir(instance->mount, 0755) < 0 && errno != EEXIST)
        return -errno;
    return mount(instance->device, instance->mount, "ext4", MS_NOATIME, NULL) < 0 ? -errno : 0;
}

int floor_unmount(const struct floor_instance *instance)
{
    return umount2(instance->mount, 0) < 0 ? -errno : 0;
}
