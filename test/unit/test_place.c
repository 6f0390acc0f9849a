/* The placement optimiser: against its dumb twin, under renaming, and at the edges. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/place_workspace.h"
#include "planner_gen.h"
#include "test_place_brute.h"

#define STEPS 2000000

static struct hf_place_workspace ws;
static struct hf_place_problem problem;
static struct hf_place_problem other;
static struct hf_place_result result;
static struct hf_place_result again;
static struct hf_place_values best;
static int8_t best_node[HF_PLACE_INSTANCES_MAX];

static void solve(void)
{
    unsigned index = 0;

    assert_int_equal(hf_place_check(&problem, &index), HF_PLACE_FAULT_NONE);
    hf_place_solve(&problem, &ws, STEPS, &result);
    assert_true(hf_place_feasible(&problem, result.node, &index));
}

/* n_nodes nodes of capacity cap in one resource, all up; instances with demand 1, on no node. */
static void make(unsigned n_nodes, unsigned n_instances, int64_t cap)
{
    memset(&problem, 0, sizeof(problem));
    problem.n_nodes = n_nodes;
    problem.n_instances = n_instances;
    problem.n_resources = 1;
    for (unsigned n = 0; n < n_nodes; n++) {
        problem.nodes[n].up = true;
        problem.nodes[n].cap[0] = cap;
    }
    for (unsigned i = 0; i < n_instances; i++) {
        problem.instances[i].demand[0] = 1;
        problem.instances[i].owners = HF_PLACE_EVERY_NODE;
        problem.instances[i].current = HF_PLACE_NONE;
        problem.instances[i].last = HF_PLACE_NONE;
    }
}

static uint32_t moves(const struct hf_place_values *v)
{
    return v->moved + v->stopped;
}

static void small_problem(unsigned seed, bool extras)
{
    struct hf_planner_spec spec;
    unsigned n_nodes = 2 + seed % 3;

    hf_planner_draw(seed, n_nodes, 2 + seed / 3 % 5, &spec);
    spec.extras = extras;
    spec.n_failed = seed % 7 == 0 ? 0 : spec.n_failed;
    spec.tightness += seed % 5 == 0 ? 200 : 0;
    hf_planner_generate(seed, &spec, &problem);
    for (unsigned i = 0; seed % 11 == 0 && i < problem.n_instances; i++) {
        unsigned n = (seed + i) % n_nodes; /* a start that breaks rules */
        if (problem.nodes[n].up) {
            problem.instances[i].current = (int8_t)n;
        }
    }
}

static void assert_same_values(unsigned seed, bool maxutil)
{
    bool same =
        memcmp(result.values.served, best.served, best.n_classes * sizeof(best.served[0])) == 0 &&
        moves(&result.values) == moves(&best) && result.values.passive == best.passive &&
        result.values.rank == best.rank;

    if (!same || (maxutil && hf_place_compare(&result.values, &best) != 0)) {
        fail_msg("seed %u: served[0] %u/%u, moves %u/%u, rank %u/%u", seed, result.values.served[0],
                 best.served[0], moves(&result.values), moves(&best), result.values.rank,
                 best.rank);
    }
}

static void test_twin(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 5000; seed++) {
        small_problem(seed, false);
        hf_brute_solve(&problem, &best, best_node);
        solve();
        assert_int_equal(result.status, HF_PLACE_OPTIMAL);
        assert_same_values(seed, true);
    }
}

static unsigned draw(uint64_t *seed, unsigned n)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*seed >> 33) % n;
}

