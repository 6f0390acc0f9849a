#include "config/engine_settings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/text.h"

#define COUNT_MAX 2147483647.0

/* From pg_settings of PostgreSQL 15: the groups resource usage, autovacuum, checkpoints, parallel
 * queries; ranges as there. By name. */
static const struct hf_setting settings[] = {
    {"autovacuum_max_workers", HF_SETTING_COUNT, 1, 262143, 0},
    {"autovacuum_vacuum_cost_delay", HF_SETTING_TIME, -1, 0, 0},
    {"autovacuum_vacuum_cost_limit", HF_SETTING_COUNT, -1, 10000, 0},
    {"autovacuum_work_mem", HF_SETTING_SIZE, -1, 0, 0},
    {"bgwriter_lru_maxpages", HF_SETTING_COUNT, 0, 1073741823.0, 0},
    {"checkpoint_completion_target", HF_SETTING_NUMBER, 0, 1, 0},
    {"checkpoint_timeout", HF_SETTING_TIME, 0, 0, 0},
    {"effective_cache_size", HF_SETTING_SIZE, 0, 0, 0},
    {"effective_io_concurrency", HF_SETTING_COUNT, 0, 1000, 0},
    {"gin_pending_list_limit", HF_SETTING_SIZE, 0, 0, 0},
    {"hash_mem_multiplier", HF_SETTING_NUMBER, 1, 1000, 13},
    {"huge_pages", HF_SETTING_TRY, 0, 0, 0},
    {"idle_in_transaction_session_timeout", HF_SETTING_TIME, 0, 0, 0},
    {"idle_session_timeout", HF_SETTING_TIME, 0, 0, 14},
    {"jit", HF_SETTING_SWITCH, 0, 0, 0},
    {"logical_decoding_work_mem", HF_SETTING_SIZE, 0, 0, 13},
    {"maintenance_io_concurrency", HF_SETTING_COUNT, 0, 1000, 13},
    {"maintenance_work_mem", HF_SETTING_SIZE, 0, 0, 0},
    {"max_connections", HF_SETTING_COUNT, 1, 262143, 0},
    {"max_files_per_process", HF_SETTING_COUNT, 64, COUNT_MAX, 0},
    {"max_locks_per_transaction", HF_SETTING_COUNT, 10, COUNT_MAX, 0},
    {"max_parallel_maintenance_workers", HF_SETTING_COUNT, 0, 1024, 0},
    {"max_parallel_workers", HF_SETTING_COUNT, 0, 1024, 0},
    {"max_parallel_workers_per_gather", HF_SETTING_COUNT, 0, 1024, 0},
    {"max_prepared_transactions", HF_SETTING_COUNT, 0, 262143, 0},
    {"max_wal_size", HF_SETTING_SIZE, 0, 0, 0},
    {"max_worker_processes", HF_SETTING_COUNT, 0, 262143, 0},
    {"min_dynamic_shared_memory", HF_SETTING_SIZE, 0, 0, 14},
    {"min_wal_size", HF_SETTING_SIZE, 0, 0, 0},
    {"shared_buffers", HF_SETTING_SIZE, 0, 0, 0},
    {"statement_timeout", HF_SETTING_TIME, 0, 0, 0},
    {"temp_buffers", HF_SETTING_SIZE, 0, 0, 0},
    {"temp_file_limit", HF_SETTING_SIZE, -1, 0, 0},
    {"vacuum_cost_delay", HF_SETTING_TIME, 0, 0, 0},
    {"vacuum_cost_limit", HF_SETTING_COUNT, 1, 10000, 0},
    {"wal_buffers", HF_SETTING_SIZE, -1, 0, 0},
    {"work_mem", HF_SETTING_SIZE, 0, 0, 0},
};
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

const struct hf_setting *hf_setting_find(const char *name)
{
    for (size_t i = 0; i < SETTINGS; i++)
        if (strcasecmp(settings[i].name, name) == 0)
            return &settings[i];
    return NULL;
}

