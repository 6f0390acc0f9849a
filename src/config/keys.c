/* Every key of cluster.yaml as people read of it: the tables of schema_*.c, with their defaults. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "config/engine_settings.h"
#include "config/kind.h"

/* Default values to show are those of fresh entities. */
struct walk {
    hf_config_key_fn *fn;
    void *userdata;
    const char *section;
    bool failed;
    struct hf_spec spec;
    struct hf_disk_spec disk;
    struct hf_database_spec database;
    struct hf_check_spec check;
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

static void add_default(const struct walk *walk, const struct hf_key *key, const void *entity,
                        struct hf_strbuf *out)
{
    bool map = key->kind == HF_KIND_MAP || key->kind == HF_KIND_INSTANCES;
    if (key->required)
        return;
    if (!map)
        hf_kind_format(&walk->spec, key, entity, out);
    if (out->length == 0 && key->unset)
        hf_strbuf_add(out, key->unset);
}

static void add_engines(const struct hf_key *key, struct hf_strbuf *out)
{
    for (unsigned i = 0; key->engines && hf_engine_names[i]; i++)
        if (hf_key_applies(key, HF_ENGINE_BIT(i)))
            hf_strbuf_addf(out, "%s%s", out->length ? ", " : "", hf_engine_names[i]);
}

static void tell(struct walk *walk, const struct hf_key *key, const char *path, const void *entity)
{
    bool leaf =
        key->kind != HF_KIND_MAP && key->kind != HF_KIND_NODES && key->kind != HF_KIND_INSTANCES;
    struct hf_strbuf HF_STRBUF_CLEANUP value;
    struct hf_strbuf HF_STRBUF_CLEANUP fallback;
    struct hf_strbuf HF_STRBUF_CLEANUP engines;
    hf_strbuf_init(&value);
    hf_strbuf_init(&fallback);
    hf_strbuf_init(&engines);
    hf_kind_describe(key, &value);
    add_default(walk, key, entity, &fallback);
    add_engines(key, &engines);
    walk->failed |= !hf_strbuf_ok(&value) || !hf_strbuf_ok(&fallback) || !hf_strbuf_ok(&engines);
    const struct hf_config_key row = {.section = walk->section,
                                      .path = path,
                                      .value = value.data,
                                      .fallback = fallback.data,
                                      .change = leaf ? effect_text(key) : "",
                                      .doc = key->doc,
                                      .engines = engines.data,
                                      .required = key->required};
    walk->fn(&row, walk->userdata);
}

static void tell_keys(struct walk *walk, const struct hf_key *keys, const char *prefix,
                      const void *entity)
{
    for (const struct hf_key *key = keys; key->name; key++) {
        char path[HF_READER_PATH_MAX];
        int length =
            snprintf(path, sizeof(path), "%s%s%s", prefix, prefix[0] ? "." : "", key->name);
        HF_ASSERT(length > 0 && (size_t)length < sizeof(path));
        tell(walk, key, path, entity);
        if (key->kind == HF_KIND_MAP)
            tell_keys(walk, key->keys, path, entity);
    }
}

/* A disk, a database, a check; a change of one is a change of its list. */
static void tell_items(struct walk *walk, const struct hf_key *keys, const char *list,
                       const void *item)
{
    const struct hf_key *key = hf_key_find(keys, list);
    for (const struct hf_key *inner = key->keys; inner->name; inner++) {
        struct hf_key row = *inner;
        row.effect = key->effect;
        tell(walk, &row, row.name, item);
    }
}

int hf_config_keys(hf_config_key_fn *fn, void *userdata)
{
    struct walk *walk = calloc(1, sizeof(*walk));
    if (!walk)
        return -ENOMEM;
    walk->fn = fn;
    walk->userdata = userdata;
    hf_cluster_spec_init(&walk->spec.cluster);
    hf_node_spec_init(&walk->spec.nodes[0]);
    hf_instance_spec_init(&walk->spec.instances[0]);
    walk->section = "The cluster";
    tell_keys(walk, hf_cluster_keys, "", &walk->spec.cluster);
    walk->section = "A node, under `nodes: NAME:`";
    tell_keys(walk, hf_node_keys, "", &walk->spec.nodes[0]);
    walk->section = "An instance, under `instances: NAME:`";
    tell_keys(walk, hf_instance_keys, "", &walk->spec.instances[0]);
    walk->section = "A disk, an entry of `disks`";
    tell_items(walk, hf_instance_keys, "disks", &walk->disk);
    walk->section = "A database, an entry of `databases`";
    tell_items(walk, hf_instance_keys, "databases", &walk->database);
    walk->section = "A check of an engine, an entry of `health.checks`";
    tell_items(walk, hf_key_find(hf_instance_keys, "health")->keys, "checks", &walk->check);
    bool failed = walk->failed;
    free(walk);
    return failed ? -ENOMEM : 0;
}

void hf_config_degraded_settings(struct hf_strbuf *out)
{
    hf_setting_list(out);
}