/* Tiny numbers: many ties, nodes exactly full, one unit decides. */
static void tiny_problem(uint64_t seed)
{
    make(1 + draw(&seed, 4), 1 + draw(&seed, 6), 0);
    problem.n_resources = 1 + draw(&seed, 2);
    for (unsigned n = 0; n < problem.n_nodes; n++) {
        problem.nodes[n].up = draw(&seed, 6) > 0;
        problem.nodes[n].cap[0] = draw(&seed, 12);
        problem.nodes[n].cap[1] = draw(&seed, 12);
    }
    for (unsigned i = 0; i < problem.n_instances; i++) {
        struct hf_place_instance *inst = &problem.instances[i];
        inst->priority = (int32_t)draw(&seed, 3);
        inst->demand[0] = draw(&seed, 7);
        inst->demand[1] = draw(&seed, 7);
        inst->owners = 1 + draw(&seed, 15);
        inst->anti_affinity = (uint16_t)(draw(&seed, 3) ? 0 : 1);
        inst->current = (int8_t)((int)draw(&seed, problem.n_nodes + 1) - 1);
        unsigned n = draw(&seed, problem.n_nodes);
        inst->n_preferred = inst->owners >> n & 1;
        inst->preferred[0] = (uint8_t)n;
    }
}

/* Pairs that are kept apart, from none to all of them, beside the groups. */
static void draw_pairs(uint64_t seed)
{
    unsigned odds = 1 + draw(&seed, 6);

    for (unsigned a = 0; a < problem.n_instances; a++) {
        for (unsigned b = a + 1; b < problem.n_instances; b++) {
            if (draw(&seed, odds) == 0) {
                problem.pairs[problem.n_pairs].a = (uint16_t)(seed & 1 ? a : b);
                problem.pairs[problem.n_pairs++].b = (uint16_t)(seed & 1 ? b : a);
            }
        }
    }
}

static void test_twin_pairs(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 6000; seed++) {
        tiny_problem(seed);
        draw_pairs(seed * 7919 + 1);
        hf_brute_solve(&problem, &best, best_node);
        solve();
        assert_int_equal(result.status, HF_PLACE_OPTIMAL);
        assert_same_values(seed, true);
    }
}

static void test_twin_tiny(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 5000; seed++) {
        tiny_problem(seed);
        hf_brute_solve(&problem, &best, best_node);
        solve();
        assert_int_equal(result.status, HF_PLACE_OPTIMAL);
        assert_same_values(seed, true);
    }
}

/* With degraded demands the last level may stay unproved; then it may be worse, never better. */
static void test_twin_extras(void **state)
{
    unsigned optimal = 0;

    (void)state;
    for (unsigned seed = 0; seed < 1500; seed++) {
        small_problem(seed, true);
        hf_brute_solve(&problem, &best, best_node);
        solve();
        assert_true(hf_place_compare(&best, &result.values) <= 0);
        assert_same_values(seed, result.status == HF_PLACE_OPTIMAL);
        optimal += result.status == HF_PLACE_OPTIMAL;
    }
    assert_true(optimal > 1400);
}

/* Bounds never claim more than is true, on budgets that are far too small too. */
static void test_small_budget(void **state)
{
    unsigned index;

    (void)state;
    for (unsigned seed = 0; seed < 600; seed++) {
        small_problem(seed, false);
        hf_brute_solve(&problem, &best, best_node);
        hf_place_solve(&problem, &ws, 1 + seed % 60, &result);
        assert_true(hf_place_feasible(&problem, result.node, &index));
        assert_true(hf_place_compare(&best, &result.values) <= 0);
        if (result.status == HF_PLACE_OPTIMAL) {
            assert_same_values(seed, true);
        }
        if (result.values.n_classes > 0) {
            assert_true(result.served_bound[0] >= best.served[0]);
        }
        if (result.proved[HF_PLACE_MOVES]) {
            assert_int_equal(moves(&result.values), moves(&best));
        }
    }
}

static void test_deterministic(void **state)
{
    struct hf_planner_spec spec;

    (void)state;
    hf_planner_draw(44, 8, 40, &spec);
    hf_planner_generate(44, &spec, &problem);
    memset(&ws, 0, sizeof(ws));
    solve();
    memset(&ws, 0xa5, sizeof(ws)); /* what is in the workspace must not matter */
    hf_place_solve(&problem, &ws, STEPS, &again);
    assert_memory_equal(result.node, again.node, sizeof(result.node));
    assert_true(result.steps == again.steps);
}

