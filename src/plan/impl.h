/* impl.h - what the files of this room share. */
#ifndef HF_PLAN_IMPL_H
#define HF_PLAN_IMPL_H

#include "core/place_workspace.h"
#include "plan/plan.h"

_Static_assert(HF_NODES_MAX == HF_PLACE_NODES_MAX, "a plan's nodes are the optimiser's");
_Static_assert(HF_INSTANCES_MAX <= HF_PLACE_INSTANCES_MAX, "a plan's instances fit the optimiser");
_Static_assert(HF_RESOURCES == HF_PLACE_RESOURCES_MAX, "the resources are the same");

/* A placement problem and what it takes to solve it. */
struct hf_plan_solver {
    unsigned n_wanted;
    uint16_t wanted[HF_INSTANCES_MAX]; /* instance of each row of the problem */

    struct hf_place_problem problem;
    struct hf_place_workspace ws;
    struct hf_place_result result;
    bool optimal, proved;
};

/* NULL when memory ran out. */
struct hf_plan_solver *hf_plan_solver_new(void);
void hf_plan_solver_free(struct hf_plan_solver *solver);

/* Rows, capacities, relations; needed after every change of the input. */
void hf_plan_solver_set(struct hf_plan_solver *solver, const struct hf_plan_input *input);

/*
 * The best placement when `lost` fails, from where `from` has the instances (NULL: from where they
 * are now). place has a node or HF_PLAN_NOWHERE for each instance. Returns how many that are wanted
 * are not served. solver->optimal and ->proved say what is proved of it.
 */
unsigned hf_plan_solve(struct hf_plan_solver *solver, const struct hf_plan_input *input,
                       uint64_t lost, const int8_t *from, uint64_t steps, int8_t *place);

/* Capacity that instances may use. */
int64_t hf_plan_usable(const struct hf_plan_input *input, int64_t capacity);

/* What an instance needs of a node that it shares. */
static inline int64_t hf_plan_need(const struct hf_plan_instance *instance, unsigned r)
{
    return instance->has_degraded ? instance->degraded[r] : instance->demand[r];
}

static inline uint64_t hf_plan_bit(unsigned n)
{
    return (uint64_t)1 << n;
}

/* Nodes in service. */
uint64_t hf_plan_in_service(const struct hf_plan_input *input);

/* Is it stated on either side that the two never share a node? */
bool hf_plan_is_apart(const struct hf_plan_input *input, unsigned a, unsigned b);

/* What each node carries with this placement. */
void hf_plan_load(const struct hf_plan_input *input, const int8_t *place,
                  int64_t (*load)[HF_RESOURCES]);

/* Why instance is left out of a placement. */
struct hf_plan_left_out hf_plan_explain(const struct hf_plan_input *input, uint64_t left,
                                        const int8_t *place, unsigned instance);

/* Votes of the cluster, how many are needed, and whether those that are left have them. */
unsigned hf_plan_votes(const struct hf_plan_input *input, unsigned *ret_needed);
bool hf_plan_quorum(const struct hf_plan_input *input, uint64_t lost);

#endif
