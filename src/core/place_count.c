/*
 * Levels 2 and 3, both counts: the fewest moves, then the lowest cost (passive nodes, then ranks).
 * From below: each value that is proved impossible raises the bound, the first that is found is
 * optimal. Values that stay open are skipped in growing strides and tried again from above.
 */

#include "core/place_impl.h"

struct count_level {
    enum hf_place_goal goal;
    uint64_t low;  /* no placement is below */
    uint64_t high; /* the best placement has this */
};

static uint64_t value_of(const struct hf_place_workspace *ws, enum hf_place_goal goal)
{
    return goal == HF_PLACE_GOAL_MOVE ? hf_place_moves_of(&ws->values) : hf_place_cost_of(ws);
}

static void set_limit(struct hf_place_workspace *ws, enum hf_place_goal goal, uint64_t value)
{
    hf_place_limits_init(ws);
    if (goal == HF_PLACE_GOAL_MOVE) {
        ws->limits.moves = (uint32_t)value;
    } else {
        ws->limits.moves = hf_place_moves_of(&ws->values);
        ws->limits.cost = value;
    }
}

static enum hf_place_answer try_value(struct hf_place_workspace *ws, struct count_level *level,
                                      uint64_t value, uint64_t steps)
{
    set_limit(ws, level->goal, value);
    enum hf_place_answer answer = hf_place_decide(ws, level->goal, 0, steps);
    if (answer == HF_PLACE_FOUND) {
        (void)hf_place_adopt(ws, ws->found);
        level->high = value_of(ws, level->goal);
    } else if (answer == HF_PLACE_NO && value >= level->low) {
        level->low = value + 1;
    }
    return answer;
}

/* The relaxation at the best value says how far below it the bound is. */
static void bound_from_prices(struct hf_place_workspace *ws, struct count_level *level)
{
    set_limit(ws, level->goal, level->high);
    if (!hf_place_bound_root(ws, level->goal, 0)) {
        return;
    }
    uint64_t below = (uint64_t)(ws->gap / HF_PLACE_UNIT);
    if (level->high > below && level->high - below > level->low) {
        level->low = level->high - below;
    }
}

static void climb(struct hf_place_workspace *ws, struct count_level *level, uint64_t stop)
{
    uint64_t stride = 1;
    uint64_t value = level->low;

    while (value < level->high && ws->steps < stop) {
        enum hf_place_answer answer = try_value(
            ws, level, value, (stop - ws->steps) / (level->goal == HF_PLACE_GOAL_MOVE ? 8 : 4));
        if (answer == HF_PLACE_FOUND) {
            return;
        }
        value += stride;
        if (answer == HF_PLACE_UNKNOWN) {
            stride *= 2;
        }
    }
}

/* One below the best, again and again; then the proof from below with what is left. */
static void descend(struct hf_place_workspace *ws, struct count_level *level, uint64_t stop)
{
    while (level->low < level->high && ws->steps < stop) {
        if (try_value(ws, level, level->high - 1, stop - ws->steps) != HF_PLACE_FOUND) {
            break;
        }
    }
    while (level->low < level->high && ws->steps < stop) {
        if (try_value(ws, level, level->low, stop - ws->steps) == HF_PLACE_UNKNOWN) {
            break;
        }
    }
}

/* A few changes at a time, as long as that helps. */
static void improve(struct hf_place_workspace *ws, struct count_level *level, uint64_t slice,
                    uint64_t stop)
{
    bool moves = level->goal == HF_PLACE_GOAL_MOVE;
    enum hf_place_aim aim = moves ? HF_PLACE_AIM_MOVES : HF_PLACE_AIM_COST;

    while (level->low < level->high && ws->steps < stop) {
        if (!hf_place_improve(ws, aim, ws->model.n_classes, slice)) {
            break;
        }
        level->high = value_of(ws, level->goal);
    }
}

static uint64_t solve(struct hf_place_workspace *ws, enum hf_place_goal goal, uint64_t steps)
{
    struct count_level level = {goal, 0, value_of(ws, goal)};
    uint64_t stop = ws->steps + steps;
    uint64_t slice = 500 + 2 * (uint64_t)ws->model.n_instances * ws->model.n_nodes;

    if (level.high == 0) {
        return 0;
    }
    bound_from_prices(ws, &level);
    climb(ws, &level, ws->steps + (goal == HF_PLACE_GOAL_MOVE ? steps / 2 : steps / 16));
    improve(ws, &level, slice, ws->steps + steps / 4);
    descend(ws, &level, stop);
    improve(ws, &level, 4 * slice, stop);
    return level.low;
}

void hf_place_level_moves(struct hf_place_workspace *ws, struct hf_place_result *result)
{
    uint64_t low = solve(ws, HF_PLACE_GOAL_MOVE, hf_place_steps_left(ws) / 8 * 5);

    result->bound[HF_PLACE_MOVES] = (uint32_t)low;
    result->proved[HF_PLACE_MOVES] = low == hf_place_moves_of(&ws->values);
}

void hf_place_level_cost(struct hf_place_workspace *ws, struct hf_place_result *result)
{
    uint64_t low = solve(ws, HF_PLACE_GOAL_COST, hf_place_steps_left(ws) / 16 * 13);
    uint32_t passive = (uint32_t)(low / ws->model.passive_weight);
    bool sure = passive == ws->values.passive;

    result->bound[HF_PLACE_PASSIVE] = passive;
    result->proved[HF_PLACE_PASSIVE] = sure;
    result->bound[HF_PLACE_RANK] = sure ? (uint32_t)(low % ws->model.passive_weight) : 0;
    result->proved[HF_PLACE_RANK] = low == hf_place_cost_of(ws);
}
