/* group_quorum.c - votequorum: votes of a ring, the witness disk's vote, and who is told. */
#include "group_impl.h"

static unsigned votes_of(const struct sim_world *world, uint32_t r)
{
    unsigned votes = 0;
    for (uint8_t n = 0; n < SIM_NODES; n++) {
        /* Each says for itself whether it has one. */
        if (world->ring[r].members & sim_bit(n) && world->node[n].live.votes & sim_bit(n))
            votes++;
    }
    return votes + (world->witness && world->witness_ring == r ? 1 : 0);
}

/* The highest number that one of the members expects. */
static unsigned expected_votes(const struct sim_world *world, uint32_t r)
{
    unsigned expected = 0;
    for (uint8_t n = 0; n < SIM_NODES; n++) {
        unsigned own = hf_count_bits(world->node[n].live.votes);
        if (world->ring[r].members & sim_bit(n) && own > expected)
            expected = own;
    }
    return expected + (world->witness ? 1 : 0);
}

bool sim_ring_quorate(const struct sim_world *world, uint32_t r)
{
    return r && !world->ring[r].dead && votes_of(world, r) > expected_votes(world, r) / 2;
}

void sim_tell_quorum(struct sim_world *world, uint8_t n, uint64_t delay)
{
    struct sim_node *node = &world->node[n];
    if (!node->connected || !node->ring)
        return;
    uint64_t packed = (uint64_t)votes_of(world, node->ring) << 32 |
                      expected_votes(world, node->ring) << 1 |
                      (sim_ring_quorate(world, node->ring) ? 1 : 0);
    if (node->quorum_free < world->now + delay)
        node->quorum_free = world->now + delay;
    sim_at(world, node->quorum_free, SIM_EV_QUORUM, n, node->incarnation, node->ring, packed);
}

void sim_group_quorum(struct sim_world *world, uint8_t n, const struct sim_event *event)
{
    struct sim_node *node = &world->node[n];
    if (node->incarnation != event->guard || !node->connected || node->ring != event->a)
        return;
    struct hf_event quorum = {.type = HF_EVENT_QUORUM};
    quorum.quorum.ring = world->ring[event->a].id;
    quorum.quorum.quorate = event->b & 1;
    quorum.quorum.votes = (uint32_t)(event->b >> 32);
    quorum.quorum.expected = (uint32_t)event->b >> 1;
    node->told_quorate = quorum.quorum.quorate;
    sim_check_i7(world);
    sim_step(world, n, &quorum);
}

void sim_group_votes(struct sim_world *world)
{
    for (uint8_t n = 0; n < SIM_NODES; n++)
        sim_tell_quorum(world, n, sim_delay(world, 1, 20) * SIM_MS);
}

/* Of the rings that the witness would make quorate, one gets its vote: the array decides. */
void sim_witness_vote(struct sim_world *world)
{
    if (!world->witness)
        return;
    uint32_t candidates[SIM_NODES], count = 0;
    for (uint32_t r = 1; r < world->ring_count; r++) {
        const struct sim_ring *ring = &world->ring[r];
        if (!ring->members || ring->broken || ring->dead || count == SIM_NODES)
            continue;
        bool sees = false;
        for (uint8_t n = 0; n < SIM_NODES; n++)
            sees |= ring->members & sim_bit(n) && world->node[n].disk_path;
        if (sees && r == world->witness_ring)
            return;
        if (sees && (votes_of(world, r) + 1) * 2 > expected_votes(world, r))
            candidates[count++] = r;
    }
    if (count)
        world->witness_ring = candidates[sim_between(&world->rng, 0, count - 1)];
}
