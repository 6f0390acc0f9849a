/*
 * The next decision: bounds first (they end hopeless branches), then the homeless instance with the
 * fewest options, or an overloaded node.
 */

#include "core/place_impl.h"

struct totals {
    uint64_t cost;  /* least cost of all homeless together */
    int64_t excess; /* least excess of all homeless together */
};

static void offer(struct hf_place_workspace *ws, unsigned i, uint32_t cost, unsigned column)
{
    if (cost < ws->option_cost[i]) {
        ws->option_cost[i] = cost;
    }
    if (ws->filtered && ws->excess[i][column] < ws->option_excess[i]) {
        ws->option_excess[i] = ws->excess[i][column];
    }
}

/* Look at every node for the homeless i. */
static void scan(struct hf_place_workspace *ws, unsigned i)
{
    bool grouped = ws->model.apart[i] || ws->model.joined[i] ||
                   ws->model.rival_start[i] < ws->model.rival_start[i + 1];
    uint64_t nodes = 0;

    ws->option_cost[i] = UINT32_MAX;
    ws->option_excess[i] = ws->filtered ? INT64_MAX : 0;
    for (uint64_t left = hf_place_option_nodes(ws, i); left; left &= left - 1) {
        unsigned n = hf_place_first(left);
        unsigned eject;
        ws->steps++;
        if ((!grouped && hf_place_fits(ws, i, n)) || hf_place_option(ws, i, n, &eject)) {
            nodes |= hf_place_bit(n);
            offer(ws, i, ws->model.cost[i][n], n);
        }
    }
    ws->options[i] = nodes;
    ws->option_out[i] = hf_place_option_leave(ws, i);
    if (ws->option_out[i]) {
        offer(ws, i, ws->model.cost[i][ws->model.n_nodes], ws->model.n_nodes);
    }
    ws->steps++;
}

/* An instance without an option ends the branch; it is looked at first from then on. */
static bool scan_all(struct hf_place_workspace *ws, struct totals *totals)
{
    for (unsigned k = 0; k < ws->n_homeless; k++) {
        unsigned i = ws->homeless[k];
        scan(ws, i);
        if (ws->options[i] == 0 && !ws->option_out[i]) {
            unsigned first = ws->homeless[0];
            ws->homeless[0] = (uint16_t)i;
            ws->homeless_pos[i] = 0;
            ws->homeless[k] = (uint16_t)first;
            ws->homeless_pos[first] = (uint16_t)k;
            ws->weight[i]++;
            return false;
        }
        totals->cost += ws->option_cost[i];
        totals->excess += ws->option_excess[i];
    }
    return true;
}

/* What the cost may still be once later moves have gained all they can. */
static uint64_t cost_room(const struct hf_place_workspace *ws)
{
    return ws->limits.cost + ws->gain[ws->limits.moves - ws->moves];
}

static bool within_bounds(const struct hf_place_workspace *ws, const struct totals *totals)
{
    if (ws->limits.cost != HF_PLACE_COST_ANY && ws->cost + totals->cost > cost_room(ws)) {
        return false;
    }
    return !ws->filtered || ws->spent + totals->excess <= ws->gap;
}

static bool affordable(const struct hf_place_workspace *ws, unsigned i, uint32_t cost,
                       unsigned column, const struct totals *totals)
{
    if (ws->limits.cost != HF_PLACE_COST_ANY &&
        ws->cost + totals->cost - ws->option_cost[i] + cost > cost_room(ws)) {
        return false;
    }
    return !ws->filtered ||
           ws->spent + totals->excess - ws->option_excess[i] + ws->excess[i][column] <= ws->gap;
}

/* Take away the options that would break a bound. */
static void narrow(struct hf_place_workspace *ws, unsigned i, const struct totals *totals)
{
    for (uint64_t left = ws->options[i]; left; left &= left - 1) {
        unsigned n = hf_place_first(left);
        if (!affordable(ws, i, ws->model.cost[i][n], n, totals)) {
            ws->options[i] &= ~hf_place_bit(n);
        }
    }
    unsigned out = ws->model.n_nodes;
    if (ws->option_out[i] && !affordable(ws, i, ws->model.cost[i][out], out, totals)) {
        ws->option_out[i] = false;
    }
}

/* Few options first; on a tie the one that failed most, then the largest. */
static bool sooner(const struct hf_place_workspace *ws, unsigned a, unsigned options_a, unsigned b,
                   unsigned options_b)
{
    uint64_t left = (uint64_t)options_a * (1 + ws->weight[b]);
    uint64_t right = (uint64_t)options_b * (1 + ws->weight[a]);

    if (options_a <= 1 || options_b <= 1) {
        return options_a < options_b;
    }
    if (left != right) {
        return left < right;
    }
    return ws->model.size[a] > ws->model.size[b];
}

