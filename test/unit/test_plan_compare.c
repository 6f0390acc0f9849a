/* What an action does to the verdict: small clusters, and random ones against the plan's pairs. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_plan_input.h"

#define SEEDS 150u

static struct hf_plan *before;
static struct hf_plan *after;
static struct hf_plan_comparison compared;

/* From here on `input` is what the action changes. */
static void as_it_is(void)
{
    before = make();
}

static void compare(void)
{
    after = make();
    hf_plan_compare(before, after, &compared);
}

static void done(void)
{
    hf_plan_free(before);
    hf_plan_free(after);
}

static const struct hf_plan_worse *worse_of(const char *name)
{
    for (unsigned k = 0; k < compared.n_worse; k++)
        if (strcmp(after->cases[compared.worse[k].number].name, name) == 0)
            return &compared.worse[k];
    return NULL;
}

/* ---- A table: nodes of 100 (90 may be used), a witness, one action ---- */

enum action { DRAIN_A, DRAIN_B, OFFLINE_0, ONLINE_LAST, MOVE_0_TO_B };

struct row {
    const char *what;
    unsigned nodes, survive;
    int64_t demand[5]; /* 0 ends the list; the earlier, the higher the priority */
    bool last_is_off;
    enum action action;
    const char *carried_no_more; /* losses, in order, each with a space; "-" is normal times */
    const char *more_left_out;   /* likewise: not carried before either */
    bool breaks_rule;
};

static const struct row rows[] = {
    {"there is room on either of the two", 3, 1, {30, 30}, false, DRAIN_A, "", "", false},
    {"the last one that could take it over", 2, 0, {30, 30}, false, DRAIN_A, "b ", "", false},
    {"and a rule", 2, 1, {30, 30}, false, DRAIN_A, "b ", "", true},
    {"three of 60 on three nodes: each needs one",
     3,
     1,
     {60, 60, 60},
     false,
     DRAIN_A,
     "- ",
     "b c ",
     true},
    {"exact: 45 and 45 fill a node", 3, 1, {45, 45, 45, 45}, false, DRAIN_A, "b c ", "", true},
    {"fragmentation: 50 + 40 fit beside 50 + 40",
     3,
     1,
     {50, 50, 40, 40},
     false,
     DRAIN_B,
     "a c ",
     "",
     true},
    {"the sum would do, the pieces do not", 3, 1, {50, 50, 50}, false, DRAIN_A, "- ", "b c ", true},
    {"stopping helps", 3, 1, {60, 60, 60}, false, OFFLINE_0, "", "", false},
    {"a move changes who is where, not what fits",
     3,
     1,
     {60, 20},
     false,
     MOVE_0_TO_B,
     "",
     "",
     false},
    {"one more that nobody has room for after a loss",
     2,
     0,
     {45, 45, 45},
     true,
     ONLINE_LAST,
     "a b ",
     "",
     false},
    {"broken already, and no worse", 2, 1, {60, 60, 30}, true, ONLINE_LAST, "", "", false},
    {"broken already, and worse by a node", 2, 1, {60, 60, 60}, false, DRAIN_A, "", "- b ", false},
    {"two at once are only asked for where the rule says two",
     4,
     1,
     {80, 80},
     false,
     DRAIN_A,
     "",
     "",
     false},
    {"two at once", 5, 2, {80, 80}, false, DRAIN_A, "", "", false},
    {"two at once, of four in service",
     5,
     2,
     {80, 80, 80},
     false,
     DRAIN_A,
     "b+c b+d b+e c+d c+e d+e ",
     "",
     true},
};

static void act(enum action action)
{
    switch (action) {
    case DRAIN_A:
        hf_plan_act_drain(&input, 0);
        return;
    case DRAIN_B:
        hf_plan_act_drain(&input, 1);
        return;
    case OFFLINE_0:
        hf_plan_act_wanted(&input, 0, false);
        return;
    case ONLINE_LAST:
        hf_plan_act_wanted(&input, input.n_instances - 1, true);
        return;
    case MOVE_0_TO_B:
        hf_plan_act_move(&input, 0, 1);
        return;
    }
}

