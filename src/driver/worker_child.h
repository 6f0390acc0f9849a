/*
 * worker_child.h - the other side of the pool: what a worker process does all its life.
 *
 * Happy path: it takes on a clean state (no descriptors of the daemon, default signals, dies with
 * the daemon), gets warm and says so, and then receives a request, runs it, sends the replies,
 * until its socket closes. Failure modes: the daemon is gone -> it ends; anything else is the
 * operation's own.
 */
#ifndef HF_DRIVER_WORKER_CHILD_H
#define HF_DRIVER_WORKER_CHILD_H

#include <sys/types.h>

#include "driver/worker.h"

/* The clean state, right after fork in a child of the daemon: it dies with it, keeps the standard
 * streams and the socket, which becomes HF_CHILD_FD (base/child.h), and is listed as "hf:name". */
void hf_worker_become(int socket, pid_t daemon, const char *name);

/* To be called right after fork in the child; socket is its end of a SOCK_SEQPACKET pair. warm:
 * NULL = there is a request already. */
_Noreturn void hf_worker_main(int socket, pid_t daemon, hf_pool_runner_fn runner,
                              hf_pool_warm_fn warm);

#endif
