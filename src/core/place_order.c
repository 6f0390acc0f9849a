/* Lists over the prepared problem: who is at home on a node, who is in a group. */

#include <string.h>

#include "core/place_impl.h"

/* Insertion sort of a short list: largest need of resource r first, lowest index on a tie. */
static void sort_by_need(const struct hf_place_model *m, uint16_t *list, unsigned length,
                         unsigned r)
{
    for (unsigned k = 1; k < length; k++) {
        uint16_t inst = list[k];
        unsigned j = k;
        while (j > 0 && m->need[list[j - 1]][r] < m->need[inst][r]) {
            list[j] = list[j - 1];
            j--;
        }
        list[j] = inst;
    }
}

/* Members of each list keep the order of their numbers. */
void hf_place_model_order_homes(struct hf_place_model *m)
{
    uint16_t at[HF_PLACE_N + 1] = {0};

    for (unsigned i = 0; i < m->n_instances; i++) {
        if (m->home[i] >= 0) {
            at[m->home[i] + 1]++;
        }
    }
    for (unsigned n = 0; n < m->n_nodes; n++) {
        at[n + 1] = (uint16_t)(at[n + 1] + at[n]);
    }
    memcpy(m->home_start, at, (m->n_nodes + 1) * sizeof(at[0]));
    for (unsigned i = 0; i < m->n_instances; i++) {
        if (m->home[i] >= 0) {
            m->home_by[0][at[m->home[i]]++] = (uint16_t)i;
        }
    }
    for (unsigned r = 1; r < m->n_resources; r++) {
        memcpy(m->home_by[r], m->home_by[0], m->home_start[m->n_nodes] * sizeof(m->home_by[0][0]));
    }
    for (unsigned n = 0; n < m->n_nodes; n++) {
        unsigned start = m->home_start[n];
        for (unsigned r = 0; r < m->n_resources; r++) {
            sort_by_need(m, &m->home_by[r][start], m->home_start[n + 1] - start, r);
        }
    }
}

static void order_groups(struct hf_place_model *m, unsigned kind, const uint16_t *group)
{
    uint16_t *start = m->group_start[kind];

    memset(start, 0, sizeof(m->group_start[kind]));
    for (unsigned i = 0; i < m->n_instances; i++) {
        start[group[i]]++;
    }
    start[0] = 0; /* group 0 is none */
    for (unsigned g = 1; g <= m->n_instances + 1; g++) {
        start[g] = (uint16_t)(start[g] + start[g - 1]);
    }
    for (unsigned i = m->n_instances; i-- > 0;) { /* each start comes down to its place */
        if (group[i]) {
            m->group_member[kind][--start[group[i]]] = (uint16_t)i;
        }
    }
}

/* Each pair is listed with both of its members. */
static void order_pairs(struct hf_place_model *m)
{
    const struct hf_place_problem *p = m->problem;
    uint16_t *start = m->rival_start;

    memset(start, 0, sizeof(m->rival_start));
    for (unsigned k = 0; k < p->n_pairs; k++) {
        start[p->pairs[k].a]++;
        start[p->pairs[k].b]++;
    }
    for (unsigned i = 1; i <= m->n_instances && i < HF_PLACE_I + 1; i++) {
        start[i] = (uint16_t)(start[i] + start[i - 1]);
    }
    for (unsigned k = p->n_pairs; k-- > 0;) { /* from the end: each start comes down to its place */
        m->rival[--start[p->pairs[k].a]] = p->pairs[k].b;
        m->rival[--start[p->pairs[k].b]] = p->pairs[k].a;
    }
}

void hf_place_model_order(struct hf_place_model *m)
{
    order_pairs(m);
    hf_place_model_order_homes(m);
    order_groups(m, 0, m->apart);
    order_groups(m, 1, m->joined);
}
