#include "cli/database_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/apply_text.h"
#include "cli/json_get.h"
#include "cli/spec_text.h"
#include "config/config.h"

#define VERB "databases"
#define TEXT_NAME "the edited configuration"

/* -1: it is not listed there. */
static int find(const struct hf_instance_spec *instance, const char *database)
{
    for (unsigned d = 0; d < instance->database_count; d++)
        if (strcmp(instance->databases[d].name, database) == 0)
            return (int)d;
    return -1;
}

/* HF_INSTANCE_NONE: nowhere. *ret_count: how many list it. */
static uint16_t find_home(const struct hf_spec *spec, const char *database, unsigned *ret_count)
{
    uint16_t home = HF_INSTANCE_NONE;
    *ret_count = 0;
    for (uint16_t i = 0; i < HF_INSTANCES_MAX; i++) {
        if (!spec->instances[i].name[0] || find(&spec->instances[i], database) < 0)
            continue;
        home = i;
        (*ret_count)++;
    }
    return home;
}

static void move_entry(struct hf_instance_spec *from, unsigned entry, struct hf_instance_spec *to)
{
    to->databases[to->database_count++] = from->databases[entry];
    from->database_count--;
    memmove(&from->databases[entry], &from->databases[entry + 1],
            (from->database_count - entry) * sizeof(from->databases[0]));
    from->databases[from->database_count] = (struct hf_database_spec){0};
}

enum hf_database_move hf_database_move(struct hf_spec *spec, const char *database, const char *to,
                                       const char *from, uint16_t *ret_from)
{
    unsigned count = 0;
    uint16_t home = find_home(spec, database, &count);
    uint16_t target = hf_spec_find_instance(spec, to);
    if (target == HF_INSTANCE_NONE)
        return HF_DATABASE_NO_INSTANCE;
    if (from) {
        home = hf_spec_find_instance(spec, from);
        if (home == HF_INSTANCE_NONE)
            return HF_DATABASE_NO_INSTANCE;
    } else if (count > 1) {
        return HF_DATABASE_AMBIGUOUS;
    }
    int entry = home != HF_INSTANCE_NONE ? find(&spec->instances[home], database) : -1;
    if (entry < 0)
        return HF_DATABASE_UNKNOWN;
    if (home == target)
        return HF_DATABASE_THERE;
    if (find(&spec->instances[target], database) >= 0)
        return HF_DATABASE_TWICE;
    if (spec->instances[target].database_count >= HF_DATABASES_MAX)
        return HF_DATABASE_FULL;
    move_entry(&spec->instances[home], (unsigned)entry, &spec->instances[target]);
    *ret_from = home;
    return HF_DATABASE_MOVED;
}

static void add_instances(const struct hf_spec *spec, const char *database, struct hf_strbuf *out)
{
    unsigned told = 0;
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        const struct hf_instance_spec *instance = &spec->instances[i];
        if (instance->name[0] && (!database || find(instance, database) >= 0))
            hf_strbuf_addf(out, "%s%s", told++ ? ", " : "", instance->name);
    }
}

