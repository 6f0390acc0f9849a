/*
 * The least change that heals a verdict. Kinds of change are tried in the order of what they cost:
 * a vote, one more possible owner, more of a resource on one node, the same on every node, one more
 * passive node. Amounts are the smallest that do: one resource after the other is brought down by
 * bisection while the others are as they are. Each proposal is planned again before it is given.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plan/impl.h"

#define STEPS_TOTAL 250000000u /* two seconds, and some more for the plans with the proposals */
#define STEPS_PLAN 20000000u
#define GROWN_MAX 3u /* single nodes that are named */
#define OWNERS_MAX 3u

struct healing {
    const struct hf_plan *plan;
    struct hf_plan_solver *solver;
    struct hf_plan_input *input; /* with the change that is tried */
    int8_t *place;
    struct hf_plan_heal *heal;
    uint64_t *targets; /* losses that must be carried; the last that failed first */
    unsigned n_targets;
    uint64_t steps; /* of one try */
    uint64_t left;  /* of all */
};

/* Is every target carried with the change? It is tried from where the plan has the instances. */
static bool carries(struct healing *h, const struct hf_plan_change *change)
{
    *h->input = *h->plan->input;
    if (!hf_plan_change_apply(h->input, change))
        return false;
    hf_plan_solver_set(h->solver, h->input);
    for (unsigned k = 0; k < h->n_targets; k++) {
        if (h->left < h->steps) {
            h->heal->cut_short = true;
            return false;
        }
        uint64_t lost = h->targets[k];
        const int8_t *from = lost ? h->plan->cases[0].place : NULL;
        unsigned left_out = hf_plan_solve(h->solver, h->input, lost, from, h->steps, h->place);
        uint64_t used = h->solver->result.steps;
        h->left -= used < h->left ? used : h->left;
        if (left_out == 0)
            continue;
        memmove(h->targets + 1, h->targets, k * sizeof(*h->targets));
        h->targets[0] = lost;
        return false;
    }
    return true;
}

/* The whole plan again. Nothing that is asked for may leave anything out. */
static int verified(const struct healing *h, const struct hf_plan_change *change, bool *ret)
{
    struct hf_plan_options options = {.steps = STEPS_PLAN,
                                      .no_pairs = h->heal->goal == HF_PLAN_NODE};
    struct hf_plan_verdict verdict;
    struct hf_plan *plan = NULL;
    *ret = false;
    *h->input = *h->plan->input;
    if (!hf_plan_change_apply(h->input, change))
        return 0;
    int r = hf_plan_make(h->input, &options, &plan);
    if (r < 0)
        return r;
    hf_plan_judge(plan, &verdict);
    bool votes = change->kind != HF_PLAN_ADD_WITNESS || verdict.no_quorum[h->heal->goal] == 0;
    *ret = verdict.left_out[HF_PLAN_NORMAL] == 0 && verdict.left_out[HF_PLAN_NODE] == 0 && votes &&
           (h->heal->goal == HF_PLAN_NODE ||
            verdict.left_out[HF_PLAN_PAIR] <= verdict.no_quorum[HF_PLAN_PAIR]);
    hf_plan_free(plan);
    return 0;
}

static int propose(struct healing *h, const struct hf_plan_change *change)
{
    bool good = false;
    if (h->heal->n_changes == HF_PLAN_CHANGES_MAX)
        return 0;
    int r = verified(h, change, &good);
    if (r == 0 && good)
        h->heal->changes[h->heal->n_changes++] = *change;
    return r;
}

/* ---- Amounts ---- */

static int64_t demanded(const struct hf_plan_input *input, unsigned r)
{
    int64_t total = 0;
    for (unsigned i = 0; i < input->n_instances; i++)
        total += input->instances[i].wanted ? input->instances[i].demand[r] : 0;
    return total;
}

