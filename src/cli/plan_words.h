/*
 * plan_words.h - what a plan says, in words: shared by text, JSON and HTML. Each adds to out,
 * without a newline.
 */
#ifndef HF_CLI_PLAN_WORDS_H
#define HF_CLI_PLAN_WORDS_H

#include "base/strbuf.h"
#include "plan/plan.h"

/* "CPU", "memory"; for programs: "cpu", "iops". */
const char *hf_plan_resource(unsigned resource);
const char *hf_plan_resource_word(unsigned resource);

/* Words for programs. */
const char *hf_plan_kind_word(enum hf_plan_kind kind);
const char *hf_plan_why_word(enum hf_plan_why why);
const char *hf_plan_change_word(enum hf_plan_change_kind kind);

/* "16 GiB", "2.5 cores". */
void hf_plan_say_amount(unsigned resource, int64_t amount, struct hf_strbuf *out);

/* "61 %", or "?" where the capacity is not known. */
void hf_plan_say_permille(int permille, struct hf_strbuf *out);

/* "any one failure is carried; of two at once, db1+db2 leaves out bam_archive". */
void hf_plan_say_verdict(const struct hf_plan *plan, const struct hf_plan_verdict *verdict,
                         struct hf_strbuf *out);

/* What the verdict does not know: "as far as is stated: ...". Nothing when all is known. */
void hf_plan_say_unknown(const struct hf_plan_verdict *verdict, struct hf_strbuf *out);

/* "msgbox, main -> db3; to make room: sso -> db2". At most `most` bytes; 0 = all. */
void hf_plan_say_moves(const struct hf_plan *plan, const struct hf_plan_case *c, size_t most,
                       struct hf_strbuf *out);

/* The names of what is left out. */
void hf_plan_say_left_out(const struct hf_plan *plan, const struct hf_plan_case *c, size_t most,
                          struct hf_strbuf *out);

/* "everything: no quorum (1 of 3 votes left, 2 needed)". */
void hf_plan_say_no_quorum(const struct hf_plan *plan, const struct hf_plan_case *c,
                           struct hf_strbuf *out);

/* "memory of db3 is short by 16 GiB". */
void hf_plan_say_why(const struct hf_plan *plan, const struct hf_plan_left_out *left_out,
                     struct hf_strbuf *out);

/* "16 GiB more memory on db3". */
void hf_plan_say_change(const struct hf_plan *plan, const struct hf_plan_change *change,
                        struct hf_strbuf *out);

/* The longest expected recovery of what starts anew after this loss. False: of one of them it is
 * not known. 0 ms: nothing starts anew. */
bool hf_plan_recovery(const struct hf_plan *plan, const struct hf_plan_case *c, int64_t *ret_ms);

#endif
