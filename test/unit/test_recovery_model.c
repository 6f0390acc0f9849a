/*
 * Expected recovery times from made measurements: defaults, medians, own ones before others', rates
 * only from enough log, and that the expectation grows with the log.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/recovery_model.h"

#define MIB (UINT64_C(1) << 20)
#define NO HF_RECOVERY_UNKNOWN

static struct hf_recovery_sample samples[HF_RECOVERY_KEPT];
static size_t count;

static int begin(void **state)
{
    (void)state;
    count = 0;
    return 0;
}

static void took(const char *instance, uint64_t log_bytes, uint64_t engine_ms, uint64_t takeover_ms)
{
    struct hf_recovery_sample *sample = &samples[count++];
    *sample = (struct hf_recovery_sample){"", count, log_bytes, engine_ms, takeover_ms};
    (void)snprintf(sample->instance, sizeof(sample->instance), "%s", instance);
}

static struct hf_recovery_estimate expect(const char *instance, uint64_t log_bytes)
{
    struct hf_recovery_estimate ret;
    hf_recovery_expect(samples, count, instance, log_bytes, 1100, &ret);
    return ret;
}

static void test_defaults(void **state)
{
    (void)state;
    struct hf_recovery_estimate e = expect("msgbox", 100 * MIB);
    assert_int_equal(e.detect_ms, 1100);
    assert_int_equal(e.takeover_ms, HF_RECOVERY_TAKEOVER_MS);
    assert_int_equal(e.start_ms, HF_RECOVERY_START_MS);
    assert_int_equal(e.rate, HF_RECOVERY_RATE);
    assert_int_equal(e.rate_samples + e.takeover_samples + e.start_samples, 0);
    assert_int_equal(e.log_bytes, 100 * MIB);
    assert_int_equal(e.total_ms, 1100 + 300 + 200 + 2000);
    assert_int_equal(expect("msgbox", 0).total_ms, 1100 + 300 + 200);
}

/* 150 ms without log, 64 MiB in 1 s beyond that. */
static void test_measured(void **state)
{
    (void)state;
    took("msgbox", 0, 150, NO);
    took("msgbox", 64 * MIB, 1150, 90);
    struct hf_recovery_estimate e = expect("msgbox", 128 * MIB);
    assert_int_equal(e.takeover_ms, 90);
    assert_int_equal(e.start_ms, 150);
    assert_int_equal(e.rate, 64 * MIB);
    assert_int_equal(e.takeover_samples, 1);
    assert_int_equal(e.start_samples, 1);
    assert_int_equal(e.rate_samples, 1);
    assert_int_equal(e.total_ms, 1100 + 90 + 150 + 2000);
}

/* Between little and enough a start tells neither how long one takes nor a rate. */
static void test_log_that_says_nothing(void **state)
{
    (void)state;
    took("msgbox", HF_RECOVERY_LITTLE + 1, 7777, NO);
    took("msgbox", HF_RECOVERY_ENOUGH - 1, 7777, NO);
    took("msgbox", NO, 7777, NO);
    struct hf_recovery_estimate e = expect("msgbox", 0);
    assert_int_equal(e.start_samples, 0);
    assert_int_equal(e.rate_samples, 0);
    took("msgbox", HF_RECOVERY_LITTLE, 300, NO);
    took("msgbox", HF_RECOVERY_ENOUGH, 300 + 1000, NO);
    e = expect("msgbox", 0);
    assert_int_equal(e.start_samples, 1);
    assert_int_equal(e.start_ms, 300);
    assert_int_equal(e.rate_samples, 1);
    assert_int_equal(e.rate, HF_RECOVERY_ENOUGH);
}

static void test_own_before_others(void **state)
{
    (void)state;
    took("main", 0, 1000, 500);
    took("main", 100 * MIB, 2000, NO);
    struct hf_recovery_estimate e = expect("msgbox", 0);
    assert_int_equal(e.start_ms, 1000);
    assert_int_equal(e.takeover_ms, 500);
    assert_int_equal(e.rate, 100 * MIB);
    /* Part by part: what is its own counts alone, what is not yet known of it comes from all. */
    took("msgbox", 0, 100, NO);
    e = expect("msgbox", 0);
    assert_int_equal(e.start_ms, 100);
    assert_int_equal(e.start_samples, 1);
    assert_int_equal(e.takeover_ms, 500);
    /* The name is compared as a whole. */
    took("msgbox2", 0, 9000, NO);
    assert_int_equal(expect("msgbox", 0).start_ms, 100);
}

/* One slow start does not count; of an even number the middle between the two. */
static void test_medians(void **state)
{
    (void)state;
    took("msgbox", 0, 100, 10);
    took("msgbox", 0, 60000, 20);
    took("msgbox", 0, 140, 50000);
    assert_int_equal(expect("msgbox", 0).start_ms, 140);
    assert_int_equal(expect("msgbox", 0).takeover_ms, 20);
    took("msgbox", 0, 120, 30);
    assert_int_equal(expect("msgbox", 0).start_ms, 130);
    assert_int_equal(expect("msgbox", 0).takeover_ms, 25);
}

static void test_only_the_newest(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100; i++)
        took("msgbox", 0, 5000, 5000);
    for (unsigned i = 0; i < HF_RECOVERY_NEWEST; i++)
        took("msgbox", 0, 200 + i, 80);
    struct hf_recovery_estimate e = expect("msgbox", 0);
    assert_int_equal(e.start_samples, HF_RECOVERY_NEWEST);
    assert_int_equal(e.start_ms, 200 + HF_RECOVERY_NEWEST / 2);
    assert_int_equal(e.takeover_ms, 80);
}

/* A recovery that was quicker than a start alone: no division by nothing, no endless rate. */
static void test_quicker_than_a_start(void **state)
{
    (void)state;
    took("msgbox", 0, 500, NO);
    took("msgbox", 32 * MIB, 400, NO);
    struct hf_recovery_estimate e = expect("msgbox", 64 * MIB);
    assert_int_equal(e.rate, 32 * MIB * 1000);
    assert_int_equal(e.total_ms, 1100 + 300 + 500 + 2);
}

static void test_extremes(void **state)
{
    (void)state;
    took("msgbox", HF_RECOVERY_ENOUGH, UINT32_MAX, UINT32_MAX);
    struct hf_recovery_estimate e = expect("msgbox", UINT64_MAX / 2);
    assert_true(e.rate > 0);
    assert_true(e.total_ms > UINT32_MAX);
    assert_true(e.total_ms < UINT64_MAX / 2);
}

static void test_grows_with_the_log(void **state)
{
    (void)state;
    took("msgbox", 0, 180, 70);
    took("msgbox", 40 * MIB, 900, NO);
    uint64_t before = 0;
    for (uint64_t log = 0; log <= 4096; log = log ? log * 2 : 1) {
        uint64_t now = expect("msgbox", log * MIB).total_ms;
        assert_true(now > before);
        before = now;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_defaults, begin),
        cmocka_unit_test_setup(test_measured, begin),
        cmocka_unit_test_setup(test_log_that_says_nothing, begin),
        cmocka_unit_test_setup(test_own_before_others, begin),
        cmocka_unit_test_setup(test_medians, begin),
        cmocka_unit_test_setup(test_only_the_newest, begin),
        cmocka_unit_test_setup(test_quicker_than_a_start, begin),
        cmocka_unit_test_setup(test_extremes, begin),
        cmocka_unit_test_setup(test_grows_with_the_log, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
