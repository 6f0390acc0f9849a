/*
 * The state of the search, one step there and one step back. Every change goes through apply() or
 * revert(), which are each other's inverse; the trail says what to revert.
 */

#include <string.h>

#include "core/place_impl.h"

enum { OP_PLACE, OP_LEAVE_OUT, OP_KEEP, OP_EJECT };

static void refresh_eject(struct hf_place_workspace *ws, unsigned n)
{
    unsigned was = ws->eject[n];
    unsigned count = hf_place_eject_count(ws, n, NULL);

    if (was == HF_PLACE_BROKEN) {
        ws->n_broken--;
    } else {
        ws->eject_sum -= was;
    }
    if (count == HF_PLACE_BROKEN) {
        ws->n_broken++;
    } else {
        ws->eject_sum += count;
    }
    ws->eject[n] = (uint16_t)count;
}

static void add_load(struct hf_place_workspace *ws, unsigned i, unsigned n, int sign)
{
    for (unsigned r = 0; r < ws->model.n_resources; r++) {
        ws->load[n][r] += sign * ws->model.need[i][r];
    }
}

static void homeless_add(struct hf_place_workspace *ws, unsigned i)
{
    ws->homeless_pos[i] = ws->n_homeless;
    ws->homeless[ws->n_homeless++] = (uint16_t)i;
}

static void homeless_remove(struct hf_place_workspace *ws, unsigned i)
{
    unsigned pos = ws->homeless_pos[i];
    unsigned moved = ws->homeless[--ws->n_homeless];

    ws->homeless[pos] = (uint16_t)moved;
    ws->homeless_pos[moved] = (uint16_t)pos;
}

/* The nodes where a member of an anti-affinity group stays. */
static void refresh_apart_stays(struct hf_place_workspace *ws, unsigned g)
{
    const struct hf_place_model *m = &ws->model;
    uint64_t nodes = 0;

    if (g == 0) {
        return;
    }
    for (unsigned k = m->group_start[0][g]; k < m->group_start[0][g + 1]; k++) {
        unsigned i = m->group_member[0][k];
        if (ws->state[i] == HF_PLACE_STAYS) {
            nodes |= hf_place_bit((unsigned)m->home[i]);
        }
    }
    ws->apart_stays[g] = nodes;
}

/* Instance i is (sign 1) or is no longer (sign -1) bound to its node by a decision. */
static void bind_groups(struct hf_place_workspace *ws, unsigned i, int sign)
{
    unsigned apart = ws->model.apart[i];
    unsigned joined = ws->model.joined[i];
    unsigned n = (unsigned)ws->at[i];

    if (apart) {
        ws->apart_fixed[apart] ^= hf_place_bit(n);
    }
    if (joined) {
        ws->joined_fixed[joined] = (uint16_t)(ws->joined_fixed[joined] + sign);
        ws->joined_at[joined] = (int8_t)n;
    }
}

static void decide(struct hf_place_workspace *ws, unsigned i, int sign)
{
    bool out = ws->state[i] == HF_PLACE_LEFT_OUT;
    unsigned n = out ? ws->model.n_nodes : (unsigned)ws->at[i];

    if (ws->filtered) {
        ws->spent += sign * ws->excess[i][n];
    }
    if (!out) {
        bind_groups(ws, i, sign);
    }
}

static void push(struct hf_place_workspace *ws, unsigned op, unsigned i)
{
    HF_ASSERT(ws->n_trail < sizeof(ws->trail) / sizeof(ws->trail[0]));
    ws->trail[ws->n_trail++] = (struct hf_place_trail){.op = (uint8_t)op, .inst = (int16_t)i};
}

/* Send away those at home that can not live with the decision that i is on its node. */
static void eject_rivals(struct hf_place_workspace *ws, unsigned i)
{
    const struct hf_place_model *m = &ws->model;
    int n = ws->at[i];

    for (unsigned kind = 0; kind < 2; kind++) {
        unsigned g = kind == 0 ? m->apart[i] : m->joined[i];
        for (unsigned k = m->group_start[kind][g]; g && k < m->group_start[kind][g + 1]; k++) {
            unsigned other = m->group_member[kind][k];
            bool same = m->home[other] == n;
            if (ws->state[other] == HF_PLACE_STAYS && same == (kind == 0)) {
                hf_place_state_eject(ws, other);
            }
        }
    }
    for (unsigned k = m->rival_start[i]; k < m->rival_start[i + 1]; k++) {
        unsigned other = m->rival[k];
        if (ws->state[other] == HF_PLACE_STAYS && m->home[other] == n) {
            hf_place_state_eject(ws, other);
        }
    }
}

