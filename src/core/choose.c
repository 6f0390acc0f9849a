/* choose.c - which node an instance can be given to, and why not the others. */
#include "core/decide_impl.h"
#include "core/demand.h"
#include "core/owners.h"

enum hf_reason_code hf_node_obstacle(const struct hf_core *core, uint16_t i, uint8_t node)
{
    const struct hf_node_state *state = &core->state.nodes[node];
    if (!(hf_up_nodes(core) & hf_bit(node)) || !state->joined_epoch)
        return HF_REASON_NODE_DOWN;
    if (state->drained)
        return HF_REASON_NODE_DRAINED;
    if (state->quarantined && !HF_PLANTED(93))
        return HF_REASON_NODE_QUARANTINED;
    if (core->state.instances[i].excluded & hf_bit(node))
        return HF_REASON_NODE_FAILED_HERE;
    if (core->unclean[i] & hf_bit(node))
        return HF_REASON_NODE_UNCLEAN;
    if (hf_network_worse(core, i, node))
        return HF_REASON_NETWORK_BAD;
    return HF_REASON_NONE;
}

static bool same_group(const struct hf_core *core, uint16_t a, uint16_t b)
{
    return core->relations.leader[a] == core->relations.leader[b];
}

/* One that may not share a node with i and is, or is to be, there. HF_INSTANCE_NONE = nobody. */
static uint16_t rival_at(const struct hf_core *core, uint16_t i, uint8_t node, bool here)
{
    const struct hf_relations *relations = &core->relations;
    for (unsigned e = relations->rival_start[i]; e < relations->rival_start[i + 1]; e++) {
        uint16_t j = relations->rival[e];
        if ((here ? core->arrange.here[j] : core->arrange.node[j]) == node)
            return j;
    }
    return HF_INSTANCE_NONE;
}

static bool rejected_by_rival(const struct hf_core *core, uint16_t i, uint8_t node, bool here,
                              struct hf_reason *ret_reason)
{
    uint16_t rival = rival_at(core, i, node, here);
    if (rival == HF_INSTANCE_NONE)
        return false;
    *ret_reason = hf_reason_node(HF_REASON_KEPT_APART, node);
    ret_reason->instance = rival;
    return true;
}

/* A resource of node that has no room for so much more than load; says how full it would be. */
static bool too_full(const struct hf_core *core, uint8_t node, const uint64_t *load,
                     const uint64_t *more, struct hf_reason *ret_reason)
{
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        uint64_t room = hf_room(&core->state, node, r);
        if (!more[r] || room == HF_ROOM_UNLIMITED || load[r] + more[r] <= room)
            continue;
        *ret_reason = hf_reason_node(HF_REASON_NO_CAPACITY, node);
        ret_reason->number = (load[r] + more[r]) * 100 / hf_capacity_of(&core->state, node, r);
        return true;
    }
    return false;
}

/* What is, or is to be, on node, but for i and, if group, those that it takes along. */
static void sum_load(const struct hf_case *v, uint8_t node, bool group, bool here,
                     uint64_t load[HF_RESOURCES])
{
    const struct hf_core *core = v->core;
    for (unsigned r = 0; r < HF_RESOURCES; r++)
        load[r] = 0;
    for (unsigned k = 0; k < core->order_count; k++) {
        uint16_t j = core->order[k];
        bool there = core->arrange.node[j] == node || (here && core->arrange.here[j] == node);
        if (!there || j == v->i || (group && same_group(core, j, v->i)))
            continue;
        for (unsigned r = 0; r < HF_RESOURCES; r++)
            load[r] += hf_demand(&core->state, j, r);
    }
}

bool hf_case_goes_along(const struct hf_case *v, uint16_t other)
{
    return other == v->i ||
           (same_group(v->core, other, v->i) && v->core->arrange.at[other] != HF_NODE_NONE);
}

