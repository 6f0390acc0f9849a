/*
 * demand.h - what counts when room is looked for.
 *
 * The one door through which demand and capacity reach every decision. Today both are what the
 * configuration states; what was measured will come in here and nowhere else. Units as in spec.h:
 * millicores, MiB, Mbit/s, operations a second.
 */
#ifndef HF_CORE_DEMAND_H
#define HF_CORE_DEMAND_H

#include "core/spec.h"

/* Room that has no limit. Sums of it do not overflow. */
#define HF_ROOM_UNLIMITED ((uint64_t)1 << 40)

/* What an instance needs of a resource; 0 = nothing is known of it. Below HF_ROOM_UNLIMITED. */
uint64_t hf_demand(const struct hf_spec *spec, uint16_t instance, unsigned resource);

/* What instances may use of a node: a tenth is kept for the system. HF_ROOM_UNLIMITED when nothing
 * is known of it. */
uint64_t hf_room(const struct hf_spec *spec, uint8_t node, unsigned resource);

#endif
