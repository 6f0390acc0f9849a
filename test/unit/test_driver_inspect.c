/* What is found of an instance on this node: a real mount, address and process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver/cgroup.h"
#include "driver/driver.h"

static char group[48]; /* of this run alone: two at once do not meet */

static char root[64];
static struct hf_driver_request request;

static int make_place(void **unused)
{
    (void)unused;
    (void)snprintf(root, sizeof(root), "/tmp/hf-test-inspect-XXXXXX");
    assert_non_null(mkdtemp(root));
    request = (struct hf_driver_request){.op = HF_OP_INSPECT};
    (void)snprintf(request.instance, sizeof(request.instance), "%s", group);
    (void)snprintf(request.engine.type, sizeof(request.engine.type), "postgresql");
    (void)snprintf(request.engine.data, sizeof(request.engine.data), "%s", root);
    return hf_cgroup_make(group);
}

static int drop_place(void **unused)
{
    (void)unused;
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/postmaster.pid", root);
    (void)unlink(path);
    (void)hf_cgroup_kill(group, 5000);
    (void)waitpid(-1, NULL, 0);
    (void)hf_cgroup_remove(group);
    (void)umount2(root, MNT_DETACH);
    return rmdir(root);
}

static struct hf_driver_found look(void)
{
    struct hf_driver_reply reply = {0};
    hf_inspect(&request, &reply);
    assert_int_equal(reply.status, HF_DRV_OK);
    return reply.found;
}

static void nothing(void **unused)
{
    (void)unused;
    struct hf_driver_found found = look();
    assert_false(found.mounted || found.address_up || found.engine_running);
    assert_false(found.key_on_all_disks);
    assert_int_equal(found.engine_pid, 0);
    assert_int_equal(found.key_generation, 0);
}

static void address(void **unused)
{
    (void)unused;
    (void)snprintf(request.address, sizeof(request.address), "127.0.0.1");
    assert_true(look().address_up);
    (void)snprintf(request.address, sizeof(request.address), "203.0.113.77");
    assert_false(look().address_up);
    (void)snprintf(request.address, sizeof(request.address), "2001:db8::77");
    assert_false(look().address_up);
    (void)snprintf(request.address, sizeof(request.address), "no address");
    assert_false(look().address_up);
}

static void mounted(void **unused)
{
    (void)unused;
    request.disk_count = 1;
    (void)snprintf(request.disks[0].mount, sizeof(request.disks[0].mount), "%s", root);
    (void)snprintf(request.disks[0].device, sizeof(request.disks[0].device), "/dev/hf-test-none");
    assert_false(look().mounted);
    assert_int_equal(mount("none", root, "tmpfs", 0, ""), 0);
    struct hf_driver_found found = look();
    assert_true(found.mounted);
    assert_false(found.key_on_all_disks);
}

static void write_pid(pid_t pid)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/postmaster.pid", root);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    (void)fprintf(file, "%d\n/data\n", (int)pid);
    (void)fclose(file);
}

static pid_t start_engine(void)
{
    int procs;
    int ready[2];
    char byte;
    assert_int_equal(hf_cgroup_open_procs(group, &procs), 0);
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (hf_cgroup_enter(procs) < 0 || write(ready[1], "y", 1) != 1)
            _exit(1);
        for (;;)
            (void)pause();
    }
    (void)close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    (void)close(ready[0]);
    (void)close(procs);
    return pid;
}

static void engine(void **unused)
{
    (void)unused;
    write_pid(getpid()); /* left from another life: a process that is not the engine's */
    assert_int_equal(look().engine_pid, 0);
    pid_t pid = start_engine();
    assert_true(look().engine_running);
    assert_int_equal(look().engine_pid, 0);
    write_pid(pid);
    assert_int_equal(look().engine_pid, pid);
    (void)snprintf(request.engine.type, sizeof(request.engine.type), "service");
    assert_true(look().engine_running);
    assert_int_equal(look().engine_pid, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, drop_place)

int main(void)
{
    (void)snprintf(group, sizeof(group), "hf-test-inspect-%d", (int)getpid());
    const struct CMUnitTest tests[] = {TEST(nothing), TEST(address), TEST(mounted), TEST(engine)};
    if (geteuid() != 0 || hf_cgroup_make(group) < 0) {
        (void)printf("skipped: needs root and cgroup2\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
