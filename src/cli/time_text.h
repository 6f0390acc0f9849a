/*
 * time_text.h - times and periods as people read them.
 */
#ifndef HF_CLI_TIME_TEXT_H
#define HF_CLI_TIME_TEXT_H

#include <stdint.h>

#define HF_TIME_TEXT_MAX 48

struct hf_time_text {
    char text[HF_TIME_TEXT_MAX];
};

/* How long something lasts: "0 s", "12 s", "3 min 12 s", "5 h 12 min", "1 day 3 h", "12 days". */
struct hf_time_text hf_time_period(int64_t ms);

/* How long ago: "just now", "12 s ago", "3 min ago", "5 h ago", "12 days ago". */
struct hf_time_text hf_time_ago(int64_t ms);

/* A measured duration: "8 ms", "565 ms", "1.42 s", "12.3 s", then as a period. */
struct hf_time_text hf_time_took(int64_t ms);

/* Seconds with two digits, for outages: "0.31 s". */
struct hf_time_text hf_time_seconds(int64_t ms);

/* Local time of day, "14:03:07.912"; with the date in front when that is not now_ms's day. */
struct hf_time_text hf_time_clock(int64_t wall_ms, int64_t now_ms);

/* "2026-11-23 14:03:07.912" */
struct hf_time_text hf_time_stamp(int64_t wall_ms);

#endif
