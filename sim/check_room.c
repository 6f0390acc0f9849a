/*
 * check_room.c - I5 and room, from the state alone, by rules of its own.
 *
 * Whenever somebody gets an owner, what is on that node then fits there. Nothing that runs is
 * stopped for something that is not more important. And once all is quiet: for nothing that is left
 * out is there a placement that serves it together with everything that runs of the same or higher
 * priority. That is looked for by trying every node for each of them, so in small worlds only.
 */
#include "world.h"

#define TRIES_MAX 300000u

static uint64_t load_of(const struct hf_state *state, uint8_t n, unsigned r)
{
    uint64_t load = 0;
    for (uint16_t i = 0; i < SIM_INSTANCES; i++) {
        if (state->spec.instances[i].name[0] && state->instances[i].owner == n)
            load += sim_needs(state, i, r);
    }
    return load;
}

/* What something more important starts after counts as just as important. */
static int32_t weight_of(const struct hf_spec *spec, uint16_t i)
{
    int32_t weight = hf_spec_priority(&spec->instances[i]);
    uint64_t above = 1ull << i; /* i, and what starts after one of these */
    for (bool grows = true; grows;) {
        grows = false;
        for (uint16_t j = 0; j < SIM_INSTANCES; j++) {
            const struct hf_instance_spec *other = &spec->instances[j];
            for (unsigned a = 0; other->name[0] && a < other->after_count; a++) {
                if (above >> j & 1 || !(above >> other->after[a] & 1))
                    continue;
                above |= 1ull << j;
                grows = true;
                if (hf_spec_priority(other) > weight)
                    weight = hf_spec_priority(other);
            }
        }
    }
    return weight;
}

/* The reserve is not for instances. */
static bool within(const struct hf_state *state, uint8_t n, unsigned r, uint64_t load)
{
    uint64_t capacity = sim_capacity(state, n, r);
    return !capacity || load * 100 <= capacity * (100u - state->spec.cluster.reserve_percent);
}

void sim_check_room(struct sim_world *world, uint8_t n, const struct hf_history_record *record)
{
    const struct hf_state *state = hf_core_state(world->node[n].core);
    uint16_t i = record->instance;
    if (i >= SIM_INSTANCES || !state->spec.instances[i].name[0])
        return;
    const struct hf_instance_spec *spec = &state->spec.instances[i];
    uint16_t why = record->reason.code, whom = record->reason.instance;
    if (record->type == HF_CHANGE_GOAL_STOP && why == HF_REASON_STOPPED_FOR &&
        (whom >= SIM_INSTANCES || weight_of(&state->spec, whom) <= weight_of(&state->spec, i)))
        sim_violation(world, "I5: %s is stopped for something that is not more important",
                      spec->name);
    /* Only of the newest record is the state known. */
    bool newest = state->history_count && record->index == state->index;
    if (record->type != HF_CHANGE_ASSIGN || !newest || why == HF_REASON_GENERATION_BEHIND ||
        state->instances[i].owner != record->node)
        return;
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        uint64_t load = load_of(state, record->node, r);
        if (sim_needs(state, i, r) && !within(state, record->node, r, load))
            sim_violation(world, "room: %s is given to %s, which would carry %llu of %llu",
                          spec->name, sim_node_name(world, record->node), (unsigned long long)load,
                          (unsigned long long)sim_capacity(state, record->node, r));
    }
}

/* One instance that is left out, and all that must be served beside it. */
struct trial {
    struct sim_world *world;
    const struct hf_core *core;
    const struct hf_state *state;
    uint16_t list[SIM_INSTANCES];
    uint64_t nodes[SIM_INSTANCES]; /* of each in list: where it may be, for all but its company */
    uint64_t apart[SIM_INSTANCES]; /* of each: places in list that it is kept from, */
    uint64_t together[SIM_INSTANCES]; /* and kept with */
    uint8_t at[SIM_INSTANCES];
    unsigned count;
    uint32_t tries;
};

static bool served(const struct hf_state *state, uint16_t i)
{
    return state->spec.instances[i].name[0] && state->instances[i].phase == HF_ONLINE;
}

