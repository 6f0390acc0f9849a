#include "planner_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "planner_gen.h"

static void take_node(const struct hf_place_node *from, unsigned n, struct hf_plan_node *to)
{
    (void)snprintf(to->name, sizeof(to->name), "n%u", n);
    to->passive = from->passive;
    to->up = to->in_service = from->up;
    /* The plan keeps a tenth for the system: the capacity that leaves what the problem has. */
    for (unsigned r = 0; r < HF_RESOURCES; r++)
        to->capacity[r] = (from->cap[r] * 10 + 8) / 9;
}

static void take_instance(const struct hf_place_problem *problem, unsigned i,
                          struct hf_plan_instance *to)
{
    const struct hf_place_instance *from = &problem->instances[i];
    (void)snprintf(to->name, sizeof(to->name), "i%u", i);
    to->priority = from->priority;
    to->wanted = true;
    to->has_degraded = from->has_degraded;
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        to->demand[r] = from->demand[r];
        to->degraded[r] = from->has_degraded ? from->degraded[r] : from->demand[r];
    }
    to->owners = from->owners;
    to->n_preferred = from->n_preferred;
    memcpy(to->preferred, from->preferred, sizeof(to->preferred));
    to->now = from->current;
    to->recovery_ms = HF_PLAN_RECOVERY_UNKNOWN;
    for (unsigned j = 0; j < i && to->n_apart < HF_RELATIONS_MAX; j++)
        if (from->anti_affinity && problem->instances[j].anti_affinity == from->anti_affinity)
            to->apart[to->n_apart++] = (uint16_t)j;
}

int hf_planner_plan(const struct hf_planner_size *size, uint64_t seed, double (*now_ms)(void),
                    struct hf_planner_planned *ret)
{
    struct hf_planner_spec spec = {.n_nodes = size->n_nodes,
                                   .n_instances = size->n_instances,
                                   .n_classes = 3,
                                   .tightness = size->tightness,
                                   .owners = HF_PLANNER_OWNERS_MIXED,
                                   .apart = true};
    struct hf_place_problem *problem = malloc(sizeof(*problem));
    struct hf_plan_input *input = calloc(1, sizeof(*input));
    struct hf_plan *plan = NULL;
    struct hf_plan_heal heal = {0};
    int r = problem && input ? 0 : -1;
    double start = 0;
    if (r == 0) {
        hf_planner_generate(seed, &spec, problem);
        input->witness = true;
        input->n_nodes = problem->n_nodes;
        input->n_instances = problem->n_instances;
        for (unsigned n = 0; n < problem->n_nodes; n++)
            take_node(&problem->nodes[n], n, &input->nodes[n]);
        for (unsigned i = 0; i < problem->n_instances; i++)
            take_instance(problem, i, &input->instances[i]);
        start = now_ms();
        r = hf_plan_make(input, NULL, &plan);
    }
    if (r == 0) {
        ret->losses_ms = now_ms() - start;
        start = now_ms();
        r = hf_plan_make_heal(plan, 0, &heal);
        ret->heal_ms = now_ms() - start;
    }
    for (unsigned k = 0; r == 0 && k < plan->n_cases; k++) {
        ret->losses++;
        ret->carried += plan->cases[k].n_left_out == 0;
        ret->proved += plan->cases[k].proved;
        ret->optimal += plan->cases[k].optimal;
    }
    ret->proposals = heal.n_changes;
    hf_plan_free(plan);
    free(input);
    free(problem);
    return r;
}
