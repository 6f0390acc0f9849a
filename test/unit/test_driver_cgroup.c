/* The cgroup of an instance, with real processes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "driver/cgroup.h"

static char group[48]; /* of this run alone: two at once do not meet */

static int need_cgroup(void **unused)
{
    (void)unused;
    if (geteuid() != 0 || hf_cgroup_make(group) < 0)
        return -1;
    return 0;
}

static int clean(void **unused)
{
    (void)unused;
    (void)hf_cgroup_kill(group, 5000);
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
    return hf_cgroup_remove(group) == 0 ? 0 : -1;
}

/* Each forks two more, in sessions of their own, down to depth 0; all then sleep. */
_Noreturn static void grow_tree(int depth)
{
    for (int i = 0; depth > 0 && i < 2;) {
        bool child = fork() == 0;
        depth -= child;
        i = child ? 0 : i + 1;
        if (child)
            (void)setsid();
    }
    for (;;)
        (void)pause();
}

/* Starts a process in the group that grows a tree below itself. */
static pid_t start_tree(int depth)
{
    int fd;
    assert_int_equal(hf_cgroup_open_procs(group, &fd), 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (hf_cgroup_enter(fd) < 0)
            _exit(1);
        (void)close(fd);
        grow_tree(depth);
    }
    (void)close(fd);
    return pid;
}

static void wait_populated(void)
{
    bool populated = false;
    struct timespec tick = {.tv_nsec = 1000000};
    for (int i = 0; i < 5000 && !populated; i++) {
        assert_int_equal(hf_cgroup_populated(group, &populated), 0);
        if (!populated)
            (void)nanosleep(&tick, NULL);
    }
    assert_true(populated);
}

static void kills_a_tree(void **unused)
{
    (void)unused;
    bool value;
    pid_t pid = start_tree(5);
    assert_true(pid > 0);
    wait_populated();
    assert_int_equal(hf_cgroup_contains(group, pid, &value), 0);
    assert_true(value);
    assert_int_equal(hf_cgroup_contains(group, getpid(), &value), 0);
    assert_false(value);
    assert_int_equal(hf_cgroup_kill(group, 5000), 0);
    assert_int_equal(hf_cgroup_populated(group, &value), 0);
    assert_false(value);
}

/* Lives on in its child over and over, so that a list of pids always is out of date. */
_Noreturn static void run_away(void)
{
    for (;;) {
        if (fork() != 0)
            _exit(0);
        (void)alarm(5);
    }
}

static void kills_what_runs_away(void **unused)
{
    (void)unused;
    int fd;
    assert_int_equal(hf_cgroup_open_procs(group, &fd), 0);
    for (int i = 0; i < 4; i++) {
        if (fork() == 0) {
            if (hf_cgroup_enter(fd) == 0)
                run_away();
            _exit(1);
        }
    }
    (void)close(fd);
    wait_populated();
    assert_int_equal(hf_cgroup_kill(group, 5000), 0);
}

static void waits_no_longer_than_told(void **unused)
{
    (void)unused;
    assert_true(start_tree(0) > 0);
    wait_populated();
    assert_int_equal(hf_cgroup_wait_empty(group, 20), -ETIMEDOUT);
    assert_int_equal(hf_cgroup_remove(group), -EBUSY);
    assert_int_equal(hf_cgroup_kill(group, 5000), 0);
    assert_int_equal(hf_cgroup_wait_empty(group, 20), 0);
}

static void absent_group(void **unused)
{
    (void)unused;
    bool value;
    assert_int_equal(hf_cgroup_populated("hf-test-none", &value), -ENOENT);
    assert_int_equal(hf_cgroup_kill("hf-test-none", 100), 0);
    assert_int_equal(hf_cgroup_wait_empty("hf-test-none", 100), 0);
    assert_int_equal(hf_cgroup_remove("hf-test-none"), 0);
}

static void unsafe_names(void **unused)
{
    (void)unused;
    static const char *const names[] = {"", ".", "..", "a/b", "../x", "cgroup.procs", ".hidden"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(hf_cgroup_make(names[i]), -EINVAL);
        assert_int_equal(hf_cgroup_kill(names[i], 1), -EINVAL);
        assert_int_equal(hf_cgroup_remove(names[i]), -EINVAL);
    }
}

int main(void)
{
    (void)snprintf(group, sizeof(group), "hf-test-cgroup-%d", (int)getpid());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kills_a_tree),
        cmocka_unit_test(kills_what_runs_away),
        cmocka_unit_test(waits_no_longer_than_told),
        cmocka_unit_test(absent_group),
        cmocka_unit_test(unsafe_names),
    };
    if (need_cgroup(NULL) < 0) {
        (void)printf("skipped: needs root and cgroup2\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, clean);
}
