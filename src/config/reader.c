#include "config/reader.h"

#include <stdio.h>
#include <string.h>

#include "config/errors.h"
#include "config/kind.h"

void hf_fault(struct hf_reader *r, const struct hf_yaml *yaml, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    hf_errors_addv(r->errors, r->file_name, yaml->line, yaml->column, r->where, format, args);
    va_end(args);
}

void hf_reader_enter(struct hf_reader *r, const char *what, const char *name)
{
    (void)snprintf(r->where, sizeof(r->where), "%s%s%s", what, what[0] ? " " : "", name);
    r->path[0] = '\0';
}

const char *hf_read_scalar(struct hf_reader *r, const struct hf_yaml *yaml)
{
    if (yaml->type != HF_YAML_SCALAR) {
        hf_fault(r, yaml, "%s must be a single value, not a %s.\n  Write `%s: VALUE`.", r->path,
                 yaml->type == HF_YAML_MAP ? "map" : "list", yaml->key ? yaml->key->text : "KEY");
        return NULL;
    }
    if (hf_yaml_is_null(yaml)) {
        hf_fault(r, yaml, "%s has no value.\n  Write one, or remove the key.", r->path);
        return NULL;
    }
    return yaml->text;
}

bool hf_read_is_list(struct hf_reader *r, const struct hf_yaml *yaml, int64_t max)
{
    if (yaml->type != HF_YAML_LIST) {
        hf_fault(r, yaml, "%s must be a list.\n  Write it in brackets, also with one entry: [...].",
                 r->path);
        return false;
    }
    if (yaml->count > max) {
        hf_fault(r, yaml, "%s has %u entries; at most %lld are possible.\n  Remove some.", r->path,
                 yaml->count, (long long)max);
        return false;
    }
    return true;
}

/* Adds .name to the path; returns the length to cut it back to. */
static size_t path_push(struct hf_reader *r, const char *name)
{
    size_t length = strlen(r->path);
    (void)snprintf(r->path + length, sizeof(r->path) - length, "%s%s", length ? "." : "", name);
    return length;
}

static void unknown_key(struct hf_reader *r, const struct hf_key *keys, const struct hf_yaml *name)
{
    const struct hf_key *nearest = hf_key_nearest(keys, name->text);
    if (nearest) {
        hf_fault(r, name, "unknown key \"%.60s\".\n  Did you mean `%s`?", name->text,
                 nearest->name);
        return;
    }
    char known[400] = "";
    size_t used = 0;
    for (const struct hf_key *key = keys; key->name && used < sizeof(known); key++)
        used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", used ? ", " : "",
                                 key->name);
    hf_fault(r, name, "unknown key \"%.60s\".\n  Remove it; known here: %s.", name->text, known);
}

/* "ocf", or "postgresql or mariadb": the engines a key is for. */
static const char *engines_text(const struct hf_key *key, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (unsigned i = 0; hf_engine_names[i]; i++)
        if (hf_key_applies(key, HF_ENGINE_BIT(i)) && used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " or " : "",
                                     hf_engine_names[i]);
    return text;
}

static const struct hf_yaml *find_earlier(const struct hf_yaml *map, const struct hf_yaml *entry)
{
    for (const struct hf_yaml *child = map->first; child != entry; child = child->next)
        if (strcmp(child->key->text, entry->key->text) == 0)
            return child;
    return NULL;
}

static void read_entry(struct hf_reader *r, const struct hf_key *keys, const struct hf_yaml *map,
                       const struct hf_yaml *entry, void *entity)
{
    const struct hf_key *key = hf_key_find(keys, entry->key->text);
    const struct hf_yaml *earlier = find_earlier(map, entry);
    char engines[64];
    if (!key)
        unknown_key(r, keys, entry->key);
    else if (earlier)
        hf_fault(r, entry->key, "key \"%s\" stands twice; the first is on line %u.\n  Remove one.",
                 key->name, earlier->key->line);
    else if (!hf_key_applies(key, r->engine_bit))
        hf_fault(r, entry->key,
                 "key \"%s\" is for an engine of type %s.\n"
                 "  Remove it, or correct engine.type.",
                 key->name, engines_text(key, engines, sizeof(engines)));
    else {
        size_t length = path_push(r, key->name);
        hf_kind_read(r, key, entry, entity);
        r->path[length] = '\0';
    }
}

static void missing_key(struct hf_reader *r, const struct hf_key *key, const struct hf_yaml *map)
{
    size_t length = path_push(r, key->name);
    if (key->example)
        hf_fault(r, map, "%s is missing: %s.\n  Add it, such as `%s: %s`.", r->path, key->doc,
                 key->name, key->example);
    else
        hf_fault(r, map, "%s is missing: %s.\n  Add it; `holdfast sample` shows how.", r->path,
                 key->doc);
    r->path[length] = '\0';
}

/* Required here; while the engine is unknown, nothing that depends on it is. */
static bool is_wanted(const struct hf_reader *r, const struct hf_key *key)
{
    if (!key->required || !hf_key_applies(key, r->engine_bit))
        return false;
    return key->engines == 0 || r->engine_bit != HF_ENGINE_ALL;
}

void hf_read_map(struct hf_reader *r, const struct hf_key *keys, const struct hf_yaml *yaml,
                 void *entity)
{
    if (yaml->type != HF_YAML_MAP) {
        hf_fault(r, yaml, "%s%smust be a map of keys and values.\n  Write {key: value}.", r->path,
                 r->path[0] ? " " : "");
        return;
    }
    for (const struct hf_yaml *entry = yaml->first; entry; entry = entry->next)
        read_entry(r, keys, yaml, entry, entity);
    for (const struct hf_key *key = keys; key->name; key++)
        if (is_wanted(r, key) && !hf_yaml_get(yaml, key->name))
            missing_key(r, key, yaml);
}
