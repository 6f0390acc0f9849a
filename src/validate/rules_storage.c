/* Storage: the same disks everywhere, fit for reservations, and nobody else who mounts them. */
#include <stdio.h>

#include "validate/rules.h"

#define STATE_MIB 256

static const char *user_of(const struct hf_instance_spec *instance)
{
    return instance ? instance->name : "the witness";
}

typedef void on_node_fn(struct hf_run *run, const char *who, const char *device, unsigned n,
                        const json_t *disk);

/* Calls fn for each node that has the disk; a node without it did not run. */
static void on_nodes(struct hf_run *run, const char *who, const char *device, uint64_t nodes,
                     on_node_fn *fn)
{
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        const json_t *disk = hf_fact_disk(run->in->facts[n], device);
        if (!(nodes >> n & 1))
            continue;
        if (disk)
            fn(run, who, device, n, disk);
        else
            hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "%s of %s is not known here",
                   device, who);
    }
}

static void disk_present(struct hf_run *run, const struct hf_instance_spec *instance,
                         const struct hf_disk_spec *disk, uint64_t nodes)
{
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        const json_t *facts = run->in->facts[n];
        if (!(nodes >> n & 1))
            continue;
        if (!hf_fact(facts, "disks"))
            hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "its disks are not known");
        else if (hf_fact_disk(facts, disk->device))
            hf_saw(run, HF_RESULT_PASS, hf_node_name(run, n), "%s of %s is there", disk->device,
                   user_of(instance));
        else
            hf_saw(run, HF_RESULT_FAIL, hf_node_name(run, n), "%s of %s is not there", disk->device,
                   user_of(instance));
    }
}

static void present(struct hf_run *run)
{
    hf_each_disk(run, disk_present);
}

/* ---- The same on all nodes ---- */

struct of_disk {
    const char *device, *key;
};

static bool disk_value(const struct hf_run *run, unsigned n, const json_t *facts, const void *user,
                       char *value)
{
    const struct of_disk *of = user;
    const json_t *fact = hf_fact(hf_fact_disk(facts, of->device), of->key);
    (void)run;
    (void)n;
    if (json_is_string(fact))
        (void)snprintf(value, HF_VALUE_MAX, "%s", json_string_value(fact));
    else
        (void)snprintf(value, HF_VALUE_MAX, "%lld", (long long)json_integer_value(fact));
    return fact != NULL;
}

static void disk_alike(struct hf_run *run, const struct hf_instance_spec *instance,
                       const struct hf_disk_spec *disk, uint64_t nodes, const char *key,
                       const char *what)
{
    char text[HF_VALUE_MAX];
    struct of_disk of = {disk->device, key};
    (void)snprintf(text, sizeof(text), "%.40s: %s of %.80s", user_of(instance), what, disk->device);
    hf_alike(run, nodes, text, HF_RESULT_FAIL, disk_value, &of);
}

static void disk_identity(struct hf_run *run, const struct hf_instance_spec *instance,
                          const struct hf_disk_spec *disk, uint64_t nodes)
{
    disk_alike(run, instance, disk, nodes, "wwid", "identity");
}

static void identity(struct hf_run *run)
{
    hf_each_disk(run, disk_identity);
}

static void disk_size(struct hf_run *run, const struct hf_instance_spec *instance,
                      const struct hf_disk_spec *disk, uint64_t nodes)
{
    disk_alike(run, instance, disk, nodes, "bytes", "bytes");
}

static void size(struct hf_run *run)
{
    hf_each_disk(run, disk_size);
}

static void disk_sector(struct hf_run *run, const struct hf_instance_spec *instance,
                        const struct hf_disk_spec *disk, uint64_t nodes)
{
    disk_alike(run, instance, disk, nodes, "logical", "bytes of a logical sector");
    disk_alike(run, instance, disk, nodes, "physical", "bytes of a physical sector");
}

static void sector(struct hf_run *run)
{
    hf_each_disk(run, disk_sector);
}