bool hf_case_rejected(const struct hf_case *v, uint8_t node, struct hf_reason *ret_reason)
{
    struct hf_core *core = v->core;
    uint64_t load[HF_RESOURCES], more[HF_RESOURCES] = {0};
    for (unsigned k = 0; k < core->order_count; k++) {
        uint16_t j = core->order[k];
        if (!hf_case_goes_along(v, j))
            continue;
        uint64_t possible = hf_spec_possible(&core->state.spec, &core->state.spec.instances[j]);
        enum hf_reason_code code = hf_node_obstacle(core, j, node);
        if (j != v->i && (code != HF_REASON_NONE || !(possible & hf_bit(node))))
            code = HF_REASON_MATE_CANNOT;
        *ret_reason = hf_reason_node(code, node);
        ret_reason->instance = j == v->i ? (uint16_t)HF_INSTANCE_NONE : j;
        if (code != HF_REASON_NONE || rejected_by_rival(core, j, node, false, ret_reason) ||
            rejected_by_rival(core, j, node, true, ret_reason))
            return true;
        for (unsigned r = 0; r < HF_RESOURCES; r++)
            more[r] += hf_demand(&core->state, j, r);
    }
    sum_load(v, node, true, true, load);
    return too_full(core, node, load, more, ret_reason);
}

bool hf_case_rivals(const struct hf_case *v, const struct hf_case *other)
{
    const struct hf_relations *relations = &v->core->relations;
    for (unsigned k = 0; k < v->core->order_count; k++) {
        uint16_t j = v->core->order[k];
        unsigned first = relations->rival_start[j], end = relations->rival_start[j + 1];
        for (unsigned e = first; e < end && hf_case_goes_along(v, j); e++) {
            if (hf_case_goes_along(other, relations->rival[e]))
                return true;
        }
    }
    return false;
}

void hf_case_add_demand(const struct hf_case *v, uint64_t sum[HF_RESOURCES])
{
    struct hf_core *core = v->core;
    for (unsigned k = 0; k < core->order_count; k++) {
        uint16_t j = core->order[k];
        for (unsigned r = 0; r < HF_RESOURCES && hf_case_goes_along(v, j); r++)
            sum[r] += hf_demand(&core->state, j, r);
    }
}

bool hf_case_room_beside(const struct hf_case *v, uint8_t node, const uint64_t kept[HF_RESOURCES])
{
    struct hf_reason reason;
    uint64_t load[HF_RESOURCES], more[HF_RESOURCES] = {0};
    sum_load(v, node, true, true, load);
    hf_case_add_demand(v, more);
    for (unsigned r = 0; r < HF_RESOURCES; r++)
        load[r] += kept[r];
    return !too_full(v->core, node, load, more, &reason);
}

/* Is there room at once, or only when something has stopped on the node? */
bool hf_case_room_now(const struct hf_case *v, uint8_t node, struct hf_reason *ret_reason)
{
    const struct hf_core *core = v->core;
    const struct hf_arrange *arrange = &core->arrange;
    uint16_t blocker = rival_at(core, v->i, node, true);
    int64_t load[HF_RESOURCES] = {0};
    uint16_t leaver = HF_INSTANCE_NONE;
    for (unsigned k = 0; k < core->order_count; k++) {
        uint16_t j = core->order[k];
        if (arrange->here[j] != node || j == v->i)
            continue;
        if (arrange->node[j] != node)
            leaver = j;
        for (unsigned r = 0; r < HF_RESOURCES; r++)
            load[r] += (int64_t)hf_demand(&core->state, j, r);
    }
    bool free = blocker == HF_INSTANCE_NONE;
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        int64_t demand = (int64_t)hf_demand(&core->state, v->i, r);
        free = free && (!demand || load[r] + demand <= arrange->problem.nodes[node].cap[r]);
    }
    *ret_reason = hf_reason_node(HF_REASON_WAITS_ROOM, node);
    ret_reason->instance = blocker == HF_INSTANCE_NONE ? leaver : blocker;
    return free || HF_PLANTED(32);
}

