/* Stable names of shared disks, without udev: /dev/disk/by-id/wwn-0x... -> ../../sdX.
 *
 * Looks at every /sys/block/sd*, reads the world-wide name the array reported, and corrects the
 * links; links whose disk has gone are removed. Doing it again is harmless. Failure: a disk whose
 * name cannot be read yet is left for the next time. */
#include "node.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BY_ID "/dev/disk/by-id"

static void link_disk(const char *disk)
{
    char path[512];
    char wwid[256];
    char target[300];
    char have[300];

    snprintf(path, sizeof path, "/sys/block/%s/device/wwid", disk);
    if (file_read(path, wwid, sizeof wwid) <= 0 || strncmp(wwid, "naa.", 4) != 0)
        return;
    wwid[strcspn(wwid, " \n")] = 0;
    snprintf(path, sizeof path, BY_ID "/wwn-0x%s", wwid + 4);
    snprintf(target, sizeof target, "../../%s", disk);

    ssize_t n = readlink(path, have, sizeof have - 1);

    have[n > 0 ? n : 0] = 0;
    if (strcmp(have, target) == 0)
        return;
    (void)unlink(path);
    if (symlink(target, path) < 0)
        note("link %s: %s", path, strerror(errno));
}

static void remove_dangling(void)
{
    DIR *folder = opendir(BY_ID);
    struct dirent *entry;

    while (folder && (entry = readdir(folder))) {
        char path[512];

        snprintf(path, sizeof path, BY_ID "/%s", entry->d_name);
        if (entry->d_name[0] != '.' && access(path, F_OK) < 0)
            (void)unlink(path);
    }
    if (folder)
        closedir(folder);
}

void devlinks_update(void)
{
    DIR *folder = opendir("/sys/block");
    struct dirent *entry;

    folder_make(BY_ID, 0755);
    remove_dangling();
    while (folder && (entry = readdir(folder)))
        if (strncmp(entry->d_name, "sd", 2) == 0)
            link_disk(entry->d_name);
    if (folder)
        closedir(folder);
}
