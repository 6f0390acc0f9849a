/*
 * unit.h - numbers with units: durations, sizes, rates.
 */
#ifndef HF_CONFIG_UNIT_H
#define HF_CONFIG_UNIT_H

#include "config/schema.h"

/* Is the kind a number with one of these units? */
bool hf_unit_is_number(enum hf_kind kind);

/* "48GiB" -> 49152. False: no number, or a unit that the kind does not have. */
bool hf_unit_parse(enum hf_kind kind, const char *text, uint64_t *ret_value);

/* 49152 -> "48GiB": the largest unit that leaves a whole number. */
void hf_unit_format(enum hf_kind kind, uint64_t value, struct hf_strbuf *out);

/* "a duration (a whole number with ms, s, min or h, such as 30s)". */
const char *hf_unit_text(enum hf_kind kind);

/* "02:00-04:00" -> 120, 240. */
bool hf_window_parse(const char *text, uint16_t *ret_from_min, uint16_t *ret_to_min);

#endif
