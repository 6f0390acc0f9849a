/*
 * Who is to be where: the rules that administrators know as a table; and that a plan which is
 * carried out in any order, with a new coordinator at each step, ends, moves nothing twice and
 * never overcommits a node.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/decide_impl.h"
#include "core/demand.h"

#define NONE HF_NODE_NONE
#define LISTED 4

static struct hf_core *core;

static void setup(unsigned nodes)
{
    static const struct hf_core_config config = {.node = 0, .incarnation = 1};
    static struct hf_actions actions;
    hf_core_init(core, &config, 1000, 1000000);
    core->out = &actions;
    core->state.config_version++;
    core->order_version = 0;
    for (unsigned n = 0; n < nodes; n++) {
        hf_node_spec_init(&core->state.spec.nodes[n]);
        (void)snprintf(core->state.spec.nodes[n].name, HF_NAME_MAX, "db%u", n + 1);
        core->state.nodes[n].joined_epoch = 1;
        core->state.nodes[n].up = true;
    }
    core->state.node_end = nodes;
    core->synced = core->membership.members = (1ull << nodes) - 1;
}

static void lose(uint8_t node)
{
    core->synced &= ~hf_bit(node);
    core->membership.members &= ~hf_bit(node);
    core->away[node] = (struct hf_away){true, true, 900, 900};
}

static struct hf_instance_spec *add(uint16_t i, int32_t priority, uint64_t memory)
{
    struct hf_instance_spec *spec = &core->state.spec.instances[i];
    struct hf_instance_state *state = &core->state.instances[i];
    hf_instance_spec_init(spec);
    (void)snprintf(spec->name, HF_NAME_MAX, "i%u", i);
    spec->priority = priority;
    spec->priority_stated = true;
    spec->disk_count = 1;
    spec->demand[HF_MEMORY] = memory;
    memset(state, 0, sizeof(*state));
    state->owner = state->target = state->last_owner = NONE;
    state->wanted = true;
    if (i >= core->state.instance_end)
        core->state.instance_end = i + 1u;
    return spec;
}

static void runs(uint16_t i, uint8_t node)
{
    core->state.instances[i].owner = node;
    core->state.instances[i].phase = HF_ONLINE;
    core->state.instances[i].generation++;
}

static void arrange(void)
{
    hf_order_instances(core);
    hf_arrange(core);
}

/* The rule without want of room: one instance, four nodes. */
struct rule {
    const char *what;
    uint8_t preferred[LISTED], count;
    uint8_t owner, last; /* owner: lost, or drained */
    bool drained;
    uint16_t reason;
    uint64_t passive, lost, failed; /* nodes */
    uint64_t possible;
    uint8_t expected;
};

static const struct rule rules[] = {
    {"next down the list", {0, 1, 2}, 3, 0, NONE, false, 0, 0, 1, 0, 0, 1},
    {"from the middle of it", {0, 1, 2}, 3, 1, NONE, false, 0, 0, 2, 0, 0, 2},
    {"wrapping at its end", {0, 1, 2}, 3, 2, NONE, false, 0, 0, 4, 0, 0, 0},
    {"past one that is down", {0, 1, 2}, 3, 0, NONE, false, 0, 0, 3, 0, 0, 2},
    {"past one where it failed", {0, 1, 2}, 3, 0, NONE, false, 0, 0, 1, 2, 0, 2},
    {"then the other possible ones", {0, 1}, 2, 0, NONE, false, 0, 0, 3, 0, 0, 2},
    {"of these a passive one first", {0, 1}, 2, 0, NONE, false, 0, 8, 3, 0, 0, 3},
    {"preferred before passive", {0, 1}, 2, 0, NONE, false, 0, 8, 1, 0, 0, 1},
    {"not one that is not possible", {0}, 1, 0, NONE, false, 0, 0, 1, 0, 8 | 1, 3},
    {"nobody", {0, 1}, 2, 0, NONE, false, 0, 0, 3, 0, 3, NONE},
    {"no list: by number", {0}, 0, 0, NONE, false, 0, 0, 1, 0, 0, 1},
    {"first start: from the top", {2, 1}, 2, NONE, NONE, false, 0, 0, 0, 0, 0, 2},
    {"first start: active before passive", {0}, 0, NONE, NONE, false, 0, 1, 0, 0, 0, 1},
    {"merely stopped: where it ran", {0, 1}, 2, NONE, 3, false, 0, 0, 0, 0, 0, 3},
    {"it failed there: down the list",
     {0, 1},
     2,
     NONE,
     0,
     false,
     HF_REASON_ENGINE_START_FAILED,
     0,
     0,
     1,
     0,
     1},
    {"drained: down the list", {0, 1}, 2, 0, NONE, true, 0, 0, 0, 0, 0, 1},
    {"drained, and nowhere to go: stays", {0, 1}, 2, 0, NONE, true, 0, 0, 0, 0, 1, 0},
};

