/*
 * state.h - the replicated state, and the operations that change it.
 *
 * Every member applies the same decisions in the same order, so every member holds the same
 * hf_state (invariant I3). A decision is a list of hf_change made by the coordinator;
 * hf_state_apply is the only function that changes an hf_state, and it is deterministic: all
 * inputs, the time included, are in the decision. A hash over all entities is kept up to date and
 * compared.
 */
#ifndef HF_CORE_STATE_H
#define HF_CORE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/format.h"
#include "core/lifecycle.h"
#include "core/reason.h"
#include "core/spec.h"

#define HF_FAILOVERS_KEPT 16u

enum hf_goal { HF_GOAL_RUN, HF_GOAL_STOP };

/* Steps of a takeover whose durations are kept, in their order. */
enum hf_timing {
    HF_TIMING_ACQUIRE, /* reservation taken: the fence */
    HF_TIMING_MOUNT,
    HF_TIMING_ADDRESS,
    HF_TIMING_ENGINE, /* process started until it accepts clients: recovery */
    HF_TIMING_STOP,   /* a planned stop on the node it came from */
    HF_TIMING_TOTAL,  /* from the decision until online */
    HF_TIMINGS
};

/* The last change of owner, for `why` and history. Times are wall clock, ms since 1970. */
struct hf_takeover {
    struct hf_reason cause;  /* why it left where it was */
    struct hf_reason choice; /* why this node */
    uint8_t from;            /* node it left, or HF_NODE_NONE */
    uint8_t to;
    uint64_t noticed_ms; /* when the coordinator noticed the cause */
    uint64_t decided_ms;
    uint64_t online_ms; /* 0 = not yet */
    uint32_t timings[HF_TIMINGS];
    uint64_t preempted_key; /* the reservation key that was taken away, 0 = none was held */
    uint8_t rejection_count;
    struct hf_rejection rejections[HF_REJECTIONS_MAX];
};

struct hf_instance_state {
    uint32_t generation;     /* the fencing token; only grows */
    uint8_t owner;           /* node slot or HF_NODE_NONE */
    uint8_t goal;            /* enum hf_goal: what the owner is to do */
    bool wanted;             /* the administrator wants it online */
    uint8_t phase;           /* enum hf_phase as last reported and decided */
    uint8_t target;          /* where a move goes, or HF_NODE_NONE */
    uint8_t last_owner;      /* who ran it last, or HF_NODE_NONE */
    uint32_t attempt;        /* counts restarts in place of this generation */
    uint64_t excluded;       /* nodes where it failed; cleared when it is online or on request */
    uint64_t since_ms;       /* wall clock: in this phase since */
    uint64_t retry_ms;       /* wall clock: a failed or stranded one is tried again then; 0 = no */
    struct hf_reason reason; /* why it is in this phase */
    uint8_t restart_count;
    uint64_t restarts[HF_RESTARTS_KEPT]; /* wall clock of the latest restarts in place */
    uint8_t failover_count;
    uint64_t failovers[HF_FAILOVERS_KEPT]; /* wall clock of the latest failovers it caused */
    struct hf_takeover takeover;
    char detail[HF_PATH_MAX];        /* what the driver said of the last failure, "" = nothing */
    uint32_t owners_had;             /* how often it got an owner; since format 2 */
    uint64_t measured[HF_RESOURCES]; /* what it needs, where nothing is stated; 0 = not known */
};

struct hf_node_state {
    bool up; /* in the regime: a member with the same state */
    bool drained;
    bool quarantined;
    bool fenced;             /* an administrator confirmed that it can no longer write */
    bool watchdog;           /* said that a watchdog guards it */
    uint64_t joined_epoch;   /* regime in which it became a member: seniority */
    uint64_t since_ms;       /* up, or down, since */
    struct hf_reason reason; /* why it is up or down */
    uint8_t failure_count;
    uint64_t failures[HF_RESTARTS_KEPT];
    uint16_t speaks; /* the newest format that its daemon speaks, as it said when it came up */
    uint64_t measured[HF_RESOURCES]; /* what it has, where nothing is stated; 0 = not known */
};

enum hf_change_type {
    HF_CHANGE_NONE,
    HF_CHANGE_REGIME,   /* number = set of members; node = coordinator; key = epoch */
    HF_CHANGE_CLUSTER,  /* text = cluster name: the first thing a new cluster decides */
    HF_CHANGE_NODE_ADD, /* node, text = name, address, address2 */
    HF_CHANGE_NODE_UP,  /* node; flags: watchdog; number = newest format it speaks, 0 = the first */
    HF_CHANGE_NODE_LOST,
    HF_CHANGE_NODE_FLAGS, /* flags: drained, quarantined, fenced, watchdog as given */
    HF_CHANGE_ASSIGN,     /* instance, node = new owner, generation */
    HF_CHANGE_GOAL_STOP,  /* instance: the owner is to stop it; node = target or none */
    HF_CHANGE_CLEARED,    /* instance: nothing of it runs, no owner */
    HF_CHANGE_PHASE,      /* instance, generation, phase, timings, key */
    HF_CHANGE_RESTART,    /* instance: start the engine again in place */
    HF_CHANGE_EXCLUDE,    /* instance, node: it failed there */
    HF_CHANGE_WANTED,     /* instance: flags = online */
    HF_CHANGE_CONFIG,     /* node, number = transaction: the staged specification takes effect */
    HF_CHANGE_REFUSED,    /* a command was refused: reason */
    HF_CHANGE_NOTED,      /* a command was accepted and changed nothing: reason */
    HF_CHANGE_FORMAT,     /* number = the format in use from now on */
    HF_CHANGE_MEASURED,   /* instance, or HF_INSTANCE_NONE and node; measured */
    HF_CHANGE_TYPES
};

