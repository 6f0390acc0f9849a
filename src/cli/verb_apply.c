#include <stdio.h>
#include <stdlib.h>

#include "cli/admit.h"
#include "cli/answer.h"
#include "cli/json_get.h"
#include "cli/options.h"
#include "cli/read_file.h"
#include "cli/verbs.h"

static json_t *make_request(const struct hf_options *options, const char *text, size_t length,
                            bool dry_run)
{
    const char *name = options->arguments[0];
    json_t *content = json_stringn(text, length);
    if (!content)
        return NULL;
    json_t *request = json_pack("{s:s, s:s, s:o, s:b, s:b}", "verb", "apply", "file_name",
                                hf_read_file_name(name), "text", content, "dry_run", dry_run,
                                "force", options->force);
    if (options->override && !dry_run)
        (void)json_object_set_new(request, "override_survive", json_true());
    return request;
}

static int tell(const json_t *reply, bool dry_run)
{
    const json_t *data = json_object_get(reply, "data");
    const json_t *changes = json_object_get(data, "changes");
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    size_t i = 0;
    json_t *change = NULL;
    json_array_foreach((json_t *)(uintptr_t)changes, i, change)
        hf_strbuf_addf(&out, "  %s\n", json_string_value(change) ? json_string_value(change) : "?");
    const char *text = hf_json_str(data, "text");
    if (text[0])
        hf_strbuf_addf(&out, "%s\n", text);
    else if (i == 0)
        hf_strbuf_add(&out, "nothing to change: the cluster is configured like this already.\n");
    else
        hf_strbuf_addf(&out, "%zu change%s %s.\n", i, i == 1 ? "" : "s",
                       dry_run ? "would be made; nothing was changed" : "made");
    return hf_answer_print(&out);
}

/* The daemon's answer, and for programs what it does to the verdict (NULL: not known). */
static int answer(const struct hf_options *options, json_t *reply, json_t *admission)
{
    if (!options->json)
        return tell(reply, options->dry_run);
    if (admission)
        (void)json_object_set(json_object_get(reply, "data"), "admission", admission);
    return hf_answer_print_json(reply);
}

static int ask(const struct hf_options *options, const char *text, size_t length, bool dry_run,
               json_t **ret_reply)
{
    json_t *request = make_request(options, text, length, dry_run);
    if (request)
        return hf_answer_get(request, ret_reply);
    (void)fprintf(stderr, "holdfast apply: %s is not UTF-8 text\nnothing was changed.\n",
                  options->arguments[0]);
    return HF_EXIT_FILE;
}

/* No daemon, which has been told: the file by itself can be judged all the same. */
static int dry_run_alone(const struct hf_options *options, const char *text, size_t length)
{
    json_t *admission = NULL;
    int code = hf_admit_file_alone(options, text, length, &admission);
    if (code == HF_EXIT_OK && options->json) {
        json_t *reply = json_pack("{s:{s:n}}", "data", "changes");
        code = answer(options, reply, admission);
        json_decref(reply);
    }
    json_decref(admission);
    return code;
}

static int dry_run(const struct hf_options *options, const char *text, size_t length)
{
    json_t *reply = NULL;
    json_t *admission = NULL;
    int code = ask(options, text, length, true, &reply);
    if (code == HF_EXIT_UNREACHABLE)
        return dry_run_alone(options, text, length);
    if (code == HF_EXIT_OK && !options->json)
        code = answer(options, reply, NULL);
    if (code == HF_EXIT_OK)
        code = hf_admit_file(options, text, length, &admission);
    if (code == HF_EXIT_OK && options->json)
        code = answer(options, reply, admission);
    json_decref(admission);
    json_decref(reply);
    return code;
}

static void print_refused(const json_t *admission)
{
    json_t *reply = json_pack("{s:{s:O}}", "data", "admission", admission);
    (void)hf_answer_print_json(reply);
    json_decref(reply);
}

static int make_changes(const struct hf_options *options, const char *text, size_t length)
{
    json_t *reply = NULL;
    json_t *admission = NULL;
    int code = hf_admit_file(options, text, length, &admission);
    if (code != HF_EXIT_OK && options->json && admission)
        print_refused(admission);
    if (code == HF_EXIT_OK)
        code = ask(options, text, length, false, &reply);
    if (code == HF_EXIT_OK)
        code = answer(options, reply, admission);
    json_decref(admission);
    json_decref(reply);
    return code;
}

/* What it would change is asked for first: what is wrong with the file comes before any question,
 * and where nothing changes there is nothing to ask. */
static int apply(const struct hf_options *options, const char *text, size_t length)
{
    json_t *would = NULL;
    int code = ask(options, text, length, true, &would);
    if (code != HF_EXIT_OK)
        return code;
    if (json_array_size(json_object_get(json_object_get(would, "data"), "changes")) == 0)
        code = answer(options, would, NULL);
    else
        code = make_changes(options, text, length);
    json_decref(would);
    return code;
}

int verb_apply(int argc, char **argv)
{
    struct hf_options options;
    int code = hf_options_parse(
        argc, argv, HF_OPTION_DRY_RUN | HF_OPTION_FORCE | HF_OPTION_JSON | HF_OPTION_ADMITTED, 1, 1,
        "the name of a file, as in: holdfast apply cluster.yaml", &options);
    if (code != 0)
        return code;
    size_t length = 0;
    char *text = hf_read_file("apply", options.arguments[0], &length, "nothing was changed.\n");
    if (!text)
        return HF_EXIT_FILE;
    code = options.dry_run ? dry_run(&options, text, length) : apply(&options, text, length);
    free(text);
    return code;
}