void hf_place_state_place(struct hf_place_workspace *ws, unsigned i, int node)
{
    push(ws, OP_PLACE, i);
    homeless_remove(ws, i);
    ws->state[i] = HF_PLACE_PLACED;
    ws->at[i] = (int8_t)node;
    add_load(ws, i, (unsigned)node, 1);
    ws->cost += ws->model.cost[i][node];
    decide(ws, i, 1);
    refresh_eject(ws, (unsigned)node);
    eject_rivals(ws, i);
}

void hf_place_state_leave_out(struct hf_place_workspace *ws, unsigned i)
{
    push(ws, OP_LEAVE_OUT, i);
    homeless_remove(ws, i);
    ws->state[i] = HF_PLACE_LEFT_OUT;
    ws->left_out[ws->model.cls[i]]++;
    ws->cost += ws->model.cost[i][ws->model.n_nodes];
    decide(ws, i, 1);
}

void hf_place_state_keep(struct hf_place_workspace *ws, unsigned i)
{
    push(ws, OP_KEEP, i);
    ws->state[i] = HF_PLACE_KEPT;
    ws->n_stays[ws->at[i]]--;
    decide(ws, i, 1);
    refresh_apart_stays(ws, ws->model.apart[i]);
    refresh_eject(ws, (unsigned)ws->at[i]);
    eject_rivals(ws, i);
}

void hf_place_state_eject(struct hf_place_workspace *ws, unsigned i)
{
    unsigned n = (unsigned)ws->model.home[i];

    push(ws, OP_EJECT, i);
    homeless_add(ws, i);
    ws->state[i] = HF_PLACE_HOMELESS;
    ws->at[i] = HF_PLACE_NONE;
    ws->n_stays[n]--;
    add_load(ws, i, n, -1);
    ws->cost -= ws->model.cost[i][n];
    ws->moves++;
    refresh_apart_stays(ws, ws->model.apart[i]);
    refresh_eject(ws, n);
}

static void revert_place(struct hf_place_workspace *ws, unsigned i)
{
    unsigned n = (unsigned)ws->at[i];

    decide(ws, i, -1);
    ws->cost -= ws->model.cost[i][n];
    add_load(ws, i, n, -1);
    ws->at[i] = HF_PLACE_NONE;
    ws->state[i] = HF_PLACE_HOMELESS;
    homeless_add(ws, i);
    refresh_eject(ws, n);
}

static void revert_eject(struct hf_place_workspace *ws, unsigned i)
{
    unsigned n = (unsigned)ws->model.home[i];

    ws->moves--;
    ws->cost += ws->model.cost[i][n];
    add_load(ws, i, n, 1);
    ws->at[i] = (int8_t)n;
    ws->n_stays[n]++;
    ws->state[i] = HF_PLACE_STAYS;
    homeless_remove(ws, i);
    refresh_apart_stays(ws, ws->model.apart[i]);
    refresh_eject(ws, n);
}

static void revert(struct hf_place_workspace *ws, const struct hf_place_trail *step)
{
    unsigned i = (unsigned)step->inst;

    if (step->op == OP_PLACE) {
        revert_place(ws, i);
    } else if (step->op == OP_EJECT) {
        revert_eject(ws, i);
    } else if (step->op == OP_KEEP) {
        decide(ws, i, -1);
        ws->n_stays[ws->at[i]]++;
        ws->state[i] = HF_PLACE_STAYS;
        refresh_apart_stays(ws, ws->model.apart[i]);
        refresh_eject(ws, (unsigned)ws->at[i]);
    } else {
        decide(ws, i, -1);
        ws->left_out[ws->model.cls[i]]--;
        ws->cost -= ws->model.cost[i][ws->model.n_nodes];
        ws->state[i] = HF_PLACE_HOMELESS;
        homeless_add(ws, i);
    }
}

void hf_place_state_undo(struct hf_place_workspace *ws, uint32_t mark)
{
    while (ws->n_trail > mark) {
        revert(ws, &ws->trail[--ws->n_trail]);
    }
}