static uint64_t mirror_mask(uint64_t mask, unsigned n)
{
    uint64_t out = 0;

    for (unsigned k = 0; k < n; k++) {
        out |= (mask >> k & 1) << (n - 1 - k);
    }
    return out;
}

/* The same problem with nodes and instances in reverse order. */
static void mirror(void)
{
    unsigned n = problem.n_nodes;

    other = problem;
    for (unsigned k = 0; k < n; k++) {
        problem.nodes[k] = other.nodes[n - 1 - k];
    }
    for (unsigned i = 0; i < problem.n_instances; i++) {
        struct hf_place_instance *inst = &problem.instances[i];
        *inst = other.instances[problem.n_instances - 1 - i];
        inst->owners = mirror_mask(inst->owners, n);
        inst->current = (int8_t)(inst->current < 0 ? -1 : (int)n - 1 - inst->current);
        inst->last = (int8_t)(inst->last < 0 ? -1 : (int)n - 1 - inst->last);
        for (unsigned k = 0; k < inst->n_preferred; k++) {
            inst->preferred[k] = (uint8_t)(n - 1 - inst->preferred[k]);
        }
    }
}

static void test_renaming(void **state)
{
    unsigned compared = 0;

    (void)state;
    for (unsigned seed = 0; seed < 60; seed++) {
        struct hf_planner_spec spec;
        hf_planner_draw(seed, 6, 20, &spec);
        hf_planner_generate(seed, &spec, &problem);
        solve();
        again = result;
        mirror();
        solve();
        if (result.status == HF_PLACE_OPTIMAL && again.status == HF_PLACE_OPTIMAL) {
            assert_int_equal(hf_place_compare(&result.values, &again.values), 0);
            compared++;
        }
    }
    assert_true(compared > 50);
}

/* Larger problems: feasible, and what is proved agrees with a longer run. */
static void test_medium(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 12; seed++) {
        struct hf_planner_spec spec;
        hf_planner_draw(seed, 8, 40, &spec);
        hf_planner_generate(seed, &spec, &problem);
        hf_place_solve(&problem, &ws, 100000, &again);
        solve();
        if (again.status == HF_PLACE_OPTIMAL) {
            assert_int_equal(hf_place_compare(&result.values, &again.values), 0);
        }
    }
}

static void test_empty(void **state)
{
    (void)state;
    make(0, 0, 0);
    solve();
    assert_int_equal(result.status, HF_PLACE_OPTIMAL);
    make(3, 0, 1);
    solve();
    assert_int_equal(result.status, HF_PLACE_OPTIMAL);
    make(0, 2, 0);
    solve();
    assert_int_equal(result.values.served[0], 0);
    assert_int_equal(result.status, HF_PLACE_OPTIMAL);
}

static void test_no_node_up(void **state)
{
    (void)state;
    make(2, 3, 10);
    problem.nodes[0].up = problem.nodes[1].up = false;
    solve();
    assert_int_equal(result.values.served[0], 0);
    assert_int_equal(result.node[0], HF_PLACE_NONE);
    assert_int_equal(result.status, HF_PLACE_OPTIMAL);
}

static void test_zero_demand(void **state)
{
    (void)state;
    make(2, 3, 0);
    for (unsigned i = 0; i < 3; i++) {
        problem.instances[i].demand[0] = 0;
    }
    solve();
    assert_int_equal(result.values.served[0], 3);
    assert_int_equal(result.status, HF_PLACE_OPTIMAL);
}

static void test_exactly_full(void **state)
{
    (void)state;
    make(2, 4, 2);
    solve();
    assert_int_equal(result.values.served[0], 4);
    assert_int_equal(result.values.maxutil.used, 2);
    assert_int_equal(result.status, HF_PLACE_OPTIMAL);
}

