/*
 * group.c - the agreed order of a ring.
 *
 * A ring has one log; every message gets its place in it when the token comes to its sender, and
 * each member takes the log in order with its own delay. While a member cannot be reached the ring
 * is broken and nothing is ordered; some members may have missed the end of the log.
 */
#include "group_impl.h"

#include <stdlib.h>
#include <string.h>

bool sim_alive(const struct sim_world *world, uint8_t n)
{
    const struct sim_node *node = &world->node[n];
    return node->powered && node->corosync && !node->frozen;
}

bool sim_hears(const struct sim_world *world, uint8_t a, uint8_t b)
{
    bool known = world->node[a].live.nodes & sim_bit(b) && world->node[b].live.nodes & sim_bit(a);
    return known && sim_alive(world, a) && sim_alive(world, b) && world->link[a][b] &&
           world->link[b][a];
}

bool sim_ring_intact(const struct sim_world *world, const struct sim_ring *ring)
{
    for (uint8_t a = 0; a < SIM_NODES; a++) {
        if (!(ring->members & sim_bit(a)))
            continue;
        if (!sim_alive(world, a))
            return false;
        for (uint8_t b = (uint8_t)(a + 1); b < SIM_NODES; b++) {
            if (ring->members & sim_bit(b) && !sim_hears(world, a, b))
                return false;
        }
    }
    return true;
}

static void queue_push(struct sim_queue *queue, const struct sim_entry *entry)
{
    if (queue->head + queue->count == queue->room) {
        if (queue->head > queue->room / 2) {
            memmove(queue->entries, queue->entries + queue->head, queue->count * sizeof(*entry));
            queue->head = 0;
        } else {
            queue->room = queue->room ? queue->room * 2 : 64;
            queue->entries = realloc(queue->entries, queue->room * sizeof(*entry));
            if (!queue->entries)
                abort();
        }
    }
    queue->entries[queue->head + queue->count++] = *entry;
}

struct sim_item *sim_inbox_push(struct sim_world *world, uint8_t n, uint64_t delay)
{
    struct sim_node *node = &world->node[n];
    if (node->inbox_head + node->inbox_count == node->inbox_room) {
        if (node->inbox_head > node->inbox_room / 2) {
            memmove(node->inbox, node->inbox + node->inbox_head,
                    node->inbox_count * sizeof(*node->inbox));
            node->inbox_head = 0;
        } else {
            node->inbox_room = node->inbox_room ? node->inbox_room * 2 : 64;
            node->inbox = realloc(node->inbox, node->inbox_room * sizeof(*node->inbox));
            if (!node->inbox)
                abort();
        }
    }
    uint64_t at = world->now + delay;
    if (at < node->inbox_free)
        at = node->inbox_free;
    node->inbox_free = at;
    struct sim_item *item = &node->inbox[node->inbox_head + node->inbox_count++];
    memset(item, 0, sizeof(*item));
    item->at = at;
    sim_at(world, at, SIM_EV_INBOX, n, node->life, 0, 0);
    return item;
}

/* Gives the entries up to the end of the log to a member. */
void sim_pass_on(struct sim_world *world, uint8_t n, uint32_t to)
{
    struct sim_node *node = &world->node[n];
    for (; node->pos < to; node->pos++) {
        struct sim_item *item = sim_inbox_push(world, n, sim_delay(world, 100, 400));
        item->ring = node->ring;
        item->index = node->pos;
    }
}

void sim_ask_for_order(struct sim_world *world, uint8_t n)
{
    struct sim_node *node = &world->node[n];
    uint64_t at = world->now + sim_delay(world, 50, 500);
    if (at < node->order_free)
        at = node->order_free;
    node->order_free = at;
    sim_at(world, at, SIM_EV_ORDER, n, node->corosync_life, node->ring, 0);
}

void sim_enqueue(struct sim_world *world, uint8_t n, const struct sim_entry *entry)
{
    struct sim_node *node = &world->node[n];
    queue_push(&node->out, entry);
    if (node->ring && !world->ring[node->ring].broken)
        sim_ask_for_order(world, n);
}

void sim_group_send(struct sim_world *world, uint8_t n, const uint8_t *bytes, size_t length)
{
    struct sim_node *node = &world->node[n];
    if (!node->connected || !node->corosync)
        return;
    struct sim_entry entry = {.kind = SIM_ENTRY_MESSAGE,
                              .node = n,
                              .incarnation = node->incarnation,
                              .bytes = sim_keep(world, bytes, length),
                              .length = (uint32_t)length};
    sim_enqueue(world, n, &entry);
}

