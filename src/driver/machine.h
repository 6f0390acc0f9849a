/*
 * machine.h - what this computer has, and what all of it uses.
 *
 * Happy path: the processors that are online, MemTotal of /proc/meminfo, and the speed that the
 * interface with the public address says it has (/sys/class/net/NAME/speed). How many disk requests
 * a second a shared array can do cannot be read anywhere: it stays unknown, that is, not limited,
 * unless the file states it. What is used: /proc/stat, MemTotal - MemAvailable, the interface's own
 * counters, and /proc/diskstats over the lowest devices (usage.h).
 * Failure modes: a file that is not there or says nonsense leaves its figure unknown; a virtual
 * interface has no speed.
 */
#ifndef HF_DRIVER_MACHINE_H
#define HF_DRIVER_MACHINE_H

#include "driver/usage.h"

/* 0 = not known. */
struct hf_capacity {
    uint64_t cpu_milli;
    uint64_t memory_bytes;
    uint64_t network_mbit;
};

/* public_address: of this node; "" = none. */
void hf_machine_capacity(const char *public_address, struct hf_capacity *ret);

/* Used by the whole computer so far, as an instance's usage is. */
void hf_machine_usage(const char *public_address, struct hf_usage *ret);

/* The parsers; each returns whether the text had what it needs. */
bool hf_machine_parse_cpu(const char *stat, long ticks_per_second, struct hf_usage *usage);
bool hf_machine_parse_memory(const char *meminfo, uint64_t *ret_total, uint64_t *ret_used);
bool hf_machine_parse_disks(const char *diskstats, hf_usage_device_fn counts,
                            struct hf_usage *usage);

#endif
