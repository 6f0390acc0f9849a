/* choose.c - which node an instance can be given to, and why not the others. */
#include "core/decide_impl.h"
#include "core/owners.h"

/* Where an instance of a relation runs, or is to run. */
static uint8_t place_of(const struct hf_core *core, uint16_t i)
{
    const struct hf_instance_state *state = &core->state.instances[i];
    return state->target != HF_NODE_NONE ? state->target : state->owner;
}

static bool apart(const struct hf_instance_spec *spec, uint16_t other)
{
    for (unsigned a = 0; a < spec->apart_count; a++) {
        if (spec->apart_from[a] == other)
            return true;
    }
    return false;
}

static bool kept_apart(const struct hf_case *v, uint8_t node, struct hf_reason *ret_reason)
{
    const struct hf_core *core = v->core;
    for (unsigned k = 0; k < core->order_count; k++) {
        uint16_t other = core->order[k];
        if (other == v->i || place_of(core, other) != node)
            continue;
        if (!apart(v->spec, other) && !apart(&core->state.spec.instances[other], v->i))
            continue;
        *ret_reason = hf_reason_node(HF_REASON_KEPT_APART, node);
        ret_reason->instance = other;
        return true;
    }
    return false;
}

/* A tenth of every stated capacity is kept for the system. */
static bool too_full(const struct hf_case *v, uint8_t node, struct hf_reason *ret_reason)
{
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        uint64_t capacity = v->core->state.spec.nodes[node].capacity[r];
        uint64_t use = v->load->used[node][r] + v->spec->demand[r];
        if (place_of(v->core, v->i) == node)
            use -= v->spec->demand[r];
        if (!capacity || !v->spec->demand[r] || use * 10 <= capacity * 9)
            continue;
        *ret_reason = hf_reason_node(HF_REASON_NO_CAPACITY, node);
        ret_reason->number = use * 100 / capacity;
        return true;
    }
    return false;
}

bool hf_case_rejected(const struct hf_case *v, uint8_t node, struct hf_reason *ret_reason)
{
    const struct hf_node_state *state = &v->core->state.nodes[node];
    enum hf_reason_code code = HF_REASON_NONE;
    if (!(hf_up_nodes(v->core) & hf_bit(node)) || !state->joined_epoch)
        code = HF_REASON_NODE_DOWN;
    else if (state->drained)
        code = HF_REASON_NODE_DRAINED;
    else if (state->quarantined)
        code = HF_REASON_NODE_QUARANTINED;
    else if (v->state->excluded & hf_bit(node))
        code = HF_REASON_NODE_FAILED_HERE;
    else if (v->core->unclean[v->i] & hf_bit(node))
        code = HF_REASON_NODE_UNCLEAN;
    *ret_reason = hf_reason_node(code, node);
    if (code != HF_REASON_NONE)
        return true;
    return kept_apart(v, node, ret_reason) || too_full(v, node, ret_reason);
}

/* The first node of the order that may and can; why not the others stands in the change. */
uint8_t hf_case_choose(const struct hf_case *v, uint8_t from, bool not_from,
                       struct hf_change *change)
{
    uint8_t order[HF_NODES_MAX];
    unsigned count = hf_owners_order(&v->core->state, v->i, from, order);
    for (unsigned k = 0; k < count; k++) {
        struct hf_reason reason;
        if (not_from && order[k] == from)
            continue;
        if (!hf_case_rejected(v, order[k], &reason))
            return order[k];
        if (change->rejection_count < HF_REJECTIONS_MAX)
            change->rejections[change->rejection_count++] = (struct hf_rejection){order[k], reason};
    }
    return HF_NODE_NONE;
}

static struct hf_reason choice_reason(const struct hf_case *v, uint8_t node)
{
    if (v->state->owner == HF_NODE_NONE && node == v->state->last_owner)
        return hf_reason_node(HF_REASON_STAYS, node);
    for (unsigned p = 0; p < v->spec->preferred_count; p++) {
        if (v->spec->preferred[p] == node)
            return hf_reason_node(HF_REASON_TAKES_OVER_NEXT, node);
    }
    return hf_reason_node(HF_REASON_TAKES_OVER_POSSIBLE, node);
}

void hf_case_count_in(const struct hf_case *v, uint8_t node)
{
    v->load->count[node]++;
    for (unsigned r = 0; r < HF_RESOURCES; r++)
        v->load->used[node][r] += v->spec->demand[r];
}

void hf_case_assign(const struct hf_case *v, struct hf_change *change, uint8_t node)
{
    change->node = node;
    change->generation = v->state->generation + 1;
    if (HF_PLANTED(7) && v->state->generation)
        change->generation = v->state->generation;
    if (HF_PLANTED(10))
        change->reason = hf_reason_make(HF_REASON_NONE);
    change->choice = choice_reason(v, node);
    if (!change->noticed_ms)
        change->noticed_ms = v->core->wall_ms;
    hf_propose(v->proposal, change);
    if (place_of(v->core, v->i) != node)
        hf_case_count_in(v, node);
}
