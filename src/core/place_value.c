/* The values of a placement, and whether it keeps every rule. */

#include <string.h>

#include "core/place_impl.h"

struct crowd {
    unsigned count[HF_PLACE_N];
    int64_t full[HF_PLACE_N][HF_PLACE_R];
    int64_t shared[HF_PLACE_N][HF_PLACE_R]; /* with degraded demands, where there are */
};

static bool valid_node(const struct hf_place_problem *p, int node)
{
    return node >= 0 && (unsigned)node < p->n_nodes;
}

static void crowd_add(const struct hf_place_problem *p, struct crowd *crowd, unsigned i, int node)
{
    const struct hf_place_instance *inst = &p->instances[i];

    crowd->count[node]++;
    for (unsigned r = 0; r < p->n_resources; r++) {
        crowd->full[node][r] += inst->demand[r];
        crowd->shared[node][r] += inst->has_degraded ? inst->degraded[r] : inst->demand[r];
    }
}

static void crowd_init(const struct hf_place_problem *p, const int8_t *node, struct crowd *crowd)
{
    memset(crowd, 0, sizeof(*crowd));
    for (unsigned i = 0; i < p->n_instances; i++) {
        if (valid_node(p, node[i])) {
            crowd_add(p, crowd, i, node[i]);
        }
    }
}

/* What a node carries: an instance alone on a node that has room for all of it is not degraded. */
static const int64_t *crowd_load(const struct hf_place_problem *p, const struct crowd *crowd,
                                 unsigned n)
{
    if (crowd->count[n] != 1) {
        return crowd->shared[n];
    }
    for (unsigned r = 0; r < p->n_resources; r++) {
        if (crowd->full[n][r] > p->nodes[n].cap[r]) {
            return crowd->shared[n];
        }
    }
    return crowd->full[n];
}

static void find_maxutil(const struct hf_place_problem *p, const struct crowd *crowd,
                         struct hf_place_util *best)
{
    *best = (struct hf_place_util){.cap = 1, .node = HF_PLACE_NONE, .resource = HF_PLACE_NONE};
    for (unsigned n = 0; n < p->n_nodes; n++) {
        const int64_t *load = crowd_load(p, crowd, n);
        for (unsigned r = 0; p->nodes[n].up && r < p->n_resources; r++) {
            struct hf_place_util util = {load[r], p->nodes[n].cap[r], (int16_t)n, (int16_t)r};
            if (util.cap > 0 && (best->node < 0 || hf_place_util_compare(&util, best) > 0)) {
                *best = util;
            }
        }
    }
}

/* The class of a priority; classes are kept in order, highest first. */
static unsigned class_of(struct hf_place_values *v, int32_t priority)
{
    unsigned c = 0;

    while (c < v->n_classes && v->priority[c] > priority) {
        c++;
    }
    if (c < v->n_classes && v->priority[c] == priority) {
        return c;
    }
    for (unsigned k = v->n_classes++; k > c; k--) {
        v->priority[k] = v->priority[k - 1];
        v->served[k] = v->served[k - 1];
        v->members[k] = v->members[k - 1];
    }
    v->priority[c] = priority;
    v->served[c] = 0;
    v->members[c] = 0;
    return c;
}

static uint32_t rank_of(const struct hf_place_instance *inst, int node)
{
    unsigned k = 0;

    while (k < inst->n_preferred && inst->preferred[k] != node) {
        k++;
    }
    return k;
}

static void count_instance(const struct hf_place_problem *p, unsigned i, int node,
                           struct hf_place_values *v)
{
    const struct hf_place_instance *inst = &p->instances[i];
    bool running = inst->current >= 0 && p->nodes[inst->current].up;
    unsigned c = class_of(v, inst->priority);

    v->members[c]++;
    if (!valid_node(p, node)) {
        v->stopped += running;
        return;
    }
    v->served[c]++;
    v->moved += running && node != inst->current;
    v->passive += p->nodes[node].passive;
    v->rank += rank_of(inst, node);
}

void hf_place_evaluate(const struct hf_place_problem *p, const int8_t *node,
                       struct hf_place_values *v)
{
    struct crowd crowd;

    v->n_classes = 0;
    v->moved = v->stopped = v->passive = v->rank = 0;
    for (unsigned i = 0; i < p->n_instances; i++) {
        count_instance(p, i, node[i], v);
    }
    crowd_init(p, node, &crowd);
    find_maxutil(p, &crowd, &v->maxutil);
}

static bool groups_ok(const struct hf_place_problem *p, const int8_t *node, unsigned i)
{
    const struct hf_place_instance *a = &p->instances[i];

    for (unsigned j = 0; j < i; j++) {
        const struct hf_place_instance *b = &p->instances[j];
        if (node[j] < 0) {
            continue;
        }
        if (a->anti_affinity && a->anti_affinity == b->anti_affinity && node[i] == node[j]) {
            return false;
        }
        if (a->together_with && a->together_with == b->together_with && node[i] != node[j]) {
            return false;
        }
    }
    return true;
}

static bool place_ok(const struct hf_place_problem *p, const struct crowd *crowd, unsigned i,
                     int node)
{
    if (!valid_node(p, node) || !p->nodes[node].up ||
        !(p->instances[i].owners & hf_place_bit((unsigned)node))) {
        return false;
    }
    for (unsigned r = 0; r < p->n_resources; r++) {
        if (crowd->shared[node][r] > p->nodes[node].cap[r]) {
            return false;
        }
    }
    return true;
}

bool hf_place_feasible(const struct hf_place_problem *p, const int8_t *node, unsigned *ret_instance)
{
    struct crowd crowd;

    crowd_init(p, node, &crowd);
    for (unsigned i = 0; i < p->n_instances; i++) {
        if (node[i] == HF_PLACE_NONE) {
            continue;
        }
        if (!place_ok(p, &crowd, i, node[i]) || !groups_ok(p, node, i)) {
            *ret_instance = i;
            return false;
        }
    }
    for (unsigned k = 0; k < p->n_pairs; k++) {
        if (node[p->pairs[k].a] >= 0 && node[p->pairs[k].a] == node[p->pairs[k].b]) {
            *ret_instance = p->pairs[k].a;
            return false;
        }
    }
    return true;
}

static int compare_counts(uint32_t a, uint32_t b)
{
    return a < b ? -1 : a > b;
}

int hf_place_compare(const struct hf_place_values *a, const struct hf_place_values *b)
{
    int order = 0;

    for (unsigned c = 0; c < a->n_classes && order == 0; c++) {
        order = compare_counts(b->served[c], a->served[c]);
    }
    if (order == 0) {
        order = compare_counts(a->moved + a->stopped, b->moved + b->stopped);
    }
    if (order == 0) {
        order = compare_counts(a->passive, b->passive);
    }
    if (order == 0) {
        order = compare_counts(a->rank, b->rank);
    }
    return order != 0 ? order : hf_place_util_compare(&a->maxutil, &b->maxutil);
}
