/*
 * plan.h - what if a node fails: can the nodes that are left carry what must move to them?
 *
 * For each loss (one node, a site, two nodes) the placement is worked out anew by the optimiser of
 * core/place.h, so the answer is an exact packing and not a count of slots. docs/PLANNING.md has
 * the rules. Pure: nothing here reads a file, a clock or a socket, and the same input gives the
 * same plan. It allocates; every function that can run out of memory says so.
 *
 * Units are those of core/spec.h: millicores, MiB, Mbit/s, operations a second. Nodes and instances
 * are numbered without gaps, in the order of the file.
 */
#ifndef HF_PLAN_PLAN_H
#define HF_PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/spec.h"

#define HF_PLAN_NOWHERE (-1)
#define HF_PLAN_RECOVERY_UNKNOWN (-1)

struct hf_plan_node {
    char name[HF_NAME_MAX];
    char site[HF_NAME_MAX]; /* "" = not stated */
    bool passive;
    bool up;                        /* it votes */
    bool in_service;                /* up, and not drained or quarantined: it may carry */
    int64_t capacity[HF_RESOURCES]; /* 0 = not known: not limited */
};

struct hf_plan_instance {
    char name[HF_NAME_MAX];
    int32_t priority;
    bool wanted;                  /* false: offline on purpose, needs no place */
    int64_t demand[HF_RESOURCES]; /* 0 = not known: counts as nothing */
    bool has_degraded;
    int64_t degraded[HF_RESOURCES];        /* while it shares a node; at most the demand */
    int64_t stated_degraded[HF_RESOURCES]; /* 0 = nothing is stated */
    uint64_t owners;                       /* possible owners, one bit a node */
    uint8_t n_preferred;
    uint8_t preferred[HF_NODES_MAX]; /* best first; all of them possible owners */
    uint8_t n_apart;
    uint16_t apart[HF_RELATIONS_MAX]; /* instances that never share its node; one side is enough */
    uint16_t together;                /* 0, or the number of its group: these always share a node */
    int8_t now;                       /* node where it runs, or HF_PLAN_NOWHERE */
    int64_t recovery_ms; /* expected after a failure now; HF_PLAN_RECOVERY_UNKNOWN: not measured */
};

/* What a plan is made from. About 300 KiB. */
struct hf_plan_input {
    char cluster[HF_NAME_MAX];
    bool standard;   /* edition standard: at most two possible owners an instance */
    bool witness;    /* a witness disk adds a vote */
    uint8_t survive; /* policy.survive; 0 = not stated */
    int reserve;     /* percent of each capacity that is kept for the system */
    unsigned n_nodes, n_instances;
    struct hf_plan_node nodes[HF_NODES_MAX];
    struct hf_plan_instance instances[HF_INSTANCES_MAX];
};

/* The specification as an input: every node in service, nothing running. */
void hf_plan_input_from_spec(const struct hf_spec *spec, struct hf_plan_input *input);

/* What an instance needs at its full size, by enum hf_resource. */
void hf_plan_input_demand(struct hf_plan_instance *instance, const int64_t full[HF_RESOURCES]);

/* ---- The plan ---- */

enum hf_plan_kind { HF_PLAN_NORMAL, HF_PLAN_NODE, HF_PLAN_SITE, HF_PLAN_PAIR, HF_PLAN_KINDS };

/* Why an instance is left out. */
enum hf_plan_why {
    HF_PLAN_NO_OWNER,  /* no possible owner is left */
    HF_PLAN_TOO_BIG,   /* no possible owner that is left could hold it even alone */
    HF_PLAN_NO_ROOM,   /* possible owners are left and have too little room */
    HF_PLAN_APART,     /* where there is room, an instance runs that it is kept apart from */
    HF_PLAN_TOGETHER,  /* it must share a node with another, and no node has room for both */
    HF_PLAN_NOT_FOUND, /* no placement was found, and none is proved not to exist */
};

struct hf_plan_left_out {
    uint16_t instance;
    enum hf_plan_why why;
    int8_t node;      /* TOO_BIG, NO_ROOM, APART: the node that comes closest */
    uint8_t resource; /* TOO_BIG, NO_ROOM: what is short there */
    int64_t short_by; /* TOO_BIG, NO_ROOM: how much of it, beyond the reserve */
    int64_t need;     /* TOO_BIG, NO_ROOM: how much of it the instance needs there */
    uint16_t other;   /* APART, TOGETHER: the other instance */
};

