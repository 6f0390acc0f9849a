/* arrange_impl.h - what the files arrange_*.c share. */
#ifndef HF_CORE_ARRANGE_IMPL_H
#define HF_CORE_ARRANGE_IMPL_H

#include "core/impl.h"

/* arrange_need.c: what has a place, and what needs one. later: what will need one counts too. */
void hf_arrange_needs(struct hf_core *core, bool later);

static inline bool hf_needs_place(uint8_t need)
{
    return need == HF_NEED_HOMELESS || need == HF_NEED_LEAVING || need == HF_NEED_LATER;
}

/* arrange_order.c: the nodes an instance may be given, in the order of the simple rule. Returns how
 * many. */
unsigned hf_arrange_order(const struct hf_core *core, uint16_t instance, uint64_t may,
                          uint8_t order[HF_NODES_MAX]);

/* arrange_problem.c: the question for the optimiser, from the needs. */
void hf_arrange_problem(struct hf_core *core);

/* It is where it is because it failed elsewhere, less than its retry time ago. */
bool hf_came_by_failure(struct hf_core *core, uint16_t i);

/* arrange_simple.c: the simple rule, into arrange.simple. True: everybody has a place. */
bool hf_arrange_simple(struct hf_core *core);

#endif
