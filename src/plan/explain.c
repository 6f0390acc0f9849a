/* Why an instance is left out: the node that comes closest, and what it is short of. */

#include <limits.h>

#include "plan/impl.h"

struct shortage {
    bool any;
    int8_t node;
    uint8_t resource;
    int64_t by;
    int64_t need;     /* of the instance */
    int64_t relative; /* in thousandths of the capacity */
};

/* What a node is short of for this instance beside what is there; all degraded where they can. */
static struct shortage shortage_on(const struct hf_plan_input *input, const int8_t *place,
                                   unsigned instance, unsigned n)
{
    struct shortage worst = {.node = (int8_t)n};
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        int64_t capacity = input->nodes[n].capacity[r];
        int64_t need = hf_plan_need(&input->instances[instance], r);
        int64_t load = need;
        for (unsigned i = 0; place && i < input->n_instances; i++)
            load += place[i] == (int8_t)n ? hf_plan_need(&input->instances[i], r) : 0;
        int64_t by = load - hf_plan_usable(input, capacity);
        if (!capacity || by <= 0 || (worst.any && by * 1000 / capacity <= worst.relative))
            continue;
        worst = (struct shortage){true, (int8_t)n, (uint8_t)r, by, need, by * 1000 / capacity};
    }
    return worst;
}

/* The node with the least shortage; place NULL: of empty nodes. False: some node has room. */
static bool least_shortage(const struct hf_plan_input *input, uint64_t owners, const int8_t *place,
                           unsigned instance, struct shortage *ret)
{
    ret->relative = INT64_MAX;
    for (unsigned n = 0; n < input->n_nodes; n++) {
        if (!(owners & hf_plan_bit(n)))
            continue;
        struct shortage found = shortage_on(input, place, instance, n);
        if (!found.any)
            return false;
        if (found.relative < ret->relative)
            *ret = found;
    }
    return true;
}

/* Nodes where an instance runs that this one is kept apart from, and one such. */
static uint64_t apart_nodes(const struct hf_plan_input *input, const int8_t *place,
                            unsigned instance, uint16_t *ret_other, int8_t *ret_node)
{
    uint64_t nodes = 0;
    for (unsigned i = 0; i < input->n_instances; i++) {
        if (place[i] < 0 || !hf_plan_is_apart(input, i, instance))
            continue;
        nodes |= hf_plan_bit((unsigned)place[i]);
        *ret_other = (uint16_t)i;
        *ret_node = place[i];
    }
    return nodes;
}

static int partner(const struct hf_plan_input *input, unsigned instance)
{
    for (unsigned i = 0; i < input->n_instances; i++)
        if (i != instance && input->instances[i].together == input->instances[instance].together)
            return (int)i;
    return -1;
}

struct hf_plan_left_out hf_plan_explain(const struct hf_plan_input *input, uint64_t left,
                                        const int8_t *place, unsigned instance)
{
    struct hf_plan_left_out out = {.instance = (uint16_t)instance, .node = HF_PLAN_NOWHERE};
    uint64_t owners = input->instances[instance].owners & left;
    struct shortage shortage = {.node = HF_PLAN_NOWHERE};
    bool too_big = owners && least_shortage(input, owners, NULL, instance, &shortage);
    uint64_t apart = apart_nodes(input, place, instance, &out.other, &out.node);
    if (!owners) {
        out.why = HF_PLAN_NO_OWNER;
        out.node = HF_PLAN_NOWHERE;
    } else if (too_big || ((owners & ~apart) &&
                           least_shortage(input, owners & ~apart, place, instance, &shortage))) {
        out.why = too_big ? HF_PLAN_TOO_BIG : HF_PLAN_NO_ROOM;
        out.node = shortage.node;
        out.resource = shortage.resource;
        out.short_by = shortage.by;
        out.need = shortage.need;
    } else if (!(owners & ~apart)) {
        out.why = HF_PLAN_APART;
    } else if (input->instances[instance].together && partner(input, instance) >= 0) {
        out.why = HF_PLAN_TOGETHER;
        out.other = (uint16_t)partner(input, instance);
    } else {
        out.why = HF_PLAN_NOT_FOUND;
    }
    return out;
}
