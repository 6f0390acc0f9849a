#include "core/size.h"

#include <string.h>

#include "core/codec.h"
#include "core/demand.h"
#include "core/planted.h"

#define FULL 1u

bool hf_shares_node(const struct hf_state *state, uint16_t instance)
{
    uint8_t node = state->instances[instance].owner;
    if (node == HF_NODE_NONE)
        return false;
    for (uint16_t i = 0; i < state->instance_end; i++) {
        const struct hf_instance_state *other = &state->instances[i];
        bool there = other->owner == node || other->target == node;
        if (there && i != instance && state->spec.instances[i].name[0])
            return true;
    }
    return false;
}

static bool has_profile(const struct hf_instance_spec *spec)
{
    bool any = spec->degraded_settings[0] != '\0';
    for (unsigned r = 0; r < HF_RESOURCES; r++)
        any |= spec->degraded[r] != 0;
    return any;
}

/* Its node has no room for all that it states, with nobody beside it. What was measured says
 * nothing here: a cache grows into whatever there is. */
static bool is_too_big(const struct hf_state *state, uint16_t instance)
{
    uint8_t node = state->instances[instance].owner;
    bool too_big = false;
    for (unsigned r = 0; node != HF_NODE_NONE && r < HF_RESOURCES; r++)
        too_big |= state->spec.instances[instance].demand[r] > hf_room(state, node, r);
    return too_big;
}

bool hf_is_degraded(const struct hf_state *state, uint16_t instance)
{
    return has_profile(&state->spec.instances[instance]) &&
           (hf_shares_node(state, instance) || is_too_big(state, instance));
}

uint32_t hf_size_number(const struct hf_state *state, uint16_t instance)
{
    const char *settings = state->spec.instances[instance].degraded_settings;
    if (!hf_is_degraded(state, instance))
        return FULL;
    return (hf_crc32c(settings, strlen(settings)) | 3u) - 1u; /* even, neither 0 nor FULL */
}
