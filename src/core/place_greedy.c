/*
 * The placement to start from: class by class, who runs stays where it fits, the rest goes, largest
 * first, to the node that is fullest with it.
 */

#include <string.h>

#include "core/place_impl.h"

static bool member_blocks(const struct hf_place_workspace *ws, unsigned i, unsigned kind,
                          unsigned g, unsigned n)
{
    const struct hf_place_model *m = &ws->model;

    for (unsigned k = m->group_start[kind][g]; g && k < m->group_start[kind][g + 1]; k++) {
        unsigned other = m->group_member[kind][k];
        if (other != i && ws->best[other] >= 0 && (ws->best[other] == (int)n) == (kind == 0)) {
            return true;
        }
    }
    return false;
}

static bool rival_on(const struct hf_place_workspace *ws, unsigned i, unsigned n)
{
    const struct hf_place_model *m = &ws->model;

    for (unsigned k = m->rival_start[i]; k < m->rival_start[i + 1]; k++) {
        if (ws->best[m->rival[k]] == (int)n) {
            return true;
        }
    }
    return false;
}

static bool can_add(const struct hf_place_workspace *ws, unsigned i, unsigned n)
{
    const struct hf_place_model *m = &ws->model;

    for (unsigned r = 0; r < m->n_resources; r++) {
        if (ws->sum[n][r] + m->need[i][r] > m->problem->nodes[n].cap[r]) {
            return false;
        }
    }
    return !member_blocks(ws, i, 0, m->apart[i], n) && !member_blocks(ws, i, 1, m->joined[i], n) &&
           !rival_on(ws, i, n);
}

static int64_t fullness(const struct hf_place_workspace *ws, unsigned i, unsigned n)
{
    int64_t most = 0;

    for (unsigned r = 0; r < ws->model.n_resources; r++) {
        int64_t cap = ws->model.problem->nodes[n].cap[r];
        int64_t used = ws->sum[n][r] + ws->model.need[i][r];
        int64_t full = cap > 0 ? (used << 20) / cap : 0;
        most = full > most ? full : most;
    }
    return most;
}

static void put(struct hf_place_workspace *ws, unsigned i, unsigned n)
{
    ws->best[i] = (int8_t)n;
    for (unsigned r = 0; r < ws->model.n_resources; r++) {
        ws->sum[n][r] += ws->model.need[i][r];
    }
}

static void put_best(struct hf_place_workspace *ws, unsigned i)
{
    int best = -1;
    int64_t best_full = -1;

    for (uint64_t left = ws->model.domain[i]; left; left &= left - 1) {
        unsigned n = hf_place_first(left);
        ws->steps++;
        if (can_add(ws, i, n) && fullness(ws, i, n) > best_full) {
            best = (int)n;
            best_full = fullness(ws, i, n);
        }
    }
    if (best >= 0) {
        put(ws, i, (unsigned)best);
    }
}

static void sum_up(struct hf_place_workspace *ws)
{
    memset(ws->sum, 0, sizeof(ws->sum));
    for (unsigned i = 0; i < ws->model.n_instances; i++) {
        if (ws->best[i] >= 0) {
            put(ws, i, (unsigned)ws->best[i]);
        }
    }
}

/* Members of the class that are not placed yet, largest first. */
static unsigned order_class(struct hf_place_workspace *ws, unsigned cls)
{
    unsigned length = 0;

    for (unsigned i = 0; i < ws->model.n_instances; i++) {
        if (ws->model.cls[i] != cls || ws->best[i] >= 0) {
            continue;
        }
        unsigned k = length++;
        for (; k > 0 && ws->model.size[ws->order[k - 1]] < ws->model.size[i]; k--) {
            ws->order[k] = ws->order[k - 1];
        }
        ws->order[k] = (uint16_t)i;
    }
    return length;
}

void hf_place_greedy_class(struct hf_place_workspace *ws, unsigned cls)
{
    unsigned length = order_class(ws, cls);

    sum_up(ws);
    for (unsigned k = 0; k < length; k++) {
        unsigned i = ws->order[k];
        int home = ws->model.home[i];
        if (home >= 0 && can_add(ws, i, (unsigned)home)) {
            put(ws, i, (unsigned)home);
        }
    }
    for (unsigned k = 0; k < length; k++) {
        if (ws->best[ws->order[k]] < 0) {
            put_best(ws, ws->order[k]);
        }
    }
    hf_place_evaluate(ws->model.problem, ws->best, &ws->values);
}