/* One loss and what follows. */
struct hf_plan_case {
    enum hf_plan_kind kind;
    uint64_t lost;                 /* nodes that fail; a pair has two */
    char name[2 * HF_NAME_MAX];    /* "db1", "site a", "db1+db2"; "" = nothing fails */
    bool quorum;                   /* the nodes that are left may act */
    bool optimal;                  /* the placement is proved to be the best one */
    bool proved;                   /* that no more can be served is proved */
    int8_t *place;                 /* per instance: its node, or HF_PLAN_NOWHERE */
    int64_t (*load)[HF_RESOURCES]; /* per node: what it carries */
    unsigned n_left_out;
    struct hf_plan_left_out *left_out; /* instances that are wanted and not served */
    unsigned n_moved; /* instances that ran on a node that is left, and do not run there any more */
};

struct hf_plan {
    struct hf_plan_input *input;
    unsigned n_cases;
    struct hf_plan_case *cases; /* NORMAL first, then nodes, sites, pairs */
    unsigned votes, needed;     /* of the cluster; to act */
};

struct hf_plan_options {
    uint64_t steps; /* of the optimiser for all losses together; 0 = a default by size */
    bool no_pairs;
    /* Called before each loss; may be NULL. False: no more time, make no plan. */
    bool (*progress)(void *user, unsigned done, unsigned total);
    void *user;
};

/* Precondition: input keeps the comments above. 0 with *ret_plan (release with hf_plan_free),
 * -ENOMEM, or -ECANCELED when progress said so. options may be NULL. */
int hf_plan_make(const struct hf_plan_input *input, const struct hf_plan_options *options,
                 struct hf_plan **ret_plan);
void hf_plan_free(struct hf_plan *plan);

/* Everything is served and quorum stays. */
bool hf_plan_carried(const struct hf_plan_case *c);

/* Used of capacity in thousandths, rounded up; -1 where the capacity is not known. */
int hf_plan_permille(int64_t used, int64_t capacity);

/* The fullest known resource over the nodes in `nodes`. False: no capacity is known. */
struct hf_plan_fullest {
    unsigned node;
    unsigned resource;
    int permille;
};
bool hf_plan_fullest(const struct hf_plan *plan, const struct hf_plan_case *c, uint64_t nodes,
                     struct hf_plan_fullest *ret);

/* Nodes in service that do not fail in this case. */
uint64_t hf_plan_left(const struct hf_plan_input *input, const struct hf_plan_case *c);

/* Where an instance is before the loss: its node in normal times. */
int hf_plan_home(const struct hf_plan *plan, unsigned instance);

/* ---- The verdict ---- */

struct hf_plan_verdict {
    bool normal;       /* without a failure everything is served */
    unsigned required; /* failures that must be carried at once: 1 or 2 */
    bool holds;        /* that many are carried, and everything is served without */
    unsigned total[HF_PLAN_KINDS];
    unsigned carried[HF_PLAN_KINDS];
    unsigned no_quorum[HF_PLAN_KINDS];
    unsigned left_out[HF_PLAN_KINDS]; /* cases that leave an instance out for want of room */
    unsigned unknown_demands;         /* instances of which no demand at all is known */
    unsigned unknown_capacities;      /* nodes of which a capacity that is demanded is not known */
};

void hf_plan_judge(const struct hf_plan *plan, struct hf_plan_verdict *ret);

/* ---- What an action does to the verdict ---- */

/* The input as it is after an action. Numbers are those of the input. */
/* To node: the instance, and of those kept together with it the ones that run where it runs. */
void hf_plan_act_move(struct hf_plan_input *input, unsigned instance, unsigned node);
/* It votes and carries nothing, until it is resumed. */
void hf_plan_act_drain(struct hf_plan_input *input, unsigned node);
/* online, offline */
void hf_plan_act_wanted(struct hf_plan_input *input, unsigned instance, bool wanted);

#define HF_PLAN_WORSE_MAX (1u + HF_NODES_MAX + HF_NODES_MAX * (HF_NODES_MAX - 1u) / 2u)

