#ifndef HF_BENCH_PLANNER_PLAN_H
#define HF_BENCH_PLANNER_PLAN_H

#include <stdint.h>

/* A whole plan: every single and double failure from a healthy cluster, and what would heal it. */

struct hf_planner_size {
    unsigned n_nodes, n_instances;
    unsigned tightness; /* demand over what there is, of the scarcest resource, in 1/1000 */
};

struct hf_planner_planned {
    unsigned losses;
    unsigned carried; /* nothing is left out */
    unsigned proved;  /* that no more can be served */
    unsigned optimal; /* all levels proved */
    unsigned proposals;
    double losses_ms; /* the plan itself */
    double heal_ms;   /* the search for changes, their plans included */
};

/* 0, or non-zero when memory ran out. ret starts cleared. */
int hf_planner_plan(const struct hf_planner_size *size, uint64_t seed, double (*now_ms)(void),
                    struct hf_planner_planned *ret);

#endif
