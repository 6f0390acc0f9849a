/* The whole tree into the specification: slots for names first, then each body. */
#include <string.h>

#include "base/assert.h"
#include "config/kind.h"

static unsigned engine_bit(const struct hf_yaml *instance)
{
    const struct hf_yaml *type = hf_yaml_get(hf_yaml_get(instance, "engine"), "type");
    for (unsigned i = 0; type && hf_engine_names[i]; i++)
        if (strcmp(type->text, hf_engine_names[i]) == 0)
            return HF_ENGINE_BIT(i);
    return HF_ENGINE_ALL;
}

static void read_nodes(struct hf_reader *r)
{
    for (unsigned i = 0; i < HF_NODES_MAX; i++) {
        struct hf_node_spec *node = &r->spec->nodes[i];
        if (!r->nodes[i])
            continue;
        hf_reader_enter(r, "node", node->name);
        hf_read_map(r, hf_node_keys, r->nodes[i], node);
    }
}

static void read_instances(struct hf_reader *r)
{
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        struct hf_instance_spec *instance = &r->spec->instances[i];
        if (!r->instances[i])
            continue;
        hf_reader_enter(r, "instance", instance->name);
        r->engine_bit = engine_bit(r->instances[i]);
        hf_read_map(r, hf_instance_keys, r->instances[i], instance);
    }
}

void hf_read_spec(struct hf_reader *r)
{
    struct hf_cluster_spec *cluster = &r->spec->cluster;
    hf_cluster_spec_init(cluster);
    if (r->current) {
        memcpy(cluster->ext, r->current->cluster.ext, sizeof(cluster->ext));
        cluster->ext_len = r->current->cluster.ext_len;
    }
    hf_read_names(r);
    hf_reader_enter(r, "", "");
    r->engine_bit = HF_ENGINE_ALL;
    hf_read_map(r, hf_cluster_keys, r->root, cluster);
    read_nodes(r);
    read_instances(r);
}
