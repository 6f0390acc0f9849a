/* world.c - virtual time: a heap of events, and the loop that takes them. */
#include "world.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ARENA_MAX (2048ull * 1024 * 1024)

static void *map(size_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                    -1, 0);
    if (at == MAP_FAILED)
        abort();
    return at;
}

struct sim_world *sim_world_new(void)
{
    struct sim_world *world = map(sizeof(*world));
    world->actions = map(sizeof(struct hf_actions));
    world->spec = map(sizeof(struct hf_spec));
    world->ring = map(SIM_RINGS * sizeof(struct sim_ring));
    world->seen = map(SIM_SEEN_MAX * 2 * sizeof(uint64_t));
    world->seen_slots = map(SIM_SEEN_MAX * sizeof(uint32_t));
    world->arena = map(ARENA_MAX);
    for (unsigned n = 0; n < SIM_NODES; n++)
        world->node[n].core = map(hf_core_size());
    return world;
}

void sim_world_free(struct sim_world *world)
{
    if (!world)
        return;
    for (unsigned n = 0; n < SIM_NODES; n++) {
        munmap(world->node[n].core, hf_core_size());
        free(world->node[n].journal.records);
        free(world->node[n].out.entries);
        free(world->node[n].inbox);
        free(world->node[n].deferred);
    }
    for (unsigned r = 0; r < SIM_RINGS; r++)
        free(world->ring[r].log);
    sim_record_free(world);
    munmap(world->arena, ARENA_MAX);
    munmap(world->seen, SIM_SEEN_MAX * 2 * sizeof(uint64_t));
    munmap(world->seen_slots, SIM_SEEN_MAX * sizeof(uint32_t));
    munmap(world->ring, SIM_RINGS * sizeof(struct sim_ring));
    munmap(world->spec, sizeof(struct hf_spec));
    munmap(world->actions, sizeof(struct hf_actions));
    free(world->heap);
    munmap(world, sizeof(*world));
}

/* A node as new: everything but what is allocated. */
static void node_reset(struct sim_world *world, uint8_t n)
{
    struct sim_node *node = &world->node[n];
    struct sim_node fresh = {0};
    fresh.core = node->core;
    fresh.journal.records = node->journal.records;
    fresh.journal.room = node->journal.room;
    fresh.out.entries = node->out.entries;
    fresh.out.room = node->out.room;
    fresh.inbox = node->inbox;
    fresh.inbox_room = node->inbox_room;
    fresh.deferred = node->deferred;
    fresh.deferred_room = node->deferred_room;
    fresh.disk_path = true;
    fresh.mono_base_ms = world->steady ? 100000 : sim_between(&world->rng, 1, 100000) + 100000;
    fresh.config.speaks = HF_FORMAT_FIRST;
    *node = fresh;
}

void sim_world_reset(struct sim_world *world, uint64_t seed, unsigned nodes, bool steady)
{
    for (unsigned r = 0; r < world->ring_count && r < SIM_RINGS; r++) {
        struct sim_entry *log = world->ring[r].log;
        uint32_t room = world->ring[r].room;
        memset(&world->ring[r], 0, sizeof(world->ring[r]));
        world->ring[r].log = log;
        world->ring[r].room = room;
    }
    for (uint32_t k = 0; k < world->seen_count; k++)
        world->seen[2 * world->seen_slots[k]] = world->seen[2 * world->seen_slots[k] + 1] = 0;
    world->seen_count = 0;
    world->seed = seed;
    world->rng.state = seed * 0x2545f4914f6cdd1dull + 1;
    world->now = world->order = 0;
    world->heap_count = 0;
    world->nodes = nodes;
    world->ring_count = 1;
    world->first = world->joined = 0;
    world->witness = false;
    world->witness_ring = 0;
    world->steady = steady;
    world->calm = world->stale = world->versions = world->finish = false;
    world->format = HF_FORMAT_FIRST;
    world->reform_soon = false;
    world->token_us = 500 * SIM_MS;
    world->arena_used = 0;
    world->fingerprint = world->events = 0;
    uint32_t request_count = world->request_count;
    world->request_count = 0;
    world->marker = world->marker_acked_count = 0;
    world->history_done = world->history_epoch = 0;
    world->faults = 0;
    world->pending_next = 0;
    world->violation[0] = '\0';
    world->violation_at = 0;
    memset(&world->mood, 0, sizeof(world->mood));
    memset(world->disk, 0, sizeof(world->disk));
    memset(world->pending, 0, world->pending_end * sizeof(world->pending[0]));
    memset(world->request, 0, request_count * sizeof(world->request[0]));
    world->pending_end = 0;
    world->instance_end = 0;
    memset(world->assigned, 0, sizeof(world->assigned));
    for (unsigned a = 0; a < SIM_NODES; a++) {
        for (unsigned b = 0; b < SIM_NODES; b++)
            world->link[a][b] = true;
        node_reset(world, (uint8_t)a);
    }
    sim_at(world, 50 * SIM_MS, SIM_EV_CLIENT, 0, 0, 0, 0);
}

static bool before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

/* Puts an event where it belongs on the way from i up to the first. */
static void sift_up(struct sim_world *world, uint32_t i, const struct sim_event *event)
{
    for (; i > 0 && before(event, &world->heap[(i - 1) / 2]); i = (i - 1) / 2)
        world->heap[i] = world->heap[(i - 1) / 2];
    world->heap[i] = *event;
}

