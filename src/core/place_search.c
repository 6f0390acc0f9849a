/*
 * Depth first search for a placement within limits. Complete: when it ends without a placement and
 * without running out of steps, there is none (docs/PLACEMENT.md says why).
 */

#include "core/place_impl.h"

/* xorshift64: for orders on a restart, never for decisions about what is true. */
uint64_t hf_place_random(struct hf_place_workspace *ws)
{
    ws->random ^= ws->random << 13;
    ws->random ^= ws->random >> 7;
    ws->random ^= ws->random << 17;
    return ws->random;
}

/* How full the node is once i has arrived: its fullest resource, in 2^-20. */
static int64_t fullness(const struct hf_place_workspace *ws, unsigned i, unsigned n)
{
    int64_t most = 0;

    for (unsigned r = 0; r < ws->model.n_resources; r++) {
        int64_t cap = ws->model.problem->nodes[n].cap[r];
        int64_t used = ws->load[n][r] + ws->model.need[i][r];
        int64_t full = cap > 0 ? (used << 20) / cap : 0;
        most = full > most ? full : most;
    }
    return most;
}

/* Lower is tried sooner: few ejections, little excess, low cost, then a good fit. */
static int64_t value_score(struct hf_place_workspace *ws, unsigned i, unsigned n)
{
    unsigned eject = 0;

    (void)hf_place_option(ws, i, n, &eject);
    int64_t fit = ws->limits.spread ? fullness(ws, i, n) : HF_PLACE_NORM_ONE - fullness(ws, i, n);
    int64_t score = (int64_t)eject * 64 * HF_PLACE_NORM_ONE + fit / 4;
    if (ws->filtered) {
        score += ws->excess[i][n] >> 8;
    } else if (ws->limits.cost != HF_PLACE_COST_ANY) {
        score += (int64_t)ws->model.cost[i][n] * HF_PLACE_NORM_ONE;
    }
    if (ws->noisy) {
        score += (int64_t)(hf_place_random(ws) % (uint64_t)(HF_PLACE_NORM_ONE / 2));
    }
    return score;
}

static int best_value(struct hf_place_workspace *ws, const struct hf_place_frame *frame)
{
    int best = -1;
    int64_t best_score = 0;

    for (uint64_t left = frame->untried; left; left &= left - 1) {
        unsigned n = hf_place_first(left);
        int64_t score = value_score(ws, (unsigned)frame->inst, n);
        if (best < 0 || score < best_score) {
            best = (int)n;
            best_score = score;
        }
    }
    return best;
}

/* Try the next value of a frame; false: none is left. */
static bool advance(struct hf_place_workspace *ws, struct hf_place_frame *frame)
{
    unsigned i = (unsigned)frame->inst;

    if (frame->eject) {
        if (frame->phase == 2) {
            return false;
        }
        if (frame->phase++ == 0) {
            hf_place_state_eject(ws, i);
        } else {
            hf_place_state_keep(ws, i);
        }
        return true;
    }
    if (frame->untried) {
        int n = best_value(ws, frame);
        frame->untried &= ~hf_place_bit((unsigned)n);
        hf_place_state_place(ws, i, n);
        return true;
    }
    if (frame->untried_out) {
        frame->untried_out = false;
        hf_place_state_leave_out(ws, i);
        return true;
    }
    return false;
}

/* Back to the newest frame with something left to try; false: the search is over. */
static bool backtrack(struct hf_place_workspace *ws)
{
    while (ws->n_frames > 0) {
        struct hf_place_frame *frame = &ws->frames[ws->n_frames - 1];
        hf_place_state_undo(ws, frame->mark);
        if (advance(ws, frame)) {
            return true;
        }
        ws->n_frames--;
    }
    return false;
}

static void record(struct hf_place_workspace *ws)
{
    for (unsigned i = 0; i < ws->model.n_instances; i++) {
        ws->found[i] = ws->at[i];
    }
}

/* An instance alone on its node runs with its full demand, where the node has that much. */
static bool alone_ok(struct hf_place_workspace *ws)
{
    const struct hf_place_problem *p = ws->model.problem;

    if (!ws->model.has_degraded || !ws->limits.util_set) {
        return true;
    }
    hf_place_evaluate(p, ws->at, &ws->trial);
    int order = hf_place_util_compare(&ws->trial.maxutil, &ws->limits.util);
    return order < 0 || (order == 0 && !ws->limits.strictly);
}