/* It came here for a reason that is none of the ordinary ones. */
static bool came_by_failure(const struct hf_instance_state *instance)
{
    static const uint16_t ordinary[] = {HF_REASON_NONE,          HF_REASON_CONFIGURED,
                                        HF_REASON_NODE_LOST,     HF_REASON_NODE_BACK,
                                        HF_REASON_DAEMON_LOST,   HF_REASON_REQUESTED_MOVE,
                                        HF_REASON_DRAINED,       HF_REASON_REQUESTED_ONLINE,
                                        HF_REASON_FAILBACK,      HF_REASON_MAKES_ROOM,
                                        HF_REASON_STOPPED_FOR,   HF_REASON_MOVES_ALONG,
                                        HF_REASON_NO_ROOM,       HF_REASON_NO_ROOM_FOUND,
                                        HF_REASON_NO_OWNER_LEFT, HF_REASON_STOPPED_ON_OWNER,
                                        HF_REASON_WAITS_FOR,     HF_REASON_WAITS_FENCE,
                                        HF_REASON_NOT_FENCED,    HF_REASON_RETRY,
                                        HF_REASON_FIRST_START,   HF_REASON_COLD_START};
    for (unsigned k = 0; k < sizeof(ordinary) / sizeof(ordinary[0]); k++) {
        if (instance->takeover.cause.code == ordinary[k])
            return false;
    }
    return true;
}

/* Where its own state lets it be. */
static bool may_be_on(const struct trial *t, uint16_t i, uint8_t n)
{
    const struct hf_spec *spec = &t->state->spec;
    const struct hf_instance_spec *mine = &spec->instances[i];
    const struct hf_node_state *node = &t->state->nodes[n];
    if (!(hf_up_nodes(t->core) >> n & 1) || !node->joined_epoch)
        return false;
    bool runs_here = served(t->state, i) && t->state->instances[i].owner == n;
    bool possible = hf_spec_possible(spec, mine) >> n & 1;
    bool failed = (t->state->instances[i].excluded | t->core->unclean[i]) >> n & 1;
    bool bound = !mine->disk_count || came_by_failure(&t->state->instances[i]);
    if (served(t->state, i) && bound && !runs_here)
        return false; /* it is not moved out of the way */
    bool cut_off = hf_network_matters(t->core, i) && sim_network_less(t->world, t->state, i, n);
    return runs_here || (possible && !failed && !cut_off && !node->drained && !node->quarantined);
}

static void add_to_trial(struct trial *t, uint16_t i)
{
    unsigned k = t->count++;
    uint64_t group = sim_group_of(&t->state->spec, i);
    t->list[k] = i;
    for (uint8_t n = 0; n < t->world->nodes; n++)
        t->nodes[k] |= may_be_on(t, i, n) ? sim_bit(n) : 0;
    for (unsigned j = 0; j < k; j++) {
        t->apart[k] |= sim_apart(&t->state->spec, i, t->list[j]) ? 1ull << j : 0;
        t->together[k] |= group >> t->list[j] & 1 ? 1ull << j : 0;
    }
}

/* Beside those before it, where these are tried now. */
static bool fits_on(const struct trial *t, unsigned k, uint8_t n)
{
    uint64_t load[HF_RESOURCES] = {0};
    for (unsigned j = 0; j < k; j++) {
        bool same = t->at[j] == n;
        if ((same ? t->apart[k] : t->together[k]) >> j & 1)
            return false;
        for (unsigned r = 0; same && r < HF_RESOURCES; r++)
            load[r] += sim_needs(t->state, t->list[j], r);
    }
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        uint64_t mine = sim_needs(t->state, t->list[k], r);
        if (mine && !within(t->state, n, r, load[r] + mine))
            return false;
    }
    return true;
}

/* Is there a node for the k-th and all after it? */
static bool fits(struct trial *t, unsigned k)
{
    if (k == t->count)
        return true;
    for (uint8_t n = 0; n < t->world->nodes && t->tries < TRIES_MAX; n++) {
        t->tries++;
        t->at[k] = n;
        if (t->nodes[k] & sim_bit(n) && fits_on(t, k, n) && fits(t, k + 1))
            return true;
    }
    return false;
}

