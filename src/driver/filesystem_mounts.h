/*
 * filesystem_mounts.h - what is mounted where, out of /proc/self/mountinfo.
 *
 * Asks nothing of the file systems themselves, so that a dead disk cannot hang it.
 */
#ifndef HF_DRIVER_FILESYSTEM_MOUNTS_H
#define HF_DRIVER_FILESYSTEM_MOUNTS_H

#include <stdbool.h>
#include <sys/types.h>

#include "driver/driver.h"

struct hf_mount {
    dev_t number;
    char type[32];
    char source[HF_DRIVER_PATH_MAX];
};

/* Finds the topmost mount at a path. Returns 0, -ENOENT when nothing is mounted there, or another
 * negative errno. */
int hf_mount_find(const char *path, struct hf_mount *ret);

/* Whether anything is mounted below a path; its place goes to ret_path. */
bool hf_mount_below(const char *path, char *ret_path, size_t size);

#endif
