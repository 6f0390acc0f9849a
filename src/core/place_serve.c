/*
 * Level 1: serve as many as possible, class by class. First the hope that everything fits, with few
 * moves; then a class at a time, each with the number that those before it can not do without.
 */

#include <string.h>

#include "core/place_impl.h"

/* One budget of moves after the other: solutions with few moves are found soonest. */
static enum hf_place_answer ladder(struct hf_place_workspace *ws, unsigned goal_class,
                                   uint64_t steps)
{
    uint32_t any = ws->model.n_instances;
    uint64_t stop = ws->steps + steps;
    enum hf_place_answer answer;

    ws->limits.moves = any;
    answer = hf_place_decide(ws, HF_PLACE_GOAL_SERVE, goal_class, steps / 16);
    if (answer == HF_PLACE_NO) {
        return answer;
    }
    if (answer == HF_PLACE_FOUND) {
        (void)hf_place_adopt(ws, ws->found);
        return answer;
    }
    for (uint32_t moves = 1; moves < any && ws->steps < stop; moves += (moves + 1) / 2) {
        ws->limits.moves = moves;
        answer = hf_place_decide(ws, HF_PLACE_GOAL_MOVE, 0, (stop - ws->steps) / 6);
        if (answer == HF_PLACE_FOUND) {
            (void)hf_place_adopt(ws, ws->found);
            return answer;
        }
    }
    if (ws->steps >= stop) {
        return HF_PLACE_UNKNOWN;
    }
    ws->limits.moves = any;
    answer = hf_place_decide(ws, HF_PLACE_GOAL_SERVE, goal_class, stop - ws->steps);
    if (answer == HF_PLACE_FOUND) {
        (void)hf_place_adopt(ws, ws->found);
    }
    return answer;
}

static unsigned left_out(const struct hf_place_workspace *ws, unsigned c)
{
    return ws->model.class_size[c] - (unsigned)ws->values.served[c];
}

/* Is one more of class c possible at all? The whole search, for a while. */
static enum hf_place_answer one_more(struct hf_place_workspace *ws, unsigned c, uint64_t steps)
{
    hf_place_limits_init(ws);
    ws->limits.n_classes = c + 1;
    ws->limits.left_out[c]--;
    enum hf_place_answer answer = hf_place_decide(ws, HF_PLACE_GOAL_SERVE, c, steps);
    if (answer == HF_PLACE_FOUND) {
        (void)hf_place_adopt(ws, ws->found);
    }
    return answer;
}

/* The least that the relaxation leaves out of class c: what is below is impossible. */
static unsigned least_left_out(struct hf_place_workspace *ws, unsigned c)
{
    unsigned low = 0;
    unsigned high = left_out(ws, c);

    while (low < high && hf_place_steps_left(ws) > 0) {
        unsigned middle = low + (high - low) / 2;
        hf_place_limits_init(ws);
        ws->limits.n_classes = c + 1;
        ws->limits.left_out[c] = (uint16_t)middle;
        if (hf_place_bound_root(ws, HF_PLACE_GOAL_SERVE, c)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

/* Serve as many of class c as can be found. Returns the proved least number left out. */
static unsigned serve_class(struct hf_place_workspace *ws, unsigned c, uint64_t steps)
{
    uint64_t stop = ws->steps + steps;
    uint64_t slice = 500 + 4 * (uint64_t)ws->model.n_instances * ws->model.n_nodes;

    hf_place_greedy_class(ws, c);
    unsigned least = least_left_out(ws, c);
    while (left_out(ws, c) > least && ws->steps < stop) {
        enum hf_place_answer answer = one_more(ws, c, slice);
        if (answer == HF_PLACE_NO) {
            return left_out(ws, c);
        }
        if (answer == HF_PLACE_FOUND || hf_place_improve(ws, HF_PLACE_AIM_SERVE, c + 1, slice) ||
            hf_place_improve(ws, HF_PLACE_AIM_LOAD, c + 1, slice)) {
            continue;
        }
        slice += slice / 2;
    }
    return least;
}

/* Does everything fit? Most often it does, and a few moves are enough. */
static bool serve_all(struct hf_place_workspace *ws, uint64_t steps)
{
    hf_place_limits_init(ws);
    memset(ws->limits.left_out, 0, sizeof(ws->limits.left_out));
    return ladder(ws, ws->model.n_classes - 1, steps) == HF_PLACE_FOUND;
}

static void prove(struct hf_place_workspace *ws, struct hf_place_result *result, unsigned c,
                  unsigned least)
{
    unsigned served = ws->model.class_size[c] - least;

    result->served_bound[c] = (uint16_t)served;
    if (result->n_classes_proved == c && ws->values.served[c] == served) {
        result->n_classes_proved++;
    }
}

void hf_place_level_serve(struct hf_place_workspace *ws, struct hf_place_result *result)
{
    unsigned n_classes = ws->model.n_classes;
    uint64_t budget = hf_place_steps_left(ws) / 2;

    result->n_classes_proved = 0;
    if (n_classes == 0) {
        return;
    }
    if (serve_all(ws, budget / 2)) {
        for (unsigned c = 0; c < n_classes; c++) {
            prove(ws, result, c, 0);
        }
        return;
    }
    uint64_t stop = ws->steps + budget;
    for (unsigned c = 0; c < n_classes; c++) {
        uint64_t left = stop > ws->steps ? stop - ws->steps : 0;
        prove(ws, result, c, serve_class(ws, c, left / (n_classes - c < 3 ? n_classes - c : 3)));
    }
}
