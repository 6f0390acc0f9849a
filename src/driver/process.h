/*
 * process.h - start a process that outlives its starter, and wait for the end of one.
 *
 * Happy path: the caller forks, the child forks again in a new session and ends; the grandchild
 * is born into the instance's cgroup, becomes the engine's user with a clean environment, /dev/null
 * and the log as its standard streams, and executes the program. Its pid comes back through a pipe
 * that exec closes, so that the call returns as soon as the program runs and no earlier.
 * Failure modes (negative errno, with a text): the log, the cgroup or a step in the grandchild
 * fails -> its errno, the text names the step and the thing.
 *
 * Everything that may need memory or locks is done before the first fork.
 */
#ifndef HF_DRIVER_PROCESS_H
#define HF_DRIVER_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

#define HF_PROCESS_GROUPS_MAX 64

/* A user of this node, looked up. */
struct hf_process_user {
    uid_t uid;
    gid_t gid;
    gid_t groups[HF_PROCESS_GROUPS_MAX];
    int group_count;
    char name[64];
    char home[256];
};

struct hf_process_spec {
    const char *instance;               /* the process runs in its cgroup, which must exist */
    const struct hf_process_user *user; /* and becomes this user with all its groups */
    const char *log;                    /* standard output and error are appended here */
    char *const *argv;                  /* argv[0] is the path of the program */
    const char *const *more; /* "NAME=value" for its environment, besides LANG, PATH, HOME, USER */
    int oom_score_adj;
};

/* Returns 0, -ENOENT or another negative errno. */
int hf_process_find_user(const char *name, struct hf_process_user *ret);

/* Starts it. Returns 0 with pid and pidfd (owned by the caller: close). */
int hf_process_start(const struct hf_process_spec *spec, pid_t *ret_pid, int *ret_pidfd,
                     struct hf_error *error);

/* Opens a log for appending, its folder and the file made when missing, the file owned by that
 * user. Returns a descriptor or a negative errno. */
int hf_process_open_log(const char *path, const struct hf_process_user *user);

/* pidfd (close-on-exec) of a process. Returns a descriptor or a negative errno. */
int hf_process_pidfd(pid_t pid);
int hf_process_signal(int pidfd, int signal);

/* Waits until the process has ended, at most until that time. Returns 0, -ETIMEDOUT or another
 * negative errno. */
int hf_process_wait(int pidfd, uint64_t until_ms);

/* Milliseconds of CLOCK_MONOTONIC, and what is left until then in the form that poll(2) wants. */
uint64_t hf_process_now_ms(void);
int hf_process_left_ms(uint64_t until_ms);

/* Takes the effective user id (back), or becomes the user for good. The signal that the kernel
 * sends when the parent ends survives, which credentials otherwise clear. */
int hf_process_borrow_uid(uid_t uid);
int hf_process_become(const struct hf_process_user *user);

#endif
