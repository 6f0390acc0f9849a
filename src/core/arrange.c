/*
 * arrange.c - the answer: the simple rule's where it serves all, else the optimiser's where that
 * serves more.
 */
#include "core/arrange.h"

#include <string.h>

#include "core/arrange_impl.h"
#include "core/decide_impl.h"

static bool same_question(const struct hf_place_problem *a, const struct hf_place_problem *b)
{
    return a->n_nodes == b->n_nodes && a->n_instances == b->n_instances &&
           a->n_pairs == b->n_pairs && !memcmp(a->nodes, b->nodes, sizeof(a->nodes)) &&
           !memcmp(a->instances, b->instances, a->n_instances * sizeof(a->instances[0])) &&
           !memcmp(a->pairs, b->pairs, a->n_pairs * sizeof(a->pairs[0]));
}

/* Of each class, highest first: does a serve more than b? */
static bool serves_more(const struct hf_place_values *a, const struct hf_place_values *b)
{
    for (unsigned c = 0; c < a->n_classes; c++) {
        if (a->served[c] != b->served[c])
            return a->served[c] > b->served[c];
    }
    return false;
}

static uint64_t budget(const struct hf_place_problem *problem)
{
    unsigned pairs = problem->n_nodes * problem->n_instances;
    return pairs > HF_ARRANGE_LARGE ? HF_ARRANGE_STEPS_LARGE : HF_ARRANGE_STEPS;
}

static const struct hf_place_result *ask(struct hf_core *core, struct hf_arrange_answer *answer)
{
    struct hf_arrange *arrange = &core->arrange;
    const struct hf_place_problem *problem = &arrange->problem;
    if (!answer->known || !same_question(problem, &answer->question)) {
        memcpy(&answer->question, problem, sizeof(*problem)); /* padding is compared, too */
        answer->known = true;
        hf_place_solve(problem, &arrange->workspace, budget(problem), &answer->result);
    }
    return &answer->result;
}

/* The most important of those that the simple rule leaves out. */
static int32_t most_left_out(const struct hf_core *core)
{
    const struct hf_arrange *arrange = &core->arrange;
    int32_t most = INT32_MIN;
    for (uint16_t k = 0; k < arrange->count; k++) {
        int32_t weight = core->weight[arrange->slot[k]];
        if (arrange->simple[k] < 0 && weight > most)
            most = weight;
    }
    return most;
}

/* What runs and is more important keeps its place. Whether there is any. */
static bool pin(struct hf_core *core, int32_t above)
{
    struct hf_arrange *arrange = &core->arrange;
    bool any = false;
    for (uint16_t k = 0; k < arrange->count; k++) {
        struct hf_place_instance *instance = &arrange->problem.instances[k];
        arrange->free_owners[k] = instance->owners;
        if (instance->current < 0 || core->weight[arrange->slot[k]] <= above)
            continue;
        instance->owners = hf_bit((uint8_t)instance->current);
        any = true;
        instance->n_preferred = 1; /* the first of its list is where it is */
    }
    return any;
}

static void unpin(struct hf_core *core)
{
    struct hf_arrange *arrange = &core->arrange;
    for (uint16_t k = 0; k < arrange->count; k++) {
        struct hf_place_instance *instance = &arrange->problem.instances[k];
        if (instance->owners == arrange->free_owners[k])
            continue;
        instance->owners = arrange->free_owners[k];
        instance->n_preferred = (uint8_t)hf_arrange_order(core, arrange->slot[k], instance->owners,
                                                          instance->preferred);
    }
}

static bool serves_all(const struct hf_arrange *arrange, const int8_t *node)
{
    for (uint16_t k = 0; k < arrange->count; k++) {
        if (node[k] < 0)
            return false;
    }
    return true;
}

/*
 * The optimiser's answer where it serves more than the simple rule's. First what is more important
 * than all that is left out stays where it is; only where that leaves something out may it move.
 */
static const int8_t *optimise(struct hf_core *core, struct hf_arrange_answer answers[2])
{
    struct hf_arrange *arrange = &core->arrange;
    hf_place_evaluate(&arrange->problem, arrange->simple, &arrange->simple_values);
    const struct hf_place_values *best = &arrange->simple_values;
    const int8_t *node = arrange->simple;
    if (pin(core, most_left_out(core))) {
        const struct hf_place_result *pinned = ask(core, &answers[0]);
        if (serves_more(&pinned->values, best)) {
            best = &pinned->values;
            node = pinned->node;
        }
        unpin(core);
    }
    if (serves_all(arrange, node))
        return node;
    const struct hf_place_result *result = ask(core, &answers[1]);
    arrange->unproved = result->n_classes_proved < result->values.n_classes;
    return serves_more(&result->values, best) ? result->node : node;
}

