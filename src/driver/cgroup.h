/*
 * cgroup.h - the control group (v2) of an instance: who belongs to its engine, and the end of them.
 *
 * Happy path: hf_cgroup_make; a child that becomes the engine calls hf_cgroup_enter before exec;
 * from then on everything it forks is in the group, whatever it does with sessions and process
 * groups. hf_cgroup_kill ends all of them at once; hf_cgroup_remove takes the empty group away.
 * The group is <cgroup2>/holdfast.slice/INSTANCE; cgroup2 may be mounted anywhere (a hybrid layout
 * has it in /sys/fs/cgroup/unified).
 *
 * Failure modes (negative errno): -EINVAL an instance name that is no file name; -ENOENT no cgroup2
 * is mounted, or the group does not exist (kill, wait and remove take that for success: nothing
 * runs); -EBUSY hf_cgroup_remove of a group with processes; -ETIMEDOUT processes are still there
 * when the time is over (uninterruptible sleep: a hung disk).
 *
 * Times are milliseconds from the call on.
 */
#ifndef HF_DRIVER_CGROUP_H
#define HF_DRIVER_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Makes the group; that it exists already is fine. Memory and disk I/O of the groups are counted
 * from then on where the kernel can (their files are otherwise missing: see usage.h). */
int hf_cgroup_make(const char *instance);

/* Reads a file of the group as text; returns its length, at most size - 1 bytes are taken.
 * -ENOENT: no such group, or the kernel does not count that. */
int hf_cgroup_read(const char *instance, const char *file, char *ret, size_t size);

/* Opens the group's cgroup.procs (close-on-exec), to be handed to hf_cgroup_enter in a child. */
int hf_cgroup_open_procs(const char *instance, int *ret_fd);

/* Puts the calling process into the group. Safe between fork and exec. */
int hf_cgroup_enter(int procs_fd);

/* Whether a process is in the group or below. A missing group is -ENOENT. */
int hf_cgroup_populated(const char *instance, bool *ret);

/* Whether this process is in the group or below. */
int hf_cgroup_contains(const char *instance, pid_t pid, bool *ret);

/* Waits until the group is empty, woken by the kernel. */
int hf_cgroup_wait_empty(const char *instance, uint32_t timeout_ms);

/* Kills every process in the group and below, and waits until it is empty. */
int hf_cgroup_kill(const char *instance, uint32_t timeout_ms);

/* Removes the empty group. */
int hf_cgroup_remove(const char *instance);

#endif