/* Of its group, one that is to be somewhere else, or may come back there. */
static bool mate_elsewhere(const struct hf_case *v, uint8_t node, struct hf_reason *ret_reason)
{
    struct hf_core *core = v->core;
    for (unsigned k = 0; core->relations.grouped[v->i] && k < core->order_count; k++) {
        uint16_t j = core->order[k];
        if (j == v->i || !same_group(core, j, v->i))
            continue;
        uint8_t away = hf_arrange_away(core, j);
        uint8_t at = away != HF_NODE_NONE ? away : core->arrange.node[j];
        if (at == HF_NODE_NONE || at == node)
            continue;
        *ret_reason = hf_reason_node(HF_REASON_KEPT_TOGETHER, at);
        ret_reason->instance = j;
        return true;
    }
    return false;
}

/* Why node is not where it is to be. */
static struct hf_reason against(const struct hf_case *v, uint8_t node)
{
    struct hf_core *core = v->core;
    struct hf_reason reason = hf_reason_node(hf_node_obstacle(core, v->i, node), node);
    uint64_t load[HF_RESOURCES], more[HF_RESOURCES];
    if (reason.code != HF_REASON_NONE || rejected_by_rival(core, v->i, node, false, &reason) ||
        mate_elsewhere(v, node, &reason))
        return reason;
    sum_load(v, node, false, false, load);
    for (unsigned r = 0; r < HF_RESOURCES; r++)
        more[r] = hf_demand(&core->state, v->i, r);
    if (too_full(core, node, load, more, &reason) || !hf_case_room_now(v, node, &reason))
        return reason;
    return hf_reason_node(HF_REASON_NOT_BEST, node);
}

void hf_case_passed_over(const struct hf_case *v, uint8_t from, uint8_t chosen,
                         struct hf_change *change)
{
    uint8_t order[HF_NODES_MAX];
    bool stays = chosen != HF_NODE_NONE && chosen == from;
    unsigned count = stays ? 0 : hf_owners_order(&v->core->state, v->i, from, order);
    for (unsigned k = 0; k < count && order[k] != chosen; k++) {
        if (change->rejection_count < HF_REJECTIONS_MAX)
            change->rejections[change->rejection_count++] =
                (struct hf_rejection){order[k], against(v, order[k])};
    }
}

/* For a move that somebody asked for: the first node of the order that may and can. */
uint8_t hf_case_choose(const struct hf_case *v, uint8_t from, struct hf_change *change)
{
    uint8_t order[HF_NODES_MAX];
    unsigned count = hf_owners_order(&v->core->state, v->i, from, order);
    for (unsigned k = 0; k < count; k++) {
        struct hf_reason reason;
        if (order[k] == from)
            continue;
        if (!hf_case_rejected(v, order[k], &reason))
            return order[k];
        if (change->rejection_count < HF_REJECTIONS_MAX)
            change->rejections[change->rejection_count++] = (struct hf_rejection){order[k], reason};
    }
    return HF_NODE_NONE;
}

static struct hf_reason choice_reason(const struct hf_case *v, uint8_t node)
{
    if (v->state->owner == HF_NODE_NONE && node == v->state->last_owner)
        return hf_reason_node(HF_REASON_STAYS, node);
    for (unsigned p = 0; p < v->spec->preferred_count; p++) {
        if (v->spec->preferred[p] == node)
            return hf_reason_node(HF_REASON_TAKES_OVER_NEXT, node);
    }
    return hf_reason_node(HF_REASON_TAKES_OVER_POSSIBLE, node);
}

void hf_case_assign(const struct hf_case *v, struct hf_change *change, uint8_t node)
{
    change->node = node;
    change->generation = v->state->generation + 1;
    if (HF_PLANTED(7) && v->state->generation)
        change->generation = v->state->generation;
    if (HF_PLANTED(10))
        change->reason = hf_reason_make(HF_REASON_NONE);
    change->choice = choice_reason(v, node);
    if (!change->noticed_ms)
        change->noticed_ms = v->core->wall_ms;
    hf_propose(v->proposal, change);
    v->core->arrange.here[v->i] = node;
}
