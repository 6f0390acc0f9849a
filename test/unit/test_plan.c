/* The plan: the reasons for what is left out, quorum, sites, topologies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_plan_input.h"

/* ---- Reasons ---- */

static void assert_why(const struct hf_plan *plan, const char *loss, unsigned instance,
                       enum hf_plan_why why)
{
    const struct hf_plan_case *c = find_case(plan, loss);
    for (unsigned k = 0; k < c->n_left_out; k++) {
        if (c->left_out[k].instance != instance)
            continue;
        assert_int_equal(c->left_out[k].why, why);
        return;
    }
    fail_msg("%u is not left out", instance);
}

static void test_no_owner(void **state)
{
    (void)state;
    clear("c");
    add_node("a", 1000);
    add_node("b", 1000);
    add_instance("pinned", 0, 10)->owners = 1;
    struct hf_plan *plan = make();
    assert_why(plan, "a", 0, HF_PLAN_NO_OWNER);
    assert_int_equal(find_case(plan, "b")->n_left_out, 0);
    hf_plan_free(plan);
}

static void test_no_room(void **state)
{
    (void)state;
    clear("c");
    input.witness = true;
    add_node("a", 1000);
    add_node("b", 1000);
    add_instance("high", 2, 500);
    add_instance("low", 1, 500);
    add_instance("huge", 0, 901);
    struct hf_plan *plan = make();
    const struct hf_plan_case *c = find_case(plan, "a");
    assert_why(plan, "a", 1, HF_PLAN_NO_ROOM);
    assert_why(plan, "", 2, HF_PLAN_TOO_BIG);
    assert_int_equal(c->left_out[0].node, 1);
    assert_int_equal(c->left_out[0].resource, HF_MEMORY);
    assert_int_equal(c->left_out[0].short_by, 100); /* 500 + 500 - 900 */
    assert_int_equal(c->place[0], 1);               /* the higher priority is served */
    hf_plan_free(plan);
}

static void test_apart(void **state)
{
    (void)state;
    clear("c");
    add_node("a", 1000);
    add_node("b", 1000);
    add_instance("hub", 2, 10);
    add_instance("left", 1, 10)->apart[0] = 0;
    input.instances[1].n_apart = 1;
    add_instance("right", 1, 10)->apart[0] = 0;
    input.instances[2].n_apart = 1;
    struct hf_plan *plan = make();
    assert_int_equal(plan->cases[0].n_left_out, 0); /* left and right may share a node */
    assert_int_equal(plan->cases[0].place[1], plan->cases[0].place[2]);
    assert_why(plan, "a", 1, HF_PLAN_APART);
    hf_plan_free(plan);
}

static void test_not_wanted(void **state)
{
    (void)state;
    clear("c");
    add_node("a", 1000);
    add_node("b", 1000);
    add_instance("off", 2, 950)->wanted = false;
    add_instance("on", 1, 800);
    struct hf_plan *plan = make();
    assert_int_equal(find_case(plan, "a")->n_left_out, 0);
    assert_int_equal(find_case(plan, "a")->place[0], HF_PLAN_NOWHERE);
    hf_plan_free(plan);
}

/* ---- Quorum and sites ---- */

static void test_quorum(void **state)
{
    static const struct {
        unsigned nodes;
        bool witness, single, pair;
    } table[] = {{2, false, false, false}, {2, true, true, false},  {3, false, true, false},
                 {3, true, true, false},   {4, false, true, false}, {4, true, true, true},
                 {5, false, true, true}};
    (void)state;
    for (unsigned t = 0; t < sizeof(table) / sizeof(table[0]); t++) {
        clear("c");
        for (unsigned n = 0; n < table[t].nodes; n++)
            add_node((char[]){(char)('a' + n), 0}, 1000);
        input.witness = table[t].witness;
        add_instance("i", 0, 10);
        struct hf_plan *plan = make();
        assert_int_equal(find_case(plan, "a")->quorum, table[t].single);
        assert_int_equal(find_case(plan, "a+b")->quorum, table[t].pair);
        hf_plan_free(plan);
    }
}

static void test_drained_votes(void **state)
{
    (void)state;
    clear("c");
    add_node("a", 1000);
    add_node("b", 1000);
    add_node("c", 1000)->in_service = false; /* drained: it votes and carries nothing */
    add_instance("i", 0, 10);
    struct hf_plan *plan = make();
    assert_true(hf_plan_carried(find_case(plan, "a")));
    input.nodes[2].up = false;
    hf_plan_free(plan);
    plan = make();
    assert_false(find_case(plan, "a")->quorum);
    hf_plan_free(plan);
}

static void test_sites(void **state)
{
    static const char *const sites[] = {"x", "x", "y", "y", "z"};
    (void)state;
    clear("c");
    for (unsigned n = 0; n < 5; n++) {
        struct hf_plan_node *node = add_node((char[]){(char)('a' + n), 0}, 100);
        (void)snprintf(node->site, sizeof(node->site), "%s", sites[n]);
    }
    add_instance("i", 0, 10)->owners = 3; /* both nodes of site x */
    struct hf_plan *plan = make();
    struct hf_plan_verdict verdict;
    hf_plan_judge(plan, &verdict);
    assert_int_equal(verdict.total[HF_PLAN_SITE], 2); /* z has one node and is that node */
    assert_int_equal(verdict.carried[HF_PLAN_SITE], 1);
    assert_int_equal(find_case(plan, "site x")->n_left_out, 1);
    assert_true(verdict.holds);
    hf_plan_free(plan);
}

