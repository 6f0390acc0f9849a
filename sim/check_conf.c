/*
 * check_conf.c - the nodes' list as corosync has it: never two quorums at a time, and in the end
 * the same list at every node, with everybody's vote.
 */
#include "world.h"

void sim_check_quorate(struct sim_world *world)
{
    uint32_t found = 0;
    for (uint8_t n = 0; n < SIM_NODES; n++) {
        uint32_t r = world->node[n].corosync ? world->node[n].ring : 0;
        if (!r || r == found || !sim_ring_quorate(world, r))
            continue;
        if (found)
            sim_violation(world, "quorum: rings %llx and %llx both have it",
                          (unsigned long long)world->ring[found].members,
                          (unsigned long long)world->ring[r].members);
        found = r;
    }
}

void sim_check_conf(struct sim_world *world)
{
    uint64_t there = 0;
    for (uint8_t n = 0; n < world->nodes; n++)
        there |= world->node[n].exists ? sim_bit(n) : 0;
    for (uint8_t n = 0; n < world->nodes; n++) {
        const struct sim_conf *live = &world->node[n].live;
        if (there & sim_bit(n) && (live->votes != there || (live->nodes & there) != there))
            sim_violation(world, "votes: %s counts %llx, nodes are %llx", sim_node_name(world, n),
                          (unsigned long long)live->votes, (unsigned long long)there);
    }
}
