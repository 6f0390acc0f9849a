/* decide_request.c - an administrator's command becomes a change, or a refusal with its reason. */
#include <string.h>

#include "core/decide_impl.h"

/* A move on request: refused with the reason, or begun. */
static void decide_move(const struct hf_case *v, const struct hf_head *head,
                        struct hf_change *change)
{
    struct hf_reason reason = hf_reason_make(HF_REASON_IS_OFFLINE);
    change->type = HF_CHANGE_REFUSED;
    uint8_t node = head->node;
    if (v->state->phase != HF_ONLINE) {
        if (v->state->owner != HF_NODE_NONE)
            reason.code = HF_REASON_IN_TRANSITION;
        change->reason = reason;
        return;
    }
    if (node == HF_NODE_NONE)
        node = hf_case_choose(v, v->state->owner, change);
    if (node == HF_NODE_NONE)
        reason.code = HF_REASON_NO_OWNER_LEFT;
    else if (node == v->state->owner)
        reason = hf_reason_node(HF_REASON_ALREADY_THERE, node);
    else if (!(hf_spec_possible(&v->core->state.spec, v->spec) & hf_bit(node)))
        reason = hf_reason_node(HF_REASON_NOT_POSSIBLE, node);
    else if (!hf_case_rejected(v, node, &reason)) {
        change->type = HF_CHANGE_GOAL_STOP;
        change->node = node;
        change->noticed_ms = v->core->wall_ms;
        reason = hf_reason_node(HF_REASON_REQUESTED_MOVE, node);
    }
    change->reason = reason;
}

static void decide_wanted(const struct hf_case *v, bool online, struct hf_change *change)
{
    bool retry = online && v->state->phase != HF_ONLINE && v->state->wanted;
    if (v->state->wanted == online && !retry) {
        change->type = HF_CHANGE_NOTED;
        change->reason = hf_reason_make(HF_REASON_UNCHANGED);
        return;
    }
    change->type = HF_CHANGE_WANTED;
    change->flags = online ? HF_FLAG_ON : 0;
    change->reason =
        hf_reason_make(online ? HF_REASON_REQUESTED_ONLINE : HF_REASON_REQUESTED_OFFLINE);
}

static struct hf_case case_of(struct hf_core *core, uint16_t i, struct hf_proposal *proposal)
{
    return (struct hf_case){core, i, &core->state.spec.instances[i], &core->state.instances[i],
                            proposal};
}

static void decide_on_instance(struct hf_core *core, const struct hf_head *head,
                               struct hf_proposal *proposal, struct hf_change *change)
{
    uint16_t i = head->instance;
    if (i >= HF_INSTANCES_MAX || !core->state.spec.instances[i].name[0]) {
        change->type = HF_CHANGE_REFUSED;
        change->reason = hf_reason_make(HF_REASON_UNKNOWN_INSTANCE);
        return;
    }
    struct hf_case v = case_of(core, i, proposal);
    change->instance = i;
    change->generation = v.state->generation;
    if (head->verb == HF_VERB_MOVE)
        decide_move(&v, head, change);
    else
        decide_wanted(&v, head->verb == HF_VERB_ONLINE, change);
}

uint32_t hf_node_flags(const struct hf_node_state *node)
{
    return (node->drained ? HF_FLAG_DRAINED : 0) | (node->quarantined ? HF_FLAG_QUARANTINED : 0) |
           (node->fenced ? HF_FLAG_FENCED : 0) | (node->watchdog ? HF_FLAG_WATCHDOG : 0);
}

static void decide_on_node(struct hf_core *core, const struct hf_head *head,
                           struct hf_change *change)
{
    uint8_t node = head->node;
    change->type = HF_CHANGE_REFUSED;
    change->reason = hf_reason_make(HF_REASON_UNKNOWN_NODE);
    if (node >= HF_NODES_MAX || !core->state.spec.nodes[node].name[0])
        return;
    const struct hf_node_state *state = &core->state.nodes[node];
    uint32_t flags = hf_node_flags(state);
    uint32_t wanted = flags;
    change->node = node;
    if (head->verb == HF_VERB_DRAIN) {
        wanted |= HF_FLAG_DRAINED;
        change->reason = hf_reason_node(HF_REASON_DRAINED, node);
    } else if (head->verb == HF_VERB_RESUME) {
        wanted &= ~(HF_FLAG_DRAINED | HF_FLAG_QUARANTINED);
        change->reason = hf_reason_node(HF_REASON_RESUMED, node);
    } else if (state->up) {
        change->reason = hf_reason_node(HF_REASON_NODE_IS_UP, node);
        return;
    } else {
        wanted |= HF_FLAG_FENCED;
        change->reason = hf_reason_node(HF_REASON_CONFIRMED_FENCED, node);
    }
    change->type = wanted == flags ? HF_CHANGE_NOTED : HF_CHANGE_NODE_FLAGS;
    change->flags = wanted;
    if (wanted == flags)
        change->reason = hf_reason_node(HF_REASON_UNCHANGED, node);
}