static void set_up(const struct row *row)
{
    static const char *const nodes[] = {"a", "b", "c", "d", "e"};
    static const char *const names[] = {"i", "j", "k", "l", "m"};
    clear(row->what);
    input.witness = true;
    input.survive = (uint8_t)row->survive;
    for (unsigned n = 0; n < row->nodes; n++)
        add_node(nodes[n], 100);
    for (unsigned i = 0; i < 5 && row->demand[i]; i++)
        add_instance(names[i], 5 - (int32_t)i, row->demand[i]);
    input.instances[input.n_instances - 1].wanted = !row->last_is_off;
}

static void list(bool was_carried, char *ret, size_t room)
{
    size_t length = 0;
    ret[0] = '\0';
    for (unsigned k = 0; k < compared.n_worse; k++) {
        const char *name = after->cases[compared.worse[k].number].name;
        if (compared.worse[k].was_carried == was_carried)
            length += (size_t)snprintf(ret + length, room - length, "%s ", name[0] ? name : "-");
    }
}

static void test_table(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
        char lost[200];
        char more[200];
        set_up(&rows[k]);
        as_it_is();
        act(rows[k].action);
        compare();
        list(true, lost, sizeof(lost));
        list(false, more, sizeof(more));
        if (strcmp(lost, rows[k].carried_no_more) != 0 ||
            strcmp(more, rows[k].more_left_out) != 0 || compared.breaks_rule != rows[k].breaks_rule)
            fail_msg("%s: carried no more: %s; more left out: %s; breaks the rule: %d",
                     rows[k].what, lost, more, compared.breaks_rule);
        done();
    }
}

/* ---- What a table does not say ---- */

static void test_numbers(void **state)
{
    (void)state;
    clear("c");
    input.witness = true;
    add_node("a", 100);
    add_node("b", 100);
    add_node("c", 100);
    add_instance("big", 2, 60);
    add_instance("small", 1, 40);
    as_it_is();
    hf_plan_act_drain(&input, 0);
    compare();
    const struct hf_plan_worse *worse = worse_of("c");
    assert_non_null(worse);
    const struct hf_plan_left_out *out = &after->cases[worse->number].left_out[0];
    assert_int_equal(out->instance, 1);
    assert_int_equal(out->node, 1);
    assert_int_equal(out->need, 40);
    assert_int_equal(out->need - out->short_by, 30); /* 90 less what big takes */
    assert_true(compared.was.holds && !compared.will.holds);
    done();
}

/* The last node that runs can still be used: what costs quorum already does not become worse. */
static void test_without_quorum(void **state)
{
    (void)state;
    clear("c");
    input.survive = 1;
    add_node("a", 100);
    add_node("b", 100)->up = false;
    input.nodes[1].in_service = false;
    add_instance("i", 1, 30)->now = 0;
    add_instance("j", 1, 95)->wanted = false;
    as_it_is();
    hf_plan_act_wanted(&input, 1, true);
    compare();
    assert_int_equal(compared.n_worse, 0);
    assert_false(compared.breaks_rule);
    done();
}

/* A vote less: a file without the witness that it had. */
static void test_quorum_goes(void **state)
{
    (void)state;
    clear("c");
    input.witness = true;
    input.survive = 1;
    add_node("a", 100);
    add_node("b", 100);
    add_instance("i", 1, 30);
    as_it_is();
    input.witness = false;
    compare();
    assert_true(worse_of("a")->was_carried && worse_of("b")->was_carried);
    assert_true(compared.breaks_rule);
    done();
}

/* Which of equals is left out is no matter; which of unequals is. */
static void test_priorities(void **state)
{
    (void)state;
    clear("c");
    input.witness = true;
    add_node("a", 100);
    add_node("b", 100);
    add_instance("high", 3, 60)->owners = 3;
    add_instance("low", 1, 60)->owners = 3;
    as_it_is();
    input.instances[0].priority = 1; /* now both are alike, and one is left out as before */
    compare();
    assert_int_equal(compared.n_worse, 0);
    done();
    as_it_is();
    input.instances[0].priority = input.instances[1].priority = 2;
    compare();
    assert_int_equal(compared.n_worse, 2); /* what is left out is of a higher priority */
    done();
}

/* A file may list the nodes in another order. */
static void test_order_of_nodes(void **state)
{
    (void)state;
    clear("c");
    input.survive = 2;
    for (unsigned n = 0; n < 5; n++)
        add_node((const char *[]){"a", "b", "c", "d", "e"}[n], 100);
    add_instance("i", 1, 80)->owners = 3; /* a, b */
    as_it_is();
    (void)snprintf(input.nodes[0].name, sizeof(input.nodes[0].name), "e");
    (void)snprintf(input.nodes[4].name, sizeof(input.nodes[4].name), "a");
    input.instances[0].owners = 2 | 16; /* b, a */
    compare();
    assert_int_equal(compared.n_worse, 0);
    done();
}

