/* Is a problem well formed? */

#include "core/place_impl.h"

static bool amount_ok(int64_t amount)
{
    return amount >= 0 && amount < HF_PLACE_AMOUNT_MAX;
}

static enum hf_place_fault check_demand(const struct hf_place_problem *p,
                                        const struct hf_place_instance *inst)
{
    for (unsigned r = 0; r < p->n_resources; r++) {
        if (!amount_ok(inst->demand[r])) {
            return HF_PLACE_FAULT_DEMAND;
        }
        if (inst->has_degraded && (inst->degraded[r] < 0 || inst->degraded[r] > inst->demand[r])) {
            return HF_PLACE_FAULT_DEGRADED;
        }
    }
    return HF_PLACE_FAULT_NONE;
}

static bool preferred_ok(const struct hf_place_problem *p, const struct hf_place_instance *inst)
{
    uint64_t seen = 0;

    if (inst->n_preferred > p->n_nodes) {
        return false;
    }
    for (unsigned k = 0; k < inst->n_preferred; k++) {
        unsigned n = inst->preferred[k];
        if (n >= p->n_nodes || (seen & hf_place_bit(n)) || !(inst->owners & hf_place_bit(n))) {
            return false;
        }
        seen |= hf_place_bit(n);
    }
    return true;
}

static bool node_ok(const struct hf_place_problem *p, int node)
{
    return node == HF_PLACE_NONE || (node >= 0 && (unsigned)node < p->n_nodes);
}

static enum hf_place_fault check_instance(const struct hf_place_problem *p,
                                          const struct hf_place_instance *inst)
{
    enum hf_place_fault fault = check_demand(p, inst);

    if (fault != HF_PLACE_FAULT_NONE) {
        return fault;
    }
    if (!preferred_ok(p, inst)) {
        return HF_PLACE_FAULT_PREFERRED;
    }
    if (!node_ok(p, inst->current) || !node_ok(p, inst->last)) {
        return HF_PLACE_FAULT_CURRENT;
    }
    if (inst->anti_affinity > p->n_instances || inst->together_with > p->n_instances) {
        return HF_PLACE_FAULT_GROUP;
    }
    return HF_PLACE_FAULT_NONE;
}

static bool sizes_ok(const struct hf_place_problem *p)
{
    return p->n_nodes <= HF_PLACE_NODES_MAX && p->n_instances <= HF_PLACE_INSTANCES_MAX &&
           p->n_resources <= HF_PLACE_RESOURCES_MAX && p->n_pairs <= HF_PLACE_PAIRS_MAX;
}

enum hf_place_fault hf_place_check(const struct hf_place_problem *p, unsigned *ret_index)
{
    if (!sizes_ok(p)) {
        return HF_PLACE_FAULT_TOO_BIG;
    }
    for (unsigned n = 0; n < p->n_nodes; n++) {
        for (unsigned r = 0; r < p->n_resources; r++) {
            if (!amount_ok(p->nodes[n].cap[r])) {
                *ret_index = n;
                return HF_PLACE_FAULT_CAPACITY;
            }
        }
    }
    for (unsigned i = 0; i < p->n_instances; i++) {
        enum hf_place_fault fault = check_instance(p, &p->instances[i]);
        if (fault != HF_PLACE_FAULT_NONE) {
            *ret_index = i;
            return fault;
        }
    }
    for (unsigned k = 0; k < p->n_pairs; k++) {
        const struct hf_place_pair *pair = &p->pairs[k];
        if (pair->a >= p->n_instances || pair->b >= p->n_instances || pair->a == pair->b) {
            *ret_index = pair->a;
            return HF_PLACE_FAULT_PAIR;
        }
    }
    return HF_PLACE_FAULT_NONE;
}
