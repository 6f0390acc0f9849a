#include "core/spec.h"

#include <string.h>

void hf_cluster_spec_init(struct hf_cluster_spec *cluster)
{
    memset(cluster, 0, sizeof(*cluster));
    cluster->edition = HF_EDITION_ENTERPRISE;
    cluster->fencing_count = 2;
    cluster->fencing[0] = HF_FENCING_RESERVATION;
    cluster->fencing[1] = HF_FENCING_WATCHDOG;
    cluster->reserve_percent = 10;
    cluster->token_ms = 500;
    cluster->quorum_loss_stop_ms = 5000;
    cluster->daemon_grace_ms = 5000;
    cluster->watchdog_ms = 15000;
    cluster->key_watch_ms = 250;
    cluster->quarantine_failures = 3;
    cluster->quarantine_period_ms = 60 * 60 * 1000;
}

void hf_node_spec_init(struct hf_node_spec *node)
{
    memset(node, 0, sizeof(*node));
    node->role = HF_ROLE_ACTIVE;
}

void hf_instance_spec_init(struct hf_instance_spec *instance)
{
    memset(instance, 0, sizeof(*instance));
    instance->online = true;
    instance->failback = HF_FAILBACK_NEVER;
    instance->health.level = 3;
    instance->health.timeout_ms = 30 * 1000;
    instance->failure.restarts = 3;
    instance->failure.restart_period_ms = 15 * 60 * 1000;
    instance->failure.failovers = 0;
    instance->failure.failover_period_ms = 6 * 60 * 60 * 1000;
    instance->failure.retry_ms = 60 * 60 * 1000;
    instance->start_timeout_ms = 60 * 1000;
    instance->stop_timeout_ms = 60 * 1000;
}

void hf_spec_copy(struct hf_spec *to, const struct hf_spec *from, size_t nodes, size_t instances)
{
    to->cluster = from->cluster;
    memcpy(to->nodes, from->nodes, nodes * sizeof(to->nodes[0]));
    memcpy(to->instances, from->instances, instances * sizeof(to->instances[0]));
}

uint8_t hf_spec_find_node(const struct hf_spec *spec, const char *name)
{
    if (!name[0])
        return HF_NODE_NONE;
    for (uint8_t i = 0; i < HF_NODES_MAX; i++)
        if (strcmp(spec->nodes[i].name, name) == 0)
            return i;
    return HF_NODE_NONE;
}

uint16_t hf_spec_find_instance(const struct hf_spec *spec, const char *name)
{
    if (!name[0])
        return HF_INSTANCE_NONE;
    for (uint16_t i = 0; i < HF_INSTANCES_MAX; i++)
        if (strcmp(spec->instances[i].name, name) == 0)
            return i;
    return HF_INSTANCE_NONE;
}

uint64_t hf_spec_nodes(const struct hf_spec *spec)
{
    uint64_t nodes = 0;
    for (unsigned i = 0; i < HF_NODES_MAX; i++)
        if (spec->nodes[i].name[0])
            nodes |= UINT64_C(1) << i;
    return nodes;
}

static uint64_t preferred_set(const struct hf_instance_spec *instance)
{
    uint64_t nodes = 0;
    for (unsigned i = 0; i < instance->preferred_count && i < HF_NODES_MAX; i++)
        if (instance->preferred[i] < HF_NODES_MAX)
            nodes |= UINT64_C(1) << instance->preferred[i];
    return nodes;
}

/* Stated owners; in the standard edition the preferred ones when none are stated; else all nodes.
 */
uint64_t hf_spec_possible(const struct hf_spec *spec, const struct hf_instance_spec *instance)
{
    uint64_t nodes = hf_spec_nodes(spec);
    if (instance->possible)
        return nodes & instance->possible;
    if (spec->cluster.edition == HF_EDITION_STANDARD && instance->preferred_count > 0)
        return nodes & preferred_set(instance);
    return nodes;
}

int32_t hf_spec_priority(const struct hf_instance_spec *instance)
{
    if (instance->priority_stated)
        return instance->priority;
    if (instance->database_count == 0)
        return 15;
    for (unsigned i = 0; i < instance->database_count && i < HF_DATABASES_MAX; i++)
        if (instance->databases[i].written_by == HF_WRITER_RUNTIME)
            return 20;
    return 10;
}