static void disk_cache(struct hf_run *run, const struct hf_instance_spec *instance,
                       const struct hf_disk_spec *disk, uint64_t nodes)
{
    disk_alike(run, instance, disk, nodes, "write_cache", "cache");
}

static void cache(struct hf_run *run)
{
    hf_each_disk(run, disk_cache);
}

/* ---- One disk on one node ---- */

static void node_writable(struct hf_run *run, const char *who, const char *device, unsigned n,
                          const json_t *disk)
{
    bool locked = hf_fact_number(disk, "read_only", 0) != 0;
    hf_saw(run, locked ? HF_RESULT_FAIL : HF_RESULT_PASS, hf_node_name(run, n), "%s of %s is %s",
           device, who, locked ? "read-only" : "writable");
}

static void disk_writable(struct hf_run *run, const struct hf_instance_spec *instance,
                          const struct hf_disk_spec *disk, uint64_t nodes)
{
    on_nodes(run, user_of(instance), disk->device, nodes, node_writable);
}

static void writable(struct hf_run *run)
{
    hf_each_disk(run, disk_writable);
}

static void node_state(struct hf_run *run, const char *who, const char *device, unsigned n,
                       const json_t *disk)
{
    const char *state = hf_fact_text(disk, "state");
    bool fine = !state[0] || strcmp(state, "running") == 0 || strcmp(state, "live") == 0;
    hf_saw(run, fine ? HF_RESULT_PASS : HF_RESULT_FAIL, hf_node_name(run, n), "%s of %s is %s",
           device, who, state[0] ? state : "there");
}

static void disk_state(struct hf_run *run, const struct hf_instance_spec *instance,
                       const struct hf_disk_spec *disk, uint64_t nodes)
{
    on_nodes(run, user_of(instance), disk->device, nodes, node_state);
}

static void state(struct hf_run *run)
{
    hf_each_disk(run, disk_state);
}

static void node_reservations(struct hf_run *run, const char *who, const char *device, unsigned n,
                              const json_t *disk)
{
    const char *can = hf_fact_text(disk, "reservations");
    if (!can[0])
        hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "%s of %s was not asked", device, who);
    else
        hf_saw(run, strcmp(can, "yes") == 0 ? HF_RESULT_PASS : HF_RESULT_FAIL, hf_node_name(run, n),
               "%s of %s %s persistent reservations", device, who,
               strcmp(can, "yes") == 0 ? "knows" : "does not know");
}

static void disk_reservations(struct hf_run *run, const struct hf_instance_spec *instance,
                              const struct hf_disk_spec *disk, uint64_t nodes)
{
    on_nodes(run, user_of(instance), disk->device, nodes, node_reservations);
}

static void reservations(struct hf_run *run)
{
    hf_each_disk(run, disk_reservations);
}

/* ---- Names of disks ---- */

static void disk_name(struct hf_run *run, const struct hf_instance_spec *instance,
                      const struct hf_disk_spec *disk, uint64_t nodes)
{
    static const char *const begins[] = {"/dev/disk/by-id/", "/dev/mapper/"};
    bool stable = false;
    (void)nodes;
    for (size_t k = 0; k < sizeof(begins) / sizeof(begins[0]); k++)
        stable |= strncmp(disk->device, begins[k], strlen(begins[k])) == 0;
    hf_saw(run, stable ? HF_RESULT_PASS : HF_RESULT_WARNING, "", "%s of %s %s", disk->device,
           user_of(instance), stable ? "is a lasting name" : "may name another disk after a boot");
}

static void stable_name(struct hf_run *run)
{
    hf_each_disk(run, disk_name);
}

