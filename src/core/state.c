#include "core/state.h"

#include <stddef.h>
#include <string.h>

#include "base/assert.h"
#include "core/hash.h"
#include "core/planted.h"
#include "core/times.h"

static void node_state_init(struct hf_node_state *node)
{
    memset(node, 0, sizeof(*node));
    node->reason = hf_reason_make(HF_REASON_NONE);
    node->speaks = HF_FORMAT_FIRST;
}

static void instance_state_init(struct hf_instance_state *instance)
{
    memset(instance, 0, sizeof(*instance));
    instance->owner = instance->target = instance->last_owner = HF_NODE_NONE;
    instance->reason = hf_reason_make(HF_REASON_NONE);
    instance->takeover.cause = instance->takeover.choice = instance->reason;
    instance->takeover.from = instance->takeover.to = HF_NODE_NONE;
    for (unsigned r = 0; r < HF_REJECTIONS_MAX; r++) {
        instance->takeover.rejections[r].node = HF_NODE_NONE;
        instance->takeover.rejections[r].reason = instance->reason;
    }
}

void hf_state_init(struct hf_state *state)
{
    memset(state, 0, sizeof(*state));
    state->coordinator = HF_NODE_NONE;
    state->format = HF_FORMAT_FIRST;
    hf_cluster_spec_init(&state->spec.cluster);
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        node_state_init(&state->nodes[n]);
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++)
        instance_state_init(&state->instances[i]);
}

void hf_state_empty(struct hf_state *state, bool *made)
{
    if (!*made) {
        hf_state_init(state);
        *made = true;
        return;
    }
    size_t history = state->history_count < HF_HISTORY_MAX ? state->history_count : HF_HISTORY_MAX;
    memset(state->history, 0, history * sizeof(state->history[0]));
    memset(state->spec.nodes, 0, state->node_end * sizeof(state->spec.nodes[0]));
    for (unsigned n = 0; n < state->node_end; n++)
        node_state_init(&state->nodes[n]);
    memset(state->spec.instances, 0, state->instance_end * sizeof(state->spec.instances[0]));
    for (unsigned i = 0; i < state->instance_end; i++)
        instance_state_init(&state->instances[i]);
    memset(state, 0, offsetof(struct hf_state, spec));
    state->coordinator = HF_NODE_NONE;
    state->format = HF_FORMAT_FIRST;
    hf_cluster_spec_init(&state->spec.cluster);
}

void hf_state_used(struct hf_state *state, uint16_t instance)
{
    if (state->instance_end <= instance)
        state->instance_end = (uint16_t)(instance + 1);
}

void hf_state_node_used(struct hf_state *state, uint8_t node)
{
    if (state->node_end <= node)
        state->node_end = (uint8_t)(node + 1);
}

void hf_state_copy(struct hf_state *to, const struct hf_state *from)
{
    /* Above both ends both are empty; of the history, what is above its count is never read. */
    size_t nodes = to->node_end > from->node_end ? to->node_end : from->node_end;
    size_t instances =
        to->instance_end > from->instance_end ? to->instance_end : from->instance_end;
    size_t history = from->history_count < HF_HISTORY_MAX ? from->history_count : HF_HISTORY_MAX;
    memcpy(to, from, offsetof(struct hf_state, spec));
    hf_spec_copy(&to->spec, &from->spec, nodes, instances);
    memcpy(to->nodes, from->nodes, nodes * sizeof(to->nodes[0]));
    memcpy(to->instances, from->instances, instances * sizeof(to->instances[0]));
    memcpy(to->history, from->history, history * sizeof(to->history[0]));
}

uint64_t hf_state_hash(const struct hf_state *state)
{
    uint64_t hash = hf_hash_cluster(state) ^ hf_hash_format(state);
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        hash ^= hf_hash_node(state, (uint8_t)n);
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        hash ^= hf_hash_instance_spec(state, (uint16_t)i);
        hash ^= hf_hash_instance(state, (uint16_t)i);
    }
    return hash;
}

