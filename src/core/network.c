/*
 * network.c - which node has the public network, over which clients come?
 *
 * Each node watches its own (a stream that is of no instance) and tells the others. What they know
 * is soft, like every report. An instance with an address leaves a node for it only when another
 * node that may run it has more of it, and had for a moment: when a switch dies that all hang on,
 * nobody has more than the others, and everything stays where it is.
 */
#include "core/impl.h"

#define LOOK_MS 1000u
#define RETRY_MS 5000u
#define SETTLE_MS 3000u /* what hits all nodes is not seen by all at the same moment */

void hf_network_watch(struct hf_core *core)
{
    const struct hf_node_spec *self = &core->state.spec.nodes[core->config.node];
    for (uint8_t n = 0; n < core->state.node_end; n++) {
        if (core->now_ms < core->network_since_ms[n] + SETTLE_MS)
            hf_wake_at(core, core->network_since_ms[n] + SETTLE_MS);
    }
    if (core->network_version != core->state.config_version)
        hf_emit_cancel(core, &core->network_id); /* there may be other neighbours */
    if (core->network_id || !core->synced_self || !self->public_address[0])
        return;
    if (core->now_ms < core->network_retry_ms) {
        hf_wake_at(core, core->network_retry_ms);
        return;
    }
    core->network_version = core->state.config_version;
    struct hf_action *action = hf_emit(core, HF_ACTION_STEP);
    action->step = HF_STEP_NETWORK;
    action->instance = HF_INSTANCE_NONE;
    action->interval_ms = LOOK_MS;
    action->id = core->network_id = ++core->next_id << 16 | HF_INSTANCE_NONE;
    action->reason = hf_reason_make(HF_REASON_NONE);
}

static uint8_t level_of(uint8_t status)
{
    if (status == HF_STEP_OK)
        return HF_NETWORK_WHOLE;
    if (status == HF_STEP_NO_ANSWER)
        return HF_NETWORK_SILENT;
    return status == HF_STEP_ADDRESS ? HF_NETWORK_GONE : HF_NETWORK_UNKNOWN;
}

void hf_network_seen(struct hf_core *core, const struct hf_event_step *step)
{
    uint8_t level = level_of(step->status);
    if (step->id != core->network_id)
        return;
    if (!step->more) {
        core->network_id = 0;
        core->network_retry_ms = core->now_ms + RETRY_MS;
    }
    core->network_report |= level != core->network_own;
    core->network_own = level;
}

void hf_network_told(struct hf_core *core, uint8_t node, uint8_t level)
{
    if (level > HF_NETWORK_WHOLE)
        level = HF_NETWORK_UNKNOWN;
    if (core->network[node] != level)
        core->network_since_ms[node] = core->now_ms;
    core->network[node] = level;
}

bool hf_network_matters(const struct hf_core *core, uint16_t i)
{
    const struct hf_instance_spec *spec = &core->state.spec.instances[i];
    return spec->address[0] && spec->health.level >= 3;
}

/* What hits all nodes, or ends for all, is not seen by all at the same moment. */
static bool settled(const struct hf_core *core, uint8_t node)
{
    return core->now_ms >= core->network_since_ms[node] + SETTLE_MS;
}

/* Whether it could be given to a node, as far as the node is concerned. */
static bool in_service(const struct hf_core *core, uint16_t i, uint8_t node)
{
    const struct hf_node_state *state = &core->state.nodes[node];
    uint64_t failed = core->state.instances[i].excluded | core->unclean[i];
    if (node == core->state.instances[i].owner)
        failed = 0; /* it runs there: of course something of it is there */
    return hf_up_nodes(core) & hf_bit(node) && state->joined_epoch && !state->drained &&
           !state->quarantined && !(failed & hf_bit(node));
}

bool hf_network_worse(const struct hf_core *core, uint16_t i, uint8_t node)
{
    uint8_t level = core->network[node];
    uint64_t possible = hf_spec_possible(&core->state.spec, &core->state.spec.instances[i]);
    if (!hf_network_matters(core, i) || level == HF_NETWORK_UNKNOWN || level == HF_NETWORK_WHOLE)
        return false;
    if (!settled(core, node))
        return false;
    if (HF_PLANTED(95))
        return true;
    for (uint8_t n = 0; n < core->state.node_end; n++) {
        if (n != node && possible & hf_bit(n) && core->network[n] > level && settled(core, n) &&
            in_service(core, i, n))
            return true;
    }
    return false;
}
