/* Pages that forked children do not inherit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/pages.h"

#define SIZE 300000u

static void are_zero_and_ones_own(void **unused)
{
    (void)unused;
    static const unsigned char zero[SIZE];
    unsigned char *pages = hf_pages_new(SIZE);
    assert_non_null(pages);
    assert_memory_equal(pages, zero, SIZE);
    memset(pages, 1, SIZE);
    hf_pages_free(pages, SIZE);
    hf_pages_free(NULL, SIZE);
}

/* The kernel says so itself: what is written from there cannot be read. */
static void are_not_there_in_a_child(void **unused)
{
    (void)unused;
    int ends[2], status = 0;
    char *pages = hf_pages_new(SIZE);
    assert_non_null(pages);
    assert_int_equal(pipe(ends), 0);
    memset(pages, 1, SIZE);
    pid_t child = fork();
    if (child == 0)
        _exit(write(ends[1], pages, 1) == -1 && errno == EFAULT ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(write(ends[1], pages, 1), 1);
    (void)close(ends[0]);
    (void)close(ends[1]);
    hf_pages_free(pages, SIZE);
}

static void too_many_are_refused(void **unused)
{
    (void)unused;
    assert_null(hf_pages_new(SIZE_MAX / 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(are_zero_and_ones_own),
        cmocka_unit_test(are_not_there_in_a_child),
        cmocka_unit_test(too_many_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
