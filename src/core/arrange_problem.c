/*
 * arrange_problem.c - the question for the optimiser, from what has a place and what needs one.
 *
 * What runs against a rule that came later (a smaller capacity, a new relation) is no reason to
 * stop it: the rules are taken as what runs keeps them.
 */
#include <string.h>

#include "core/arrange_impl.h"
#include "core/decide_impl.h"
#include "core/demand.h"

/* What runs must not be stopped for others that are just as important, only for more important. */
static int32_t class_of(const struct hf_core *core, uint16_t i)
{
    const int32_t most = INT32_MAX / 2 - 1;
    int32_t priority = core->weight[i];
    if (HF_PLANTED(18))
        priority = -priority;
    uint8_t need = core->arrange.need[i];
    bool runs = need != HF_NEED_HOMELESS && need != HF_NEED_LATER;
    priority = priority > most ? most : priority < -most ? -most : priority;
    return HF_PLANTED(30) ? 2 * priority : 2 * priority + runs;
}

/* Where it is, as far as room is concerned that it need not ask for. */
static uint8_t runs_at(const struct hf_arrange *arrange, uint16_t i)
{
    if (arrange->need[i] == HF_NEED_PLACED)
        return arrange->at[i];
    return arrange->need[i] == HF_NEED_LEAVING ? arrange->here[i] : HF_NODE_NONE;
}

static uint64_t usable_nodes(const struct hf_core *core, uint16_t i)
{
    uint64_t usable = 0;
    uint64_t possible = hf_spec_possible(&core->state.spec, &core->state.spec.instances[i]);
    for (uint64_t left = possible & hf_up_nodes(core); left; left &= left - 1) {
        uint8_t n = (uint8_t)__builtin_ctzll(left);
        if (hf_node_obstacle(core, i, n) == HF_REASON_NONE)
            usable |= hf_bit(n);
    }
    return usable;
}

uint8_t hf_arrange_away(struct hf_core *core, uint16_t i)
{
    const struct hf_instance_state *state = &core->state.instances[i];
    bool away = core->arrange.need[i] == HF_NEED_ABSENT && state->wanted &&
                state->owner != HF_NODE_NONE && !hf_node_lost(core, state->owner);
    return away ? state->owner : HF_NODE_NONE;
}

/* Nodes where others of its group are, or may still be. */
static uint64_t nodes_of_mates(struct hf_core *core, uint16_t i)
{
    const struct hf_arrange *arrange = &core->arrange;
    uint64_t nodes = 0;
    for (unsigned k = 0; k < core->order_count; k++) {
        uint16_t j = core->order[k];
        if (j == i || core->relations.leader[j] != core->relations.leader[i])
            continue;
        nodes |=
            hf_bit(hf_arrange_away(core, j)) | hf_bit(arrange->at[j]) | hf_bit(runs_at(arrange, j));
    }
    return nodes;
}

/* A group whose members run apart stays as it is; one that has to go, or needs a place, joins
 * another of them. */
static bool is_torn(struct hf_core *core, uint16_t i)
{
    uint64_t nodes =
        nodes_of_mates(core, i) | hf_bit(core->arrange.at[i]) | hf_bit(runs_at(&core->arrange, i));
    return (nodes & (nodes - 1)) || (nodes & ~hf_up_nodes(core));
}

/* It came here because it failed elsewhere, not long ago: moved away it might fail again, come
 * back, be moved away again. It has its time, as what failed everywhere has. */
bool hf_came_by_failure(struct hf_core *core, uint16_t i)
{
    const struct hf_takeover *takeover = &core->state.instances[i].takeover;
    uint64_t until = takeover->decided_ms + core->state.spec.instances[i].failure.retry_ms;
    bool moved = takeover->from != takeover->to;
    if (!moved || !hf_reason_is_failure(takeover->cause.code) || core->wall_ms >= until)
        return false;
    hf_wake_at(core, core->now_ms + (until - core->wall_ms));
    return true;
}

/* What runs and is not to be moved out of the way: for the above, or because, once stopped, it
 * could not start elsewhere before some node is fenced. */
