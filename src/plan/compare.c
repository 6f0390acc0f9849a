/* What an action does to the verdict: the same losses now and afterwards, side by side. */

#include <stdlib.h>
#include <string.h>

#include "plan/impl.h"

/* ---- Actions ---- */

static bool goes_along(const struct hf_plan_input *input, unsigned i, unsigned with)
{
    const struct hf_plan_instance *a = &input->instances[i];
    const struct hf_plan_instance *b = &input->instances[with];
    return i == with || (b->together && a->together == b->together && a->now == b->now);
}

void hf_plan_act_move(struct hf_plan_input *input, unsigned instance, unsigned node)
{
    bool goes[HF_INSTANCES_MAX] = {false};
    for (unsigned i = 0; i < input->n_instances; i++)
        goes[i] = goes_along(input, i, instance);
    for (unsigned i = 0; i < input->n_instances; i++)
        if (goes[i])
            input->instances[i].now = (int8_t)node;
}

void hf_plan_act_drain(struct hf_plan_input *input, unsigned node)
{
    input->nodes[node].in_service = false;
}

void hf_plan_act_wanted(struct hf_plan_input *input, unsigned instance, bool wanted)
{
    input->instances[instance].wanted = wanted;
    if (!wanted)
        input->instances[instance].now = HF_PLAN_NOWHERE;
}

/* ---- Losses side by side ---- */

static uint64_t bit_of_name(const struct hf_plan_input *input, const char *name)
{
    for (unsigned n = 0; n < input->n_nodes; n++)
        if (strcmp(input->nodes[n].name, name) == 0)
            return hf_plan_bit(n);
    return 0;
}

/* The same loss in another plan; NULL when it has none, as when a node is not in service there. */
static const struct hf_plan_case *same_loss(const struct hf_plan *in, const struct hf_plan *of,
                                            const struct hf_plan_case *c)
{
    uint64_t lost = 0;
    for (unsigned n = 0; n < of->input->n_nodes; n++)
        if (c->lost & hf_plan_bit(n))
            lost |= bit_of_name(in->input, of->input->nodes[n].name);
    for (unsigned k = 0; k < in->n_cases; k++)
        if (in->cases[k].kind == c->kind && in->cases[k].lost == lost)
            return &in->cases[k];
    return NULL;
}

static int descending(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a;
    int32_t y = *(const int32_t *)b;
    return (x < y) - (x > y);
}

static unsigned priorities_left_out(const struct hf_plan *plan, const struct hf_plan_case *c,
                                    int32_t *ret)
{
    for (unsigned k = 0; k < c->n_left_out; k++)
        ret[k] = plan->input->instances[c->left_out[k].instance].priority;
    qsort(ret, c->n_left_out, sizeof(*ret), descending);
    return c->n_left_out;
}

/* With the highest first, the lists differ where one of them leaves out more. */
static bool leaves_out_more(const struct hf_plan *before, const struct hf_plan_case *b,
                            const struct hf_plan *after, const struct hf_plan_case *a)
{
    int32_t was[HF_INSTANCES_MAX];
    int32_t will[HF_INSTANCES_MAX];
    unsigned n_was = priorities_left_out(before, b, was);
    unsigned n_will = priorities_left_out(after, a, will);
    for (unsigned k = 0; k < n_was && k < n_will; k++)
        if (was[k] != will[k])
            return will[k] > was[k];
    return n_will > n_was;
}

static bool is_worse(const struct hf_plan *before, const struct hf_plan_case *b,
                     const struct hf_plan *after, const struct hf_plan_case *a)
{
    if (hf_plan_carried(a))
        return false;
    if (!b)
        return true;
    if (!b->quorum)
        return false;
    return !a->quorum || leaves_out_more(before, b, after, a);
}

static bool counts(const struct hf_plan *after, const struct hf_plan_case *c)
{
    switch (c->kind) {
    case HF_PLAN_NORMAL:
    case HF_PLAN_NODE:
        return true;
    case HF_PLAN_PAIR:
        return hf_plan_wants_pairs(after->input);
    case HF_PLAN_SITE:
    case HF_PLAN_KINDS:
        break;
    }
    return false;
}

static void note_worse(const struct hf_plan *after, unsigned number, bool was_carried,
                       struct hf_plan_comparison *ret)
{
    const struct hf_plan_case *c = &after->cases[number];
    bool proved = !c->quorum || c->proved;
    ret->worse[ret->n_worse++] =
        (struct hf_plan_worse){.number = (uint16_t)number, .was_carried = was_carried};
    ret->breaks_rule |= after->input->survive > 0 && was_carried && proved;
}

static void note_moves(unsigned number, const struct hf_plan_case *b, const struct hf_plan_case *a,
                       struct hf_plan_comparison *ret)
{
    if (!b || !hf_plan_carried(b) || a->kind != HF_PLAN_NODE || a->n_moved <= b->n_moved)
        return;
    if (ret->moves_more >= 0 && a->n_moved <= ret->moved_after)
        return;
    ret->moves_more = (int)number;
    ret->moved_before = b->n_moved;
    ret->moved_after = a->n_moved;
}

void hf_plan_compare(const struct hf_plan *before, const struct hf_plan *after,
                     struct hf_plan_comparison *ret)
{
    *ret = (struct hf_plan_comparison){.moves_more = -1};
    hf_plan_judge(before, &ret->was);
    hf_plan_judge(after, &ret->will);
    for (unsigned k = 0; k < after->n_cases; k++) {
        const struct hf_plan_case *a = &after->cases[k];
        const struct hf_plan_case *b = same_loss(before, after, a);
        if (!counts(after, a))
            continue;
        if (is_worse(before, b, after, a))
            note_worse(after, k, b && hf_plan_carried(b), ret);
        else if (hf_plan_carried(a))
            note_moves(k, b, a, ret);
    }
}
