/*
 * gather.h - the facts of all nodes, for `holdfast validate` (docs/VALIDATE.md).
 *
 * Who is asked multicasts ASK. Every daemon, this one as well, says at once that it HEARD, what its
 * clock says, and which of its readings will be the answer; has its facts read by a program
 * (gather_program.h), and multicasts them in parts; who asked puts them together. Nothing of it
 * reaches the core. A node that does not answer in time, leaves, or cannot, is told with the why.
 *
 * Bounded: HF_GATHER_ASKS questions of a node at a time; one reading at a time, which serves
 * everybody who asked before it began; one part of a node on its way at a time, so that what the
 * core has to say never waits behind more than that.
 */
#ifndef HF_DAEMON_GATHER_H
#define HF_DAEMON_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <uv.h>

#define HF_GATHER_ASKS 4u
#define HF_GATHER_WAIT_MS 30000u  /* for the facts of a node */
#define HF_GATHER_HEARD_MS 10000u /* for its word that it was asked */
#define HF_GATHER_TELL_MS 1000u   /* between two events while nothing comes */

struct hf_gather;

struct hf_gather_options {
    const char *const *argv; /* the program that reads the facts; copied as pointers */
    unsigned self;           /* this node: corosync's id - 1 */
    uint32_t wait_ms;        /* 0: HF_GATHER_WAIT_MS */
    uint32_t heard_ms;       /* 0: HF_GATHER_HEARD_MS */
    uint32_t tell_ms;        /* 0: HF_GATHER_TELL_MS */
    uint32_t program_ms;     /* for the own program; 0: HF_GATHER_PROGRAM_MS */

    /* Multicasts to all members, this one included, copying data: 0 or a negative errno. Never
     * calls back. */
    int (*send)(void *user, const void *data, size_t length);

    /* Text of the configuration, owned by the caller (free); NULL: there is none yet. */
    char *(*configuration)(void *user);

    /* Answers a connection; takes over message. last: nothing follows. */
    void (*answer)(void *user, uint64_t connection, json_t *message, bool last);

    /* Name of a node by its bit; never NULL. */
    const char *(*name)(void *user, unsigned node);
    void *user;
};

int hf_gather_new(uv_loop_t *loop, const struct hf_gather_options *options, struct hf_gather **ret);

/* The memory goes with the close callbacks: run the loop once more. NULL is fine. */
void hf_gather_free(struct hf_gather *gather);

/*
 * Asks these members (bit = corosync's id - 1) for a connection. Events follow: for each node that
 * answered or will not, and each second,
 *     {"event":"facts","heard":1,"of":3,"waiting":["db3"]}
 * with "node" and "facts", or "node" and "why", when it is about a node; then the end,
 *     {"ok":true,"data":{"heard":2,"missing":[{"node":"db3","why":"..."}]}}
 * or at once a refusal. To each node's facts is added
 *     "gathered": {"node":"db1","asked_ms":...,"heard_ms":...,"clock_ms":...}
 * : when it was asked and heard by the clock of who asked, and what its own clock said in between.
 */
void hf_gather_ask(struct hf_gather *gather, uint64_t connection, uint64_t members);

/* A message of the group. False: it is none of ours. node: bit of its sender. */
bool hf_gather_message(struct hf_gather *gather, unsigned node, const void *data, size_t length);

/* Who is in the group now; 0: corosync is lost. Who left is waited for no longer. */
void hf_gather_members(struct hf_gather *gather, uint64_t members);

/* The connection has gone: its question is forgotten. */
void hf_gather_closed(struct hf_gather *gather, uint64_t connection);

#endif
