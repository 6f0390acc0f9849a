/*
 * size.h - whether an instance runs at its full size or makes do with its degraded profile.
 *
 * A pure function of the replicated state, so that every node says the same of it; the owner
 * carries it out (local_size.c), status shows it, the plan counts with the same rule.
 */
#ifndef HF_CORE_SIZE_H
#define HF_CORE_SIZE_H

#include "core/state.h"

/* Whether the node where instance runs carries another one: whatever is assigned to it or on its
 * way there, until nothing of it is left. False without an owner. */
bool hf_shares_node(const struct hf_state *state, uint16_t instance);

/* Whether its file states a degraded profile at all, and that holds now: it shares its node, or
 * that has too little room for all of it. */
bool hf_is_degraded(const struct hf_state *state, uint16_t instance);

/* A number for the settings that its engine is to have: another one when they are others. Never 0.
 */
uint32_t hf_size_number(const struct hf_state *state, uint16_t instance);

#endif
