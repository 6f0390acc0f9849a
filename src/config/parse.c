#include <stdlib.h>
#include <string.h>

#include "config/check.h"
#include "config/config.h"

static void read_and_check(struct hf_reader *r)
{
    hf_read_spec(r);
    hf_check_addresses(r);
    hf_check_disks(r);
    hf_check_owners(r);
    hf_check_names(r);
    hf_check_relations(r);
    hf_check_degraded(r);
    hf_check_timings(r);
}

int hf_config_parse(const char *file_name, const char *text, size_t length,
                    const struct hf_spec *current, struct hf_spec *ret_spec,
                    struct hf_config_errors *errors)
{
    struct hf_yaml_document *document = NULL;
    errors->count = 0;
    errors->left_out = 0;
    int result = hf_yaml_load(file_name, text, length, errors, &document);
    if (result != 0)
        return result;
    struct hf_spec *spec = calloc(1, sizeof(*spec));
    struct hf_reader reader = {.file_name = file_name,
                               .errors = errors,
                               .spec = spec,
                               .current = current,
                               .root = hf_yaml_root(document)};
    if (spec)
        read_and_check(&reader);
    if (!spec || reader.failed)
        result = -ENOMEM;
    else if (errors->count > 0)
        result = HF_CONFIG_INVALID;
    else
        memcpy(ret_spec, spec, sizeof(*spec));
    free(spec);
    hf_yaml_free(document);
    return result;
}

static void check_members(struct hf_reader *r, const struct hf_spec *members)
{
    const struct hf_yaml *nodes = hf_yaml_get(r->root, "nodes");
    for (const struct hf_yaml *node = nodes && nodes->type == HF_YAML_MAP ? nodes->first : NULL;
         node; node = node->next) {
        hf_reader_enter(r, "node", node->key->text);
        if (hf_spec_find_node(members, node->key->text) == HF_NODE_NONE)
            hf_fault(r, node->key,
                     "it is not a member of the cluster.\n"
                     "  Run `holdfast join` on it first, or remove it here.");
    }
    for (unsigned i = 0; i < HF_NODES_MAX; i++) {
        const char *name = members->nodes[i].name;
        hf_reader_enter(r, "node", name);
        if (name[0] && !hf_yaml_get(nodes, name))
            hf_fault(r, nodes ? nodes : r->root,
                     "it is a member of the cluster, but missing here.\n"
                     "  Add it: this version cannot remove %s from the cluster.",
                     name);
    }
}

int hf_config_check_members(const char *file_name, const char *text, size_t length,
                            const struct hf_spec *members, struct hf_config_errors *errors)
{
    struct hf_yaml_document *document = NULL;
    errors->count = 0;
    errors->left_out = 0;
    int result = hf_yaml_load(file_name, text, length, errors, &document);
    if (result != 0)
        return result;
    struct hf_reader reader = {
        .file_name = file_name, .errors = errors, .root = hf_yaml_root(document)};
    check_members(&reader, members);
    hf_yaml_free(document);
    return errors->count > 0 ? HF_CONFIG_INVALID : 0;
}
