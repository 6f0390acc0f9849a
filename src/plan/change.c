/* Changes that a plan may propose, and the input with one of them made. */

#include <stdio.h>
#include <string.h>

#include "plan/impl.h"

/* Edition standard allows an instance two possible owners. */
static bool may_have_more(const struct hf_plan_input *input, unsigned i)
{
    return !input->standard || __builtin_popcountll(input->instances[i].owners) < 2;
}

static void grow(struct hf_plan_node *node, const int64_t *amount)
{
    for (unsigned r = 0; r < HF_RESOURCES; r++)
        if (node->capacity[r]) /* what is not known is not limited */
            node->capacity[r] += amount[r];
}

static bool add_node(struct hf_plan_input *input, const int64_t *amount)
{
    if (input->n_nodes == HF_NODES_MAX)
        return false;
    struct hf_plan_node *node = &input->nodes[input->n_nodes];
    *node = (struct hf_plan_node){.passive = true, .up = true, .in_service = true};
    (void)snprintf(node->name, sizeof(node->name), "new");
    memcpy(node->capacity, amount, sizeof(node->capacity));
    for (unsigned i = 0; i < input->n_instances; i++)
        if (may_have_more(input, i))
            input->instances[i].owners |= hf_plan_bit(input->n_nodes);
    input->n_nodes++;
    return true;
}

bool hf_plan_change_apply(struct hf_plan_input *input, const struct hf_plan_change *change)
{
    switch (change->kind) {
    case HF_PLAN_ADD_WITNESS:
        input->witness = true;
        return true;
    case HF_PLAN_ADD_OWNER:
        if (!may_have_more(input, change->instance))
            return false;
        input->instances[change->instance].owners |= hf_plan_bit(change->node);
        return true;
    case HF_PLAN_GROW_NODE:
        grow(&input->nodes[change->node], change->amount);
        return true;
    case HF_PLAN_GROW_ALL:
        for (unsigned n = 0; n < input->n_nodes; n++)
            grow(&input->nodes[n], change->amount);
        return true;
    case HF_PLAN_ADD_NODE:
        return add_node(input, change->amount);
    }
    return false;
}
