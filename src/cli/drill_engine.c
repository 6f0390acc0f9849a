#include "cli/drill_engine.h"

#include <errno.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define PROCESSES_MAX 1024u

/* Where cgroup2 is mounted: its own place, or beside the older hierarchies. */
static bool find_cgroup2(char *ret, size_t room)
{
    FILE *mounts = setmntent("/proc/self/mounts", "re");
    const struct mntent *entry;
    bool found = false;
    while (mounts && !found && (entry = getmntent(mounts))) {
        found = strcmp(entry->mnt_type, "cgroup2") == 0;
        if (found)
            (void)snprintf(ret, room, "%s", entry->mnt_dir);
    }
    if (mounts)
        (void)endmntent(mounts);
    return found;
}

static pid_t parent_of(pid_t pid)
{
    char path[64], text[256] = "";
    int parent = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *stat = fopen(path, "re");
    if (!stat)
        return 0;
    (void)!fgets(text, sizeof(text), stat);
    (void)fclose(stat);
    const char *after_name = strrchr(text, ')'); /* the name may hold anything */
    if (after_name)
        (void)sscanf(after_name, ") %*c %d", &parent);
    return parent;
}

static bool among(const pid_t *list, size_t count, pid_t pid)
{
    for (size_t k = 0; k < count; k++) {
        if (list[k] == pid)
            return true;
    }
    return false;
}

pid_t hf_drill_engine_pid(const char *instance)
{
    char root[256], path[512];
    pid_t list[PROCESSES_MAX];
    size_t count = 0;
    int pid = 0;
    if (!find_cgroup2(root, sizeof(root))) {
        errno = ENOENT;
        return 0;
    }
    (void)snprintf(path, sizeof(path), "%s/holdfast.slice/%s/cgroup.procs", root, instance);
    FILE *procs = fopen(path, "re");
    if (!procs)
        return 0;
    while (count < PROCESSES_MAX && fscanf(procs, "%d", &pid) == 1)
        list[count++] = pid;
    (void)fclose(procs);
    for (size_t k = 0; k < count; k++) {
        if (!among(list, count, parent_of(list[k])))
            return list[k];
    }
    errno = ESRCH;
    return 0;
}
