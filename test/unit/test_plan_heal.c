/* The changes that heal a plan: they do, and a unit less does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_plan_input.h"

static const struct hf_plan_change *proposal(const struct hf_plan_heal *heal,
                                             enum hf_plan_change_kind kind)
{
    for (unsigned k = 0; k < heal->n_changes; k++)
        if (heal->changes[k].kind == kind)
            return &heal->changes[k];
    return NULL;
}

static bool holds_with(const struct hf_plan_change *change)
{
    struct hf_plan_input *changed = malloc(sizeof(*changed));
    struct hf_plan *plan = NULL;
    struct hf_plan_verdict verdict;
    assert_non_null(changed);
    *changed = input;
    assert_true(hf_plan_change_apply(changed, change));
    assert_int_equal(hf_plan_make(changed, NULL, &plan), 0);
    hf_plan_judge(plan, &verdict);
    hf_plan_free(plan);
    free(changed);
    return verdict.left_out[HF_PLAN_NORMAL] == 0 && verdict.left_out[HF_PLAN_NODE] == 0;
}

/* An active/active pair whose survivor can not carry both. */
static void short_pair(void)
{
    clear("c");
    input.witness = true;
    add_node("a", 100 * 1024);
    add_node("b", 100 * 1024);
    add_instance("high", 2, 60 * 1024);
    add_instance("low", 1, 60 * 1024);
}

static void test_grow(void **state)
{
    (void)state;
    short_pair();
    struct hf_plan *plan = make();
    struct hf_plan_heal heal = heal_of(plan);
    const struct hf_plan_change *grow = proposal(&heal, HF_PLAN_GROW_ALL);
    assert_non_null(grow);
    /* 120 GiB at 90 % are 133.3 GiB: 34 more, in whole GiB. */
    assert_int_equal(grow->amount[HF_MEMORY], 34 * 1024);
    assert_true(holds_with(grow));
    struct hf_plan_change less = *grow;
    less.amount[HF_MEMORY] -= 1024;
    assert_false(holds_with(&less));
    assert_null(proposal(&heal, HF_PLAN_GROW_NODE)); /* either may be the one that is left */
    hf_plan_free(plan);
}

static void test_add_node(void **state)
{
    (void)state;
    short_pair();
    struct hf_plan *plan = make();
    struct hf_plan_heal heal = heal_of(plan);
    const struct hf_plan_change *node = proposal(&heal, HF_PLAN_ADD_NODE);
    assert_non_null(node);
    assert_int_equal(node->amount[HF_MEMORY], 67 * 1024); /* 60 at 90 % */
    assert_true(holds_with(node));
    struct hf_plan_change less = *node;
    less.amount[HF_MEMORY] -= 1024;
    assert_false(holds_with(&less));
    hf_plan_free(plan);
}

static void test_grow_node(void **state)
{
    (void)state;
    clear("c");
    add_node("a", 100 * 1024);
    add_node("b", 40 * 1024);
    add_node("spare", 40 * 1024)->passive = true;
    add_instance("i", 2, 80 * 1024);
    struct hf_plan *plan = make();
    struct hf_plan_heal heal = heal_of(plan);
    const struct hf_plan_change *grow = proposal(&heal, HF_PLAN_GROW_NODE);
    assert_non_null(grow);
    assert_int_equal(grow->amount[HF_MEMORY], 49 * 1024); /* 88.9 - 40 */
    assert_true(holds_with(grow));
    hf_plan_free(plan);
}

static void test_add_owner(void **state)
{
    (void)state;
    clear("c");
    add_node("a", 1000);
    add_node("b", 1000);
    add_node("c", 1000);
    add_instance("i", 0, 10)->owners = 1;
    struct hf_plan *plan = make();
    struct hf_plan_heal heal = heal_of(plan);
    assert_int_equal(heal.goal, HF_PLAN_NODE);
    assert_int_equal(heal.changes[0].kind, HF_PLAN_ADD_OWNER); /* the least of all changes */
    assert_int_equal(heal.changes[0].node, 1);
    assert_true(holds_with(&heal.changes[0]));
    hf_plan_free(plan);
}

static void test_standard_edition(void **state)
{
    (void)state;
    clear("c");
    input.standard = true;
    add_node("a", 100);
    add_node("b", 10);
    add_node("c", 100);
    add_instance("i", 0, 80)->owners = 3;
    struct hf_plan *plan = make();
    struct hf_plan_heal heal = heal_of(plan);
    assert_null(proposal(&heal, HF_PLAN_ADD_OWNER)); /* it has two, the edition's most */
    assert_non_null(proposal(&heal, HF_PLAN_GROW_NODE));
    hf_plan_free(plan);
}

static void test_witness(void **state)
{
    (void)state;
    clear("c");
    add_node("a", 1000);
    add_node("b", 1000);
    add_instance("i", 0, 10);
    struct hf_plan *plan = make();
    struct hf_plan_verdict verdict;
    hf_plan_judge(plan, &verdict);
    assert_false(verdict.holds);
    struct hf_plan_heal heal = heal_of(plan);
    assert_int_equal(heal.n_changes, 1);
    assert_int_equal(heal.changes[0].kind, HF_PLAN_ADD_WITNESS);
    hf_plan_free(plan);
}

/* Every proposal for random inputs does heal, by a plan of its own. */
static void test_all_proposals(void **state)
{
    unsigned proposals = 0;
    (void)state;
    for (unsigned seed = 1; seed <= 60; seed++) {
        random_input(seed);
        struct hf_plan *plan = make();
        struct hf_plan_heal heal = heal_of(plan);
        for (unsigned k = 0; k < heal.n_changes; k++, proposals++)
            if (heal.changes[k].kind != HF_PLAN_ADD_WITNESS && !holds_with(&heal.changes[k]))
                fail_msg("seed %u: proposal %u heals nothing", seed, k);
        hf_plan_free(plan);
    }
    assert_true(proposals > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grow),
        cmocka_unit_test(test_add_node),
        cmocka_unit_test(test_grow_node),
        cmocka_unit_test(test_add_owner),
        cmocka_unit_test(test_standard_edition),
        cmocka_unit_test(test_witness),
        cmocka_unit_test(test_all_proposals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
