/* holdfast validate: what speaks for and against the nodes and the configuration? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/options.h"
#include "cli/page.h"
#include "cli/validate_show.h"
#include "cli/validate_source.h"
#include "cli/verbs.h"

/* ---- Which checks ---- */

static bool is_known(const char *word, size_t length)
{
    size_t count = 0;
    const struct hf_check *checks = hf_checks(&count);
    for (size_t k = 0; k < count; k++)
        if (hf_check_matches(&checks[k], word, length))
            return true;
    return false;
}

static int check_only(const char *only)
{
    for (const char *at = only; at && *at;) {
        size_t length = strcspn(at, ",");
        if (!is_known(at, length))
            return hf_answer_usage("validate",
                                   "'%.*s' is no check and no category; `holdfast validate --list` "
                                   "tells which there are",
                                   (int)length, at);
        at += length + (at[length] == ',');
    }
    return HF_EXIT_OK;
}

static bool is_wanted(const struct hf_check *check, const char *only)
{
    bool wanted = only == NULL;
    for (const char *at = only; at && *at && !wanted;) {
        size_t length = strcspn(at, ",");
        wanted = hf_check_matches(check, at, length);
        at += length + (at[length] == ',');
    }
    return wanted;
}

/* ---- Running them ---- */

static int run_checks(const struct hf_options *options, struct hf_progress *progress,
                      struct hf_validate_report *report, struct hf_outcome *outcomes)
{
    size_t count = 0;
    const struct hf_check *checks = hf_checks(&count);
    for (size_t k = 0; k < count; k++) {
        if (!is_wanted(&checks[k], options->only))
            continue;
        hf_progress_count(progress, "checking", (unsigned)k, (unsigned)count, "checks");
        struct hf_outcome *outcome = &outcomes[report->n_outcomes];
        if (hf_check_run(&checks[k], report->input, outcome) < 0)
            return -1;
        report->n_outcomes++;
        report->count[outcome->result]++;
    }
    return 0;
}

/* ---- Answers ---- */

static int print_json(json_t *json)
{
    bool good = json && json_dumpf(json, stdout, JSON_INDENT(2)) == 0 && printf("\n") > 0 &&
                fflush(stdout) == 0;
    json_decref(json);
    if (!good)
        (void)fprintf(stderr, "holdfast validate: the answer could not be written completely\n");
    return good ? HF_EXIT_OK : HF_EXIT_REFUSED;
}

static int list(bool json)
{
    if (json)
        return print_json(hf_validate_list_json());
    struct hf_terminal terminal = hf_terminal_get();
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    hf_validate_list(&terminal, &out);
    return hf_answer_print(&out);
}

static int write_page(const char *name, const struct hf_validate_report *report)
{
    struct hf_strbuf HF_STRBUF_CLEANUP page;
    hf_strbuf_init(&page);
    hf_validate_html(report, &page);
    return hf_page_write("validate", name, &page);
}

static int answer(const struct hf_options *options, const struct hf_validate_report *report)
{
    int code = options->html ? write_page(options->html, report) : HF_EXIT_OK;
    if (code != HF_EXIT_OK)
        return code;
    if (options->json) {
        code = print_json(hf_validate_json(report));
    } else {
        struct hf_terminal terminal = hf_terminal_get();
        struct hf_strbuf HF_STRBUF_CLEANUP out;
        hf_strbuf_init(&out);
        hf_validate_show(report, &terminal, &out);
        code = hf_answer_print(&out);
    }
    return code == HF_EXIT_OK && report->count[HF_RESULT_FAIL] ? HF_EXIT_CHECK_FAILED : code;
}

static int validate(const struct hf_options *options, struct hf_validate_source *source,
                    struct hf_progress *progress)
{
    size_t count = 0;
    (void)hf_checks(&count);
    struct hf_validate_report report = {.input = &source->input};
    struct hf_outcome *outcomes = calloc(count, sizeof(*outcomes));
    int code = HF_EXIT_REFUSED;
    bool ran = outcomes && run_checks(options, progress, &report, outcomes) == 0;
    hf_progress_end(progress);
    report.outcomes = outcomes;
    if (ran)
        code = answer(options, &report);
    else
        (void)fprintf(stderr, "holdfast validate: out of memory\n");
    for (size_t k = 0; k < report.n_outcomes; k++)
        hf_outcome_release(&outcomes[k]);
    free(outcomes);
    return code;
}

int verb_validate(int argc, char **argv)
{
    struct hf_options options;
    struct hf_validate_source source;
    int code = hf_options_parse(argc, argv,
                                HF_OPTION_JSON | HF_OPTION_HTML | HF_OPTION_FACTS | HF_OPTION_ONLY |
                                    HF_OPTION_LIST,
                                0, 1, "", &options);
    if (code == HF_EXIT_OK)
        code = check_only(options.only);
    if (code != HF_EXIT_OK || options.list)
        return code != HF_EXIT_OK ? code : list(options.json);
    struct hf_progress progress = hf_progress_begin();
    code = hf_validate_gather("validate", &options, &progress, &source);
    if (code == HF_EXIT_OK)
        code = validate(&options, &source, &progress);
    hf_progress_end(&progress);
    hf_validate_release(&source);
    return code;
}
