/*
 * demand.h - what counts when room is looked for.
 *
 * The one door through which demand and capacity reach every decision: what the configuration
 * states; where policy.measured is "counts" also what was measured and decided (measured.c). It is
 * not by default: an instance that used all of a node would never fit another one of that size,
 * whose reserve it was never asked to leave, and no estimate is to keep a database down. Units as
 * in spec.h: millicores, MiB, Mbit/s, operations a second.
 */
#ifndef HF_CORE_DEMAND_H
#define HF_CORE_DEMAND_H

#include "core/state.h"

/* Room that has no limit. Sums of it do not overflow. */
#define HF_ROOM_UNLIMITED ((uint64_t)1 << 40)

/* What an instance needs of a resource at its full size; 0 = nothing is known of it. Below
 * HF_ROOM_UNLIMITED. */
uint64_t hf_demand_full(const struct hf_state *state, uint16_t instance, unsigned resource);

/* What it can do with: less than that where it states a degraded profile. Room is looked for with
 * this one, for it shares its node or is alone there. */
uint64_t hf_demand(const struct hf_state *state, uint16_t instance, unsigned resource);

/* What a node has, as stated or measured; 0 = nothing is known of it. */
uint64_t hf_capacity_of(const struct hf_state *state, uint8_t node, unsigned resource);

/* What people plan with: stated, else measured, also where a placement does not count that. */
uint64_t hf_demand_planned(const struct hf_state *state, uint16_t instance, unsigned resource);
uint64_t hf_capacity_planned(const struct hf_state *state, uint8_t node, unsigned resource);

/* What instances may use of a node: less the reserve for the system. HF_ROOM_UNLIMITED when nothing
 * is known of it. */
uint64_t hf_room(const struct hf_state *state, uint8_t node, unsigned resource);

#endif