const struct hf_setting *hf_setting_nearest(const char *name)
{
    const struct hf_setting *nearest = NULL;
    unsigned least = 1 + (unsigned)strnlen(name, 64) / 3;
    for (size_t i = 0; i < SETTINGS; i++) {
        unsigned distance = hf_text_distance(settings[i].name, name);
        if (distance <= least && (!nearest || distance < least)) {
            nearest = &settings[i];
            least = distance;
        }
    }
    return nearest;
}

/* Digits, with a point where it may have one; *end behind them. Nothing else that strtod takes. */
static bool parse_number(const char *text, bool point, double *ret, const char **end)
{
    size_t sign = text[0] == '-';
    size_t length = sign + strspn(text + sign, point ? "0123456789." : "0123456789");
    char *stop;
    if (length == sign || length > 20)
        return false;
    *ret = strtod(text, &stop);
    *end = text + length;
    return stop == *end;
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(word, *words) == 0)
            return true;
    return false;
}

static bool fits_with_unit(const struct hf_setting *setting, const char *value,
                           const char *const *units)
{
    double number;
    const char *unit;
    if (setting->min < 0 && strcmp(value, "-1") == 0)
        return true;
    if (!parse_number(value, true, &number, &unit) || number < 0)
        return false;
    unit += strspn(unit, " ");
    return *unit == '\0' || is_one_of(unit, units);
}

static bool fits_range(const struct hf_setting *setting, const char *value, bool point)
{
    double number;
    const char *end;
    return parse_number(value, point, &number, &end) && *end == '\0' && number >= setting->min &&
           number <= setting->max;
}

bool hf_setting_fits(const struct hf_setting *setting, const char *value)
{
    static const char *const sizes[] = {"B", "kB", "MB", "GB", "TB", NULL};
    static const char *const times[] = {"us", "ms", "s", "min", "h", "d", NULL};
    static const char *const switches[] = {"on", "off", "true", "false", NULL};
    switch (setting->kind) {
    case HF_SETTING_COUNT:
        return fits_range(setting, value, false);
    case HF_SETTING_NUMBER:
        return fits_range(setting, value, true);
    case HF_SETTING_SIZE:
        return fits_with_unit(setting, value, sizes);
    case HF_SETTING_TIME:
        return fits_with_unit(setting, value, times);
    case HF_SETTING_SWITCH:
        return is_one_of(value, switches);
    case HF_SETTING_TRY:
        return is_one_of(value, switches) || strcmp(value, "try") == 0;
    }
    return false;
}

void hf_setting_describe(const struct hf_setting *setting, struct hf_strbuf *out)
{
    const char *or_none = setting->min < 0 ? ", or -1" : "";
    switch (setting->kind) {
    case HF_SETTING_COUNT:
        hf_strbuf_addf(out, "a whole number, %.0f to %.0f", setting->min, setting->max);
        return;
    case HF_SETTING_NUMBER:
        hf_strbuf_addf(out, "a number, %.0f to %.0f", setting->min, setting->max);
        return;
    case HF_SETTING_SIZE:
        hf_strbuf_addf(out, "a size with B, kB, MB, GB or TB, such as 64MB%s", or_none);
        return;
    case HF_SETTING_TIME:
        hf_strbuf_addf(out, "a time with us, ms, s, min, h or d, such as 5min%s", or_none);
        return;
    case HF_SETTING_SWITCH:
        hf_strbuf_add(out, "on or off");
        return;
    case HF_SETTING_TRY:
        hf_strbuf_add(out, "on, off or try");
        return;
    }
}

void hf_setting_list(struct hf_strbuf *out)
{
    for (size_t i = 0; i < SETTINGS; i++)
        hf_strbuf_addf(out, "%s%s", i ? ", " : "", settings[i].name);
}
