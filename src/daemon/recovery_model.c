#include "daemon/recovery_model.h"

#include <stdlib.h>
#include <string.h>

#define PERIOD_MS 1000u

struct asked {
    const struct hf_recovery_sample *samples;
    size_t count;
    const char *instance;
    uint64_t start_ms; /* found before a rate is asked for */
};

/* What a sample says of one part; HF_RECOVERY_UNKNOWN = nothing. */
typedef uint64_t (*part_fn)(const struct asked *asked, const struct hf_recovery_sample *sample);

static uint64_t takeover_of(const struct asked *asked, const struct hf_recovery_sample *sample)
{
    (void)asked;
    return sample->takeover_ms;
}

static uint64_t start_of(const struct asked *asked, const struct hf_recovery_sample *sample)
{
    (void)asked;
    return sample->log_bytes <= HF_RECOVERY_LITTLE ? sample->engine_ms : HF_RECOVERY_UNKNOWN;
}

static uint64_t rate_of(const struct asked *asked, const struct hf_recovery_sample *sample)
{
    if (sample->log_bytes == HF_RECOVERY_UNKNOWN || sample->log_bytes < HF_RECOVERY_ENOUGH)
        return HF_RECOVERY_UNKNOWN;
    uint64_t start_ms = asked->start_ms;
    uint64_t replay_ms = sample->engine_ms > start_ms ? sample->engine_ms - start_ms : 1;
    return (uint64_t)((double)sample->log_bytes * PERIOD_MS / (double)replay_ms);
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static uint64_t median(uint64_t *values, unsigned count)
{
    qsort(values, count, sizeof(*values), by_value);
    uint64_t low = values[(count - 1) / 2];
    return low + (values[count / 2] - low) / 2;
}

/* The newest that say something, of this instance only or of all. */
static unsigned collect(const struct asked *asked, part_fn part, bool own,
                        uint64_t values[HF_RECOVERY_NEWEST])
{
    unsigned found = 0;
    for (size_t s = asked->count; s-- > 0 && found < HF_RECOVERY_NEWEST;) {
        const struct hf_recovery_sample *sample = &asked->samples[s];
        if (own && strcmp(sample->instance, asked->instance) != 0)
            continue;
        values[found] = part(asked, sample);
        found += values[found] != HF_RECOVERY_UNKNOWN;
    }
    return found;
}

static uint64_t typical(const struct asked *asked, part_fn part, uint64_t otherwise,
                        unsigned *ret_count)
{
    uint64_t values[HF_RECOVERY_NEWEST];
    *ret_count = collect(asked, part, true, values);
    if (*ret_count == 0)
        *ret_count = collect(asked, part, false, values);
    return *ret_count ? median(values, *ret_count) : otherwise;
}

void hf_recovery_expect(const struct hf_recovery_sample *samples, size_t count,
                        const char *instance, uint64_t log_bytes, uint64_t detect_ms,
                        struct hf_recovery_estimate *ret)
{
    struct asked asked = {samples, count, instance, 0};
    memset(ret, 0, sizeof(*ret));
    ret->log_bytes = log_bytes;
    ret->detect_ms = detect_ms;
    ret->takeover_ms =
        typical(&asked, takeover_of, HF_RECOVERY_TAKEOVER_MS, &ret->takeover_samples);
    ret->start_ms = typical(&asked, start_of, HF_RECOVERY_START_MS, &ret->start_samples);
    asked.start_ms = ret->start_ms;
    ret->rate = typical(&asked, rate_of, HF_RECOVERY_RATE, &ret->rate_samples);
    double replay_ms = (double)log_bytes * PERIOD_MS / (double)(ret->rate ? ret->rate : 1);
    ret->total_ms = detect_ms + ret->takeover_ms + ret->start_ms + (uint64_t)(replay_ms + 0.5);
}
