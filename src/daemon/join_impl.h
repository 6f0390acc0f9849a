/*
 * join_impl.h - what join_server.c (tokens), join_listen.c (listeners) and join_conn.c (one joiner)
 * share.
 */
#ifndef HF_DAEMON_JOIN_IMPL_H
#define HF_DAEMON_JOIN_IMPL_H

#include <stdbool.h>
#include <sys/types.h>

#include "daemon/join.h"
#include "daemon/join_token.h"

#define HF_JOIN_LISTENERS_MAX 8u
#define HF_JOIN_CONNS_MAX 8u /* more wait in the listeners' queues */

struct hf_join_listener {
    struct hf_join_server *server;
    uv_poll_t poll;
    int fd; /* -1 = free */
    struct hf_join_endpoint at;
    uint16_t port_asked;
    bool closing;
};

struct hf_join_server {
    uv_loop_t *loop;
    struct hf_join_callbacks callbacks;
    void *user;
    /* A token with an empty id is free; the other arrays go along. */
    struct hf_join_token tokens[HF_JOIN_TOKENS_MAX];
    uint64_t expires[HF_JOIN_TOKENS_MAX];           /* uv_now */
    struct hf_join_conn *users[HF_JOIN_TOKENS_MAX]; /* whose request is under way with it */
    unsigned failures;
    struct hf_join_listener listeners[HF_JOIN_LISTENERS_MAX];
    struct hf_join_conn *conns;
    unsigned child_count; /* connections with a child */
    uv_timer_t expiry;
    bool freed;
    unsigned references; /* handles not closed yet, and connections */
};

struct hf_join_conn {
    struct hf_join_server *server;
    struct hf_join_conn *next;
    pid_t pid;
    int pidfd;
    uv_poll_t exit;
    uv_timer_t deadline;
    uv_pipe_t pipe;
    unsigned open; /* handles not closed yet */
    bool ended;    /* the child is gone */
    bool asked;    /* the request was given to the daemon ... */
    bool answered; /* ... and the daemon has answered */
    bool accepted; /* with a bundle */
    int token;     /* -1 = none yet */
    struct hf_join_request request;
    struct hf_strbuf input;
};

/* join_conn.c */
int hf_join_conn_new(struct hf_join_server *server, int client);
void hf_join_conn_kill(struct hf_join_conn *conn);
void hf_join_conn_release(struct hf_join_conn *conn);

/* join_listen.c. Open: finds the listener or makes it; 0 with where it listens, or negative. */
int hf_join_listener_open(struct hf_join_server *server, const char *address, uint16_t port,
                          struct hf_join_endpoint *ret);
void hf_join_listener_close(struct hf_join_listener *listener);
/* Listens with attention only while there is room for one more connection. */
void hf_join_listeners_attend(struct hf_join_server *server);

/* join_server.c */
void hf_join_server_event(struct hf_join_server *server, enum hf_join_event event,
                          const char *name);
void hf_join_server_conn_ended(struct hf_join_server *server, struct hf_join_conn *conn,
                               int exit_status);
void hf_join_server_unref(struct hf_join_server *server);

#endif
