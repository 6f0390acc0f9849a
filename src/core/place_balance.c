/*
 * Level 4: the lowest maximum utilisation. Bisection over thresholds brings the best placement and
 * the bound together; the last question, strictly below the best, is the proof.
 */

#include "core/place_impl.h"

static enum hf_place_answer try_util(struct hf_place_workspace *ws,
                                     const struct hf_place_util *util, bool strictly,
                                     uint64_t steps)
{
    hf_place_limits_init(ws);
    ws->limits.moves = hf_place_moves_of(&ws->values);
    ws->limits.cost = hf_place_cost_of(ws);
    ws->limits.spread = true;
    hf_place_limits_util(ws, util, strictly);
    enum hf_place_answer answer = hf_place_decide(ws, HF_PLACE_GOAL_COST, 0, steps);
    if (answer == HF_PLACE_FOUND) {
        (void)hf_place_adopt(ws, ws->found);
    }
    return answer;
}

/* The threshold halfway, in 2^-24; the best is rounded down, so that it is below the best. */
static struct hf_place_util halfway(const struct hf_place_util *low,
                                    const struct hf_place_util *high)
{
    int64_t a = (low->used << 20) / low->cap;
    int64_t b = (high->used << 20) / high->cap;

    return (struct hf_place_util){a + (b - a) / 2, HF_PLACE_NORM_ONE, HF_PLACE_NONE, HF_PLACE_NONE};
}

static void raise_low(struct hf_place_util *low, const struct hf_place_util *util)
{
    if (hf_place_util_compare(util, low) > 0) {
        *low = *util;
    }
}

/* *low: nothing below it; *open: nothing has been found at or below it. */
static void bisect(struct hf_place_workspace *ws, struct hf_place_util *low, uint64_t stop)
{
    struct hf_place_util open = *low;
    bool sure = true;

    while (ws->steps < stop) {
        struct hf_place_util middle = halfway(&open, &ws->values.maxutil);
        if (hf_place_util_compare(&middle, &open) <= 0) {
            return;
        }
        enum hf_place_answer answer = try_util(ws, &middle, false, (stop - ws->steps) / 8);
        if (answer == HF_PLACE_FOUND) {
            continue;
        }
        open = middle;
        sure &= answer == HF_PLACE_NO;
        if (sure) {
            raise_low(low, &middle);
        }
    }
}

/* A few changes at a time, as long as that helps. */
static void improve(struct hf_place_workspace *ws, uint64_t stop)
{
    uint64_t slice = 500 + 2 * (uint64_t)ws->model.n_instances * ws->model.n_nodes;

    while (ws->steps < stop &&
           hf_place_improve(ws, HF_PLACE_AIM_UTIL, ws->model.n_classes, slice)) {
    }
}

/* True: there is nothing strictly below the best. */
static bool finish(struct hf_place_workspace *ws)
{
    for (;;) {
        struct hf_place_util best = ws->values.maxutil;
        uint64_t left = hf_place_steps_left(ws);
        if (left == 0) {
            return false;
        }
        enum hf_place_answer answer = try_util(ws, &best, true, left);
        if (answer != HF_PLACE_FOUND) {
            return answer == HF_PLACE_NO;
        }
    }
}

/* The trivial bound. */
static struct hf_place_util floor_util(const struct hf_place_workspace *ws)
{
    return (struct hf_place_util){
        .used = 0, .cap = ws->values.maxutil.cap, .node = HF_PLACE_NONE, .resource = HF_PLACE_NONE};
}

void hf_place_level_balance(struct hf_place_workspace *ws, struct hf_place_result *result)
{
    struct hf_place_util low = floor_util(ws);
    uint64_t left = hf_place_steps_left(ws);
    bool proved = ws->values.maxutil.used == 0;

    if (!proved) {
        struct hf_place_util best = ws->values.maxutil;
        proved = try_util(ws, &best, true, left / 4) == HF_PLACE_NO;
    }
    if (!proved) {
        improve(ws, ws->steps + hf_place_steps_left(ws) / 3);
        bisect(ws, &low, ws->steps + hf_place_steps_left(ws) / 2);
        proved = finish(ws);
    }
    result->proved[HF_PLACE_MAXUTIL] = proved;
    result->maxutil_bound = proved ? ws->values.maxutil : low;
}