/* One node of the tree. */
static bool descend(struct hf_place_workspace *ws, enum hf_place_pick *ret_pick)
{
    HF_ASSERT(ws->n_frames < sizeof(ws->frames) / sizeof(ws->frames[0]));
    struct hf_place_frame *frame = &ws->frames[ws->n_frames];

    ws->steps += 4;
    *ret_pick = hf_place_pick(ws, frame);
    if (*ret_pick == HF_PLACE_PICK_LEAF && !alone_ok(ws)) {
        ws->incomplete = true;
        *ret_pick = HF_PLACE_PICK_FAIL;
    }
    if (*ret_pick == HF_PLACE_PICK_PLACE || *ret_pick == HF_PLACE_PICK_EJECT) {
        frame->mark = ws->n_trail;
        ws->n_frames++;
        return advance(ws, frame);
    }
    return false;
}

enum hf_place_answer hf_place_search(struct hf_place_workspace *ws, uint64_t steps)
{
    uint64_t left = hf_place_steps_left(ws);
    uint64_t stop = ws->steps + (steps < left ? steps : left);
    enum hf_place_pick pick;

    ws->incomplete = false;
    ws->steps += ws->model.n_instances / 2; /* the root is not free */
    if (!hf_place_state_init(ws)) {
        return HF_PLACE_NO;
    }
    for (;;) {
        if (!descend(ws, &pick)) {
            if (pick == HF_PLACE_PICK_LEAF) {
                record(ws);
                return HF_PLACE_FOUND;
            }
            if (!backtrack(ws)) {
                return ws->incomplete ? HF_PLACE_REFUSED : HF_PLACE_NO;
            }
        }
        if (ws->steps >= stop) {
            return HF_PLACE_UNKNOWN;
        }
    }
}

void hf_place_filter_clear(struct hf_place_workspace *ws)
{
    ws->filtered = false;
    for (unsigned i = 0; i < ws->model.n_instances; i++) {
        ws->allowed[i] = ws->model.domain[i];
        ws->may_leave[i] = ws->limits.left_out[ws->model.cls[i]] > 0;
    }
}

/* Restarts with other orders, each four times as long as the one before. */
static enum hf_place_answer restarts(struct hf_place_workspace *ws, uint64_t slice, uint64_t stop)
{
    enum hf_place_answer answer = HF_PLACE_UNKNOWN;

    for (unsigned k = 0; answer == HF_PLACE_UNKNOWN && ws->steps < stop; k++) {
        uint64_t left = stop - ws->steps;
        ws->noisy = k > 0;
        answer = hf_place_search(ws, slice < left ? slice : left);
        slice *= 4;
    }
    ws->noisy = false;
    return answer;
}

/* Is there a placement within ws->limits? Search shortly, then bound, then search on. */
enum hf_place_answer hf_place_decide(struct hf_place_workspace *ws, enum hf_place_goal goal,
                                     unsigned goal_class, uint64_t steps)
{
    uint64_t left = hf_place_steps_left(ws);
    uint64_t slice = 200 + 8 * (uint64_t)ws->model.n_instances * ws->model.n_nodes;
    uint64_t stop = ws->steps + (steps < left ? steps : left);
    enum hf_place_answer answer;

    hf_place_filter_clear(ws);
    answer = hf_place_search(ws, slice);
    if (answer != HF_PLACE_UNKNOWN || ws->steps >= stop) {
        return answer;
    }
    answer = hf_place_bound(ws, goal, goal_class, 80);
    if (answer != HF_PLACE_UNKNOWN) {
        return answer;
    }
    return restarts(ws, slice, stop);
}

/* Bound without a search; true: ws->gap is valid. */
bool hf_place_bound_root(struct hf_place_workspace *ws, enum hf_place_goal goal,
                         unsigned goal_class)
{
    hf_place_filter_clear(ws);
    return hf_place_bound(ws, goal, goal_class, 80) == HF_PLACE_UNKNOWN;
}
