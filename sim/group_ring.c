/*
 * group_ring.c - new rings, and virtual synchrony.
 *
 * After the token's time those that hear each other form rings: members that come from the same
 * ring first take the same entries of it, then the configuration change, then the new ring's.
 */
#include "group_impl.h"

#include <stdlib.h>
#include <string.h>

struct coming {
    uint64_t set; /* of the new ring */
    uint32_t ring;
};

/* Entries of the old ring that all who move together will take. */
static uint32_t recovered_to(struct sim_world *world, uint64_t together, uint32_t r)
{
    const struct sim_ring *ring = &world->ring[r];
    uint32_t to = 0;
    for (uint8_t m = 0; m < SIM_NODES; m++) {
        if (together & sim_bit(m) && world->node[m].pos > to)
            to = world->node[m].pos;
    }
    for (uint32_t k = to; k < ring->count; k++) {
        if (together & sim_bit(ring->log[k].node))
            to = k + 1;
    }
    return ring->broken ? to : ring->count;
}

static void push_change(struct sim_world *world, uint8_t n, const struct hf_event_membership *event,
                        const uint64_t incarnations[SIM_NODES])
{
    struct sim_item *item = sim_inbox_push(world, n, sim_delay(world, 200, 2000));
    item->membership = true;
    item->event = *event;
    item->view = event->members;
    memcpy(item->incarnations, incarnations, sizeof(item->incarnations));
}

/* The view a daemon will have when it has taken everything in its inbox. */
static void coming_view(struct sim_world *world, uint8_t n, uint64_t *ret_view,
                        uint64_t incarnations[SIM_NODES])
{
    const struct sim_node *node = &world->node[n];
    *ret_view = node->view;
    memcpy(incarnations, node->view_incarnations, sizeof(node->view_incarnations));
    for (uint32_t k = 0; k < node->inbox_count; k++) {
        const struct sim_item *item = &node->inbox[node->inbox_head + k];
        if (item->membership) {
            *ret_view = item->view;
            memcpy(incarnations, item->incarnations, sizeof(item->incarnations));
            continue;
        }
        const struct sim_entry *entry = &world->ring[item->ring].log[item->index];
        if (entry->kind == SIM_ENTRY_JOIN && entry->node == n) {
            *ret_view = entry->view;
            memcpy(incarnations, entry->bytes, sizeof(node->view_incarnations));
        } else if (entry->kind == SIM_ENTRY_JOIN) {
            *ret_view |= sim_bit(entry->node);
            incarnations[entry->node] = entry->incarnation;
        } else if (entry->kind == SIM_ENTRY_LEAVE &&
                   incarnations[entry->node] == entry->incarnation) {
            *ret_view &= ~sim_bit(entry->node);
        }
    }
}

/* Configuration change at one member: who left, who came, the new ring. */
static void change_at(struct sim_world *world, uint8_t n, const struct coming *coming,
                      uint64_t processes, struct hf_ring old, uint64_t together)
{
    uint64_t view, incarnations[SIM_NODES];
    coming_view(world, n, &view, incarnations);
    uint64_t renewed = 0;
    for (uint8_t m = 0; m < SIM_NODES; m++) {
        if (view & processes & sim_bit(m) && incarnations[m] != world->node[m].incarnation)
            renewed |= sim_bit(m);
    }
    /* Who comes from another ring left ours, even when it is here again. */
    uint64_t gone = view & (~processes | renewed | ~together);
    struct hf_event_membership event = {.ring = old, .members = view & ~gone};
    if (gone) {
        event.left_down = gone & ~together;
        event.left_process = gone & together;
        push_change(world, n, &event, incarnations);
    }
    for (uint8_t m = 0; m < SIM_NODES; m++) {
        if (processes & sim_bit(m))
            incarnations[m] = world->node[m].incarnation;
    }
    event = (struct hf_event_membership){.ring = old, .members = processes};
    if (processes & ~(view & ~gone))
        push_change(world, n, &event, incarnations);
    event.ring = world->ring[coming->ring].id;
    event.settled = true;
    push_change(world, n, &event, incarnations);
}

/* Its own joining is in its inbox still. */
static bool joins_now(const struct sim_world *world, const struct sim_node *node, uint8_t n)
{
    for (uint32_t k = 0; k < node->inbox_count; k++) {
        const struct sim_item *item = &node->inbox[node->inbox_head + k];
        if (item->membership)
            continue;
        const struct sim_entry *entry = &world->ring[item->ring].log[item->index];
        if (entry->kind == SIM_ENTRY_JOIN && entry->node == n &&
            entry->incarnation == node->incarnation)
            return true;
    }
    return false;
}

/* Daemons whose joining has its place in the order of an old ring. */
static uint64_t joined_processes(struct sim_world *world, uint64_t set)
{
    uint64_t processes = 0;
    for (uint8_t n = 0; n < SIM_NODES; n++) {
        const struct sim_node *node = &world->node[n];
        if (set & sim_bit(n) && node->connected && (node->joined || joins_now(world, node, n)))
            processes |= sim_bit(n);
    }
    return processes;
}

