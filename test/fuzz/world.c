#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_state.h"

#define NODES 3u
#define ALL 7u
#define INSTANCES 4u
#define START_MS 1000u
#define WALL_MS 1767225600000ull
#define ROUNDS 400u

void (*world_heard)(const uint8_t *bytes, size_t length);

/* ---- one world: steps and what comes out of them ---- */

static void take_message(struct world *world, const struct hf_action *action)
{
    struct hf_message message;
    const uint8_t *bytes = world->actions->arena + action->offset;
    HF_ASSERT(hf_message_open(&message, bytes, action->length));
    HF_ASSERT(message.type >= HF_MESSAGE_HELLO && message.type <= HF_MESSAGE_GO);
    if (world_heard)
        world_heard(bytes, action->length);
    if (world->queue_count == WORLD_QUEUE_MAX)
        return; /* as when the group is lost before they are sent */
    world->queue[world->queue_count].length = action->length;
    memcpy(world->queue[world->queue_count].bytes, bytes, action->length);
    world->queue_count++;
}

static void take_step(struct world *world, const struct hf_action *action)
{
    HF_ASSERT(action->step < HF_STEPS &&
              (action->instance < HF_INSTANCES_MAX || action->step == HF_STEP_NETWORK));
    HF_ASSERT(action->id != 0);
    if (world->step_count == WORLD_STEPS_MAX) {
        memmove(world->steps, world->steps + 1, sizeof(world->steps) - sizeof(world->steps[0]));
        world->step_count--;
    }
    world->steps[world->step_count++] = action->id;
}

static void forget_step(struct world *world, uint64_t id)
{
    for (unsigned s = 0; s < world->step_count; s++) {
        if (world->steps[s] != id)
            continue;
        world->steps[s] = world->steps[--world->step_count];
        return;
    }
}

static void take_action(struct world *world, const struct hf_action *action)
{
    HF_ASSERT(action->offset + action->length <= world->actions->used);
    switch ((enum hf_action_type)action->type) {
    case HF_ACTION_MULTICAST:
        take_message(world, action);
        return;
    case HF_ACTION_STEP:
        take_step(world, action);
        return;
    case HF_ACTION_CANCEL:
        forget_step(world, action->id);
        return;
    case HF_ACTION_REPLY:
        HF_ASSERT(action->id && action->id <= world->last_request);
        return;
    case HF_ACTION_HALT:
        world->halted = true;
        return;
    case HF_ACTION_PERSIST:
    case HF_ACTION_SNAPSHOT:
        world->to_persist = action->id;
        return;
    case HF_ACTION_TYPES:
        break;
    }
    HF_ASSERT(!"an action of no type");
}

void world_step(struct world *world, struct hf_event *event)
{
    if (world->halted)
        return;
    event->now_ms = world->now_ms;
    event->wall_ms = world->wall_ms;
    hf_core_step(world->core, event, world->actions);
    HF_ASSERT(world->actions->count <= HF_ACTIONS_MAX && world->actions->used <= HF_ARENA_MAX);
    for (uint32_t a = 0; a < world->actions->count; a++)
        take_action(world, &world->actions->list[a]);
    if (world->halted)
        return; /* the daemon stops here: what it holds is not used again */
    check_hash(world->core);
    struct hf_core_view view;
    hf_core_view(world->core, &view);
    HF_ASSERT(view.condition <= HF_CORE_MEMBER);
    (void)hf_core_may_feed_watchdog(world->core, world->now_ms);
}

/* Takes the oldest own message out of the queue into bytes; its length, 0 = there is none. */
static size_t next_own(struct world *world, uint8_t bytes[HF_MESSAGE_MAX])
{
    if (!world->queue_count)
        return 0;
    size_t length = world->queue[0].length;
    memcpy(bytes, world->queue[0].bytes, length);
    world->queue_count--;
    for (unsigned q = 0; q < world->queue_count; q++) {
        world->queue[q].length = world->queue[q + 1].length;
        memcpy(world->queue[q].bytes, world->queue[q + 1].bytes, world->queue[q].length);
    }
    return length;
}

static void give_message(struct world *world, uint8_t node, const uint8_t *bytes, size_t length)
{
    struct hf_event event = {.type = HF_EVENT_MESSAGE};
    event.message = (struct hf_event_message){node, bytes, length};
    world_step(world, &event);
}

void world_deliver(struct world *world)
{
    static uint8_t bytes[HF_MESSAGE_MAX];
    size_t length;
    for (unsigned round = 0; round < WORLD_QUEUE_MAX && !world->halted; round++) {
        if (!(length = next_own(world, bytes)))
            return;
        give_message(world, world->core->config.node, bytes, length);
    }
}

/* ---- making the worlds ---- */

static struct world *worlds[WORLD_KINDS];

static struct world *world_new(void)
{
    struct world *world = calloc(1, sizeof(*world));
    HF_ASSERT(world);
    world->core = calloc(1, hf_core_size());
    world->actions = calloc(1, sizeof(*world->actions));
    HF_ASSERT(world->core && world->actions);
    world->now_ms = START_MS;
    world->wall_ms = WALL_MS;
    return world;
}

