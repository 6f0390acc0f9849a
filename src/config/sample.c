/*
 * A cluster.yaml to start from. Required keys stand as they are; the others are commented out with
 * "#" and no space after it, so that removing the "#" puts one in force.
 */
#include "config/kind.h"

static void add_keys(const struct hf_key *keys, unsigned indent, bool quiet, struct hf_strbuf *out);

/* Indents a line; the "#" of a key that is commented out stands at the end of the indentation. */
static void add_indent(unsigned indent, bool quiet, struct hf_strbuf *out)
{
    hf_strbuf_addf(out, "%*s%s", (int)indent, "", quiet ? "#" : "");
}

/* A list of maps: one entry, all its keys in one line. */
static void add_list(const struct hf_key *key, unsigned indent, bool quiet, struct hf_strbuf *out)
{
    add_indent(indent, quiet, out);
    hf_strbuf_addf(out, "%s: [", key->name);
    const char *separator = "{";
    for (const struct hf_key *inner = key->keys; inner->name; inner++) {
        hf_strbuf_addf(out, "%s%s: %s", separator, inner->name, inner->example);
        separator = ", ";
    }
    hf_strbuf_add(out, "}]\n");
}

static void add_entities(const struct hf_key *key, unsigned indent, struct hf_strbuf *out)
{
    hf_strbuf_addf(out, "%s:\n", key->name);
    if (key->kind == HF_KIND_INSTANCES) {
        hf_strbuf_add(out, "  msgbox:\n");
        add_keys(key->keys, indent + 4, false, out);
        return;
    }
    hf_strbuf_add(out, "  db1:\n");
    add_keys(key->keys, indent + 4, false, out);
    for (unsigned i = 2; i <= 3; i++)
        hf_strbuf_addf(out, "  db%u: {public: 10.77.0.1%u, private: 10.77.1.1%u}\n", i, i, i);
}

static void add_key(const struct hf_key *key, unsigned indent, bool quiet, struct hf_strbuf *out)
{
    quiet |= !key->required && !key->shown;
    hf_strbuf_addf(out, "%*s# %s\n", (int)indent, "", key->doc);
    if (key->kind == HF_KIND_NODES || key->kind == HF_KIND_INSTANCES)
        add_entities(key, indent, out);
    else if (key->kind == HF_KIND_LIST)
        add_list(key, indent, quiet, out);
    else if (key->kind == HF_KIND_MAP) {
        add_indent(indent, quiet, out);
        hf_strbuf_addf(out, "%s:\n", key->name);
        add_keys(key->keys, indent + 2, quiet, out);
    } else {
        add_indent(indent, quiet, out);
        hf_strbuf_addf(out, "%s: %s\n", key->name, key->example);
    }
}

static void add_keys(const struct hf_key *keys, unsigned indent, bool quiet, struct hf_strbuf *out)
{
    for (const struct hf_key *key = keys; key->name; key++)
        if (hf_key_applies(key, HF_ENGINE_BIT(HF_ENGINE_POSTGRESQL)))
            add_key(key, indent, quiet, out);
}

int hf_config_sample(struct hf_strbuf *out)
{
    hf_strbuf_add(out,
                  "# A Holdfast cluster. Keys after a # have their default or are not stated;\n"
                  "# remove the # to set one. docs/CLUSTER_YAML.md explains each.\n\n");
    add_keys(hf_cluster_keys, 0, false, out);
    return hf_strbuf_ok(out) ? 0 : -ENOMEM;
}