void sim_at(struct sim_world *world, uint64_t at, enum sim_event_type type, uint8_t node,
            uint64_t guard, uint64_t a, uint64_t b)
{
    if (world->heap_count == world->heap_room) {
        world->heap_room = world->heap_room ? world->heap_room * 2 : 1024;
        world->heap = realloc(world->heap, world->heap_room * sizeof(*world->heap));
        if (!world->heap)
            abort();
    }
    struct sim_event event = {at, ++world->order, (uint8_t)type, node, guard, a, b};
    sift_up(world, world->heap_count++, &event);
}

/* The last one belongs far below nearly always: the gap goes all the way down, then it comes up. */
static struct sim_event pop(struct sim_world *world)
{
    struct sim_event first = world->heap[0], last = world->heap[--world->heap_count];
    uint32_t i = 0;
    for (uint32_t child = 1; child < world->heap_count; child = 2 * i + 1) {
        if (child + 1 < world->heap_count)
            child += before(&world->heap[child + 1], &world->heap[child]);
        world->heap[i] = world->heap[child];
        i = child;
    }
    if (world->heap_count)
        sift_up(world, i, &last);
    return first;
}

/* Events that happen on a node wait while it is frozen. */
static bool of_node(uint8_t type)
{
    return type != SIM_EV_WATCHDOG && type != SIM_EV_REFORM && type != SIM_EV_CLIENT &&
           type != SIM_EV_FAULT && type != SIM_EV_CHECK && type != SIM_EV_MEASURE;
}

static void daemon_start_event(struct sim_world *world, const struct sim_event *event)
{
    const struct sim_node *node = &world->node[event->node];
    if (node->powered && node->life == event->guard && !node->daemon)
        sim_daemon_start(world, event->node);
}

static void dispatch(struct sim_world *world, const struct sim_event *event)
{
    switch ((enum sim_event_type)event->type) {
    case SIM_EV_WAKE:
        sim_wake(world, event);
        return;
    case SIM_EV_INBOX:
        if (world->node[event->node].life == event->guard)
            sim_group_inbox(world, event->node);
        return;
    case SIM_EV_QUORUM:
        sim_group_quorum(world, event->node, event);
        return;
    case SIM_EV_ORDER:
        sim_group_order(world, event);
        return;
    case SIM_EV_REFORM:
        sim_group_reform(world);
        return;
    case SIM_EV_CONNECT:
        if (world->node[event->node].incarnation == event->guard)
            sim_group_connect(world, event->node);
        return;
    case SIM_EV_DAEMON:
        daemon_start_event(world, event);
        return;
    case SIM_EV_COROSYNC:
        if (world->node[event->node].life == event->guard)
            sim_group_start(world, event->node);
        return;
    case SIM_EV_EFFECT:
        sim_driver_effect(world, event);
        return;
    case SIM_EV_ANSWER:
        sim_driver_answer(world, event);
        return;
    case SIM_EV_STREAM:
        sim_driver_stream(world, event);
        return;
    case SIM_EV_SYNCED:
        sim_journal_synced(world, event);
        return;
    case SIM_EV_EXITED: {
        struct hf_event exited = {.type = HF_EVENT_EXITED};
        exited.exited.instance = (uint16_t)event->a;
        exited.exited.generation = (uint32_t)event->b;
        if (world->node[event->node].daemon && world->node[event->node].incarnation == event->guard)
            sim_step(world, event->node, &exited);
        return;
    }
    case SIM_EV_WATCHDOG:
        sim_watchdog(world, event);
        return;
    case SIM_EV_CLIENT:
        sim_client(world);
        return;
    case SIM_EV_FAULT:
        if (world->on_fault)
            world->on_fault(world, event->a, event->b);
        return;
    case SIM_EV_CHECK:
        return;
    case SIM_EV_MEASURE:
        sim_measure(world);
        return;
    case SIM_EV_JOINED:
        if (world->node[event->node].life == event->guard)
            sim_services_anew(world, event->node);
        return;
    }
}

static void defer(struct sim_node *node, const struct sim_event *event)
{
    if (node->deferred_count == node->deferred_room) {
        node->deferred_room = node->deferred_room ? node->deferred_room * 2 : 64;
        node->deferred = realloc(node->deferred, node->deferred_room * sizeof(*event));
        if (!node->deferred)
            abort();
    }
    node->deferred[node->deferred_count++] = *event;
}

void sim_run(struct sim_world *world, uint64_t until)
{
    while (!world->violation[0] && world->heap_count && world->heap[0].at <= until) {
        struct sim_event event = pop(world);
        world->now = event.at;
        if (world->fingerprinted)
            sim_fingerprint_event(world, &event);
        if (of_node(event.type) && world->node[event.node].frozen) {
            defer(&world->node[event.node], &event);
            continue;
        }
        dispatch(world, &event);
    }
    if (!world->violation[0] && world->now < until)
        world->now = until;
}

uint64_t sim_delay(struct sim_world *world, uint64_t from, uint64_t to)
{
    return world->steady ? from : sim_between(&world->rng, from, to);
}

const uint8_t *sim_keep(struct sim_world *world, const void *bytes, size_t length)
{
    if (world->arena_used + length > ARENA_MAX)
        abort();
    uint8_t *at = world->arena + world->arena_used;
    memcpy(at, bytes, length);
    world->arena_used += (length + 7) & ~(size_t)7;
    return at;
}

void sim_violation(struct sim_world *world, const char *format, ...)
{
    if (world->violation[0])
        return;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(world->violation, sizeof(world->violation), format, arguments);
    va_end(arguments);
    world->violation_at = world->now;
    sim_trace(world, "VIOLATION: %s", world->violation);
}
