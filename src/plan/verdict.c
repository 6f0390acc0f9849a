/* What a plan says in numbers: quorum, utilisation, and how many losses are carried. */

#include "plan/impl.h"

unsigned hf_plan_votes(const struct hf_plan_input *input, unsigned *ret_needed)
{
    unsigned votes = input->n_nodes + input->witness;
    *ret_needed = votes / 2 + 1;
    return votes;
}

bool hf_plan_quorum(const struct hf_plan_input *input, uint64_t lost)
{
    unsigned needed = 0;
    unsigned left = input->witness;
    (void)hf_plan_votes(input, &needed);
    for (unsigned n = 0; n < input->n_nodes; n++)
        left += input->nodes[n].up && !(lost & hf_plan_bit(n));
    return left >= needed;
}

uint64_t hf_plan_left(const struct hf_plan_input *input, const struct hf_plan_case *c)
{
    return hf_plan_in_service(input) & ~c->lost;
}

int hf_plan_home(const struct hf_plan *plan, unsigned instance)
{
    return plan->cases[0].place[instance];
}

bool hf_plan_carried(const struct hf_plan_case *c)
{
    return c->quorum && c->n_left_out == 0;
}

int hf_plan_permille(int64_t used, int64_t capacity)
{
    return capacity > 0 ? (int)((used * 1000 + capacity - 1) / capacity) : -1;
}

bool hf_plan_fullest(const struct hf_plan *plan, const struct hf_plan_case *c, uint64_t nodes,
                     struct hf_plan_fullest *ret)
{
    ret->permille = -1;
    for (unsigned n = 0; n < plan->input->n_nodes; n++) {
        for (unsigned r = 0; (nodes & hf_plan_bit(n)) && r < HF_RESOURCES; r++) {
            int full = hf_plan_permille(c->load[n][r], plan->input->nodes[n].capacity[r]);
            if (full > ret->permille)
                *ret = (struct hf_plan_fullest){n, r, full};
        }
    }
    return ret->permille >= 0;
}

static bool demands_anything(const struct hf_plan_instance *instance)
{
    for (unsigned r = 0; r < HF_RESOURCES; r++)
        if (instance->demand[r])
            return true;
    return false;
}

static void count_unknown(const struct hf_plan_input *input, struct hf_plan_verdict *ret)
{
    bool demanded[HF_RESOURCES] = {false};
    for (unsigned i = 0; i < input->n_instances; i++) {
        ret->unknown_demands +=
            input->instances[i].wanted && !demands_anything(&input->instances[i]);
        for (unsigned r = 0; r < HF_RESOURCES; r++)
            demanded[r] |= input->instances[i].demand[r] > 0;
    }
    for (unsigned n = 0; n < input->n_nodes; n++) {
        bool unknown = false;
        for (unsigned r = 0; r < HF_RESOURCES; r++)
            unknown |= demanded[r] && !input->nodes[n].capacity[r];
        ret->unknown_capacities += unknown;
    }
}

bool hf_plan_wants_pairs(const struct hf_plan_input *input)
{
    return input->survive >= 2;
}

void hf_plan_judge(const struct hf_plan *plan, struct hf_plan_verdict *ret)
{
    *ret = (struct hf_plan_verdict){.required = hf_plan_wants_pairs(plan->input) ? 2 : 1};
    for (unsigned k = 0; k < plan->n_cases; k++) {
        const struct hf_plan_case *c = &plan->cases[k];
        ret->total[c->kind]++;
        ret->carried[c->kind] += hf_plan_carried(c);
        ret->no_quorum[c->kind] += !c->quorum;
        ret->left_out[c->kind] += c->n_left_out > 0;
    }
    ret->normal = hf_plan_carried(&plan->cases[0]);
    ret->holds = ret->normal && ret->carried[HF_PLAN_NODE] == ret->total[HF_PLAN_NODE];
    if (ret->required == 2)
        ret->holds &= ret->carried[HF_PLAN_PAIR] == ret->total[HF_PLAN_PAIR];
    count_unknown(plan->input, ret);
}