static void remember(struct hf_state *state, const struct hf_change *change, uint64_t wall_ms,
                     uint8_t node2, uint64_t number)
{
    struct hf_history_record *record = &state->history[state->history_count % HF_HISTORY_MAX];
    *record = (struct hf_history_record){
        .index = state->index,
        .wall_ms = wall_ms,
        .type = change->type,
        .instance = change->instance,
        .node = change->node,
        .node2 = node2,
        .phase = change->phase,
        .generation = change->generation,
        .number = number,
        .reason = change->reason,
        .choice = change->choice,
    };
    state->history_count++;
}

static bool apply_regime(struct hf_state *state, const struct hf_change *change, uint64_t wall_ms)
{
    if (change->key < state->epoch)
        return false;
    state->epoch = change->key;
    state->members = change->number;
    state->coordinator = change->node;
    remember(state, change, wall_ms, HF_NODE_NONE, change->number);
    return true;
}

static bool apply_cluster(struct hf_state *state, const struct hf_change *change)
{
    if (state->spec.cluster.name[0] || !change->text[0])
        return false;
    state->hash ^= hf_hash_cluster(state);
    memcpy(state->spec.cluster.name, change->text, HF_NAME_MAX - 1);
    state->hash ^= hf_hash_cluster(state);
    state->config_version++;
    state->nodes_version++;
    return true;
}

static bool apply_node_add(struct hf_state *state, const struct hf_change *change, uint64_t wall_ms)
{
    struct hf_node_spec *spec = &state->spec.nodes[change->node];
    if (spec->name[0] || !change->text[0])
        return false;
    hf_node_spec_init(spec);
    hf_state_node_used(state, change->node);
    memcpy(spec->name, change->text, HF_NAME_MAX - 1);
    memcpy(spec->public_address, change->address, HF_ADDRESS_MAX);
    memcpy(spec->private_address, change->address2, HF_ADDRESS_MAX);
    node_state_init(&state->nodes[change->node]);
    state->nodes[change->node].since_ms = wall_ms;
    state->hash ^= hf_hash_node(state, change->node);
    state->config_version++;
    state->nodes_version++;
    remember(state, change, wall_ms, HF_NODE_NONE, 0);
    return true;
}

/* A node that comes back gets a new chance: where an instance failed on it is forgotten. */
static void forget_exclusions(struct hf_state *state, uint8_t node)
{
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        struct hf_instance_state *instance = &state->instances[i];
        if (!(instance->excluded >> node & 1))
            continue;
        state->hash ^= hf_hash_instance(state, (uint16_t)i);
        instance->excluded &= ~(1ull << node);
        state->hash ^= hf_hash_instance(state, (uint16_t)i);
    }
}

static bool apply_node_up(struct hf_state *state, const struct hf_change *change, uint64_t wall_ms)
{
    struct hf_node_state *node = &state->nodes[change->node];
    if (!state->spec.nodes[change->node].name[0])
        return false;
    state->hash ^= hf_hash_node(state, change->node);
    if (!node->up)
        node->since_ms = wall_ms;
    if (!node->joined_epoch)
        state->nodes_version++; /* its vote counts from now on */
    node->up = true;
    node->fenced = false;
    node->watchdog = change->flags & HF_FLAG_WATCHDOG;
    node->speaks = change->number ? (uint16_t)change->number : HF_FORMAT_FIRST;
    node->joined_epoch = state->epoch;
    node->reason = change->reason;
    state->hash ^= hf_hash_node(state, change->node);
    forget_exclusions(state, change->node);
    remember(state, change, wall_ms, HF_NODE_NONE, 0);
    return true;
}

