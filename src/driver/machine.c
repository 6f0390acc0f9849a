#include "driver/machine.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "driver/address.h"

/* /proc/diskstats of some thousand paths to a disk array. */
#define TEXT_ROOM (512u * 1024)

static char file_text[TEXT_ROOM]; /* one process, one thread, one file at a time */

/* Reads a file of /proc or /sys whole; false when it cannot be read. */
static bool read_text(const char *path, char *ret, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    ssize_t got = fd < 0 ? -1 : 1;
    while (got > 0 && length + 1 < size) {
        got = read(fd, ret + length, size - 1 - length);
        if (got > 0)
            length += (size_t)got;
    }
    ret[length] = '\0';
    if (fd >= 0)
        (void)close(fd);
    return got >= 0;
}

static bool read_number(const char *path, uint64_t *ret)
{
    char text[32];
    int64_t number = 0;
    if (!read_text(path, text, sizeof(text)) || sscanf(text, "%" SCNd64, &number) != 1 ||
        number < 0)
        return false;
    *ret = (uint64_t)number;
    return true;
}

struct find {
    struct hf_address address;
    uint32_t index;
};

static void match(void *user, const struct hf_address_row *row)
{
    struct find *find = user;
    if (memcmp(row->address.bytes, find->address.bytes, find->address.length) == 0)
        find->index = row->index;
}

/* A file of the interface that has the address; false when there is none. */
static bool interface_number(const char *address, const char *file, uint64_t *ret)
{
    struct find find = {.index = 0};
    struct hf_address_link link;
    char path[128];
    if (hf_address_parse(address, &find.address) < 0 ||
        hf_address_list(find.address.family, match, &find) < 0 || !find.index ||
        hf_address_link(find.index, &link) < 0)
        return false;
    (void)snprintf(path, sizeof(path), "/sys/class/net/%s/%s", link.name, file);
    return read_number(path, ret);
}

bool hf_machine_parse_cpu(const char *stat, long ticks_per_second, struct hf_usage *usage)
{
    uint64_t user, nice, system, idle, waiting, irq, softirq, steal;
    if (ticks_per_second <= 0 ||
        sscanf(stat,
               "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
               " %" SCNu64 " %" SCNu64,
               &user, &nice, &system, &idle, &waiting, &irq, &softirq, &steal) != 8)
        return false;
    /* What a hypervisor took away is not there for anybody: it counts as used. */
    uint64_t busy = user + nice + system + irq + softirq + steal;
    usage->cpu_us = busy * 1000000 / (uint64_t)ticks_per_second;
    return true;
}

bool hf_machine_parse_memory(const char *meminfo, uint64_t *ret_total, uint64_t *ret_used)
{
    const char *total = strstr(meminfo, "MemTotal:");
    const char *available = strstr(meminfo, "MemAvailable:");
    uint64_t all = 0;
    uint64_t rest = 0;
    if (!total || !available || sscanf(total, "MemTotal: %" SCNu64, &all) != 1 ||
        sscanf(available, "MemAvailable: %" SCNu64, &rest) != 1)
        return false;
    *ret_total = all * 1024;
    *ret_used = all > rest ? (all - rest) * 1024 : 0;
    return true;
}

/* kernel: Documentation/admin-guide/iostats.rst. Partitions are part of their disk: they have no
 * folder of their own in /sys/dev/block that lists what is below, so they are told apart by name.
 */
static bool is_partition(unsigned major, unsigned minor)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/partition", major, minor);
    return access(path, F_OK) == 0;
}

bool hf_machine_parse_disks(const char *diskstats, hf_usage_device_fn counts,
                            struct hf_usage *usage)
{
    usage->io_count = usage->io_bytes = 0;
    for (const char *line = diskstats; *line;) {
        unsigned major, minor;
        uint64_t reads, read_sectors, writes, written_sectors;
        const char *end = strchr(line, '\n'); /* none: the text was cut off */
        if (!end ||
            sscanf(line, " %u %u %*s %" SCNu64 " %*u %" SCNu64 " %*u %" SCNu64 " %*u %" SCNu64,
                   &major, &minor, &reads, &read_sectors, &writes, &written_sectors) != 6)
            return false;
        if (!counts || counts(major, minor)) {
            usage->io_count += reads + writes;
            usage->io_bytes += (read_sectors + written_sectors) * 512;
        }
        line = end + 1;
    }
    return true;
}

static bool is_disk(unsigned major, unsigned minor)
{
    return !is_partition(major, minor) && hf_usage_lowest_device(major, minor);
}

void hf_machine_capacity(const char *public_address, struct hf_capacity *ret)
{
    uint64_t used = 0;
    *ret = (struct hf_capacity){0};
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    ret->cpu_milli = cpus > 0 ? (uint64_t)cpus * 1000 : 0;
    if (!read_text("/proc/meminfo", file_text, sizeof(file_text)) ||
        !hf_machine_parse_memory(file_text, &ret->memory_bytes, &used))
        ret->memory_bytes = 0;
    if (!interface_number(public_address, "speed", &ret->network_mbit))
        ret->network_mbit = 0;
}

void hf_machine_usage(const char *public_address, struct hf_usage *ret)
{
    uint64_t total = 0;
    *ret = (struct hf_usage){0};
    if (read_text("/proc/stat", file_text, sizeof(file_text)) &&
        hf_machine_parse_cpu(file_text, sysconf(_SC_CLK_TCK), ret))
        ret->known |= HF_USAGE_CPU;
    if (read_text("/proc/meminfo", file_text, sizeof(file_text)) &&
        hf_machine_parse_memory(file_text, &total, &ret->memory_bytes))
        ret->known |= HF_USAGE_MEMORY;
    if (interface_number(public_address, "statistics/rx_bytes", &ret->in_bytes) &&
        interface_number(public_address, "statistics/tx_bytes", &ret->out_bytes))
        ret->known |= HF_USAGE_NETWORK;
    if (read_text("/proc/diskstats", file_text, sizeof(file_text)) &&
        hf_machine_parse_disks(file_text, is_disk, ret))
        ret->known |= HF_USAGE_IO;
}
