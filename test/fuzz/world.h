/*
 * world.h - a core among three nodes, in some state from which a fuzz input goes on.
 *
 * The worlds are made once, by three real cores that hear each other's messages in one order;
 * world_begin copies the one that is asked for.
 */
#ifndef HF_FUZZ_WORLD_H
#define HF_FUZZ_WORLD_H

#include "core/impl.h"

#define WORLD_SELF_MAX 8u
#define WORLD_QUEUE_MAX 32u
#define WORLD_STEPS_MAX 64u

enum world_kind {
    WORLD_STARTED,     /* the daemon has just started, to make a new cluster */
    WORLD_ALONE,       /* the one node of a new cluster */
    WORLD_COORDINATOR, /* first of three nodes; four instances, which are wanted */
    WORLD_MEMBER,      /* last of the same three */
    WORLD_SERVING,     /* the coordinator, later: its steps were answered, instances are online */
    WORLD_JOINER,      /* a node without a state that asked the others for theirs */
    WORLD_HELLO,       /* membership changed; not everybody was heard yet */
    WORLD_KINDS
};

struct world {
    struct hf_core *core;
    struct hf_actions *actions;
    uint64_t now_ms, wall_ms;
    uint64_t ring;
    bool halted;
    unsigned queue_count; /* own messages that did not come back yet */
    struct {
        size_t length;
        uint8_t bytes[HF_MESSAGE_MAX];
    } queue[WORLD_QUEUE_MAX];
    unsigned step_count;
    uint64_t steps[WORLD_STEPS_MAX]; /* driver steps under way */
    uint64_t last_request;
    uint64_t to_persist; /* index that the journal was given last, and did not sync yet; 0 = none */
};

/* The world that inputs work on; there is one. */
struct world *world_begin(enum world_kind kind);

/* Gives the core an event at the world's time, takes its actions in, and checks both. */
void world_step(struct world *world, struct hf_event *event);

/* Told of each message that a core sends while the worlds are made; NULL: nobody is. */
extern void (*world_heard)(const uint8_t *bytes, size_t length);

/* Own messages come back, in order, until there are none or the core stopped. */
void world_deliver(struct world *world);

#endif
