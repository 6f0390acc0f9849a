/* A plan: the losses, a placement for each, and what is left out. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/impl.h"

/* Budget of all losses together, at 10 to 15 ns a step; and what a loss gets at least and at most.
 */
#define STEPS_TOTAL 100000000u
#define STEPS_LEAST_TIMES 20u
#define STEPS_MOST 4000000u
/* A loss that leaves something out without proof is looked at again, this many times longer, while
 * there is something left of as many steps again. */
#define AGAIN_TIMES 8u

struct making {
    struct hf_plan *plan;
    struct hf_plan_solver *solver;
    const struct hf_plan_options *options;
    uint64_t steps; /* of each loss */
    uint64_t again; /* left for second looks */
};

static void add_case(struct hf_plan *plan, enum hf_plan_kind kind, uint64_t lost)
{
    struct hf_plan_case *c = &plan->cases[plan->n_cases++];
    c->kind = kind;
    c->lost = lost;
}

static void add_nodes(struct hf_plan *plan)
{
    const struct hf_plan_input *input = plan->input;
    for (unsigned n = 0; n < input->n_nodes; n++) {
        if (!input->nodes[n].in_service)
            continue;
        add_case(plan, HF_PLAN_NODE, hf_plan_bit(n));
        (void)snprintf(plan->cases[plan->n_cases - 1].name, sizeof(plan->cases->name), "%s",
                       input->nodes[n].name);
    }
}

/* Sites of several nodes that are not all there is: a smaller one is a node, a larger one is all.
 */
static void add_sites(struct hf_plan *plan)
{
    const struct hf_plan_input *input = plan->input;
    uint64_t seen = 0;
    for (unsigned n = 0; n < input->n_nodes; n++) {
        uint64_t site = 0;
        if (!input->nodes[n].site[0] || (seen & hf_plan_bit(n)))
            continue;
        for (unsigned k = n; k < input->n_nodes; k++)
            if (strcmp(input->nodes[k].site, input->nodes[n].site) == 0)
                site |= hf_plan_bit(k);
        seen |= site;
        site &= hf_plan_in_service(input);
        if (__builtin_popcountll(site) < 2 || site == hf_plan_in_service(input))
            continue;
        add_case(plan, HF_PLAN_SITE, site);
        (void)snprintf(plan->cases[plan->n_cases - 1].name, sizeof(plan->cases->name), "site %s",
                       input->nodes[n].site);
    }
}

static void add_pairs(struct hf_plan *plan)
{
    const struct hf_plan_input *input = plan->input;
    for (unsigned a = 0; a < input->n_nodes; a++) {
        for (unsigned b = a + 1; b < input->n_nodes; b++) {
            if (!input->nodes[a].in_service || !input->nodes[b].in_service)
                continue;
            add_case(plan, HF_PLAN_PAIR, hf_plan_bit(a) | hf_plan_bit(b));
            (void)snprintf(plan->cases[plan->n_cases - 1].name, sizeof(plan->cases->name), "%s+%s",
                           input->nodes[a].name, input->nodes[b].name);
        }
    }
}

static int list_losses(struct hf_plan *plan, bool no_pairs)
{
    unsigned n = plan->input->n_nodes;
    plan->cases = calloc(1 + 2 * n + n * n / 2, sizeof(*plan->cases));
    if (!plan->cases)
        return -ENOMEM;
    add_case(plan, HF_PLAN_NORMAL, 0);
    add_nodes(plan);
    add_sites(plan);
    if (!no_pairs)
        add_pairs(plan);
    return 0;
}

static int explain(const struct hf_plan_input *input, struct hf_plan_case *c, unsigned left_out)
{
    if (left_out == 0)
        return 0;
    c->left_out = calloc(left_out, sizeof(*c->left_out));
    if (!c->left_out)
        return -ENOMEM;
    for (unsigned i = 0; i < input->n_instances; i++)
        if (input->instances[i].wanted && c->place[i] < 0)
            c->left_out[c->n_left_out++] =
                hf_plan_explain(input, hf_plan_left(input, c), c->place, i);
    return 0;
}

