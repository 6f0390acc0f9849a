#include "cli/admit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/admit_words.h"
#include "cli/answer.h"
#include "cli/read_file.h"

static void say_command(const struct hf_admit_action *action, const char *option,
                        struct hf_strbuf *out)
{
    hf_strbuf_add(out, "holdfast ");
    hf_admit_say_action(action, out);
    hf_strbuf_addf(out, " %s\n", option);
}

static void say_rule(const struct hf_admit_action *action, const struct hf_admit_plans *plans,
                     struct hf_strbuf *out)
{
    bool pairs = hf_plan_wants_pairs(plans->after->input);
    hf_strbuf_addf(out,
                   "Refused: policy.survive is %u, so no %s that is carried may be given up; "
                   "nothing was changed.\n"
                   "  `holdfast plan` tells what would make room.\n"
                   "  In an emergency, to do it all the same: ",
                   (unsigned)plans->after->input->survive,
                   pairs ? "loss of one node or of two" : "loss of one node");
    say_command(action, "--override-survive", out);
}

static bool may_ask(const struct hf_options *options)
{
    bool reads_file = options->argument_count > 0 && strcmp(options->arguments[0], "-") == 0;
    return !options->json && !reads_file && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static int ask(void)
{
    char line[64];
    (void)fputs("Do it all the same? [y/N] ", stderr);
    if (!fgets(line, sizeof(line), stdin))
        line[0] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    if (strcmp(line, "y") == 0 || strcmp(line, "Y") == 0 || strcmp(line, "yes") == 0)
        return HF_EXIT_OK;
    (void)fputs("not confirmed; nothing was changed.\n", stderr);
    return HF_EXIT_REFUSED;
}

static int not_asked(const struct hf_admit_action *action)
{
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    hf_strbuf_addf(&out, "Not done, because %s; nothing was changed.\n  To do it all the same: ",
                   action->options->json ? "with --json nothing is asked"
                                         : "there is no terminal to ask on");
    say_command(action, "--yes", &out);
    (void)fputs(out.data, stderr);
    return HF_EXIT_NOT_CONFIRMED;
}

/* Something becomes worse, and has been told: may it be done? */
static int permission(const struct hf_admit_action *action, const struct hf_admit_plans *plans)
{
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    bool rule = plans->compared.breaks_rule;
    if (rule && !action->options->override) {
        say_rule(action, plans, &out);
        (void)fputs(out.data, stderr);
        return HF_EXIT_RULE;
    }
    if (rule)
        (void)fprintf(stderr, "policy.survive is %u; overridden.\n",
                      (unsigned)plans->after->input->survive);
    if (action->options->yes || action->options->override)
        return HF_EXIT_OK;
    return may_ask(action->options) ? ask() : not_asked(action);
}

/* An action is not held up by what is not known of it. */
static void tell_unchecked(const struct hf_admit_action *action, enum hf_admit_result result,
                           int budget_ms)
{
    (void)fprintf(stderr, "holdfast %s: what failures would do afterwards could not be checked%s",
                  action->verb, result == HF_ADMIT_LATE ? " in time" : "");
    if (result == HF_ADMIT_LATE)
        (void)fprintf(stderr, " (%d s)", budget_ms / 1000);
    (void)fprintf(stderr, "; going on without.\n");
}

static int judge(const struct hf_admit_action *action, const struct hf_admit_plans *plans)
{
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    if (plans->compared.n_worse)
        hf_admit_say_worse(action, plans, &out);
    else
        hf_admit_say_good(plans, &out);
    (void)fputs(out.data, stderr);
    return plans->compared.n_worse ? permission(action, plans) : HF_EXIT_OK;
}

/* What apply would say to this, as part of the answer. */
static int foretell(const struct hf_admit_action *action, const struct hf_admit_plans *plans)
{
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    hf_admit_say_verdict("afterwards", plans, &out);
    if (plans->compared.n_worse)
        hf_admit_say_worse(action, plans, &out);
    if (plans->compared.breaks_rule)
        hf_strbuf_addf(&out, "%s will refuse this: policy.survive is %u.\n", action->verb,
                       (unsigned)plans->after->input->survive);
    else if (plans->compared.n_worse)
        hf_strbuf_addf(&out, "%s will ask before it does this, or wants --yes.\n", action->verb);
    return hf_answer_print(&out);
}

static int admit(const struct hf_admit_action *action, json_t **ret_json)
{
    struct hf_admit_plans plans;
    const struct hf_options *options = action->options;
    int code = HF_EXIT_OK;
    enum hf_admit_result result = hf_admit_plan(action, &plans);
    if (result == HF_ADMIT_LATE || result == HF_ADMIT_FAILED) {
        tell_unchecked(action, result, plans.budget_ms);
        *ret_json = hf_admit_json(NULL);
    } else if (result == HF_ADMIT_PLANNED) {
        *ret_json = hf_admit_json(&plans);
        if (!options->dry_run)
            code = judge(action, &plans);
        else if (!options->json)
            code = foretell(action, &plans);
    }
    hf_admit_plans_free(&plans);
    return code;
}

int hf_admit(const char *verb, const struct hf_options *options)
{
    struct hf_admit_action action = {.verb = verb, .options = options};
    json_t *json = NULL;
    int code = admit(&action, &json);
    json_decref(json);
    return code;
}

int hf_admit_file(const char *verb, const char *name, const struct hf_options *options,
                  const char *text, size_t length, json_t **ret_json)
{
    struct hf_admit_action action = {
        .verb = verb, .options = options, .name = name, .text = text, .length = length};
    *ret_json = NULL;
    return admit(&action, ret_json);
}

int hf_admit_file_alone(const struct hf_options *options, const char *text, size_t length,
                        json_t **ret_json)
{
    struct hf_admit_action action = {.verb = "apply",
                                     .options = options,
                                     .name = hf_read_file_name(options->arguments[0]),
                                     .text = text,
                                     .length = length};
    struct hf_admit_plans plans;
    enum hf_admit_result result = hf_admit_plan_alone(&action, &plans);
    int code = result == HF_ADMIT_NOTHING ? HF_EXIT_FILE : HF_EXIT_REFUSED;
    if (result == HF_ADMIT_FAILED)
        (void)fprintf(stderr, "holdfast apply: out of memory\n");
    if (result == HF_ADMIT_PLANNED) {
        *ret_json = hf_admit_json(&plans);
        struct hf_strbuf HF_STRBUF_CLEANUP out;
        hf_strbuf_init(&out);
        hf_strbuf_add(&out, "no cluster runs here: what would change is not known.\n");
        hf_admit_say_verdict("the file by itself", &plans, &out);
        code = options->json ? HF_EXIT_OK : hf_answer_print(&out);
    }
    hf_admit_plans_free(&plans);
    return code;
}
