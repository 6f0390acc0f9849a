/*
 * corosync_private.h - what the files corosync*.c share.
 *
 *   corosync.c         the engine's life: probing, connecting, losing, sending
 *   corosync_cpg.c     the process group: membership and messages
 *   corosync_quorum.c  quorum and votes
 *   corosync_links.c   the process that asks which links are up
 *   corosync_reload.c  reading corosync.conf again
 */
#ifndef HF_ENGINE_COROSYNC_PRIVATE_H
#define HF_ENGINE_COROSYNC_PRIVATE_H

#include <corosync/corotypes.h>
#include <corosync/cpg.h>
#include <corosync/quorum.h>
#include <corosync/votequorum.h>
#include <sys/types.h>

#include "engine/child.h"
#include "engine/engine.h"
#include "engine/links.h"
#include "engine/send_queue.h"

/*
 * The states of the connection:
 *
 *   RESTING --timer--> PROBING --child ok--> UP --any error--> RESTING
 *      ^------------------'  child failed
 */
enum hf_engine_state { HF_ENGINE_RESTING, HF_ENGINE_PROBING, HF_ENGINE_UP };

struct hf_engine {
    uv_loop_t *loop;
    struct hf_engine_callbacks callbacks;
    void *user;
    enum hf_engine_state state;

    uv_timer_t reconnect; /* RESTING: the next attempt; UP: carries a failure out of a send */
    uv_timer_t retry;     /* UP and messages wait: try to send again */
    unsigned closing;     /* of these two, when freed */
    struct hf_engine_child *probe;
    struct hf_engine_child *reload;
    struct hf_links *links;

    /* Each 0 = not open. */
    cpg_handle_t cpg;
    quorum_handle_t quorum;
    votequorum_handle_t votequorum;
    uv_poll_t *polls[3]; /* for the three above; each frees itself when closed */

    uint32_t node;
    pid_t pid;

    struct hf_engine_members members; /* as last told */
    uint64_t ring_nodes;              /* the nodes of members.ring, as libcpg told them */
    bool group_joined;                /* our own join was delivered */

    struct hf_engine_quorum statement; /* as last told */
    uint64_t statement_nodes;          /* the nodes of statement.ring, as libquorum told them */
    bool quorum_known;

    struct hf_send_queue queue;
    unsigned unreturned; /* own messages corosync has, not delivered yet */

    const char *failure;   /* UP: the connection broke, why */
    const char *told_down; /* the reason told last; NULL when up since */
    unsigned calling;      /* inside a callback */
};

/* Notes why the connection is lost; whoever dispatches closes it after the callback returned. */
void hf_engine_fail(struct hf_engine *engine, const char *why);

/* The bit of a node in a set; 0 when the id is not one of ours. */
static inline uint64_t hf_engine_node_bit(uint32_t node)
{
    return node >= 1 && node <= 64 ? UINT64_C(1) << (node - 1) : 0;
}

uint64_t hf_engine_node_set(const uint32_t *nodes, uint32_t count);

/* After a quorum statement: withdraws ring_settled when it was said of other nodes. */
void hf_engine_cpg_cross_check(struct hf_engine *engine);

/* corosync_cpg.c. Open: 0 or a reason in *why (then close may be called). */
int hf_engine_cpg_open(struct hf_engine *engine, const char **why);
int hf_engine_cpg_join(struct hf_engine *engine, const char **why);
void hf_engine_cpg_close(struct hf_engine *engine);
cs_error_t hf_engine_cpg_send(struct hf_engine *engine, const void *data, size_t length);

/* corosync_quorum.c. */
int hf_engine_quorum_open(struct hf_engine *engine, const char **why);
int hf_engine_quorum_track(struct hf_engine *engine, const char **why);
void hf_engine_quorum_close(struct hf_engine *engine);

/* corosync_links.c: the links' process (links.h); user is the engine. */
int hf_engine_links_run(void *user, int output);

/* One connection of every kind, opened and closed: runs in the probing child. 0 or not. */
int hf_engine_cpg_probe(void);
int hf_engine_quorum_probe(void);

#endif