static void copy_world(struct world *to, const struct world *from)
{
    memcpy(to->core, from->core, hf_core_size());
    to->now_ms = from->now_ms;
    to->wall_ms = from->wall_ms;
    to->ring = from->ring;
    to->halted = from->halted;
    to->last_request = from->last_request;
    to->to_persist = from->to_persist;
    to->step_count = from->step_count;
    memcpy(to->steps, from->steps, sizeof(to->steps));
    to->queue_count = from->queue_count;
    for (unsigned q = 0; q < from->queue_count; q++) {
        to->queue[q].length = from->queue[q].length;
        memcpy(to->queue[q].bytes, from->queue[q].bytes, from->queue[q].length);
    }
}

static void world_free(struct world *world)
{
    free(world->core);
    free(world->actions);
    free(world);
}

static void keep(enum world_kind kind, const struct world *from)
{
    worlds[kind] = world_new();
    copy_world(worlds[kind], from);
}

static void start(struct world *world, uint8_t node, const char *cluster)
{
    struct hf_core_config config = {.node = node, .incarnation = node + 1u, .watchdog = true};
    (void)snprintf(config.cluster, sizeof(config.cluster), "%s", cluster);
    (void)snprintf(config.name, sizeof(config.name), "db%u", node + 1u);
    (void)snprintf(config.public_address, HF_ADDRESS_MAX, "10.77.0.1%u", node + 1u);
    (void)snprintf(config.private_address, HF_ADDRESS_MAX, "10.77.1.1%u", node + 1u);
    hf_core_init(world->core, &config, world->now_ms, world->wall_ms);
}

/* The group as it is from here on. */
static void join(struct world *world, uint64_t members, uint32_t votes)
{
    struct hf_event event = {.type = HF_EVENT_ENGINE_UP};
    struct hf_ring ring = {1, world->ring += 4};
    world_step(world, &event);
    event.type = HF_EVENT_MEMBERSHIP;
    event.membership =
        (struct hf_event_membership){.members = members, .ring = ring, .settled = true};
    world_step(world, &event);
    event.type = HF_EVENT_QUORUM;
    event.quorum =
        (struct hf_event_quorum){.quorate = true, .ring = ring, .votes = votes, .expected = votes};
    world_step(world, &event);
}

/* One message of any of the nodes, to all of them; false: nobody has anything to say. */
static bool pass_one(struct world *nodes[], unsigned count)
{
    static uint8_t bytes[HF_MESSAGE_MAX];
    for (unsigned from = 0; from < count; from++) {
        size_t length = next_own(nodes[from], bytes);
        for (unsigned to = 0; length && to < count; to++)
            give_message(nodes[to], nodes[from]->core->config.node, bytes, length);
        if (length)
            return true;
    }
    return false;
}

/* Time goes on, messages are delivered, and (answer) driver steps end well. */
static void go_on(struct world *nodes[], unsigned count, unsigned rounds, bool answer)
{
    for (unsigned round = 0; round < rounds; round++) {
        while (pass_one(nodes, count))
            ;
        for (unsigned n = 0; n < count; n++) {
            struct hf_event event = {.type = HF_EVENT_TICK};
            nodes[n]->now_ms += 20;
            nodes[n]->wall_ms += 20;
            if (answer && nodes[n]->step_count) {
                event.type = HF_EVENT_STEP;
                event.step.id = nodes[n]->steps[0];
                event.step.more = round % 2;
                forget_step(nodes[n], event.step.id);
            }
            world_step(nodes[n], &event);
            if (answer && nodes[n]->to_persist) {
                event.type = HF_EVENT_PERSISTED;
                event.persisted.mark = nodes[n]->to_persist;
                nodes[n]->to_persist = 0;
                world_step(nodes[n], &event);
            }
        }
    }
}

static void instance_spec(struct hf_instance_spec *spec, unsigned i)
{
    hf_instance_spec_init(spec);
    (void)snprintf(spec->name, sizeof(spec->name), "pg%u", i);
    (void)snprintf(spec->engine.data, HF_PATH_MAX, "/srv/pg%u", i);
    (void)snprintf(spec->address, HF_ADDRESS_MAX, "10.77.0.10%u", i);
    (void)snprintf(spec->disks[0].device, HF_PATH_MAX, "/dev/disk/by-id/d%u", i);
    (void)snprintf(spec->disks[0].mount, HF_PATH_MAX, "/srv/pg%u", i);
    spec->disk_count = i == 3 ? 0 : 1;
    spec->online = true;
    spec->preferred_count = 2;
    spec->preferred[0] = (uint8_t)(i % NODES);
    spec->preferred[1] = (uint8_t)((i + 1) % NODES);
    spec->demand[HF_CPU] = 1000 * i;
    if (i == 2) {
        spec->after_count = 1;
        spec->after[0] = 0;
        spec->apart_count = 1;
        spec->apart_from[0] = 1;
    }
}