static void flush_old(struct sim_world *world, uint64_t set)
{
    for (uint8_t n = 0; n < SIM_NODES; n++) {
        struct sim_node *node = &world->node[n];
        if (!(set & sim_bit(n)) || !node->ring)
            continue;
        uint64_t together = set & world->ring[node->ring].members;
        for (uint8_t m = 0; m < SIM_NODES; m++)
            together &= world->node[m].ring == node->ring ? ~0ull : ~sim_bit(m);
        sim_pass_on(world, n, recovered_to(world, together, node->ring));
    }
}

static void install(struct sim_world *world, uint64_t set)
{
    struct coming coming = {set, world->ring_count};
    if (world->ring_count == SIM_RINGS)
        abort();
    struct sim_ring *ring = &world->ring[world->ring_count++];
    struct hf_ring olds[SIM_NODES] = {{0}};
    uint64_t together[SIM_NODES] = {0};
    flush_old(world, set);
    /* A join or a leave taken at the end of the old ring counts before the change. */
    uint64_t processes = joined_processes(world, set);
    uint64_t seq = 0;
    for (uint8_t n = 0; n < SIM_NODES; n++) {
        for (uint8_t m = 0; m < SIM_NODES; m++) {
            if (m == n || (world->node[n].ring && world->node[m].ring == world->node[n].ring))
                together[n] |= set & sim_bit(m);
        }
    }
    for (uint8_t n = 0; n < SIM_NODES; n++) {
        if (set & sim_bit(n) && world->node[n].ring_seq > seq)
            seq = world->node[n].ring_seq;
    }
    ring->id = (struct hf_ring){(uint32_t)__builtin_ctzll(set) + 1, seq + 4};
    ring->members = set;
    ring->processes = processes;
    for (uint8_t n = 0; n < SIM_NODES; n++)
        ring->incarnations[n] = world->node[n].incarnation;
    for (uint8_t n = 0; n < SIM_NODES; n++) {
        struct sim_node *node = &world->node[n];
        if (!(set & sim_bit(n)))
            continue;
        olds[n] = node->ring ? world->ring[node->ring].id : (struct hf_ring){0};
        if (node->ring)
            world->ring[node->ring].broken = world->ring[node->ring].dead = true;
        node->ring = coming.ring;
        node->pos = 0;
        node->ring_seq = seq + 4;
    }
    for (uint8_t n = 0; n < SIM_NODES; n++) {
        if (!(set & sim_bit(n)))
            continue;
        if (processes & sim_bit(n))
            change_at(world, n, &coming, processes, olds[n], together[n]);
        for (uint32_t k = 0; k < world->node[n].out.count; k++)
            sim_ask_for_order(world, n);
    }
    sim_trace(world, "ring %u/%llu: members %llx, processes %llx", ring->id.node,
              (unsigned long long)ring->id.seq, (unsigned long long)set,
              (unsigned long long)processes);
}

/* Sets of nodes that all hear each other, greedily from a drawn start. */
void sim_group_reform(struct sim_world *world)
{
    uint64_t left = 0, installed = 0;
    for (uint8_t n = 0; n < SIM_NODES; n++)
        left |= sim_alive(world, n) ? sim_bit(n) : 0;
    uint8_t start = world->steady ? 0 : (uint8_t)sim_between(&world->rng, 0, SIM_NODES - 1);
    /* Whole rings that nobody else can join stay as they are. */
    for (uint8_t k = 0; k < SIM_NODES; k++) {
        uint8_t first = (uint8_t)((start + k) % SIM_NODES);
        if (!(left & sim_bit(first)))
            continue;
        uint64_t set = sim_bit(first);
        uint32_t r = world->node[first].ring;
        if (r && !world->ring[r].broken && sim_ring_intact(world, &world->ring[r]))
            set = world->ring[r].members & left;
        for (uint8_t m = 0; m < SIM_NODES; m++) {
            bool all = left & sim_bit(m);
            for (uint8_t o = 0; all && o < SIM_NODES; o++)
                all = !(set & sim_bit(o)) || o == m || sim_hears(world, m, o);
            if (all)
                set |= sim_bit(m);
        }
        left &= ~set;
        if (r && !world->ring[r].broken && world->ring[r].members == set)
            continue;
        install(world, set);
        installed |= set;
    }
    if (!installed)
        return;
    uint32_t had_witness = world->witness_ring;
    sim_witness_vote(world);
    for (uint8_t n = 0; n < SIM_NODES; n++) {
        /* Who loses the witness to others is told so, though its ring is the same. */
        bool lost = world->witness_ring != had_witness && world->node[n].ring == had_witness;
        if (installed & sim_bit(n) || lost)
            sim_tell_quorum(world, n, sim_delay(world, 1, 40) * SIM_MS);
    }
    sim_check_quorate(world);
    sim_check_i7(world);
}

/* The token was lost and found: corosync makes a new ring of the same members. */
void sim_group_renew(struct sim_world *world, uint8_t n)
{
    uint32_t r = world->node[n].ring;
    if (!r || world->ring[r].dead || world->ring[r].broken || !world->node[n].corosync)
        return;
    world->ring[r].broken = true;
    sim_miss_some(world, r);
    sim_group_reform(world);
}
