/*
 * plan.c - a seed's own mix of topology and faults, and its run: a cluster is made, mistreated,
 * healed, and must then be whole again within a stated time.
 */
#include "world.h"

#include <string.h>

#define WHOLE_AGAIN_US (100 * SIM_S)
#define LOG_BYTES 24000u
#define RECORD_EVERY 16u /* seeds: recording and replaying one doubles its time */

static void draw_fault(struct sim_plan *plan, struct sim_rng *rng, uint32_t kinds, uint64_t *at)
{
    struct sim_fault *fault = &plan->fault[plan->faults++];
    do
        fault->kind = (uint8_t)sim_between(rng, 0, SIM_F_DRAWN - 1);
    while (!(kinds >> fault->kind & 1));
    /* Half of them fall into the trouble that the one before made. */
    *at += sim_chance(rng, 500) ? sim_between(rng, 0, 3 * SIM_S) : sim_between(rng, 0, 12 * SIM_S);
    fault->at = *at;
    fault->a = sim_random(rng) >> 8;
    fault->b = sim_random(rng) >> 8;
    fault->lasts = sim_chance(rng, 500) ? sim_between(rng, 50, 3000) * SIM_MS
                                        : sim_between(rng, 1, 25) * SIM_S;
    if (fault->at + fault->lasts > plan->ends)
        plan->ends = fault->at + fault->lasts;
}

static void draw_package(struct sim_plan *plan, struct sim_rng *rng, enum sim_fault_kind kind,
                         unsigned node, uint64_t at)
{
    struct sim_fault *fault = &plan->fault[plan->faults++];
    *fault = (struct sim_fault){.kind = (uint8_t)kind, .at = at, .a = node, .b = sim_random(rng)};
    fault->lasts = sim_between(rng, 50, 4000) * SIM_MS;
    if (fault->at + fault->lasts > plan->ends)
        plan->ends = fault->at + fault->lasts;
}

/*
 * In a third of the seeds nodes are of two versions: some are upgraded, one after the other as an
 * administrator would or all within a moment, and some get the older version back. Drawn apart, so
 * that the other seeds stay what they were.
 */
static void draw_versions(struct sim_plan *plan, uint64_t seed)
{
    struct sim_rng rng = {seed * 0x9e3779b97f4a7c15ull + 11};
    for (unsigned n = 0; n < SIM_NODES; n++)
        plan->speaks[n] = HF_FORMAT_FIRST;
    if (!sim_chance(&rng, 333))
        return;
    plan->versions = true;
    plan->finish = sim_chance(&rng, 500);
    uint32_t newer = (uint32_t)sim_between(&rng, 0, 3) * 333; /* none, some, most, nearly all */
    for (unsigned n = 0; n < SIM_NODES; n++)
        plan->speaks[n] = sim_chance(&rng, newer) ? HF_FORMAT_PLANNED : HF_FORMAT_FIRST;
    /* A cluster that newer nodes make is no place for an older one. */
    for (unsigned n = 1; n < plan->nodes; n++)
        plan->speaks[0] = plan->speaks[n] < plan->speaks[0] ? plan->speaks[n] : plan->speaks[0];
    uint64_t at = 0, pause = sim_chance(&rng, 700) ? 8 * SIM_S : 500 * SIM_MS;
    unsigned first = (unsigned)sim_between(&rng, 0, plan->nodes - 1);
    for (unsigned k = 0; k < plan->nodes; k++) {
        at += sim_between(&rng, 0, pause);
        if (sim_chance(&rng, 850))
            draw_package(plan, &rng, SIM_F_UPGRADE, (first + k) % plan->nodes, at);
    }
    for (unsigned k = 0; k < 2; k++) {
        if (sim_chance(&rng, 300))
            draw_package(plan, &rng, SIM_F_DOWNGRADE,
                         (unsigned)sim_between(&rng, 0, plan->nodes - 1),
                         sim_between(&rng, 0, at + 10 * SIM_S));
    }
}

