#include "cli/validate_show.h"

#include <stdio.h>
#include <string.h>

#define WORD_WIDTH 9
#define SEEN_SHOWN 8u /* lines of a check before the rest is only counted */

static enum hf_colour colour_of(enum hf_result result)
{
    switch (result) {
    case HF_RESULT_PASS:
        return HF_GREEN;
    case HF_RESULT_NOT_RUN:
        return HF_DIM;
    case HF_RESULT_WARNING:
        return HF_YELLOW;
    case HF_RESULT_FAIL:
        return HF_RED;
    }
    return HF_PLAIN;
}

static void blanks(struct hf_strbuf *out, int count)
{
    for (int k = 0; k < count; k++)
        hf_strbuf_add(out, " ");
}

static void detail(const struct hf_terminal *terminal, const char *head, const char *text,
                   struct hf_strbuf *out)
{
    int indent = WORD_WIDTH + 2;
    blanks(out, indent);
    hf_strbuf_add(out, head);
    hf_terminal_wrap(terminal, out, indent + hf_terminal_columns(head),
                     indent + hf_terminal_columns(head), text);
}

/* What made the result; passes are counted only. */
static void show_seen(const struct hf_terminal *terminal, const struct hf_outcome *outcome,
                      struct hf_strbuf *out)
{
    char head[HF_NAME_MAX + 4];
    char text[64];
    unsigned shown = 0, left = 0;
    for (int level = HF_RESULT_FAIL; level > HF_RESULT_PASS; level--) {
        for (size_t k = 0; k < outcome->n_seen; k++) {
            const struct hf_seen *seen = &outcome->seen[k];
            if ((int)seen->result != level)
                continue;
            if (shown++ >= SEEN_SHOWN) {
                left++;
                continue;
            }
            (void)snprintf(head, sizeof(head), "%s%s", seen->node, seen->node[0] ? ": " : "");
            detail(terminal, head, seen->text, out);
        }
    }
    (void)snprintf(text, sizeof(text), "and %u more; --json has all", left);
    if (left)
        detail(terminal, "", text, out);
}

static void show_outcome(const struct hf_terminal *terminal, const struct hf_outcome *outcome,
                         struct hf_strbuf *out)
{
    const char *word = hf_result_word(outcome->result);
    const struct hf_check *check = outcome->check;
    hf_strbuf_add(out, "  ");
    hf_terminal_add(terminal, out, colour_of(outcome->result), word);
    blanks(out, WORD_WIDTH - hf_terminal_columns(word));
    hf_strbuf_addf(out, "%s: ", check->id);
    hf_terminal_wrap(terminal, out, WORD_WIDTH + 4 + hf_terminal_columns(check->id), WORD_WIDTH + 2,
                     check->title);
    if (outcome->result == HF_RESULT_PASS)
        return;
    show_seen(terminal, outcome, out);
    if (outcome->result == HF_RESULT_NOT_RUN)
        return;
    detail(terminal, "why: ", check->why, out);
    detail(terminal, "do:  ", check->advice, out);
}

static bool same_category(const struct hf_check *a, const struct hf_check *b)
{
    size_t length = hf_check_category(a);
    return length == hf_check_category(b) && strncmp(a->id, b->id, length) == 0;
}

static void show_category(const struct hf_terminal *terminal, const struct hf_check *check,
                          struct hf_strbuf *out)
{
    char name[32];
    (void)snprintf(name, sizeof(name), "%.*s", (int)hf_check_category(check), check->id);
    hf_terminal_add(terminal, out, HF_BOLD, name);
    hf_strbuf_add(out, "\n");
}

void hf_validate_say_summary(const struct hf_validate_report *report, struct hf_strbuf *out)
{
    hf_strbuf_addf(out, "%zu check%s: %u passed, %u failed, %u with warnings, %u not run",
                   report->n_outcomes, report->n_outcomes == 1 ? "" : "s",
                   report->count[HF_RESULT_PASS], report->count[HF_RESULT_FAIL],
                   report->count[HF_RESULT_WARNING], report->count[HF_RESULT_NOT_RUN]);
}

/* Nodes that nobody looked at, once, ahead of all that did not run because of it. */
static void show_missing(const struct hf_validate_report *report,
                         const struct hf_terminal *terminal, struct hf_strbuf *out)
{
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    const struct hf_validate_input *input = report->input;
    hf_strbuf_init(&text);
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        if (!input->spec->nodes[n].name[0] || input->facts[n])
            continue;
        hf_strbuf_addf(&text, "%s was not looked at: %s", input->spec->nodes[n].name,
                       input->missing[n] ? input->missing[n] : "its facts were not given");
        hf_terminal_add(terminal, out, HF_YELLOW, "! ");
        hf_terminal_wrap(terminal, out, 2, 2, text.data);
        hf_strbuf_clear(&text);
    }
}

void hf_validate_show(const struct hf_validate_report *report, const struct hf_terminal *terminal,
                      struct hf_strbuf *out)
{
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    hf_strbuf_init(&text);
    show_missing(report, terminal, out);
    for (size_t k = 0; k < report->n_outcomes; k++) {
        const struct hf_check *check = report->outcomes[k].check;
        if (k == 0 || !same_category(check, report->outcomes[k - 1].check)) {
            if (out->length)
                hf_strbuf_add(out, "\n");
            show_category(terminal, check, out);
        }
        show_outcome(terminal, &report->outcomes[k], out);
    }
    hf_validate_say_summary(report, &text);
    hf_strbuf_add(out, "\n");
    hf_terminal_add(terminal, out,
                    report->count[HF_RESULT_FAIL]      ? HF_RED
                    : report->count[HF_RESULT_WARNING] ? HF_YELLOW
                                                       : HF_GREEN,
                    text.data);
    hf_strbuf_add(out, "\n");
}

void hf_validate_list(const struct hf_terminal *terminal, struct hf_strbuf *out)
{
    size_t count = 0;
    const struct hf_check *checks = hf_checks(&count);
    for (size_t k = 0; k < count; k++) {
        if (k == 0 || !same_category(&checks[k], &checks[k - 1])) {
            hf_strbuf_add(out, k ? "\n" : "");
            show_category(terminal, &checks[k], out);
        }
        hf_strbuf_addf(out, "  %-29s ", checks[k].id);
        hf_terminal_wrap(terminal, out, 32, 32, checks[k].title);
    }
    hf_strbuf_addf(out, "\n%zu checks\n", count);
}