static void apply_or_die(struct hf_state *state, const struct hf_change *change,
                         const struct hf_spec *staged)
{
    bool meant = hf_state_apply(state, change, WALL_MS, staged);
    HF_ASSERT(meant);
}

/* The state of a cluster of three with its instances, as every one of its nodes has it on disk. */
static void make_state(struct hf_state *state)
{
    struct hf_change change = hf_change_make(HF_CHANGE_CLUSTER, HF_REASON_CONFIGURED);
    (void)snprintf(change.text, sizeof(change.text), "lab");
    hf_state_init(state);
    apply_or_die(state, &change, NULL);
    for (uint8_t n = 0; n < NODES; n++) {
        change = hf_change_make(HF_CHANGE_NODE_ADD, HF_REASON_NODE_ADDED);
        change.node = n;
        (void)snprintf(change.text, sizeof(change.text), "db%u", n + 1u);
        (void)snprintf(change.address, HF_ADDRESS_MAX, "10.77.0.1%u", n + 1u);
        (void)snprintf(change.address2, HF_ADDRESS_MAX, "10.77.1.1%u", n + 1u);
        apply_or_die(state, &change, NULL);
        change.type = HF_CHANGE_NODE_UP;
        apply_or_die(state, &change, NULL);
    }
    struct hf_spec *spec = malloc(sizeof(*spec));
    HF_ASSERT(spec);
    *spec = state->spec;
    for (unsigned i = 0; i < INSTANCES; i++)
        instance_spec(&spec->instances[i], i);
    change = hf_change_make(HF_CHANGE_CONFIG, HF_REASON_CONFIGURED);
    apply_or_die(state, &change, spec);
    free(spec);
}

/* An administrator's command, so that its messages are heard. */
static void command(struct world *node, enum hf_verb verb)
{
    struct hf_event event = {.type = HF_EVENT_REQUEST};
    struct hf_spec *spec = malloc(sizeof(*spec));
    HF_ASSERT(spec);
    *spec = node->core->state.spec;
    instance_spec(&spec->instances[INSTANCES], INSTANCES);
    event.request = (struct hf_event_request){.id = ++node->last_request,
                                              .verb = (uint8_t)verb,
                                              .instance = 1,
                                              .node = HF_NODE_NONE,
                                              .spec = spec};
    event.request.config_version = node->core->state.config_version;
    memcpy(event.request.text, "db4", 4);
    memcpy(event.request.address, "10.77.0.14", 11);
    memcpy(event.request.address2, "10.77.1.14", 11);
    world_step(node, &event);
    free(spec);
}

static void make_trio(void)
{
    struct world *nodes[NODES];
    for (uint8_t n = 0; n < NODES; n++) {
        nodes[n] = world_new();
        start(nodes[n], n, "");
        make_state(&nodes[n]->core->state);
    }
    for (unsigned n = 0; n < NODES; n++)
        join(nodes[n], ALL, NODES);
    keep(WORLD_HELLO, nodes[1]);
    go_on(nodes, NODES, 5, false);
    HF_ASSERT(nodes[0]->core->synced_self && hf_coordinator(nodes[0]->core) == 0);
    keep(WORLD_COORDINATOR, nodes[0]);
    keep(WORLD_MEMBER, nodes[2]);
    go_on(nodes, NODES, ROUNDS, true);
    keep(WORLD_SERVING, nodes[0]);
    command(nodes[1], HF_VERB_MOVE);
    command(nodes[1], HF_VERB_JOIN);
    command(nodes[1], HF_VERB_APPLY);
    go_on(nodes, NODES, 20, true);
    for (unsigned n = 0; n < NODES; n++)
        world_free(nodes[n]);
}

static void make_alone(void)
{
    struct world *node = world_new();
    start(node, 0, "lab");
    keep(WORLD_STARTED, node);
    join(node, 1, 1);
    go_on(&node, 1, 20, true);
    HF_ASSERT(node->core->synced_self && node->core->state.spec.cluster.name[0]);
    keep(WORLD_ALONE, node);
    world_free(node);
}

/* The others hold the state; it knows of them by what they said. */
static void make_joiner(void)
{
    struct world *nodes[2] = {world_new(), world_new()};
    start(nodes[0], 0, "");
    make_state(&nodes[0]->core->state);
    start(nodes[1], 1, "");
    join(nodes[0], 3, 2);
    join(nodes[1], 3, 2);
    for (unsigned k = 0; k < 2; k++) {
        bool said = pass_one(nodes, 2);
        HF_ASSERT(said);
    }
    HF_ASSERT(nodes[1]->core->sync == HF_SYNC_REGIME && !nodes[1]->core->synced_self);
    keep(WORLD_JOINER, nodes[1]);
    go_on(nodes, 2, 20, true);
    HF_ASSERT(nodes[1]->core->synced_self);
    world_free(nodes[0]);
    world_free(nodes[1]);
}

struct world *world_begin(enum world_kind kind)
{
    static struct world *world;
    if (!world) {
        make_alone();
        make_trio();
        make_joiner();
        world = world_new();
    }
    copy_world(world, worlds[kind]);
    return world;
}
