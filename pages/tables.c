/*
 * Prints the tables of Holdfast as JSON: verbs, exit codes, the daemon's arguments, the keys of
 * cluster.yaml. Man pages and the completion of shells are made from it while building.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/exits.h"
#include "cli/verbs.h"
#include "config/config.h"
#include "daemon/arguments.h"

static void append(json_t *list, json_t *one)
{
    if (json_array_append_new(list, one) != 0) {
        (void)fputs("tables: out of memory\n", stderr);
        _Exit(1);
    }
}

static json_t *option_json(const struct hf_verb_option *o)
{
    return json_pack("{s:s, s:s?, s:s?, s:s}", "name", o->name, "letter", o->letter, "value",
                     o->value, "text", o->text);
}

static json_t *verb_json(const struct hf_verb *verb)
{
    json_t *options = json_array();
    json_t *words = json_array();
    for (const struct hf_verb_option *o = verb->options; o && o->name; o++)
        append(options, option_json(o));
    for (size_t w = 0; w < 2 && verb->words[w]; w++)
        append(words, json_string(verb->words[w]));
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s?}", "name", verb->name, "arguments",
                     verb->arguments, "summary", verb->summary, "options", options, "words", words,
                     "note", verb->note);
}

static json_t *verbs_json(void)
{
    size_t count = 0;
    const struct hf_verb *verbs = hf_verbs(&count);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        append(list, verb_json(&verbs[i]));
    return list;
}

static json_t *exits_json(void)
{
    json_t *list = json_array();
#define EXIT(code, number, meaning)                                                                \
    append(list, json_pack("{s:i, s:s}", "number", number, "meaning", meaning));
    HF_EXITS(EXIT)
#undef EXIT
    return list;
}

static json_t *daemon_json(void)
{
    json_t *list = json_array();
#define ARGUMENT(letter, name, value, text, fallback)                                              \
    append(list, json_pack("{s:s, s:s, s:s, s:s}", "name", "--" name, "value", value, "text",      \
                           text, "default", fallback));
    HF_DAEMON_ARGUMENTS(ARGUMENT)
#undef ARGUMENT
    return list;
}

static void add_key(const struct hf_config_key *key, void *userdata)
{
    append(userdata, json_pack("{s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:s}", "section", key->section,
                               "path", key->path, "value", key->value, "default", key->fallback,
                               "required", key->required, "change", key->change, "doc", key->doc,
                               "engines", key->engines));
}

int main(void)
{
    json_t *keys = json_array();
    struct hf_strbuf HF_STRBUF_CLEANUP settings;
    hf_strbuf_init(&settings);
    hf_config_degraded_settings(&settings);
    bool known = hf_config_keys(add_key, keys) == 0 && hf_strbuf_ok(&settings);
    json_t *all = json_pack("{s:s, s:o, s:o, s:o, s:o, s:s}", "version", HF_VERSION, "verbs",
                            verbs_json(), "exits", exits_json(), "daemon", daemon_json(), "keys",
                            keys, "settings", settings.data);
    bool written = known && all && json_dumpf(all, stdout, JSON_INDENT(1)) == 0 &&
                   printf("\n") > 0 && fflush(stdout) == 0;
    json_decref(all);
    if (!written)
        (void)fputs("tables: the tables could not be written\n", stderr);
    return written ? 0 : 1;
}
