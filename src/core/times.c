#include "core/times.h"

#include <string.h>

unsigned hf_count_within(const uint64_t *times, unsigned count, uint64_t wall_ms,
                         uint64_t period_ms)
{
    unsigned within = 0;
    for (unsigned i = 0; i < count; i++) {
        if (times[i] + period_ms > wall_ms)
            within++;
    }
    return within;
}

void hf_push_time(uint64_t *times, uint8_t *count, unsigned kept, uint64_t wall_ms)
{
    if (*count == kept) {
        memmove(times, times + 1, (kept - 1) * sizeof(*times));
        (*count)--;
    }
    times[(*count)++] = wall_ms;
}
