/* Mount and unmount of real file systems on loop devices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver/disk.h"
#include "driver/driver.h"
#include "driver/filesystem_mounts.h"
#include "test_driver_loop.h"

#define DISKS 2

static char root[64];
static struct loop_disk disks[DISKS];

struct fixture {
    struct hf_driver_request request;
    struct hf_driver_reply reply;
};

static int make_fixture(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    (void)snprintf(root, sizeof(root), "/tmp/hf-test-mounts-XXXXXX");
    assert_non_null(mkdtemp(root));
    f->request.deadline_ms = 5000;
    *state = f;
    return 0;
}

static int drop_fixture(void **state)
{
    struct fixture *f = *state;
    for (int i = DISKS; i-- > 0;) {
        char *mount = f->request.disks[i].mount;
        while (mount[0] && umount2(mount, MNT_DETACH) == 0) {
        }
        loop_detach(&disks[i]);
    }
    char *const arguments[] = {(char[]){"rm"}, (char[]){"-r"}, root, NULL};
    (void)run_program(arguments);
    free(f);
    return 0;
}

static void make_filesystem(const char *type, char *device)
{
    char program[32];
    (void)snprintf(program, sizeof(program), "mkfs.%s", type);
    char force[] = "-F";
    if (strcmp(type, "xfs") == 0)
        force[1] = 'f';
    char *const arguments[] = {program, (char[]){"-q"}, force, device, NULL};
    assert_int_equal(run_program(arguments), 0);
}

/* Adds a disk with a file system to the request; type "" leaves it blank. */
static struct hf_driver_disk *add_disk(struct fixture *f, const char *type)
{
    uint32_t i = f->request.disk_count++;
    struct hf_driver_disk *disk = &f->request.disks[i];
    loop_attach(&disks[i], strcmp(type, "xfs") == 0 ? 320 : 32);
    if (type[0])
        make_filesystem(type, disks[i].device);
    (void)snprintf(disk->device, sizeof(disk->device), "%s", disks[i].device);
    (void)snprintf(disk->mount, sizeof(disk->mount), "%s/a/disk%u", root, i);
    (void)snprintf(disk->type, sizeof(disk->type), "%s", type[0] ? type : "ext4");
    return disk;
}

static enum hf_driver_status do_mount(struct fixture *f)
{
    memset(&f->reply, 0, sizeof(f->reply));
    hf_filesystem_mount(&f->request, &f->reply);
    return f->reply.status;
}

static enum hf_driver_status do_unmount(struct fixture *f)
{
    memset(&f->reply, 0, sizeof(f->reply));
    hf_filesystem_unmount(&f->request, &f->reply);
    return f->reply.status;
}

static bool is_mounted(const struct hf_driver_disk *disk)
{
    struct hf_mount mount;
    return hf_mount_find(disk->mount, &mount) == 0;
}

static void mounts_and_unmounts(struct fixture *f, const char *type)
{
    struct statvfs st;
    struct hf_driver_disk *first = add_disk(f, type);
    struct hf_driver_disk *second = add_disk(f, "ext4");
    (void)snprintf(second->options, sizeof(second->options), "noexec,,data=ordered,dev");
    assert_int_equal(do_mount(f), HF_DRV_OK);
    assert_true(is_mounted(first) && is_mounted(second));
    assert_int_equal(statvfs(first->mount, &st), 0);
    assert_int_equal(st.f_flag & (ST_NOATIME | ST_NODEV | ST_NOSUID | ST_NOEXEC),
                     ST_NOATIME | ST_NODEV | ST_NOSUID);
    assert_int_equal(statvfs(second->mount, &st), 0);
    assert_int_equal(st.f_flag & (ST_NOATIME | ST_NODEV | ST_NOSUID | ST_NOEXEC),
                     ST_NOATIME | ST_NOSUID | ST_NOEXEC);
    assert_int_equal(do_mount(f), HF_DRV_OK); /* again: nothing to do */
    assert_int_equal(do_unmount(f), HF_DRV_OK);
    assert_false(is_mounted(first) || is_mounted(second));
    assert_int_equal(do_unmount(f), HF_DRV_OK);
}

