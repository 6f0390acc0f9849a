/*
 * decide_move.c - what runs leaves its node for a reason other than a failure: a drain, a request,
 * a failback (decide_failback.c), or to make room for something more important.
 *
 * A move is a stop with a target; the start follows when it has stopped (decide_instance.c). What
 * is kept together moves in one decision.
 */
#include "core/decide_impl.h"

/* For the rest of this decision: it has its new place, and nothing more is to be said of it. */
static void under_way(struct hf_arrange *arrange, uint16_t i, uint8_t node)
{
    arrange->need[i] = HF_NEED_MOVING;
    arrange->at[i] = arrange->node[i] = node;
}

void hf_case_move(const struct hf_case *v, const struct hf_change *first)
{
    struct hf_arrange *arrange = &v->core->arrange;
    hf_propose(v->proposal, first);
    under_way(arrange, v->i, first->node);
    for (unsigned k = 0; k < v->core->order_count; k++) {
        uint16_t j = v->core->order[k];
        bool runs = arrange->need[j] == HF_NEED_PLACED || arrange->need[j] == HF_NEED_LEAVING;
        if (j == v->i || !runs || arrange->node[j] == first->node || !hf_case_goes_along(v, j))
            continue;
        struct hf_change change = hf_change_make(HF_CHANGE_GOAL_STOP, HF_REASON_MOVES_ALONG);
        change.instance = j;
        change.reason.instance = v->i;
        change.generation = v->core->state.instances[j].generation;
        change.node = first->node;
        change.noticed_ms = v->core->wall_ms;
        hf_propose(v->proposal, &change);
        under_way(arrange, j, first->node);
    }
}

/* Somebody who gets a place, on node if that is one; HF_INSTANCE_NONE = nobody. */
static uint16_t newcomer(const struct hf_case *v, uint8_t node, bool homeless, bool above)
{
    const struct hf_arrange *arrange = &v->core->arrange;
    for (unsigned k = 0; k < v->core->order_count; k++) {
        uint16_t j = v->core->order[k];
        bool comes = arrange->node[j] != HF_NODE_NONE && arrange->node[j] != arrange->at[j] &&
                     (node == HF_NODE_NONE || arrange->node[j] == node);
        bool fits = (!homeless || arrange->at[j] == HF_NODE_NONE) &&
                    (!above || v->core->weight[j] > v->core->weight[v->i]);
        if (j != v->i && comes && fits)
            return j;
    }
    return HF_INSTANCE_NONE;
}

/* Whom it makes room for: what comes to its node without a place of its own, else what moves there,
 * else the most important that gets a place at all. above: only what is more important. */
static uint16_t beneficiary(const struct hf_case *v, bool above)
{
    uint16_t found = newcomer(v, v->state->owner, true, above);
    if (found == HF_INSTANCE_NONE)
        found = newcomer(v, v->state->owner, false, above);
    if (found == HF_INSTANCE_NONE)
        found = newcomer(v, HF_NODE_NONE, true, above);
    uint16_t parted = v->core->arrange.parted;
    bool for_it = found == HF_INSTANCE_NONE && parted != HF_INSTANCE_NONE &&
                  (!above || v->core->weight[parted] > v->core->weight[v->i]);
    return for_it ? parted : found;
}

/* Of its group, one that needs a place, and gets it on node. */
static uint16_t mate_for(const struct hf_case *v, uint8_t node)
{
    const struct hf_core *core = v->core;
    for (unsigned k = 0; core->relations.grouped[v->i] && k < core->order_count; k++) {
        uint16_t j = core->order[k];
        if (j != v->i && core->relations.leader[j] == core->relations.leader[v->i] &&
            core->arrange.at[j] == HF_NODE_NONE && core->arrange.node[j] == node)
            return j;
    }
    return HF_INSTANCE_NONE;
}

static struct hf_reason why_it_goes(const struct hf_case *v, uint8_t node)
{
    struct hf_reason reason = hf_reason_make(HF_REASON_STOPPED_FOR);
    if (node == HF_NODE_NONE) {
        reason.instance = beneficiary(v, true);
        return reason;
    }
    if (v->core->arrange.need[v->i] == HF_NEED_LEAVING)
        return hf_reason_node(v->core->state.nodes[v->state->owner].drained
                                  ? HF_REASON_DRAINED
                                  : HF_REASON_NETWORK_LOST,
                              v->state->owner);
    reason.instance = mate_for(v, node);
    reason.code = HF_REASON_MOVES_ALONG;
    if (reason.instance == HF_INSTANCE_NONE) {
        reason.code = HF_REASON_MAKES_ROOM;
        reason.instance = beneficiary(v, false);
    }
    return reason;
}

bool hf_case_make_room(const struct hf_case *v)
{
    const struct hf_arrange *arrange = &v->core->arrange;
    uint8_t node = arrange->node[v->i];
    bool runs = arrange->need[v->i] == HF_NEED_PLACED || arrange->need[v->i] == HF_NEED_LEAVING;
    if (!runs || node == v->state->owner)
        return false;
    struct hf_reason reason = why_it_goes(v, node);
    hf_case_stop(v, &reason, node, 0);
    return true;
}
