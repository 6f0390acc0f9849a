#include <stdio.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/control_client.h"
#include "cli/json_get.h"
#include "cli/options.h"
#include "cli/show.h"
#include "cli/validate_source.h"
#include "cli/verbs.h"

static int lifecycle(const struct hf_options *options)
{
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    if (options->argument_count > 1)
        return hf_answer_usage("inspect", "'%s' is one argument too many", options->arguments[1]);
    if (options->mermaid)
        hf_show_lifecycle_mermaid(&out);
    else
        hf_show_lifecycle(&out);
    return hf_answer_print(&out);
}

#define NAMES_WAIT_MS 500

/* The shell expands what it is offered: nothing but what names are made of goes there. */
static void add_names(const json_t *list, struct hf_strbuf *out)
{
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach((json_t *)(uintptr_t)list, i, one)
    {
        const char *name = hf_json_str(one, "name");
        if (name[0] && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-")])
            hf_strbuf_addf(out, "%s\n", name);
    }
}

/* For completion: quick, and silent when there is nothing to tell. */
static int names(const char *of)
{
    if (of && strcmp(of, "instances") != 0 && strcmp(of, "nodes") != 0)
        return hf_answer_usage("inspect",
                               "there are no names of '%s'; there are instances and nodes", of);
    struct hf_error error = {0};
    json_t *reply = NULL;
    json_t *request = json_pack("{s:s}", "verb", "status");
    int r = hf_control_stream(request, NAMES_WAIT_MS, NULL, NULL, &reply, &error);
    json_decref(request);
    if (r != 0)
        return r == HF_CLIENT_TIMED_OUT ? HF_EXIT_TIMED_OUT : HF_EXIT_UNREACHABLE;
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    const json_t *data = json_object_get(reply, "data");
    if (!of || strcmp(of, "instances") == 0)
        add_names(json_object_get(data, "instances"), &out);
    if (!of || strcmp(of, "nodes") == 0)
        add_names(json_object_get(data, "nodes"), &out);
    int code = hf_json_true(reply, "ok")
                   ? hf_answer_print(&out)
                   : hf_answer_exit(hf_json_str(json_object_get(reply, "error"), "code"));
    json_decref(reply);
    return code;
}

int verb_inspect(int argc, char **argv)
{
    struct hf_options options;
    int code = hf_options_parse(argc, argv, HF_OPTION_MERMAID, 1, 2,
                                "what to inspect: lifecycle, facts, names", &options);
    if (code != 0)
        return code;
    if (strcmp(options.arguments[0], "lifecycle") == 0)
        return lifecycle(&options);
    if (strcmp(options.arguments[0], "facts") == 0)
        return hf_inspect_facts(options.argument_count > 1 ? options.arguments[1] : NULL);
    if (strcmp(options.arguments[0], "names") == 0)
        return names(options.argument_count > 1 ? options.arguments[1] : NULL);
    return hf_answer_usage(argv[0],
                           "there is no '%s' to inspect; there are lifecycle, facts and names",
                           options.arguments[0]);
}