static bool is_bound(struct hf_core *core, uint16_t i)
{
    return core->arrange.need[i] == HF_NEED_PLACED &&
           (hf_came_by_failure(core, i) || hf_fences_missing(core, i) != HF_FENCE_DONE);
}

static uint64_t owners_of(struct hf_core *core, uint16_t i)
{
    const struct hf_arrange *arrange = &core->arrange;
    if (is_bound(core, i))
        return hf_bit(runs_at(arrange, i));
    uint64_t owners = usable_nodes(core, i) | hf_bit(arrange->at[i]);
    if (arrange->need[i] == HF_NEED_LEAVING)
        owners |= hf_bit(arrange->here[i]);
    if (!core->relations.grouped[i] || !is_torn(core, i))
        return owners;
    /* What others join must not leave in the same decision. */
    if (arrange->need[i] == HF_NEED_PLACED)
        return hf_bit(arrange->at[i]);
    return owners &
           (nodes_of_mates(core, i) | hf_bit(runs_at(arrange, i)) | hf_bit(arrange->at[i]));
}

static void put_instance(struct hf_core *core, uint16_t i)
{
    struct hf_arrange *arrange = &core->arrange;
    struct hf_place_instance *to = &arrange->problem.instances[arrange->index[i]];
    uint8_t at = arrange->at[i];
    memset(to, 0, sizeof(*to));
    to->priority = class_of(core, i);
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        to->demand[r] = (int64_t)hf_demand_full(&core->state, i, r);
        to->degraded[r] = (int64_t)hf_demand(&core->state, i, r);
        to->has_degraded |= to->degraded[r] < to->demand[r];
    }
    to->owners = owners_of(core, i);
    to->n_preferred = (uint8_t)hf_arrange_order(core, i, to->owners, to->preferred);
    to->current = at == HF_NODE_NONE ? HF_PLACE_NONE : (int8_t)at;
    to->last = HF_PLACE_NONE;
    uint16_t leader = core->relations.leader[i];
    if (!core->relations.grouped[i] || is_torn(core, i))
        return;
    for (uint16_t k = 0; k <= arrange->index[i]; k++) { /* the group is known by its first member */
        if (core->relations.leader[arrange->slot[k]] == leader) {
            to->together_with = (uint16_t)(k + 1);
            return;
        }
    }
}

/* Each pair once; not those that share a node already. */
static void put_pairs(struct hf_core *core)
{
    struct hf_arrange *arrange = &core->arrange;
    struct hf_place_problem *problem = &arrange->problem;
    const struct hf_relations *relations = &core->relations;
    problem->n_pairs = 0;
    for (uint16_t k = 0; k < arrange->count; k++) {
        uint16_t i = arrange->slot[k];
        for (unsigned e = relations->rival_start[i]; e < relations->rival_start[i + 1]; e++) {
            uint16_t j = relations->rival[e];
            bool shares = arrange->at[i] != HF_NODE_NONE && arrange->at[i] == arrange->at[j];
            if (j < i || arrange->index[j] == HF_INSTANCE_NONE || shares)
                continue;
            struct hf_place_pair *pair = &problem->pairs[problem->n_pairs++];
            pair->a = k;
            pair->b = arrange->index[j];
        }
    }
}

/* What runs on a node fits there, whatever is stated: its room is at least that. */
static void put_node(struct hf_core *core, uint8_t n, const int64_t *all)
{
    struct hf_arrange *arrange = &core->arrange;
    struct hf_place_node *node = &arrange->problem.nodes[n];
    node->up = hf_up_nodes(core) & hf_bit(n) && core->state.nodes[n].joined_epoch;
    /* To be left, if possible. */
    node->passive = core->state.nodes[n].drained || core->network[n] == HF_NETWORK_GONE ||
                    core->network[n] == HF_NETWORK_SILENT;
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        uint64_t room = hf_room(&core->state, n, r);
        if (HF_PLANTED(33))
            room = room * 7 / 8;
        int64_t cap = room < HF_ROOM_UNLIMITED ? (int64_t)room : all[r] + 1;
        node->cap[r] = cap > arrange->planned[n][r] ? cap : arrange->planned[n][r];
    }
}

