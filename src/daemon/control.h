/*
 * control.h - the Unix socket on which holdfast and holdfast-web talk to this node's daemon.
 *
 * Line-delimited JSON, one object a line; docs/CONTROL.md describes it. The socket is open to all,
 * so that the refusal is ours and says what to do: root, the daemon's own user and members of the
 * group may; the kernel names the peer. Group look-ups may ask a directory service, so they
 * run in a thread, one at a time, and never hold up the loop.
 *
 * Everything is bounded: connections, the size of a request, the time without a request, the bytes
 * and the time that a reader may lag. One request at a time is handled per connection; its
 * handler answers it now or later, with any number of lines, the last of them marked.
 *
 * Connections are named by numbers that are never used twice: replying to one that has gone does
 * nothing.
 */
#ifndef HF_DAEMON_CONTROL_H
#define HF_DAEMON_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>
#include <uv.h>

#include "base/error.h"

#define HF_CONTROL_SOCKET "/run/holdfast/control.sock"
#define HF_CONTROL_GROUP "holdfast"

struct hf_control;

/* request is valid during the call only. Exactly one reply with last set must follow, at once or
 * later, unless the connection closes before. */
typedef void (*hf_control_handler)(void *user, uint64_t connection, const json_t *request);

/* The connection has gone; forget what was to be sent to it. */
typedef void (*hf_control_closed)(void *user, uint64_t connection);

/* Zero or NULL: the default. */
struct hf_control_options {
    const char *path;
    const char *group;
    hf_control_handler handler; /* must be given */
    hf_control_closed closed;
    void *user;
    size_t request_max;       /* bytes of a line; 4 MiB */
    size_t queue_max;         /* bytes a reader may lag; 8 MiB */
    uint32_t idle_ms;         /* without a complete request; 60 s */
    uint32_t stall_ms;        /* without taking any waiting byte; 20 s */
    uint32_t connections_max; /* of all users but root, who may have 16 more; 64 */
};

/* Listens. Returns 0 or a negative errno with a text: -EADDRINUSE when another daemon serves
 * the socket. A socket file that nobody serves is replaced. */
int hf_control_new(uv_loop_t *loop, const struct hf_control_options *options,
                   struct hf_control **ret, struct hf_error *error);

/* Stops listening, drops every connection (closed is called for each) and frees itself as the loop
 * goes on; removes the socket file. NULL is fine. */
void hf_control_free(struct hf_control *control);

/* Sends one line; takes over message (NULL: an internal error is told instead). last: the request
 * is answered and the next one is handled. Returns false when the connection has gone. */
bool hf_control_reply(struct hf_control *control, uint64_t connection, json_t *message, bool last);

/* Who is at the other end. Returns false when the connection has gone. */
bool hf_control_peer(const struct hf_control *control, uint64_t connection, uid_t *ret_uid);

#endif
