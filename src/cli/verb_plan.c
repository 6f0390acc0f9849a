/* holdfast plan: what if a node fails? */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/options.h"
#include "cli/page.h"
#include "cli/plan_show.h"
#include "cli/plan_source.h"
#include "cli/progress.h"
#include "cli/verbs.h"

static const char every_shape[] =
    "active/passive,active/active,active/active/passive,active/active/active/passive,N+1,N+2";

static bool on_progress(void *user, unsigned done, unsigned total)
{
    hf_progress_count(user, "planning", done, total, "losses");
    return true;
}

/* ---- Topologies ---- */

static int take_shapes(const char *list, struct hf_plan_report *report)
{
    if (strcmp(list, "all") == 0)
        list = every_shape;
    while (*list) {
        char name[HF_NAME_MAX];
        size_t length = strcspn(list, ",");
        if (report->n_topologies == HF_PLAN_SHAPES_MAX)
            return hf_answer_usage("plan", "--topology takes at most %u topologies",
                                   HF_PLAN_SHAPES_MAX);
        (void)snprintf(name, sizeof(name), "%.*s", (int)length, list);
        if (length >= sizeof(name) ||
            !hf_plan_shape_parse(name, &report->topologies[report->n_topologies].shape))
            return hf_answer_usage("plan",
                                   "'%.*s' is no topology; use words as in "
                                   "active/active/passive, or numbers as in 3+1 or N+1",
                                   (int)length, list);
        report->n_topologies++;
        list += length + (list[length] == ',');
    }
    return HF_EXIT_OK;
}

static int compare(const struct hf_plan_input *input, struct hf_plan_report *report)
{
    int r = 0;
    for (unsigned k = 0; r == 0 && k < report->n_topologies; k++) {
        struct hf_plan_shape shape = report->topologies[k].shape;
        r = hf_plan_compare_topology(input, &shape, &report->topologies[k]);
    }
    return r;
}

/* ---- Answers ---- */

static int write_page(const char *name, const struct hf_plan_report *report)
{
    struct hf_strbuf HF_STRBUF_CLEANUP page;
    hf_strbuf_init(&page);
    hf_plan_html(report, &page);
    return hf_page_write("plan", name, &page);
}

static int print_json(const struct hf_plan_report *report)
{
    json_t *json = hf_plan_json(report);
    bool good = json && json_dumpf(json, stdout, JSON_INDENT(2)) == 0 && printf("\n") > 0 &&
                fflush(stdout) == 0;
    json_decref(json);
    if (!good)
        (void)fprintf(stderr, "holdfast plan: the answer could not be written completely\n");
    return good ? HF_EXIT_OK : HF_EXIT_REFUSED;
}

static int answer(const struct hf_options *options, const struct hf_plan_report *report)
{
    int code = options->html ? write_page(options->html, report) : HF_EXIT_OK;
    if (code != HF_EXIT_OK)
        return code;
    if (options->json) {
        code = print_json(report);
    } else {
        struct hf_terminal terminal = hf_terminal_get();
        struct hf_strbuf HF_STRBUF_CLEANUP out;
        hf_strbuf_init(&out);
        hf_plan_show(report, &terminal, &out);
        code = hf_answer_print(&out);
    }
    return code != HF_EXIT_OK || report->verdict.holds ? code : HF_EXIT_NOT_CARRIED;
}

static int make(const struct hf_plan_input *input, const struct hf_options *options,
                struct hf_plan_report *report)
{
    struct hf_progress progress = hf_progress_begin();
    struct hf_plan_options how = {.progress = on_progress, .user = &progress};
    struct hf_plan *plan = NULL;
    int r = hf_plan_make(input, &how, &plan);
    report->plan = plan;
    if (r == 0) {
        hf_plan_judge(plan, &report->verdict);
        hf_progress_say(&progress, "planning: what would heal it");
        r = hf_plan_make_heal(plan, 0, &report->heal);
    }
    if (r == 0) {
        hf_progress_say(&progress, "planning: topologies");
        r = compare(input, report);
    }
    hf_progress_end(&progress);
    int code = HF_EXIT_REFUSED;
    if (r == 0)
        code = answer(options, report);
    else
        (void)fprintf(stderr, "holdfast plan: %s\n", strerror(-r));
    hf_plan_free(plan);
    return code;
}

int verb_plan(int argc, char **argv)
{
    struct hf_options options;
    struct hf_plan_report report = {0};
    int code = hf_options_parse(
        argc, argv, HF_OPTION_JSON | HF_OPTION_HTML | HF_OPTION_TOPOLOGY | HF_OPTION_ALL, 0, 1, "",
        &options);
    if (code == HF_EXIT_OK && options.topology)
        code = take_shapes(options.topology, &report);
    if (code != HF_EXIT_OK)
        return code;
    struct hf_plan_input *input = malloc(sizeof(*input));
    if (!input) {
        (void)fprintf(stderr, "holdfast plan: out of memory\n");
        return HF_EXIT_REFUSED;
    }
    report.all = options.all;
    report.live = options.argument_count == 0;
    code =
        report.live ? hf_plan_from_cluster(input) : hf_plan_from_file(options.arguments[0], input);
    if (code == HF_EXIT_OK)
        code = make(input, &options, &report);
    free(input);
    return code;
}
