/*
 * control_impl.h - what the files of the control socket share; nobody else includes it.
 *
 *   control.c        listening, limits, the clock
 *   control_conn.c   one connection: lines in, lines out
 *   control_peer.c   who may
 */
#ifndef HF_DAEMON_CONTROL_IMPL_H
#define HF_DAEMON_CONTROL_IMPL_H

#include "daemon/control.h"

#define HF_CONTROL_TICK_MS 500u
#define HF_CONTROL_ROOT_EXTRA 16u
#define HF_PEER_GROUPS_MAX 256

struct hf_peer {
    uid_t uid;
    gid_t gid;
    gid_t groups[HF_PEER_GROUPS_MAX]; /* supplementary ones, as far as the kernel told */
    int group_count;
};

enum hf_verdict { HF_PEER_ALLOWED, HF_PEER_REFUSED, HF_PEER_NO_GROUP };

enum hf_conn_state {
    HF_CONN_CHECKING, /* its user is being looked up; nothing is read */
    HF_CONN_OPEN,
    HF_CONN_ENDING, /* what was said is still being sent; nothing is read */
    HF_CONN_CLOSING
};

struct hf_conn {
    uv_pipe_t pipe;
    uv_shutdown_t shut; /* ENDING: told that nothing more comes */
    struct hf_control *control;
    struct hf_conn *next;
    uint64_t id;
    enum hf_conn_state state;
    uid_t uid;
    bool busy;         /* a request is being handled */
    bool handling;     /* inside take_lines: do not enter it again */
    bool eof;          /* the peer will send no more */
    uint64_t heard_ms; /* loop time: last complete request, or its end */
    uint64_t sent_ms;  /* loop time: last progress of writing */
    char *buffer;
    size_t length, room, searched;
};

/* The look-up under way; embedded once in the server. */
struct hf_check {
    uv_work_t work;
    bool running;
    uint64_t connection;
    struct hf_peer peer;
    char group[64];
    enum hf_verdict verdict;
};

struct hf_control {
    uv_pipe_t pipe;
    uv_timer_t timer;
    uv_loop_t *loop;
    struct hf_control_options options;
    char path[108];
    char group[64];
    struct hf_conn *connections;
    uint32_t count;
    uint32_t handles; /* own handles not yet closed */
    uint64_t last_id;
    bool freeing;
    struct hf_check check;
};

/* control.c */
void hf_control_release(struct hf_control *control); /* frees it when nothing holds it any more */

/* control_conn.c */
void hf_conn_accept(struct hf_control *control);
void hf_conn_close(struct hf_conn *conn);
void hf_conn_admit(struct hf_conn *conn);
void hf_conn_refuse(struct hf_conn *conn, const char *code, const char *text, const char *hint);
void hf_conn_tick(struct hf_conn *conn, uint64_t now_ms);
struct hf_conn *hf_conn_find(const struct hf_control *control, uint64_t id);

/* control_peer.c */
int hf_peer_read(int fd, struct hf_peer *ret);
enum hf_verdict hf_peer_check(const struct hf_peer *peer, const char *group); /* may block */
void hf_check_next(struct hf_control *control); /* starts the next look-up if none runs */

#endif
