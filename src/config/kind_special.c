/* Values with a shape of their own: engine settings, fencing levels, failback. */
#include <string.h>

#include "config/kind.h"
#include "config/text.h"
#include "config/unit.h"

/* A name of a setting: letters, digits, _ . -; so that " = " ends it. */
static bool is_setting_name(const char *text)
{
    for (const char *c = text; *c; c++)
        if (!hf_text_alnum(*c) && !strchr("_.-", *c))
            return false;
    return text[0] != '\0';
}

static bool setting_repeats(struct hf_reader *r, const struct hf_yaml *map,
                            const struct hf_yaml *entry)
{
    const struct hf_yaml *first = hf_yaml_get(map, entry->key->text);
    if (first == entry)
        return false;
    hf_fault(r, entry->key, "%s: \"%.60s\" stands twice; the first is on line %u.\n  Remove one.",
             r->path, entry->key->text, first->key->line);
    return true;
}

static bool read_setting(struct hf_reader *r, const struct hf_yaml *map,
                         const struct hf_yaml *entry, struct hf_strbuf *lines)
{
    const char *name = entry->key->text;
    if (!is_setting_name(name)) {
        hf_fault(r, entry->key,
                 "%s: \"%.60s\" is not a name of a setting.\n"
                 "  Use letters, digits, _ . and -.",
                 r->path, name);
        return false;
    }
    if (setting_repeats(r, map, entry))
        return false;
    const char *value = hf_read_scalar(r, entry);
    if (!value)
        return false;
    hf_strbuf_addf(lines, "%s = %s\n", name, value);
    return true;
}

static void read_settings(struct hf_reader *r, const struct hf_key *key, const struct hf_yaml *yaml,
                          void *entity)
{
    struct hf_strbuf HF_STRBUF_CLEANUP lines;
    hf_strbuf_init(&lines);
    if (yaml->type != HF_YAML_MAP) {
        hf_fault(r, yaml, "%s must be a map of settings.\n  Write it like `%s: %s`.", r->path,
                 key->name, key->example);
        return;
    }
    for (const struct hf_yaml *entry = yaml->first; entry; entry = entry->next)
        if (!read_setting(r, yaml, entry, &lines))
            return;
    (void)hf_kind_copy(r, yaml, lines.data, hf_kind_field(key, entity), key->size);
}

/* Appends one "key = value" line as "key: value"; returns where the next line begins. */
static const char *format_setting(const char *line, struct hf_strbuf *out)
{
    char part[HF_SETTINGS_MAX];
    size_t length = strcspn(line, "\n");
    size_t name = strcspn(line, " ");
    size_t value = name + 3 < length ? name + 3 : length;
    hf_strbuf_add_bytes(out, line, name);
    hf_strbuf_add(out, ": ");
    memcpy(part, line + value, length - value);
    part[length - value] = '\0';
    hf_text_quote(out, part);
    return line[length] ? line + length + 1 : line + length;
}

static void format_settings(const struct hf_spec *spec, const struct hf_key *key,
                            const void *entity, struct hf_strbuf *out)
{
    const char *lines = hf_kind_const_field(key, entity);
    (void)spec;
    if (!lines[0])
        return;
    const char *separator = "{";
    for (const char *line = lines; *line; separator = ", ") {
        hf_strbuf_add(out, separator);
        line = format_setting(line, out);
    }
    hf_strbuf_add(out, "}");
}

static const struct hf_key agent_keys[] = {
    {.name = "agent",
     .kind = HF_KIND_WORD,
     .required = true,
     HF_FIELD(hf_cluster_spec, fence_agent),
     .example = "fence_ipmilan",
     .doc = "the fence agent's program"},
    {.name = "options_file",
     .kind = HF_KIND_PATH,
     .required = true,
     HF_FIELD(hf_cluster_spec, fence_options_file),
     .example = "/etc/holdfast/ipmi.conf",
     .doc = "the file with its options, readable by root only"},
    {0},
};

/* The level that an item names; negative (and an error) when it is none. */
static int read_level(struct hf_reader *r, const struct hf_yaml *item,
                      struct hf_cluster_spec *cluster)
{
    if (item->type == HF_YAML_MAP) {
        if (!cluster->fence_agent[0])
            hf_read_map(r, agent_keys, item, cluster);
        return HF_FENCING_AGENT;
    }
    if (strcmp(item->text, "reservation") == 0)
        return HF_FENCING_RESERVATION;
    if (strcmp(item->text, "watchdog") == 0)
        return HF_FENCING_WATCHDOG;
    hf_fault(r, item,
             "%s: \"%.60s\" is not known.\n  It may be one of: reservation, watchdog, "
             "{agent: NAME, options_file: PATH}.",
             r->path, item->text);
    return -1;
}

