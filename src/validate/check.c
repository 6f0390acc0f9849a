/* The table of all checks, and running one. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "validate/rules.h"

#define CHECKS_MAX 160u

const char *hf_result_word(enum hf_result result)
{
    switch (result) {
    case HF_RESULT_PASS:
        return "pass";
    case HF_RESULT_NOT_RUN:
        return "not-run";
    case HF_RESULT_WARNING:
        return "warning";
    case HF_RESULT_FAIL:
        return "fail";
    }
    return "";
}

const struct hf_check *hf_checks(size_t *ret_count)
{
    static struct hf_check all[CHECKS_MAX];
    static size_t count;
    if (count == 0) {
#define HF_COPY_TABLE(name)                                                                        \
    for (size_t k = 0; k < hf_checks_##name##_count && count < CHECKS_MAX; k++)                    \
        all[count++] = hf_checks_##name[k];
        HF_CATEGORIES(HF_COPY_TABLE)
#undef HF_COPY_TABLE
    }
    *ret_count = count;
    return all;
}

size_t hf_check_category(const struct hf_check *check)
{
    return strcspn(check->id, ".");
}

bool hf_check_matches(const struct hf_check *check, const char *word, size_t length)
{
    return strncmp(check->id, word, length) == 0 &&
           (check->id[length] == '\0' || length == hf_check_category(check));
}

int hf_check_run(const struct hf_check *check, const struct hf_validate_input *input,
                 struct hf_outcome *ret)
{
    *ret = (struct hf_outcome){.check = check};
    struct hf_run run = {.in = input, .spec = input->spec, .out = ret};
    check->run(&run);
    if (ret->n_seen == 0)
        hf_saw(&run, HF_RESULT_NOT_RUN, "", "nothing to check");
    if (run.failed)
        hf_outcome_release(ret);
    return run.failed ? -ENOMEM : 0;
}

void hf_outcome_release(struct hf_outcome *outcome)
{
    free(outcome->seen);
    outcome->seen = NULL;
    outcome->n_seen = 0;
}

static void add_seen(struct hf_run *run, enum hf_result result, const char *node,
                     const char *format, va_list args)
{
    struct hf_outcome *out = run->out;
    struct hf_seen *more = realloc(out->seen, (out->n_seen + 1) * sizeof(*more));
    if (!more) {
        run->failed = true;
        return;
    }
    out->seen = more;
    struct hf_seen *seen = &more[out->n_seen++];
    *seen = (struct hf_seen){.result = result};
    (void)snprintf(seen->node, sizeof(seen->node), "%s", node);
    (void)vsnprintf(seen->text, sizeof(seen->text), format, args);
    out->result = result > out->result ? result : out->result;
}

void hf_saw(struct hf_run *run, enum hf_result result, const char *node, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_seen(run, result, node, format, args);
    va_end(args);
}

void hf_no_need(struct hf_run *run, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_seen(run, HF_RESULT_NOT_RUN, "", format, args);
    va_end(args);
}
