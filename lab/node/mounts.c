/* The virtual file systems of a node, and its control groups.
 *
 * mounts_early: what pid 1 needs to find out who it is (proc, sysfs, devtmpfs).
 * mounts_late: after the switch to the overlay root. A mount that fails is reported on the console
 * and the boot goes on: a node that can be inspected is worth more than one that stops. */
#include "node.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void mount_one(const char *type, const char *path, unsigned long flags, const char *options)
{
    folder_make(path, 0755);
    if (mount(type, path, type, flags, options) < 0 && errno != EBUSY)
        note("mount %s on %s: %s", type, path, strerror(errno));
}

void mounts_early(void)
{
    mount_one("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    mount_one("sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    mount_one("devtmpfs", "/dev", MS_NOSUID, "mode=0755");
}

/* All controllers, for the children of the root and of system.slice. */
static void enable_controllers(const char *group)
{
    char path[256];
    char names[1024];
    char *rest = NULL;

    snprintf(path, sizeof path, "%s/cgroup.controllers", group);
    if (file_read(path, names, sizeof names) <= 0)
        return;
    snprintf(path, sizeof path, "%s/cgroup.subtree_control", group);
    for (char *w = strtok_r(names, " \n", &rest); w; w = strtok_r(NULL, " \n", &rest)) {
        char word[64];

        snprintf(word, sizeof word, "+%s", w);
        file_write(path, word);
    }
}

static void link_standard_streams(void)
{
    static const char *const links[][2] = {
        {"/proc/self/fd", "/dev/fd"},
        {"/proc/self/fd/0", "/dev/stdin"},
        {"/proc/self/fd/1", "/dev/stdout"},
        {"/proc/self/fd/2", "/dev/stderr"},
    };

    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (symlink(links[i][0], links[i][1]) < 0 && errno != EEXIST)
            note("link %s: %s", links[i][1], strerror(errno));
}

void mounts_late(void)
{
    mount_one("tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=0755");
    mount_one("tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "mode=1777");
    mount_one("tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777");
    mount_one("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=620,ptmxmode=666");
    mount_one("cgroup2", "/sys/fs/cgroup", MS_NOSUID | MS_NODEV | MS_NOEXEC, "nsdelegate");
    enable_controllers("/sys/fs/cgroup");
    folder_make("/sys/fs/cgroup/system.slice", 0755);
    enable_controllers("/sys/fs/cgroup/system.slice");
    link_standard_streams();
    folder_make("/run/lock", 01777);
    folder_make("/run/lab", 0755);
}
