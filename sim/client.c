/*
 * client.c - engines that write, and clients that commit through the address.
 *
 * Every engine process that runs writes to its disk, whether anybody should hear of it or not. A
 * client finds the node that announced the address last, commits a row there, and counts it when it
 * was acknowledged; a row written over an acknowledged one is a loss (I2).
 */
#include "world.h"

bool sim_reachable(const struct sim_world *world, uint8_t n)
{
    const struct sim_node *node = &world->node[n];
    return node->powered && !node->frozen;
}

/* In the state that counts now; NULL = no daemon runs. */
static bool disked(const struct hf_state *state, uint16_t i)
{
    return !state || state->spec.instances[i].disk_count > 0;
}

static void engine_write(struct sim_world *world, const struct hf_state *state, uint8_t n,
                         uint16_t i)
{
    struct sim_node *node = &world->node[n];
    struct sim_real *real = &node->real[i];
    if (!real->engine || !sim_reachable(world, n) || !disked(state, i))
        return;
    if (!node->disk_path) {
        sim_engine_exit(world, n, i); /* an engine that cannot write its log ends */
        return;
    }
    uint32_t generation = real->engine - 1;
    switch (sim_disk_write(&world->disk[i], n, generation)) {
    case SIM_WRITE_OK:
        return;
    case SIM_WRITE_REFUSED:
        sim_engine_exit(world, n, i);
        return;
    case SIM_WRITE_STALE:
        sim_violation(world, "I1: %s wrote to disk %u with generation %u after generation %u",
                      sim_node_name(world, n), i, generation, world->disk[i].newest);
        return;
    }
}

void sim_engine_write(struct sim_world *world, uint8_t n, uint16_t i)
{
    if (world->node[n].real[i].engine)
        engine_write(world, sim_state_of(world), n, i);
}

/* Who answers for the address: the last that announced it. */
static uint8_t holder(const struct sim_world *world, uint16_t i)
{
    uint8_t found = HF_NODE_NONE;
    for (uint8_t n = 0; n < world->nodes; n++) {
        const struct sim_real *real = &world->node[n].real[i];
        if (!(world->node[n].addresses >> i & 1) || !sim_reachable(world, n))
            continue;
        if (found == HF_NODE_NONE || real->announced > world->node[found].real[i].announced)
            found = n;
    }
    return found;
}

static void commit(struct sim_world *world, const struct hf_state *state, uint16_t i)
{
    uint8_t n = holder(world, i);
    if (n == HF_NODE_NONE || !disked(state, i))
        return;
    struct sim_real *real = &world->node[n].real[i];
    struct sim_disk *disk = &world->disk[i];
    if (!real->ready || !real->engine || !world->node[n].disk_path || !sim_disk_may_write(disk, n))
        return;
    if (real->rows < disk->acknowledged)
        sim_violation(world, "I2: %s overwrote acknowledged row %llu of disk %u",
                      sim_node_name(world, n), (unsigned long long)real->rows, i);
    real->rows++;
    if (disk->rows < real->rows)
        disk->rows = real->rows;
    disk->acknowledged = real->rows;
}

void sim_client(struct sim_world *world)
{
    const struct hf_state *state = sim_state_of(world); /* no daemon runs in between */
    uint64_t addresses = 0;
    for (uint8_t n = 0; n < world->nodes; n++) {
        addresses |= world->node[n].addresses;
        for (uint64_t left = world->node[n].engines; left; left &= left - 1) {
            uint16_t i = (uint16_t)__builtin_ctzll(left);
            /* Every other engine is idle most of the time. */
            if (i % 2 == 0 || sim_chance(&world->rng, 20))
                engine_write(world, state, n, i);
            if (world->node[n].real[i].engine)
                sim_check_fenced(world, n, i);
        }
    }
    for (; addresses; addresses &= addresses - 1)
        commit(world, state, (uint16_t)__builtin_ctzll(addresses));
    if (!world->violation[0])
        sim_at(world, world->now + 100 * SIM_MS, SIM_EV_CLIENT, 0, 0, 0, 0);
}
