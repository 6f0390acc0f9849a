/*
 * progress.h - how far a verb is that takes longer than two seconds: a line on standard error, when
 * that is a terminal, that goes away again.
 */
#ifndef HF_CLI_PROGRESS_H
#define HF_CLI_PROGRESS_H

#include <stdbool.h>
#include <time.h>

struct hf_progress {
    struct timespec begin;
    bool shown;
};

struct hf_progress hf_progress_begin(void);

/* "planning: 3 of 17 losses", once two seconds have passed. */
void hf_progress_count(struct hf_progress *progress, const char *doing, unsigned done,
                       unsigned total, const char *of_what);

/* A step that may take about as long as those before: said after one second. */
void hf_progress_say(struct hf_progress *progress, const char *what);

/* Clears the line. */
void hf_progress_end(struct hf_progress *progress);

#endif
