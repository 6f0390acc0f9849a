#include "core/owners.h"

#include <string.h>

struct order {
    uint8_t *nodes;
    unsigned count;
    uint64_t left; /* possible owners not yet in the order */
};

static void take(struct order *order, uint8_t node)
{
    if (!(order->left >> node & 1))
        return;
    order->left &= ~(1ull << node);
    order->nodes[order->count++] = node;
}

/* Where to begin in the preferred list: after the node it leaves, else at the top. */
static unsigned first_preferred(const struct hf_instance_spec *spec, uint8_t from)
{
    for (unsigned p = 0; p < spec->preferred_count; p++) {
        if (spec->preferred[p] == from)
            return p + 1;
    }
    return 0;
}

static void take_role(struct order *order, const struct hf_spec *spec, uint8_t role)
{
    for (uint64_t left = order->left; left; left &= left - 1) {
        uint8_t n = (uint8_t)__builtin_ctzll(left);
        if (spec->nodes[n].role == role)
            take(order, n);
    }
}

unsigned hf_owners_order(const struct hf_state *state, uint16_t instance, uint8_t from,
                         uint8_t nodes[HF_NODES_MAX])
{
    const struct hf_instance_spec *spec = &state->spec.instances[instance];
    uint64_t possible = hf_spec_possible(&state->spec, spec) & hf_spec_nodes(&state->spec);
    struct order order = {nodes, 0, possible};
    bool leaves = from < HF_NODES_MAX && possible >> from & 1;
    if (leaves)
        order.left &= ~(1ull << from);
    unsigned first = first_preferred(spec, from);
    for (unsigned p = 0; p < spec->preferred_count; p++)
        take(&order, spec->preferred[(first + p) % spec->preferred_count]);
    bool first_start = from == HF_NODE_NONE;
    take_role(&order, &state->spec, first_start ? HF_ROLE_ACTIVE : HF_ROLE_PASSIVE);
    take_role(&order, &state->spec, first_start ? HF_ROLE_PASSIVE : HF_ROLE_ACTIVE);
    if (leaves)
        nodes[order.count++] = from;
    return order.count;
}

uint8_t hf_owners_next(const struct hf_state *state, uint16_t instance)
{
    uint8_t order[HF_NODES_MAX];
    uint8_t owner = state->instances[instance].owner;
    unsigned count = hf_owners_order(state, instance, owner, order);
    for (unsigned i = 0; i < count; i++) {
        const struct hf_node_state *node = &state->nodes[order[i]];
        bool excluded = state->instances[instance].excluded >> order[i] & 1;
        if (order[i] != owner && node->up && !node->drained && !node->quarantined && !excluded)
            return order[i];
    }
    return HF_NODE_NONE;
}
