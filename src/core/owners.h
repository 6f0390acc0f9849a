/*
 * owners.h - who runs an instance next.
 *
 * The order is the one administrators of failover clusters know: the next preferred owner down the
 * list from the current one, wrapping; then the other possible owners, passive nodes first, then by
 * number. When it starts for the first time the list is read from its top. From this order the
 * first node that may and can is taken; each one passed over is remembered with its reason.
 */
#ifndef HF_CORE_OWNERS_H
#define HF_CORE_OWNERS_H

#include "core/state.h"

/* Fills order with the possible owners, from = node it leaves or HF_NODE_NONE (start at the top).
 * The node it leaves comes last. Returns how many. */
unsigned hf_owners_order(const struct hf_state *state, uint16_t instance, uint8_t from,
                         uint8_t order[HF_NODES_MAX]);

/* Who would take it if its owner failed now: looks at nodes that are up and not drained; capacity
 * and relations are not looked at. HF_NODE_NONE = nobody. */
uint8_t hf_owners_next(const struct hf_state *state, uint16_t instance);

#endif
