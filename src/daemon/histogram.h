/*
 * histogram.h - how often which values were seen, in little room: percentiles of any number of
 * samples, and of histograms that are added up.
 *
 * Values below 32 have a bucket each; above, each power of two is cut into 16 buckets, so a
 * percentile is at most 1/16 too high and never too low (the idea of HdrHistogram; the value of a
 * bucket is its upper end). Values beyond 2^48 count as that. Pure: no memory but its own.
 */
#ifndef HF_DAEMON_HISTOGRAM_H
#define HF_DAEMON_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HF_HISTOGRAM_BUCKETS 736u
#define HF_HISTOGRAM_BYTES (6u * HF_HISTOGRAM_BUCKETS) /* encoded at most */

struct hf_histogram {
    uint64_t samples;
    uint64_t largest; /* exactly */
    uint32_t count[HF_HISTOGRAM_BUCKETS];
};

void hf_histogram_add(struct hf_histogram *histogram, uint64_t value);

/* The smallest value that at least percent of the samples do not exceed; 0 without samples. */
uint64_t hf_histogram_percentile(const struct hf_histogram *histogram, unsigned percent);

/* As bytes, the used buckets only: bucket (2), count (4), little endian. Returns the length. */
size_t hf_histogram_encode(const struct hf_histogram *histogram, uint8_t *bytes);

/* Adds what was encoded, without its largest value. False for nonsense; then nothing was added. */
bool hf_histogram_merge(struct hf_histogram *histogram, const uint8_t *bytes, size_t length);

#endif
