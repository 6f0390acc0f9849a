/* specs.c - specifications for simulated clusters, and who in a world can be asked. */
#include "world.h"

#include <string.h>

void sim_spec_instance(struct hf_spec *spec, uint16_t i, const char *name)
{
    struct hf_instance_spec *instance = &spec->instances[i];
    hf_instance_spec_init(instance);
    (void)snprintf(instance->name, sizeof(instance->name), "%s", name);
    instance->disk_count = 1;
    (void)snprintf(instance->disks[0].device, HF_PATH_MAX, "/dev/disk/by-id/lun-%u", i);
    (void)snprintf(instance->disks[0].mount, HF_PATH_MAX, "/srv/%s", name);
    (void)snprintf(instance->address, HF_ADDRESS_MAX, "10.77.0.%u", 100u + i);
    (void)snprintf(instance->engine.data, HF_PATH_MAX, "/srv/%s/data", name);
    instance->prefix = 24;
    instance->health.timeout_ms = 6000;
    instance->start_timeout_ms = 20000;
    instance->stop_timeout_ms = 10000;
}

/* Total demand over total room, in a resource, is drawn once for all instances. */
static void tighten(struct hf_spec *spec, struct sim_rng *rng, unsigned r, unsigned nodes,
                    unsigned instances)
{
    uint64_t room = 0;
    for (unsigned n = 0; n < nodes; n++) {
        spec->nodes[n].capacity[r] = sim_chance(rng, 500) ? 1000 : sim_between(rng, 600, 1400);
        room += spec->nodes[n].capacity[r] * 9 / 10;
    }
    uint64_t mean = room * sim_between(rng, 45, 110) / 100 / instances;
    for (unsigned i = 0; i < instances; i++) {
        struct hf_instance_spec *instance = &spec->instances[i];
        instance->demand[r] = mean * sim_between(rng, 30, 170) / 100;
        if (instance->degraded_settings[0])
            instance->degraded[r] = instance->demand[r] * 6 / 10;
    }
}

void sim_spec_tighten(struct sim_world *world, struct hf_spec *spec, unsigned nodes,
                      unsigned instances)
{
    struct sim_rng rng = {world->seed * 0x9fb21c651e98df25ull + 3};
    tighten(spec, &rng, HF_MEMORY, nodes, instances);
    if (sim_chance(&rng, 300))
        tighten(spec, &rng, HF_CPU, nodes, instances);
    if (sim_chance(&rng, 250))
        spec->nodes[nodes - 1].role = HF_ROLE_PASSIVE;
    for (unsigned i = 1; i < instances; i++) {
        struct hf_instance_spec *instance = &spec->instances[i];
        if (sim_chance(&rng, 150) && !instance->apart_count)
            instance->together_with[instance->together_count++] =
                (uint16_t)sim_between(&rng, 0, i - 1);
        else if (sim_chance(&rng, 150) && !instance->together_count)
            instance->apart_from[instance->apart_count++] = (uint16_t)sim_between(&rng, 0, i - 1);
        if (sim_chance(&rng, 300)) /* few priorities: equals are frequent */
            instance->priority = (int32_t)sim_between(&rng, 1, 3) * 5;
    }
}

/* A daemon that is in the regime of a quorate ring. */
uint8_t sim_member(const struct sim_world *world)
{
    for (uint8_t n = 0; n < world->nodes; n++) {
        const struct sim_node *node = &world->node[n];
        if (!node->daemon || node->frozen || !sim_ring_quorate(world, node->ring))
            continue;
        if (hf_core_condition(node->core) == HF_CORE_MEMBER &&
            node->core->membership.ring.seq == world->ring[node->ring].id.seq)
            return n;
    }
    return HF_NODE_NONE;
}

/* Its state, or the newest that any daemon holds; NULL = no daemon runs. */
const struct hf_state *sim_state_of(const struct sim_world *world)
{
    uint8_t member = sim_member(world);
    if (member != HF_NODE_NONE)
        return hf_core_state(world->node[member].core);
    const struct hf_state *best = NULL;
    for (uint8_t n = 0; n < world->nodes; n++) {
        if (!world->node[n].daemon)
            continue;
        const struct hf_state *state = hf_core_state(world->node[n].core);
        if (!best || state->epoch > best->epoch)
            best = state;
    }
    return best;
}
