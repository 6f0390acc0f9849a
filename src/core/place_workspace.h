#ifndef HF_CORE_PLACE_WORKSPACE_H
#define HF_CORE_PLACE_WORKSPACE_H

#include "core/place.h"

/*
 * The workspace of the optimiser. Callers provide one and do not look inside; it is laid out here
 * so that its size is a constant.
 */

#define HF_PLACE_I HF_PLACE_INSTANCES_MAX
#define HF_PLACE_N HF_PLACE_NODES_MAX
#define HF_PLACE_R HF_PLACE_RESOURCES_MAX
#define HF_PLACE_GROUPS (HF_PLACE_I + 1)

enum hf_place_state {
    HF_PLACE_STAYS,    /* at home; the search may still send it away */
    HF_PLACE_KEPT,     /* at home, decided */
    HF_PLACE_PLACED,   /* on another node, decided */
    HF_PLACE_HOMELESS, /* must be given a node, or left out */
    HF_PLACE_LEFT_OUT, /* not served, decided */
    HF_PLACE_INACTIVE, /* of a class that is not looked at yet */
};

/* The problem, prepared: what does not change between searches. */
struct hf_place_model {
    const struct hf_place_problem *problem;
    unsigned n_nodes, n_instances, n_resources, n_classes;
    bool has_degraded;
    uint64_t up;
    uint32_t passive_weight; /* above any sum of ranks */
    uint16_t cls[HF_PLACE_I];
    uint16_t class_size[HF_PLACE_I];
    int32_t class_priority[HF_PLACE_I];
    int8_t home[HF_PLACE_I];  /* current node where it may stay, else none */
    bool running[HF_PLACE_I]; /* has a current node that is up */
    uint64_t domain[HF_PLACE_I];
    int64_t need[HF_PLACE_I][HF_PLACE_R];      /* demand the packing counts with */
    int32_t norm[HF_PLACE_I][HF_PLACE_R];      /* need in 2^-20 of the largest node, rounded down */
    int64_t size[HF_PLACE_I];                  /* sum of norm, for orders */
    uint32_t cost[HF_PLACE_I][HF_PLACE_N + 1]; /* rank and passive_weight; [n_nodes] = left out */
    uint16_t home_start[HF_PLACE_N + 1];
    uint16_t home_by[HF_PLACE_R][HF_PLACE_I]; /* per node, instances at home, largest need first */
    int64_t largest[HF_PLACE_R];              /* largest capacity of a node that is up */
    uint16_t apart[HF_PLACE_I];               /* groups, 0 = none */
    uint16_t joined[HF_PLACE_I];
    uint16_t group_start[2][HF_PLACE_GROUPS + 1]; /* members per group; [0] apart, [1] joined */
    uint16_t group_member[2][HF_PLACE_I];
    uint16_t rival_start[HF_PLACE_I + 1]; /* the pairs, from both sides */
    uint16_t rival[2 * HF_PLACE_PAIRS_MAX];
};

/* What a search must keep: budgets and capacities. */
struct hf_place_limits {
    unsigned n_classes;            /* classes looked at */
    uint16_t left_out[HF_PLACE_I]; /* instances that may be left out, per class */
    uint32_t moves;
    uint64_t cost; /* passive and rank; UINT64_MAX = any */
    int64_t cap[HF_PLACE_N][HF_PLACE_R];
    struct hf_place_util util; /* the threshold behind cap, for nodes with one instance */
    bool util_set;
    bool strictly; /* below util, not at it */
    bool spread;   /* prefer the emptier node */
};

/* Prices of a Lagrangian relaxation and what follows from them. */
struct hf_place_prices {
    int64_t cap[HF_PLACE_N][HF_PLACE_R]; /* price of a whole largest node, in 2^-30 of a unit */
    int64_t left_out[HF_PLACE_I];
    int64_t moves;
    int64_t cost;
};

/* By how much the cheapest choice of every instance breaks each limit, in 2^-20. */
struct hf_place_breach {
    int64_t cap[HF_PLACE_N][HF_PLACE_R];
    int64_t left_out[HF_PLACE_I];
    int64_t moves;
};

struct hf_place_trail {
    uint8_t op;
    int16_t inst;
};

struct hf_place_frame {
    int16_t inst;
    uint8_t eject; /* 1: send away, then keep; 0: try the nodes of `untried` */
    uint8_t phase;
    bool untried_out;
    uint64_t untried;
    uint32_t mark;
};

struct hf_place_workspace {
    struct hf_place_model model;
    struct hf_place_limits limits;
    struct hf_place_prices prices;
    struct hf_place_prices best_prices;
    struct hf_place_breach breach;

    /* the filter that the prices gave for these limits */
    bool filtered;
    int64_t gap;                                /* excess that is still allowed */
    int64_t excess[HF_PLACE_I][HF_PLACE_N + 1]; /* [n_nodes] = left out */
    uint64_t allowed[HF_PLACE_I];
    bool may_leave[HF_PLACE_I];

    /* the state of the search */
    uint8_t state[HF_PLACE_I];
    int8_t at[HF_PLACE_I];
    int64_t load[HF_PLACE_N][HF_PLACE_R];
    uint16_t eject[HF_PLACE_N]; /* instances that must leave the node, at least */
    uint32_t eject_sum;
    uint16_t n_stays[HF_PLACE_N]; /* instances that stay on the node and may still be sent away */
    uint32_t moves;
    uint64_t cost;
    int64_t spent; /* excess of the decided */
    uint16_t left_out[HF_PLACE_I];
    uint64_t apart_fixed[HF_PLACE_GROUPS]; /* nodes with a decided member */
    uint64_t apart_stays[HF_PLACE_GROUPS];
    uint16_t joined_fixed[HF_PLACE_GROUPS]; /* decided members served */
    int8_t joined_at[HF_PLACE_GROUPS];
    uint16_t n_homeless;
    uint16_t homeless[HF_PLACE_I];
    uint16_t homeless_pos[HF_PLACE_I];
    uint32_t gain_one[HF_PLACE_I]; /* what sending away one that stays can take off the cost */
    uint32_t gain[HF_PLACE_I + 1]; /* most that so many more moves can take off the cost */
    uint16_t n_clash;
    uint16_t clash[HF_PLACE_I]; /* at home, in conflict with another at home */
    uint16_t n_broken;          /* nodes that can not be brought under their capacity */
    bool incomplete;            /* a solution was refused for a reason the search can not repair */

    uint32_t n_trail;
    struct hf_place_trail trail[8 * HF_PLACE_I];
    uint32_t n_frames;
    struct hf_place_frame frames[2 * HF_PLACE_I + 2];
    uint64_t options[HF_PLACE_I]; /* of the homeless: nodes that can take it */
    bool option_out[HF_PLACE_I];
    uint32_t option_cost[HF_PLACE_I]; /* lowest over its options */
    int64_t option_excess[HF_PLACE_I];
    uint32_t weight[HF_PLACE_I]; /* how often an instance was without a node */
    uint64_t random;
    bool noisy;

    uint64_t steps;
    uint64_t steps_max;

    int8_t found[HF_PLACE_I]; /* what the last successful search found */
    int8_t best[HF_PLACE_I];
    uint16_t order[HF_PLACE_I];
    int64_t sum[HF_PLACE_N][HF_PLACE_R];
    struct hf_place_values values;
    struct hf_place_values trial;
};

#define HF_PLACE_WORKSPACE_BYTES_MAX (2u << 20)
_Static_assert(sizeof(struct hf_place_workspace) <= HF_PLACE_WORKSPACE_BYTES_MAX, "workspace size");

#endif