static void disk_whole(struct hf_run *run, const struct hf_instance_spec *instance,
                       const struct hf_disk_spec *disk, uint64_t nodes)
{
    size_t i = 0;
    json_t *one = NULL;
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        json_array_foreach(nodes >> n & 1 ? hf_fact(run->in->facts[n], "disks") : NULL, i, one)
        {
            if (!hf_fact_has(one, "partitions", disk->device))
                continue;
            hf_saw(run, HF_RESULT_FAIL, hf_node_name(run, n), "%s of %s is a partition of %s",
                   disk->device, user_of(instance), hf_fact_text(one, "name"));
            return;
        }
    }
    hf_saw(run, HF_RESULT_PASS, "", "%s of %s is not known to be a partition", disk->device,
           user_of(instance));
}

static void whole(struct hf_run *run)
{
    hf_each_disk(run, disk_whole);
}

/* Two devices of the configuration that are one disk, by its identity on one node. */
static void disk_unique(struct hf_run *run, const struct hf_instance_spec *instance,
                        const struct hf_disk_spec *disk, uint64_t nodes)
{
    (void)nodes;
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        const char *own = hf_fact_text(hf_fact_disk(run->in->facts[n], disk->device), "wwid");
        HF_EACH_INSTANCE(run, i, other)
        {
            for (unsigned d = 0; own[0] && d < other->disk_count; d++) {
                const struct hf_disk_spec *second = &other->disks[d];
                if (second == disk || strcmp(second->device, disk->device) == 0)
                    continue;
                if (strcmp(hf_fact_text(hf_fact_disk(run->in->facts[n], second->device), "wwid"),
                           own) != 0)
                    continue;
                hf_saw(run, HF_RESULT_FAIL, hf_node_name(run, n),
                       "%s of %s and %s of %s are one disk", disk->device, user_of(instance),
                       second->device, other->name);
                return;
            }
        }
    }
    hf_saw(run, HF_RESULT_PASS, "", "%s of %s is a disk of its own", disk->device,
           user_of(instance));
}

static void unique(struct hf_run *run)
{
    hf_each_disk(run, disk_unique);
}

/* ---- Multipath ---- */

static bool path_kind(const struct hf_run *run, unsigned n, const json_t *facts, const void *user,
                      char *value)
{
    const json_t *disk = hf_fact_disk(facts, user);
    bool multipath = json_array_size(hf_fact(disk, "paths")) > 0;
    (void)run;
    (void)n;
    (void)snprintf(value, HF_VALUE_MAX, "%s", multipath ? "multipath" : "a single path");
    return disk != NULL;
}

static void disk_multipath(struct hf_run *run, const struct hf_instance_spec *instance,
                           const struct hf_disk_spec *disk, uint64_t nodes)
{
    char what[HF_VALUE_MAX];
    (void)snprintf(what, sizeof(what), "%.40s: %.100s is reached by", user_of(instance),
                   disk->device);
    hf_alike(run, nodes, what, HF_RESULT_WARNING, path_kind, disk->device);
}

static void multipath(struct hf_run *run)
{
    hf_each_disk(run, disk_multipath);
}

static void node_paths(struct hf_run *run, const char *who, const char *device, unsigned n,
                       const json_t *disk)
{
    size_t count = json_array_size(hf_fact(disk, "paths"));
    hf_saw(run, count == 1 ? HF_RESULT_WARNING : HF_RESULT_PASS, hf_node_name(run, n),
           "%s of %s: %zu path%s", device, who, count ? count : 1, count > 1 ? "s" : "");
}

static void disk_paths(struct hf_run *run, const struct hf_instance_spec *instance,
                       const struct hf_disk_spec *disk, uint64_t nodes)
{
    on_nodes(run, user_of(instance), disk->device, nodes, node_paths);
}

static void paths(struct hf_run *run)
{
    hf_each_disk(run, disk_paths);
}

/* ---- Who else mounts it ---- */

/* An entry that is about the disk, or about its mount point. */
static const json_t *entry_for(const json_t *facts, const char *section,
                               const struct hf_disk_spec *disk)
{
    const json_t *known = hf_fact_disk(facts, disk->device);
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(hf_fact(facts, section), i, entry)
    {
        const char *kernel = hf_fact_text(entry, "kernel");
        if (strcmp(hf_fact_text(entry, "device"), disk->device) == 0 ||
            (disk->mount[0] && strcmp(hf_fact_text(entry, "mount"), disk->mount) == 0) ||
            (known && kernel[0] && strcmp(kernel, hf_fact_text(known, "name")) == 0))
            return entry;
    }
    return NULL;
}

