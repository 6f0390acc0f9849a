/*
 * replay_collect.h - an event log run through the core, as data to show.
 */
#ifndef HF_CLI_REPLAY_COLLECT_H
#define HF_CLI_REPLAY_COLLECT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/error.h"

/* Whether --from understands the text: "14:03", "14:03:07", "2026-11-23 14:03:07". */
bool hf_replay_time_valid(const char *text);

/* Replays the log. instance, from: NULL = all. Returns the exit code: HF_EXIT_OK identical,
 * HF_EXIT_REFUSED different, HF_EXIT_FILE damaged, each with *ret_data (the caller's); or, with
 * *ret_data NULL and an error, that it cannot be replayed. */
int hf_replay_collect(const void *bytes, size_t length, const char *instance, const char *from,
                      json_t **ret_data, struct hf_error *error);

#endif
