/*
 * test_plan_input.h - what the tests of the plan begin with: one input, built by hand or by chance.
 *
 * Failures are assertions.
 */
#ifndef HF_TEST_PLAN_INPUT_H
#define HF_TEST_PLAN_INPUT_H

#include "plan/impl.h"

extern struct hf_plan_input input;

/* An empty input; then nodes, then instances that all of them may own. */
void clear(const char *name);
struct hf_plan_node *add_node(const char *name, int64_t memory);
struct hf_plan_instance *add_instance(const char *name, int32_t priority, int64_t memory);

/* 2 to 4 nodes and 2 to 5 instances; the same seed gives the same. */
void random_input(unsigned seed);

/* The plan of the input; the caller frees it. */
struct hf_plan *make(void);
struct hf_plan_heal heal_of(const struct hf_plan *plan);
const struct hf_plan_case *find_case(const struct hf_plan *plan, const char *name);

#endif