static void at_boot(struct hf_run *run, const struct hf_instance_spec *instance,
                    const struct hf_disk_spec *disk, uint64_t nodes, const char *section,
                    const char *where)
{
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        const json_t *facts = run->in->facts[n];
        const json_t *entry = entry_for(facts, section, disk);
        if (!(nodes >> n & 1))
            continue;
        if (!hf_fact(facts, section))
            hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "%s is not known", where);
        else if (entry)
            hf_saw(run, HF_RESULT_FAIL, hf_node_name(run, n), "%s mounts %s on %s, of %s", where,
                   hf_fact_text(entry, "device"), hf_fact_text(entry, "mount"), user_of(instance));
        else
            hf_saw(run, HF_RESULT_PASS, hf_node_name(run, n), "%s leaves %s alone", where,
                   disk->device);
    }
}

static void disk_fstab(struct hf_run *run, const struct hf_instance_spec *instance,
                       const struct hf_disk_spec *disk, uint64_t nodes)
{
    (void)nodes; /* a node that may not own it must not mount it either */
    at_boot(run, instance, disk, hf_all_nodes(run), "fstab", "/etc/fstab");
}

static void fstab(struct hf_run *run)
{
    hf_each_disk(run, disk_fstab);
}

static void disk_units(struct hf_run *run, const struct hf_instance_spec *instance,
                       const struct hf_disk_spec *disk, uint64_t nodes)
{
    (void)nodes;
    at_boot(run, instance, disk, hf_all_nodes(run), "mount_units", "a systemd unit");
}

static void mount_units(struct hf_run *run)
{
    hf_each_disk(run, disk_units);
}

static unsigned count_mounts(const struct hf_run *run, const struct hf_disk_spec *disk)
{
    unsigned count = 0;
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        count += entry_for(run->in->facts[n], "mounts", disk) != NULL;
    return count;
}

static void tell_mount(struct hf_run *run, unsigned n, const json_t *entry, enum hf_result result,
                       const char *what)
{
    hf_saw(run, result, hf_node_name(run, n), "%s is mounted on %s%s",
           hf_fact_text(entry, "device"), hf_fact_text(entry, "mount"), what);
}

/* Mounted where the cluster does not say so. Without its word, one mount of a member may be right.
 */
static void one_mount(struct hf_run *run, unsigned n, const json_t *entry, const char *owner,
                      unsigned mounts)
{
    bool member = hf_fact(run->in->facts[n], "node.file") != NULL;
    if (mounts > 1)
        tell_mount(run, n, entry, HF_RESULT_FAIL, ", and on another node as well");
    else if (!run->in->status && member)
        tell_mount(run, n, entry, HF_RESULT_NOT_RUN, "; who owns it is not known");
    else if (!owner[0])
        tell_mount(run, n, entry, HF_RESULT_FAIL, ", and nobody owns it");
    else if (strcmp(owner, hf_node_name(run, n)) != 0)
        tell_mount(run, n, entry, HF_RESULT_FAIL, ", and another node owns it");
    else
        tell_mount(run, n, entry, HF_RESULT_PASS, " by its owner");
}

static void disk_mounted(struct hf_run *run, const struct hf_instance_spec *instance,
                         const struct hf_disk_spec *disk, uint64_t nodes)
{
    const char *owner = instance ? hf_owner_now(run, instance) : "";
    unsigned mounts = count_mounts(run, disk);
    (void)nodes;
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        const json_t *facts = run->in->facts[n];
        const json_t *entry = entry_for(facts, "mounts", disk);
        if (!(hf_all_nodes(run) >> n & 1))
            continue;
        if (!hf_fact(facts, "mounts"))
            hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "its mounts are not known");
        else if (entry)
            one_mount(run, n, entry, owner, mounts);
        else
            hf_saw(run, HF_RESULT_PASS, hf_node_name(run, n), "%s of %s is not mounted",
                   disk->device, user_of(instance));
    }
}