static void count_moves(const struct hf_plan_input *input, struct hf_plan_case *c,
                        const int8_t *from)
{
    uint64_t left = hf_plan_left(input, c);
    for (unsigned i = 0; i < input->n_instances; i++) {
        int at = from ? from[i] : input->instances[i].now;
        c->n_moved += input->instances[i].wanted && at >= 0 && (left & hf_plan_bit((unsigned)at)) &&
                      c->place[i] != at;
    }
}

static int make_case(struct making *m, struct hf_plan_case *c)
{
    const struct hf_plan_input *input = m->plan->input;
    const int8_t *from = c->kind == HF_PLAN_NORMAL ? NULL : m->plan->cases[0].place;
    c->place = malloc(input->n_instances + 1u);
    c->load = calloc(input->n_nodes + 1u, sizeof(*c->load));
    if (!c->place || !c->load)
        return -ENOMEM;
    unsigned left_out = hf_plan_solve(m->solver, input, c->lost, from, m->steps, c->place);
    if (!m->solver->proved && m->again >= m->steps * AGAIN_TIMES) {
        m->again -= m->steps * AGAIN_TIMES;
        left_out = hf_plan_solve(m->solver, input, c->lost, from, m->steps * AGAIN_TIMES, c->place);
    }

    c->optimal = m->solver->optimal;
    c->proved = m->solver->proved;
    c->quorum = hf_plan_quorum(input, c->lost);
    hf_plan_load(input, c->place, c->load);
    count_moves(input, c, from);
    return explain(input, c, left_out);
}

static uint64_t steps_each(const struct hf_plan *plan, uint64_t total)
{
    uint64_t least =
        (uint64_t)STEPS_LEAST_TIMES * (plan->input->n_nodes + 1) * (plan->input->n_instances + 1);
    uint64_t each = (total ? total : STEPS_TOTAL) / plan->n_cases;
    uint64_t most = least > STEPS_MOST ? least : STEPS_MOST;
    return each < least ? least : each > most ? most : each;
}

static int make_all(struct making *m)
{
    struct hf_plan *plan = m->plan;
    hf_plan_solver_set(m->solver, plan->input);
    m->steps = steps_each(plan, m->options->steps);
    m->again = m->options->steps ? m->options->steps : STEPS_TOTAL;
    for (unsigned k = 0; k < plan->n_cases; k++) {
        if (m->options->progress && !m->options->progress(m->options->user, k, plan->n_cases))
            return -ECANCELED;
        int r = make_case(m, &plan->cases[k]);
        if (r < 0)
            return r;
    }
    return 0;
}

int hf_plan_make(const struct hf_plan_input *input, const struct hf_plan_options *options,
                 struct hf_plan **ret_plan)
{
    static const struct hf_plan_options defaults;
    struct making m = {.plan = calloc(1, sizeof(*m.plan)),
                       .solver = hf_plan_solver_new(),
                       .options = options ? options : &defaults};
    int r = -ENOMEM;
    if (m.plan)
        m.plan->input = malloc(sizeof(*input));
    if (m.plan && m.plan->input && m.solver) {
        *m.plan->input = *input;
        m.plan->votes = hf_plan_votes(input, &m.plan->needed);
        r = list_losses(m.plan, m.options->no_pairs);
    }
    if (r == 0)
        r = make_all(&m);
    hf_plan_solver_free(m.solver);
    if (r == 0)
        *ret_plan = m.plan;
    else
        hf_plan_free(m.plan);
    return r;
}

void hf_plan_free(struct hf_plan *plan)
{
    if (!plan)
        return;
    for (unsigned k = 0; plan->cases && k < plan->n_cases; k++) {
        free(plan->cases[k].place);
        free(plan->cases[k].load);
        free(plan->cases[k].left_out);
    }
    free(plan->cases);
    free(plan->input);
    free(plan);
}
