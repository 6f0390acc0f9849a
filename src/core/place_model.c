/* The problem, prepared for the search: domains, ranks, classes, scaled demands. */

#include <string.h>

#include "core/place_impl.h"

static void init_nodes(struct hf_place_model *m)
{
    const struct hf_place_problem *p = m->problem;

    m->up = 0;
    for (unsigned r = 0; r < m->n_resources; r++) {
        m->largest[r] = 1;
    }
    for (unsigned n = 0; n < m->n_nodes; n++) {
        if (!p->nodes[n].up) {
            continue;
        }
        m->up |= hf_place_bit(n);
        for (unsigned r = 0; r < m->n_resources; r++) {
            if (p->nodes[n].cap[r] > m->largest[r]) {
                m->largest[r] = p->nodes[n].cap[r];
            }
        }
    }
}

static bool fits_alone(const struct hf_place_model *m, unsigned i, unsigned n)
{
    for (unsigned r = 0; r < m->n_resources; r++) {
        if (m->need[i][r] > m->problem->nodes[n].cap[r]) {
            return false;
        }
    }
    return true;
}

static void init_demand(struct hf_place_model *m, unsigned i)
{
    const struct hf_place_instance *inst = &m->problem->instances[i];

    m->size[i] = 0;
    memset(m->need[i], 0, sizeof(m->need[i]));
    for (unsigned r = 0; r < m->n_resources; r++) {
        m->need[i][r] = inst->has_degraded ? inst->degraded[r] : inst->demand[r];
        int64_t most = m->need[i][r] < m->largest[r] ? m->need[i][r] : m->largest[r];
        m->norm[i][r] = (int32_t)((most << 20) / m->largest[r]);
        m->size[i] += m->norm[i][r];
    }
    m->has_degraded |= inst->has_degraded;
}

static void init_domain(struct hf_place_model *m, unsigned i)
{
    const struct hf_place_instance *inst = &m->problem->instances[i];

    m->domain[i] = 0;
    for (uint64_t left = m->up & inst->owners; left; left &= left - 1) {
        unsigned n = hf_place_first(left);
        if (fits_alone(m, i, n)) {
            m->domain[i] |= hf_place_bit(n);
        }
    }
}

static void init_home(struct hf_place_model *m, unsigned i)
{
    int8_t current = m->problem->instances[i].current;

    m->running[i] = current >= 0 && (m->up & hf_place_bit((unsigned)current));
    bool may_stay = m->running[i] && (m->domain[i] & hf_place_bit((unsigned)current));
    m->home[i] = may_stay ? current : HF_PLACE_NONE;
}

static void init_cost(struct hf_place_model *m, unsigned i)
{
    const struct hf_place_instance *inst = &m->problem->instances[i];

    m->cost[i][m->n_nodes] = 0;
    for (unsigned n = 0; n < m->n_nodes; n++) {
        m->cost[i][n] = inst->n_preferred;
    }
    for (unsigned k = 0; k < inst->n_preferred; k++) {
        m->cost[i][inst->preferred[k]] = k;
    }
    for (unsigned n = 0; n < m->n_nodes; n++) {
        if (m->problem->nodes[n].passive) {
            m->cost[i][n] += m->passive_weight;
        }
    }
}

static void init_passive_weight(struct hf_place_model *m)
{
    m->passive_weight = 1;
    for (unsigned i = 0; i < m->n_instances; i++) {
        m->passive_weight += m->problem->instances[i].n_preferred;
    }
}

/* Classes are numbered from the highest priority; insertion into a sorted list of priorities. */
static void init_classes(struct hf_place_model *m)
{
    m->n_classes = 0;
    for (unsigned i = 0; i < m->n_instances; i++) {
        int32_t priority = m->problem->instances[i].priority;
        unsigned c = 0;
        while (c < m->n_classes && m->class_priority[c] > priority) {
            c++;
        }
        if (c < m->n_classes && m->class_priority[c] == priority) {
            continue;
        }
        memmove(&m->class_priority[c + 1], &m->class_priority[c],
                (m->n_classes - c) * sizeof(m->class_priority[0]));
        m->class_priority[c] = priority;
        m->n_classes++;
    }
    memset(m->class_size, 0, sizeof(m->class_size));
    for (unsigned i = 0; i < m->n_instances; i++) {
        unsigned c = 0;
        while (m->class_priority[c] != m->problem->instances[i].priority) {
            c++;
        }
        m->cls[i] = (uint16_t)c;
        m->class_size[c]++;
    }
}

void hf_place_model_init(struct hf_place_model *m, const struct hf_place_problem *problem)
{
    m->problem = problem;
    m->n_nodes = problem->n_nodes;
    m->n_instances = problem->n_instances;
    m->n_resources = problem->n_resources;
    m->has_degraded = false;
    init_nodes(m);
    init_passive_weight(m);
    init_classes(m);
    for (unsigned i = 0; i < m->n_instances; i++) {
        init_demand(m, i);
        init_domain(m, i);
        init_home(m, i);
        init_cost(m, i);
        m->apart[i] = problem->instances[i].anti_affinity;
        m->joined[i] = problem->instances[i].together_with;
    }
    hf_place_model_order(m);
}

void hf_place_model_restore(struct hf_place_model *m, bool costs)
{
    for (unsigned i = 0; i < m->n_instances; i++) {
        init_home(m, i);
        if (costs) {
            init_cost(m, i);
        }
    }
    hf_place_model_order_homes(m);
}