/* What runs already breaks a rule: it came later, and is no reason to stop anything. */
static bool is_irregular(const struct hf_state *state)
{
    for (uint16_t i = 0; i < SIM_INSTANCES; i++) {
        for (uint16_t j = 0; j < i && served(state, i); j++) {
            bool same = state->instances[i].owner == state->instances[j].owner;
            if (served(state, j) && ((same && sim_apart(&state->spec, i, j)) ||
                                     (!same && sim_together(&state->spec, i, j))))
                return true;
        }
    }
    for (uint8_t n = 0; n < SIM_NODES; n++) {
        for (unsigned r = 0; r < HF_RESOURCES; r++) {
            if (!within(state, n, r, load_of(state, n, r)))
                return true;
        }
    }
    return false;
}

/* Where the search was cut short it says so, and claims nothing. */
static bool left_out(const struct hf_state *state, uint16_t i)
{
    const struct hf_instance_state *instance = &state->instances[i];
    return state->spec.instances[i].name[0] && instance->wanted &&
           instance->owner == HF_NODE_NONE &&
           (instance->reason.code == HF_REASON_NO_ROOM ||
            instance->reason.code == HF_REASON_NO_OWNER_LEFT);
}

/* Nothing was decided for a while, and nothing is under way. The coordinator's core, or NULL. */
static const struct hf_core *quiet(const struct sim_world *world)
{
    uint8_t member = sim_member(world);
    if (member == HF_NODE_NONE || world->now < world->changed_us + 3 * SIM_S)
        return NULL;
    const struct hf_state *state = hf_core_state(world->node[member].core);
    if (state->coordinator >= SIM_NODES || !world->node[state->coordinator].daemon ||
        world->node[state->coordinator].frozen)
        return NULL;
    const struct hf_core *core = world->node[state->coordinator].core;
    if (!core->synced_self || core->in_flight || core->queue_count || core->sending ||
        core->state.hash != state->hash || hf_up_nodes(core) != state->members ||
        core->now_ms < core->tilt_until_ms)
        return NULL;
    for (uint16_t i = 0; i < SIM_INSTANCES; i++) {
        const struct hf_instance_state *instance = &state->instances[i];
        bool owned = instance->owner != HF_NODE_NONE;
        /* On a node that is away and has time to come back: nobody can tell it to move, and what is
         * kept together with it waits. */
        bool away = owned && !(hf_up_nodes(core) >> instance->owner & 1);
        bool busy = away || (owned && instance->phase != HF_ONLINE);
        if (state->spec.instances[i].name[0] && busy)
            return NULL;
    }
    return core;
}

/* Without disks, one of its nodes may have it while it is away: until that is lost, and fenced. */
static bool may_run_unseen(const struct hf_core *core, uint16_t i)
{
    const struct hf_spec *spec = &core->state.spec;
    uint64_t away = hf_spec_possible(spec, &spec->instances[i]) & ~hf_up_nodes(core);
    for (uint8_t n = 0; n < SIM_NODES; n++) {
        if (away >> n & 1 && !core->state.nodes[n].fenced)
            return !spec->instances[i].disk_count;
    }
    return false;
}

/* For time, or for others to start: it keeps its room meanwhile. */
static bool waits(const struct hf_core *core, uint16_t i)
{
    const struct hf_instance_state *instance = &core->state.instances[i];
    uint16_t why = instance->reason.code;
    return core->state.spec.instances[i].name[0] && instance->wanted &&
           instance->phase != HF_ONLINE &&
           (why == HF_REASON_WAITS_FENCE || why == HF_REASON_WAITS_FOR || may_run_unseen(core, i));
}

void sim_check_left_out(struct sim_world *world)
{
    const struct hf_core *core = quiet(world);
    if (!core)
        return;
    const struct hf_state *state = hf_core_state(core);
    int irregular = -1; /* not looked at yet */
    for (uint16_t i = 0; i < SIM_INSTANCES; i++) {
        if (!left_out(state, i) || may_run_unseen(core, i))
            continue;
        if (irregular < 0)
            irregular = is_irregular(state);
        if (irregular)
            return;
        int32_t weight = weight_of(&state->spec, i);
        struct trial trial = {.world = world, .core = core, .state = state};
        add_to_trial(&trial, i);
        for (uint16_t j = 0; j < SIM_INSTANCES; j++) {
            if ((served(state, j) || waits(core, j)) && weight_of(&state->spec, j) >= weight)
                add_to_trial(&trial, j);
        }
        if (fits(&trial, 0))
            sim_violation(world, "I5: %s is left out, and would fit beside all as important",
                          state->spec.instances[i].name);
        world->coverage->left_out[trial.tries < TRIES_MAX]++;
    }
}
