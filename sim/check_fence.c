/*
 * check_fence.c - I7 and I8.
 *
 * I7: a node that lost quorum serves nothing after the promised time. I8: no engine starts on a
 * node while another one's engine could still write.
 */
#include "world.h"

#define MARGIN_US (3 * SIM_S)

static bool disked(const struct sim_world *world, uint8_t n, uint16_t i)
{
    return hf_core_state(world->node[n].core)->spec.instances[i].disk_count > 0;
}

/* Whether clients could still commit through this node. */
static bool serves(const struct sim_world *world, uint8_t n, uint16_t i)
{
    const struct sim_real *real = &world->node[n].real[i];
    return real->engine && real->ready && real->address && sim_disk_may_write(&world->disk[i], n) &&
           world->node[n].disk_path;
}

static bool hangs(const struct sim_node *node, uint16_t i)
{
    const struct hf_lane *lane = &node->core->local[i].main;
    return lane->id && node->core->now_ms > lane->since_ms + 2000;
}

/* A node whose key another one took away clears up as well, as fast as its steps allow. */
void sim_check_fenced(struct sim_world *world, uint8_t n, uint16_t i)
{
    struct sim_node *node = &world->node[n];
    struct sim_real *real = &node->real[i];
    const struct hf_local *local = &node->core->local[i];
    bool awake = node->powered && !node->frozen && node->daemon && local->inspected;
    bool lost = awake && node->disk_path && real->engine && world->disk[i].holder &&
                !sim_disk_generation(&world->disk[i], n) && disked(world, n, i);
    bool moody = world->mood.hang || world->mood.fail || world->mood.slow;
    if (!lost || moody || local->main.id || local->unclean)
        real->fenced_us = 0;
    else if (!real->fenced_us)
        real->fenced_us = world->now;
    else if (world->now - real->fenced_us > 1000 * SIM_MS)
        sim_violation(world, "I7: %s lost its key of disk %u and still runs its engine",
                      sim_node_name(world, n), i);
}

void sim_check_i7(struct sim_world *world)
{
    for (uint8_t n = 0; n < world->nodes; n++) {
        struct sim_node *node = &world->node[n];
        bool part = node->corosync && node->connected && sim_ring_quorate(world, node->ring);
        bool awake = node->powered && !node->frozen && node->daemon;
        if (!awake || part) {
            node->unserved_us = 0;
            continue;
        }
        if (!node->unserved_us)
            node->unserved_us = world->now;
        const struct hf_state *state = hf_core_state(node->core);
        uint64_t limit = state->spec.cluster.quorum_loss_stop_ms * SIM_MS + MARGIN_US;
        /* What it cannot stop it cuts off, which may take the release's own time. */
        if (world->mood.hang || world->mood.fail || world->mood.slow)
            limit += 45 * SIM_S;
        for (uint16_t i = 0; i < world->instance_end; i++) {
            struct sim_real *real = &node->real[i];
            /* A step that hangs is not the core's: what it can do then is the watchdog's part. */
            if (!node->core->local[i].inspected || hangs(node, i)) {
                real->stuck_us = world->now;
                continue;
            }
            uint64_t since =
                real->stuck_us > node->unserved_us ? real->stuck_us : node->unserved_us;
            if (serves(world, n, i) && world->now - since > limit)
                sim_violation(world, "I7: %s has no quorum for %llu ms and serves instance %u",
                              sim_node_name(world, n),
                              (unsigned long long)((world->now - since) / SIM_MS), i);
        }
    }
}

void sim_check_start(struct sim_world *world, uint8_t n, uint16_t i)
{
    const struct hf_state *state = hf_core_state(world->node[n].core);
    bool disks = state->spec.instances[i].disk_count;
    if (disks && !sim_disk_may_write(&world->disk[i], n))
        return; /* it was fenced itself and will not get far */
    for (uint8_t m = 0; m < world->nodes; m++) {
        const struct sim_node *other = &world->node[m];
        if (m == n || !other->powered || !other->real[i].engine)
            continue;
        bool could_write = !disks || (sim_disk_may_write(&world->disk[i], m) && other->disk_path);
        if (could_write)
            sim_violation(world, "I8: engine of %u starts on %s while %s may still write", i,
                          sim_node_name(world, n), sim_node_name(world, m));
    }
}
