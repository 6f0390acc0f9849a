/*
 * measure.h - what is measured of an instance, and in which units.
 */
#ifndef HF_DAEMON_MEASURE_H
#define HF_DAEMON_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

enum hf_measure {
    HF_MEASURE_CPU,        /* millicores */
    HF_MEASURE_MEMORY,     /* bytes */
    HF_MEASURE_NETWORK,    /* bytes a second, the busier direction */
    HF_MEASURE_IO,         /* requests a second */
    HF_MEASURE_DISK_BYTES, /* a second */
    HF_MEASURES
};

#define HF_MEASURE_NAME_MAX 64u
#define HF_MEASURE_SAMPLES 60u /* of one instance in one minute at most */
#define HF_MEASURE_MINUTES 120u
#define HF_MEASURE_HOURS 192u /* a day more than the week that demand looks at */
#define HF_MEASURE_DAYS 90u
#define HF_MEASURE_INSTANCES 1024u

/* What was measured of one instance within one minute. */
struct hf_measure_minute {
    char instance[HF_MEASURE_NAME_MAX];
    uint64_t start_s; /* wall clock, seconds since 1970, a multiple of 60 */
    uint32_t count[HF_MEASURES];
    uint64_t samples[HF_MEASURES][HF_MEASURE_SAMPLES];
};

/* What an instance needs, as measures.h works it out. */
struct hf_measure_demand {
    char instance[HF_MEASURE_NAME_MAX];
    uint32_t known;               /* bit = enum hf_measure */
    uint32_t hours;               /* of the last seven days were measured, wholly or in part */
    uint64_t amount[HF_MEASURES]; /* 0 when not known */
};

/* The word for programs, its unit in it: "cpu_milli", "memory_bytes", "network_bytes_s",
 * "io_per_s", "disk_bytes_s". */
const char *hf_measure_word(enum hf_measure measure);

/* {"cpu_milli":310,...}: what is not in the set known is null. NULL when memory ran out. */
json_t *hf_measure_amounts_json(uint32_t known, const uint64_t amounts[HF_MEASURES]);

/* The same with "hours"; null when nothing is known. */
json_t *hf_measure_demand_json(const struct hf_measure_demand *demand);

/* What rollups are about: "minute", "hour", "day". */
enum hf_measure_level { HF_MEASURE_MINUTE, HF_MEASURE_HOUR, HF_MEASURE_DAY, HF_MEASURE_LEVELS };
const char *hf_measure_level_word(enum hf_measure_level level);

/* HF_MEASURE_LEVELS when there is no such word. */
enum hf_measure_level hf_measure_level_find(const char *word);

#endif
