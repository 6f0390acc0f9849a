/*
 * filesystem_check.h - is the expected file system on a disk, and is it fit to be mounted?
 *
 * Happy path: the superblock is of the stated type; ext4 does not bear its error mark. A journal to
 * be replayed is no fault: the mount does it.
 * Failure modes: no or another file system -> HF_DRV_WRONG_FS; ext4 with the error mark is repaired
 * by e2fsck -p, and where that does not dare -> HF_DRV_CORRUPT_FS with the command to run; errors
 * of the disk -> HF_DRV_IO.
 */
#ifndef HF_DRIVER_FILESYSTEM_CHECK_H
#define HF_DRIVER_FILESYSTEM_CHECK_H

#include <stdbool.h>

#include "driver/driver.h"

/* Returns true when it may be mounted; otherwise the reply says why not. */
bool hf_filesystem_check(const struct hf_driver_disk *disk, struct hf_driver_reply *reply);

/* The command that a person repairs this type of file system with. */
const char *hf_filesystem_repair(const char *type);

#endif