static void test_rules(void **unused)
{
    (void)unused;
    for (unsigned r = 0; r < sizeof(rules) / sizeof(rules[0]); r++) {
        const struct rule *rule = &rules[r];
        setup(4);
        struct hf_instance_spec *spec = add(0, 10, 0);
        struct hf_instance_state *state = &core->state.instances[0];
        spec->preferred_count = rule->count;
        memcpy(spec->preferred, rule->preferred, rule->count);
        spec->possible = rule->possible;
        if (rule->owner != NONE)
            runs(0, rule->owner);
        state->last_owner = rule->last;
        state->reason.code = rule->reason;
        state->excluded = rule->failed;
        for (uint8_t n = 0; n < 4; n++) {
            core->state.spec.nodes[n].role = rule->passive >> n & 1;
            core->state.nodes[n].drained = rule->drained && n == rule->owner;
            if (rule->lost >> n & 1)
                lose(n);
        }
        arrange();
        if (core->arrange.node[0] != rule->expected)
            fail_msg("%s: %u", rule->what, core->arrange.node[0]);
    }
}

/* Room: db1 is lost; capacities count in full tenths, nine of ten are for instances. */
struct item {
    int32_t priority;
    uint64_t memory;
    uint8_t at, expected;
};

struct room {
    const char *what;
    uint64_t capacity[3];
    struct item items[5];
    uint16_t after, apart, together; /* of the first item: 1 + the other's index */
};

static const struct room rooms[] = {
    {"the simple rule, as long as it serves all",
     {10, 100, 100},
     .items = {{10, 50, 0, 1}, {10, 30, 1, 1}}},
    {"the next one is full", {10, 100, 100}, .items = {{10, 70, 0, 2}, {10, 30, 1, 1}}},
    {"nine tenths are for instances", {10, 100, 100}, .items = {{10, 61, 0, 2}, {10, 30, 1, 1}}},
    {"one moves, and all are served",
     {10, 100, 100},
     .items = {{10, 80, 0, 1}, {10, 40, 1, 2}, {10, 45, 2, 2}}},
    {"also for something less important",
     {10, 100, 100},
     .items = {{1, 80, 0, 1}, {10, 40, 1, 2}, {10, 45, 2, 2}}},
    {"the less important stops", {10, 100, 10}, .items = {{20, 80, 0, 1}, {10, 40, 1, NONE}}},
    {"the least important stops",
     {10, 100, 10},
     .items = {{20, 40, 0, 1}, {10, 40, 1, 1}, {5, 40, 1, NONE}}},
    {"not more than needed",
     {10, 100, 10},
     .items = {{20, 40, 0, 1}, {5, 20, 1, NONE}, {6, 20, 1, 1}, {7, 20, 1, 1}}},
    {"an equal does not stop", {10, 100, 10}, .items = {{10, 80, 0, NONE}, {10, 40, 1, 1}}},
    {"not even for two of them",
     {10, 100, 10},
     .items = {{10, 40, 0, NONE}, {10, 40, 0, NONE}, {10, 80, 1, 1}}},
    {"one more important is not stopped",
     {10, 100, 10},
     .items = {{10, 80, 0, NONE}, {20, 40, 1, 1}}},
    {"the more important of two that are lost",
     {10, 100, 10},
     .items = {{10, 80, 0, NONE}, {20, 80, 0, 1}}},
    {"a smaller one takes what is left",
     {10, 100, 10},
     .items = {{20, 80, 0, NONE}, {30, 70, 0, 1}, {1, 20, 0, 1}}},
    {"what it starts after is not stopped for it",
     {10, 100, 10},
     .items = {{20, 80, 0, NONE}, {10, 40, 1, 1}},
     .after = 2},
    {"kept apart", {10, 100, 100}, .items = {{10, 10, 0, 2}, {10, 10, 1, 1}}, .apart = 2},
    {"kept apart: the less important stops",
     {10, 100, 1},
     .items = {{20, 10, 0, 1}, {10, 10, 1, NONE}},
     .apart = 2},
    {"kept together: both go where both fit",
     {10, 100, 100},
     .items = {{10, 50, 0, 2}, {10, 40, 0, 2}, {10, 30, 1, 1}},
     .together = 2},
    {"kept together: to the one that runs",
     {10, 100, 100},
     .items = {{10, 10, 0, 2}, {10, 10, 2, 2}},
     .together = 2},
    {"kept together: the one that runs comes along",
     {10, 100, 100},
     .items = {{10, 60, 0, 2}, {10, 10, 1, 2}, {30, 60, 1, 1}},
     .together = 2},
    {"what runs beyond the capacity stays",
     {10, 50, 10},
     .items = {{10, 20, 0, NONE}, {10, 70, 1, 1}}},
};

