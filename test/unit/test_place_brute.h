#ifndef HF_TEST_PLACE_BRUTE_H
#define HF_TEST_PLACE_BRUTE_H

#include "core/place.h"

/* The optimiser's dumb twin: every placement is tried. Returns the best values. */
void hf_brute_solve(const struct hf_place_problem *problem, struct hf_place_values *best,
                    int8_t *best_node);

#endif
