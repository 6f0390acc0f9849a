#ifndef HF_BENCH_PLANNER_GEN_H
#define HF_BENCH_PLANNER_GEN_H

#include "core/place.h"

/* Placement problems of any size, the same for the same seed. */

enum hf_planner_owners { HF_PLANNER_OWNERS_TWO, HF_PLANNER_OWNERS_MIXED, HF_PLANNER_OWNERS_ALL };

struct hf_planner_spec {
    unsigned n_nodes;
    unsigned n_instances;
    unsigned n_failed;  /* nodes that have failed; 0: normal times */
    unsigned n_classes; /* priority classes */
    unsigned tightness; /* demand over what is left, of the scarcest resource, in 1/1000 */
    enum hf_planner_owners owners;
    bool apart;       /* some anti-affinity groups */
    bool extras;      /* also passive nodes, degraded demands and together_with */
    bool uneven;      /* nodes of different sizes */
    unsigned stopped; /* instances that did not run before the failure */
};

/* A spec drawn at random for so many nodes and instances. */
void hf_planner_draw(uint64_t seed, unsigned n_nodes, unsigned n_instances,
                     struct hf_planner_spec *spec);

void hf_planner_generate(uint64_t seed, const struct hf_planner_spec *spec,
                         struct hf_place_problem *problem);

#endif
