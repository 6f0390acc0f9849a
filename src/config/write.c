/* The specification as cluster.yaml: canonical, in the order of the tables, without defaults. */
#include <stdlib.h>
#include <string.h>

#include "config/kind.h"
#include "config/text.h"

/* A specification that nothing was done to: what a value is compared with. */
struct writer {
    const struct hf_spec *spec;
    struct hf_strbuf *out;
    struct hf_cluster_spec cluster;
    struct hf_node_spec node;
    struct hf_instance_spec instance;
};

/* A list of maps, an item a line. */
static void write_list(struct writer *w, const struct hf_key *key, const void *entity)
{
    struct hf_key one = *key;
    const uint8_t *count = (const uint8_t *)entity + key->count_offset;
    if (*count == 0)
        return;
    hf_strbuf_addf(w->out, "    %s:\n", key->name);
    for (unsigned i = 0; i < *count; i++) {
        static const _Alignas(max_align_t) unsigned char zero[1024];
        const char *item = (const char *)hf_kind_const_field(&one, entity) + i * key->stride;
        hf_strbuf_add(w->out, "      - ");
        hf_format_map(w->spec, key->keys, item, zero, 0, w->out);
        hf_strbuf_add(w->out, "\n");
    }
}

/* One line "key: value", or nothing when the value is the default. */
static void write_key(struct writer *w, const char *indent, const struct hf_key *key,
                      const void *entity, const void *defaults, unsigned engine_bit)
{
    struct hf_key alone[2] = {*key, {0}};
    struct hf_strbuf HF_STRBUF_CLEANUP map;
    hf_strbuf_init(&map);
    hf_format_map(w->spec, alone, entity, defaults, engine_bit, &map);
    if (!hf_strbuf_ok(&map))
        w->out->failed = true;
    if (map.length > 2) {
        hf_strbuf_add(w->out, indent);
        hf_strbuf_add_bytes(w->out, map.data + 1, map.length - 2); /* without its braces */
        hf_strbuf_add(w->out, "\n");
    }
}

static void write_nodes(struct writer *w)
{
    hf_strbuf_add(w->out, "nodes:\n");
    for (unsigned i = 0; i < HF_NODES_MAX; i++) {
        const struct hf_node_spec *node = &w->spec->nodes[i];
        if (!node->name[0])
            continue;
        hf_strbuf_add(w->out, "  ");
        hf_text_quote(w->out, node->name);
        hf_strbuf_add(w->out, ": ");
        hf_format_map(w->spec, hf_node_keys, node, &w->node, 0, w->out);
        hf_strbuf_add(w->out, "\n");
    }
}

static void write_instance(struct writer *w, const struct hf_instance_spec *instance)
{
    unsigned engine_bit = HF_ENGINE_BIT(instance->engine.type);
    hf_strbuf_add(w->out, "  ");
    hf_text_quote(w->out, instance->name);
    hf_strbuf_add(w->out, ":\n");
    for (const struct hf_key *key = hf_instance_keys; key->name; key++)
        if (key->kind == HF_KIND_LIST)
            write_list(w, key, instance);
        else
            write_key(w, "    ", key, instance, &w->instance, engine_bit);
}

static void write_instances(struct writer *w)
{
    bool first = true;
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        if (!w->spec->instances[i].name[0])
            continue;
        if (first)
            hf_strbuf_add(w->out, "instances:\n");
        first = false;
        write_instance(w, &w->spec->instances[i]);
    }
}

int hf_config_write(const struct hf_spec *spec, struct hf_strbuf *out)
{
    struct writer *w = calloc(1, sizeof(*w));
    if (!w)
        return -ENOMEM;
    w->spec = spec;
    w->out = out;
    hf_cluster_spec_init(&w->cluster);
    hf_node_spec_init(&w->node);
    hf_instance_spec_init(&w->instance);
    for (const struct hf_key *key = hf_cluster_keys; key->name; key++)
        if (key->kind == HF_KIND_NODES)
            write_nodes(w);
        else if (key->kind == HF_KIND_INSTANCES)
            write_instances(w);
        else
            write_key(w, "", key, &spec->cluster, &w->cluster, 0);
    free(w);
    return hf_strbuf_ok(out) ? 0 : -ENOMEM;
}