static void ext4(void **state)
{
    mounts_and_unmounts(*state, "ext4");
}

static void xfs(void **state)
{
    mounts_and_unmounts(*state, "xfs");
}

static void wrong_file_system(void **state)
{
    struct fixture *f = *state;
    struct hf_driver_disk *disk = add_disk(f, "");
    assert_int_equal(do_mount(f), HF_DRV_WRONG_FS);
    assert_non_null(strstr(f->reply.text, "has no file system"));
    make_filesystem("ext2", disks[0].device);
    assert_int_equal(do_mount(f), HF_DRV_WRONG_FS);
    assert_non_null(strstr(f->reply.text, "has ext2, ext4 is expected"));
    (void)snprintf(disk->device, sizeof(disk->device), "/dev/hf-test-none");
    assert_int_equal(do_mount(f), HF_DRV_NO_DEVICE);
    (void)snprintf(disk->device, sizeof(disk->device), "/dev/null");
    assert_int_equal(do_mount(f), HF_DRV_NO_DEVICE);
}

static void bad_options_undo_earlier_disks(void **state)
{
    struct fixture *f = *state;
    struct hf_driver_disk *first = add_disk(f, "ext4");
    struct hf_driver_disk *second = add_disk(f, "ext4");
    (void)snprintf(second->options, sizeof(second->options), "no_such_option");
    assert_int_equal(do_mount(f), HF_DRV_FAILED);
    assert_int_equal(f->reply.error, EINVAL);
    assert_false(is_mounted(first) || is_mounted(second));
}

static void place_is_taken(void **state)
{
    struct fixture *f = *state;
    struct hf_driver_disk *disk = add_disk(f, "ext4");
    assert_int_equal(do_mount(f), HF_DRV_OK);
    assert_int_equal(mount("none", disk->mount, "tmpfs", 0, ""), 0);
    assert_int_equal(do_mount(f), HF_DRV_FAILED);
    assert_non_null(strstr(f->reply.text, "is mounted there"));
    assert_int_equal(do_unmount(f), HF_DRV_OK); /* all that is stacked there */
    assert_false(is_mounted(disk));
}

/* A mount that is no longer to be seen, but lives: the kernel would share it. */
static void hidden_mount_is_found(void **state)
{
    struct fixture *f = *state;
    struct hf_driver_disk *disk = add_disk(f, "ext4");
    assert_int_equal(do_mount(f), HF_DRV_OK);
    int fd = open(disk->mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(umount2(disk->mount, MNT_DETACH), 0);
    assert_int_equal(do_mount(f), HF_DRV_BUSY);
    (void)close(fd);
    assert_int_equal(do_mount(f), HF_DRV_OK);
}

/* The ways to hold a file system. */
enum hold { HOLD_FILE, HOLD_DIRECTORY, HOLD_ROOT, HOLD_MAP, HOLD_KINDS };

static bool take_hold(enum hold how, const char *path)
{
    char file[256];
    (void)snprintf(file, sizeof(file), "%s/file", path);
    int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, "x", 1) != 1)
        return false;
    switch (how) {
    case HOLD_FILE:
        return true;
    case HOLD_DIRECTORY:
        return close(fd) == 0 && chdir(path) == 0;
    case HOLD_ROOT:
        return close(fd) == 0 && chroot(path) == 0;
    case HOLD_MAP:
        return mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED && close(fd) == 0;
    case HOLD_KINDS:
        break;
    }
    return false;
}

static pid_t start_holder(enum hold how, const char *path)
{
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        (void)signal(SIGTERM, SIG_IGN);
        byte = take_hold(how, path) ? 'y' : 'n';
        if (write(ready[1], &byte, 1) != 1)
            _exit(1);
        for (;;)
            (void)pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    (void)close(ready[0]);
    (void)close(ready[1]);
    return pid;
}

