#include "daemon/histogram.h"

#define SUB_BITS 4u
#define EXACT (2u << SUB_BITS)
#define TOP_BIT 48u
#define ENTRY 6u

static unsigned bucket_of(uint64_t value)
{
    if (value < EXACT)
        return (unsigned)value;
    if (value >> TOP_BIT)
        return HF_HISTOGRAM_BUCKETS - 1;
    unsigned shift = 63u - (unsigned)__builtin_clzll(value) - SUB_BITS;
    return (shift << SUB_BITS) + (unsigned)(value >> shift);
}

static uint64_t upper_end(unsigned bucket)
{
    if (bucket < EXACT)
        return bucket;
    unsigned shift = (bucket >> SUB_BITS) - 1;
    uint64_t head = (bucket & ((1u << SUB_BITS) - 1)) + (1u << SUB_BITS);
    return ((head + 1) << shift) - 1;
}

_Static_assert(HF_HISTOGRAM_BUCKETS == ((TOP_BIT - SUB_BITS) << SUB_BITS) + (2u << SUB_BITS),
               "a bucket for each value below the top");

void hf_histogram_add(struct hf_histogram *histogram, uint64_t value)
{
    unsigned bucket = bucket_of(value);
    if (histogram->count[bucket] < UINT32_MAX) {
        histogram->count[bucket]++;
        histogram->samples++;
    }
    if (value > histogram->largest)
        histogram->largest = value;
}

uint64_t hf_histogram_percentile(const struct hf_histogram *histogram, unsigned percent)
{
    uint64_t wanted = (histogram->samples * percent + 99) / 100;
    uint64_t below = 0;
    for (unsigned b = 0; b < HF_HISTOGRAM_BUCKETS && histogram->samples; b++) {
        below += histogram->count[b];
        if (below < wanted || !below)
            continue;
        uint64_t end = upper_end(b);
        return end < histogram->largest ? end : histogram->largest;
    }
    return 0;
}

size_t hf_histogram_encode(const struct hf_histogram *histogram, uint8_t *bytes)
{
    size_t at = 0;
    for (unsigned b = 0; b < HF_HISTOGRAM_BUCKETS; b++) {
        uint32_t count = histogram->count[b];
        if (!count)
            continue;
        bytes[at++] = (uint8_t)b;
        bytes[at++] = (uint8_t)(b >> 8);
        for (unsigned shift = 0; shift < 32; shift += 8)
            bytes[at++] = (uint8_t)(count >> shift);
    }
    return at;
}

static unsigned entry_bucket(const uint8_t *entry)
{
    return (unsigned)entry[0] | (unsigned)entry[1] << 8;
}

static uint32_t entry_count(const uint8_t *entry)
{
    return (uint32_t)entry[2] | (uint32_t)entry[3] << 8 | (uint32_t)entry[4] << 16 |
           (uint32_t)entry[5] << 24;
}

bool hf_histogram_merge(struct hf_histogram *histogram, const uint8_t *bytes, size_t length)
{
    if (length % ENTRY)
        return false;
    for (size_t at = 0; at < length; at += ENTRY)
        if (entry_bucket(bytes + at) >= HF_HISTOGRAM_BUCKETS)
            return false;
    for (size_t at = 0; at < length; at += ENTRY) {
        uint32_t *count = &histogram->count[entry_bucket(bytes + at)];
        uint32_t room = UINT32_MAX - *count;
        uint32_t more = entry_count(bytes + at) < room ? entry_count(bytes + at) : room;
        *count += more;
        histogram->samples += more;
    }
    return true;
}
