/*
 * filesystem_holders.h - the processes that keep a file system from being unmounted.
 *
 * Happy path: processes with an open file, a mapping, their working directory, root or program on
 * the device are found in /proc, killed, and have ended when hf_holders_kill returns.
 * Failure modes: a process in uninterruptible sleep outlives its kill: -ETIMEDOUT, and its name
 * stands in the list. The caller, its parent and the init process are never killed; they are
 * listed.
 */
#ifndef HF_DRIVER_FILESYSTEM_HOLDERS_H
#define HF_DRIVER_FILESYSTEM_HOLDERS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HF_HOLDERS_MAX 512u

struct hf_holders {
    size_t count;
    pid_t pids[HF_HOLDERS_MAX]; /* more of them are found in the next round */
};

/* Processes that use the file system on this device. */
int hf_holders_find(dev_t number, struct hf_holders *ret);

/* Kills them and waits until all have ended, or until the monotonic time end_ms. */
int hf_holders_kill(const struct hf_holders *holders, int64_t end_ms);

/* "postgres (1234), sh (99)" */
void hf_holders_names(const struct hf_holders *holders, char *ret, size_t size);

#endif
