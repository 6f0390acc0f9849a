/* The levels, one after the other. */

#include <string.h>

#include "core/place_impl.h"

uint64_t hf_place_default_steps(const struct hf_place_problem *problem)
{
    uint64_t pairs = (uint64_t)problem->n_nodes * problem->n_instances;

    return 4000000 + 700 * pairs;
}

static void init(struct hf_place_workspace *ws, const struct hf_place_problem *problem,
                 uint64_t budget_steps)
{
    hf_place_model_init(&ws->model, problem);
    memset(ws->weight, 0, sizeof(ws->weight));
    memset(ws->best, HF_PLACE_NONE, sizeof(ws->best));
    ws->random = 0x9e3779b97f4a7c15u;
    ws->noisy = false;
    ws->steps = 0;
    ws->steps_max = budget_steps;
    hf_place_evaluate(problem, ws->best, &ws->values);
}

/* A level counts as proved only after all before it. */
static void conclude(const struct hf_place_workspace *ws, struct hf_place_result *result)
{
    bool sure = result->n_classes_proved == ws->model.n_classes;

    for (unsigned level = 0; level < HF_PLACE_LEVELS; level++) {
        sure &= result->proved[level];
        result->proved[level] = sure;
    }
    result->status = sure ? HF_PLACE_OPTIMAL : HF_PLACE_FEASIBLE;
    result->steps = ws->steps;
    result->values = ws->values;
    memcpy(result->node, ws->best, sizeof(result->node));
}

void hf_place_solve(const struct hf_place_problem *problem, struct hf_place_workspace *ws,
                    uint64_t budget_steps, struct hf_place_result *result)
{
    unsigned index = 0;
    HF_ASSERT(hf_place_check(problem, &index) == HF_PLACE_FAULT_NONE);

    memset(result, 0, sizeof(*result));
    init(ws, problem, budget_steps);
    hf_place_level_serve(ws, result);
    hf_place_level_moves(ws, result);
    hf_place_level_cost(ws, result);
    hf_place_level_balance(ws, result);
    conclude(ws, result);
    HF_ASSERT(hf_place_feasible(problem, result->node, &index));
}
