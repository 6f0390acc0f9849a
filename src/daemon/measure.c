#include "daemon/measure.h"

#include <string.h>

static const char *const words[HF_MEASURES] = {
    [HF_MEASURE_CPU] = "cpu_milli",           [HF_MEASURE_MEMORY] = "memory_bytes",
    [HF_MEASURE_NETWORK] = "network_bytes_s", [HF_MEASURE_IO] = "io_per_s",
    [HF_MEASURE_DISK_BYTES] = "disk_bytes_s",
};

static const char *const levels[HF_MEASURE_LEVELS] = {
    [HF_MEASURE_MINUTE] = "minute",
    [HF_MEASURE_HOUR] = "hour",
    [HF_MEASURE_DAY] = "day",
};

const char *hf_measure_word(enum hf_measure measure)
{
    return words[measure];
}

json_t *hf_measure_amounts_json(uint32_t known, const uint64_t amounts[HF_MEASURES])
{
    json_t *json = json_object();
    for (unsigned m = 0; m < HF_MEASURES; m++)
        (void)json_object_set_new(
            json, words[m], known >> m & 1 ? json_integer((json_int_t)amounts[m]) : json_null());
    return json;
}

json_t *hf_measure_demand_json(const struct hf_measure_demand *demand)
{
    if (!demand->known)
        return json_null();
    json_t *json = hf_measure_amounts_json(demand->known, demand->amount);
    (void)json_object_set_new(json, "hours", json_integer(demand->hours));
    return json;
}

const char *hf_measure_level_word(enum hf_measure_level level)
{
    return levels[level];
}

enum hf_measure_level hf_measure_level_find(const char *word)
{
    unsigned level = 0;
    while (level < HF_MEASURE_LEVELS && strcmp(levels[level], word) != 0)
        level++;
    return (enum hf_measure_level)level;
}