/* A process joins or leaves: the group as the order has it. */
static void note_process(struct sim_world *world, struct sim_ring *ring, struct sim_entry *entry)
{
    uint8_t n = entry->node;
    if (entry->kind == SIM_ENTRY_LEAVE && ring->incarnations[n] == entry->incarnation)
        ring->processes &= ~sim_bit(n);
    if (entry->kind != SIM_ENTRY_JOIN)
        return;
    ring->processes |= sim_bit(n);
    ring->incarnations[n] = entry->incarnation;
    entry->view = ring->processes;
    entry->bytes = sim_keep(world, ring->incarnations, sizeof(ring->incarnations));
}

static void append(struct sim_world *world, uint32_t r, struct sim_entry *entry)
{
    struct sim_ring *ring = &world->ring[r];
    note_process(world, ring, entry);
    if (ring->count == ring->room) {
        ring->room = ring->room ? ring->room * 2 : 64;
        ring->log = realloc(ring->log, ring->room * sizeof(*ring->log));
        if (!ring->log)
            abort();
    }
    ring->log[ring->count++] = *entry;
    if (entry->kind == SIM_ENTRY_RELOAD)
        sim_conf_reload(world, r);
    for (uint8_t m = 0; m < SIM_NODES; m++) {
        if (ring->members & sim_bit(m) && world->node[m].ring == r)
            sim_pass_on(world, m, ring->count);
    }
}

void sim_group_order(struct sim_world *world, const struct sim_event *event)
{
    struct sim_node *node = &world->node[event->node];
    if (node->corosync_life != event->guard || node->ring != event->a || !node->corosync)
        return;
    struct sim_ring *ring = &world->ring[node->ring];
    if (ring->broken || !node->out.count)
        return;
    struct sim_entry entry = node->out.entries[node->out.head++];
    node->out.count--;
    append(world, node->ring, &entry);
}

void sim_group_conf(struct sim_world *world, uint8_t n)
{
    struct sim_entry entry = {.kind = SIM_ENTRY_RELOAD, .node = n};
    if (world->node[n].connected)
        sim_enqueue(world, n, &entry);
}

/* When a ring breaks some members may have missed the end of its log. */
void sim_miss_some(struct sim_world *world, uint32_t r)
{
    for (uint8_t m = 0; m < SIM_NODES; m++) {
        struct sim_node *node = &world->node[m];
        if (node->ring != r || !sim_chance(&world->rng, 500))
            continue;
        uint32_t kept = (uint32_t)sim_between(&world->rng, 0, node->inbox_count);
        while (node->inbox_count > kept) {
            const struct sim_item *last = &node->inbox[node->inbox_head + node->inbox_count - 1];
            if (last->membership || last->ring != r)
                break;
            node->pos = last->index;
            node->inbox_count--;
        }
    }
}

static void reform_at(struct sim_world *world, uint64_t at)
{
    sim_at(world, at, SIM_EV_REFORM, 0, 0, 0, 0);
}

/* The same members hear each other again before corosync noticed anything. */
static void mend(struct sim_world *world, uint32_t r)
{
    struct sim_ring *ring = &world->ring[r];
    ring->broken = false;
    for (uint8_t m = 0; m < SIM_NODES; m++) {
        if (world->node[m].ring != r)
            continue;
        sim_pass_on(world, m, ring->count);
        for (uint32_t k = 0; k < world->node[m].out.count; k++)
            sim_ask_for_order(world, m);
    }
}

void sim_group_changed(struct sim_world *world)
{
    bool broke = false, joins = false;
    for (uint8_t n = 0; n < SIM_NODES; n++) {
        uint32_t r = world->node[n].ring;
        struct sim_ring *ring = &world->ring[r];
        if (!r || !world->node[n].corosync)
            continue;
        bool whole = !ring->dead && sim_ring_intact(world, ring);
        if (!ring->broken && !whole) {
            ring->broken = true;
            sim_miss_some(world, r);
        } else if (ring->broken && whole) {
            mend(world, r);
        }
        broke |= !whole;
    }
    for (uint8_t a = 0; a < SIM_NODES; a++) {
        for (uint8_t b = 0; b < SIM_NODES; b++)
            joins |= a != b && sim_hears(world, a, b) && world->node[a].ring != world->node[b].ring;
        joins |= sim_alive(world, a) && !world->node[a].ring;
    }
    if (broke)
        reform_at(world, world->now + world->token_us + sim_delay(world, 600, 700) * SIM_MS);
    if (joins)
        reform_at(world, world->now + sim_delay(world, 100, 400) * SIM_MS);
}