static bool apply_node_lost(struct hf_state *state, const struct hf_change *change,
                            uint64_t wall_ms)
{
    struct hf_node_state *node = &state->nodes[change->node];
    if (!node->up)
        return false;
    state->hash ^= hf_hash_node(state, change->node);
    node->up = false;
    node->since_ms = wall_ms;
    node->reason = change->reason;
    if (!node->drained) /* else somebody took it out of service before */
        hf_push_time(node->failures, &node->failure_count, HF_RESTARTS_KEPT, wall_ms);
    state->hash ^= hf_hash_node(state, change->node);
    remember(state, change, wall_ms, HF_NODE_NONE, 0);
    return true;
}

static bool apply_node_flags(struct hf_state *state, const struct hf_change *change,
                             uint64_t wall_ms)
{
    struct hf_node_state *node = &state->nodes[change->node];
    if (!state->spec.nodes[change->node].name[0])
        return false;
    state->hash ^= hf_hash_node(state, change->node);
    if (node->quarantined && !(change->flags & HF_FLAG_QUARANTINED))
        node->failure_count = 0; /* it begins anew */
    node->drained = change->flags & HF_FLAG_DRAINED;
    node->quarantined = change->flags & HF_FLAG_QUARANTINED;
    node->fenced = change->flags & HF_FLAG_FENCED;
    node->watchdog = change->flags & HF_FLAG_WATCHDOG;
    state->hash ^= hf_hash_node(state, change->node);
    remember(state, change, wall_ms, HF_NODE_NONE, change->flags);
    return true;
}

static void takeover_start(struct hf_takeover *takeover, const struct hf_change *change,
                           uint8_t from, uint64_t wall_ms)
{
    uint32_t stop_ms = takeover->timings[HF_TIMING_STOP];
    bool stopped_before = takeover->to == HF_NODE_NONE;
    takeover->cause = change->reason;
    takeover->choice = change->choice;
    takeover->from = from;
    takeover->to = change->node;
    takeover->noticed_ms = change->noticed_ms;
    takeover->decided_ms = wall_ms;
    takeover->online_ms = 0;
    memset(takeover->timings, 0, sizeof(takeover->timings));
    if (stopped_before)
        takeover->timings[HF_TIMING_STOP] =
            change->timings[HF_TIMING_STOP] ? change->timings[HF_TIMING_STOP] : stop_ms;
    takeover->preempted_key = 0;
    takeover->rejection_count = change->rejection_count;
    memcpy(takeover->rejections, change->rejections, sizeof(takeover->rejections));
}

static bool apply_assign(struct hf_state *state, const struct hf_change *change, uint64_t wall_ms)
{
    struct hf_instance_state *instance = &state->instances[change->instance];
    bool later = change->generation > instance->generation;
    if (change->node >= HF_NODES_MAX || (!later && !HF_PLANTED(7)))
        return false;
    uint8_t from = instance->owner != HF_NODE_NONE ? instance->owner : instance->last_owner;
    if (!(change->flags & HF_FLAG_REPEATED))
        takeover_start(&instance->takeover, change, from, wall_ms);
    if (change->flags & HF_FLAG_FAILOVER)
        hf_push_time(instance->failovers, &instance->failover_count, HF_FAILOVERS_KEPT, wall_ms);
    instance->last_owner = from;
    instance->owner = change->node;
    instance->generation = change->generation;
    instance->goal = HF_GOAL_RUN;
    instance->target = HF_NODE_NONE;
    instance->attempt = 0;
    instance->owners_had++;
    instance->phase = HF_ACQUIRING;
    instance->since_ms = wall_ms;
    instance->retry_ms = 0;
    instance->reason = change->reason;
    remember(state, change, wall_ms, from, 0);
    return true;
}