static void test_group_moves_along(void **state)
{
    (void)state;
    clear("c");
    add_node("a", 100);
    add_node("b", 100);
    for (unsigned i = 0; i < 4; i++) {
        struct hf_plan_instance *instance =
            add_instance((const char *[]){"i", "j", "k", "l"}[i], 1, 5);
        instance->together = i < 3 ? 1 : 0;
        instance->now = i == 2 ? 1 : 0;
    }
    hf_plan_act_move(&input, 0, 1);
    assert_int_equal(input.instances[0].now, 1);
    assert_int_equal(input.instances[1].now, 1);
    assert_int_equal(input.instances[2].now, 1);
    assert_int_equal(input.instances[3].now, 0);
}

/* A move never leaves out more, but what runs may have to give way. */
static void test_makes_room(void **state)
{
    (void)state;
    clear("c");
    input.witness = true;
    for (unsigned n = 0; n < 3; n++)
        add_node((const char *[]){"a", "b", "c"}[n], 100);
    add_instance("big", 3, 80)->now = 0;
    add_instance("x", 1, 20)->now = 1;
    add_instance("y", 1, 20)->now = 1;
    as_it_is();
    hf_plan_act_move(&input, 2, 2);
    compare();
    assert_int_equal(compared.n_worse, 0);
    assert_string_equal(after->cases[compared.moves_more].name, "a");
    assert_int_equal(compared.moved_before, 0);
    assert_int_equal(compared.moved_after, 1);
    done();
}

/* ---- By chance ---- */

static unsigned left_out(const struct hf_plan_case *c, const struct hf_plan *plan, int32_t priority)
{
    unsigned count = 0;
    for (unsigned k = 0; k < c->n_left_out; k++)
        count += plan->input->instances[c->left_out[k].instance].priority == priority;
    return count;
}

/* With one node drained, the loss of another leaves out what the loss of both does. */
static void check_drain(unsigned drained)
{
    hf_plan_act_drain(&input, drained);
    compare();
    for (unsigned k = 0; k < after->n_cases; k++) {
        const struct hf_plan_case *a = &after->cases[k];
        for (unsigned j = 0; a->kind == HF_PLAN_NODE && j < before->n_cases; j++) {
            const struct hf_plan_case *b = &before->cases[j];
            bool same = b->kind == HF_PLAN_PAIR && b->lost == (a->lost | hf_plan_bit(drained));
            for (int32_t p = 0; same && p < 4; p++)
                assert_int_equal(left_out(a, after, p), left_out(b, before, p));
        }
    }
    for (unsigned k = 0; k < compared.n_worse; k++)
        assert_false(hf_plan_carried(&after->cases[compared.worse[k].number]));
    hf_plan_free(after);
    input.nodes[drained].in_service = true;
}

static void test_random(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        random_input(seed);
        input.survive = 1;
        as_it_is();
        compare();
        assert_int_equal(compared.n_worse, 0); /* nothing was done */
        assert_int_equal(compared.moves_more, -1);
        hf_plan_free(after);
        for (unsigned n = 0; n < input.n_nodes; n++)
            check_drain(n);
        hf_plan_free(before);
    }
}

/* ---- No more time ---- */

static bool twice(void *user, unsigned number, unsigned total)
{
    (void)number;
    (void)total;
    return (*(unsigned *)user)++ < 2;
}

static void test_is_stopped(void **state)
{
    (void)state;
    unsigned called = 0;
    struct hf_plan *plan = NULL;
    struct hf_plan_options options = {.progress = twice, .user = &called};
    random_input(1);
    assert_int_equal(hf_plan_make(&input, &options, &plan), -ECANCELED);
    assert_null(plan);
    assert_int_equal(called, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),          cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_without_quorum), cmocka_unit_test(test_quorum_goes),
        cmocka_unit_test(test_priorities),     cmocka_unit_test(test_order_of_nodes),
        cmocka_unit_test(test_makes_room),     cmocka_unit_test(test_group_moves_along),
        cmocka_unit_test(test_random),         cmocka_unit_test(test_is_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