static void kills_holders(struct fixture *f, const char *type)
{
    pid_t pids[HOLD_KINDS];
    struct hf_driver_disk *disk = add_disk(f, type);
    assert_int_equal(do_mount(f), HF_DRV_OK);
    for (int how = 0; how < HOLD_KINDS; how++)
        pids[how] = start_holder((enum hold)how, disk->mount);
    pid_t bystander = start_holder(HOLD_FILE, root);
    assert_int_equal(do_unmount(f), HF_DRV_OK);
    assert_false(is_mounted(disk));
    for (int how = 0; how < HOLD_KINDS; how++) {
        int status;
        assert_int_equal(waitpid(pids[how], &status, 0), pids[how]);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
    assert_int_equal(waitpid(bystander, NULL, WNOHANG), 0);
    (void)kill(bystander, SIGKILL);
    (void)waitpid(bystander, NULL, 0);
}

static void holders_ext4(void **state)
{
    kills_holders(*state, "ext4");
}

static void holders_xfs(void **state)
{
    kills_holders(*state, "xfs");
}

/* This process may not be killed: it is named. */
static void busy_names_the_holder(void **state)
{
    struct fixture *f = *state;
    char me[32];
    struct hf_driver_disk *disk = add_disk(f, "ext4");
    f->request.deadline_ms = 200;
    assert_int_equal(do_mount(f), HF_DRV_OK);
    int fd = open(disk->mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(do_unmount(f), HF_DRV_BUSY);
    (void)snprintf(me, sizeof(me), "(%d)", (int)getpid());
    assert_non_null(strstr(f->reply.text, me));
    (void)close(fd);
    assert_int_equal(do_unmount(f), HF_DRV_OK);
}

static void busy_names_what_is_below(void **state)
{
    struct fixture *f = *state;
    char below[256];
    struct hf_driver_disk *disk = add_disk(f, "ext4");
    f->request.deadline_ms = 200;
    assert_int_equal(do_mount(f), HF_DRV_OK);
    (void)snprintf(below, sizeof(below), "%s/lost+found", disk->mount);
    assert_int_equal(mount("none", below, "tmpfs", 0, ""), 0);
    assert_int_equal(do_unmount(f), HF_DRV_BUSY);
    assert_non_null(strstr(f->reply.text, "mounted below it"));
    assert_int_equal(umount2(below, 0), 0);
}

/* With a kill the file system is shut down: what it had not written, it never will. */
static void kill_writes_nothing_more(struct fixture *f, const char *type)
{
    char path[256];
    struct hf_driver_disk *disk = add_disk(f, type);
    assert_int_equal(do_mount(f), HF_DRV_OK);
    (void)snprintf(path, sizeof(path), "%s/late", disk->mount);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "late", 4), 4);
    (void)close(fd);
    f->request.stop_mode = HF_STOP_KILL;
    assert_int_equal(do_unmount(f), HF_DRV_OK);
    assert_false(is_mounted(disk));
    assert_int_equal(do_mount(f), HF_DRV_OK); /* the journal makes good */
    assert_int_equal(access(path, F_OK), -1);
    f->request.stop_mode = HF_STOP_PLANNED;
    assert_int_equal(do_unmount(f), HF_DRV_OK);
}

static void kill_ext4(void **state)
{
    kill_writes_nothing_more(*state, "ext4");
}

static void kill_xfs(void **state)
{
    kill_writes_nothing_more(*state, "xfs");
}

static void poke(const char *device, off_t at, const void *bytes, size_t size)
{
    int fd = open(device, O_RDWR | O_CLOEXEC | O_SYNC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, size, at), size);
    (void)close(fd);
}

/* Sets the error mark (and clears "clean") in the superblock, as the kernel does. e2fsck reads no
 * checksum of the superblock where mkfs was told to make none. */
