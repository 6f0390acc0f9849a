/*
 * gather_program.h - runs the program that reads this node's facts, beside the daemon's loop.
 *
 * `holdfast inspect facts -`, with the configuration on its standard input. It asks disks, pings
 * and runs other programs, all of which may take long or hang: it has a deadline, after which it is
 * killed, with all that it started. What it prints is taken as it is.
 *
 * A process that waits inside the kernel for a disk cannot be killed. Its end is not waited for;
 * it is told when it comes.
 */
#ifndef HF_DAEMON_GATHER_PROGRAM_H
#define HF_DAEMON_GATHER_PROGRAM_H

#include <uv.h>

#include "base/strbuf.h"

#define HF_GATHER_PROGRAM_MS 20000u

struct hf_gather_program;

/* why: NULL when out is the whole answer; else what is wrong, for people. Valid during the call.
 * Called once, after timeout_ms at the latest. */
typedef void (*hf_gather_ended_fn)(void *user, const struct hf_strbuf *out, const char *why);

/* The process has ended and the object frees itself: before hf_gather_ended_fn, or, when it had to
 * be killed, after it. */
typedef void (*hf_gather_gone_fn)(void *user);

/* argv ends with NULL; input is copied. Returns 0 or a negative errno (nothing is called then). */
int hf_gather_program_start(uv_loop_t *loop, const char *const argv[], const char *input,
                            uint64_t timeout_ms, hf_gather_ended_fn ended, hf_gather_gone_fn gone,
                            void *user, struct hf_gather_program **ret);

/* Kills it; nothing is called any more. The memory goes with the close callbacks: run the loop once
 * more. Not after gone. NULL is fine. */
void hf_gather_program_cancel(struct hf_gather_program *program);

#endif
