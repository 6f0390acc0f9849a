/*
 * event.h - what the core is told, and what it asks for.
 *
 * Events carry their time: now_ms (monotonic, for waiting) and wall_ms (wall clock, ms since 1970,
 * for people and for periods of hours). Pointers in an event are valid during the step only.
 */
#ifndef HF_CORE_EVENT_H
#define HF_CORE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"
#include "core/reason.h"
#include "core/spec.h"

/* A configuration of the ring, as corosync names it. */
struct hf_ring {
    uint32_t node;
    uint64_t seq;
};

enum hf_event_type {
    HF_EVENT_TICK,        /* time passed */
    HF_EVENT_ENGINE_UP,   /* the group communication works */
    HF_EVENT_ENGINE_DOWN, /* it was lost: no membership, no quorum */
    HF_EVENT_MEMBERSHIP,
    HF_EVENT_QUORUM,
    HF_EVENT_MESSAGE,
    HF_EVENT_STEP,      /* a driver step answered */
    HF_EVENT_EXITED,    /* an engine process ended */
    HF_EVENT_REQUEST,   /* an administrator's command, from this node's control socket */
    HF_EVENT_PERSISTED, /* everything up to persisted.mark is synced on this node's disk */
    HF_EVENT_MEASURED,  /* what this node has, or what an instance that runs here needs */
    HF_EVENT_TYPES
};

struct hf_event_membership {
    uint64_t members;      /* set of node slots in the group, this node included */
    uint64_t left_down;    /* gone with their computer or its network */
    uint64_t left_process; /* the daemon ended; the computer is still in the ring */
    struct hf_ring ring;
    bool settled; /* ring is the one these members are in */
};

struct hf_event_quorum {
    bool quorate;
    struct hf_ring ring;
    uint32_t votes, expected;
};

struct hf_event_message {
    uint8_t node;
    const uint8_t *bytes;
    size_t length;
};

/* How a step ended, in the core's words; the daemon maps the drivers' status to it. */
enum hf_step_status {
    HF_STEP_OK,
    HF_STEP_TIMEOUT,
    HF_STEP_DISK_MISSING,
    HF_STEP_DISK_IO,
    HF_STEP_NO_RESERVATIONS,
    HF_STEP_NEWER,
    HF_STEP_FOREIGN,
    HF_STEP_KEY_LOST,
    HF_STEP_FS_WRONG,
    HF_STEP_FS_CORRUPT,
    HF_STEP_BUSY,
    HF_STEP_ADDRESS,
    HF_STEP_ENGINE_EXIT,
    HF_STEP_ENGINE_STUCK,
    HF_STEP_NO_ANSWER,
    HF_STEP_FAILED,
    HF_STEP_SLOW,         /* a stream: no answer, but what was asked makes progress */
    HF_STEP_DISK_FULL,    /* a stream: it lives and has no room to write */
    HF_STEP_READ_ONLY,    /* a stream: the file system refuses writes */
    HF_STEP_EXHAUSTED,    /* a stream: it lives, without connections or memory to spare */
    HF_STEP_CHECK_FAILED, /* a stream: an administrator's check says no */
    HF_STEP_STATUSES
};

struct hf_event_step {
    uint64_t id;    /* of the action */
    uint8_t status; /* enum hf_step_status */
    bool more;      /* the step goes on and will answer again */
    uint32_t took_ms;
    uint32_t generation; /* HF_STEP_NEWER: found on the disk; inspect: in our key */
    uint64_t key;        /* acquire: the key preempted */
    bool mounted, address_up, engine_running, key_held; /* inspect */
    const char *text;                                   /* what the driver said, or NULL */
};

enum hf_verb {
    HF_VERB_NONE,
    HF_VERB_ONLINE,
    HF_VERB_OFFLINE,
    HF_VERB_MOVE, /* node = target or HF_NODE_NONE: the best other one */
    HF_VERB_DRAIN,
    HF_VERB_RESUME,
    HF_VERB_CONFIRM_FENCED,
    HF_VERB_JOIN,  /* text = name, address = public, address2 = private */
    HF_VERB_APPLY, /* spec: nodes and instances as wanted; version it is based on */
    HF_VERBS
};

