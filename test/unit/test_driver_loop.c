#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test_driver_loop.h"

/* Another test may take the free loop device first: then the next one. */
static int attach(int image, char *device, size_t size)
{
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    int r = -1;
    for (int i = 0; r < 0 && control >= 0 && i < 20; i++) {
        int number = ioctl(control, LOOP_CTL_GET_FREE);
        (void)snprintf(device, size, "/dev/loop%d", number);
        int fd = open(device, O_RDWR | O_CLOEXEC);
        if (fd < 0)
            continue;
        r = ioctl(fd, LOOP_SET_FD, image);
        (void)close(fd);
    }
    if (control >= 0)
        (void)close(control);
    return r;
}

void loop_attach(struct loop_disk *disk, unsigned size_mib)
{
    (void)snprintf(disk->image, sizeof(disk->image), "/tmp/hf-test-image-XXXXXX");
    int image = mkstemp(disk->image);
    assert_true(image >= 0);
    assert_int_equal(ftruncate(image, (off_t)size_mib * 1024 * 1024), 0);
    assert_int_equal(attach(image, disk->device, sizeof(disk->device)), 0);
    (void)close(image);
}

void loop_detach(struct loop_disk *disk)
{
    int fd = disk->device[0] ? open(disk->device, O_RDWR | O_CLOEXEC) : -1;
    if (fd >= 0) {
        (void)ioctl(fd, LOOP_CLR_FD, 0);
        (void)close(fd);
    }
    if (disk->image[0])
        (void)unlink(disk->image);
    *disk = (struct loop_disk){0};
}

int run_program(char *const *arguments)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        (void)dup2(null, STDOUT_FILENO);
        (void)dup2(null, STDERR_FILENO);
        (void)execvp(arguments[0], arguments);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
