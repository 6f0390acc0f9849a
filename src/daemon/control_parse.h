/*
 * control_parse.h - a request of the control socket as a typed, checked structure.
 *
 * Pure and total: any JSON value gives a request or an error that names the field and what is
 * wanted. Names are checked for form only; whether they exist is for the caller to say.
 */
#ifndef HF_DAEMON_CONTROL_PARSE_H
#define HF_DAEMON_CONTROL_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "core/limits.h"
#include "daemon/measure.h"

enum hf_control_verb {
    HF_CONTROL_STATUS,
    HF_CONTROL_SUBSCRIBE,
    HF_CONTROL_WHY,
    HF_CONTROL_HISTORY,
    HF_CONTROL_DEMAND,
    HF_CONTROL_EXPORT,
    HF_CONTROL_APPLY,
    HF_CONTROL_TOKEN,
    HF_CONTROL_MOVE,
    HF_CONTROL_ONLINE,
    HF_CONTROL_OFFLINE,
    HF_CONTROL_DRAIN,
    HF_CONTROL_RESUME,
    HF_CONTROL_CONFIRM_FENCED,
    HF_CONTROL_FACTS,
    HF_CONTROL_VERBS
};

#define HF_CONTROL_TOKEN_TTL_S 600u
#define HF_CONTROL_HISTORY_COUNT 50u
#define HF_CONTROL_FILE_NAME_MAX 256u

struct hf_control_request {
    enum hf_control_verb verb;
    char instance[HF_NAME_MAX]; /* "" = not given */
    char node[HF_NAME_MAX];     /* "" = not given */
    bool force;
    bool follow;
    bool override_survive; /* the administrator overrode policy.survive; to be logged */
    bool dry_run;
    uint32_t ttl_s;
    uint32_t count;
    enum hf_measure_level per;
    char file_name[HF_CONTROL_FILE_NAME_MAX];
    const char *text; /* apply: the file; borrowed from the JSON value, NUL-terminated */
    size_t text_length;
};

/* The word of the verb in requests, for logs. */
const char *hf_control_verb_word(enum hf_control_verb verb);

/* Returns 0, or -EINVAL with a text; *ret is set only on success. */
int hf_control_parse(const json_t *json, struct hf_control_request *ret, struct hf_error *error);

#endif