static bool apply_goal_stop(struct hf_state *state, const struct hf_change *change,
                            uint64_t wall_ms)
{
    struct hf_instance_state *instance = &state->instances[change->instance];
    bool somewhere = change->node < HF_NODES_MAX || change->node == HF_NODE_NONE;
    if (instance->owner == HF_NODE_NONE || !somewhere)
        return false;
    instance->goal = HF_GOAL_STOP;
    instance->target = change->node;
    instance->phase = HF_STOPPING;
    instance->since_ms = wall_ms;
    instance->reason = change->reason;
    instance->takeover.to = HF_NODE_NONE;
    instance->takeover.noticed_ms = change->noticed_ms;
    instance->takeover.timings[HF_TIMING_STOP] = 0;
    remember(state, change, wall_ms, instance->owner, 0);
    return true;
}

static bool apply_cleared(struct hf_state *state, const struct hf_change *change, uint64_t wall_ms)
{
    struct hf_instance_state *instance = &state->instances[change->instance];
    if (instance->owner == HF_NODE_NONE && instance->phase != HF_STRANDED)
        return false;
    if (instance->owner != HF_NODE_NONE)
        instance->last_owner = instance->owner;
    instance->owner = HF_NODE_NONE;
    instance->phase = HF_OFFLINE;
    instance->since_ms = wall_ms;
    instance->takeover.timings[HF_TIMING_STOP] = change->timings[HF_TIMING_STOP];
    if (change->reason.code != HF_REASON_NONE)
        instance->reason = change->reason;
    remember(state, change, wall_ms, instance->last_owner, 0);
    return true;
}

/* The takeover ended: its outage is what people ask for. */
static uint64_t takeover_online(struct hf_instance_state *instance, uint64_t wall_ms)
{
    struct hf_takeover *takeover = &instance->takeover;
    takeover->online_ms = wall_ms;
    if (wall_ms >= takeover->decided_ms)
        takeover->timings[HF_TIMING_TOTAL] = (uint32_t)(wall_ms - takeover->decided_ms);
    instance->excluded = 0;
    instance->retry_ms = 0;
    instance->detail[0] = '\0';
    return wall_ms >= takeover->noticed_ms ? wall_ms - takeover->noticed_ms : 0;
}

static void copy_timings(struct hf_takeover *takeover, const struct hf_change *change)
{
    for (unsigned t = 0; t < HF_TIMING_TOTAL; t++) {
        if (change->timings[t])
            takeover->timings[t] = change->timings[t];
    }
    if (change->key)
        takeover->preempted_key = change->key;
}

static bool apply_phase(struct hf_state *state, const struct hf_change *change, uint64_t wall_ms)
{
    struct hf_instance_state *instance = &state->instances[change->instance];
    if (change->phase >= HF_PHASE_COUNT || change->generation != instance->generation)
        return false;
    copy_timings(&instance->takeover, change);
    uint64_t outage = 0;
    if (change->phase == HF_ONLINE && instance->phase != HF_ONLINE)
        outage = takeover_online(instance, wall_ms);
    if (change->phase != instance->phase)
        instance->since_ms = wall_ms;
    instance->phase = change->phase;
    if (change->reason.code != HF_REASON_NONE)
        instance->reason = change->reason;
    if (change->phase == HF_STRANDED || change->phase == HF_FAILED) {
        instance->retry_ms = change->number;
        instance->takeover.rejection_count = change->rejection_count;
        memcpy(instance->takeover.rejections, change->rejections,
               sizeof(instance->takeover.rejections));
    }
    if (change->text[0])
        memcpy(instance->detail, change->text, sizeof(instance->detail));
    bool said = change->phase == HF_STOPPING; /* that it cannot be stopped */
    if (said || change->phase == HF_ONLINE || change->phase == HF_FAILED ||
        change->phase == HF_STRANDED)
        remember(state, change, wall_ms, HF_NODE_NONE, outage);
    return true;
}

