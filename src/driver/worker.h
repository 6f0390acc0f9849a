/*
 * worker.h - a pool of child processes that run the driver operations that may hang.
 *
 * Happy path: a spare worker, forked in advance and warm, gets the request over a socketpair, runs
 * the operation, sends the reply and becomes spare again; nothing is forked while a failover is
 * going on. Warm: it has loaded what operations need that may be slow or hang, such as the
 * libraries of the name services; only then is it counted on. A worker is one process,
 * single-threaded, forked without exec; it keeps no descriptor of the daemon but its socket, and
 * dies with the daemon (the engines it started do not: they are in their own cgroup and session).
 * Failure modes: no reply in time -> the reply HF_DRV_TIMEOUT, the worker is killed and forgotten
 * (it may stay for long in uninterruptible sleep); one that does not get warm is never given
 * anything; a crash -> HF_DRV_CRASHED; no worker can be
 * forked -> HF_DRV_FAILED with the errno.
 *
 * The pool lives on the daemon's libuv loop and never blocks it.
 */
#ifndef HF_DRIVER_WORKER_H
#define HF_DRIVER_WORKER_H

#include <uv.h>

#include "driver/driver.h"

struct hf_pool;

/* What a worker runs for a request, and before its first; hf_driver_run and hf_driver_warm_up
 * unless a test says otherwise, before it makes the pool. */
typedef void (*hf_pool_runner_fn)(const struct hf_driver_request *request, hf_driver_reply_fn send,
                                  void *user);
typedef void (*hf_pool_warm_fn)(void);
void hf_pool_set_runner(hf_pool_runner_fn runner, hf_pool_warm_fn warm);

typedef void (*hf_pool_reply_fn)(void *user, const struct hf_driver_reply *reply);

/* Forks spare workers. Returns 0 or a negative errno. *ret is owned by the caller: hf_pool_free. */
int hf_pool_new(uv_loop_t *loop, unsigned spare, hf_pool_reply_fn reply, void *user,
                struct hf_pool **ret);

/* Kills every worker. NULL is fine. The memory goes with the close callbacks: run the loop once
 * more. Callable from a reply callback. */
void hf_pool_free(struct hf_pool *pool);

/* Starts an operation; its replies come from the loop, never from inside this call. */
void hf_pool_submit(struct hf_pool *pool, const struct hf_driver_request *request);

/* Ends the operation with this id, without a further reply; unknown ids are ignored. */
void hf_pool_cancel(struct hf_pool *pool, uint64_t id);

#endif
