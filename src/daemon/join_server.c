/*
 * join_server.c - tokens that are out, and what becomes of them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "daemon/join_child.h"
#include "daemon/join_impl.h"

const char *hf_join_event_text(enum hf_join_event event)
{
    switch (event) {
    case HF_JOIN_SPENT:
        return "a node has joined with its token";
    case HF_JOIN_EXPIRED:
        return "a join token has expired unused";
    case HF_JOIN_WITHDRAWN:
        return "too many connections without a fitting join token: all tokens are withdrawn, make "
               "a new one with `holdfast token`";
    case HF_JOIN_DENIED:
        return "a connection to join came without a fitting token";
    case HF_JOIN_BROKEN:
        return "a connection to join ended early; its token stays good";
    }
    HF_ASSERT(false);
    return "";
}

void hf_join_server_unref(struct hf_join_server *server)
{
    HF_ASSERT(server->references > 0);
    server->references--;
    if (server->references > 0)
        return;
    explicit_bzero(server->tokens, sizeof(server->tokens));
    free(server);
}

void hf_join_server_event(struct hf_join_server *server, enum hf_join_event event, const char *name)
{
    if (server->callbacks.event && !server->freed)
        server->callbacks.event(server->user, event, name);
}

static void expiry_due(uv_timer_t *timer);

/* After any change of the tokens: the next expiry, and no listener without a token. */
static void tokens_changed(struct hf_join_server *server)
{
    uint64_t next = UINT64_MAX;
    for (unsigned i = 0; i < HF_JOIN_TOKENS_MAX; i++)
        if (server->tokens[i].id[0] && server->expires[i] < next)
            next = server->expires[i];
    if (next != UINT64_MAX) {
        uint64_t now = uv_now(server->loop);
        uv_timer_start(&server->expiry, expiry_due, next > now ? next - now : 0, 0);
        return;
    }
    uv_timer_stop(&server->expiry);
    for (unsigned i = 0; i < HF_JOIN_LISTENERS_MAX; i++)
        hf_join_listener_close(&server->listeners[i]);
}

static void token_drop(struct hf_join_server *server, unsigned i)
{
    explicit_bzero(&server->tokens[i], sizeof(server->tokens[i]));
    server->users[i] = NULL;
}

/* A token whose request is under way is left until that ends. */
static void expiry_due(uv_timer_t *timer)
{
    struct hf_join_server *server = timer->data;
    uint64_t now = uv_now(server->loop);
    unsigned expired = 0;
    for (unsigned i = 0; i < HF_JOIN_TOKENS_MAX; i++) {
        if (!server->tokens[i].id[0] || server->expires[i] > now)
            continue;
        if (server->users[i]) {
            server->expires[i] = now + 1000;
            continue;
        }
        token_drop(server, i);
        expired++;
    }
    tokens_changed(server);
    for (; expired > 0; expired--)
        hf_join_server_event(server, HF_JOIN_EXPIRED, "");
}

static bool too_many_failures(struct hf_join_server *server)
{
    server->failures++;
    if (server->failures < HF_JOIN_FAILURES_MAX)
        return false;
    server->failures = 0;
    for (unsigned i = 0; i < HF_JOIN_TOKENS_MAX; i++)
        if (!server->users[i])
            token_drop(server, i);
    tokens_changed(server);
    return true;
}

void hf_join_server_conn_ended(struct hf_join_server *server, struct hf_join_conn *conn,
                               int exit_status)
{
    server->child_count--;
    bool user = conn->token >= 0 && server->users[conn->token] == conn;
    bool spent = user && conn->accepted && exit_status == HF_JOIN_CHILD_DONE;
    if (user)
        server->users[conn->token] = NULL;
    if (server->freed)
        return;
    if (spent) {
        token_drop(server, (unsigned)conn->token);
        server->failures = 0;
        tokens_changed(server);
        hf_join_server_event(server, HF_JOIN_SPENT, conn->request.name);
    } else if (exit_status == HF_JOIN_CHILD_DENIED) {
        hf_join_server_event(server, HF_JOIN_DENIED, "");
        if (too_many_failures(server))
            hf_join_server_event(server, HF_JOIN_WITHDRAWN, "");
    } else {
        hf_join_server_event(server, HF_JOIN_BROKEN, conn->request.name);
    }
    hf_join_listeners_attend(server);
}