#define HF_FLAG_ON 1u /* HF_CHANGE_WANTED: online */
#define HF_FLAG_DRAINED 2u
#define HF_FLAG_QUARANTINED 4u
#define HF_FLAG_FENCED 8u
#define HF_FLAG_WATCHDOG 16u
#define HF_FLAG_FAILOVER 32u /* HF_CHANGE_ASSIGN: counts as a failover the instance caused */
#define HF_FLAG_REPEATED 64u /* HF_CHANGE_ASSIGN: same takeover, new generation */

struct hf_change {
    uint8_t type; /* enum hf_change_type */
    uint16_t instance;
    uint8_t node;
    uint8_t phase;
    uint32_t flags;
    uint32_t generation;
    uint64_t number;
    uint64_t noticed_ms;
    struct hf_reason reason; /* why */
    struct hf_reason choice; /* HF_CHANGE_ASSIGN: why this node */
    uint32_t timings[HF_TIMINGS];
    uint64_t key;
    uint64_t measured[HF_RESOURCES];
    uint8_t rejection_count;
    struct hf_rejection rejections[HF_REJECTIONS_MAX];
    uint8_t origin;   /* node whose administrator asked, or HF_NODE_NONE */
    uint64_t request; /* the command's id there */
    char text[HF_PATH_MAX];
    char address[HF_ADDRESS_MAX];
    char address2[HF_ADDRESS_MAX];
};

/* One line of history: an operation as it was applied. */
struct hf_history_record {
    uint64_t index; /* of the decision */
    uint64_t wall_ms;
    uint8_t type; /* enum hf_change_type */
    uint16_t instance;
    uint8_t node;
    uint8_t node2; /* ASSIGN: the node it left */
    uint8_t phase;
    uint32_t generation;
    uint64_t number; /* PHASE online: outage of the takeover in ms, noticed until online */
    struct hf_reason reason;
    struct hf_reason choice;
};

/* About 5 MiB, most of it never touched. */
struct hf_state {
    uint64_t epoch;          /* of the regime; decide.c says what it is made of */
    uint64_t index;          /* decisions applied so far */
    uint64_t config_version; /* raised by each HF_CHANGE_CONFIG, _CLUSTER and _NODE_ADD */
    uint64_t nodes_version;  /* raised when the list of nodes or the token changes */
    uint64_t members;        /* set of nodes of the regime */
    uint8_t coordinator;
    uint16_t format;        /* in use: what newer fields there are is empty (format.h) */
    uint64_t wall_ms;       /* time of the newest decision */
    uint64_t hash;          /* over all entities */
    uint64_t history_count; /* records ever written; the newest is at (count - 1) % max */
    uint16_t instance_end;  /* from here on no slot was ever used: loops of every step end here */
    uint8_t node_end;
    struct hf_spec spec;
    struct hf_node_state nodes[HF_NODES_MAX];
    struct hf_instance_state instances[HF_INSTANCES_MAX];
    struct hf_history_record history[HF_HISTORY_MAX];
};

const char *hf_change_word(enum hf_change_type type);

/* The empty state. */
void hf_state_init(struct hf_state *state);

/* The same; when it was made before, at the cost of what is in use of it. Sets made. */
void hf_state_empty(struct hf_state *state, bool *made);

/* Applies one operation; wall_ms is the decision's time. Returns false when the operation has no
 * meaning in this state (it is then ignored by every member alike). staged is the specification
 * that HF_CHANGE_CONFIG switches to; may be NULL otherwise. */
bool hf_state_apply(struct hf_state *state, const struct hf_change *change, uint64_t wall_ms,
                    const struct hf_spec *staged);

/* measured.c: HF_CHANGE_MEASURED. */
bool hf_measured_apply(struct hf_state *state, const struct hf_change *change);

/* Notes that a slot is in use: to be called by whoever writes its specification. */
void hf_state_used(struct hf_state *state, uint16_t instance);
void hf_state_node_used(struct hf_state *state, uint8_t node);

/* to: an initialised state. Copies what is in use of from, and nothing else. */
void hf_state_copy(struct hf_state *to, const struct hf_state *from);

/* Set of the nodes whose votes count: those that were members once. corosync.conf gives the others
 * no vote (daemon/nodes.c), so every majority is one of these. Before the first of them: all nodes
 * that are configured. */
uint64_t hf_state_voters(const struct hf_state *state);

/* Recomputes the hash from scratch; equals state->hash at all times. */
uint64_t hf_state_hash(const struct hf_state *state);

/* Members that have the newest state, in order of seniority, choose the coordinator by this. */
uint8_t hf_state_senior(const struct hf_state *state, uint64_t members);

#endif
