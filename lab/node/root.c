/* The root of a node: the host's files below, an own small disk above.
 *
 *     lower   hostfs of the host's /, read-only: every program installed there is here
 *     upper   ext4 on the first ubd disk: survives a power cut, made new by `lab up`
 *
 * Folders that would carry the host's state into the node are made opaque (empty) in the upper
 * layer at the first boot. The staged product and the kernel's modules come through hostfs as well.
 * Failure: without its root a node cannot do anything, so every error is returned and pid 1 exits,
 * which the lab's monitor sees. */
#include "node.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char *const own_folders[] = {
    "/etc/corosync",
    "/etc/holdfast",
    "/etc/iscsi",
    "/etc/target",
    "/etc/lab",
    "/etc/postgresql",
    "/var/lib/corosync",
    "/var/lib/holdfast",
    "/var/lib/iscsi",
    "/var/lib/pgsql",
    "/var/lib/postgresql",
    "/var/lib/mysql",
    "/var/lib/pacemaker",
    "/var/log",
    "/var/tmp",
    "/var/target",
    "/root",
    "/home",
    "/srv",
    "/mnt",
};

/* A folder in the upper layer that hides the host's, with the host's mode and owner. */
static int own_folder(const char *path)
{
    char lower[LAB_TEXT_MAX];
    char upper[LAB_TEXT_MAX];
    struct stat st;

    snprintf(lower, sizeof lower, "/lower%s", path);
    snprintf(upper, sizeof upper, "/disk/root%s", path);
    if (lstat(upper, &st) == 0)
        return 0;

    int r = folder_make(upper, 0755);

    if (r < 0)
        return r;
    if (stat(lower, &st) == 0 && S_ISDIR(st.st_mode)) {
        if (chown(upper, st.st_uid, st.st_gid) < 0 || chmod(upper, st.st_mode & 07777) < 0)
            return -errno;
    }
    return setxattr(upper, "trusted.overlay.opaque", "y", 1, 0) < 0 ? -errno : 0;
}

static int mount_or(const char *what, const char *path, const char *type, unsigned long flags,
                    const char *options)
{
    int r = folder_make(path, 0755);

    if (r < 0 && r != -EROFS)
        note("folder %s: %s", path, strerror(-r));
    if (mount(what, path, type, flags, options) == 0)
        return 0;
    r = -errno;
    note("mount %s (%s): %s", path, type, strerror(-r));
    return r;
}

/* The upper disk. On the array all writes to it are synchronous: reservations must survive. */
static int mount_upper(const struct identity *self)
{
    unsigned long flags = MS_NOATIME | (self->array ? MS_SYNCHRONOUS : 0);

    file_write("/sys/block/ubda/queue/write_cache", "write through");

    int r = mount_or("/dev/ubda", "/disk", "ext4", flags, NULL);

    if (r < 0)
        return r;
    folder_make("/disk/root/usr/sbin", 0755);
    folder_make("/disk/root/usr/bin", 0755);
    folder_make("/disk/work", 0755);
    for (size_t i = 0; r == 0 && i < sizeof own_folders / sizeof *own_folders; i++)
        r = own_folder(own_folders[i]);
    return r;
}

static int install_program(void)
{
    int r = file_copy("/init", "/disk/root" LAB_PROGRAM, 0755);

    if (r < 0)
        return r;
    (void)unlink("/disk/root/usr/bin/systemctl");
    return symlink(LAB_PROGRAM, "/disk/root/usr/bin/systemctl") < 0 ? -errno : 0;
}

static int mount_overlay(const struct identity *self)
{
    char folder[LAB_TEXT_MAX];

    snprintf(folder, sizeof folder, "/lower%s", self->modules);

    int r = module_load(folder, "overlay", "");

    if (r < 0) {
        note("module overlay: %s", strerror(-r));
        return r;
    }
    return mount_or("overlay", "/new", "overlay", MS_NOATIME,
                    "lowerdir=/lower,upperdir=/disk/root,workdir=/disk/work");
}

static int mount_host_folders(const struct identity *self)
{
    struct utsname kernel;
    char path[LAB_TEXT_MAX];

    if (uname(&kernel) < 0)
        return -errno;
    snprintf(path, sizeof path, "/new/usr/lib/modules/%s", kernel.release);

    int r = mount_or("host", path, "hostfs", MS_RDONLY, self->modules);

    if (r < 0 || !self->install[0])
        return r;
    return mount_or("host", "/new/usr/local", "hostfs", MS_RDONLY, self->install);
}

static int switch_root(void)
{
    static const char *const moved[] = {"/proc", "/sys", "/dev"};

    for (size_t i = 0; i < sizeof moved / sizeof *moved; i++) {
        char to[64];

        snprintf(to, sizeof to, "/new%s", moved[i]);
        if (mount(moved[i], to, NULL, MS_MOVE, NULL) < 0)
            return -errno;
    }
    if (chdir("/new") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 ||
        chdir("/") < 0)
        return -errno;
    return 0;
}

int root_build(const struct identity *self)
{
    int r = mount_or("host", "/lower", "hostfs", MS_RDONLY, "/");

    if (r == 0)
        r = mount_upper(self);
    if (r == 0)
        r = install_program();
    if (r == 0)
        r = mount_overlay(self);
    if (r == 0)
        r = mount_host_folders(self);
    if (r == 0 && self->array)
        r = mount_or("/disk/root/var/target", "/new/var/target", NULL, MS_BIND, NULL);
    return r == 0 ? switch_root() : r;
}
