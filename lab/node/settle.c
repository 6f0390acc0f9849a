/* The files that make a node itself: host name, hosts, machine id, service definitions.
 *
 * Written at every boot where they follow from the node's identity; service definitions only when
 * missing, so that a test may change them and find them again after a power cut. */
#include "node.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void define_service(const char *name, const char *definition, bool enabled)
{
    char path[256];
    struct stat st;

    snprintf(path, sizeof path, LAB_SERVICES "/%s", name);
    if (stat(path, &st) == 0)
        return;
    file_write(path, definition);
    snprintf(path, sizeof path, LAB_ENABLED "/%s", name);
    if (enabled)
        file_write(path, "");
}

static void define_services(const struct identity *self)
{
    folder_make(LAB_SERVICES, 0755);
    folder_make(LAB_ENABLED, 0755);
    define_service("lab-agent", "exec " LAB_PROGRAM " agent\n", true);
    if (self->array)
        return;
    define_service("iscsid", "exec /usr/sbin/iscsid -f\n", true);
    define_service("lab-storage", "exec " LAB_PROGRAM " storage\nafter iscsid\n", true);
    define_service("corosync", "exec /usr/sbin/corosync -f\n", false);
    define_service("holdfastd", "exec /usr/local/sbin/holdfastd\nafter corosync\n", false);
    define_service("holdfast-web", "exec /usr/local/sbin/holdfast-web\nafter holdfastd\n", false);
}

static void write_hosts(const struct identity *self)
{
    char text[LAB_TEXT_MAX];
    int n = snprintf(text, sizeof text, "127.0.0.1 localhost\n10.77.2.2 array\n");

    for (int i = 1; i <= self->nodes && n < (int)sizeof text - 128; i++)
        n += snprintf(text + n, sizeof text - (size_t)n,
                      "10.77.0.%d db%d\n10.77.1.%d db%d-private\n", 10 + i, i, 10 + i, i);
    file_write("/etc/hosts", text);
}

/* Stable across boots, different for every node and lab: a hash of both names. */
static void write_machine_id(const struct identity *self)
{
    uint64_t h = 14695981039346656037ULL;
    char text[64];

    for (const char *p = self->lab; *p; p++)
        h = (h ^ (unsigned char)*p) * 1099511628211ULL;
    for (const char *p = self->name; *p; p++)
        h = (h ^ (unsigned char)*p) * 1099511628211ULL;
    snprintf(text, sizeof text, "%016llx%016llx\n", (unsigned long long)h,
             (unsigned long long)(h * 0x9e3779b97f4a7c15ULL));
    file_write("/etc/machine-id", text);
}

/* /run and /var/log belong to each node alone, so the servers' folders in them are made here. */
static void make_server_folder(const char *path, const char *owner_like, mode_t mode)
{
    struct stat st;

    folder_make(path, mode);
    if (stat(owner_like, &st) == 0 &&
        (chown(path, st.st_uid, st.st_gid) < 0 || chmod(path, mode) < 0))
        note("folder %s: %s", path, strerror(errno));
}

void settle_files(const struct identity *self)
{
    char text[128];

    snprintf(text, sizeof text, "%s\n", self->name);
    file_write("/etc/hostname", text);
    if (sethostname(self->name, strlen(self->name)) < 0)
        note("host name: %s", strerror(errno));
    write_hosts(self);
    write_machine_id(self);
    define_services(self);
    folder_make("/var/log/corosync", 0755);
    folder_make("/run/corosync", 0755);
    make_server_folder("/run/postgresql", "/var/lib/postgresql", 02775);
    make_server_folder("/var/log/postgresql", "/var/lib/postgresql", 0775);
    make_server_folder("/run/mysqld", "/var/lib/mysql", 0755);
    sync(); /* a power cut right after the boot must not leave empty files */
}
