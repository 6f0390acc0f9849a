/*
 * The core, fed with events: the first byte chooses a world (world.h), the rest is a series
 * (wire.h) of events. kind & 15 says which, argument and bytes are its inputs. Whatever other nodes
 * send, the core goes on or stops loudly (HALT); its state stays in order, what it asks for is
 * well-formed.
 */
#include <string.h>

#include "check_state.h"
#include "target.h"
#include "wire.h"
#include "world.h"

#define KEEP_OWN 0x10u /* own messages do not come back yet */
#define SEAL 0x20u     /* messages: the checksum is made right */
#define RING 0x40u     /* messages: as if sent in the ring of now */
#define STATE 0x80u    /* messages: as if about the state of now */

enum { EVENTS_MAX = 64 };

/* Little endian, missing bytes are 0. */
static uint64_t number_at(const struct frame *frame, size_t at, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size && at + i < frame->length; i++)
        value |= (uint64_t)frame->bytes[at + i] << (8 * i);
    return value;
}

static void text_at(const struct frame *frame, size_t at, char *text, size_t room)
{
    for (size_t i = 0; i + 1 < room && at + i < frame->length && frame->bytes[at + i]; i++)
        text[i] = (char)frame->bytes[at + i];
}

static void message(struct world *world, const struct frame *frame)
{
    static uint8_t sealed[HF_MESSAGE_MAX], made[HF_MESSAGE_MAX];
    struct hf_event event = {.type = HF_EVENT_MESSAGE};
    struct hf_message opened;
    event.message = (struct hf_event_message){frame->argument, frame->bytes, frame->length};
    if (frame->kind & (SEAL | RING | STATE)) {
        memcpy(sealed, frame->bytes, frame->length);
        wire_seal(sealed, frame->length);
        event.message.bytes = sealed;
    }
    if (frame->kind & (RING | STATE) && hf_message_open(&opened, sealed, frame->length)) {
        struct hf_head head = opened.head;
        const struct hf_state *state = &world->core->state;
        if (frame->kind & RING) {
            head.ring = world->core->membership.ring.seq;
            head.members = world->core->membership.members;
        }
        if (frame->kind & STATE) {
            head.epoch = state->epoch;
            head.index = state->index;
            head.hash = state->hash;
        }
        size_t length = wire_with_head(sealed, frame->length, &head, made, sizeof(made));
        if (length) {
            event.message.bytes = made;
            event.message.length = length;
        }
    }
    world_step(world, &event);
}

static void tick(struct world *world, const struct frame *frame)
{
    struct hf_event event = {.type = HF_EVENT_TICK};
    uint64_t by = 1ull << frame->argument % 24;
    world->now_ms += by;
    world->wall_ms += frame->length ? number_at(frame, 0, 5) : by;
    world_step(world, &event);
}

static void membership(struct world *world, const struct frame *frame)
{
    struct hf_event event = {.type = HF_EVENT_MEMBERSHIP};
    uint64_t before = world->core->membership.members;
    uint64_t self = hf_bit(world->core->config.node);
    if (!world->core->engine_up)
        return;
    world->ring += frame->argument & 2 ? 4 : 0;
    uint64_t members = number_at(frame, 0, 8) | self;
    event.membership =
        (struct hf_event_membership){.members = members,
                                     .left_down = number_at(frame, 8, 8) & before & ~members,
                                     .ring = {1, world->ring},
                                     .settled = frame->argument & 1};
    event.membership.left_process = before & ~members & ~event.membership.left_down;
    world_step(world, &event);
}

static void quorum(struct world *world, const struct frame *frame)
{
    struct hf_event event = {.type = HF_EVENT_QUORUM};
    uint64_t ring = world->ring - (frame->argument & 2 && world->ring ? 4 : 0);
    event.quorum = (struct hf_event_quorum){.quorate = frame->argument & 1,
                                            .ring = {1, ring},
                                            .votes = (uint32_t)number_at(frame, 0, 1),
                                            .expected = (uint32_t)number_at(frame, 1, 1)};
    if (world->core->engine_up)
        world_step(world, &event);
}

