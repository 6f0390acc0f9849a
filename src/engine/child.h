/*
 * child.h - runs blocking corosync calls in a child process: one with a deadline, or a series of
 * them that goes on and tells what it sees.
 *
 * libqb waits without a limit for a corosync that hangs. The child waits instead; it has no
 * descriptor of the parent but standard input, output and error and the one it was given to write
 * to, and dies with the parent. Nothing here waits for it.
 */
#ifndef HF_ENGINE_CHILD_H
#define HF_ENGINE_CHILD_H

#include <stdint.h>
#include <uv.h>

struct hf_engine_child;

/*
 * Runs in the child, where user is the parent's memory as it was; output is the descriptor it was
 * given, or -1. The result (0 to 255) becomes the exit status.
 */
typedef int (*hf_engine_child_run_fn)(void *user, int output);

/* result: the run's, or -ETIMEDOUT, or -EIO when a signal ended the child. */
typedef void (*hf_engine_child_done_fn)(void *user, int result);

struct hf_engine_child_options {
    hf_engine_child_run_fn run;
    hf_engine_child_done_fn done;
    void *user;          /* of both */
    int output;          /* open for the child, stays the caller's here; -1 = none */
    const char *name;    /* as ps shows it, at most 15 bytes */
    uint64_t timeout_ms; /* until it is killed; 0 = no deadline */
};

/* Returns 0 or a negative errno. The child object frees itself after done was called. */
int hf_engine_child_start(uv_loop_t *loop, const struct hf_engine_child_options *options,
                          struct hf_engine_child **ret);

/* Kills the child; done is called when it is gone, which may be never (a process that hangs in the
 * kernel). NULL is fine; not after done. */
void hf_engine_child_kill(struct hf_engine_child *child);

/* Kills the child and forgets it; done is not called. For the end of the process: a child that is
 * not gone at once is reaped by whoever inherits it. NULL is fine; not after done. */
void hf_engine_child_cancel(struct hf_engine_child *child);

#endif
