/*
 * disk.h - a shared disk as a block device: open, identity, size, cache.
 *
 * Happy path: a disk is named by a stable path (/dev/disk/by-id/...), opened read-only (the ioctls
 * of reservations need no more), used and closed.
 * Failure modes: the path is not there or the disk went away -> HF_DRV_NO_DEVICE; it answers with
 * errors -> HF_DRV_IO; what is asked does not exist on it -> HF_DRV_UNSUPPORTED. hf_disk_status
 * maps an errno to these for every driver that touches a disk.
 */
#ifndef HF_DRIVER_DISK_H
#define HF_DRIVER_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "driver/driver.h"

/* Opens a block device. The caller closes *ret_fd. */
int hf_disk_open(const char *device, int *ret_fd);

/* Device number, without opening. */
int hf_disk_number(const char *device, dev_t *ret);

/* Whether the device is a partition: reservations are of whole disks. */
bool hf_disk_is_partition(dev_t number);

/* Whether a file system or another kernel user holds the device on this node, be it one that is no
 * longer to be seen in any mount table. */
int hf_disk_in_use(const char *device, bool *ret);

/* World-wide identity of the disk out of sysfs: the same on every node. */
int hf_disk_identity(const char *device, char *ret, size_t size);

int hf_disk_size(int fd, uint64_t *ret_bytes);

/* Writes dirty blocks out and drops all cached ones. */
int hf_disk_flush(int fd);

/* The status that a negative errno of a disk operation means. */
enum hf_driver_status hf_disk_status(int error);

/* Fills a failed reply: status, errno, and a text for people. */
__attribute__((format(printf, 4, 5))) void hf_reply_fail(struct hf_driver_reply *reply,
                                                         enum hf_driver_status status, int error,
                                                         const char *format, ...);

#endif
