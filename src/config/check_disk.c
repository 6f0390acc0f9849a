#include <stdlib.h>
#include <string.h>

#include "config/check.h"

/* A device or mount point, and where it stands. */
struct claim {
    const char *path;
    const char *name; /* instance; NULL = the witness */
    const struct hf_yaml *yaml;
};

static const struct hf_yaml *disk_yaml(const struct hf_reader *r, unsigned instance, unsigned disk)
{
    return hf_yaml_nth(hf_yaml_get(r->instances[instance], "disks"), disk);
}

/* The last part of a path: what people call a disk. */
static const char *short_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* A below B, or the same. */
static bool is_within(const char *path, const char *parent)
{
    size_t length = strlen(parent);
    return strncmp(path, parent, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static void claim_device(struct hf_reader *r, const struct claim *other, const struct claim *new)
{
    if (strcmp(other->path, new->path) != 0)
        return;
    if (other->name)
        hf_fault(r, new->yaml,
                 "disk %s is already used by instance %s (line %u).\n"
                 "  A disk belongs to one instance: its reservation is what keeps two nodes from "
                 "writing it.\n"
                 "  Give %s a disk of its own; `holdfast disks` lists the shared disks that all "
                 "possible owners see.",
                 short_name(new->path), other->name, other->yaml->line, new->name);
    else
        hf_fault(r, new->yaml,
                 "disk %s is the witness (line %u).\n"
                 "  The witness holds votes and nothing else: give %s another disk.",
                 short_name(new->path), other->yaml->line, new->name);
}

static void claim_mount(struct hf_reader *r, const struct claim *other, const struct claim *new)
{
    if (strcmp(other->path, new->path) == 0)
        hf_fault(r, new->yaml,
                 "mount point %s is already used by instance %s (line %u).\n"
                 "  Give each disk a mount point of its own.",
                 new->path, other->name, other->yaml->line);
    else if (is_within(other->path, new->path) || is_within(new->path, other->path))
        hf_fault(r, new->yaml,
                 "mount point %s and mount point %s of instance %s (line %u) are one "
                 "inside the other.\n"
                 "  They could not be mounted and unmounted freely: put them side by "
                 "side.",
                 new->path, other->path, other->name, other->yaml->line);
}

typedef void claim_fn(struct hf_reader *r, const struct claim *other, const struct claim *new);

/* Compares the new claim with those before it, and keeps it. */
static unsigned add(struct hf_reader *r, struct claim *claims, unsigned count, claim_fn *fn,
                    const struct claim *new)
{
    for (unsigned i = 0; i < count; i++)
        fn(r, &claims[i], new);
    claims[count] = *new;
    return count + 1;
}

/* All devices, or all mount points, in the order of the slots. */
static void check_claims(struct hf_reader *r, struct claim *claims, unsigned count, bool devices)
{
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        const struct hf_instance_spec *instance = &r->spec->instances[i];
        for (unsigned d = 0; r->instances[i] && d < instance->disk_count; d++) {
            const struct hf_disk_spec *disk = &instance->disks[d];
            const struct claim new = {
                devices ? disk->device : disk->mount, instance->name,
                hf_check_at(disk_yaml(r, i, d), devices ? "device" : "mount")};
            hf_reader_enter(r, "instance", instance->name);
            if (new.path[0])
                count = add(r, claims, count, devices ? claim_device : claim_mount, &new);
        }
    }
}

static void check_mounts_of(struct hf_reader *r, unsigned slot)
{
    const struct hf_instance_spec *instance = &r->spec->instances[slot];
    hf_reader_enter(r, "instance", instance->name);
    for (unsigned d = 0; d < instance->disk_count; d++)
        if (!instance->disks[d].mount[0] && instance->disks[d].options[0])
            hf_fault(r, hf_check_at(disk_yaml(r, slot, d), "options"),
                     "mount options without a mount point.\n  Add `mount: PATH`, or remove them.");
}

/* The data directory is below a mount point: not the point itself, which would be there unmounted.
 */
static void check_data(struct hf_reader *r, unsigned slot)
{
    const struct hf_instance_spec *instance = &r->spec->instances[slot];
    const char *data = instance->engine.data;
    if (!data[0])
        return;
    for (unsigned d = 0; d < instance->disk_count; d++) {
        const char *mount = instance->disks[d].mount;
        if (mount[0] && is_within(data, mount) && strcmp(data, mount) != 0)
            return;
    }
    hf_reader_enter(r, "instance", instance->name);
    hf_fault(r, hf_check_at(hf_yaml_get(r->instances[slot], "engine"), "data"),
             "engine.data %s is not below a mount point of the instance.\n"
             "  Its data would stay behind when it moves: put it in a directory on one of its "
             "disks, such as %s/data.",
             data,
             instance->disk_count && instance->disks[0].mount[0] ? instance->disks[0].mount
                                                                 : "MOUNT");
}

void hf_check_disks(struct hf_reader *r)
{
    struct claim *claims = calloc(HF_INSTANCES_MAX * HF_DISKS_MAX + 1, sizeof(*claims));
    if (!claims) {
        r->failed = true;
        return;
    }
    const char *witness = r->spec->cluster.witness_disk;
    if (witness[0])
        claims[0] =
            (struct claim){witness, NULL, hf_check_at(hf_yaml_get(r->root, "witness"), "disk")};
    check_claims(r, claims, witness[0] ? 1 : 0, true);
    check_claims(r, claims, 0, false);
    free(claims);
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++)
        if (r->instances[i]) {
            check_mounts_of(r, i);
            check_data(r, i);
        }
}