static void mark_error(char *device)
{
    char *const arguments[] = {(char[]){"mkfs.ext4"},
                               (char[]){"-q"},
                               (char[]){"-F"},
                               (char[]){"-O"},
                               (char[]){"^metadata_csum"},
                               device,
                               NULL};
    assert_int_equal(run_program(arguments), 0);
    poke(device, 1024 + 0x3a, (uint8_t[]){0x02, 0x00}, 2);
}

static void error_mark_is_repaired(void **state)
{
    struct fixture *f = *state;
    struct hf_driver_disk *disk = add_disk(f, "ext4");
    mark_error(disks[0].device);
    assert_int_equal(do_mount(f), HF_DRV_OK);
    assert_true(is_mounted(disk));
    assert_non_null(strstr(f->reply.text, "repaired"));
}

/* The root directory is gone: e2fsck -p leaves that to a person. */
static void corruption_is_for_people(void **state)
{
    struct fixture *f = *state;
    struct hf_driver_disk *disk = add_disk(f, "ext4");
    mark_error(disks[0].device);
    char *const arguments[] = {(char[]){"debugfs"},  (char[]){"-w"},  (char[]){"-R"},
                               (char[]){"clri <2>"}, disks[0].device, NULL};
    assert_int_equal(run_program(arguments), 0);
    assert_int_equal(do_mount(f), HF_DRV_CORRUPT_FS);
    assert_non_null(strstr(f->reply.text, "run: e2fsck -f /dev/loop"));
    assert_false(is_mounted(disk));
}

static void disk_facts(void **state)
{
    struct fixture *f = *state;
    uint64_t bytes = 0;
    bool in_use = true;
    int fd = -1;
    dev_t number;
    add_disk(f, "ext4");
    const char *device = disks[0].device;
    assert_int_equal(hf_disk_open(device, &fd), 0);
    assert_int_equal(hf_disk_size(fd, &bytes), 0);
    assert_int_equal(bytes, 32u * 1024 * 1024);
    assert_int_equal(hf_disk_flush(fd), 0);
    (void)close(fd);
    assert_int_equal(hf_disk_in_use(device, &in_use), 0);
    assert_false(in_use);
    assert_int_equal(hf_disk_number(device, &number), 0);
    assert_false(hf_disk_is_partition(number));
    assert_int_equal(hf_disk_open("/dev/null", &fd), -ENOTBLK);
    assert_int_equal(hf_disk_number("/dev/hf-test-none", &number), -ENOENT);
}

/* A loop device has no reservations: said so, nothing changed. */
static void no_reservations(void **state)
{
    struct fixture *f = *state;
    add_disk(f, "ext4");
    f->request.cluster_tag = 7;
    f->request.node = 1;
    f->request.generation = 1;
    hf_reservation_acquire(&f->request, &f->reply);
    assert_int_equal(f->reply.status, HF_DRV_UNSUPPORTED);
    memset(&f->reply, 0, sizeof(f->reply));
    hf_reservation_release(&f->request, &f->reply);
    assert_int_equal(f->reply.status, HF_DRV_UNSUPPORTED);
    (void)snprintf(f->request.disks[0].device, HF_DRIVER_PATH_MAX, "/dev/hf-test-none");
    hf_reservation_acquire(&f->request, &f->reply);
    assert_int_equal(f->reply.status, HF_DRV_NO_DEVICE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_fixture, drop_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ext4),
        TEST(xfs),
        TEST(wrong_file_system),
        TEST(bad_options_undo_earlier_disks),
        TEST(place_is_taken),
        TEST(hidden_mount_is_found),
        TEST(holders_ext4),
        TEST(holders_xfs),
        TEST(busy_names_the_holder),
        TEST(busy_names_what_is_below),
        TEST(kill_ext4),
        TEST(kill_xfs),
        TEST(error_mark_is_repaired),
        TEST(corruption_is_for_people),
        TEST(disk_facts),
        TEST(no_reservations),
    };
    if (geteuid() != 0 || access("/dev/loop-control", R_OK | W_OK) < 0) {
        (void)printf("skipped: needs root and loop devices\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
