/* Block devices: what they are called, who they are, how large, what they can. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "validate/facts_impl.h"

struct disks {
    const struct hf_facts_source *source;
    const struct hf_spec *spec;
    json_t *list;
    json_t *disk; /* the one whose parts are looked at */
    const char *name;
};

static void put_number(const struct disks *disks, const char *key, const char *file,
                       json_int_t unit)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "/sys/block/%s/%s", disks->name, file);
    json_int_t number = hf_facts_number(disks->source, path, -1);
    if (number >= 0)
        (void)json_object_set_new(disks->disk, key, json_integer(number * unit));
}

static bool put_text(const struct disks *disks, const char *key, const char *file)
{
    char path[512];
    char line[256];
    (void)snprintf(path, sizeof(path), "/sys/block/%s/%s", disks->name, file);
    if (!hf_facts_line(disks->source, path, line, sizeof(line)))
        return false;
    return json_object_set_new(disks->disk, key, json_string(line)) == 0;
}

static void one_slave(void *user, const char *name)
{
    struct disks *disks = user;
    (void)json_array_append_new(json_object_get(disks->disk, "paths"), json_string(name));
}

static void one_disk(void *user, const char *name)
{
    struct disks *disks = user;
    char path[512];
    if (strncmp(name, "loop", 4) == 0 || strncmp(name, "ram", 3) == 0 ||
        strncmp(name, "zram", 4) == 0)
        return;
    disks->name = name;
    disks->disk = json_pack("{s:s, s:[], s:[]}", "name", name, "links", "paths");
    put_number(disks, "bytes", "size", 512);
    put_number(disks, "logical", "queue/logical_block_size", 1);
    put_number(disks, "physical", "queue/physical_block_size", 1);
    put_number(disks, "read_only", "ro", 1);
    (void)put_text(disks, "write_cache", "queue/write_cache");
    if (!put_text(disks, "wwid", "device/wwid") && !put_text(disks, "wwid", "wwid"))
        (void)put_text(disks, "wwid", "dm/uuid");
    (void)put_text(disks, "state", "device/state");
    (void)snprintf(path, sizeof(path), "/sys/block/%s/slaves", name);
    hf_facts_folder(disks->source, path, one_slave, disks);
    (void)json_array_append_new(disks->list, disks->disk);
}

static json_t *find(const struct disks *disks, const char *kernel_name)
{
    size_t i = 0;
    json_t *disk = NULL;
    json_array_foreach(disks->list, i, disk)
    {
        if (strcmp(json_string_value(json_object_get(disk, "name")), kernel_name) == 0)
            return disk;
    }
    return NULL;
}

/* The disk that a partition is on: /sys/block/DISK/PARTITION. */
static json_t *disk_of_partition(const struct disks *disks, const char *partition)
{
    size_t i = 0;
    json_t *disk = NULL;
    char path[512];
    char full[1024];
    json_array_foreach(disks->list, i, disk)
    {
        (void)snprintf(path, sizeof(path), "/sys/block/%s/%s/partition",
                       json_string_value(json_object_get(disk, "name")), partition);
        hf_facts_path(disks->source, path, full, sizeof(full));
        if (access(full, F_OK) == 0)
            return disk;
    }
    return NULL;
}

static void add_link(struct disks *disks, const char *path)
{
    char target[256];
    bool direct = !hf_facts_link(disks->source, path, target, sizeof(target));
    if (direct)
        (void)snprintf(target, sizeof(target), "%s", strrchr(path, '/') + 1);
    json_t *disk = find(disks, target);
    if (disk) {
        (void)json_array_append_new(json_object_get(disk, "links"), json_string(path));
        return;
    }
    disk = disk_of_partition(disks, target);
    if (!disk)
        return;
    if (!json_object_get(disk, "partitions"))
        (void)json_object_set_new(disk, "partitions", json_array());
    (void)json_array_append_new(json_object_get(disk, "partitions"), json_string(path));
}

static void one_link(void *user, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "/dev/disk/by-id/%s", name);
    add_link(user, path);
}

static bool is_listed(const struct disks *disks, const char *kind, const char *path)
{
    size_t i = 0, k = 0;
    json_t *disk = NULL;
    json_t *link = NULL;
    json_array_foreach(disks->list, i, disk)
    {
        json_array_foreach(json_object_get(disk, kind), k, link)
        {
            if (strcmp(json_string_value(link), path) == 0)
                return true;
        }
    }
    return false;
}

static void put_reservations(struct disks *disks, const char *path)
{
    char target[256];
    if (!disks->source->reservations)
        return;
    if (!hf_facts_link(disks->source, path, target, sizeof(target)))
        (void)snprintf(target, sizeof(target), "%s", strrchr(path, '/') + 1);
    json_t *disk = find(disks, target);
    const char *can = disk ? disks->source->reservations(disks->source->user, path) : NULL;
    if (can)
        (void)json_object_set_new(disk, "reservations", json_string(can));
}

/* A disk of the configuration may be named by another path than those of by-id. */
static void stated(struct disks *disks, const char *device)
{
    if (device[0] != '/')
        return;
    if (!is_listed(disks, "links", device) && !is_listed(disks, "partitions", device))
        add_link(disks, device);
    put_reservations(disks, device);
}

json_t *hf_facts_disks(const struct hf_facts_source *source, const struct hf_spec *spec)
{
    struct disks disks = {.source = source, .spec = spec, .list = json_array()};
    hf_facts_folder(source, "/sys/block", one_disk, &disks);
    hf_facts_folder(source, "/dev/disk/by-id", one_link, &disks);
    for (unsigned i = 0; spec && i < HF_INSTANCES_MAX; i++)
        for (unsigned d = 0; spec->instances[i].name[0] && d < spec->instances[i].disk_count; d++)
            stated(&disks, spec->instances[i].disks[d].device);
    if (spec && spec->cluster.witness_disk[0])
        stated(&disks, spec->cluster.witness_disk);
    return disks.list;
}