static void load_room(const struct room *room)
{
    setup(3);
    for (uint8_t n = 0; n < 3; n++)
        core->state.spec.nodes[n].capacity[HF_MEMORY] = room->capacity[n];
    for (uint16_t i = 0; i < 5 && room->items[i].memory; i++) {
        struct hf_instance_spec *spec = add(i, room->items[i].priority, room->items[i].memory);
        runs(i, room->items[i].at);
        if (i == 0 && room->apart)
            spec->apart_from[spec->apart_count++] = (uint16_t)(room->apart - 1u);
        if (i == 0 && room->together)
            spec->together_with[spec->together_count++] = (uint16_t)(room->together - 1u);
        if (i == 0 && room->after)
            spec->after[spec->after_count++] = (uint16_t)(room->after - 1u);
    }
    lose(0);
}

static void test_rooms(void **unused)
{
    (void)unused;
    for (unsigned r = 0; r < sizeof(rooms) / sizeof(rooms[0]); r++) {
        load_room(&rooms[r]);
        arrange();
        for (uint16_t i = 0; i < 5 && rooms[r].items[i].memory; i++) {
            if (core->arrange.node[i] != rooms[r].items[i].expected)
                fail_msg("%s: i%u is to be on %u", rooms[r].what, i, core->arrange.node[i]);
        }
    }
}

/* i0 was stopped for a move to db2, and has no owner; i1, which it is kept with, runs on db3. */
static void load_mates(void)
{
    setup(3);
    add(0, 10, 10);
    struct hf_instance_spec *mate = add(1, 10, 10);
    mate->together_with[mate->together_count++] = 0;
    core->state.instances[0].target = 1;
    core->state.instances[0].phase = HF_STRANDED;
    core->state.instances[0].generation = 1;
    runs(1, 2);
}

/* While the mate's node is away, and has time to come back, its place is still its place. */
static void test_mate_away(void **unused)
{
    (void)unused;
    load_mates();
    arrange();
    assert_int_equal(core->arrange.node[0], 2);
    lose(2);
    core->away[2].down = false;
    core->away[2].since_ms = core->now_ms;
    arrange();
    assert_int_equal(core->arrange.node[0], NONE);
    struct hf_change change = hf_change_make(HF_CHANGE_PHASE, HF_REASON_NONE);
    struct hf_case v = {core, 0, &core->state.spec.instances[0], &core->state.instances[0], NULL};
    hf_case_passed_over(&v, NONE, NONE, &change);
    assert_int_equal(change.rejections[0].reason.code, HF_REASON_KEPT_TOGETHER);
    assert_int_equal(change.rejections[0].reason.node, 2);
    core->now_ms += core->state.spec.cluster.daemon_grace_ms;
    arrange();
    assert_int_not_equal(core->arrange.node[0], NONE);
    assert_int_equal(core->arrange.node[0], core->arrange.node[1]);
}

static uint64_t seed;

