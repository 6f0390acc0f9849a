#include "core/demand.h"

#include "core/planted.h"

/* What was measured, where that is to count for a placement. */
static uint64_t counted(const struct hf_state *state, uint64_t measured)
{
    return state->spec.cluster.measured != HF_MEASURED_COUNTS || HF_PLANTED(105) ? 0 : measured;
}

uint64_t hf_demand_planned(const struct hf_state *state, uint16_t instance, unsigned resource)
{
    uint64_t stated = state->spec.instances[instance].demand[resource];
    bool shown = state->spec.cluster.measured == HF_MEASURED_SHOWN;
    return stated || shown ? stated : state->instances[instance].measured[resource];
}

uint64_t hf_capacity_planned(const struct hf_state *state, uint8_t node, unsigned resource)
{
    uint64_t stated = state->spec.nodes[node].capacity[resource];
    bool shown = state->spec.cluster.measured == HF_MEASURED_SHOWN;
    return stated || shown ? stated : state->nodes[node].measured[resource];
}

uint64_t hf_demand_full(const struct hf_state *state, uint16_t instance, unsigned resource)
{
    uint64_t stated = state->spec.instances[instance].demand[resource];
    uint64_t measured = counted(state, state->instances[instance].measured[resource]);
    uint64_t full = stated ? stated : measured;
    return full < HF_ROOM_UNLIMITED ? full : HF_ROOM_UNLIMITED - 1;
}

uint64_t hf_demand(const struct hf_state *state, uint16_t instance, unsigned resource)
{
    uint64_t full = hf_demand_full(state, instance, resource);
    uint64_t less = state->spec.instances[instance].degraded[resource];
    return less && less < full && !HF_PLANTED(106) ? less : full;
}

uint64_t hf_capacity_of(const struct hf_state *state, uint8_t node, unsigned resource)
{
    uint64_t stated = state->spec.nodes[node].capacity[resource];
    return stated ? stated : counted(state, state->nodes[node].measured[resource]);
}

uint64_t hf_room(const struct hf_state *state, uint8_t node, unsigned resource)
{
    uint64_t capacity = hf_capacity_of(state, node, resource);
    if (!capacity || capacity >= HF_ROOM_UNLIMITED)
        return HF_ROOM_UNLIMITED;
    return capacity * (100u - state->spec.cluster.reserve_percent) / 100u;
}
