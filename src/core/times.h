/*
 * times.h - how often something happened lately: a short list of wall clock times, oldest first.
 */
#ifndef HF_CORE_TIMES_H
#define HF_CORE_TIMES_H

#include <stdint.h>

/* How many of them lie within the period that ends at wall_ms. */
unsigned hf_count_within(const uint64_t *times, unsigned count, uint64_t wall_ms,
                         uint64_t period_ms);

/* Appends one to a list of at most kept, dropping the oldest. */
void hf_push_time(uint64_t *times, uint8_t *count, unsigned kept, uint64_t wall_ms);

#endif