static void sum_up(struct hf_arrange *arrange)
{
    memset(arrange->planned, 0, sizeof(arrange->planned));
    for (uint16_t k = 0; k < arrange->count; k++) {
        uint8_t n = arrange->node[arrange->slot[k]];
        for (unsigned r = 0; n != HF_NODE_NONE && r < HF_RESOURCES; r++)
            arrange->planned[n][r] += arrange->problem.instances[k].degraded[r];
    }
}

/* Whether, of the group of i, somebody is on this node and stays there. */
static bool somebody_stays(const struct hf_core *core, uint16_t i, uint8_t node)
{
    const struct hf_arrange *arrange = &core->arrange;
    for (unsigned k = 0; k < core->order_count; k++) {
        uint16_t j = core->order[k];
        if (j != i && core->relations.leader[j] == core->relations.leader[i] &&
            arrange->at[j] == node && arrange->node[j] == node)
            return true;
    }
    return false;
}

/* Of a torn group: whom it was to join goes, perhaps for it. It gets its place when that is done.
 */
static void part_with_leavers(struct hf_core *core)
{
    struct hf_arrange *arrange = &core->arrange;
    for (uint16_t k = 0; k < arrange->count; k++) {
        uint16_t i = arrange->slot[k];
        bool comes = arrange->need[i] == HF_NEED_HOMELESS || arrange->need[i] == HF_NEED_LATER;
        bool torn = core->relations.grouped[i] && !arrange->problem.instances[k].together_with;
        if (comes && torn && arrange->node[i] != HF_NODE_NONE &&
            !somebody_stays(core, i, arrange->node[i])) {
            arrange->node[i] = HF_NODE_NONE;
            if (arrange->parted == HF_INSTANCE_NONE ||
                core->weight[i] > core->weight[arrange->parted])
                arrange->parted = i;
        }
    }
}

/* Into arrange.node. later: what will need a place counts too. */
static void answer(struct hf_core *core, bool later)
{
    struct hf_arrange *arrange = &core->arrange;
    hf_arrange_needs(core, later);
    hf_arrange_problem(core);
    for (unsigned k = 0; k < core->order_count; k++)
        arrange->node[core->order[k]] = arrange->at[core->order[k]];
    arrange->parted = HF_INSTANCE_NONE;
    arrange->unproved = false;
    if (!arrange->asked)
        return;
    const int8_t *node = arrange->simple;
    if (!hf_arrange_simple(core) && !HF_PLANTED(31))
        node = optimise(core, arrange->answers[later]);
    for (uint16_t k = 0; k < arrange->count; k++)
        arrange->node[arrange->slot[k]] = node[k] < 0 ? HF_NODE_NONE : (uint8_t)node[k];
    part_with_leavers(core);
    sum_up(arrange);
}

/* What will need a place may keep free room for itself; nothing has to go for it before it comes,
 * and not while what it waits for has no place. */
static bool is_fair(const struct hf_core *core)
{
    const struct hf_arrange *arrange = &core->arrange;
    for (unsigned k = 0; k < core->order_count; k++) {
        uint16_t i = core->order[k];
        bool has_place = arrange->at[i] != HF_NODE_NONE;
        if (has_place && arrange->node[i] != arrange->at[i])
            return false;
        uint16_t first = hf_waits_after(core, i);
        if (arrange->need[i] == HF_NEED_LATER && arrange->node[i] != HF_NODE_NONE &&
            first != HF_INSTANCE_NONE && arrange->node[first] == HF_NODE_NONE)
            return false;
    }
    return true;
}

static bool some_later(const struct hf_core *core)
{
    for (unsigned k = 0; k < core->order_count; k++) {
        if (core->arrange.need[core->order[k]] == HF_NEED_LATER)
            return true;
    }
    return false;
}

void hf_arrange(struct hf_core *core)
{
    answer(core, true);
    if (some_later(core) && !is_fair(core))
        answer(core, false);
}
