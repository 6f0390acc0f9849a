/*
 * Full size or degraded: a function of the state alone. That owners carry it out is in the story
 * degraded and in every seed of the simulator.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/size.h"

enum { A, B, C };
#define NONE HF_NODE_NONE

static struct hf_state *state;

static int make(void **unused)
{
    (void)unused;
    state = malloc(sizeof(*state));
    if (!state)
        return -1;
    hf_state_init(state);
    for (uint16_t i = A; i <= C; i++) {
        hf_instance_spec_init(&state->spec.instances[i]);
        (void)snprintf(state->spec.instances[i].name, HF_NAME_MAX, "pg%u", i);
        state->instances[i].owner = state->instances[i].target = NONE;
        hf_state_used(state, i);
    }
    (void)snprintf(state->spec.instances[A].degraded_settings, HF_SETTINGS_MAX, "work_mem = 1MB\n");
    return 0;
}

static int release(void **unused)
{
    (void)unused;
    free(state);
    return 0;
}

static void put(uint16_t i, uint8_t owner, uint8_t target)
{
    state->instances[i].owner = owner;
    state->instances[i].target = target;
}

static void test_company(void **unused)
{
    static const struct {
        const char *what;
        uint8_t a_owner, a_target, b_owner, b_target;
        bool shares;
    } cases[] = {
        {"alone", 1, NONE, 2, NONE, false},
        {"the other is nowhere", 1, NONE, NONE, NONE, false},
        {"both there", 1, NONE, 1, NONE, true},
        {"the other comes", 1, NONE, 2, 1, true},
        {"the other goes, and is still there", 1, NONE, 1, 2, true},
        {"it goes itself, where the other is", 1, 2, 2, NONE, false},
        {"it has no owner", NONE, 1, 1, NONE, false},
    };
    (void)unused;
    for (unsigned k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        put(A, cases[k].a_owner, cases[k].a_target);
        put(B, cases[k].b_owner, cases[k].b_target);
        if (hf_shares_node(state, A) != cases[k].shares)
            fail_msg("%s", cases[k].what);
        assert_int_equal(hf_is_degraded(state, A), cases[k].shares);
        assert_false(hf_is_degraded(state, B)); /* it states no profile */
    }
}

/* A slot whose instance was taken out of the file is no company. */
static void test_removed(void **unused)
{
    (void)unused;
    put(A, 1, NONE);
    put(B, 1, NONE);
    state->spec.instances[B].name[0] = '\0';
    assert_false(hf_shares_node(state, A));
}

/* Demand alone is a profile, too: the plan counts with it, the engine has nothing to change. */
static void test_profiles(void **unused)
{
    (void)unused;
    put(A, 1, NONE);
    put(B, 1, NONE);
    state->spec.instances[A].degraded_settings[0] = '\0';
    assert_false(hf_is_degraded(state, A));
    state->spec.instances[A].degraded[HF_MEMORY] = 100;
    assert_true(hf_is_degraded(state, A));
}

static void test_numbers(void **unused)
{
    (void)unused;
    put(A, 1, NONE);
    put(B, 2, NONE);
    uint32_t full = hf_size_number(state, A);
    put(B, 1, NONE);
    uint32_t less = hf_size_number(state, A);
    (void)snprintf(state->spec.instances[A].degraded_settings, HF_SETTINGS_MAX, "work_mem = 2MB\n");
    uint32_t other = hf_size_number(state, A);
    put(B, 2, NONE);
    assert_true(full != 0 && less != 0 && other != 0);
    assert_true(full != less && less != other && other != full);
    assert_int_equal(hf_size_number(state, A), full); /* whatever the profile says */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_company, make, release),
        cmocka_unit_test_setup_teardown(test_removed, make, release),
        cmocka_unit_test_setup_teardown(test_profiles, make, release),
        cmocka_unit_test_setup_teardown(test_numbers, make, release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
