/*
 * decide.c - the coordinator: from what is known to one decision.
 *
 * Level-triggered: each time, the whole of what is known is compared with what should be, and the
 * difference is proposed. Nothing is remembered between two calls, so a new coordinator, a lost
 * decision or a repeated report make no difference.
 */
#include <string.h>

#include "core/impl.h"

static bool more_important(const struct hf_core *core, uint16_t a, uint16_t b)
{
    const struct hf_instance_spec *x = &core->state.spec.instances[a];
    const struct hf_instance_spec *y = &core->state.spec.instances[b];
    if (x->start_first != y->start_first)
        return x->start_first;
    int32_t px = core->weight[a], py = core->weight[b];
    if (HF_PLANTED(18))
        return px < py;
    return px != py ? px > py : a < b;
}

/* Instances in the order in which they are looked at; kept until the configuration changes. */
void hf_order_instances(struct hf_core *core)
{
    if (core->order_version == core->state.config_version)
        return;
    core->order_count = 0;
    hf_weigh(&core->state.spec, core->state.instance_end, core->weight);
    for (uint16_t i = 0; i < core->state.instance_end; i++) {
        if (!core->state.spec.instances[i].name[0])
            continue;
        unsigned at = core->order_count++;
        for (; at > 0 && more_important(core, i, core->order[at - 1]); at--)
            core->order[at] = core->order[at - 1];
        core->order[at] = i;
    }
    hf_relations_init(&core->relations, &core->state.spec, core->order, core->order_count);
    core->order_version = core->state.config_version;
}

/*
 * Of an epoch: the ring's sequence, a count, part of the daemon's incarnation, the node that opens
 * the regime. The count puts it above every epoch that this state knows. The rest makes it nobody
 * else's: when every daemon ended before the regime was on its disk, it is opened again from
 * before it, in the same ring perhaps by the same node, and must not pass for the first one, which
 * somebody who is away may still have.
 */
enum { EPOCH_RING_SHIFT = 36, EPOCH_COUNT_SHIFT = 24, EPOCH_NODE_BITS = 6 };

static uint64_t epoch_after(const struct hf_core *core)
{
    uint64_t ring = core->membership.ring.seq << EPOCH_RING_SHIFT;
    uint64_t above = ring > core->state.epoch ? ring : core->state.epoch;
    uint64_t mask = (UINT64_C(1) << (EPOCH_COUNT_SHIFT - EPOCH_NODE_BITS)) - 1;
    return ((above >> EPOCH_COUNT_SHIFT) + 1) << EPOCH_COUNT_SHIFT |
           (core->config.incarnation & mask) << EPOCH_NODE_BITS | core->config.node;
}

static void propose_regime(struct hf_core *core, struct hf_proposal *proposal)
{
    uint8_t self = core->config.node;
    uint64_t up = hf_up_nodes(core);
    if (core->synced_self && core->state.coordinator == self && core->state.members == up)
        return;
    struct hf_change change = hf_change_make(HF_CHANGE_REGIME, HF_REASON_NEW_REGIME);
    /* Too few to outvote what others may hold: they go on, but are no newer than those. */
    bool enough = hf_enough_nodes(up, hf_state_voters(&core->state));
    change.key = enough ? epoch_after(core) : core->state.epoch;
    change.number = up;
    change.node = self;
    change.reason.node = self;
    change.reason.number = hf_count_bits(up);
    hf_propose(proposal, &change);
}

/* The first thing a new cluster decides: its name, and its first node. */
static void propose_cluster(struct hf_core *core, struct hf_proposal *proposal)
{
    const struct hf_core_config *config = &core->config;
    if (core->state.spec.cluster.name[0] || !config->cluster[0] || core->quorum.expected > 1)
        return;
    struct hf_change change = hf_change_make(HF_CHANGE_CLUSTER, HF_REASON_CONFIGURED);
    memcpy(change.text, config->cluster, HF_NAME_MAX);
    hf_propose(proposal, &change);
    change = hf_change_make(HF_CHANGE_NODE_ADD, HF_REASON_NODE_ADDED);
    change.node = change.reason.node = config->node;
    memcpy(change.text, config->name, HF_NAME_MAX);
    memcpy(change.address, config->public_address, HF_ADDRESS_MAX);
    memcpy(change.address2, config->private_address, HF_ADDRESS_MAX);
    hf_propose(proposal, &change);
}

/*
 * Whether one more vote may be added: the last one that was must stand on so many disks that no
 * quorum of nodes which do not know it is left. Two votes at once, unknown to a majority of the
 * earlier voters, would let these and the new ones have a quorum each.
 */
static bool may_add_vote(const struct hf_core *core)
{
    return HF_PLANTED(23) || hf_holders(core, core->vote_index) > core->quorum.expected / 2;
}

/* The first time that a node is up, it gets its vote, when none was added yet in this decision.
 * Returns true when that was proposed. */