static unsigned draw(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

/* What runs keeps every rule; one node is lost. */
static void draw_world(void)
{
    unsigned nodes = 2 + draw(4), instances = 2 + draw(9);
    setup(nodes);
    for (uint16_t i = 0; i < instances; i++) {
        struct hf_instance_spec *spec = add(i, (int32_t)draw(4) * 5, 5 + draw(50));
        runs(i, (uint8_t)draw(nodes));
        uint16_t other = i ? (uint16_t)draw(i) : 0;
        uint8_t there = core->state.instances[other].owner;
        if (i && draw(6) == 0 && there != core->state.instances[i].owner)
            spec->apart_from[spec->apart_count++] = other;
        else if (i && draw(8) == 0 && !core->state.spec.instances[other].apart_count)
            spec->together_with[spec->together_count++] = other;
        if (spec->together_count)
            runs(i, there);
    }
    for (uint8_t n = 0; n < nodes; n++) {
        uint64_t load = 0;
        for (unsigned i = 0; i < instances; i++)
            load += core->state.instances[i].owner == n
                        ? core->state.spec.instances[i].demand[HF_MEMORY]
                        : 0;
        core->state.spec.nodes[n].capacity[HF_MEMORY] = load * 10 / 9 + 1 + draw(60);
    }
    lose((uint8_t)draw(nodes));
}

static void start(uint16_t i, uint8_t node)
{
    struct hf_instance_state *state = &core->state.instances[i];
    uint64_t load = core->state.spec.instances[i].demand[HF_MEMORY];
    for (unsigned j = 0; j < core->state.instance_end; j++) {
        if (j != i && core->state.instances[j].owner == node)
            load += core->state.spec.instances[j].demand[HF_MEMORY];
    }
    assert_true(load * 10 <= core->state.spec.nodes[node].capacity[HF_MEMORY] * 9);
    state->owner = node;
    state->target = NONE;
    state->goal = HF_GOAL_RUN;
    state->phase = HF_ONLINE;
}

/* All that is to go is told to in one decision. */
static unsigned stop_all(void)
{
    unsigned stops = 0;
    for (unsigned i = 0; i < core->state.instance_end; i++) {
        struct hf_instance_state *state = &core->state.instances[i];
        bool is_due = core->arrange.need[i] == HF_NEED_PLACED && state->goal == HF_GOAL_RUN &&
                      core->arrange.node[i] != state->owner;
        if (!is_due)
            continue;
        state->goal = HF_GOAL_STOP;
        state->target = core->arrange.node[i];
        stops++;
    }
    return stops;
}

/* The next thing that the arrangement wants of i, if there is one now: it has stopped, or starts.
 */
static bool carry_out(uint16_t i)
{
    struct hf_instance_state *state = &core->state.instances[i];
    uint8_t node = core->arrange.node[i];
    bool lost = state->owner != NONE && !(hf_up_nodes(core) & hf_bit(state->owner));
    struct hf_case v = {core, i, &core->state.spec.instances[i], state, NULL};
    struct hf_reason why;
    if (lost || (state->owner != NONE && state->goal == HF_GOAL_STOP)) {
        state->last_owner = state->owner;
        state->owner = NONE;
        state->phase = HF_OFFLINE;
        return true;
    }
    if (state->owner != NONE || node == NONE || !hf_case_room_now(&v, node, &why))
        return false;
    start(i, node);
    return true;
}

/* Each step one action of those that are due, then everything is asked anew, as a new coordinator
 * would; what it kept of earlier answers is lost with the old one. */
static void test_converges(void **unused)
{
    unsigned moved = 0, most = 0;
    (void)unused;
    for (unsigned world = 0; world < 4000; world++) {
        seed = world * 7919 + 11;
        draw_world();
        arrange();
        unsigned allowed = stop_all(), stops = allowed, steps = 0;
        for (bool active = true; active && steps < 200; steps++) {
            active = false;
            unsigned first = draw(core->state.instance_end);
            for (unsigned k = 0; k < core->state.instance_end && !active; k++)
                active = carry_out((uint16_t)((first + k) % core->state.instance_end));
            for (unsigned a = 0; a < 4; a++)
                core->arrange.answers[a / 2][a % 2].known = false;
            arrange();
            stops += stop_all();
        }
        if (steps == 200 || stops > allowed)
            fail_msg("world %u: %u steps, %u stops of %u", world, steps, stops, allowed);
        for (unsigned i = 0; i < core->state.instance_end; i++)
            assert_int_equal(core->state.instances[i].owner, core->arrange.node[i]);
        moved += stops > 0;
        most = stops > most ? stops : most;
    }
    assert_true(moved > 100 && most > 2); /* the worlds are such that something has to go */
}

static int prepare(void **unused)
{
    (void)unused;
    core = calloc(1, hf_core_size());
    assert_non_null(core);
    return 0;
}

static int clean_up(void **unused)
{
    (void)unused;
    free(core);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_rooms),
        cmocka_unit_test(test_mate_away),
        cmocka_unit_test(test_converges),
    };
    return cmocka_run_group_tests(tests, prepare, clean_up);
}
