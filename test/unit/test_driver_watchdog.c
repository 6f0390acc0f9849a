/*
 * The watchdog. A real one is only armed when HF_TEST_WATCHDOG names its device: on a node that may
 * be reset when the test fails. The lab does that with softdog.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>

#include "driver/watchdog.h"

static void none(void **unused)
{
    (void)unused;
    struct hf_watchdog dog = HF_WATCHDOG_NONE;
    assert_int_equal(hf_watchdog_pet(&dog), 0);
    assert_int_equal(hf_watchdog_disarm(&dog), 0);
    assert_int_equal(hf_watchdog_open(&dog, "/dev/hf-test-none", 10), -ENOENT);
    assert_int_equal(dog.fd, -1);
}

/* A device that is no watchdog is closed again. */
static void no_watchdog(void **unused)
{
    (void)unused;
    struct hf_watchdog dog;
    assert_int_equal(hf_watchdog_open(&dog, "/dev/null", 10), -ENOTTY);
    assert_int_equal(dog.fd, -1);
}

/* Where the kernel was built to let nobody stop it, disarm says so, and petting goes on. */
static void real(void **unused)
{
    (void)unused;
    struct hf_watchdog dog;
    struct hf_watchdog second;
    const char *device = getenv("HF_TEST_WATCHDOG");
    if (!device)
        skip();
    assert_int_equal(hf_watchdog_open(&dog, device, 30), 0);
    assert_int_equal(dog.timeout_s, 30);
    assert_int_equal(hf_watchdog_pet(&dog), 0);
    assert_int_equal(hf_watchdog_open(&second, device, 30), -EBUSY);
    int r = hf_watchdog_disarm(&dog);
    assert_true(r == 0 || r == -EPERM);
    assert_int_equal(dog.fd == -1, r == 0);
    assert_int_equal(hf_watchdog_pet(&dog), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none),
        cmocka_unit_test(no_watchdog),
        cmocka_unit_test(real),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
