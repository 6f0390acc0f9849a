/* holdfast config diff: what a file would change in the cluster, or in another file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/json_get.h"
#include "cli/options.h"
#include "cli/read_file.h"
#include "cli/spec_text.h"
#include "cli/verbs.h"
#include "config/config.h"

#define VERB "config"
#define RUNNING "the cluster's configuration"

struct side {
    const char *name;
    struct hf_spec *spec; /* owned */
};

struct differences {
    json_t *list;
    bool failed;
};

static int of_file(const char *name, struct side *ret)
{
    size_t length = 0;
    char *text = hf_read_file(VERB, name, &length, "");
    if (!text)
        return HF_EXIT_FILE;
    ret->name = hf_read_file_name(name);
    int code = hf_spec_of_text(VERB, ret->name, text, length, &ret->spec);
    free(text);
    return code;
}

static int of_cluster(struct side *ret)
{
    json_t *reply = NULL;
    int code = hf_answer_get(json_pack("{s:s}", "verb", "export"), &reply);
    if (code != HF_EXIT_OK)
        return code;
    const char *text = hf_json_str(json_object_get(reply, "data"), "text");
    ret->name = RUNNING;
    code = hf_spec_of_text(VERB, RUNNING, text, strlen(text), &ret->spec);
    json_decref(reply);
    return code;
}

static const char *verb_word(enum hf_config_verb verb)
{
    switch (verb) {
    case HF_CONFIG_ADDED:
        return "added";
    case HF_CONFIG_REMOVED:
        return "removed";
    case HF_CONFIG_CHANGED:
        return "changed";
    }
    return "";
}

static void note(const struct hf_config_change *change, void *userdata)
{
    struct differences *differences = userdata;
    bool values = change->verb == HF_CONFIG_CHANGED;
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    hf_strbuf_init(&text);
    hf_config_change_text(change, &text);
    json_t *one = json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:s?, s:s, s:s}", "entity",
                            hf_config_entity_word(change->entity), "name", change->name, "change",
                            verb_word(change->verb), "key", values ? change->key : NULL, "from",
                            values ? change->from : NULL, "to", values ? change->to : NULL,
                            "effect", hf_config_effect_word(change->effect), "text", text.data);
    differences->failed |=
        !hf_strbuf_ok(&text) || !one || json_array_append_new(differences->list, one) != 0;
}

static int print_json(const struct side *from, const struct side *to, const json_t *list)
{
    json_t *reply = json_pack("{s:{s:s, s:s, s:O}}", "data", "from", from->name, "to", to->name,
                              "changes", list);
    int code = hf_answer_print_json(reply);
    json_decref(reply);
    return code;
}

static int print_text(const struct side *from, const struct side *to, const json_t *list)
{
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach((json_t *)(uintptr_t)list, i, one)
        hf_strbuf_addf(&out, "  %s\n", hf_json_str(one, "text"));
    if (i == 0)
        hf_strbuf_addf(&out, "no difference: %s and %s mean the same.\n", from->name, to->name);
    else
        hf_strbuf_addf(&out, "%zu difference%s from %s to %s; nothing was changed.\n", i,
                       i == 1 ? "" : "s", from->name, to->name);
    return hf_answer_print(&out);
}

static int compare(const struct side *from, const struct side *to, bool json)
{
    struct differences differences = {.list = json_array()};
    int code = HF_EXIT_REFUSED;
    if (!differences.list || hf_config_diff(from->spec, to->spec, note, &differences) < 0 ||
        differences.failed)
        (void)fprintf(stderr, "holdfast " VERB ": out of memory\n");
    else
        code =
            json ? print_json(from, to, differences.list) : print_text(from, to, differences.list);
    if (code == HF_EXIT_OK && json_array_size(differences.list) > 0)
        code = HF_EXIT_DIFFERENT;
    json_decref(differences.list);
    return code;
}

static int diff(const struct hf_options *options)
{
    bool two = options->argument_count == 3;
    struct side from = {0};
    struct side to = {0};
    int code = two ? of_file(options->arguments[1], &from) : of_cluster(&from);
    if (code == HF_EXIT_OK)
        code = of_file(options->arguments[two ? 2 : 1], &to);
    if (code == HF_EXIT_OK)
        code = compare(&from, &to, options->json);
    free(from.spec);
    free(to.spec);
    return code;
}

int verb_config(int argc, char **argv)
{
    struct hf_options options;
    int code = hf_options_parse(argc, argv, HF_OPTION_JSON, 2, 3,
                                "what to do and a file, as in: holdfast config diff cluster.yaml",
                                &options);
    if (code != HF_EXIT_OK)
        return code;
    if (strcmp(options.arguments[0], "diff") != 0)
        return hf_answer_usage(VERB, "there is no '%s'; there is diff", options.arguments[0]);
    if (options.argument_count == 3 && strcmp(options.arguments[1], "-") == 0 &&
        strcmp(options.arguments[2], "-") == 0)
        return hf_answer_usage(VERB, "standard input can be one of the two files, not both");
    return diff(&options);
}
