/* Can it be written? On a real file system: whole, full, read-only, gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/driver.h"
#include "test_driver_loop.h"

static struct loop_disk disk;
static struct hf_driver_request request;

static int set_up(void **state)
{
    (void)state;
    memset(&request, 0, sizeof(request));
    char *mount_point = request.disks[0].mount;
    (void)snprintf(mount_point, HF_DRIVER_PATH_MAX, "/tmp/hf-test-check-XXXXXX");
    assert_non_null(mkdtemp(mount_point));
    loop_attach(&disk, 32);
    char *const make[] = {(char[]){"mkfs.ext4"}, (char[]){"-q"}, (char[]){"-F"}, disk.device, NULL};
    assert_int_equal(run_program(make), 0);
    assert_int_equal(mount(disk.device, mount_point, "ext4", 0, NULL), 0);
    request.disk_count = 1;
    request.op = HF_OP_DISK_CHECK;
    request.interval_ms = 50;
    (void)snprintf(request.disks[0].device, HF_DRIVER_PATH_MAX, "%s", disk.device);
    (void)snprintf(request.engine.data, HF_DRIVER_PATH_MAX, "%.100s/data", mount_point);
    (void)snprintf(request.engine.user, HF_DRIVER_NAME_MAX, "nobody");
    assert_int_equal(mkdir(request.engine.data, 0777), 0);
    assert_int_equal(chmod(request.engine.data, 0777), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)umount2(request.disks[0].mount, MNT_DETACH);
    loop_detach(&disk);
    (void)rmdir(request.disks[0].mount);
    return 0;
}

struct heard {
    unsigned count;
    struct hf_driver_reply last;
};

/* Takes one reply, then hangs up. */
static int take(void *user, const struct hf_driver_reply *reply)
{
    struct heard *heard = user;
    heard->last = *reply;
    heard->count++;
    return -EPIPE;
}

static struct hf_driver_reply look(void)
{
    struct heard heard = {0};
    hf_driver_run(&request, take, &heard);
    assert_int_equal(heard.count, 1);
    return heard.last;
}

static unsigned entries(void)
{
    char *const find[] = {(char[]){"rmdir"}, request.engine.data, NULL};
    unsigned empty = run_program(find) == 0;
    if (empty)
        assert_int_equal(mkdir(request.engine.data, 0777), 0);
    return !empty;
}

static void test_writes_and_leaves_nothing(void **state)
{
    (void)state;
    struct hf_driver_reply reply = look();
    assert_int_equal(reply.status, HF_DRV_OK);
    assert_string_equal(reply.text, "");
    assert_true(reply.more);
    assert_int_equal(entries(), 0);
}

static void fill_it(void)
{
    char path[HF_DRIVER_PATH_MAX + 8];
    static char block[65536];
    (void)snprintf(path, sizeof(path), "%s/big", request.engine.data);
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    while (write(fd, block, sizeof(block)) > 0) {
    }
    assert_int_equal(close(fd), 0);
}

static void test_full(void **state)
{
    (void)state;
    fill_it();
    struct hf_driver_reply reply = look();
    assert_int_equal(reply.status, HF_DRV_DISK_FULL);
    assert_string_equal(reply.text, "a test write: No space left on device");
}

static void test_read_only(void **state)
{
    (void)state;
    assert_int_equal(mount(NULL, request.disks[0].mount, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    assert_int_equal(look().status, HF_DRV_READ_ONLY);
}

/* What says nothing of the disk is no failure of it. */
static void test_no_right(void **state)
{
    (void)state;
    assert_int_equal(chmod(request.engine.data, 0700), 0);
    struct hf_driver_reply reply = look();
    assert_int_equal(reply.status, HF_DRV_OK);
    assert_string_equal(reply.text, "a test write: Permission denied");
}

static void test_unknown_user(void **state)
{
    (void)state;
    (void)snprintf(request.engine.user, HF_DRIVER_NAME_MAX, "no-such-user");
    struct hf_driver_reply reply = look();
    assert_int_equal(reply.status, HF_DRV_FAILED);
    assert_false(reply.more);
}

int main(void)
{
    if (geteuid() != 0) {
        (void)fprintf(stderr, "mounts need root: skipped\n");
        return 77;
    }
    const struct CMUnitTest all[] = {
        cmocka_unit_test_setup_teardown(test_writes_and_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_full, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_read_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_right, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unknown_user, set_up, tear_down),
    };
    return cmocka_run_group_tests(all, NULL, NULL);
}