static int token_slot(const struct hf_join_server *server)
{
    for (unsigned i = 0; i < HF_JOIN_TOKENS_MAX; i++)
        if (!server->tokens[i].id[0])
            return (int)i;
    return -1;
}

static int token_listen(struct hf_join_server *server, struct hf_join_token *token,
                        const char *const *addresses, unsigned count, uint16_t port,
                        struct hf_error *error)
{
    int rc = -EINVAL;
    for (unsigned i = 0; i < count && token->endpoint_count < HF_JOIN_ENDPOINTS_MAX; i++) {
        int one = hf_join_listener_open(server, addresses[i], port,
                                        &token->endpoints[token->endpoint_count]);
        if (one == 0)
            token->endpoint_count++;
        else
            rc = one;
    }
    if (token->endpoint_count > 0)
        return 0;
    hf_error_set(error,
                 "cannot listen for joining nodes at %s port %u: %s\n  Is the address on this node "
                 "and the port free?",
                 count > 0 ? addresses[0] : "no address,", (unsigned)port, strerror(-rc));
    return rc;
}

int hf_join_server_token(struct hf_join_server *server, unsigned ttl_s,
                         const char *const *addresses, unsigned address_count, uint16_t port,
                         struct hf_strbuf *out, struct hf_error *error)
{
    struct hf_join_token token;
    int slot = token_slot(server);
    if (slot < 0) {
        hf_error_set(error, "%u join tokens are out already: wait until one is used or expires",
                     HF_JOIN_TOKENS_MAX);
        return -ENOSPC;
    }
    int rc = hf_join_token_make(&token);
    if (rc < 0) {
        hf_error_set(error, "the kernel gives no random numbers for a token: %s", strerror(-rc));
        return rc;
    }
    rc = token_listen(server, &token, addresses, address_count, port, error);
    if (rc == 0) {
        uv_update_time(server->loop);
        server->tokens[slot] = token;
        server->expires[slot] = uv_now(server->loop) + (uint64_t)ttl_s * 1000;
        server->users[slot] = NULL;
        server->failures = 0;
        hf_join_token_encode(&token, out);
        hf_join_listeners_attend(server);
    }
    tokens_changed(server);
    explicit_bzero(&token, sizeof(token));
    return rc;
}

/* ---- life ---- */

int hf_join_server_new(uv_loop_t *loop, const struct hf_join_callbacks *callbacks, void *user,
                       struct hf_join_server **ret)
{
    HF_ASSERT(callbacks->request);
    struct hf_join_server *server = calloc(1, sizeof(*server));
    if (!server)
        return -ENOMEM;
    server->loop = loop;
    server->callbacks = *callbacks;
    server->user = user;
    for (unsigned i = 0; i < HF_JOIN_LISTENERS_MAX; i++)
        server->listeners[i].fd = -1;
    server->expiry.data = server;
    uv_timer_init(loop, &server->expiry);
    server->references = 1;
    *ret = server;
    return 0;
}

static void expiry_closed(uv_handle_t *handle)
{
    hf_join_server_unref(handle->data);
}

void hf_join_server_free(struct hf_join_server *server)
{
    if (!server)
        return;
    server->freed = true;
    struct hf_join_conn *next = NULL;
    for (struct hf_join_conn *conn = server->conns; conn; conn = next) {
        next = conn->next;
        hf_join_conn_kill(conn);
        hf_join_conn_release(conn); /* one that only waited for its answer */
    }
    for (unsigned i = 0; i < HF_JOIN_LISTENERS_MAX; i++)
        hf_join_listener_close(&server->listeners[i]);
    uv_close((uv_handle_t *)&server->expiry, expiry_closed);
}