static void mounted(struct hf_run *run)
{
    hf_each_disk(run, disk_mounted);
}

/* ---- File systems ---- */

static const char *const mkfs_of[] = {[HF_FS_EXT4] = "mkfs.ext4", [HF_FS_XFS] = "mkfs.xfs"};
static const char *const fsck_of[] = {[HF_FS_EXT4] = "e2fsck", [HF_FS_XFS] = "xfs_repair"};

static bool tool_version(const struct hf_run *run, unsigned n, const json_t *facts,
                         const void *user, char *value)
{
    const char *version =
        json_string_value(json_object_get(hf_fact(facts, "tools"), (const char *)user));
    (void)run;
    (void)n;
    (void)snprintf(value, HF_VALUE_MAX, "%s", version ? version : "not installed");
    return hf_fact(facts, "tools") != NULL;
}

static void disk_tools(struct hf_run *run, const struct hf_instance_spec *instance,
                       const struct hf_disk_spec *disk, uint64_t nodes)
{
    if (!instance || !disk->mount[0] || disk->type > HF_FS_XFS)
        return;
    hf_alike(run, nodes, fsck_of[disk->type], HF_RESULT_WARNING, tool_version, fsck_of[disk->type]);
    hf_alike(run, nodes, mkfs_of[disk->type], HF_RESULT_WARNING, tool_version, mkfs_of[disk->type]);
}

static void tools(struct hf_run *run)
{
    hf_each_disk(run, disk_tools);
}

static void disk_checker(struct hf_run *run, const struct hf_instance_spec *instance,
                         const struct hf_disk_spec *disk, uint64_t nodes)
{
    if (!instance || !disk->mount[0] || disk->type > HF_FS_XFS)
        return;
    const char *program = fsck_of[disk->type];
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        const json_t *all = hf_fact(run->in->facts[n], "tools");
        if (!(nodes >> n & 1))
            continue;
        if (!all)
            hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "its programs are not known");
        else
            hf_saw(run, json_object_get(all, program) ? HF_RESULT_PASS : HF_RESULT_FAIL,
                   hf_node_name(run, n), "%s %s", program,
                   json_object_get(all, program) ? "is installed" : "is not installed");
    }
}

static void checker(struct hf_run *run)
{
    hf_each_disk(run, disk_checker);
}

static void disk_barrier(struct hf_run *run, const struct hf_instance_spec *instance,
                         const struct hf_disk_spec *disk, uint64_t nodes)
{
    bool off = strstr(disk->options, "nobarrier") || strstr(disk->options, "barrier=0");
    (void)nodes;
    if (instance)
        hf_saw(run, off ? HF_RESULT_FAIL : HF_RESULT_PASS, "", "%s of %s: options %s", disk->device,
               instance->name, disk->options[0] ? disk->options : "defaults");
}

static void barrier(struct hf_run *run)
{
    hf_each_disk(run, disk_barrier);
}

/* ---- What the node itself writes ---- */

static void one_state_dir(struct hf_run *run, unsigned n, const json_t *facts)
{
    json_int_t free_mib = hf_fact_number(facts, "state_dir.free_mib", 0);
    bool locked = json_is_true(hf_fact(facts, "state_dir.read_only"));
    hf_saw(run, locked || free_mib < STATE_MIB ? HF_RESULT_FAIL : HF_RESULT_PASS,
           hf_node_name(run, n), "/var/lib/holdfast: %lld MiB free%s", (long long)free_mib,
           locked ? ", read-only" : "");
}

static void state_dir(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "state_dir", one_state_dir);
}

