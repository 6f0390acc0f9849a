/* The specification as the input of a plan: slots become numbers without gaps. */

#include <string.h>

#include "plan/impl.h"

struct slots {
    int8_t node[HF_NODES_MAX];          /* slot -> number, or HF_PLAN_NOWHERE */
    int16_t instance[HF_INSTANCES_MAX]; /* likewise */
};

static void take_node(const struct hf_node_spec *spec, struct hf_plan_node *node)
{
    memcpy(node->name, spec->name, sizeof(node->name));
    memcpy(node->site, spec->site, sizeof(node->site));
    node->passive = spec->role == HF_ROLE_PASSIVE;
    node->up = node->in_service = true;
    for (unsigned r = 0; r < HF_RESOURCES; r++)
        node->capacity[r] = (int64_t)spec->capacity[r];
}

void hf_plan_input_demand(struct hf_plan_instance *instance, const int64_t full[HF_RESOURCES])
{
    instance->has_degraded = false;
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        int64_t less = instance->stated_degraded[r];
        bool reduced = less > 0 && less < full[r];
        instance->demand[r] = full[r];
        instance->degraded[r] = reduced ? less : full[r];
        instance->has_degraded |= reduced;
    }
}

static void take_demand(const struct hf_instance_spec *spec, struct hf_plan_instance *instance)
{
    int64_t full[HF_RESOURCES];
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        full[r] = (int64_t)spec->demand[r];
        instance->stated_degraded[r] = (int64_t)spec->degraded[r];
    }
    hf_plan_input_demand(instance, full);
}

static void take_owners(const struct hf_spec *all, const struct hf_instance_spec *spec,
                        const struct slots *slots, struct hf_plan_instance *instance)
{
    uint64_t possible = hf_spec_possible(all, spec);
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        if ((possible & hf_plan_bit(n)) && slots->node[n] >= 0)
            instance->owners |= hf_plan_bit((unsigned)slots->node[n]);
    for (unsigned k = 0; k < spec->preferred_count; k++) {
        int node = slots->node[spec->preferred[k]];
        if (node >= 0 && (instance->owners & hf_plan_bit((unsigned)node)))
            instance->preferred[instance->n_preferred++] = (uint8_t)node;
    }
}

static void take_instance(const struct hf_spec *all, const struct hf_instance_spec *spec,
                          const struct slots *slots, struct hf_plan_instance *instance)
{
    memcpy(instance->name, spec->name, sizeof(instance->name));
    instance->priority = hf_spec_priority(spec);
    instance->wanted = spec->online;
    instance->now = HF_PLAN_NOWHERE;
    instance->recovery_ms = HF_PLAN_RECOVERY_UNKNOWN;
    take_demand(spec, instance);
    take_owners(all, spec, slots, instance);
    for (unsigned k = 0; k < spec->apart_count; k++) {
        int other = slots->instance[spec->apart_from[k]];
        if (other >= 0)
            instance->apart[instance->n_apart++] = (uint16_t)other;
    }
}

static uint16_t root_of(uint16_t *group, uint16_t i)
{
    while (group[i] != i)
        i = group[i] = group[group[i]];
    return i;
}

/* together_with is one relation over all: whoever is named by a member is a member. */
static void take_together(const struct hf_spec *spec, const struct slots *slots,
                          struct hf_plan_input *input)
{
    uint16_t group[HF_INSTANCES_MAX];
    uint16_t size[HF_INSTANCES_MAX] = {0};
    for (unsigned i = 0; i < input->n_instances; i++)
        group[i] = (uint16_t)i;
    for (unsigned s = 0; s < HF_INSTANCES_MAX; s++) {
        const struct hf_instance_spec *instance = &spec->instances[s];
        for (unsigned k = 0; slots->instance[s] >= 0 && k < instance->together_count; k++) {
            int other = slots->instance[instance->together_with[k]];
            if (other >= 0)
                group[root_of(group, (uint16_t)other)] =
                    root_of(group, (uint16_t)slots->instance[s]);
        }
    }
    for (unsigned i = 0; i < input->n_instances; i++)
        size[root_of(group, (uint16_t)i)]++;
    for (unsigned i = 0; i < input->n_instances; i++) {
        uint16_t root = root_of(group, (uint16_t)i);
        input->instances[i].together = size[root] > 1 ? (uint16_t)(root + 1) : 0;
    }
}

void hf_plan_input_from_spec(const struct hf_spec *spec, struct hf_plan_input *input)
{
    struct slots slots;
    memset(input, 0, sizeof(*input));
    memcpy(input->cluster, spec->cluster.name, sizeof(input->cluster));
    input->standard = spec->cluster.edition == HF_EDITION_STANDARD;
    input->witness = spec->cluster.witness_disk[0] != '\0';
    input->survive = spec->cluster.survive;
    input->reserve = spec->cluster.reserve_percent;
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        bool used = spec->nodes[n].name[0] != '\0';
        slots.node[n] = used ? (int8_t)input->n_nodes : HF_PLAN_NOWHERE;
        if (used)
            take_node(&spec->nodes[n], &input->nodes[input->n_nodes++]);
    }
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        bool used = spec->instances[i].name[0] != '\0';
        slots.instance[i] = used ? (int16_t)input->n_instances++ : HF_PLAN_NOWHERE;
    }
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++)
        if (slots.instance[i] >= 0)
            take_instance(spec, &spec->instances[i], &slots, &input->instances[slots.instance[i]]);
    take_together(spec, &slots, input);
}