static int refused(enum hf_database_move why, const struct hf_spec *spec,
                   const struct hf_options *options)
{
    const char *database = options->arguments[1];
    const char *to = options->instance;
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    hf_strbuf_add(&out, "holdfast " VERB ": ");
    switch (why) {
    case HF_DATABASE_MOVED:
    case HF_DATABASE_THERE:
        break;
    case HF_DATABASE_UNKNOWN:
        if (options->from)
            hf_strbuf_addf(&out, "instance %s lists no database '%s'", options->from, database);
        else
            hf_strbuf_addf(&out, "no instance lists a database '%s'", database);
        hf_strbuf_add(&out, "; `holdfast databases` lists all");
        break;
    case HF_DATABASE_AMBIGUOUS:
        hf_strbuf_addf(&out, "several instances list a database %s: ", database);
        add_instances(spec, database, &out);
        hf_strbuf_add(&out, ".\n  Say which of them is meant: --from INSTANCE");
        break;
    case HF_DATABASE_TWICE:
        hf_strbuf_addf(&out,
                       "instance %s lists a database %s of its own.\n  Rename one of them first",
                       to, database);
        break;
    case HF_DATABASE_FULL:
        hf_strbuf_addf(&out, "instance %s lists %u databases already, and may list no more", to,
                       HF_DATABASES_MAX);
        break;
    case HF_DATABASE_NO_INSTANCE:
        hf_strbuf_addf(&out, "there is no instance '%s'; there are ",
                       hf_spec_find_instance(spec, to) == HF_INSTANCE_NONE ? to : options->from);
        add_instances(spec, NULL, &out);
        break;
    }
    hf_strbuf_add(&out, "\nnothing was changed.\n");
    (void)fputs(out.data, stderr);
    return HF_EXIT_REFUSED;
}

/* The version is read before the configuration: a change between the two is noticed, not missed. */
static int get_cluster(struct hf_spec **ret, long long *ret_version)
{
    json_t *status = NULL;
    json_t *configuration = NULL;
    int code = hf_answer_get(json_pack("{s:s}", "verb", "status"), &status);
    if (code == HF_EXIT_OK) {
        const json_t *data = json_object_get(status, "data");
        *ret_version = hf_json_int(json_object_get(data, "cluster"), "config_version");
        code = hf_answer_get(json_pack("{s:s}", "verb", "export"), &configuration);
    }
    if (code == HF_EXIT_OK) {
        const char *text = hf_json_str(json_object_get(configuration, "data"), "text");
        code = hf_spec_of_text(VERB, "the cluster's configuration", text, strlen(text), ret);
    }
    json_decref(status);
    json_decref(configuration);
    return code;
}

/* The list says where clients are sent. The database itself is the administrator's to carry. */
static int tell_data(const struct hf_options *options, const char *from)
{
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    hf_strbuf_addf(
        &out,
        "  Holdfast moves no data: copy %s from %s to %s (pg_dump and pg_restore, or the "
        "engine's own tools), and give\n  clients the new address: holdfast databases "
        "--instance %s\n",
        options->arguments[1], from, options->instance, options->instance);
    return hf_answer_print(&out);
}

static int apply(const struct hf_options *options, const struct hf_spec *spec, long long version,
                 uint16_t from)
{
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    hf_strbuf_init(&text);
    if (hf_config_write(spec, &text) < 0) {
        (void)fprintf(stderr, "holdfast " VERB ": out of memory\n");
        return HF_EXIT_REFUSED;
    }
    struct hf_apply_text what = {.verb = VERB,
                                 .options = options,
                                 .name = TEXT_NAME,
                                 .text = text.data,
                                 .length = text.length,
                                 .edits = version};
    int code = hf_apply_text(&what, NULL);
    if (code == HF_EXIT_OK && !options->json)
        code = tell_data(options, spec->instances[from].name);
    return code;
}

static int nothing_to_do(const struct hf_options *options)
{
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    if (options->json)
        hf_strbuf_add(&out, "{\n  \"changes\": []\n}\n");
    else
        hf_strbuf_addf(&out, "nothing to change: %s is listed by %s already.\n",
                       options->arguments[1], options->instance);
    return hf_answer_print(&out);
}

int hf_database_set(const struct hf_options *options)
{
    struct hf_spec *spec = NULL;
    long long version = 0;
    uint16_t from = HF_INSTANCE_NONE;
    int code = get_cluster(&spec, &version);
    if (code != HF_EXIT_OK)
        return code;
    enum hf_database_move result =
        hf_database_move(spec, options->arguments[1], options->instance, options->from, &from);
    if (result == HF_DATABASE_MOVED)
        code = apply(options, spec, version, from);
    else if (result == HF_DATABASE_THERE)
        code = nothing_to_do(options);
    else
        code = refused(result, spec, options);
    free(spec);
    return code;
}
