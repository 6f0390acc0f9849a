/*
 * validate.h - what speaks for and against a cluster: the rules over the facts of its nodes.
 *
 * Pure: the rules read the facts (facts.h) and the specification, and nothing else. The same input
 * gives the same outcome. Every check is one row of a table: id, title, why it matters, what to
 * do, and a function. docs/VALIDATE.md lists them.
 */
#ifndef HF_VALIDATE_VALIDATE_H
#define HF_VALIDATE_VALIDATE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "core/spec.h"

/* From harmless to bad; a check has the worst of what it saw. */
enum hf_result { HF_RESULT_PASS, HF_RESULT_NOT_RUN, HF_RESULT_WARNING, HF_RESULT_FAIL };
#define HF_RESULTS 4u

/* "pass", "not-run", "warning", "fail". */
const char *hf_result_word(enum hf_result result);

/* One thing that was seen. */
struct hf_seen {
    enum hf_result result;
    char node[HF_NAME_MAX]; /* "" = of the cluster, or the configuration */
    char text[320];
};

struct hf_validate_input {
    const struct hf_spec *spec; /* without a configuration: names of nodes only */
    bool configured;            /* the specification was stated, not made up from the facts */
    const json_t *facts[HF_NODES_MAX]; /* by slot; NULL = none: see missing */
    const char *missing[HF_NODES_MAX]; /* why there are none; NULL = "they were not gathered" */
    const json_t *status;              /* answer of the daemon's `status`; NULL = no cluster runs */
    json_int_t now_ms;                 /* wall clock of who asks, ms since 1970 */
};

struct hf_run;

struct hf_check {
    const char *id;     /* "network.mtu": the category is what stands before the dot */
    const char *title;  /* what holds when it passes */
    const char *why;    /* why that matters */
    const char *advice; /* what to do when it does not hold */
    void (*run)(struct hf_run *run);
};

/* All checks, grouped by category. */
const struct hf_check *hf_checks(size_t *ret_count);

/* Length of the category in an id. */
size_t hf_check_category(const struct hf_check *check);

/* Whether a word of --only ("network", "network.mtu") means the check. */
bool hf_check_matches(const struct hf_check *check, const char *word, size_t length);

struct hf_outcome {
    const struct hf_check *check;
    enum hf_result result;
    size_t n_seen;
    struct hf_seen *seen; /* owned; hf_outcome_release */
};

/* Runs one check. 0 or -ENOMEM. */
int hf_check_run(const struct hf_check *check, const struct hf_validate_input *input,
                 struct hf_outcome *ret);
void hf_outcome_release(struct hf_outcome *outcome);

#endif
