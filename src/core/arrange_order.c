/*
 * arrange_order.c - the simple rule's order of nodes for one instance, as it stands now.
 *
 * What runs stays first, then down its list. What leaves a node, by failure or drain, goes down the
 * list from there. What was merely not running starts again where it ran before.
 */
#include "core/arrange_impl.h"
#include "core/decide_impl.h"
#include "core/owners.h"

struct list {
    uint8_t *nodes;
    unsigned count;
    uint64_t left;
};

static void take(struct list *list, uint8_t node)
{
    if (!(list->left & hf_bit(node)))
        return;
    list->left &= ~hf_bit(node);
    list->nodes[list->count++] = node;
}

/* Where it is preferred before its list is looked at. */
static uint8_t first_of(const struct hf_core *core, uint16_t i, uint8_t from)
{
    const struct hf_instance_state *state = &core->state.instances[i];
    enum hf_need need = (enum hf_need)core->arrange.need[i];
    if (need == HF_NEED_PLACED || need == HF_NEED_MOVING)
        return core->arrange.at[i];
    if (state->target != HF_NODE_NONE)
        return state->target;
    bool leaves = need == HF_NEED_LEAVING || hf_reason_leaves(state->reason.code);
    return leaves ? HF_NODE_NONE : from;
}

unsigned hf_arrange_order(const struct hf_core *core, uint16_t i, uint64_t may,
                          uint8_t nodes[HF_NODES_MAX])
{
    const struct hf_instance_state *state = &core->state.instances[i];
    uint8_t from = state->owner != HF_NODE_NONE ? state->owner : state->last_owner;
    uint8_t order[HF_NODES_MAX];
    unsigned count = hf_owners_order(&core->state, i, from, order);
    struct list list = {nodes, 0, may};
    take(&list, first_of(core, i, from));
    for (unsigned k = 0; k < count; k++)
        take(&list, order[k]);
    while (list.left) /* where it runs, though it is no possible owner any more */
        take(&list, (uint8_t)__builtin_ctzll(list.left));
    return list.count;
}