static bool apply_restart(struct hf_state *state, const struct hf_change *change, uint64_t wall_ms)
{
    struct hf_instance_state *instance = &state->instances[change->instance];
    if (instance->owner == HF_NODE_NONE || change->generation != instance->generation)
        return false;
    takeover_start(&instance->takeover, change, instance->owner, wall_ms);
    instance->takeover.to = instance->owner;
    hf_push_time(instance->restarts, &instance->restart_count, HF_RESTARTS_KEPT, wall_ms);
    instance->attempt++;
    instance->phase = HF_RECOVERING;
    instance->since_ms = wall_ms;
    instance->reason = change->reason;
    remember(state, change, wall_ms, instance->owner, 0);
    return true;
}

static bool apply_wanted(struct hf_state *state, const struct hf_change *change, uint64_t wall_ms)
{
    struct hf_instance_state *instance = &state->instances[change->instance];
    instance->wanted = change->flags & HF_FLAG_ON;
    instance->excluded = 0;
    instance->retry_ms = 0;
    instance->failover_count = 0;
    instance->restart_count = 0;
    instance->target = HF_NODE_NONE;
    if (!instance->wanted && instance->phase == HF_STRANDED) {
        instance->phase = HF_OFFLINE;
        instance->since_ms = wall_ms;
    }
    instance->reason = change->reason;
    instance->detail[0] = '\0';
    remember(state, change, wall_ms, HF_NODE_NONE, 0);
    return true;
}

static void switch_instance(struct hf_state *state, uint16_t i, const struct hf_spec *staged,
                            uint64_t wall_ms)
{
    const struct hf_instance_spec *to = &staged->instances[i];
    struct hf_instance_spec *from = &state->spec.instances[i];
    bool same_name = from->name[0] && !strcmp(from->name, to->name);
    state->hash ^= hf_hash_instance_spec(state, i) ^ hf_hash_instance(state, i);
    *from = *to;
    hf_state_used(state, i);
    if (!same_name) {
        uint32_t generation = state->instances[i].generation;
        instance_state_init(&state->instances[i]);
        state->instances[i].generation = generation;
        state->instances[i].wanted = to->online;
        state->instances[i].since_ms = wall_ms;
        if (to->name[0])
            state->instances[i].reason = hf_reason_make(HF_REASON_CONFIGURED);
    }
    state->instances[i].excluded = 0;
    state->instances[i].retry_ms = 0;
    state->hash ^= hf_hash_instance_spec(state, i) ^ hf_hash_instance(state, i);
}

static bool apply_config(struct hf_state *state, const struct hf_change *change, uint64_t wall_ms,
                         const struct hf_spec *staged)
{
    if (!staged)
        return false;
    if (state->spec.cluster.token_ms != staged->cluster.token_ms)
        state->nodes_version++;
    state->hash ^= hf_hash_cluster(state);
    state->spec.cluster = staged->cluster;
    state->hash ^= hf_hash_cluster(state);
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        state->hash ^= hf_hash_node(state, (uint8_t)n);
        state->spec.nodes[n] = staged->nodes[n];
        if (staged->nodes[n].name[0])
            hf_state_node_used(state, (uint8_t)n);
        state->hash ^= hf_hash_node(state, (uint8_t)n);
    }
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        if (state->spec.instances[i].name[0] || staged->instances[i].name[0])
            switch_instance(state, (uint16_t)i, staged, wall_ms);
    }
    state->config_version++;
    remember(state, change, wall_ms, HF_NODE_NONE, state->config_version);
    return true;
}