const struct hf_check hf_checks_storage[] = {
    {"storage.present", "Every possible owner sees every disk",
     "An instance cannot move to a node that does not see its disk.",
     "See zoning, LUN masking or the iSCSI session of that node; then `udevadm settle`.", present},
    {"storage.identity", "A disk has the same identity on all nodes",
     "Two disks under one name are two databases.",
     "Name the disk by its WWN: /dev/disk/by-id/wwn-...", identity},
    {"storage.size", "A disk has the same size on all nodes",
     "A node that did not notice a grown disk cannot read what lies behind its end.",
     "Rescan on that node: echo 1 > /sys/block/DISK/device/rescan", size},
    {"storage.sector", "A disk has the same sectors on all nodes",
     "A file system made with small sectors cannot be mounted where they are larger.",
     "Let the array present the disk to all nodes alike.", sector},
    {"storage.cache", "All nodes agree whether the disk has a volatile write cache",
     "A node that knows of no cache asks for no flush, and a power cut of the array then loses "
     "what "
     "was committed.",
     "See queue/write_cache of the disk on each node; reconnect the one that differs.", cache},
    {"storage.writable", "No node has a disk read-only",
     "The instance would fail as soon as it writes.",
     "See the array's access rights and `blockdev --getro`.", writable},
    {"storage.state", "No disk is offline for the kernel",
     "A device that was set offline answers nothing until it is set running again.",
     "echo running > /sys/block/DISK/device/state, after what ended it is mended.", state},
    {"storage.reservations", "Every disk knows persistent reservations",
     "They are the fence: without them two nodes can write one disk.",
     "Turn SCSI-3 persistent reservations on at the array; through multipath, set "
     "`reservation_key file` in multipath.conf.",
     reservations},
    {"storage.name", "Disks are named by what does not change",
     "A name like /dev/sdb may mean another disk on another node, or after the next boot.",
     "Use /dev/disk/by-id/... in cluster.yaml.", stable_name},
    {"storage.whole", "Disks are whole disks, not partitions",
     "A reservation is of the whole disk: its other partitions would be taken along.",
     "Give the instance a LUN of its own.", whole},
    {"storage.unique", "Every disk of the configuration is another disk",
     "A disk under two names belongs to two instances, and both write it.",
     "Correct one of the two in cluster.yaml.", unique},
    {"storage.multipath", "All nodes reach a disk the same way",
     "A node with a single path loses the disk with one cable, where the others do not.",
     "Set multipathd up alike on all nodes.", multipath},
    {"storage.paths", "A multipath disk has at least two paths",
     "With one path left the next cable or switch ends the instance.",
     "multipath -ll shows the paths that are gone.", paths},
    {"storage.fstab", "/etc/fstab mounts no clustered disk",
     "A node that mounts a disk at boot writes it while another one owns it.",
     "Remove the line; Holdfast mounts it.", fstab},
    {"storage.mount-unit", "No systemd unit mounts a clustered disk",
     "A node that mounts a disk at boot writes it while another one owns it.",
     "systemctl disable --now UNIT, and remove it; Holdfast mounts it.", mount_units},
    {"storage.mounted", "A disk is mounted by nobody but its owner",
     "A file system that two nodes mount is destroyed.",
     "Unmount it there, and find what mounted it.", mounted},
    {"storage.checker", "The file system's check program is installed on every possible owner",
     "A file system that was cut off is checked before it is mounted.",
     "Install e2fsprogs or xfsprogs.", checker},
    {"storage.tools", "The file system's tools have the same version everywhere",
     "A file system with features of newer tools is not repaired by older ones.",
     "Install the same versions on all possible owners.", tools},
    {"storage.barrier", "No file system is mounted without barriers",
     "Without them a power cut loses what the database called safe, or the whole file system.",
     "Remove nobarrier or barrier=0 from the disk's options in cluster.yaml.", barrier},
    {"storage.state-dir", "/var/lib/holdfast can be written and has room",
     "A node that cannot store decisions acknowledges none; too many such nodes, and no change of "
     "the "
     "configuration is accepted.",
     "Make room (256 MiB), or mount it writable.", state_dir},
};
HF_TABLE_OF(storage);
