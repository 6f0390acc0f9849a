/* The optimiser's dumb twin: every placement, judged by the rules as they are written down. */

#include "test_place_brute.h"

#include <string.h>

struct brute {
    const struct hf_place_problem *p;
    int8_t node[HF_PLACE_INSTANCES_MAX];
    int64_t used[HF_PLACE_NODES_MAX][HF_PLACE_RESOURCES_MAX];
    struct hf_place_values values;
    struct hf_place_values *best;
    int8_t *best_node;
    bool any;
};

static int64_t need(const struct hf_place_instance *inst, unsigned r)
{
    return inst->has_degraded ? inst->degraded[r] : inst->demand[r];
}

static bool allowed(const struct brute *b, unsigned i, unsigned n)
{
    const struct hf_place_instance *inst = &b->p->instances[i];

    if (!b->p->nodes[n].up || !(inst->owners >> n & 1)) {
        return false;
    }
    for (unsigned r = 0; r < b->p->n_resources; r++) {
        if (b->used[n][r] + need(inst, r) > b->p->nodes[n].cap[r]) {
            return false;
        }
    }
    for (unsigned j = 0; j < i; j++) {
        const struct hf_place_instance *other = &b->p->instances[j];
        bool apart = inst->anti_affinity && inst->anti_affinity == other->anti_affinity;
        bool joined = inst->together_with && inst->together_with == other->together_with;
        if (b->node[j] >= 0 &&
            ((apart && b->node[j] == (int)n) || (joined && b->node[j] != (int)n))) {
            return false;
        }
    }
    for (unsigned k = 0; k < b->p->n_pairs; k++) {
        const struct hf_place_pair *pair = &b->p->pairs[k];
        unsigned other = pair->a == i ? pair->b : pair->a;
        if ((pair->a == i || pair->b == i) && other < i && b->node[other] == (int)n) {
            return false;
        }
    }
    return true;
}

static void judge(struct brute *b)
{
    hf_place_evaluate(b->p, b->node, &b->values);
    if (!b->any || hf_place_compare(&b->values, b->best) < 0) {
        *b->best = b->values;
        memcpy(b->best_node, b->node, sizeof(b->node));
        b->any = true;
    }
}

static void try_all(struct brute *b, unsigned i)
{
    const struct hf_place_instance *inst = &b->p->instances[i];

    if (i == b->p->n_instances) {
        judge(b);
        return;
    }
    for (unsigned n = 0; n < b->p->n_nodes; n++) {
        if (!allowed(b, i, n)) {
            continue;
        }
        for (unsigned r = 0; r < b->p->n_resources; r++) {
            b->used[n][r] += need(inst, r);
        }
        b->node[i] = (int8_t)n;
        try_all(b, i + 1);
        for (unsigned r = 0; r < b->p->n_resources; r++) {
            b->used[n][r] -= need(inst, r);
        }
    }
    b->node[i] = HF_PLACE_NONE;
    try_all(b, i + 1);
}

void hf_brute_solve(const struct hf_place_problem *problem, struct hf_place_values *best,
                    int8_t *best_node)
{
    static struct brute b;

    memset(&b, 0, sizeof(b));
    b.p = problem;
    b.best = best;
    b.best_node = best_node;
    memset(b.node, HF_PLACE_NONE, sizeof(b.node));
    try_all(&b, 0);
}
