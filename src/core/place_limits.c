/* Limits of a search, from the values of the best placement so far. */

#include <string.h>

#include "core/place_impl.h"

/* Keep what the best placement serves; everything else is open. */
void hf_place_limits_init(struct hf_place_workspace *ws)
{
    const struct hf_place_model *m = &ws->model;
    struct hf_place_limits *l = &ws->limits;

    l->n_classes = m->n_classes;
    for (unsigned c = 0; c < m->n_classes; c++) {
        l->left_out[c] = (uint16_t)(m->class_size[c] - ws->values.served[c]);
    }
    l->moves = m->n_instances;
    l->cost = HF_PLACE_COST_ANY;
    l->util_set = false;
    l->strictly = false;
    l->spread = false;
    for (unsigned n = 0; n < m->n_nodes; n++) {
        memset(l->cap[n], 0, sizeof(l->cap[n]));
        memcpy(l->cap[n], m->problem->nodes[n].cap, m->n_resources * sizeof(l->cap[n][0]));
    }
}

/* No node may be fuller than that. */
void hf_place_limits_util(struct hf_place_workspace *ws, const struct hf_place_util *util,
                          bool strictly)
{
    const struct hf_place_model *m = &ws->model;

    ws->limits.util = *util;
    ws->limits.util_set = true;
    ws->limits.strictly = strictly;
    for (unsigned n = 0; n < m->n_nodes; n++) {
        for (unsigned r = 0; r < m->n_resources; r++) {
            int64_t cap = m->problem->nodes[n].cap[r];
            ws->limits.cap[n][r] = hf_place_cap_within(cap, util, strictly);
        }
    }
}

/* Take what the search found, when it is better than the best so far. */
bool hf_place_adopt(struct hf_place_workspace *ws, const int8_t *node)
{
    hf_place_evaluate(ws->model.problem, node, &ws->trial);
    if (hf_place_compare(&ws->trial, &ws->values) >= 0) {
        return false;
    }
    memmove(ws->best, node, sizeof(ws->best[0]) * ws->model.n_instances);
    ws->values = ws->trial;
    return true;
}

uint32_t hf_place_moves_of(const struct hf_place_values *values)
{
    return values->moved + values->stopped;
}

uint64_t hf_place_cost_of(const struct hf_place_workspace *ws)
{
    return (uint64_t)ws->values.passive * ws->model.passive_weight + ws->values.rank;
}
