/* validate_show.h - what validate found as text for people, as JSON, as a page to keep. */
#ifndef HF_CLI_VALIDATE_SHOW_H
#define HF_CLI_VALIDATE_SHOW_H

#include "base/strbuf.h"
#include "cli/terminal.h"
#include "validate/validate.h"

struct hf_validate_report {
    const struct hf_validate_input *input;
    size_t n_outcomes;
    const struct hf_outcome *outcomes; /* in the order of the checks */
    unsigned count[HF_RESULTS];        /* of each result */
};

/* A check a line; what did not pass with what was seen, why it matters, and what to do. */
void hf_validate_show(const struct hf_validate_report *report, const struct hf_terminal *terminal,
                      struct hf_strbuf *out);

/* "3 of 106 checks failed, ..." */
void hf_validate_say_summary(const struct hf_validate_report *report, struct hf_strbuf *out);

/* Everything; NULL when memory ran out. */
json_t *hf_validate_json(const struct hf_validate_report *report);
void hf_validate_html(const struct hf_validate_report *report, struct hf_strbuf *out);

/* The checks there are. */
void hf_validate_list(const struct hf_terminal *terminal, struct hf_strbuf *out);
json_t *hf_validate_list_json(void);

#endif