static void step(struct world *world, const struct frame *frame)
{
    struct hf_event event = {.type = HF_EVENT_STEP};
    if (!world->step_count)
        return;
    unsigned s = frame->argument % world->step_count;
    uint8_t flags = (uint8_t)number_at(frame, 1, 1);
    event.step =
        (struct hf_event_step){.id = world->steps[s],
                               .status = (uint8_t)(number_at(frame, 0, 1) % HF_STEP_STATUSES),
                               .more = flags & 1,
                               .mounted = flags & 2,
                               .address_up = flags & 4,
                               .engine_running = flags & 8,
                               .key_held = flags & 16,
                               .generation = (uint32_t)number_at(frame, 2, 4),
                               .took_ms = (uint32_t)number_at(frame, 6, 4),
                               .key = number_at(frame, 10, 8)};
    char text[2 * HF_PATH_MAX] = "";
    text_at(frame, 18, text, sizeof(text));
    event.step.text = flags & 32 ? text : NULL;
    if (!event.step.more)
        world->steps[s] = world->steps[--world->step_count];
    world_step(world, &event);
}

static void exited(struct world *world, const struct frame *frame)
{
    struct hf_event event = {.type = HF_EVENT_EXITED};
    event.exited.instance = frame->argument % HF_INSTANCES_MAX;
    event.exited.generation = frame->length ? (uint32_t)number_at(frame, 0, 4)
                                            : world->core->local[event.exited.instance].generation;
    world_step(world, &event);
}

/* What an administrator may apply: one instance of the configuration in force, changed. */
static const struct hf_spec *changed_spec(const struct world *world, const struct frame *frame)
{
    static struct hf_spec spec;
    spec = world->core->state.spec;
    struct hf_instance_spec *instance = &spec.instances[number_at(frame, 0, 2) % HF_INSTANCES_MAX];
    bool free_slot = !instance->name[0];
    if (free_slot || frame->length < 4)
        memset(instance, 0, sizeof(*instance));
    if (free_slot) {
        hf_instance_spec_init(instance);
        memcpy(instance->name, "new", 4);
    }
    if (frame->length >= 4) {
        instance->priority = (int32_t)number_at(frame, 3, 4);
        instance->possible = number_at(frame, 7, 8) & hf_spec_nodes(&spec);
    }
    return &spec;
}

static void request(struct world *world, const struct frame *frame)
{
    struct hf_event event = {.type = HF_EVENT_REQUEST};
    event.request = (struct hf_event_request){.id = ++world->last_request,
                                              .verb = frame->argument % HF_VERBS,
                                              .force = frame->argument & 0x80,
                                              .instance = (uint16_t)number_at(frame, 0, 2),
                                              .node = (uint8_t)number_at(frame, 2, 1)};
    event.request.config_version = world->core->state.config_version;
    if (event.request.verb == HF_VERB_APPLY)
        event.request.spec = changed_spec(world, frame);
    else
        text_at(frame, 3, event.request.text, sizeof(event.request.text));
    memcpy(event.request.address, "10.77.0.14", 11);
    memcpy(event.request.address2, "10.77.1.14", 11);
    world_step(world, &event);
}

static void persisted(struct world *world, const struct frame *frame)
{
    struct hf_event event = {.type = HF_EVENT_PERSISTED};
    uint64_t mark = hf_core_mark(world->core);
    event.persisted.mark = mark > frame->argument ? mark - frame->argument : mark;
    world_step(world, &event);
}

static void engine(struct world *world, const struct frame *frame)
{
    struct hf_event event = {.type =
                                 frame->argument & 1 ? HF_EVENT_ENGINE_UP : HF_EVENT_ENGINE_DOWN};
    world->queue_count = 0;
    world_step(world, &event);
}

typedef void event_fn(struct world *world, const struct frame *frame);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static event_fn *const events[] = {message, tick,      membership, quorum,  step, exited,
                                       request, persisted, engine,     message, step, message,
                                       message, persisted, tick,       request};
    struct frame frame;
    if (!size)
        return 0;
    struct world *world = world_begin((enum world_kind)(data[0] % WORLD_KINDS));
    data++;
    size--;
    for (unsigned e = 0; e < EVENTS_MAX && !world->halted && frame_next(&data, &size, &frame);
         e++) {
        events[frame.kind & 15](world, &frame);
        if (!(frame.kind & KEEP_OWN))
            world_deliver(world);
    }
    if (world->halted)
        return 0;
    check_snapshot(world->core);
    check_views(world->core);
    return 0;
}
