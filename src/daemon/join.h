/*
 * join.h - the cluster's side of joining: tokens, and the listener that is open while one is out.
 *
 * Each connection is handled by a forked child that talks TLS and waits; the daemon gets what the
 * joiner asks for only after the joiner has proved that it has the token's secret, and never waits.
 *
 * A token is good for one node, for its time to live, and is spent when the joiner has confirmed
 * that the answer is on its disk. A refusal, a broken connection or a joiner that dies leaves it
 * good: the same request may come again, and must be answered the same way. After
 * HF_JOIN_FAILURES_MAX connections without a fitting secret every token is withdrawn.
 */
#ifndef HF_DAEMON_JOIN_H
#define HF_DAEMON_JOIN_H

#include <uv.h>

#include "daemon/join_wire.h"

#define HF_JOIN_PORT 5410u
#define HF_JOIN_TOKENS_MAX 8u
#define HF_JOIN_FAILURES_MAX 20u

struct hf_join_server;
struct hf_join_conn;

/* How a token ended, or a connection that did not join a node. */
enum hf_join_event {
    HF_JOIN_SPENT, /* a node has joined with it */
    HF_JOIN_EXPIRED,
    HF_JOIN_WITHDRAWN, /* too many failed connections; all tokens */
    HF_JOIN_DENIED,    /* a connection without a fitting secret, or one that is no TLS */
    HF_JOIN_BROKEN,    /* a connection ended or stood still; the token stays good */
};

struct hf_join_callbacks {
    /* Answer exactly once with hf_join_answer, now or later; conn is valid until then. */
    void (*request)(void *user, struct hf_join_conn *conn, const struct hf_join_request *request);
    /* For log and history; name: the node that joined, or "". May be NULL. */
    void (*event)(void *user, enum hf_join_event event, const char *name);
};

const char *hf_join_event_text(enum hf_join_event event);

/* Returns 0 or a negative errno. *ret is the caller's: hf_join_server_free. */
int hf_join_server_new(uv_loop_t *loop, const struct hf_join_callbacks *callbacks, void *user,
                       struct hf_join_server **ret);

/* Ends children, closes all; unanswered connections are gone. Not from inside a callback. NULL is
 * fine. The memory goes when the loop has run the close callbacks. */
void hf_join_server_free(struct hf_join_server *server);

/*
 * Makes a token and listens at the addresses (port 0: any free port; the token says which). An
 * address that cannot be listened at is left out of the token. Appends the token's text to out:
 * show it to the administrator, never log it. Returns 0, -ENOSPC: too many tokens are out, or
 * another negative errno with error set.
 */
int hf_join_server_token(struct hf_join_server *server, unsigned ttl_s,
                         const char *const *addresses, unsigned address_count, uint16_t port,
                         struct hf_strbuf *out, struct hf_error *error);

/*
 * rc 0: sends the bundle. rc < 0: sends why as the refusal; bundle may be NULL. conn must not be
 * used afterwards. A joiner that went away meanwhile is fine.
 */
void hf_join_answer(struct hf_join_conn *conn, int rc, const struct hf_join_bundle *bundle,
                    const char *why);

#endif