/* In a quarter of the seeds what runs is not always well; drawn apart, too. */
static void draw_sick(struct sim_plan *plan, uint64_t seed)
{
    struct sim_rng rng = {seed * 0xbf58476d1ce4e5b9ull + 13};
    if (!sim_chance(&rng, 250))
        return;
    plan->sick = true;
    uint64_t at = 0;
    unsigned faults = (unsigned)sim_between(&rng, 1, 5);
    for (unsigned f = 0; f < faults; f++) {
        draw_fault(plan, &rng, 1u << SIM_F_POWER, &at);
        plan->fault[plan->faults - 1].kind = sim_chance(&rng, 700) ? SIM_F_SICK : SIM_F_NETWORK;
        plan->fault[plan->faults - 1].lasts += 6 * SIM_S;
    }
}

void sim_plan_draw(struct sim_plan *plan, uint64_t seed)
{
    struct sim_rng rng = {seed * 0xd1342543de82ef95ull + 7};
    memset(plan, 0, sizeof(*plan));
    plan->nodes = (unsigned)(sim_chance(&rng, 600) ? sim_between(&rng, 2, 4)
                                                   : sim_between(&rng, 2, SIM_NODES));
    plan->instances = (unsigned)(sim_chance(&rng, 850) ? sim_between(&rng, 1, 6)
                                                       : sim_between(&rng, 1, SIM_INSTANCES));
    plan->witness = plan->nodes % 2 == 0 && sim_chance(&rng, 400);
    plan->watchdog = sim_chance(&rng, 500);
    plan->tight = seed % 5 == 2;
    plan->windows = seed % 3 == 1;
    plan->utc_offset_s = ((int32_t)(seed / 3 % 53) - 24) * 1800;
    if (plan->tight && plan->instances > 10)
        plan->instances = 10; /* few enough for a checker that tries everything */
    uint32_t kinds = (uint32_t)sim_random(&rng) & ((1u << SIM_F_DRAWN) - 1);
    if (!kinds)
        kinds = 1u << SIM_F_POWER;
    uint64_t at = 0;
    unsigned faults = (unsigned)sim_between(&rng, 1, 14);
    for (unsigned f = 0; f < faults; f++)
        draw_fault(plan, &rng, kinds, &at);
    draw_versions(plan, seed);
    draw_sick(plan, seed);
}

struct run {
    const struct sim_plan *plan;
    uint64_t mask;
};

static void on_fault(struct sim_world *world, uint64_t index, uint64_t end)
{
    const struct run *run = world->user;
    static const struct sim_fault blackout = {.kind = SIM_F_BLACKOUT};
    const struct sim_fault *fault = &run->plan->fault[index];
    if (index == SIM_FAULTS_MAX)
        fault = &blackout;
    else if (!(run->mask >> index & 1))
        return;
    if (world->calm)
        return;
    sim_check_left_out(world);
    if (end & 1)
        sim_fault_end(world, fault);
    else
        sim_fault_start(world, fault);
}

/* At once; in every third world in a window that opens and closes while it lasts. */
static void draw_failback(const struct sim_world *world, struct hf_instance_spec *instance,
                          uint16_t i)
{
    instance->failback = HF_FAILBACK_IMMEDIATE;
    if (!world->windows)
        return;
    uint64_t local = sim_wall_ms(world, 0) + (uint64_t)world->utc_offset_s * 1000;
    uint64_t from = local / 60000 + i % 3u;
    instance->failback = HF_FAILBACK_WINDOW;
    instance->failback_from_min = (uint16_t)(from % 1440);
    instance->failback_to_min = (uint16_t)((from + 1 + i % 2u) % 1440);
}

