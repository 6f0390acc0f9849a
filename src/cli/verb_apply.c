#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/json_get.h"
#include "cli/options.h"
#include "cli/verbs.h"

#define FILE_MAX (1u << 20)

/* Returns the file's text (owned by the caller), or NULL after telling why not. */
static char *read_file(const char *name, size_t *ret_length)
{
    FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
    char *text = file ? malloc(FILE_MAX + 1) : NULL;
    size_t length = text ? fread(text, 1, FILE_MAX + 1, file) : 0;
    const char *fault = !text || ferror(file) ? strerror(errno)
                        : length > FILE_MAX   ? "it is larger than 1 MiB: not a cluster.yaml"
                                              : NULL;
    if (file && file != stdin)
        (void)fclose(file);
    if (!fault) {
        *ret_length = length;
        return text;
    }
    (void)fprintf(stderr, "holdfast apply: cannot read %s: %s\nnothing was changed.\n", name,
                  fault);
    free(text);
    return NULL;
}

static json_t *make_request(const struct hf_options *options, const char *text, size_t length)
{
    const char *name = options->arguments[0];
    json_t *content = json_stringn(text, length);
    if (!content)
        return NULL;
    return json_pack("{s:s, s:s, s:o, s:b, s:b}", "verb", "apply", "file_name",
                     strcmp(name, "-") == 0 ? "standard input" : name, "text", content, "dry_run",
                     options->dry_run, "force", options->force);
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
    char *text = read_file(options.arguments[0], &length);
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