static void test_too_big_for_any_node(void **state)
{
    (void)state;
    make(2, 2, 5);
    problem.instances[0].demand[0] = 6;
    solve();
    assert_int_equal(result.node[0], HF_PLACE_NONE);
    assert_int_equal(result.values.served[0], 1);
    assert_int_equal(result.status, HF_PLACE_OPTIMAL);
}

/* Greedy placement by size leaves one out here; a full placement exists: 6+4, 5+3+2. */
static void test_full_placement_is_found(void **state)
{
    static const int64_t demand[] = {6, 5, 4, 3, 2};

    (void)state;
    make(2, 5, 10);
    for (unsigned i = 0; i < 5; i++) {
        problem.instances[i].demand[0] = demand[i];
    }
    solve();
    assert_int_equal(result.values.served[0], 5);
}

/* One large instance of high priority displaces two small ones of low priority, not the reverse. */
static void test_priority_before_number(void **state)
{
    (void)state;
    make(1, 3, 10);
    problem.instances[0].demand[0] = 10;
    problem.instances[0].priority = 5;
    problem.instances[1].demand[0] = problem.instances[2].demand[0] = 5;
    problem.instances[1].current = problem.instances[2].current = 0;
    solve();
    assert_int_equal(result.values.served[0], 1);
    assert_int_equal(result.values.served[1], 0);
    assert_int_equal(result.values.stopped, 2);
    assert_int_equal(result.status, HF_PLACE_OPTIMAL);
}

static void test_many_classes(void **state)
{
    (void)state;
    make(4, HF_PLACE_INSTANCES_MAX, 100);
    for (unsigned i = 0; i < problem.n_instances; i++) {
        problem.instances[i].priority = (int32_t)i - 500;
    }
    solve();
    assert_int_equal(result.values.n_classes, HF_PLACE_INSTANCES_MAX);
    for (unsigned c = 0; c < HF_PLACE_INSTANCES_MAX; c++) {
        assert_int_equal(result.values.served[c], c < 400);
    }
}

static void test_largest(void **state)
{
    (void)state;
    make(HF_PLACE_NODES_MAX, HF_PLACE_INSTANCES_MAX, 16);
    problem.nodes[63].cap[0] = HF_PLACE_AMOUNT_MAX - 1;
    for (unsigned i = 0; i < problem.n_instances; i++) {
        problem.instances[i].current = (int8_t)(i % 64);
    }
    solve();
    assert_int_equal(result.values.served[0], HF_PLACE_INSTANCES_MAX);
    assert_int_equal(moves(&result.values), 0);
}

static void test_current_is_no_owner(void **state)
{
    (void)state;
    make(2, 1, 10);
    problem.instances[0].owners = 2;
    problem.instances[0].current = 0;
    solve();
    assert_int_equal(result.node[0], 1);
    assert_int_equal(result.values.moved, 1);
    assert_int_equal(result.status, HF_PLACE_OPTIMAL);
}

static void test_together(void **state)
{
    (void)state;
    make(2, 3, 3);
    problem.instances[0].current = 0;
    problem.instances[1].current = 1;
    problem.instances[0].together_with = problem.instances[1].together_with = 1;
    solve();
    assert_int_equal(result.node[0], result.node[1]);
    assert_int_equal(moves(&result.values), 1);
    assert_int_equal(result.status, HF_PLACE_OPTIMAL);
}

static void test_passive_stays_empty(void **state)
{
    (void)state;
    make(3, 4, 2);
    problem.nodes[1].passive = true;
    solve();
    assert_int_equal(result.values.passive, 0);
    problem.nodes[2].up = false;
    solve();
    assert_int_equal(result.values.served[0], 4);
    assert_int_equal(result.values.passive, 2);
    assert_int_equal(result.status, HF_PLACE_OPTIMAL);
}