static void test_from_now(void **state)
{
    (void)state;
    clear("c");
    add_node("a", 1000);
    add_node("b", 1000);
    add_node("c", 1000);
    add_instance("i", 0, 10)->now = 2;
    input.instances[0].preferred[0] = 0;
    input.instances[0].n_preferred = 1;
    struct hf_plan *plan = make();
    assert_int_equal(plan->cases[0].place[0], 2); /* what runs stays */
    assert_int_equal(plan->cases[0].n_moved, 0);
    assert_int_equal(find_case(plan, "c")->place[0], 0);
    hf_plan_free(plan);
}

/* ---- Topologies ---- */

static void test_shapes(void **state)
{
    static const struct {
        const char *text;
        bool good;
        unsigned active, passive;
        bool open;
    } table[] = {{"active/passive", true, 1, 1, false},
                 {"active/active", true, 2, 0, false},
                 {"active/active/active/passive", true, 3, 1, false},
                 {"N+1", true, 1, 1, true},
                 {"3+2", true, 3, 2, false},
                 {"active", false, 0, 0, false},
                 {"passive/active", false, 0, 0, false},
                 {"active/", false, 0, 0, false},
                 {"0+2", false, 0, 0, false},
                 {"60+9", false, 0, 0, false},
                 {"3+", false, 0, 0, false},
                 {"", false, 0, 0, false}};
    (void)state;
    for (unsigned t = 0; t < sizeof(table) / sizeof(table[0]); t++) {
        struct hf_plan_shape shape;
        if (hf_plan_shape_parse(table[t].text, &shape) != table[t].good)
            fail_msg("%s", table[t].text);
        if (!table[t].good)
            continue;
        assert_int_equal(shape.active, table[t].active);
        assert_int_equal(shape.passive, table[t].passive);
        assert_int_equal(shape.open, table[t].open);
    }
}

static struct hf_plan_topology compare_shape(const char *text)
{
    struct hf_plan_shape shape;
    struct hf_plan_topology topology;
    assert_true(hf_plan_shape_parse(text, &shape));
    assert_int_equal(hf_plan_compare_topology(&input, &shape, &topology), 0);
    return topology;
}

static void test_topologies(void **state)
{
    (void)state;
    clear("c");
    add_node("a", 100);
    for (unsigned i = 0; i < 4; i++)
        add_instance((char[]){(char)('a' + i), 0}, 1, 45); /* two a node */
    struct hf_plan_topology t = compare_shape("active/passive");
    assert_true(t.possible);
    assert_false(t.said_is_enough);
    assert_int_equal(t.active, 2);
    assert_int_equal(t.passive, 1);
    assert_int_equal(t.permille[0], 900);
    t = compare_shape("active/active");
    assert_int_equal(t.active, 3);
    assert_int_equal(t.served[1], 4);
    assert_int_equal(t.served[2], 2);
    assert_false(t.quorum[2]);
    t = compare_shape("active/active/passive");
    assert_true(t.said_is_enough);
    t = compare_shape("N+2");
    assert_int_equal(t.active, 2);
    assert_true(t.witness);
    assert_int_equal(t.served[2], 4);
    input.instances[0].demand[HF_MEMORY] = input.instances[0].degraded[HF_MEMORY] = 91;
    assert_false(compare_shape("N+1").possible);
}

/* ---- The specification ---- */

static void test_from_spec(void **state)
{
    struct hf_spec *spec = calloc(1, sizeof(*spec));
    (void)state;
    assert_non_null(spec);
    (void)snprintf(spec->cluster.name, sizeof(spec->cluster.name), "gaps");
    for (unsigned n = 1; n < 4; n++) { /* slot 0 is free */
        hf_node_spec_init(&spec->nodes[n]);
        (void)snprintf(spec->nodes[n].name, sizeof(spec->nodes[n].name), "n%u", n);
    }
    spec->nodes[3].role = HF_ROLE_PASSIVE;
    for (unsigned i = 2; i < 6; i++) {
        hf_instance_spec_init(&spec->instances[i]);
        (void)snprintf(spec->instances[i].name, sizeof(spec->instances[i].name), "i%u", i);
    }
    spec->instances[2].possible = 1u << 1 | 1u << 3;
    spec->instances[2].preferred[0] = 3;
    spec->instances[2].preferred_count = 1;
    spec->instances[2].demand[HF_MEMORY] = 100;
    spec->instances[2].degraded[HF_MEMORY] = 60;
    spec->instances[3].apart_from[0] = 5;
    spec->instances[3].apart_count = 1;
    spec->instances[4].together_with[0] = 5;
    spec->instances[4].together_count = 1;
    hf_plan_input_from_spec(spec, &input);
    free(spec);
    assert_int_equal(input.n_nodes, 3);
    assert_int_equal(input.n_instances, 4);
    assert_true(input.nodes[2].passive);
    assert_int_equal(input.instances[0].owners, 5);
    assert_int_equal(input.instances[0].preferred[0], 2);
    assert_int_equal(input.instances[0].degraded[HF_MEMORY], 60);
    assert_int_equal(input.instances[1].owners, 7);
    assert_int_equal(input.instances[1].apart[0], 3);
    assert_int_equal(input.instances[0].together, 0);
    assert_int_not_equal(input.instances[2].together, 0);
    assert_int_equal(input.instances[2].together, input.instances[3].together);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_owner),  cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_apart),     cmocka_unit_test(test_not_wanted),
        cmocka_unit_test(test_quorum),    cmocka_unit_test(test_drained_votes),
        cmocka_unit_test(test_sites),     cmocka_unit_test(test_from_now),
        cmocka_unit_test(test_shapes),    cmocka_unit_test(test_topologies),
        cmocka_unit_test(test_from_spec),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
