/*
 * usage.h - what an instance has used so far, by the counters of its cgroup.
 *
 * Happy path: four small files of cgroup v2 are read (kernel: Documentation/admin-guide/
 * cgroup-v2.rst). cpu: usage_usec of cpu.stat. memory: memory.current less what the kernel
 * takes back when others want it (inactive_file, active_file, slab_reclaimable of memory.stat: a
 * cache grows into whatever there is, and says nothing of what is needed); shared buffers are in it
 * once, whichever processes use them. Disk I/O: rios + wios and rbytes + wbytes of io.stat, over
 * the lowest devices only: a write through multipath or LVM is listed at each layer, and counts
 * once. Failure modes: a file that is not there or says nonsense leaves its figure unknown, the
 * others stand; -ENOENT there is no such group. Counters begin anew with each new group.
 *
 * What writes back dirty pages is charged to the group that made them dirty where the file system
 * can (ext4, xfs). Memory and disk I/O are counted from the first hf_cgroup_make on.
 */
#ifndef HF_DRIVER_USAGE_H
#define HF_DRIVER_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#define HF_USAGE_CPU 1u
#define HF_USAGE_MEMORY 2u
#define HF_USAGE_NETWORK 4u
#define HF_USAGE_IO 8u

struct hf_usage {
    uint32_t known;        /* set of HF_USAGE_*: the rest is zero and means nothing */
    uint64_t cpu_us;       /* processor time, counting up */
    uint64_t memory_bytes; /* now */
    uint64_t in_bytes;     /* network, counting up */
    uint64_t out_bytes;
    uint64_t io_count; /* requests to disks, counting up */
    uint64_t io_bytes;
};

/* Everything but the network, which no cgroup counts (traffic.h). */
int hf_usage_read(const char *instance, struct hf_usage *ret);

/* The parsers; each returns whether the text had what it needs. */
bool hf_usage_parse_cpu(const char *cpu_stat, struct hf_usage *usage);
bool hf_usage_parse_memory(const char *current, const char *stat, struct hf_usage *usage);

/* counts: whether the device of this number is a lowest one; NULL = each is. */
typedef bool (*hf_usage_device_fn)(unsigned major, unsigned minor);
bool hf_usage_parse_io(const char *io_stat, hf_usage_device_fn counts, struct hf_usage *usage);

/* Whether a block device has none below it (/sys/dev/block/M:N/slaves is empty). */
bool hf_usage_lowest_device(unsigned major, unsigned minor);

/* What was used between two looks. */
struct hf_rates {
    uint32_t known;         /* as above */
    uint64_t cpu_milli;     /* millicores */
    uint64_t memory_bytes;  /* at the second look */
    uint64_t network_bytes; /* a second, the busier direction: a link carries its speed in each */
    uint64_t io_count;      /* a second */
    uint64_t io_bytes;      /* a second */
};

/* A counter that went back began anew in between (the engine was started again): what it says now
 * was used since. A figure is known when both looks know it. elapsed_us 0: nothing is known but
 * memory. */
void hf_usage_rates(const struct hf_usage *before, const struct hf_usage *now, uint64_t elapsed_us,
                    struct hf_rates *ret);

#endif