struct hf_event_request {
    uint64_t id;  /* unique at this node; the reply carries it */
    uint8_t verb; /* enum hf_verb */
    bool force;   /* also without a majority of the configured nodes */
    uint16_t instance;
    uint8_t node;
    char text[HF_NAME_MAX];
    char address[HF_ADDRESS_MAX];
    char address2[HF_ADDRESS_MAX];
    uint64_t config_version; /* HF_VERB_APPLY */
    const struct hf_spec *spec;
};

/* In the units of spec.h, by enum hf_resource; 0 = not known. */
struct hf_event_measured {
    uint16_t instance; /* HF_INSTANCE_NONE: this node */
    uint64_t amount[HF_RESOURCES];
};

struct hf_event {
    uint8_t type; /* enum hf_event_type */
    uint64_t now_ms;
    uint64_t wall_ms;
    int32_t utc_offset_s; /* local time is wall_ms and so much more */
    union {
        struct hf_event_membership membership;
        struct hf_event_quorum quorum;
        struct hf_event_message message;
        struct hf_event_step step;
        struct {
            uint16_t instance;
            uint32_t generation;
        } exited;
        struct hf_event_request request;
        struct {
            uint64_t mark; /* as the action said */
        } persisted;
        struct hf_event_measured measured;
    };
};

enum hf_step {
    HF_STEP_INSPECT,
    HF_STEP_ACQUIRE,
    HF_STEP_RELEASE,
    HF_STEP_KEY_WATCH,
    HF_STEP_MOUNT,
    HF_STEP_UNMOUNT,
    HF_STEP_ADDRESS_UP,
    HF_STEP_ADDRESS_DOWN,
    HF_STEP_ANNOUNCE,
    HF_STEP_ENGINE_START,
    HF_STEP_ENGINE_STOP, /* checkpoint, fast, immediate, kill */
    HF_STEP_ENGINE_KILL, /* kill at once */
    HF_STEP_PROBE,
    HF_STEP_RESIZE,     /* a running engine takes its degraded profile, or gives it back */
    HF_STEP_DISK_CHECK, /* a stream: can it be written? */
    HF_STEP_NETWORK,    /* a stream, of no instance: has this node the public network? */
    HF_STEPS
};

enum hf_action_type {
    HF_ACTION_MULTICAST, /* bytes: send to the group, us included, in agreed order */
    HF_ACTION_STEP,
    HF_ACTION_CANCEL,   /* of the step with this id; no further answer is wanted */
    HF_ACTION_REPLY,    /* to the administrator's command with this id */
    HF_ACTION_PERSIST,  /* bytes: append this decision to the journal; answer HF_EVENT_PERSISTED */
    HF_ACTION_SNAPSHOT, /* write the whole state (hf_core_snapshot) in place of the journal */
    HF_ACTION_HALT,     /* this node must not go on: reason; the daemon stops loudly */
    HF_ACTION_TYPES
};

/*
 * Ordering rules the executor keeps and the simulator checks: actions of one step are carried out
 * in their order; a MOUNT is asked for only after the ACQUIRE of the same generation answered OK;
 * an ENGINE_START only after MOUNT and ADDRESS_UP of it did.
 */
struct hf_action {
    uint8_t type; /* enum hf_action_type */
    uint8_t step; /* enum hf_step */
    uint16_t instance;
    uint32_t generation;
    uint32_t deadline_ms; /* of the step; 0 = none (streams; an engine's recovery) */
    uint32_t interval_ms; /* of a stream */
    uint64_t id;          /* step, request; PERSIST, SNAPSHOT: mark of what is written */
    bool ok;              /* REPLY: accepted */
    bool sync;            /* PERSIST: sync it at once, somebody waits; else within a second */
    bool degraded;        /* ENGINE_START, RESIZE: with the settings of its degraded profile */
    bool kill;            /* UNMOUNT: as after a power cut, nothing more is to be written */
    struct hf_reason reason;
    uint32_t offset, length; /* bytes: in the arena of hf_actions */
};

#define HF_ACTIONS_MAX 4096u
#define HF_ARENA_MAX (8u * HF_MESSAGE_MAX)

struct hf_actions {
    uint32_t count;
    uint32_t used;
    uint64_t wake_ms; /* monotonic: step again at the latest then; UINT64_MAX = not needed */
    struct hf_action list[HF_ACTIONS_MAX];
    uint8_t arena[HF_ARENA_MAX];
};

#endif
