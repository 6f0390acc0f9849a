/* What can be done with an instance in this state, and at what price in moves. */

#include "core/place_impl.h"

/* How many of those that stay on a node must leave to bring resource r down by `over`. */
static unsigned eject_resource(const struct hf_place_workspace *ws, unsigned n, unsigned r,
                               int64_t over)
{
    const struct hf_place_model *m = &ws->model;
    unsigned count = 0;

    for (unsigned k = m->home_start[n]; over > 0 && k < m->home_start[n + 1]; k++) {
        unsigned i = m->home_by[r][k];
        if (ws->state[i] == HF_PLACE_STAYS) {
            over -= m->need[i][r];
            count++;
        }
    }
    return over > 0 ? HF_PLACE_BROKEN : count;
}

/* A lower bound on what must leave the node once `add` has arrived; BROKEN: nothing helps. */
unsigned hf_place_eject_count(const struct hf_place_workspace *ws, unsigned n, const int64_t *add)
{
    unsigned most = 0;

    for (unsigned r = 0; r < ws->model.n_resources; r++) {
        int64_t over = ws->load[n][r] + (add ? add[r] : 0) - ws->limits.cap[n][r];
        if (over > 0) {
            unsigned count = eject_resource(ws, n, r, over);
            most = count > most ? count : most;
        }
    }
    return most;
}

/*
 * Members of i's group that stay on another node than n: they would have to come along. Those on
 * an overloaded node are not counted, they may be the ones that must leave it anyhow.
 */
static unsigned joined_elsewhere(const struct hf_place_workspace *ws, unsigned i, unsigned n)
{
    const struct hf_place_model *m = &ws->model;
    unsigned g = m->joined[i];
    unsigned count = 0;

    for (unsigned k = m->group_start[1][g]; k < m->group_start[1][g + 1]; k++) {
        unsigned other = m->group_member[1][k];
        count += ws->state[other] == HF_PLACE_STAYS && m->home[other] != (int)n &&
                 ws->eject[m->home[other]] == 0;
    }
    return count;
}

/* The nodes that decisions about those i is kept apart from have taken. */
uint64_t hf_place_rivals_fixed(const struct hf_place_workspace *ws, unsigned i)
{
    const struct hf_place_model *m = &ws->model;
    uint64_t nodes = 0;

    for (unsigned k = m->rival_start[i]; k < m->rival_start[i + 1]; k++) {
        unsigned other = m->rival[k];
        if (ws->state[other] == HF_PLACE_KEPT || ws->state[other] == HF_PLACE_PLACED) {
            nodes |= hf_place_bit((unsigned)ws->at[other]);
        }
    }
    return nodes;
}

/* How many of those i is kept apart from stay on n: all of them would have to leave. */
unsigned hf_place_rivals_staying(const struct hf_place_workspace *ws, unsigned i, unsigned n)
{
    const struct hf_place_model *m = &ws->model;
    unsigned count = 0;

    for (unsigned k = m->rival_start[i]; k < m->rival_start[i + 1]; k++) {
        unsigned other = m->rival[k];
        count += ws->state[other] == HF_PLACE_STAYS && m->home[other] == (int)n;
    }
    return count;
}

/* A lower bound on what must leave n once i is there: for room, and for anti-affinity. */
static unsigned leavers(const struct hf_place_workspace *ws, unsigned i, unsigned n)
{
    unsigned apart = ws->model.apart[i];
    unsigned count = 0;

    if (!hf_place_fits(ws, i, n)) {
        count = hf_place_eject_count(ws, n, ws->model.need[i]);
    }
    if (count == 0 && apart && (ws->apart_stays[apart] & hf_place_bit(n))) {
        count = 1;
    }
    unsigned rivals = hf_place_rivals_staying(ws, i, n);
    return rivals > count ? rivals : count; /* BROKEN is above any count */
}

/*
 * Can the homeless i go to node n? *ret_eject: how many must leave because of it, at least, on top
 * of those that must leave already.
 */
bool hf_place_option(struct hf_place_workspace *ws, unsigned i, unsigned n, unsigned *ret_eject)
{
    uint32_t spare = ws->limits.moves - ws->moves - ws->eject_sum;

    if (spare == 0 && ws->eject[n] == 0 && !hf_place_fits(ws, i, n)) {
        return false;
    }
    ws->steps++;
    unsigned count = leavers(ws, i, n);
    if (count == HF_PLACE_BROKEN) {
        return false;
    }
    unsigned more = count - ws->eject[n];
    if (ws->model.joined[i]) {
        unsigned along = joined_elsewhere(ws, i, n);
        more = along > more ? along : more;
    }
    *ret_eject = more;
    return more <= spare;
}

/* The nodes that are not ruled out for the homeless i by decisions about others. */
uint64_t hf_place_option_nodes(const struct hf_place_workspace *ws, unsigned i)
{
    const struct hf_place_model *m = &ws->model;
    uint64_t nodes = ws->allowed[i];

    if (m->home[i] >= 0) {
        nodes &= ~hf_place_bit((unsigned)m->home[i]);
    }
    if (m->apart[i]) {
        nodes &= ~ws->apart_fixed[m->apart[i]];
    }
    nodes &= ~hf_place_rivals_fixed(ws, i);
    if (m->joined[i] && ws->joined_fixed[m->joined[i]] > 0) {
        nodes &= hf_place_bit((unsigned)ws->joined_at[m->joined[i]]);
    }
    return nodes;
}

bool hf_place_option_leave(const struct hf_place_workspace *ws, unsigned i)
{
    unsigned c = ws->model.cls[i];

    return ws->may_leave[i] && ws->left_out[c] < ws->limits.left_out[c];
}