static void put_nodes(struct hf_core *core)
{
    struct hf_arrange *arrange = &core->arrange;
    struct hf_place_problem *problem = &arrange->problem;
    int64_t all[HF_RESOURCES] = {0};
    memset(problem->nodes, 0, sizeof(problem->nodes));
    memset(arrange->planned, 0, sizeof(arrange->planned));
    for (uint16_t k = 0; k < arrange->count; k++) {
        uint16_t i = arrange->slot[k];
        uint8_t at = runs_at(arrange, i);
        for (unsigned r = 0; r < HF_RESOURCES; r++) {
            int64_t demand = (int64_t)hf_demand(&core->state, i, r);
            all[r] += demand;
            if (at != HF_NODE_NONE)
                arrange->planned[at][r] += demand;
        }
    }
    problem->n_nodes = 0;
    problem->n_resources = HF_RESOURCES;
    for (uint8_t n = 0; n < HF_NODES_MAX; n++) {
        if (!core->state.spec.nodes[n].name[0])
            continue;
        problem->n_nodes = n + 1u;
        put_node(core, n, all);
    }
}

static bool has_room(const struct hf_core *core, uint16_t i, uint8_t n)
{
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        int64_t demand = (int64_t)hf_demand(&core->state, i, r);
        if (demand && core->arrange.planned[n][r] + demand > core->arrange.problem.nodes[n].cap[r])
            return false;
    }
    return true;
}

/* Whether somebody who has a place, or may come back to it, keeps i from having its own there. */
static bool contradicted(struct hf_core *core, uint16_t i, uint8_t at)
{
    const struct hf_arrange *arrange = &core->arrange;
    const struct hf_relations *relations = &core->relations;
    for (unsigned e = relations->rival_start[i]; e < relations->rival_start[i + 1]; e++) {
        if (arrange->node[relations->rival[e]] == at)
            return true;
    }
    bool joins = false, leaves = false;
    for (unsigned k = 0; relations->grouped[i] && k < core->order_count; k++) {
        uint16_t j = core->order[k];
        if (j == i || relations->leader[j] != relations->leader[i])
            continue;
        joins |= arrange->node[j] == at;
        leaves |= arrange->node[j] != HF_NODE_NONE && arrange->node[j] != at;
        leaves |= hf_arrange_away(core, j) != HF_NODE_NONE;
    }
    return leaves && !joins;
}

/* What is on the move has its target for a place if that still suits it, else it needs one. */
static void check_movers(struct hf_core *core)
{
    struct hf_arrange *arrange = &core->arrange;
    for (unsigned k = 0; k < core->order_count; k++)
        arrange->node[core->order[k]] = runs_at(arrange, core->order[k]);
    for (unsigned k = 0; k < core->order_count; k++) {
        uint16_t i = core->order[k];
        if (arrange->need[i] != HF_NEED_MOVING)
            continue;
        uint8_t at = arrange->at[i];
        if (!has_room(core, i, at) || contradicted(core, i, at)) {
            arrange->need[i] = HF_NEED_HOMELESS;
            arrange->at[i] = HF_NODE_NONE;
            arrange->asked = true;
            continue;
        }
        arrange->node[i] = at;
        for (unsigned r = 0; r < HF_RESOURCES; r++)
            arrange->planned[at][r] += (int64_t)hf_demand(&core->state, i, r);
    }
}

static void list_instances(struct hf_core *core)
{
    struct hf_arrange *arrange = &core->arrange;
    arrange->count = 0;
    for (uint16_t i = 0; i < core->state.instance_end; i++) {
        arrange->index[i] = HF_INSTANCE_NONE;
        if (!core->state.spec.instances[i].name[0] || arrange->need[i] == HF_NEED_ABSENT)
            continue;
        arrange->index[i] = arrange->count;
        arrange->slot[arrange->count++] = i;
    }
}

void hf_arrange_problem(struct hf_core *core)
{
    struct hf_arrange *arrange = &core->arrange;
    list_instances(core);
    put_nodes(core);
    check_movers(core);
    if (!arrange->asked)
        return;
    arrange->problem.n_instances = arrange->count;
    for (uint16_t k = 0; k < arrange->count; k++)
        put_instance(core, arrange->slot[k]);
    put_pairs(core);
}
