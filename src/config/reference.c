/* The key reference of docs/CLUSTER_YAML.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "config/engine_settings.h"
#include "config/kind.h"

/* Default values to show: those of fresh entities. */
struct defaults {
    struct hf_spec spec;
    struct hf_disk_spec disk;
    struct hf_database_spec database;
};

static const char *effect_text(const struct hf_key *key)
{
    switch (key->effect) {
    case HF_EFFECT_MAY_MOVE:
        return "may move";
    case HF_EFFECT_NEXT_START:
        return "next start";
    case HF_EFFECT_OFFLINE:
        return "offline first";
    case HF_EFFECT_REJOIN:
        return "remove and join";
    case HF_EFFECT_FIXED:
        return "fixed";
    case HF_EFFECT_NONE:
    case HF_EFFECT_START:
    case HF_EFFECT_ADD:
    case HF_EFFECT_JOIN:
    case HF_EFFECT_LEAVE:
        return "nothing restarts";
    }
    return "";
}

static void add_default(const struct defaults *d, const struct hf_key *key, const void *entity,
                        struct hf_strbuf *out)
{
    size_t length = out->length;
    if (key->required)
        hf_strbuf_add(out, "**required**");
    else if (key->kind == HF_KIND_MAP || key->kind == HF_KIND_INSTANCES)
        hf_strbuf_add(out, "");
    else
        hf_kind_format(&d->spec, key, entity, out);
    if (out->length == length && key->unset)
        hf_strbuf_add(out, key->unset);
}

static void add_engines(const struct hf_key *key, struct hf_strbuf *out)
{
    const char *separator = " (";
    for (unsigned i = 0; key->engines && hf_engine_names[i]; i++)
        if (hf_key_applies(key, HF_ENGINE_BIT(i))) {
            hf_strbuf_addf(out, "%s%s", separator, hf_engine_names[i]);
            separator = ", ";
        }
    if (separator[0] == ',')
        hf_strbuf_add(out, ")");
}

static void add_row(const struct defaults *d, const struct hf_key *key, const char *path,
                    const void *entity, struct hf_strbuf *out)
{
    bool leaf =
        key->kind != HF_KIND_MAP && key->kind != HF_KIND_NODES && key->kind != HF_KIND_INSTANCES;
    hf_strbuf_addf(out, "| `%s` | ", path);
    hf_kind_describe(key, out);
    hf_strbuf_add(out, " | ");
    add_default(d, key, entity, out);
    hf_strbuf_addf(out, " | %s | %s", leaf ? effect_text(key) : "", key->doc);
    add_engines(key, out);
    hf_strbuf_add(out, " |\n");
}

static void add_rows(const struct defaults *d, const struct hf_key *keys, const char *prefix,
                     const void *entity, struct hf_strbuf *out)
{
    for (const struct hf_key *key = keys; key->name; key++) {
        char path[HF_READER_PATH_MAX];
        int length =
            snprintf(path, sizeof(path), "%s%s%s", prefix, prefix[0] ? "." : "", key->name);
        HF_ASSERT(length > 0 && (size_t)length < sizeof(path));
        add_row(d, key, path, entity, out);
        if (key->kind == HF_KIND_MAP)
            add_rows(d, key->keys, path, entity, out);
    }
}

/* A disk or a database; a change of one is a change of its list. */
static void add_item_rows(const struct defaults *d, const char *list, const void *item,
                          struct hf_strbuf *out)
{
    const struct hf_key *key = hf_key_find(hf_instance_keys, list);
    for (const struct hf_key *inner = key->keys; inner->name; inner++) {
        struct hf_key row = *inner;
        row.effect = key->effect;
        add_row(d, &row, row.name, item, out);
    }
}

static void add_heading(const char *title, struct hf_strbuf *out)
{
    hf_strbuf_addf(out, "\n### %s\n\n| key | value | default | a change | meaning |\n", title);
    hf_strbuf_add(out, "| --- | --- | --- | --- | --- |\n");
}

int hf_config_reference(struct hf_strbuf *out)
{
    struct defaults *d = calloc(1, sizeof(*d));
    if (!d)
        return -ENOMEM;
    hf_cluster_spec_init(&d->spec.cluster);
    hf_node_spec_init(&d->spec.nodes[0]);
    hf_instance_spec_init(&d->spec.instances[0]);
    add_heading("The cluster", out);
    add_rows(d, hf_cluster_keys, "", &d->spec.cluster, out);
    add_heading("A node, under `nodes: NAME:`", out);
    add_rows(d, hf_node_keys, "", &d->spec.nodes[0], out);
    add_heading("An instance, under `instances: NAME:`", out);
    add_rows(d, hf_instance_keys, "", &d->spec.instances[0], out);
    hf_strbuf_add(out, "\n`degraded.settings` of a postgresql instance may state: ");
    hf_setting_list(out);
    hf_strbuf_add(out, ".\n");
    add_heading("A disk, an entry of `disks`", out);
    add_item_rows(d, "disks", &d->disk, out);
    add_heading("A database, an entry of `databases`", out);
    add_item_rows(d, "databases", &d->database, out);
    free(d);
    return hf_strbuf_ok(out) ? 0 : -ENOMEM;
}
