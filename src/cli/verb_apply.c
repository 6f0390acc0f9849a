#include <stdio.h>
#include <stdlib.h>

#include "cli/answer.h"
#include "cli/json_get.h"
#include "cli/options.h"
#include "cli/read_file.h"
#include "cli/verbs.h"

static json_t *make_request(const struct hf_options *options, const char *text, size_t length)
{
    const char *name = options->arguments[0];
    json_t *content = json_stringn(text, length);
    if (!content)
        return NULL;
    return json_pack("{s:s, s:s, s:o, s:b, s:b}", "verb", "apply", "file_name",
                     hf_read_file_name(name), "text", content, "dry_run", options->dry_run, "force",
                     options->force);
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

int verb_apply(int argc, char **argv)
{
    struct hf_options options;
    int code =
        hf_options_parse(argc, argv, HF_OPTION_DRY_RUN | HF_OPTION_FORCE | HF_OPTION_JSON, 1, 1,
                         "the name of a file, as in: holdfast apply cluster.yaml", &options);
    if (code != 0)
        return code;
    size_t length = 0;
    char *text = hf_read_file("apply", options.arguments[0], &length, "nothing was changed.\n");
    if (!text)
        return HF_EXIT_FILE;
    json_t *request = make_request(&options, text, length);
    free(text);
    if (!request) {
        (void)fprintf(stderr, "holdfast apply: %s is not UTF-8 text\nnothing was changed.\n",
                      options.arguments[0]);
        return HF_EXIT_FILE;
    }
    json_t *reply = NULL;
    code = hf_answer_get(request, &reply);
    if (code == HF_EXIT_OK)
        code = options.json ? hf_answer_print_json(reply) : tell(reply, options.dry_run);
    json_decref(reply);
    return code;
}