/*
 * Every node's corosync must know a joiner before it comes, and the joiner all of them: nodes that
 * do not know each other never form a ring together. Those that are down, or on their own way in
 * with a list of nodes from before, would be shut out.
 */
static struct hf_reason may_join(const struct hf_core *core, uint8_t joiner)
{
    const struct hf_state *state = &core->state;
    for (uint8_t n = 0; n < HF_NODES_MAX; n++) {
        const struct hf_node_state *node = &state->nodes[n];
        bool here = hf_up_nodes(core) & hf_bit(n);
        if (!state->spec.nodes[n].name[0] || here || n == joiner || HF_PLANTED(24))
            continue;
        if (node->joined_epoch)
            return hf_reason_node(HF_REASON_JOIN_NEEDS_ALL, n);
        if (core->wall_ms < node->since_ms + HF_JOIN_ALONE_MS)
            return hf_reason_node(HF_REASON_JOIN_BUSY, n);
    }
    return hf_reason_make(HF_REASON_NONE);
}

static void decide_join(struct hf_core *core, const struct hf_head *head, struct hf_change *change)
{
    const struct hf_spec *spec = &core->state.spec;
    uint8_t known = hf_spec_find_node(spec, head->text);
    change->type = HF_CHANGE_REFUSED;
    if (known != HF_NODE_NONE) {
        bool same = !strcmp(spec->nodes[known].public_address, head->address) &&
                    !strcmp(spec->nodes[known].private_address, head->address2);
        bool again = same && !(hf_up_nodes(core) & hf_bit(known));
        change->type = again ? HF_CHANGE_NOTED : HF_CHANGE_REFUSED;
        change->reason = hf_reason_node(again ? HF_REASON_UNCHANGED : HF_REASON_NAME_TAKEN, known);
        struct hf_reason hinders = may_join(core, known);
        if (again && hinders.code != HF_REASON_NONE) {
            change->type = HF_CHANGE_REFUSED;
            change->reason = hinders;
        }
        return;
    }
    uint64_t taken = hf_spec_nodes(spec);
    change->reason = ~taken ? may_join(core, HF_NODE_NONE) : hf_reason_make(HF_REASON_CLUSTER_FULL);
    if (change->reason.code != HF_REASON_NONE)
        return;
    change->type = HF_CHANGE_NODE_ADD;
    change->node = (uint8_t)__builtin_ctzll(~taken);
    change->reason = hf_reason_node(HF_REASON_NODE_ADDED, change->node);
    memcpy(change->text, head->text, sizeof(head->text));
    memcpy(change->address, head->address, sizeof(change->address));
    memcpy(change->address2, head->address2, sizeof(change->address2));
}

void hf_decide_request(struct hf_core *core, const struct hf_queued *queued,
                       struct hf_proposal *proposal)
{
    const struct hf_head *head = &queued->head;
    struct hf_change change = hf_change_make(HF_CHANGE_REFUSED, HF_REASON_NONE);
    switch ((enum hf_verb)head->verb) {
    case HF_VERB_ONLINE:
    case HF_VERB_OFFLINE:
    case HF_VERB_MOVE:
        decide_on_instance(core, head, proposal, &change);
        break;
    case HF_VERB_DRAIN:
    case HF_VERB_RESUME:
    case HF_VERB_CONFIRM_FENCED:
        decide_on_node(core, head, &change);
        break;
    case HF_VERB_JOIN:
        decide_join(core, head, &change);
        break;
    case HF_VERB_APPLY:
        change.reason = hf_stage_check(core, queued->origin, head->id);
        if (change.reason.code == HF_REASON_CONFIGURED)
            change.type = HF_CHANGE_CONFIG;
        break;
    case HF_VERB_NONE:
    case HF_VERBS:
        break;
    }
    /* From a newer node: this one, which coordinates, has no word for it. */
    if (change.type == HF_CHANGE_REFUSED && change.reason.code == HF_REASON_NONE)
        change.reason = hf_reason_node(HF_REASON_UNKNOWN_COMMAND, core->config.node);
    change.origin = queued->origin;
    change.request = head->id;
    if (change.type == HF_CHANGE_GOAL_STOP) {
        struct hf_case v = case_of(core, change.instance, proposal);
        hf_case_move(&v, &change);
    } else {
        hf_propose(proposal, &change);
    }
}
