#include "core/demand.h"

uint64_t hf_demand(const struct hf_spec *spec, uint16_t instance, unsigned resource)
{
    uint64_t stated = spec->instances[instance].demand[resource];
    return stated < HF_ROOM_UNLIMITED ? stated : HF_ROOM_UNLIMITED - 1;
}

uint64_t hf_room(const struct hf_spec *spec, uint8_t node, unsigned resource)
{
    uint64_t stated = spec->nodes[node].capacity[resource];
    if (!stated || stated >= HF_ROOM_UNLIMITED)
        return HF_ROOM_UNLIMITED;
    return stated * 9 / 10;
}
