/* What differs between two specifications, key by key, and what applying it does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "config/kind.h"

/* The two versions of one entity, and where its changes go. */
struct pair {
    const struct hf_spec *from_spec;
    const struct hf_spec *to_spec;
    const void *from;
    const void *to;
    unsigned from_engine;
    unsigned to_engine;
    struct hf_config_change change; /* entity, verb and name are set */
    hf_config_change_fn *fn;
    void *userdata;
    bool failed;
};

/* The value as text; a word for a value that is not stated or not one for this engine. */
static void value_text(const struct hf_spec *spec, const struct hf_key *key, const void *entity,
                       unsigned engine_bit, struct hf_strbuf *out)
{
    hf_strbuf_init(out);
    if (hf_key_applies(key, engine_bit))
        hf_kind_format(spec, key, entity, out);
    if (out->length == 0)
        hf_strbuf_add(out, key->unset ? key->unset : "none");
}

static void diff_value(struct pair *pair, const struct hf_key *key, const char *path)
{
    struct hf_strbuf HF_STRBUF_CLEANUP from;
    struct hf_strbuf HF_STRBUF_CLEANUP to;
    value_text(pair->from_spec, key, pair->from, pair->from_engine, &from);
    value_text(pair->to_spec, key, pair->to, pair->to_engine, &to);
    if (!hf_strbuf_ok(&from) || !hf_strbuf_ok(&to)) {
        pair->failed = true;
        return;
    }
    if (strcmp(from.data, to.data) == 0)
        return;
    struct hf_config_change change = pair->change;
    change.key = path;
    change.from = from.data;
    change.to = to.data;
    change.effect = key->effect;
    pair->fn(&change, pair->userdata);
}

/* Depth is that of the tables: two or three levels. */
static void diff_keys(struct pair *pair, const struct hf_key *keys, const char *prefix)
{
    for (const struct hf_key *key = keys; key->name; key++) {
        char path[HF_READER_PATH_MAX];
        int length =
            snprintf(path, sizeof(path), "%s%s%s", prefix, prefix[0] ? "." : "", key->name);
        HF_ASSERT(length > 0 && (size_t)length < sizeof(path));
        if (key->kind == HF_KIND_MAP)
            diff_keys(pair, key->keys, path);
        else if (key->kind != HF_KIND_NODES && key->kind != HF_KIND_INSTANCES &&
                 hf_key_applies(key, pair->from_engine | pair->to_engine))
            diff_value(pair, key, path);
    }
}

static void report_whole(const struct pair *pair, enum hf_config_verb verb, const char *name,
                         enum hf_config_effect effect)
{
    struct hf_config_change change = pair->change;
    change.verb = verb;
    change.name = name;
    change.effect = effect;
    pair->fn(&change, pair->userdata);
}

static void diff_cluster(struct pair *pair)
{
    pair->change.entity = HF_CONFIG_CLUSTER;
    pair->change.name = pair->to_spec->cluster.name;
    if (!pair->from_spec->cluster.name[0]) {
        report_whole(pair, HF_CONFIG_ADDED, pair->change.name, HF_EFFECT_NONE);
        return;
    }
    pair->from = &pair->from_spec->cluster;
    pair->to = &pair->to_spec->cluster;
    diff_keys(pair, hf_cluster_keys, "");
}

static void diff_nodes(struct pair *pair)
{
    pair->change.entity = HF_CONFIG_NODE;
    for (unsigned i = 0; i < HF_NODES_MAX; i++) {
        const char *name = pair->from_spec->nodes[i].name;
        if (name[0] && hf_spec_find_node(pair->to_spec, name) == HF_NODE_NONE)
            report_whole(pair, HF_CONFIG_REMOVED, name, HF_EFFECT_LEAVE);
    }
    for (unsigned i = 0; i < HF_NODES_MAX; i++) {
        const struct hf_node_spec *to = &pair->to_spec->nodes[i];
        uint8_t slot = hf_spec_find_node(pair->from_spec, to->name);
        pair->change.name = to->name;
        pair->to = to;
        if (to->name[0] && slot == HF_NODE_NONE)
            report_whole(pair, HF_CONFIG_ADDED, to->name, HF_EFFECT_JOIN);
        else if (to->name[0]) {
            pair->from = &pair->from_spec->nodes[slot];
            diff_keys(pair, hf_node_keys, "");
        }
    }
}

static void diff_instance(struct pair *pair, const struct hf_instance_spec *from,
                          const struct hf_instance_spec *to)
{
    pair->change.name = to->name;
    pair->from = from;
    pair->to = to;
    pair->from_engine = HF_ENGINE_BIT(from->engine.type);
    pair->to_engine = HF_ENGINE_BIT(to->engine.type);
    diff_keys(pair, hf_instance_keys, "");
}

static void diff_instances(struct pair *pair)
{
    pair->change.entity = HF_CONFIG_INSTANCE;
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        const char *name = pair->from_spec->instances[i].name;
        if (name[0] && hf_spec_find_instance(pair->to_spec, name) == HF_INSTANCE_NONE)
            report_whole(pair, HF_CONFIG_REMOVED, name, HF_EFFECT_OFFLINE);
    }
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        const struct hf_instance_spec *to = &pair->to_spec->instances[i];
        uint16_t slot = hf_spec_find_instance(pair->from_spec, to->name);
        if (to->name[0] && slot == HF_INSTANCE_NONE)
            report_whole(pair, HF_CONFIG_ADDED, to->name,
                         to->online ? HF_EFFECT_START : HF_EFFECT_ADD);
        else if (to->name[0])
            diff_instance(pair, &pair->from_spec->instances[slot], to);
    }
}

int hf_config_diff(const struct hf_spec *from, const struct hf_spec *to, hf_config_change_fn *fn,
                   void *userdata)
{
    struct pair pair = {.from_spec = from,
                        .to_spec = to,
                        .change = {.verb = HF_CONFIG_CHANGED, .key = "", .from = "", .to = ""},
                        .fn = fn,
                        .userdata = userdata};
    diff_cluster(&pair);
    diff_nodes(&pair);
    diff_instances(&pair);
    return pair.failed ? -ENOMEM : 0;
}
