/*
 * measure.c - what daemons measure: figures that go up and down, told every few seconds.
 *
 * In half of the tight worlds nothing is stated, and what is measured counts: what was drawn as
 * demand and capacity is what the nodes measure, the demand up to a fifth more or less, another one
 * every twenty seconds.
 */
#include "world.h"

#include <string.h>

#define EVERY_US (5 * SIM_S)
#define STEADY_US (20 * SIM_S)

/* Called with the specification as it was drawn; takes the figures out of it. */
void sim_measure_begin(struct sim_world *world, struct hf_spec *spec)
{
    world->measured = true;
    spec->cluster.measured = HF_MEASURED_COUNTS;
    for (uint16_t i = 0; i < SIM_INSTANCES; i++) {
        memcpy(world->needs[i], spec->instances[i].demand, sizeof(world->needs[i]));
        memset(spec->instances[i].demand, 0, sizeof(spec->instances[i].demand));
    }
    for (uint8_t n = 0; n < SIM_NODES; n++) {
        memcpy(world->has[n], spec->nodes[n].capacity, sizeof(world->has[n]));
        memset(spec->nodes[n].capacity, 0, sizeof(spec->nodes[n].capacity));
    }
    sim_at(world, world->now + EVERY_US, SIM_EV_MEASURE, 0, 0, 0, 0);
}

static uint64_t about(const struct sim_world *world, uint16_t i, uint64_t amount)
{
    struct sim_rng rng = {world->seed ^ (world->now / STEADY_US) << 20 ^ i};
    (void)sim_random(&rng);
    return amount * sim_between(&rng, 800, 1200) / 1000;
}

static void tell(struct sim_world *world, uint8_t n, uint16_t instance, const uint64_t *amount)
{
    struct hf_event event = {.type = HF_EVENT_MEASURED};
    event.measured.instance = instance;
    for (unsigned r = 0; r < HF_RESOURCES; r++)
        event.measured.amount[r] =
            instance == HF_INSTANCE_NONE ? amount[r] : about(world, instance, amount[r]);
    if (world->node[n].daemon && !world->node[n].frozen && !world->violation[0])
        sim_step(world, n, &event);
}

void sim_measure(struct sim_world *world)
{
    for (uint8_t n = 0; n < world->nodes; n++) {
        tell(world, n, HF_INSTANCE_NONE, world->has[n]);
        for (uint16_t i = 0; i < SIM_INSTANCES; i++) {
            if (world->node[n].real[i].engine)
                tell(world, n, i, world->needs[i]);
        }
    }
    sim_at(world, world->now + EVERY_US, SIM_EV_MEASURE, 0, 0, 0, 0);
}

uint64_t sim_needs(const struct hf_state *state, uint16_t i, unsigned r)
{
    const struct hf_instance_spec *spec = &state->spec.instances[i];
    bool counts = state->spec.cluster.measured == HF_MEASURED_COUNTS;
    uint64_t measured = counts ? state->instances[i].measured[r] : 0;
    uint64_t full = spec->demand[r] ? spec->demand[r] : measured;
    return spec->degraded[r] && spec->degraded[r] < full ? spec->degraded[r] : full;
}

uint64_t sim_capacity(const struct hf_state *state, uint8_t n, unsigned r)
{
    uint64_t stated = state->spec.nodes[n].capacity[r];
    bool counts = state->spec.cluster.measured == HF_MEASURED_COUNTS;
    return stated || !counts ? stated : state->nodes[n].measured[r];
}