/* A loss that leaves out more after the action than it does now. */
struct hf_plan_worse {
    uint16_t number;  /* of the case in the plan of afterwards */
    bool was_carried; /* now it is carried; otherwise it is not, and more is left out then */
};

struct hf_plan_comparison {
    struct hf_plan_verdict was, will;
    unsigned n_worse; /* normal times and single failures; pairs where policy.survive wants them */
    struct hf_plan_worse worse[HF_PLAN_WORSE_MAX]; /* in the order of the cases */
    bool breaks_rule; /* policy.survive is stated, and what it wants is carried now and provably
                         not then */
    int moves_more;   /* case of afterwards in which more has to move to make room; -1: none */
    unsigned moved_before, moved_after; /* of that case */
};

/*
 * Both of the same cluster, made with pairs when hf_plan_wants_pairs says so of either. Losses are
 * the same when they are of nodes of the same names. What is left out is compared by priority: more
 * of a higher one is worse, whatever becomes better below it. A loss without quorum now cannot
 * become worse.
 */
void hf_plan_compare(const struct hf_plan *before, const struct hf_plan *after,
                     struct hf_plan_comparison *ret);

/* Must two failures at once be carried? */
bool hf_plan_wants_pairs(const struct hf_plan_input *input);

/* ---- The least change that heals a verdict ---- */

enum hf_plan_change_kind {
    HF_PLAN_ADD_WITNESS,
    HF_PLAN_ADD_OWNER, /* one more possible owner of an instance */
    HF_PLAN_GROW_NODE, /* more of something on one node */
    HF_PLAN_GROW_ALL,  /* the same more on every node */
    HF_PLAN_ADD_NODE,  /* one more passive node, a possible owner of everything */
};

#define HF_PLAN_CHANGES_MAX 12u

struct hf_plan_change {
    enum hf_plan_change_kind kind;
    uint16_t instance;            /* ADD_OWNER */
    uint8_t node;                 /* ADD_OWNER, GROW_NODE */
    int64_t amount[HF_RESOURCES]; /* GROW_*: added; ADD_NODE: its capacity */
    int64_t weight;               /* how much that is, for the order: less is less */
};

struct hf_plan_heal {
    enum hf_plan_kind goal; /* NODE: every single failure; PAIR: every two at once */
    bool wanted;            /* there was something to heal */
    bool cut_short;         /* the budget was used up: there may be more */
    unsigned n_changes;     /* the least first; each one alone was planned again and heals */
    struct hf_plan_change changes[HF_PLAN_CHANGES_MAX];
};

/* steps: budget of the optimiser, 0 = a default. 0 or -ENOMEM. */
int hf_plan_make_heal(const struct hf_plan *plan, uint64_t steps, struct hf_plan_heal *ret);

/* The input with a change made. False: it does not fit the limits. */
bool hf_plan_change_apply(struct hf_plan_input *input, const struct hf_plan_change *change);

/* ---- Topologies ---- */

/* active/active/passive: 2 and 1. N+2: any number of active nodes and two passive ones. */
struct hf_plan_shape {
    char name[HF_NAME_MAX];
    unsigned active; /* at least so many */
    unsigned passive;
    bool open; /* "N": the smallest number that does; otherwise what is said is also tried */
};

/* False: the text is no topology. */
bool hf_plan_shape_parse(const char *text, struct hf_plan_shape *ret);

struct hf_plan_topology {
    struct hf_plan_shape shape;
    bool possible;       /* some number of nodes carries what it must; the rest is then filled */
    bool said_is_enough; /* the shape as it was said does */
    unsigned active, passive; /* nodes needed */
    bool witness;             /* a witness disk is needed for the votes */
    unsigned instances;       /* to be served */
    int permille[3]; /* fullest resource with 0, 1, 2 nodes lost, worst case; -1 = not known */
    uint8_t resource[3];
    unsigned served[3]; /* of instances, worst case */
    bool quorum[3];     /* kept in every case */
    struct hf_plan_verdict verdict;
};

/* The same instances, each with every node as possible owner, on nodes of one size: node 0's. 0 or
 * -ENOMEM. */
int hf_plan_compare_topology(const struct hf_plan_input *input, const struct hf_plan_shape *shape,
                             struct hf_plan_topology *ret);

/* The same figures of a plan that was made. */
void hf_plan_summarise(const struct hf_plan *plan, struct hf_plan_topology *ret);

#endif