static void read_fencing(struct hf_reader *r, const struct hf_key *key, const struct hf_yaml *yaml,
                         void *entity)
{
    struct hf_cluster_spec *cluster = entity;
    unsigned seen = 0;
    (void)key;
    if (!hf_read_is_list(r, yaml, HF_FENCING_MAX))
        return;
    if (yaml->count == 0)
        hf_fault(r, yaml,
                 "%s is empty: no failed node could be kept from writing.\n"
                 "  Name at least one level, such as `fencing: [reservation]`.",
                 r->path);
    cluster->fencing_count = 0;
    memset(cluster->fencing, 0, sizeof(cluster->fencing));
    for (const struct hf_yaml *item = yaml->first; item; item = item->next) {
        int level = read_level(r, item, cluster);
        if (level >= 0 && (seen >> level & 1)) {
            hf_fault(r, item,
                     "%s names the same kind of level twice.\n  Remove one; one fence "
                     "agent is possible.",
                     r->path);
        } else if (level >= 0) {
            seen |= 1u << level;
            cluster->fencing[cluster->fencing_count++] = (uint8_t)level;
        }
    }
}

static void format_fencing(const struct hf_spec *spec, const struct hf_key *key, const void *entity,
                           struct hf_strbuf *out)
{
    const struct hf_cluster_spec *cluster = entity;
    (void)spec;
    (void)key;
    for (unsigned i = 0; i < cluster->fencing_count; i++) {
        hf_strbuf_add(out, i == 0 ? "[" : ", ");
        if (cluster->fencing[i] == HF_FENCING_RESERVATION)
            hf_strbuf_add(out, "reservation");
        else if (cluster->fencing[i] == HF_FENCING_WATCHDOG)
            hf_strbuf_add(out, "watchdog");
        else {
            hf_strbuf_add(out, "{agent: ");
            hf_text_quote(out, cluster->fence_agent);
            hf_strbuf_add(out, ", options_file: ");
            hf_text_quote(out, cluster->fence_options_file);
            hf_strbuf_add(out, "}");
        }
    }
    hf_strbuf_add(out, "]");
}

static bool read_window(const struct hf_yaml *yaml, struct hf_instance_spec *instance)
{
    const struct hf_yaml *window = hf_yaml_get(yaml, "window");
    if (!window || yaml->count != 1 || window->type != HF_YAML_SCALAR)
        return false;
    instance->failback = HF_FAILBACK_WINDOW;
    return hf_window_parse(window->text, &instance->failback_from_min, &instance->failback_to_min);
}

static void read_failback(struct hf_reader *r, const struct hf_key *key, const struct hf_yaml *yaml,
                          void *entity)
{
    struct hf_instance_spec *instance = entity;
    (void)key;
    if (strcmp(yaml->text, "never") == 0)
        instance->failback = HF_FAILBACK_NEVER;
    else if (strcmp(yaml->text, "immediate") == 0)
        instance->failback = HF_FAILBACK_IMMEDIATE;
    else if (!read_window(yaml, instance))
        hf_fault(r, yaml,
                 "%s must be never, immediate or {window: \"HH:MM-HH:MM\"}.\n"
                 "  Write a window like `failback: {window: \"02:00-04:00\"}`.",
                 r->path);
}

static void format_failback(const struct hf_spec *spec, const struct hf_key *key,
                            const void *entity, struct hf_strbuf *out)
{
    const struct hf_instance_spec *instance = entity;
    unsigned from = instance->failback_from_min;
    unsigned to = instance->failback_to_min;
    (void)spec;
    (void)key;
    if (instance->failback == HF_FAILBACK_WINDOW)
        hf_strbuf_addf(out, "{window: \"%02u:%02u-%02u:%02u\"}", from / 60, from % 60, to / 60,
                       to % 60);
    else
        hf_strbuf_add(out, instance->failback == HF_FAILBACK_NEVER ? "never" : "immediate");
}

const struct hf_kind_row hf_kind_specials[] = {
    {HF_KIND_SETTINGS, read_settings, format_settings, "map of settings"},
    {HF_KIND_FENCING, read_fencing, format_fencing, "list of levels"},
    {HF_KIND_FAILBACK, read_failback, format_failback, "never, immediate or {window: ...}"},
    {0},
};