/* Passive counts before rank, and a move is not made for it. */
static void test_passive_and_moves(void **state)
{
    (void)state;
    make(2, 2, 5);
    problem.nodes[1].passive = true;
    problem.instances[0].current = 1;
    problem.instances[1].n_preferred = 1;
    problem.instances[1].preferred[0] = 1;
    solve();
    assert_int_equal(result.node[0], 1);
    assert_int_equal(result.node[1], 0);
}

static void test_degraded(void **state)
{
    (void)state;
    make(1, 2, 10);
    for (unsigned i = 0; i < 2; i++) {
        problem.instances[i].demand[0] = 8;
        problem.instances[i].has_degraded = true;
        problem.instances[i].degraded[0] = 5;
    }
    solve();
    assert_int_equal(result.values.served[0], 2);
    assert_int_equal(result.values.maxutil.used, 10);
    problem.n_instances = 1;
    solve();
    assert_int_equal(result.values.maxutil.used, 8); /* alone: not degraded */
}

static void test_check(void **state)
{
    unsigned index = 99;

    (void)state;
    make(2, 2, 5);
    problem.instances[1].demand[0] = -1;
    assert_int_equal(hf_place_check(&problem, &index), HF_PLACE_FAULT_DEMAND);
    assert_int_equal(index, 1);
    make(2, 2, HF_PLACE_AMOUNT_MAX);
    assert_int_equal(hf_place_check(&problem, &index), HF_PLACE_FAULT_CAPACITY);
    make(2, 2, 5);
    problem.instances[0].current = 2;
    assert_int_equal(hf_place_check(&problem, &index), HF_PLACE_FAULT_CURRENT);
    make(2, 2, 5);
    problem.instances[0].n_preferred = 2;
    assert_int_equal(hf_place_check(&problem, &index), HF_PLACE_FAULT_PREFERRED);
    make(2, 2, 5);
    problem.instances[0].anti_affinity = 3;
    assert_int_equal(hf_place_check(&problem, &index), HF_PLACE_FAULT_GROUP);
    make(2, 2, 5);
    problem.instances[0].has_degraded = true;
    problem.instances[0].degraded[0] = 2;
    assert_int_equal(hf_place_check(&problem, &index), HF_PLACE_FAULT_DEGRADED);
    problem.n_nodes = 65;
    assert_int_equal(hf_place_check(&problem, &index), HF_PLACE_FAULT_TOO_BIG);
}

static void test_util_compare(void **state)
{
    struct hf_place_util a = {((int64_t)1 << 39) - 1, (int64_t)1 << 39, 0, 0};
    struct hf_place_util b = {((int64_t)1 << 39) - 2, ((int64_t)1 << 39) - 1, 0, 0};

    (void)state;
    assert_true(hf_place_util_compare(&a, &b) > 0); /* equal as double or not, this is exact */
    assert_true(hf_place_util_compare(&b, &a) < 0);
    assert_int_equal(hf_place_util_compare(&a, &a), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_twin),
        cmocka_unit_test(test_twin_tiny),
        cmocka_unit_test(test_twin_pairs),
        cmocka_unit_test(test_twin_extras),
        cmocka_unit_test(test_small_budget),
        cmocka_unit_test(test_deterministic),
        cmocka_unit_test(test_renaming),
        cmocka_unit_test(test_medium),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_no_node_up),
        cmocka_unit_test(test_zero_demand),
        cmocka_unit_test(test_exactly_full),
        cmocka_unit_test(test_too_big_for_any_node),
        cmocka_unit_test(test_full_placement_is_found),
        cmocka_unit_test(test_priority_before_number),
        cmocka_unit_test(test_many_classes),
        cmocka_unit_test(test_largest),
        cmocka_unit_test(test_current_is_no_owner),
        cmocka_unit_test(test_together),
        cmocka_unit_test(test_passive_stays_empty),
        cmocka_unit_test(test_passive_and_moves),
        cmocka_unit_test(test_degraded),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_util_compare),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
