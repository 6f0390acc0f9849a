/*
 * engine.h - carries the core's messages between the nodes, on Corosync 3.1.
 *
 * One process a node joins the closed process group "holdfast". Everything runs on the given libuv
 * loop; there are no threads. Node ids are corosync's, 1 to 64; a set of nodes is a uint64_t with
 * bit (id - 1). A node with another id is not one of ours and is left out.
 *
 * Guaranteed:
 *  - up comes first after every connect; then, in corosync's agreed order and interleaved the same
 *    way on all members, membership and message. The first membership has this node in joined, and
 *    no message comes before it. Own messages come back like the others', in the agreed order.
 *  - After down nothing sent earlier is delivered as ours: what was queued is dropped, and messages
 *    that corosync had taken come, if at all, at other members before this node's leaving.
 *  - hf_engine_send never calls back, never waits.
 * Not guaranteed: an order between quorum and membership. They travel apart; both carry the ring.
 * Act only when members.ring_settled and members.ring equals quorum.ring.
 *
 * Assumed of corosync: a lost node (NODEDOWN) or a merged one (NODEUP) is announced before the
 * callback that carries the new ring id, and that callback always follows (both are sent by one
 * step of its synchronisation); the ring ids of libcpg and libquorum are the same.
 *
 * Blocking: dispatching and sending never wait for corosync. Connecting does (libqb knows no
 * timeout), so a child process tries a whole connection first, with a deadline, and this process
 * connects only when that worked. What is left: corosync hanging within the milliseconds after the
 * child's success, and hf_engine_free while it hangs. A corosync that hangs later is not noticed
 * here: the core notices that its own messages do not come back. What libcmap knows is asked for by
 * a process of its own (links.h), which may wait, hang and die without consequence here.
 */
#ifndef HF_ENGINE_ENGINE_H
#define HF_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/* Bytes of one message: 64 KiB and room for the core's header. */
#define HF_ENGINE_MESSAGE_MAX (65536u + 1024u)

/* What may wait for corosync in this process. */
#define HF_ENGINE_QUEUE_BYTES_MAX (16u * 1024u * 1024u)

struct hf_engine_ring {
    uint32_t node;
    uint64_t seq;
};

static inline bool hf_engine_ring_equal(struct hf_engine_ring a, struct hf_engine_ring b)
{
    return a.node == b.node && a.seq == b.seq;
}

struct hf_engine_members {
    uint64_t members;      /* nodes whose process is in the group */
    uint64_t joined;       /* since the call before */
    uint64_t left_down;    /* left: the node is gone from the ring */
    uint64_t left_process; /* left: the process ended, crashed or lost its corosync connection; the
                              node may already be a member again with a new process */
    struct hf_engine_ring ring; /* while not settled: the ring before */
    bool ring_settled;          /* false: the new ring id is on its way, one more call follows */
};

struct hf_engine_quorum {
    bool quorate;
    struct hf_engine_ring ring; /* the ring that quorate speaks of */
    uint32_t votes;             /* votes present, and expected: for display, they may lag */
    uint32_t expected_votes;
};

/* Links between two nodes: 0 is the private network, 1 the public one. */
#define HF_ENGINE_LINKS_MAX 2u

/* What this node's corosync says of its links to the other nodes; index: the link. */
struct hf_engine_links {
    uint64_t known[HF_ENGINE_LINKS_MAX]; /* nodes to which the link's state is known */
    uint64_t up[HF_ENGINE_LINKS_MAX];    /* of these: they answer over it */
};

struct hf_engine_callbacks {
    void (*up)(void *user, uint32_t node); /* own node id */
    /* The connection was lost, or could not be made (told once until the reason changes). The
     * engine goes on trying every 100 ms. */
    void (*down)(void *user, const char *why);
    void (*membership)(void *user, const struct hf_engine_members *members);
    void (*quorum)(void *user, const struct hf_engine_quorum *quorum);
    void (*message)(void *user, uint32_t node, const void *data, size_t length);
    /*
     * For people; decide nothing by it. Told at each change, up to a few seconds late, the first
     * time a second or two after up. When it cannot be said any more all of it is unknown: why says
     * so (static; it is tried again), or is NULL, when the connection to corosync is lost as well
     * or it is known again. What is known may be old by at most 6 s.
     */
    void (*links)(void *user, const struct hf_engine_links *links, const char *why);
    void (*reloaded)(void *user, int rc); /* end of hf_engine_reload: 0 or a negative errno */
};

struct hf_engine;

/*
 * Starts connecting; every callback comes from the loop, none from inside this call. All callbacks
 * must be set. Returns 0 or a negative errno. *ret is the caller's: hf_engine_free.
 */
int hf_engine_new(uv_loop_t *loop, const struct hf_engine_callbacks *callbacks, void *user,
                  struct hf_engine **ret);

/*
 * Leaves the group and closes; no callback comes any more. Not from inside a callback. The memory
 * goes when the loop has run the handles' close callbacks: run the loop once more before closing
 * it. NULL is fine.
 */
void hf_engine_free(struct hf_engine *engine);

/*
 * Multicasts a message to all members, this one included; data is copied. Returns 0: corosync has
 * it or it waits in the queue; -ENOTCONN: not up; -EMSGSIZE; -ENOBUFS: the queue is full;
 * -ENOMEM; -EPIPE: the connection just broke, down follows.
 */
int hf_engine_send(struct hf_engine *engine, const void *data, size_t length);

/*
 * Makes the corosyncs of all nodes read their corosync.conf again; call it on one node, after all
 * have written the new file. Runs in a child process with a deadline; the end comes as reloaded.
 * Returns 0, -EBUSY while one is under way, or a negative errno.
 */
int hf_engine_reload(struct hf_engine *engine);

#endif
