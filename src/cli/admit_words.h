/* admit_words.h - what an action does to the verdict, in words and as JSON. */
#ifndef HF_CLI_ADMIT_WORDS_H
#define HF_CLI_ADMIT_WORDS_H

#include "cli/admit_plan.h"

#include "base/strbuf.h"

/* "drain db2" */
void hf_admit_say_action(const struct hf_admit_action *action, struct hf_strbuf *out);

/* What becomes worse, loss by loss, with what each instance needs and what there is. */
void hf_admit_say_worse(const struct hf_admit_action *action, const struct hf_admit_plans *plans,
                        struct hf_strbuf *out);

/* Where nothing becomes worse: one line, or nothing. */
void hf_admit_say_good(const struct hf_admit_plans *plans, struct hf_strbuf *out);

/* "VERDICT: any one failure is carried", and what it does not know. */
void hf_admit_say_verdict(const char *word, const struct hf_admit_plans *plans,
                          struct hf_strbuf *out);

/* For programs; plans NULL: not checked. */
json_t *hf_admit_json(const struct hf_admit_plans *plans);

#endif
