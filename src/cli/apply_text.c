#include "cli/apply_text.h"

#include <stdio.h>

#include "cli/admit.h"
#include "cli/answer.h"
#include "cli/json_get.h"

static json_t *make_request(const struct hf_apply_text *what, bool dry_run)
{
    const struct hf_options *options = what->options;
    json_t *content = json_stringn(what->text, what->length);
    if (!content)
        return NULL;
    json_t *request =
        json_pack("{s:s, s:s, s:o, s:b, s:b}", "verb", "apply", "file_name", what->name, "text",
                  content, "dry_run", dry_run, "force", options->force);
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

static int ask(const struct hf_apply_text *what, bool dry_run, json_t **ret_reply)
{
    json_t *request = make_request(what, dry_run);
    if (request)
        return hf_answer_get(request, ret_reply);
    (void)fprintf(stderr, "holdfast %s: %s is not UTF-8 text\nnothing was changed.\n", what->verb,
                  what->name);
    return HF_EXIT_FILE;
}

/* No daemon, which has been told: the file by itself can be judged all the same. */
static int dry_run_alone(const struct hf_apply_text *what)
{
    json_t *admission = NULL;
    int code = hf_admit_file_alone(what->options, what->text, what->length, &admission);
    if (code == HF_EXIT_OK && what->options->json) {
        json_t *reply = json_pack("{s:{s:n}}", "data", "changes");
        code = answer(what->options, reply, admission);
        json_decref(reply);
    }
    json_decref(admission);
    return code;
}

static int dry_run(const struct hf_apply_text *what)
{
    json_t *reply = NULL;
    json_t *admission = NULL;
    int code = ask(what, true, &reply);
    if (code == HF_EXIT_UNREACHABLE)
        return dry_run_alone(what);
    if (code == HF_EXIT_OK && !what->options->json)
        code = answer(what->options, reply, NULL);
    if (code == HF_EXIT_OK)
        code = hf_admit_file(what->verb, what->name, what->options, what->text, what->length,
                             &admission);
    if (code == HF_EXIT_OK && what->options->json)
        code = answer(what->options, reply, admission);
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

/* The question above may have stood for an hour, and an edit of what was then would undo what
 * others changed meanwhile. What is left is the moment between this and the daemon's decision. */
static int still_the_same(const struct hf_apply_text *what)
{
    json_t *reply = NULL;
    int code = hf_answer_get(json_pack("{s:s}", "verb", "status"), &reply);
    if (code != HF_EXIT_OK)
        return code;
    const json_t *cluster = json_object_get(json_object_get(reply, "data"), "cluster");
    if (json_integer_value(json_object_get(cluster, "config_version")) != what->edits) {
        (void)fprintf(stderr,
                      "holdfast %s: somebody else changed the configuration meanwhile; nothing was "
                      "changed by this command.\n  Give it again.\n",
                      what->verb);
        code = HF_EXIT_REFUSED;
    }
    json_decref(reply);
    return code;
}

static int make_changes(const struct hf_apply_text *what, bool *ret_changed)
{
    json_t *reply = NULL;
    json_t *admission = NULL;
    int code =
        hf_admit_file(what->verb, what->name, what->options, what->text, what->length, &admission);
    if (code != HF_EXIT_OK && what->options->json && admission)
        print_refused(admission);
    if (code == HF_EXIT_OK && what->edits)
        code = still_the_same(what);
    if (code == HF_EXIT_OK)
        code = ask(what, false, &reply);
    *ret_changed = code == HF_EXIT_OK;
    if (code == HF_EXIT_OK)
        code = answer(what->options, reply, admission);
    json_decref(admission);
    json_decref(reply);
    return code;
}

/* What it would change is asked for first: what is wrong with the file comes before any question,
 * and where nothing changes there is nothing to ask. */
static int apply(const struct hf_apply_text *what, bool *ret_changed)
{
    json_t *would = NULL;
    int code = ask(what, true, &would);
    if (code != HF_EXIT_OK)
        return code;
    if (json_array_size(json_object_get(json_object_get(would, "data"), "changes")) == 0)
        code = answer(what->options, would, NULL);
    else
        code = make_changes(what, ret_changed);
    json_decref(would);
    return code;
}

int hf_apply_text(const struct hf_apply_text *what, bool *ret_changed)
{
    bool changed = false;
    int code = what->options->dry_run ? dry_run(what) : apply(what, &changed);
    if (ret_changed)
        *ret_changed = changed;
    return code;
}