static void draw_instance(struct sim_world *world, struct hf_spec *spec, uint16_t i)
{
    char name[16];
    (void)snprintf(name, sizeof(name), "pg%u", i);
    sim_spec_instance(spec, i, name);
    struct hf_instance_spec *instance = &spec->instances[i];
    unsigned preferred = (unsigned)sim_between(&world->rng, 0, world->nodes);
    uint8_t first = (uint8_t)sim_between(&world->rng, 0, world->nodes - 1);
    for (unsigned p = 0; p < preferred; p++)
        instance->preferred[instance->preferred_count++] = (uint8_t)((first + p) % world->nodes);
    instance->priority = (int32_t)sim_between(&world->rng, 0, 20);
    instance->priority_stated = sim_chance(&world->rng, 700);
    if (sim_chance(&world->rng, 150))
        draw_failback(world, instance, i);
    if (sim_chance(&world->rng, 100))
        instance->address[0] = '\0';
    if (sim_chance(&world->rng, 150) && i > 0)
        instance->after[instance->after_count++] = (uint16_t)(i - 1);
    if (sim_chance(&world->rng, 80) && i > 0)
        instance->apart_from[instance->apart_count++] = (uint16_t)(i - 1);
    if (sim_chance(&world->rng, 100))
        instance->possible = sim_bit(first) | sim_bit((first + 1u) % world->nodes);
    if (sim_chance(&world->rng, 200))
        instance->demand[HF_MEMORY] = sim_between(&world->rng, 100, 400);
    if (sim_chance(&world->rng, 50))
        instance->disk_count = 0;
    /* In some seeds, and without a draw: the others run as they would without it. */
    if (world->seed % 4 == 3 && i % 2 == 0)
        (void)snprintf(instance->degraded_settings, HF_SETTINGS_MAX, "work_mem = %uMB\n", i + 1u);
}

static bool configure(struct sim_world *world, const struct sim_plan *plan)
{
    struct hf_spec *spec = world->spec;
    *spec = hf_core_state(world->node[0].core)->spec;
    for (uint16_t i = 0; i < plan->instances; i++)
        draw_instance(world, spec, i);
    for (uint16_t i = 0; plan->sick && i < plan->instances; i++)
        spec->instances[i].health.level = (uint8_t)(2 + (world->seed + i) % 4);
    bool sized = sim_chance(&world->rng, 200);
    for (uint8_t n = 0; sized && n < plan->nodes; n++)
        spec->nodes[n].capacity[HF_MEMORY] = 1000;
    if (plan->tight)
        sim_spec_tighten(world, spec, plan->nodes, plan->instances);
    if (plan->tight && world->seed / 5 % 2)
        sim_measure_begin(world, spec);
    return sim_apply(world, spec);
}

static void setup(struct sim_world *world, const struct sim_plan *plan)
{
    for (uint8_t n = 0; n < plan->nodes; n++) {
        struct sim_node *node = &world->node[n];
        node->watchdog = plan->watchdog;
        node->drift_ppm = (int32_t)sim_between(&world->rng, 0, 400) - 200;
        node->wall_shift_ms = (int64_t)sim_between(&world->rng, 0, 4000) - 2000;
    }
    for (uint8_t n = 0; n < SIM_NODES; n++)
        world->node[n].config.speaks = plan->speaks[n];
    world->versions = plan->versions;
    world->windows = plan->windows;
    world->utc_offset_s = plan->utc_offset_s;
    world->finish = plan->finish;
    world->first = sim_bit(plan->nodes) - 1;
    if (!sim_bootstrap(world, plan->nodes) && !world->violation[0])
        sim_violation(world, "setup: the cluster could not be made");
    if (!world->violation[0] && !configure(world, plan) && !world->violation[0])
        sim_violation(world, "setup: the configuration could not be applied");
    if (plan->witness && !world->violation[0]) {
        world->witness = true;
        sim_group_votes(world);
    }
    sim_run(world, world->now + sim_between(&world->rng, 0, 8) * SIM_S);
}

static void resume_all(struct sim_world *world)
{
    uint8_t member = sim_member(world);
    if (member == HF_NODE_NONE)
        return;
    for (uint8_t n = 0; n < world->nodes; n++)
        (void)sim_ask(world, member, HF_VERB_RESUME, HF_INSTANCE_NONE, n, NULL);
}

