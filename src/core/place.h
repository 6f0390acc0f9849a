#ifndef HF_CORE_PLACE_H
#define HF_CORE_PLACE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The placement optimiser: which node serves which instance.
 *
 * In order of importance: serve the highest priority class, then the next; move or stop as few
 * running instances as possible; keep passive nodes free; honour preferred owners; keep the fullest
 * resource of any node as low as possible. docs/PLACEMENT.md has the model and the proofs.
 *
 * Pure: no system call, no clock, no allocation. The same problem and budget give the same result.
 */

#define HF_PLACE_NODES_MAX 64
#ifndef HF_PLACE_INSTANCES_MAX /* the simulator makes its worlds smaller */
#define HF_PLACE_INSTANCES_MAX 1024
#endif
#define HF_PLACE_PAIRS_MAX (8 * HF_PLACE_INSTANCES_MAX)
#define HF_PLACE_RESOURCES_MAX 4
#define HF_PLACE_AMOUNT_MAX ((int64_t)1 << 40) /* highest capacity or demand, exclusive */
#define HF_PLACE_NONE (-1)
#define HF_PLACE_EVERY_NODE UINT64_MAX

struct hf_place_node {
    bool up;
    bool passive; /* kept free while there is room elsewhere */
    int64_t cap[HF_PLACE_RESOURCES_MAX];
};

struct hf_place_instance {
    int32_t priority; /* higher is more important */
    int64_t demand[HF_PLACE_RESOURCES_MAX];
    bool has_degraded; /* degraded: demand while it shares a node; at most the full demand */
    int64_t degraded[HF_PLACE_RESOURCES_MAX];
    uint64_t owners; /* possible owners, one bit a node */
    uint8_t n_preferred;
    uint8_t preferred[HF_PLACE_NODES_MAX]; /* node indices, best first */
    uint16_t anti_affinity;                /* group, 0 = none: no two of a group on one node */
    uint16_t together_with;                /* group, 0 = none: served members share one node */
    int8_t current;                        /* node where it runs now, or HF_PLACE_NONE */
    int8_t last;                           /* node where it ran before, or HF_PLACE_NONE */
};

/* Two instances that may not share a node, where that is no matter of a whole group. */
struct hf_place_pair {
    uint16_t a, b; /* instance indices */
};

struct hf_place_problem {
    unsigned n_nodes;
    unsigned n_instances;
    unsigned n_resources;
    unsigned n_pairs;
    struct hf_place_node nodes[HF_PLACE_NODES_MAX];
    struct hf_place_instance instances[HF_PLACE_INSTANCES_MAX];
    struct hf_place_pair pairs[HF_PLACE_PAIRS_MAX];
};

enum hf_place_fault {
    HF_PLACE_FAULT_NONE,
    HF_PLACE_FAULT_TOO_BIG,   /* more nodes, instances or resources than the limits */
    HF_PLACE_FAULT_CAPACITY,  /* a capacity is negative or too large */
    HF_PLACE_FAULT_DEMAND,    /* a demand is negative or too large */
    HF_PLACE_FAULT_DEGRADED,  /* a degraded demand is negative or above the full demand */
    HF_PLACE_FAULT_PREFERRED, /* a preferred node does not exist, is listed twice, or is no owner */
    HF_PLACE_FAULT_CURRENT,   /* current or last is no node of the problem */
    HF_PLACE_FAULT_GROUP,     /* a group number above the highest instance number */
    HF_PLACE_FAULT_PAIR,      /* one of a pair does not exist, or both are the same */
};

enum hf_place_status { HF_PLACE_FEASIBLE, HF_PLACE_OPTIMAL };

/* The levels of the objective after `served`, which has a value per priority class. */
enum hf_place_level {
    HF_PLACE_MOVES,
    HF_PLACE_PASSIVE,
    HF_PLACE_RANK,
    HF_PLACE_MAXUTIL,
    HF_PLACE_LEVELS,
};

/* used/cap of the fullest resource; 0/1 where there is none. */
struct hf_place_util {
    int64_t used;
    int64_t cap;
    int16_t node; /* HF_PLACE_NONE where there is none */
    int16_t resource;
};

struct hf_place_values {
    unsigned n_classes; /* highest priority first */
    int32_t priority[HF_PLACE_INSTANCES_MAX];
    uint16_t served[HF_PLACE_INSTANCES_MAX]; /* instances served, per class */
    uint16_t members[HF_PLACE_INSTANCES_MAX];
    uint32_t moved;   /* served on another node than the current one */
    uint32_t stopped; /* ran, and is not served */
    uint32_t passive; /* served on a passive node */
    uint32_t rank;
    struct hf_place_util maxutil;
};

/*
 * proved: the value is optimal, given that the more important levels have the recorded values.
 * bound: what no placement can beat, given the same. A level is only proved after those before it.
 */
struct hf_place_result {
    enum hf_place_status status; /* OPTIMAL: every level is proved */
    int8_t node[HF_PLACE_INSTANCES_MAX];
    struct hf_place_values values;
    unsigned n_classes_proved; /* leading classes whose served count is proved */
    uint16_t served_bound[HF_PLACE_INSTANCES_MAX];
    bool proved[HF_PLACE_LEVELS];
    uint32_t bound[HF_PLACE_LEVELS]; /* MAXUTIL: see maxutil_bound */
    struct hf_place_util maxutil_bound;
    uint64_t steps; /* used */
};

struct hf_place_workspace; /* core/place_workspace.h; a few MiB, contents need no initialisation */

/* What is wrong with a problem; *ret_index is the node or instance, where that applies. */
enum hf_place_fault hf_place_check(const struct hf_place_problem *problem, unsigned *ret_index);

/* A budget that suits the size: used up, under a second on one core, and 50 to 70 ms for 16 x 100.
 */
uint64_t hf_place_default_steps(const struct hf_place_problem *problem);

/* Precondition: hf_place_check() finds no fault. A step is one look at an instance on a node. */
void hf_place_solve(const struct hf_place_problem *problem, struct hf_place_workspace *ws,
                    uint64_t budget_steps, struct hf_place_result *result);

/* The values of a placement, whether it is feasible or not. */
void hf_place_evaluate(const struct hf_place_problem *problem, const int8_t *node,
                       struct hf_place_values *values);

/* True where the placement keeps every rule; otherwise *ret_instance is one that breaks a rule. */
bool hf_place_feasible(const struct hf_place_problem *problem, const int8_t *node,
                       unsigned *ret_instance);

/* Negative: a is better than b; 0: equal; positive: worse. Both of the same problem. */
int hf_place_compare(const struct hf_place_values *a, const struct hf_place_values *b);
int hf_place_util_compare(const struct hf_place_util *a, const struct hf_place_util *b);

#endif
