#include "driver/usage.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/cgroup.h"

#define TEXT_ROOM 16384

/* The number after a word at the beginning of a line. */
static bool number_of(const char *text, const char *word, uint64_t *ret)
{
    size_t length = strlen(word);
    for (const char *line = text; line && *line;) {
        if (strncmp(line, word, length) == 0 && line[length] == ' ')
            return sscanf(line + length, " %" SCNu64, ret) == 1;
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    return false;
}

bool hf_usage_parse_cpu(const char *cpu_stat, struct hf_usage *usage)
{
    return number_of(cpu_stat, "usage_usec", &usage->cpu_us);
}

bool hf_usage_parse_memory(const char *current, const char *stat, struct hf_usage *usage)
{
    static const char *const given_back[] = {"inactive_file", "active_file", "slab_reclaimable"};
    uint64_t all = 0;
    uint64_t cache = 0;
    if (sscanf(current, "%" SCNu64, &all) != 1)
        return false;
    for (unsigned k = 0; k < sizeof(given_back) / sizeof(given_back[0]); k++) {
        uint64_t part = 0;
        if (!number_of(stat, given_back[k], &part))
            return false;
        cache += part;
    }
    usage->memory_bytes = all > cache ? all - cache : 0;
    return true;
}

/* The value of one key within a line of io.stat. */
static uint64_t key_of(const char *line, const char *end, const char *key)
{
    uint64_t value = 0;
    const char *at = strstr(line, key);
    if (!at || at >= end || sscanf(at + strlen(key), "%" SCNu64, &value) != 1)
        return 0;
    return value;
}

bool hf_usage_parse_io(const char *io_stat, hf_usage_device_fn counts, struct hf_usage *usage)
{
    uint64_t count = 0;
    uint64_t bytes = 0;
    for (const char *line = io_stat; *line;) {
        unsigned major = 0;
        unsigned minor = 0;
        const char *end = strchr(line, '\n'); /* none: the text was cut off */
        if (!end || sscanf(line, "%u:%u", &major, &minor) != 2)
            return false;
        if (!counts || counts(major, minor)) {
            count += key_of(line, end, " rios=") + key_of(line, end, " wios=");
            bytes += key_of(line, end, " rbytes=") + key_of(line, end, " wbytes=");
        }
        line = end + 1;
    }
    usage->io_count = count;
    usage->io_bytes = bytes;
    return true;
}

bool hf_usage_lowest_device(unsigned major, unsigned minor)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/slaves", major, minor);
    DIR *dir = opendir(path);
    bool lowest = true;
    const struct dirent *entry;
    while (dir && lowest && (entry = readdir(dir)))
        lowest = entry->d_name[0] == '.';
    if (dir)
        (void)closedir(dir);
    return lowest;
}

static void read_memory(const char *instance, struct hf_usage *usage)
{
    char current[64];
    char stat[TEXT_ROOM];
    if (hf_cgroup_read(instance, "memory.current", current, sizeof(current)) > 0 &&
        hf_cgroup_read(instance, "memory.stat", stat, sizeof(stat)) > 0 &&
        hf_usage_parse_memory(current, stat, usage))
        usage->known |= HF_USAGE_MEMORY;
}

int hf_usage_read(const char *instance, struct hf_usage *ret)
{
    char text[TEXT_ROOM];
    memset(ret, 0, sizeof(*ret));
    int r = hf_cgroup_read(instance, "cpu.stat", text, sizeof(text));
    if (r < 0)
        return r;
    if (hf_usage_parse_cpu(text, ret))
        ret->known |= HF_USAGE_CPU;
    read_memory(instance, ret);
    /* An io.stat without a line: nothing was read or written so far. */
    if (hf_cgroup_read(instance, "io.stat", text, sizeof(text)) >= 0 &&
        hf_usage_parse_io(text, hf_usage_lowest_device, ret))
        ret->known |= HF_USAGE_IO;
    return 0;
}

/* A second's worth of what a counter grew by, rounded up. */
static uint64_t per_second(uint64_t before, uint64_t now, uint64_t elapsed_us)
{
    unsigned __int128 grew = now >= before ? now - before : now;
    return (uint64_t)((grew * 1000000 + elapsed_us - 1) / elapsed_us);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void hf_usage_rates(const struct hf_usage *before, const struct hf_usage *now, uint64_t elapsed_us,
                    struct hf_rates *ret)
{
    *ret =
        (struct hf_rates){.known = now->known & HF_USAGE_MEMORY, .memory_bytes = now->memory_bytes};
    if (!elapsed_us)
        return;
    uint32_t both = before->known & now->known;
    ret->known |= both;
    if (both & HF_USAGE_CPU)
        ret->cpu_milli = (per_second(before->cpu_us, now->cpu_us, elapsed_us) + 999) / 1000;
    if (both & HF_USAGE_NETWORK)
        ret->network_bytes = larger(per_second(before->in_bytes, now->in_bytes, elapsed_us),
                                    per_second(before->out_bytes, now->out_bytes, elapsed_us));
    if (both & HF_USAGE_IO) {
        ret->io_count = per_second(before->io_count, now->io_count, elapsed_us);
        ret->io_bytes = per_second(before->io_bytes, now->io_bytes, elapsed_us);
    }
}
