/*
 * child.h - runs one blocking corosync call in a child process, with a deadline.
 *
 * libqb waits without a limit for a corosync that hangs. The child waits instead; it has no
 * descriptor of the parent but standard input, output and error, and dies with the parent.
 */
#ifndef HF_ENGINE_CHILD_H
#define HF_ENGINE_CHILD_H

#include <stdint.h>
#include <uv.h>

struct hf_engine_child;

/* Runs in the child; its result (0 to 255) becomes the exit status. */
typedef int (*hf_engine_child_run_fn)(void);

/* result: the run's, or -ETIMEDOUT, or -EIO when a signal ended the child. */
typedef void (*hf_engine_child_done_fn)(void *user, int result);

/* Returns 0 or a negative errno. The child object frees itself after done was called. */
int hf_engine_child_start(uv_loop_t *loop, hf_engine_child_run_fn run, uint64_t timeout_ms,
                          hf_engine_child_done_fn done, void *user, struct hf_engine_child **ret);

/* Kills the child; done is not called. NULL is fine; not after done. */
void hf_engine_child_cancel(struct hf_engine_child *child);

#endif
