/* Decoded entities come from outside: nothing in them may index beyond an array. */
#include "core/impl.h"

#define DAY_MIN (24 * 60)

static bool node_or_none(uint8_t node)
{
    return node < HF_NODES_MAX || node == HF_NODE_NONE;
}

static bool slots_valid(const uint16_t *slots, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (slots[i] >= HF_INSTANCES_MAX)
            return false;
    }
    return true;
}

bool hf_cluster_spec_valid(const struct hf_cluster_spec *spec)
{
    for (unsigned f = 0; f < spec->fencing_count; f++) {
        if (spec->fencing[f] > HF_FENCING_WATCHDOG)
            return false;
    }
    return spec->edition <= HF_EDITION_STANDARD && spec->reserve_percent <= 90 &&
           spec->measured <= HF_MEASURED_SHOWN;
}

bool hf_node_spec_valid(const struct hf_node_spec *spec)
{
    return spec->role <= HF_ROLE_PASSIVE;
}

bool hf_instance_spec_valid(const struct hf_instance_spec *spec)
{
    for (unsigned p = 0; p < spec->preferred_count; p++) {
        if (spec->preferred[p] >= HF_NODES_MAX)
            return false;
    }
    for (unsigned d = 0; d < spec->disk_count; d++) {
        if (spec->disks[d].type > HF_FS_XFS)
            return false;
    }
    return spec->engine.type <= HF_ENGINE_SERVICE && spec->failback <= HF_FAILBACK_WINDOW &&
           spec->failback_from_min < DAY_MIN && spec->failback_to_min < DAY_MIN &&
           spec->health.level <= 5 && spec->health.check_count <= HF_CHECKS_MAX &&
           slots_valid(spec->after, spec->after_count) &&
           slots_valid(spec->apart_from, spec->apart_count) &&
           slots_valid(spec->together_with, spec->together_count);
}

bool hf_node_state_valid(const struct hf_node_state *state)
{
    return state->failure_count <= HF_RESTARTS_KEPT;
}

bool hf_instance_state_valid(const struct hf_instance_state *state)
{
    return node_or_none(state->owner) && node_or_none(state->target) &&
           node_or_none(state->last_owner) && state->goal <= HF_GOAL_STOP &&
           state->phase < HF_PHASE_COUNT && node_or_none(state->takeover.from) &&
           node_or_none(state->takeover.to);
}