/* Round amounts, as machines are bought; finer where everything is small. */
static int64_t unit_of(unsigned r, int64_t total)
{
    static const int64_t units[HF_RESOURCES][4] = {[HF_CPU] = {1000, 500, 100, 10},
                                                   [HF_MEMORY] = {1024, 256, 64, 1},
                                                   [HF_NETWORK] = {1000, 100, 10, 1},
                                                   [HF_IOPS] = {1000, 100, 10, 1}};
    for (unsigned k = 0; k < 3; k++)
        if (units[r][k] * 32 <= total)
            return units[r][k];
    return units[r][3];
}

/* Room for everything there is, the reserve included. */
static int64_t units_for_all(unsigned r, int64_t total, int reserve)
{
    int64_t unit = unit_of(r, total);
    int64_t gross = total * 100 / (100 - reserve) + 1;
    return total ? gross / unit + 1 : 0;
}

/* The fewest units of resource r that still do; change carries the others. */
static void bring_down(struct healing *h, struct hf_plan_change *change, unsigned r, int64_t most)
{
    int64_t unit = unit_of(r, demanded(h->plan->input, r));
    int64_t low = change->kind == HF_PLAN_ADD_NODE && most > 0 ? 1 : 0; /* 0 says "not known" */
    int64_t high = most;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        change->amount[r] = middle * unit;
        if (carries(h, change))
            high = middle;
        else
            low = middle + 1;
    }
    change->amount[r] = high * unit;
}

/* False: not even with room for everything. */
static bool least_amount(struct healing *h, struct hf_plan_change *change)
{
    static const unsigned order[HF_RESOURCES] = {HF_IOPS, HF_NETWORK, HF_CPU, HF_MEMORY};
    int64_t most[HF_RESOURCES];
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        int64_t total = demanded(h->plan->input, r);
        most[r] = units_for_all(r, total, h->plan->input->reserve);
        change->amount[r] = most[r] * unit_of(r, total);
    }
    if (!carries(h, change))
        return false;
    for (unsigned k = 0; k < HF_RESOURCES; k++)
        bring_down(h, change, order[k], most[order[k]]);
    return true;
}

/* How much it is: in thousandths of what everything demands, over the resources. */
static int64_t weigh(const struct hf_plan_input *input, const struct hf_plan_change *change)
{
    int64_t weight = 0;
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        int64_t total = demanded(input, r);
        weight += total ? change->amount[r] * 1000 / total : 0;
    }
    return change->kind == HF_PLAN_GROW_ALL ? weight * input->n_nodes : weight;
}

/* ---- Kinds of change ---- */

static int try_witness(struct healing *h)
{
    struct hf_plan_change change = {.kind = HF_PLAN_ADD_WITNESS};
    struct hf_plan_verdict verdict;
    hf_plan_judge(h->plan, &verdict);
    if (h->plan->input->witness || verdict.no_quorum[HF_PLAN_NODE] == 0)
        return 0;
    return propose(h, &change);
}

static int try_owners(struct healing *h)
{
    const struct hf_plan_input *input = h->plan->input;
    unsigned found = 0;
    for (unsigned i = 0; i < input->n_instances; i++) {
        for (unsigned n = 0; n < input->n_nodes && found < OWNERS_MAX; n++) {
            struct hf_plan_change change = {
                .kind = HF_PLAN_ADD_OWNER, .instance = (uint16_t)i, .node = (uint8_t)n};
            if (!input->instances[i].wanted || (input->instances[i].owners & hf_plan_bit(n)) ||
                !carries(h, &change))
                continue;
            int r = propose(h, &change);
            if (r < 0)
                return r;
            found++;
        }
    }
    return 0;
}

/* A node helps alone only where it is left in every target. */
static bool always_left(const struct healing *h, unsigned n)
{
    for (unsigned k = 0; k < h->n_targets; k++)
        if (h->targets[k] & hf_plan_bit(n))
            return false;
    return h->plan->input->nodes[n].in_service;
}

