/*
 * A better placement a few changes away from the best one: the same search, with the best placement
 * as everyone's home. Finds what a search from the current placement is too far away for.
 */

#include <string.h>

#include "core/place_impl.h"

/* The best placement becomes home; hf_place_model_restore() takes that back. */
static void rebase(struct hf_place_workspace *ws)
{
    struct hf_place_model *m = &ws->model;

    for (unsigned i = 0; i < m->n_instances; i++) {
        m->home[i] = ws->best[i];
        m->running[i] = ws->best[i] >= 0;
    }
    hf_place_model_order_homes(m);
}

/* How scarce a resource is, in 1/64 of what there is. */
static int64_t scarcity(const struct hf_place_workspace *ws, unsigned r)
{
    const struct hf_place_model *m = &ws->model;
    int64_t need = 0;
    int64_t cap = 1;

    for (unsigned i = 0; i < m->n_instances; i++) {
        need += m->need[i][r];
    }
    for (uint64_t left = m->up; left; left &= left - 1) {
        cap += m->problem->nodes[hf_place_first(left)].cap[r];
    }
    int64_t share = need / (cap / 64 + 1);
    return share > 128 ? 128 : share;
}

/* Cost is load: of two choices whom to leave out, the larger one is better left out. */
static void cost_of_load(struct hf_place_workspace *ws)
{
    struct hf_place_model *m = &ws->model;
    int64_t weight[HF_PLACE_R];

    for (unsigned r = 0; r < m->n_resources; r++) {
        int64_t share = scarcity(ws, r);
        weight[r] = share * share;
    }
    for (unsigned i = 0; i < m->n_instances; i++) {
        int64_t size = 0;
        for (unsigned r = 0; r < m->n_resources; r++) {
            size += m->norm[i][r] * weight[r];
        }
        for (unsigned n = 0; n < m->n_nodes; n++) {
            m->cost[i][n] = (uint32_t)(size >> 22);
        }
        m->cost[i][m->n_nodes] = 0;
    }
}

/* Above any sum of passive nodes and ranks, as long as that fits; the order is by moves anyhow. */
static uint32_t order_weight(const struct hf_place_model *m)
{
    bool passive = false;

    for (unsigned n = 0; n < m->n_nodes; n++) {
        passive |= m->problem->nodes[n].passive;
    }
    return passive ? (uint32_t)1 << 21 : m->passive_weight;
}

/* Cost is moves from where instances run now, then passive nodes and ranks. */
static void cost_of_order(struct hf_place_workspace *ws)
{
    struct hf_place_model *m = &ws->model;
    const struct hf_place_problem *p = m->problem;
    uint32_t weight = order_weight(m);

    for (unsigned i = 0; i < m->n_instances; i++) {
        int current = p->instances[i].current;
        bool ran = current >= 0 && p->nodes[current].up;
        for (unsigned n = 0; n <= m->n_nodes; n++) {
            m->cost[i][n] += ran && current != (int)n ? weight : 0;
        }
    }
}

static uint64_t cost_now(const struct hf_place_workspace *ws)
{
    const struct hf_place_model *m = &ws->model;
    uint64_t sum = 0;

    for (unsigned i = 0; i < m->n_instances; i++) {
        if (m->cls[i] < ws->limits.n_classes) {
            sum += m->cost[i][ws->best[i] >= 0 ? (unsigned)ws->best[i] : m->n_nodes];
        }
    }
    return sum;
}

static bool set_aim(struct hf_place_workspace *ws, enum hf_place_aim aim, unsigned n_classes)
{
    hf_place_limits_init(ws);
    ws->limits.n_classes = n_classes;
    if (aim == HF_PLACE_AIM_SERVE) {
        ws->limits.left_out[n_classes - 1]--;
        return true;
    }
    uint64_t cost = cost_now(ws);
    uint64_t step = 1;
    if (aim == HF_PLACE_AIM_UTIL) {
        struct hf_place_util best = ws->values.maxutil;
        hf_place_limits_util(ws, &best, true);
        step = 0;
    }
    if (aim == HF_PLACE_AIM_LOAD) {
        step += cost / 1024;
    } else if (aim == HF_PLACE_AIM_MOVES) {
        step += cost % order_weight(&ws->model);
    }
    if (cost < step) {
        return false;
    }
    ws->limits.cost = cost - step;
    return true;
}

static bool search_near(struct hf_place_workspace *ws, uint64_t slice)
{
    static const uint8_t reach[] = {1, 2, 3, 4, 6, 9};

    for (unsigned k = 0; k < sizeof(reach) / sizeof(reach[0]); k++) {
        ws->limits.moves = reach[k];
        ws->noisy = k > 1;
        hf_place_filter_clear(ws);
        enum hf_place_answer answer = hf_place_search(ws, slice);
        ws->noisy = false;
        if (answer == HF_PLACE_FOUND) {
            return true;
        }
        if (hf_place_steps_left(ws) == 0) {
            return false;
        }
    }
    return false;
}

/* True: ws->best has changed for the better, in what the aim asks for. */
bool hf_place_improve(struct hf_place_workspace *ws, enum hf_place_aim aim, unsigned n_classes,
                      uint64_t slice)
{
    const struct hf_place_problem *problem = ws->model.problem;
    bool costs = aim != HF_PLACE_AIM_SERVE;

    ws->steps += ws->model.n_instances;
    rebase(ws);
    if (aim == HF_PLACE_AIM_LOAD) {
        cost_of_load(ws);
    } else if (aim != HF_PLACE_AIM_SERVE) {
        cost_of_order(ws);
    }
    bool found = set_aim(ws, aim, n_classes) && search_near(ws, slice);
    if (costs) {
        ws->steps += (uint64_t)ws->model.n_instances * ws->model.n_nodes / 16;
    }
    hf_place_model_restore(&ws->model, costs);
    if (!found) {
        return false;
    }
    if (aim != HF_PLACE_AIM_LOAD) {
        return hf_place_adopt(ws, ws->found);
    }
    memcpy(ws->best, ws->found, sizeof(ws->best[0]) * ws->model.n_instances);
    hf_place_evaluate(problem, ws->best, &ws->values);
    return true;
}
