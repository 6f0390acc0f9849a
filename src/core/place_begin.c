/* The state at the root of a search: who runs stays, everyone else is homeless. */

#include <string.h>

#include "core/place_impl.h"

static void clear(struct hf_place_workspace *ws)
{
    memset(ws->load, 0, sizeof(ws->load));
    memset(ws->eject, 0, sizeof(ws->eject));
    memset(ws->n_stays, 0, sizeof(ws->n_stays));
    memset(ws->left_out, 0, sizeof(ws->left_out));
    memset(ws->apart_fixed, 0, sizeof(ws->apart_fixed));
    memset(ws->apart_stays, 0, sizeof(ws->apart_stays));
    memset(ws->joined_fixed, 0, sizeof(ws->joined_fixed));
    ws->eject_sum = 0;
    ws->n_broken = 0;
    ws->moves = 0;
    ws->cost = 0;
    ws->spent = 0;
    ws->n_homeless = 0;
    ws->n_trail = 0;
    ws->n_frames = 0;
    ws->n_clash = 0;
}

static void begin_instance(struct hf_place_workspace *ws, unsigned i)
{
    const struct hf_place_model *m = &ws->model;
    int home = m->home[i];

    ws->at[i] = HF_PLACE_NONE;
    if (m->cls[i] >= ws->limits.n_classes) {
        ws->state[i] = HF_PLACE_INACTIVE;
        return;
    }
    if (home < 0 || !(ws->allowed[i] & hf_place_bit((unsigned)home))) {
        ws->state[i] = HF_PLACE_HOMELESS;
        ws->homeless_pos[i] = ws->n_homeless;
        ws->homeless[ws->n_homeless++] = (uint16_t)i;
        ws->moves += m->running[i];
        return;
    }
    ws->state[i] = HF_PLACE_STAYS;
    ws->at[i] = (int8_t)home;
    ws->n_stays[home]++;
    ws->cost += m->cost[i][home];
    for (unsigned r = 0; r < m->n_resources; r++) {
        ws->load[home][r] += m->need[i][r];
    }
    ws->apart_stays[m->apart[i]] |= m->apart[i] ? hf_place_bit((unsigned)home) : 0;
}

static bool clashes(const struct hf_place_workspace *ws, unsigned a, unsigned b)
{
    const struct hf_place_model *m = &ws->model;
    bool same = m->home[a] == m->home[b];

    return (m->apart[a] && m->apart[a] == m->apart[b] && same) ||
           (m->joined[a] && m->joined[a] == m->joined[b] && !same);
}

/* Where a runs already breaks a rule together with where another one runs. */
static bool clash_in(const struct hf_place_workspace *ws, unsigned a, unsigned kind, unsigned g)
{
    const struct hf_place_model *m = &ws->model;

    for (unsigned k = m->group_start[kind][g]; g && k < m->group_start[kind][g + 1]; k++) {
        unsigned b = m->group_member[kind][k];
        if (b != a && ws->state[b] == HF_PLACE_STAYS && clashes(ws, a, b)) {
            return true;
        }
    }
    return false;
}

bool hf_place_clash(const struct hf_place_workspace *ws, unsigned i)
{
    const struct hf_place_model *m = &ws->model;

    return ws->state[i] == HF_PLACE_STAYS &&
           (clash_in(ws, i, 0, m->apart[i]) || clash_in(ws, i, 1, m->joined[i]) ||
            hf_place_rivals_staying(ws, i, (unsigned)m->home[i]) > 0);
}

static uint32_t gain_of(const struct hf_place_workspace *ws, unsigned i)
{
    const struct hf_place_model *m = &ws->model;
    uint32_t home = m->cost[i][m->home[i]];
    uint32_t out = m->cost[i][m->n_nodes];
    uint32_t least = ws->limits.left_out[m->cls[i]] > 0 && out < home ? out : home;

    for (uint64_t left = ws->allowed[i]; left; left &= left - 1) {
        uint32_t cost = m->cost[i][hf_place_first(left)];
        least = cost < least ? cost : least;
    }
    return home - least;
}

/* gain[k]: the most that k more moves can take off the cost. Kept as a sorted list, then summed. */
static void begin_gain(struct hf_place_workspace *ws)
{
    unsigned n = ws->model.n_instances;
    unsigned length = 0;

    memset(ws->gain, 0, sizeof(ws->gain));
    if (ws->limits.cost == HF_PLACE_COST_ANY) {
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        uint32_t gain = ws->state[i] == HF_PLACE_STAYS ? gain_of(ws, i) : 0;
        ws->gain_one[i] = gain;
        if (gain == 0) {
            continue;
        }
        unsigned k = ++length;
        for (; k > 1 && ws->gain[k - 1] < gain; k--) {
            ws->gain[k] = ws->gain[k - 1];
        }
        ws->gain[k] = gain;
    }
    for (unsigned k = 1; k <= n; k++) {
        ws->gain[k] += ws->gain[k - 1];
    }
}

static void begin_ejects(struct hf_place_workspace *ws)
{
    for (unsigned n = 0; n < ws->model.n_nodes; n++) {
        unsigned count = hf_place_eject_count(ws, n, NULL);
        ws->eject[n] = (uint16_t)count;
        if (count == HF_PLACE_BROKEN) {
            ws->n_broken++;
        } else {
            ws->eject_sum += count;
        }
    }
}

/* Decide at once what the filter leaves no choice about. False: there is no placement. */
static bool begin_forced(struct hf_place_workspace *ws)
{
    for (unsigned i = 0; i < ws->model.n_instances; i++) {
        if (ws->state[i] != HF_PLACE_STAYS || ws->may_leave[i]) {
            continue;
        }
        unsigned home = (unsigned)ws->at[i];
        if (ws->allowed[i] != hf_place_bit(home)) {
            continue;
        }
        bool taken = (ws->apart_fixed[ws->model.apart[i]] & hf_place_bit(home)) ||
                     (hf_place_rivals_fixed(ws, i) & hf_place_bit(home));
        unsigned joined = ws->model.joined[i];
        bool torn = ws->joined_fixed[joined] > 0 && ws->joined_at[joined] != ws->at[i];
        if (taken || torn) {
            return false;
        }
        hf_place_state_keep(ws, i);
    }
    return true;
}

bool hf_place_state_init(struct hf_place_workspace *ws)
{
    clear(ws);
    for (unsigned i = 0; i < ws->model.n_instances; i++) {
        begin_instance(ws, i);
    }
    begin_gain(ws);
    begin_ejects(ws);
    for (unsigned i = 0; i < ws->model.n_instances; i++) {
        if (hf_place_clash(ws, i)) {
            ws->clash[ws->n_clash++] = (uint16_t)i;
        }
    }
    return begin_forced(ws) && ws->n_broken == 0 && ws->moves + ws->eject_sum <= ws->limits.moves;
}