/* Changes of one instance, between taking its old hash out and putting the new one in. */
static bool apply_instance(struct hf_state *state, const struct hf_change *change, uint64_t wall_ms)
{
    switch ((enum hf_change_type)change->type) {
    case HF_CHANGE_ASSIGN:
        return apply_assign(state, change, wall_ms);
    case HF_CHANGE_GOAL_STOP:
        return apply_goal_stop(state, change, wall_ms);
    case HF_CHANGE_CLEARED:
        return apply_cleared(state, change, wall_ms);
    case HF_CHANGE_PHASE:
        return apply_phase(state, change, wall_ms);
    case HF_CHANGE_RESTART:
        return apply_restart(state, change, wall_ms);
    case HF_CHANGE_EXCLUDE:
        if (change->node >= HF_NODES_MAX)
            return false;
        state->instances[change->instance].excluded |= 1ull << change->node;
        if (HF_PLANTED(12))
            state->hash ^= 1;
        return true;
    case HF_CHANGE_WANTED:
        return apply_wanted(state, change, wall_ms);
    case HF_CHANGE_NONE:
    case HF_CHANGE_REGIME:
    case HF_CHANGE_CLUSTER:
    case HF_CHANGE_NODE_ADD:
    case HF_CHANGE_NODE_UP:
    case HF_CHANGE_NODE_LOST:
    case HF_CHANGE_NODE_FLAGS:
    case HF_CHANGE_CONFIG:
    case HF_CHANGE_REFUSED:
    case HF_CHANGE_NOTED:
    case HF_CHANGE_FORMAT:
    case HF_CHANGE_MEASURED:
    case HF_CHANGE_TYPES:
        break;
    }
    return false;
}

static bool apply_to_instance(struct hf_state *state, const struct hf_change *change,
                              uint64_t wall_ms)
{
    uint16_t i = change->instance;
    if (i >= HF_INSTANCES_MAX || !state->spec.instances[i].name[0])
        return false;
    state->hash ^= hf_hash_instance(state, i);
    bool meant = apply_instance(state, change, wall_ms);
    state->hash ^= hf_hash_instance(state, i);
    return meant;
}

/* What a newer member knew already, and could not share, nobody else has: it begins empty. */
static bool apply_format(struct hf_state *state, const struct hf_change *change, uint64_t wall_ms)
{
    if (change->number <= state->format || change->number > HF_FORMAT_PLANNED)
        return false;
    if (!HF_PLANTED(42))
        hf_state_limit(state, state->format);
    state->format = (uint16_t)change->number;
    state->hash = hf_state_hash(state);
    remember(state, change, wall_ms, HF_NODE_NONE, change->number);
    return true;
}

bool hf_state_apply(struct hf_state *state, const struct hf_change *change, uint64_t wall_ms,
                    const struct hf_spec *staged)
{
    bool of_node = change->node < HF_NODES_MAX;
    switch ((enum hf_change_type)change->type) {
    case HF_CHANGE_REGIME:
        return of_node && apply_regime(state, change, wall_ms);
    case HF_CHANGE_CLUSTER:
        return apply_cluster(state, change);
    case HF_CHANGE_NODE_ADD:
        return of_node && apply_node_add(state, change, wall_ms);
    case HF_CHANGE_NODE_UP:
        return of_node && apply_node_up(state, change, wall_ms);
    case HF_CHANGE_NODE_LOST:
        return of_node && apply_node_lost(state, change, wall_ms);
    case HF_CHANGE_NODE_FLAGS:
        return of_node && apply_node_flags(state, change, wall_ms);
    case HF_CHANGE_CONFIG:
        return apply_config(state, change, wall_ms, staged);
    case HF_CHANGE_FORMAT:
        return apply_format(state, change, wall_ms);
    case HF_CHANGE_MEASURED:
        return hf_measured_apply(state, change);
    case HF_CHANGE_ASSIGN:
    case HF_CHANGE_GOAL_STOP:
    case HF_CHANGE_CLEARED:
    case HF_CHANGE_PHASE:
    case HF_CHANGE_RESTART:
    case HF_CHANGE_EXCLUDE:
    case HF_CHANGE_WANTED:
        return apply_to_instance(state, change, wall_ms);
    case HF_CHANGE_NONE:
    case HF_CHANGE_REFUSED:
    case HF_CHANGE_NOTED:
    case HF_CHANGE_TYPES:
        break;
    }
    return false;
}