/* What stays down for its own failures comes back when an administrator asks for it. */
static void online_failed(struct sim_world *world)
{
    uint8_t member = sim_member(world);
    if (member == HF_NODE_NONE)
        return;
    for (uint16_t i = 0; i < SIM_INSTANCES && world->request_count < SIM_REQUESTS; i++) {
        const struct hf_state *state = hf_core_state(world->node[member].core);
        if (!state->spec.instances[i].name[0] || !state->instances[i].wanted ||
            state->instances[i].phase == HF_ONLINE)
            continue;
        (void)sim_wait_reply(world, sim_ask(world, member, HF_VERB_ONLINE, i, HF_NODE_NONE, NULL),
                             2 * SIM_S);
    }
}

/* Who was on its way in and is not there asks once more, and so does one that never could. */
static void join_late(struct sim_world *world)
{
    uint8_t joiner = 0;
    sim_upgrade_all(world);
    sim_join_again(world);
    while (joiner < SIM_NODES && (world->joined | world->first) & sim_bit(joiner))
        joiner++;
    sim_run(world, world->now + 20 * SIM_S);
    sim_upgrade_all(world); /* the newer format may be in use since */
    if (world->joined && joiner < SIM_NODES && !world->violation[0] && !sim_join(world, joiner) &&
        !world->violation[0])
        sim_violation(world, "join: db%u is not let in after the faults", joiner + 1u);
}

/* A window may open just now, and something is on its way back: that has its time. */
static void settle(struct sim_world *world)
{
    for (unsigned tries = 0; tries < 12 && world->now < world->changed_us + 5 * SIM_S; tries++)
        sim_run(world, world->now + 5 * SIM_S);
}

static void finish(struct sim_world *world)
{
    sim_heal(world);
    sim_run(world, world->now + 15 * SIM_S);
    join_late(world);
    resume_all(world);
    sim_run(world, world->now + WHOLE_AGAIN_US);
    settle(world);
    if (!world->violation[0])
        sim_check_served(world);
    if (!world->violation[0])
        sim_check_left_out(world);
    if (!world->violation[0])
        sim_check_config(world);
    if (!world->violation[0])
        sim_check_conf(world);
    online_failed(world);
    sim_run(world, world->now + 40 * SIM_S);
    settle(world);
    if (!world->violation[0])
        sim_check_served(world);
    if (!world->violation[0])
        sim_check_versions(world);
    if (!world->violation[0])
        sim_check_left_out(world);
    if (!world->violation[0])
        sim_check_moves(world);
    for (uint32_t r = 0; r < world->request_count && !world->violation[0]; r++) {
        const struct sim_request *request = &world->request[r];
        const struct sim_node *node = &world->node[request->node];
        if (!request->done && node->incarnation == request->incarnation)
            sim_violation(world, "commands: number %u was never answered", r + 1);
    }
}

void sim_plan_run(struct sim_world *world, const struct sim_plan *plan, uint64_t seed,
                  uint64_t mask)
{
    struct run run = {plan, mask};
    sim_world_reset(world, seed, plan->nodes, false);
    world->user = &run;
    world->on_fault = on_fault;
    world->cut_on_ack = seed % 4 == 0;
    sim_record_free(world);
    if (world->record_all || seed % RECORD_EVERY == 3)
        sim_record_begin(world, LOG_BYTES);
    setup(world, plan);
    uint64_t from = world->now;
    for (unsigned f = 0; f < plan->faults && !world->violation[0]; f++) {
        const struct sim_fault *fault = &plan->fault[f];
        sim_at(world, from + fault->at, SIM_EV_FAULT, 0, 0, f, 0);
        sim_at(world, from + fault->at + fault->lasts, SIM_EV_FAULT, 0, 0, f, 1);
        for (unsigned k = 1; fault->kind == SIM_F_FLAP && k < 8; k++)
            sim_at(world, from + fault->at + k * fault->lasts / 8, SIM_EV_FAULT, 0, 0, f, k & 1);
    }
    sim_run(world, from + plan->ends + SIM_S);
    if (!world->violation[0])
        finish(world);
    if (!world->violation[0])
        sim_record_check(world);
}