static int pick_homeless(struct hf_place_workspace *ws, const struct totals *totals,
                         unsigned *ret_options)
{
    bool bounded = ws->filtered || ws->limits.cost != HF_PLACE_COST_ANY;
    int best = -1;

    for (unsigned k = 0; k < ws->n_homeless; k++) {
        unsigned i = ws->homeless[k];
        if (bounded) {
            narrow(ws, i, totals);
        }
        unsigned options = hf_place_bits(ws->options[i]) + ws->option_out[i];
        if (best < 0 || sooner(ws, i, options, (unsigned)best, *ret_options)) {
            best = (int)i;
            *ret_options = options;
        }
    }
    return best;
}

/* How much of the overload of node n goes away with i, in 2^-20 of the overload of a resource. */
static int64_t relief(const struct hf_place_workspace *ws, unsigned i, unsigned n)
{
    int64_t sum = 0;

    for (unsigned r = 0; r < ws->model.n_resources; r++) {
        int64_t over = ws->load[n][r] - ws->limits.cap[n][r];
        if (over > 0) {
            int64_t most = ws->model.need[i][r] < over ? ws->model.need[i][r] : over;
            sum += (most << 20) / over;
        }
    }
    return sum;
}

/* Of those that stay on node n: the one that relieves it best; the smallest on a tie. */
static int pick_leaver(struct hf_place_workspace *ws, unsigned n)
{
    const struct hf_place_model *m = &ws->model;
    int best = -1;
    int64_t best_relief = 0;

    for (unsigned k = m->home_start[n]; k < m->home_start[n + 1]; k++) {
        unsigned i = m->home_by[0][k];
        if (ws->state[i] != HF_PLACE_STAYS) {
            continue;
        }
        int64_t r = relief(ws, i, n);
        ws->steps++;
        bool tie = best >= 0 && r == best_relief;
        if (best < 0 || r > best_relief || (tie && m->size[i] < m->size[best])) {
            best = (int)i;
            best_relief = r;
        }
    }
    return best;
}

/* The overloaded node with the fewest candidates to send away. */
static int pick_overload(const struct hf_place_workspace *ws)
{
    const struct hf_place_model *m = &ws->model;
    int best = -1;
    unsigned best_count = 0;

    for (unsigned n = 0; ws->eject_sum > 0 && n < m->n_nodes; n++) {
        if (ws->eject[n] == 0) {
            continue;
        }
        unsigned count = ws->n_stays[n];
        if (best < 0 || count < best_count) {
            best = (int)n;
            best_count = count;
        }
    }
    return best;
}

static int pick_clash(const struct hf_place_workspace *ws)
{
    for (unsigned k = 0; k < ws->n_clash; k++) {
        if (hf_place_clash(ws, ws->clash[k])) {
            return ws->clash[k];
        }
    }
    return -1;
}

/* Everyone has a place, at too high a cost: who stays where leaving would help most? -1: no one. */
static int pick_costly(struct hf_place_workspace *ws)
{
    int best = -1;

    ws->steps += ws->model.n_instances / 8;
    for (unsigned i = 0; ws->moves < ws->limits.moves && i < ws->model.n_instances; i++) {
        if (ws->state[i] == HF_PLACE_STAYS && ws->gain_one[i] > 0 &&
            (best < 0 || ws->gain_one[i] > ws->gain_one[best])) {
            best = (int)i;
        }
    }
    return best;
}

static enum hf_place_pick place_frame(const struct hf_place_workspace *ws, int i,
                                      struct hf_place_frame *frame)
{
    *frame = (struct hf_place_frame){
        .inst = (int16_t)i, .untried = ws->options[i], .untried_out = ws->option_out[i]};
    return HF_PLACE_PICK_PLACE;
}

static enum hf_place_pick eject_frame(int i, struct hf_place_frame *frame)
{
    *frame = (struct hf_place_frame){.inst = (int16_t)i, .eject = 1};
    return HF_PLACE_PICK_EJECT;
}

enum hf_place_pick hf_place_pick(struct hf_place_workspace *ws, struct hf_place_frame *frame)
{
    struct totals totals = {0, 0};
    unsigned options = 0;

    if (ws->n_broken > 0 || ws->moves + ws->eject_sum > ws->limits.moves ||
        !scan_all(ws, &totals) || !within_bounds(ws, &totals)) {
        return HF_PLACE_PICK_FAIL;
    }
    int i = pick_homeless(ws, &totals, &options);
    if (i >= 0 && options <= 1) {
        return options == 0 ? HF_PLACE_PICK_FAIL : place_frame(ws, i, frame);
    }
    int n = pick_overload(ws);
    if (n >= 0) {
        return eject_frame(pick_leaver(ws, (unsigned)n), frame);
    }
    if (i >= 0) {
        return place_frame(ws, i, frame);
    }
    int clash = pick_clash(ws);
    if (clash >= 0) {
        return eject_frame(clash, frame);
    }
    if (ws->cost <= ws->limits.cost) {
        return HF_PLACE_PICK_LEAF;
    }
    int costly = pick_costly(ws);
    return costly >= 0 ? eject_frame(costly, frame) : HF_PLACE_PICK_FAIL;
}