static bool propose_node(struct hf_core *core, uint8_t node, bool added,
                         struct hf_proposal *proposal)
{
    const struct hf_node_state *state = &core->state.nodes[node];
    bool up = hf_up_nodes(core) & hf_bit(node);
    if (up && !state->joined_epoch && (added || !may_add_vote(core)))
        return false;
    uint16_t speaks = core->hellos[node].speaks ? core->hellos[node].speaks : state->speaks;
    bool differs = state->watchdog != core->hellos[node].watchdog || state->speaks != speaks;
    if (up && (!state->up || differs)) {
        struct hf_change change = hf_change_make(HF_CHANGE_NODE_UP, HF_REASON_NODE_BACK);
        change.node = change.reason.node = node;
        change.flags = core->hellos[node].watchdog ? HF_FLAG_WATCHDOG : 0;
        change.number = speaks > HF_FORMAT_FIRST ? speaks : 0;
        hf_propose(proposal, &change);
    } else if (!up && state->up && hf_node_lost(core, node)) {
        bool down = core->away[node].down;
        struct hf_change change =
            hf_change_make(HF_CHANGE_NODE_LOST, down ? HF_REASON_NODE_LOST : HF_REASON_DAEMON_LOST);
        change.node = change.reason.node = node;
        change.noticed_ms = core->away[node].wall_ms;
        hf_propose(proposal, &change);
    }
    return up && !state->joined_epoch;
}

/* Whether somebody else is there to carry what this node would. */
static bool others_carry(const struct hf_core *core, uint8_t node)
{
    for (uint8_t n = 0; n < core->state.node_end; n++) {
        const struct hf_node_state *other = &core->state.nodes[n];
        if (n != node && hf_up_nodes(core) & hf_bit(n) && other->up && !other->drained &&
            !other->quarantined)
            return true;
    }
    return HF_PLANTED(94);
}

/* A node that is lost again and again carries nothing until somebody has looked at it; but the last
 * one that can is better than none. */
static void propose_quarantine(struct hf_core *core, uint8_t node, struct hf_proposal *proposal)
{
    const struct hf_node_state *state = &core->state.nodes[node];
    const struct hf_cluster_spec *spec = &core->state.spec.cluster;
    unsigned failures = hf_count_within(state->failures, state->failure_count, core->wall_ms,
                                        spec->quarantine_period_ms);
    if (state->quarantined || !spec->quarantine_failures || failures < spec->quarantine_failures ||
        !others_carry(core, node))
        return;
    struct hf_change change = hf_change_make(HF_CHANGE_NODE_FLAGS, HF_REASON_NODE_QUARANTINED);
    change.node = change.reason.node = node;
    change.flags = hf_node_flags(state) | HF_FLAG_QUARANTINED;
    hf_propose(proposal, &change);
}

static void propose_nodes(struct hf_core *core, struct hf_proposal *proposal)
{
    bool added = false;
    for (uint8_t n = 0; n < core->state.node_end; n++) {
        if (core->state.spec.nodes[n].name[0] && propose_node(core, n, added, proposal))
            added = !HF_PLANTED(23);
    }
    for (uint8_t n = 0; n < core->state.node_end; n++) {
        if (core->state.spec.nodes[n].name[0])
            propose_quarantine(core, n, proposal);
    }
}

/* What is stopping comes first: the room that it gives up counts for the others in the same
 * decision. Then what runs: who goes is told to before anybody comes for whose sake it goes. */
static unsigned turn_of(const struct hf_core *core, uint16_t i)
{
    const struct hf_instance_state *state = &core->state.instances[i];
    if (state->owner == HF_NODE_NONE)
        return 2;
    if (state->goal == HF_GOAL_STOP)
        return 0;
    return hf_up_nodes(core) & hf_bit(state->owner) ? 1 : 2;
}

static void propose_instances(struct hf_core *core, struct hf_proposal *proposal)
{
    for (unsigned turn = 0; turn < 3; turn++) {
        for (unsigned k = 0; k < core->order_count && !proposal->full; k++) {
            if (turn_of(core, core->order[k]) == turn)
                hf_decide_instance(core, core->order[k], proposal);
        }
    }
}

static void propose_all(struct hf_core *core, struct hf_proposal *proposal)
{
    propose_regime(core, proposal);
    propose_cluster(core, proposal);
    propose_nodes(core, proposal);
    hf_propose_format(core, proposal);
    hf_order_instances(core);
    hf_arrange(core);
    if (core->queue_count) {
        for (unsigned q = 0; q < core->queue_count && !proposal->full; q++)
            hf_decide_request(core, &core->queue[q], proposal);
        return;
    }
    propose_instances(core, proposal);
    if (!proposal->count) /* what is decided with a demand has it in the state already */
        hf_propose_measured(core, proposal);
}

/* A joiner waits for the state: nothing is decided until it was sent. */
static bool serve_joiners(struct hf_core *core)
{
    uint64_t in_need = core->need & core->membership.members & ~core->synced;
    if (!core->synced_self)
        return false;
    if (in_need && !core->sending) {
        core->sending = true;
        core->send_cursor = 0;
        core->need = 0;
    }
    hf_snapshot_send_more(core);
    return core->sending;
}

static void send_proposal(struct hf_core *core, struct hf_proposal *proposal)
{
    if (!proposal->count)
        return;
    size_t length = hf_message_end(&proposal->out);
    hf_emit_multicast(core, proposal->bytes, length);
    core->in_flight = true;
}

void hf_decide(struct hf_core *core)
{
    bool rest = core->now_ms < core->tilt_until_ms;
    if (rest || (!hf_has_quorum(core) && !HF_PLANTED(3)) ||
        hf_coordinator(core) != core->config.node)
        return;
    if (core->in_flight || hf_arena_room(core) < 2 * HF_MESSAGE_MAX || serve_joiners(core))
        return;
    struct hf_proposal proposal; /* its 64 KiB of bytes are not to be cleared each time */
    proposal.core = core;
    proposal.count = 0;
    proposal.full = proposal.acknowledge = false;
    propose_all(core, &proposal);
    send_proposal(core, &proposal);
}
