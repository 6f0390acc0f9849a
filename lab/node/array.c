/* The disk array: LIO over the node's ubd disks, set up through configfs.
 *
 * Happy path: one iblock backstore a disk with a serial number that makes the world-wide name
 * predictable; persistent reservations of an earlier life restored (APTPL) before anything is
 * exported; one target, one portal, open to every initiator.
 * The disks' write cache is declared write-through: what the array has acknowledged is with the
 * host, and a power cut of the array (SIGKILL of its kernel) does not lose it.
 * Failure: the first step that fails is reported on the console and the array stays without target.
 */
#include "node.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG "/sys/kernel/config/target"
#define GROUP CONFIG "/iscsi/iqn.2026-01.org.holdfast:array/tpgt_1"

static int step(int r, const char *what)
{
    if (r < 0)
        note("array: %s: %s", what, strerror(-r));
    return r;
}

static int make(const char *path)
{
    return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

/* The kernel's file of one disk's registrations: blocks between PR_REG_START and PR_REG_END, given
 * back to the kernel one block a write, with commas between the lines. */
static int restore_reservations(const char *store, const char *serial)
{
    char path[512], line[1024];
    char block[LAB_TEXT_MAX] = "";

    snprintf(path, sizeof path, "/var/target/pr/aptpl_%s", serial);

    FILE *file = fopen(path, "re");
    int r = 0;

    if (!file)
        return 0;
    snprintf(path, sizeof path, "%s/pr/res_aptpl_metadata", store);
    while (r == 0 && fgets(line, sizeof line, file)) {
        char *word = line + strspn(line, " \t");

        word[strcspn(word, "\n")] = 0;
        if (strncmp(word, "PR_REG_START:", 13) == 0)
            block[0] = 0;
        else if (strncmp(word, "PR_REG_END:", 11) == 0)
            r = file_write(path, block);
        else if (strlen(block) + strlen(word) + 2 < sizeof block) {
            if (block[0])
                strcat(block, ",");
            strcat(block, word);
        }
    }
    fclose(file);
    return r;
}

static int make_disk(int lun)
{
    char store[256], path[512], text[256], serial[64];
    char disk = (char)('b' + lun);

    snprintf(path, sizeof path, "/sys/block/ubd%c/queue/write_cache", disk);
    file_write(path, "write through");
    snprintf(serial, sizeof serial, "a11ce%016d%04x", 0, (unsigned)lun);
    snprintf(store, sizeof store, CONFIG "/core/iblock_%d", lun);

    int r = make(store);

    snprintf(store, sizeof store, CONFIG "/core/iblock_%d/lun%d", lun, lun);
    if (r == 0)
        r = make(store);
    snprintf(path, sizeof path, "%s/control", store);
    snprintf(text, sizeof text, "udev_path=/dev/ubd%c", disk);
    if (r == 0)
        r = file_write(path, text);
    snprintf(path, sizeof path, "%s/wwn/vpd_unit_serial", store);
    if (r == 0)
        r = file_write(path, serial);
    snprintf(path, sizeof path, "%s/enable", store);
    if (r == 0)
        r = file_write(path, "1");
    if (r == 0)
        step(restore_reservations(store, serial), "restore of reservations");
    return r;
}

static int export_disk(int lun)
{
    char path[512], store[256], link[768];

    snprintf(path, sizeof path, GROUP "/lun/lun_%d", lun);
    snprintf(store, sizeof store, CONFIG "/core/iblock_%d/lun%d", lun, lun);
    snprintf(link, sizeof link, "%s/store", path);

    int r = make(path);

    if (r == 0 && symlink(store, link) < 0 && errno != EEXIST)
        r = -errno;
    return r;
}

static int open_to_all(void)
{
    static const char *const settings[][2] = {
        {GROUP "/attrib/authentication", "0"},
        {GROUP "/attrib/generate_node_acls", "1"},
        {GROUP "/attrib/cache_dynamic_acls", "1"},
        {GROUP "/attrib/demo_mode_write_protect", "0"},
        {GROUP "/attrib/default_cmdsn_depth", "128"},
    };
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof settings / sizeof *settings; i++)
        r = step(file_write(settings[i][0], settings[i][1]), settings[i][0]);
    return r;
}

static int make_target(int luns)
{
    int r = step(make(CONFIG "/iscsi"), "iSCSI fabric");

    if (r == 0)
        r = make(CONFIG "/iscsi/iqn.2026-01.org.holdfast:array");
    if (r == 0)
        r = step(make(GROUP), "target");
    if (r == 0)
        r = open_to_all();
    for (int i = 0; r == 0 && i < luns; i++)
        r = step(export_disk(i), "export of a disk");
    if (r == 0)
        r = step(make(GROUP "/np/10.77.2.2:3260"), "portal");
    return r == 0 ? step(file_write(GROUP "/enable", "1"), "enable") : r;
}

static int load_modules(const struct identity *self)
{
    static const char *const modules[] = {"configfs", "target_core_mod", "target_core_iblock",
                                          "iscsi_target_mod"};

    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        int r = module_load(self->modules, modules[i], "");

        if (r < 0 && r != -ENOENT)
            return step(r, modules[i]);
        if (i == 0 && mount("configfs", "/sys/kernel/config", "configfs", 0, NULL) < 0 &&
            errno != EBUSY)
            return step(-errno, "configfs");
        if (i == 1)
            file_write(CONFIG "/dbroot", "/var/target");
    }
    return 0;
}

int array_start(const struct identity *self)
{
    int r;

    folder_make("/var/target/pr", 0755);
    folder_make("/var/target/alua", 0755);
    r = load_modules(self);
    for (int i = 0; r == 0 && i < self->luns; i++)
        r = step(make_disk(i), "disk");
    if (r == 0)
        r = make_target(self->luns);
    note(r == 0 ? "array: %d disks exported" : "array: not usable (%d disks)", self->luns);
    return r;
}
