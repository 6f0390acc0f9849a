/*
 * group.c - corosync as the cores see it: rings, agreed order, virtual synchrony, quorum.
 *
 * A ring has one log; every message gets its place in it when the token comes to its sender, and
 * each member takes the log in order with its own delay. While a member cannot be reached the ring
 * is broken and nothing is ordered; some members may have missed the end of the log. After the
 * token's time those that hear each other form new rings: members that come from the same ring
 * first take the same entries of it, then the configuration change, then the new ring's.
 */
#include "world.h"

#include <stdlib.h>
#include <string.h>

static bool alive(const struct sim_world *world, uint8_t n)
{
    const struct sim_node *node = &world->node[n];
    return node->powered && node->corosync && !node->frozen;
}

static bool hears(const struct sim_world *world, uint8_t a, uint8_t b)
{
    return alive(world, a) && alive(world, b) && world->link[a][b] && world->link[b][a];
}

static bool intact(const struct sim_world *world, const struct sim_ring *ring)
{
    for (uint8_t a = 0; a < SIM_NODES; a++) {
        if (!(ring->members & sim_bit(a)))
            continue;
        if (!alive(world, a))
            return false;
        for (uint8_t b = (uint8_t)(a + 1); b < SIM_NODES; b++) {
            if (ring->members & sim_bit(b) && !hears(world, a, b))
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

static struct sim_item *inbox_push(struct sim_world *world, uint8_t n, uint64_t delay)
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
static void pass_on(struct sim_world *world, uint8_t n, uint32_t to)
{
    struct sim_node *node = &world->node[n];
    for (; node->pos < to; node->pos++) {
        struct sim_item *item = inbox_push(world, n, sim_delay(world, 100, 400));
        item->ring = node->ring;
        item->index = node->pos;
    }
}

static void ask_for_order(struct sim_world *world, uint8_t n)
{
    struct sim_node *node = &world->node[n];
    uint64_t at = world->now + sim_delay(world, 50, 500);
    if (at < node->order_free)
        at = node->order_free;
    node->order_free = at;
    sim_at(world, at, SIM_EV_ORDER, n, node->corosync_life, node->ring, 0);
}

static void enqueue(struct sim_world *world, uint8_t n, const struct sim_entry *entry)
{
    struct sim_node *node = &world->node[n];
    queue_push(&node->out, entry);
    if (node->ring && !world->ring[node->ring].broken)
        ask_for_order(world, n);
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
    enqueue(world, n, &entry);
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
    for (uint8_t m = 0; m < SIM_NODES; m++) {
        if (ring->members & sim_bit(m) && world->node[m].ring == r)
            pass_on(world, m, ring->count);
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

/* When a ring breaks some members may have missed the end of its log. */
static void miss_some(struct sim_world *world, uint32_t r)
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
        pass_on(world, m, ring->count);
        for (uint32_t k = 0; k < world->node[m].out.count; k++)
            ask_for_order(world, m);
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
        bool whole = !ring->dead && intact(world, ring);
        if (!ring->broken && !whole) {
            ring->broken = true;
            miss_some(world, r);
        } else if (ring->broken && whole) {
            mend(world, r);
        }
        broke |= !whole;
    }
    for (uint8_t a = 0; a < SIM_NODES; a++) {
        for (uint8_t b = 0; b < SIM_NODES; b++)
            joins |= a != b && hears(world, a, b) && world->node[a].ring != world->node[b].ring;
        joins |= alive(world, a) && !world->node[a].ring;
    }
    if (broke)
        reform_at(world, world->now + world->token_us + sim_delay(world, 600, 700) * SIM_MS);
    if (joins)
        reform_at(world, world->now + sim_delay(world, 100, 400) * SIM_MS);
}

static unsigned votes_of(const struct sim_world *world, uint32_t r)
{
    unsigned votes = hf_count_bits(world->ring[r].members);
    return votes + (world->witness && world->witness_ring == r ? 1 : 0);
}

static unsigned expected_votes(const struct sim_world *world)
{
    return world->expected + (world->witness ? 1 : 0);
}

bool sim_ring_quorate(const struct sim_world *world, uint32_t r)
{
    return r && !world->ring[r].dead && votes_of(world, r) > expected_votes(world) / 2;
}

static void tell_quorum(struct sim_world *world, uint8_t n, uint64_t delay)
{
    const struct sim_node *node = &world->node[n];
    if (!node->connected || !node->ring)
        return;
    uint64_t packed = (uint64_t)votes_of(world, node->ring) << 32 | expected_votes(world) << 1 |
                      (sim_ring_quorate(world, node->ring) ? 1 : 0);
    sim_at(world, world->now + delay, SIM_EV_QUORUM, n, node->incarnation, node->ring, packed);
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
    sim_check_i7(world);
    sim_step(world, n, &quorum);
}

/* The number of configured nodes changed: every corosync reads its configuration again. */
void sim_group_votes(struct sim_world *world)
{
    for (uint8_t n = 0; n < SIM_NODES; n++)
        tell_quorum(world, n, sim_delay(world, 1, 20) * SIM_MS);
}

/* Of the rings that the witness would make quorate, one gets its vote: the array decides. */
static void witness_vote(struct sim_world *world)
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
        if (sees && (hf_count_bits(ring->members) + 1) * 2 > expected_votes(world))
            candidates[count++] = r;
    }
    if (count)
        world->witness_ring = candidates[sim_between(&world->rng, 0, count - 1)];
}

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
    struct sim_item *item = inbox_push(world, n, sim_delay(world, 200, 2000));
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
        pass_on(world, n, recovered_to(world, together, node->ring));
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
            ask_for_order(world, n);
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
        left |= alive(world, n) ? sim_bit(n) : 0;
    uint8_t start = world->steady ? 0 : (uint8_t)sim_between(&world->rng, 0, SIM_NODES - 1);
    /* Whole rings that nobody else can join stay as they are. */
    for (uint8_t k = 0; k < SIM_NODES; k++) {
        uint8_t first = (uint8_t)((start + k) % SIM_NODES);
        if (!(left & sim_bit(first)))
            continue;
        uint64_t set = sim_bit(first);
        uint32_t r = world->node[first].ring;
        if (r && !world->ring[r].broken && intact(world, &world->ring[r]))
            set = world->ring[r].members & left;
        for (uint8_t m = 0; m < SIM_NODES; m++) {
            bool all = left & sim_bit(m);
            for (uint8_t o = 0; all && o < SIM_NODES; o++)
                all = !(set & sim_bit(o)) || o == m || hears(world, m, o);
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
    witness_vote(world);
    for (uint8_t n = 0; n < SIM_NODES; n++) {
        /* Who loses the witness to others is told so, though its ring is the same. */
        bool lost = world->witness_ring != had_witness && world->node[n].ring == had_witness;
        if (installed & sim_bit(n) || lost)
            tell_quorum(world, n, sim_delay(world, 1, 40) * SIM_MS);
    }
    sim_check_i7(world);
}

/* The token was lost and found: corosync makes a new ring of the same members. */
void sim_group_renew(struct sim_world *world, uint8_t n)
{
    uint32_t r = world->node[n].ring;
    if (!r || world->ring[r].dead || world->ring[r].broken || !world->node[n].corosync)
        return;
    world->ring[r].broken = true;
    miss_some(world, r);
    sim_group_reform(world);
}

void sim_group_start(struct sim_world *world, uint8_t n)
{
    struct sim_node *node = &world->node[n];
    if (!node->powered || node->corosync)
        return;
    node->corosync = true;
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
    node->connected = node->joined = false;
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
    enqueue(world, n, &entry);
    tell_quorum(world, n, sim_delay(world, 1, 20) * SIM_MS);
}

/* The daemon ended; what it gave to corosync before still goes out, then its leaving. */
void sim_group_disconnect(struct sim_world *world, uint8_t n)
{
    struct sim_node *node = &world->node[n];
    if (!node->connected)
        return;
    forget(node);
    struct sim_entry entry = {.kind = SIM_ENTRY_LEAVE, .node = n, .incarnation = node->incarnation};
    enqueue(world, n, &entry);
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
#ifdef SIM_MESSAGES
    sim_trace(world, "%s takes message %u of %s, entry %u", sim_node_name(world, n),
              entry.length > 6 ? entry.bytes[6] : 0, sim_node_name(world, entry.node), item.index);
#endif
    struct hf_event event = {.type = HF_EVENT_MESSAGE};
    event.message = (struct hf_event_message){entry.node, entry.bytes, entry.length};
    sim_step(world, n, &event);
}