static int compare_weight(const void *a, const void *b)
{
    const struct hf_plan_change *x = a;
    const struct hf_plan_change *y = b;
    return x->weight != y->weight ? (x->weight > y->weight) - (x->weight < y->weight)
                                  : x->node - y->node;
}

static int try_nodes(struct healing *h)
{
    struct hf_plan_change found[HF_NODES_MAX];
    unsigned count = 0;
    for (unsigned n = 0; n < h->plan->input->n_nodes; n++) {
        struct hf_plan_change change = {.kind = HF_PLAN_GROW_NODE, .node = (uint8_t)n};
        if (!always_left(h, n) || !least_amount(h, &change))
            continue;
        change.weight = weigh(h->plan->input, &change);
        found[count++] = change;
    }
    qsort(found, count, sizeof(found[0]), compare_weight);
    for (unsigned k = 0; k < count && k < GROWN_MAX; k++) {
        int r = propose(h, &found[k]);
        if (r < 0)
            return r;
    }
    return 0;
}

static int try_amount(struct healing *h, enum hf_plan_change_kind kind)
{
    struct hf_plan_change change = {.kind = kind};
    if (!least_amount(h, &change))
        return 0;
    change.weight = weigh(h->plan->input, &change);
    return propose(h, &change);
}

static int try_all(struct healing *h)
{
    int r = try_witness(h);
    if (h->n_targets == 0)
        return r;
    if (r == 0)
        r = try_owners(h);
    if (r == 0)
        r = try_nodes(h);
    if (r == 0)
        r = try_amount(h, HF_PLAN_GROW_ALL);
    return r == 0 ? try_amount(h, HF_PLAN_ADD_NODE) : r;
}

/* Losses up to the goal's kind that leave something out although they may act. */
static void set_targets(struct healing *h)
{
    for (unsigned k = 0; k < h->plan->n_cases; k++) {
        const struct hf_plan_case *c = &h->plan->cases[k];
        bool counts = c->kind == HF_PLAN_NORMAL || c->kind == HF_PLAN_NODE ||
                      (c->kind == HF_PLAN_PAIR && h->heal->goal == HF_PLAN_PAIR && c->quorum);
        if (counts && c->n_left_out)
            h->targets[h->n_targets++] = c->lost;
    }
}

/* First what single failures need; when all of those are carried, what pairs need. */
static bool set_goal(const struct hf_plan *plan, struct hf_plan_heal *heal)
{
    struct hf_plan_verdict v;
    hf_plan_judge(plan, &v);
    bool single = v.normal && v.carried[HF_PLAN_NODE] == v.total[HF_PLAN_NODE];
    heal->goal = single ? HF_PLAN_PAIR : HF_PLAN_NODE;
    heal->wanted = !single;
    for (unsigned k = 0; single && k < plan->n_cases; k++)
        heal->wanted |= plan->cases[k].kind == HF_PLAN_PAIR && plan->cases[k].quorum &&
                        plan->cases[k].n_left_out > 0;
    return heal->wanted;
}

int hf_plan_make_heal(const struct hf_plan *plan, uint64_t steps, struct hf_plan_heal *ret)
{
    const struct hf_plan_input *input = plan->input;
    uint64_t size = (uint64_t)(input->n_nodes + 1) * (input->n_instances + 1);
    *ret = (struct hf_plan_heal){0};
    if (!set_goal(plan, ret))
        return 0;
    struct healing h = {.plan = plan,
                        .solver = hf_plan_solver_new(),
                        .input = malloc(sizeof(*input)),
                        .place = malloc(input->n_instances + 1u),
                        .heal = ret,
                        .targets = calloc(plan->n_cases, sizeof(*h.targets)),
                        .steps = 100000 + 100 * size,
                        .left = steps ? steps : STEPS_TOTAL};
    int r = -ENOMEM;
    if (h.solver && h.input && h.place && h.targets) {
        set_targets(&h);
        r = try_all(&h);
    }
    free(h.targets);
    free(h.place);
    free(h.input);
    hf_plan_solver_free(h.solver);
    return r;
}
