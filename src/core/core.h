/*
 * core.h - the decisions of Holdfast: one pure function.
 *
 * hf_core_step takes an event with its time and fills actions; nothing else changes a core. The
 * core makes no system call, reads no clock, allocates nothing, logs nothing and cannot fail. The
 * daemon runs it with real drivers, the simulator with simulated ones.
 *
 * The structure is large (about 20 MiB of address space, little of it touched): allocate it once.
 * All of it is private to src/core except what the functions here return.
 */
#ifndef HF_CORE_CORE_H
#define HF_CORE_CORE_H

#include "core/event.h"
#include "core/state.h"

struct hf_core;

/* How this node knows itself when it starts. */
struct hf_core_config {
    uint8_t node;              /* own slot = corosync node id - 1 */
    uint64_t incarnation;      /* differs each time the daemon starts */
    uint16_t speaks;           /* newest format it speaks (format.h); 0 = HF_FORMAT_NEWEST */
    bool watchdog;             /* a hardware or software watchdog guards this node */
    char cluster[HF_NAME_MAX]; /* used only when this node makes a new cluster */
    char name[HF_NAME_MAX];
    char public_address[HF_ADDRESS_MAX];
    char private_address[HF_ADDRESS_MAX];
};

size_t hf_core_size(void);

/* core: hf_core_size() zeroed bytes, aligned like a pointer, or a core that is not used any more:
 * it begins anew. */
void hf_core_init(struct hf_core *core, const struct hf_core_config *config, uint64_t now_ms,
                  uint64_t wall_ms);

/* Before the first step: state from this node's own disk, snapshot records first, then decisions in
 * order, exactly the bytes that were given out to be persisted. Returns false for bytes that do
 * not decode or do not follow (the rest must then not be restored). Of a format that it does not
 * speak a core takes nothing; its first step then asks to halt. */
bool hf_core_restore_snapshot(struct hf_core *core, const uint8_t *bytes, size_t length);
bool hf_core_restore_decision(struct hf_core *core, const uint8_t *bytes, size_t length);

void hf_core_step(struct hf_core *core, const struct hf_event *event, struct hf_actions *actions);

/* The whole state as records of at most HF_MESSAGE_MAX bytes: call with *cursor 0, then again until
 * it returns 0. Valid as long as no step comes in between. */
size_t hf_core_snapshot(const struct hf_core *core, uint32_t *cursor, uint8_t *bytes, size_t room);

/* How far the state is, as PERSIST and SNAPSHOT name it and HF_EVENT_PERSISTED returns it: the
 * index of the newest decision, and above it a number that differs when the state was replaced. It
 * only grows while the core lives. */
uint64_t hf_core_mark(const struct hf_core *core);

/* Views for status, tests and checkers. */
const struct hf_state *hf_core_state(const struct hf_core *core);
uint8_t hf_core_self(const struct hf_core *core);

enum hf_core_condition {
    HF_CORE_NO_ENGINE, /* corosync is not there */
    HF_CORE_NO_QUORUM,
    HF_CORE_JOINING, /* quorate, but not yet in the regime */
    HF_CORE_MEMBER   /* holds the state and takes part */
};

struct hf_core_view {
    enum hf_core_condition condition;
    bool coordinator;
    uint64_t members; /* of the group as the engine says */
    uint32_t votes, expected;
    bool tilted;           /* the clock jumped: observing, not acting */
    struct hf_reason tilt; /* and why, or HF_REASON_NONE */
};

void hf_core_view(const struct hf_core *core, struct hf_core_view *ret);
enum hf_core_condition hf_core_condition(const struct hf_core *core);

/* What this node itself runs of an instance, whatever the replicated state says. */
struct hf_local_view {
    enum hf_phase phase;
    uint32_t generation;
    bool inspected; /* false: not yet known after the start of the daemon */
    bool acquired, mounted, address_up, engine_up;
    bool unclean; /* something could not be removed yet */
};

void hf_core_local_view(const struct hf_core *core, uint16_t instance, struct hf_local_view *ret);

/* Whether this node keeps its promises (what must be stopped is stopped in time). While it is false
 * the daemon must not feed the watchdog. */
bool hf_core_may_feed_watchdog(const struct hf_core *core, uint64_t now_ms);

#endif
