/* admit_plan.h - the two plans that an action is judged by, within a time. */
#ifndef HF_CLI_ADMIT_PLAN_H
#define HF_CLI_ADMIT_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "cli/options.h"
#include "plan/plan.h"

/* An emergency must not wait for arithmetic. --timeout makes it shorter. */
#define HF_ADMIT_BUDGET_MS 10000

struct hf_admit_action {
    const char *verb;
    const struct hf_options *options;
    const char *name; /* apply: of the new file, for what is wrong with it; NULL otherwise */
    const char *text;
    size_t length;
};

enum hf_admit_result {
    HF_ADMIT_PLANNED,
    HF_ADMIT_NOTHING, /* it changes nothing, or the daemon will refuse it and say why */
    HF_ADMIT_LATE,    /* not within the time */
    HF_ADMIT_FAILED   /* no memory, or what the daemon said could not be read */
};

struct hf_admit_plans {
    struct hf_plan *before, *after;
    struct hf_plan_comparison compared;
    int budget_ms;
};

/* Fills *ret; release it with hf_admit_plans_free, whatever comes back. */
enum hf_admit_result hf_admit_plan(const struct hf_admit_action *action,
                                   struct hf_admit_plans *ret);

/* Only ret->after: of the new file by itself, without any cluster and without a limit of time.
 * HF_ADMIT_NOTHING: the file has errors, which have been told. */
enum hf_admit_result hf_admit_plan_alone(const struct hf_admit_action *action,
                                         struct hf_admit_plans *ret);

void hf_admit_plans_free(struct hf_admit_plans *plans);

#endif
