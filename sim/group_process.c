/*
 * group_process.c - corosync and the daemon on one node: both come and go, and what waits for the
 * daemon is handed to it.
 */
#include "group_impl.h"

#include <string.h>

void sim_group_start(struct sim_world *world, uint8_t n)
{
    struct sim_node *node = &world->node[n];
    if (!node->powered || node->corosync)
        return;
    node->corosync = true;
    node->live = node->file;
    node->corosync_life++;
    node->ring = 0;
    node->pos = 0;
    node->out.head = node->out.count = 0;
    sim_group_changed(world);
    if (node->daemon)
        sim_at(world, world->now + sim_delay(world, 50, 300) * SIM_MS, SIM_EV_CONNECT, n,
               node->incarnation, 0, 0);
}

static void forget(struct sim_node *node)
{
    node->connected = node->joined = node->told_quorate = false;
    node->inbox_head = node->inbox_count = 0;
    node->view = 0;
}

/* Corosync ends (or its computer does). */
void sim_group_stop(struct sim_world *world, uint8_t n)
{
    struct sim_node *node = &world->node[n];
    if (!node->corosync)
        return;
    bool told = node->connected && node->daemon && node->powered;
    node->corosync = false;
    node->corosync_life++;
    if (node->ring)
        world->ring[node->ring].broken = world->ring[node->ring].dead = true;
    node->ring = 0;
    node->out.head = node->out.count = 0;
    forget(node);
    if (told) {
        struct hf_event down = {.type = HF_EVENT_ENGINE_DOWN};
        sim_step(world, n, &down);
    }
    sim_group_changed(world);
}

void sim_group_connect(struct sim_world *world, uint8_t n)
{
    struct sim_node *node = &world->node[n];
    if (!node->powered || !node->daemon || node->connected || !node->corosync)
        return;
    forget(node);
    node->connected = true;
    struct hf_event up = {.type = HF_EVENT_ENGINE_UP};
    sim_step(world, n, &up);
    struct sim_entry entry = {.kind = SIM_ENTRY_JOIN, .node = n, .incarnation = node->incarnation};
    sim_enqueue(world, n, &entry);
    sim_tell_quorum(world, n, sim_delay(world, 1, 20) * SIM_MS);
}

/* The daemon ended; what it gave to corosync before still goes out, then its leaving. */
void sim_group_disconnect(struct sim_world *world, uint8_t n)
{
    struct sim_node *node = &world->node[n];
    if (!node->connected)
        return;
    forget(node);
    struct sim_entry entry = {.kind = SIM_ENTRY_LEAVE, .node = n, .incarnation = node->incarnation};
    sim_enqueue(world, n, &entry);
}

static void take_join(struct sim_world *world, uint8_t n, const struct sim_entry *entry,
                      const struct sim_ring *ring)
{
    struct sim_node *node = &world->node[n];
    if (entry->node == n) {
        if (entry->incarnation != node->incarnation)
            return;
        node->view = entry->view; /* everybody whose joining is in the order before */
        memcpy(node->view_incarnations, entry->bytes, sizeof(node->view_incarnations));
        node->joined = true;
    }
    node->view |= sim_bit(entry->node);
    node->view_incarnations[entry->node] = entry->incarnation;
    struct hf_event event = {.type = HF_EVENT_MEMBERSHIP};
    event.membership =
        (struct hf_event_membership){.members = node->view, .ring = ring->id, .settled = true};
    sim_step(world, n, &event);
}

static void take_leave(struct sim_world *world, uint8_t n, const struct sim_entry *entry,
                       const struct sim_ring *ring)
{
    struct sim_node *node = &world->node[n];
    if (!(node->view & sim_bit(entry->node)) ||
        node->view_incarnations[entry->node] != entry->incarnation)
        return;
    node->view &= ~sim_bit(entry->node);
    struct hf_event event = {.type = HF_EVENT_MEMBERSHIP};
    event.membership = (struct hf_event_membership){.members = node->view,
                                                    .left_process = sim_bit(entry->node),
                                                    .ring = ring->id,
                                                    .settled = true};
    sim_step(world, n, &event);
}

void sim_group_inbox(struct sim_world *world, uint8_t n)
{
    struct sim_node *node = &world->node[n];
    if (!node->inbox_count || node->inbox[node->inbox_head].at > world->now)
        return;
    struct sim_item item = node->inbox[node->inbox_head++];
    node->inbox_count--;
    if (!node->inbox_count)
        node->inbox_head = 0;
    if (!node->connected || !node->daemon)
        return;
    if (item.membership) {
        node->view = item.view;
        memcpy(node->view_incarnations, item.incarnations, sizeof(item.incarnations));
        struct hf_event event = {.type = HF_EVENT_MEMBERSHIP, .membership = item.event};
        sim_step(world, n, &event);
        return;
    }
    const struct sim_entry entry = world->ring[item.ring].log[item.index];
    if (entry.kind == SIM_ENTRY_JOIN) {
        if (node->joined || entry.node == n)
            take_join(world, n, &entry, &world->ring[item.ring]);
        return;
    }
    if (!node->joined)
        return;
    if (entry.kind == SIM_ENTRY_LEAVE) {
        take_leave(world, n, &entry, &world->ring[item.ring]);
        return;
    }
    if (entry.kind == SIM_ENTRY_RELOAD)
        return;
#ifdef SIM_MESSAGES
    sim_trace(world, "%s takes message %u of %s, entry %u", sim_node_name(world, n),
              entry.length > 6 ? entry.bytes[6] : 0, sim_node_name(world, entry.node), item.index);
#endif
    struct hf_event event = {.type = HF_EVENT_MESSAGE};
    event.message = (struct hf_event_message){entry.node, entry.bytes, entry.length};
    sim_step(world, n, &event);
}
