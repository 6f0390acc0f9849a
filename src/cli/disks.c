#include "cli/disks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json_get.h"

#define BY_ID "/dev/disk/by-id/"

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool lists(const json_t *array, const char *text)
{
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach((json_t *)(uintptr_t)array, i, one)
    {
        if (json_string_value(one) && strcmp(json_string_value(one), text) == 0)
            return true;
    }
    return false;
}

/* A path of a multipath device is not a disk of its own. */
static bool is_path(const json_t *disks, const char *name)
{
    size_t i = 0;
    json_t *disk = NULL;
    json_array_foreach((json_t *)(uintptr_t)disks, i, disk)
    {
        if (starts(hf_json_str(disk, "wwid"), "mpath-") &&
            lists(json_object_get(disk, "paths"), name))
            return true;
    }
    return false;
}

/* A node with multipath and one without tell the same disk differently: mpath-36001405... and
 * naa.6001405... What stands first in the former is the kind of number. */
static bool identity_of(const json_t *disk, char ret[HF_DISK_IDENTITY_MAX])
{
    const char *wwid = hf_json_str(disk, "wwid");
    const char *name = hf_json_str(disk, "name");
    const char *kind = "";
    if (starts(wwid, "mpath-3")) {
        kind = "naa.";
        wwid += strlen("mpath-3");
    } else if (starts(wwid, "mpath-2")) {
        kind = "eui.";
        wwid += strlen("mpath-2");
    } else if (starts(wwid, "mpath-")) {
        wwid += strlen("mpath-");
    } else if (starts(name, "dm-") || starts(name, "md") || starts(wwid, "t10.ATA")) {
        return false;
    }
    int length = snprintf(ret, HF_DISK_IDENTITY_MAX, "%s%s", kind, wwid);
    return wwid[0] && length > 0 && (size_t)length < HF_DISK_IDENTITY_MAX;
}

/* How good a name is for cluster.yaml; the WWN's is what the documents use. */
static int worth(const char *link)
{
    if (starts(link, BY_ID "wwn-"))
        return 3;
    if (starts(link, BY_ID))
        return 2;
    return starts(link, "/dev/disk/") || starts(link, "/dev/mapper/") ? 1 : 0;
}

static bool all_have(const struct hf_found_disk *disk, const char *link)
{
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        if (disk->on[n] && !lists(json_object_get(disk->on[n], "links"), link))
            return false;
    return true;
}

static void choose_device(struct hf_found_disk *disk)
{
    unsigned first = (unsigned)__builtin_ctzll(disk->seen);
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(disk->on[first], "links"), i, one)
    {
        const char *link = json_string_value(one);
        if (!link || worth(link) == 0 || !all_have(disk, link))
            continue;
        if (!disk->device || worth(link) > worth(disk->device))
            disk->device = link;
    }
}

static bool is_called(const struct hf_found_disk *disk, const char *device)
{
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        if (disk->on[n] && (lists(json_object_get(disk->on[n], "links"), device) ||
                            lists(json_object_get(disk->on[n], "partitions"), device)))
            return true;
    return false;
}

static void find_user(const struct hf_spec *spec, struct hf_found_disk *disk)
{
    disk->witness = spec->cluster.witness_disk[0] && is_called(disk, spec->cluster.witness_disk);
    for (uint16_t i = 0; i < HF_INSTANCES_MAX; i++)
        for (unsigned d = 0; spec->instances[i].name[0] && d < spec->instances[i].disk_count; d++)
            if (is_called(disk, spec->instances[i].disks[d].device))
                disk->instance = i;
}

static struct hf_found_disk *entry_of(struct hf_found_disk *list, size_t *count,
                                      const char *identity)
{
    for (size_t k = 0; k < *count; k++)
        if (strcmp(list[k].identity, identity) == 0)
            return &list[k];
    struct hf_found_disk *entry = &list[(*count)++];
    *entry = (struct hf_found_disk){.instance = HF_INSTANCE_NONE};
    (void)snprintf(entry->identity, sizeof(entry->identity), "%s", identity);
    return entry;
}

static void take_node(const struct hf_validate_input *input, unsigned node,
                      struct hf_found_disk *list, size_t *count)
{
    const json_t *disks = json_object_get(input->facts[node], "disks");
    size_t i = 0;
    json_t *disk = NULL;
    json_array_foreach((json_t *)(uintptr_t)disks, i, disk)
    {
        char identity[HF_DISK_IDENTITY_MAX];
        if (is_path(disks, hf_json_str(disk, "name")) || !identity_of(disk, identity))
            continue;
        struct hf_found_disk *entry = entry_of(list, count, identity);
        if (!entry->on[node])
            entry->on[node] = disk;
        entry->seen |= UINT64_C(1) << node;
        unsigned first = (unsigned)__builtin_ctzll(entry->seen);
        entry->unlike |= hf_json_int(disk, "bytes") != hf_json_int(entry->on[first], "bytes");
    }
}

static int compare(const void *left, const void *right)
{
    const struct hf_found_disk *a = left;
    const struct hf_found_disk *b = right;
    if (a->instance != b->instance)
        return a->instance < b->instance ? -1 : 1;
    return strcmp(a->device ? a->device : a->identity, b->device ? b->device : b->identity);
}

uint64_t hf_disks_looked_at(const struct hf_validate_input *input)
{
    uint64_t nodes = 0;
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        nodes |= input->facts[n] ? UINT64_C(1) << n : 0;
    return nodes;
}

struct hf_found_disk *hf_disks_find(const struct hf_validate_input *input, size_t *ret_count)
{
    size_t room = 0;
    *ret_count = 0;
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        room += json_array_size(json_object_get(input->facts[n], "disks"));
    struct hf_found_disk *list = room ? calloc(room, sizeof(*list)) : NULL;
    if (!list) {
        *ret_count = room;
        return NULL;
    }
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        take_node(input, n, list, ret_count);
    for (size_t k = 0; k < *ret_count; k++) {
        choose_device(&list[k]);
        find_user(input->spec, &list[k]);
    }
    qsort(list, *ret_count, sizeof(*list), compare);
    return list;
}
