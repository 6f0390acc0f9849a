/* holdfast databases: where clients connect. From a file it needs no daemon. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/database_set.h"
#include "cli/endpoint_show.h"
#include "cli/json_get.h"
#include "cli/options.h"
#include "cli/read_file.h"
#include "cli/spec_text.h"
#include "cli/verbs.h"

static int spec_of_file(const char *name, struct hf_spec **ret)
{
    size_t length = 0;
    char *text = hf_read_file("databases", name, &length, "");
    if (!text)
        return HF_EXIT_FILE;
    int code = hf_spec_of_text("databases", hf_read_file_name(name), text, length, ret);
    free(text);
    return code;
}

static int spec_of_cluster(struct hf_spec **ret)
{
    json_t *reply = NULL;
    int code = hf_answer_get(json_pack("{s:s}", "verb", "export"), &reply);
    if (code != HF_EXIT_OK)
        return code;
    const char *text = hf_json_str(json_object_get(reply, "data"), "text");
    code = hf_spec_of_text("databases", "the cluster's configuration", text, strlen(text), ret);
    json_decref(reply);
    return code;
}

static void make(const struct hf_options *options, const struct hf_endpoint *list, size_t count,
                 struct hf_strbuf *out, struct hf_strbuf *notes)
{
    struct hf_terminal terminal = hf_terminal_get();
    if (options->json)
        hf_endpoint_json(list, count, out);
    else if (options->env)
        hf_endpoint_env(list, count, out, notes);
    else if (options->libpq)
        hf_endpoint_lines(list, count, HF_DRIVER_LIBPQ, out, notes);
    else if (options->jdbc)
        hf_endpoint_lines(list, count, HF_DRIVER_JDBC, out, notes);
    else if (options->odbc)
        hf_endpoint_lines(list, count, HF_DRIVER_ODBC, out, notes);
    else
        hf_endpoint_text(list, count, &terminal, out);
}

/* Whoever wanted one string and got none must notice. */
static int print(const struct hf_options *options, const struct hf_endpoint *list, size_t count)
{
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    struct hf_strbuf HF_STRBUF_CLEANUP notes;
    hf_strbuf_init(&out);
    hf_strbuf_init(&notes);
    make(options, list, count, &out, &notes);
    int code = hf_answer_print(&out);
    (void)fputs(notes.data, stderr);
    bool strings = options->libpq || options->jdbc || options->odbc;
    return code == HF_EXIT_OK && strings && out.length == 0 ? HF_EXIT_REFUSED : code;
}

static int show(const struct hf_options *options, const struct hf_spec *spec)
{
    size_t count = 0;
    struct hf_endpoint *list = hf_endpoints(spec, options->instance, &count);
    int code = HF_EXIT_REFUSED;
    if (count > 0 && !list)
        (void)fprintf(stderr, "holdfast databases: out of memory\n");
    else if (count == 0 && options->instance)
        (void)fprintf(stderr,
                      "holdfast databases: there is no instance '%s'; without --instance it lists "
                      "all\n",
                      options->instance);
    else
        code = print(options, list, count);
    free(list);
    return code;
}

/* What is for the other of the two, listing and setting, is a mistake, not left alone. */
static int check_set(const struct hf_options *options)
{
    if (strcmp(options->arguments[0], "set") != 0)
        return hf_answer_usage("databases", "there is no '%s'; there is set",
                               options->arguments[0]);
    if (options->argument_count < 2)
        return hf_answer_usage("databases", "set needs the name of a database");
    if (!options->instance)
        return hf_answer_usage("databases", "set needs --instance, the new home of %s",
                               options->arguments[1]);
    if (options->file || options->env || options->libpq || options->jdbc || options->odbc)
        return hf_answer_usage("databases",
                               "set changes the cluster that runs: --file, --env, --libpq, --jdbc "
                               "and --odbc are for the list");
    return HF_EXIT_OK;
}

static int check_list(const struct hf_options *options)
{
    if (options->from || options->dry_run || options->yes || options->force || options->override)
        return hf_answer_usage("databases", "--from, --dry-run, --yes, --force and "
                                            "--override-survive are for set");
    if (options->json + options->env + options->libpq + options->jdbc + options->odbc > 1)
        return hf_answer_usage("databases", "one form at a time: --json, --env, --libpq, --jdbc or "
                                            "--odbc");
    return HF_EXIT_OK;
}

int verb_databases(int argc, char **argv)
{
    struct hf_options options;
    struct hf_spec *spec = NULL;
    int code =
        hf_options_parse(argc, argv,
                         HF_OPTION_JSON | HF_OPTION_FILE | HF_OPTION_INSTANCE | HF_OPTION_ENV |
                             HF_OPTION_LIBPQ | HF_OPTION_JDBC | HF_OPTION_ODBC | HF_OPTION_FROM |
                             HF_OPTION_DRY_RUN | HF_OPTION_FORCE | HF_OPTION_ADMITTED,
                         0, 2, "", &options);
    bool set = code == HF_EXIT_OK && options.argument_count > 0;
    if (code == HF_EXIT_OK)
        code = set ? check_set(&options) : check_list(&options);
    if (set)
        return code == HF_EXIT_OK ? hf_database_set(&options) : code;
    if (code == HF_EXIT_OK)
        code = options.file ? spec_of_file(options.file, &spec) : spec_of_cluster(&spec);
    if (code == HF_EXIT_OK)
        code = show(&options, spec);
    free(spec);
    return code;
}
