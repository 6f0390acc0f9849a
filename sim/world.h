/*
 * world.h - a simulated world: nodes with real cores, corosync, disks, drivers, clients, faults.
 *
 * Deterministic: one seed, one event queue in virtual time (microseconds), one source of chance.
 * The pieces: world.c (time and queue), group*.c (rings, agreed order, virtual synchrony),
 * conf.c (corosync.conf), node.c
 * (power, daemon, actions of the core), journal.c (what a power cut leaves), driver.c (the steps),
 * client.c (engines that write, clients that commit), check_*.c (the invariants), record.c (event
 * logs, replayed), trace.c (text).
 */
#ifndef HF_SIM_WORLD_H
#define HF_SIM_WORLD_H

#include <stdio.h>

#include "core/impl.h"
#include "disk.h"
#include "rng.h"

#define SIM_INSTANCES 40u
#define SIM_MS 1000ull
#define SIM_S 1000000ull
#define SIM_RINGS 4096u
#define SIM_PENDING 4096u
#define SIM_NEVER UINT64_MAX
#define SIM_SEEN_MAX 65536u

enum sim_event_type {
    SIM_EV_WAKE,     /* a core asked to be stepped */
    SIM_EV_INBOX,    /* something from corosync for a daemon */
    SIM_EV_QUORUM,   /* votequorum tells a daemon */
    SIM_EV_ORDER,    /* the oldest queued message of a node gets its place in the order */
    SIM_EV_REFORM,   /* corosync notices who can be reached */
    SIM_EV_CONNECT,  /* a daemon reaches its corosync */
    SIM_EV_DAEMON,   /* a daemon starts */
    SIM_EV_COROSYNC, /* corosync starts */
    SIM_EV_EFFECT,   /* a driver step does its work */
    SIM_EV_ANSWER,   /* a driver step answers */
    SIM_EV_STREAM,   /* a key watch or a probe answers */
    SIM_EV_SYNCED,   /* the journal reached the disk */
    SIM_EV_EXITED,   /* the daemon hears of an engine's end */
    SIM_EV_WATCHDOG, /* is it fed? */
    SIM_EV_CLIENT,   /* engines write, clients commit */
    SIM_EV_FAULT,    /* of a swarm or of a script */
    SIM_EV_CHECK,
    SIM_EV_JOINED,  /* a joiner that is switched on starts its services anew */
    SIM_EV_MEASURE, /* every daemon tells its core what it measured */
};

struct sim_event {
    uint64_t at, order;
    uint8_t type, node;
    uint64_t guard; /* of the life it belongs to */
    uint64_t a, b;
};

/* One entry of a ring's agreed order. */
enum sim_entry_kind { SIM_ENTRY_MESSAGE, SIM_ENTRY_JOIN, SIM_ENTRY_LEAVE, SIM_ENTRY_RELOAD };

struct sim_entry {
    uint8_t kind, node;
    uint64_t incarnation;
    uint64_t view; /* JOIN: the group with it, and which processes these are (bytes) */
    const uint8_t *bytes;
    uint32_t length;
};

struct sim_ring {
    struct hf_ring id;
    uint64_t members;   /* computers */
    uint64_t processes; /* in the group, by the end of the log */
    uint64_t incarnations[SIM_NODES];
    bool broken;
    bool dead; /* somebody moved on to another ring */
    uint32_t count, room;
    struct sim_entry *log;
};

/* What waits between corosync and the daemon of a node. */
struct sim_item {
    uint64_t at;
    bool membership;
    uint32_t ring, index;             /* an entry of the order */
    struct hf_event_membership event; /* a configuration change */
    uint64_t view;                    /* and the view after it */
    uint64_t incarnations[SIM_NODES];
};

struct sim_record {
    const uint8_t *bytes;
    uint32_t length;
    uint16_t part, parts;  /* of a snapshot; parts 0 = a decision */
    uint64_t epoch, index; /* of the state with it */
};

struct sim_journal {
    uint32_t count, room, synced; /* synced: a prefix */
    struct sim_record *records;
    uint64_t busy_until;
};

struct sim_queue {
    uint32_t head, count, room;
    struct sim_entry *entries;
};

/* What corosync.conf says: the nodes, and those of them that have a vote. */
struct sim_conf {
    uint64_t nodes, votes;
};

/* Why an instance cannot be started on a node: what its drivers answer. */
enum sim_broken {
    SIM_BROKEN_NOT,
    SIM_BROKEN_START,   /* the engine ends at once */
    SIM_BROKEN_STUCK,   /* its recovery stands still */
    SIM_BROKEN_CORRUPT, /* the file system needs a repair by hand */
    SIM_BROKEN_WRONG,   /* it is not the one that was stated */
    SIM_BROKEN_RESERVE, /* the disk, seen from here, knows no reservations */
    SIM_BROKEN_KINDS
};

/* What is not well with an instance that runs on a node. */
enum sim_sick {
    SIM_SICK_NOT,
    SIM_SICK_SILENT,    /* the engine does not answer any more, until it is started anew */
    SIM_SICK_SLOW,      /* it does not answer, and is at work */
    SIM_SICK_EXHAUSTED, /* it has no connection to spare, until it is started anew */
    SIM_SICK_CHECK,     /* a check of the file says no */
    SIM_SICK_FULL,      /* its disk is full */
    SIM_SICK_READ_ONLY, /* its file system takes no writes, until it is mounted anew */
    SIM_SICK_HANGS,     /* a write does not come to its end, until it is mounted anew */
    SIM_SICK_KINDS
};

/* What really is on a node of an instance. */
struct sim_real {
    uint32_t mounted; /* generation + 1, 0 = not mounted */
    uint32_t mounts;  /* how often it was mounted */
    uint32_t engine;  /* generation + 1, 0 = no process */
    bool ready;       /* accepts clients */
    bool degraded;    /* with the settings of its degraded profile */
    bool address;
    uint8_t broken;                       /* enum sim_broken: what does not work here */
    uint8_t seen_phase;                   /* for coverage */
    uint64_t announced;                   /* when */
    uint64_t fenced_us;                   /* its key is gone and its engine runs, since; 0 = no */
    uint64_t stuck_us;                    /* for I7: nothing could be done with it, last */
    uint64_t rows;                        /* as this engine counts them */
    uint64_t watch_id, probe_id, disk_id; /* streams of the daemon, 0 = none */
    uint8_t sick;                         /* enum sim_sick */
    bool failed;                          /* as its daemon saw it last */
    uint64_t alive_ms;                    /* by its own clock: its daemon heard that it lives */
    uint32_t watch_generation;
    uint32_t acquired; /* generation of the newest acquire that answered ok */
};

struct sim_node {
    bool exists, powered, frozen, corosync, daemon, connected, joined;
    bool disk_path; /* sees the shared disks */
    bool watchdog;
    uint8_t network;     /* enum hf_network: of its public one; 0 = whole */
    uint64_t network_us; /* since */
    uint64_t network_id; /* the stream of its daemon that watches it */
    uint64_t frozen_us;  /* since */
    bool paused;         /* frozen, and its clock with it */
    uint64_t life;       /* raised with each loss of power */
    uint64_t corosync_life;
    uint64_t incarnation; /* of the daemon */
    uint64_t wake_guard;
    uint64_t boot_us, mono_base_ms;
    int64_t wall_shift_ms;
    int32_t drift_ppm;
    struct hf_core *core;
    struct sim_journal journal;
    uint32_t ring;        /* index of the ring its corosync is in, 0 = none */
    uint32_t pos;         /* next entry of it to be put in the inbox */
    uint32_t gap_to;      /* entries from pos up to here were missed when the ring broke */
    uint64_t order_free;  /* when its next message may be ordered */
    uint64_t inbox_free;  /* nothing is delivered before */
    uint64_t quorum_free; /* nor is it told of quorum */
    struct sim_queue out; /* not yet ordered */
    struct sim_item *inbox;
    uint32_t inbox_head, inbox_count, inbox_room;
    struct sim_conf file, live; /* on the disk; as its corosync read it */
    uint64_t conf_seen;         /* version of the nodes' list that its daemon wrote */
    bool told_quorate;          /* what votequorum said last */
    uint64_t view, view_incarnations[SIM_NODES];
    uint64_t ring_seq;    /* highest it knows; on its disk */
    uint64_t unfed_us;    /* watchdog not fed since, 0 = fed */
    uint64_t unserved_us; /* for I7: no quorum since */
    struct sim_real real[SIM_INSTANCES];
    uint64_t engines, addresses; /* instances of real[] that have one here */
    struct hf_core_config config;
    struct sim_event *deferred; /* what happens when it thaws */
    uint32_t deferred_count, deferred_room;
    bool put_back;          /* its package was replaced by an older one, once or more */
    bool shut_out;          /* its daemon halted: it is too old for the format in use */
    bool armed;             /* a daemon opened the watchdog since the node was switched on */
    uint64_t seen_index;    /* for coverage */
    uint64_t seen_place[5]; /* for I3: what was compared last */
};

struct sim_pending {
    bool used, effect_done, answered, late, cancelled;
    uint8_t node, step, status;
    uint16_t instance;
    uint32_t generation, found, mounts;
    uint64_t id, incarnation, life, key, begun;
    bool mounted, address, running, held, degraded;
};

/* How likely drivers misbehave, in per mille. */
struct sim_mood {
    uint32_t fail, hang, slow, start_fail, crash;
};

struct sim_coverage {
    uint64_t reasons[HF_REASON_COUNT];
    uint64_t moves[HF_PHASE_COUNT][HF_PHASE_COUNT];
    uint64_t phases[HF_PHASE_COUNT];
    uint64_t changes[HF_CHANGE_TYPES];
    uint64_t steps[HF_STEPS];
    uint64_t statuses[HF_STEP_STATUSES];
    uint64_t replayed, checkpoints; /* events that were replayed, logs that began in between */
    uint64_t left_out[2];           /* looked at for I5: not to the end, to the end */
};

struct sim_request {
    bool used, done, ok;
    uint8_t node, verb, target;
    uint16_t instance, reason;
    uint16_t format; /* APPLY: that the specification needs */
    uint64_t id, at, marker, order;
    uint64_t incarnation;
};

#define SIM_REQUESTS 512u
#define SIM_TEXT 512u

struct sim_world {
    uint64_t seed;
    struct sim_rng rng;
    uint64_t now, order;
    struct sim_event *heap;
    uint32_t heap_count, heap_room;
    unsigned nodes;
    bool link[SIM_NODES][SIM_NODES]; /* link[a][b]: b hears a */
    bool reform_soon;
    struct sim_node node[SIM_NODES];
    struct sim_ring *ring;
    uint32_t ring_count;
    bool witness;
    uint32_t witness_ring; /* ring that has the vote of the witness disk */
    struct sim_disk disk[SIM_INSTANCES];
    struct sim_pending pending[SIM_PENDING];
    uint32_t pending_next, pending_end; /* from pending_end on none was used in this run */
    uint16_t
        instance_end; /* from here on no driver was asked for anything: all of real[] is empty */
    struct sim_mood mood;
    struct sim_request request[SIM_REQUESTS];
    uint32_t request_count;
    uint64_t first, joined; /* nodes of the first day; those that were let in since */
    uint64_t marker, marker_acked[64];
    uint32_t marker_acked_count;
    bool measured; /* nothing is stated: what is needed and there is measured */
    uint64_t needs[SIM_INSTANCES][HF_RESOURCES], has[SIM_NODES][HF_RESOURCES]; /* then, about */
    uint64_t taken_out; /* instances that somebody asked to leave out of the file */
    uint64_t faults;    /* injected so far, for the bound on moves */
    uint64_t assigned[SIM_INSTANCES];
    uint64_t changed_us; /* when the last decision was applied */
    uint64_t token_us;
    bool cut_on_ack; /* all power goes right after the first acknowledged apply */
    bool stale;      /* the next apply is based on an older configuration */
    bool steady;     /* golden traces: all delays fixed */
    bool calm;       /* faults have ended */
    bool versions;   /* nodes of two versions, side by side */
    bool finish;     /* the administrators bring all to the newer one in the end */
    bool windows;    /* some fail back in a window only */
    uint16_t format; /* the newest one that was put in use */
    int32_t utc_offset_s;

    struct hf_actions *actions;
    bool stepping;        /* they are being carried out */
    struct hf_spec *spec; /* room to build one */
    uint64_t *seen;       /* for I3: table of (ring, epoch, index) -> hash */
    uint32_t *seen_slots; /* those of it that are in use */
    uint32_t seen_count;
    uint64_t history_done; /* history records already traced */
    uint64_t history_epoch;
    struct sim_recording *recording; /* NULL = nothing is recorded */
    bool record_all;                 /* every seed is recorded, not some */
    FILE *trace;
    bool trace_steps;
    bool fingerprinted;           /* fingerprint and events are kept */
    uint64_t fingerprint, events; /* of all that happened so far */
    char violation[SIM_TEXT];     /* the first one, "" = none */
    uint64_t violation_at;
    struct sim_coverage *coverage;
    void (*on_fault)(struct sim_world *, uint64_t a, uint64_t b);
    void *user;
    uint8_t *arena;
    size_t arena_used;
};

/* world.c */
struct sim_world *sim_world_new(void);
void sim_world_free(struct sim_world *world);
void sim_world_reset(struct sim_world *world, uint64_t seed, unsigned nodes, bool steady);
void sim_at(struct sim_world *world, uint64_t at, enum sim_event_type type, uint8_t node,
            uint64_t guard, uint64_t a, uint64_t b);
/* Runs until the time, or until a violation. */
void sim_run(struct sim_world *world, uint64_t until);
uint64_t sim_delay(struct sim_world *world, uint64_t from, uint64_t to);
const uint8_t *sim_keep(struct sim_world *world, const void *bytes, size_t length);
void sim_violation(struct sim_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* group.c, group_process.c, group_quorum.c, group_ring.c */
void sim_group_start(struct sim_world *world, uint8_t node);
void sim_group_stop(struct sim_world *world, uint8_t node);
void sim_group_connect(struct sim_world *world, uint8_t node);
void sim_group_disconnect(struct sim_world *world, uint8_t node);
void sim_group_send(struct sim_world *world, uint8_t node, const uint8_t *bytes, size_t length);
void sim_group_changed(struct sim_world *world); /* links, power, freezing */
void sim_group_order(struct sim_world *world, const struct sim_event *event);
void sim_group_reform(struct sim_world *world);
void sim_group_inbox(struct sim_world *world, uint8_t node);
void sim_group_quorum(struct sim_world *world, uint8_t node, const struct sim_event *event);
void sim_group_renew(struct sim_world *world, uint8_t node); /* a new ring, the same members */
void sim_group_votes(struct sim_world *world); /* somebody has other votes than before */
void sim_group_conf(struct sim_world *world, uint8_t node); /* it asks all to read theirs again */
bool sim_ring_quorate(const struct sim_world *world, uint32_t ring);

/* conf.c */
void sim_conf_follow(struct sim_world *world, uint8_t node);
void sim_conf_reload(struct sim_world *world, uint32_t ring);
void sim_joined(struct sim_world *world, uint8_t node, uint8_t joiner);
void sim_services_anew(struct sim_world *world, uint8_t node);

/* node.c */
void sim_power_on(struct sim_world *world, uint8_t node);
void sim_power_off(struct sim_world *world, uint8_t node);
void sim_freeze(struct sim_world *world, uint8_t node);
void sim_thaw(struct sim_world *world, uint8_t node);
void sim_daemon_start(struct sim_world *world, uint8_t node);
void sim_daemon_kill(struct sim_world *world, uint8_t node);
/* The package that its next daemon is of. */
void sim_version(struct sim_world *world, uint8_t node, uint16_t speaks);
void sim_step(struct sim_world *world, uint8_t node, struct hf_event *event);
void sim_wake(struct sim_world *world, const struct sim_event *event);
void sim_watchdog(struct sim_world *world, const struct sim_event *event);
uint64_t sim_mono_ms(const struct sim_world *world, uint8_t node);
/* Its clock goes back, at most to zero. */
void sim_mono_back(struct sim_world *world, uint8_t node, uint64_t ms);
uint64_t sim_wall_ms(const struct sim_world *world, uint8_t node);
uint64_t sim_ask(struct sim_world *world, uint8_t node, enum hf_verb verb, uint16_t instance,
                 uint8_t target, const struct hf_spec *spec);
void sim_replied(struct sim_world *world, uint8_t node, const struct hf_action *action);

/* journal.c */
void sim_journal_append(struct sim_world *world, uint8_t node, const struct hf_action *action);
void sim_journal_snapshot(struct sim_world *world, uint8_t node, const struct hf_action *action);
void sim_journal_synced(struct sim_world *world, const struct sim_event *event);
void sim_journal_lose(struct sim_world *world, uint8_t node, bool power);
/* What a node says of its own disk must be true. */
void sim_journal_check_ack(struct sim_world *world, uint8_t node, const struct hf_action *action);
void sim_journal_restore(struct sim_world *world, uint8_t node);

/* record.c: what each core is given and asks for, replayed at the end. Without a begin, nothing. */
/* log_bytes: a log of events that is longer is followed by another, from a checkpoint. */
void sim_record_begin(struct sim_world *world, uint64_t log_bytes);
void sim_record_free(struct sim_world *world);
void sim_record_start(struct sim_world *world, uint8_t node);
void sim_record_restored(struct sim_world *world, uint8_t node, bool snapshot, bool taken,
                         const uint8_t *bytes, size_t length);
void sim_record_ready(struct sim_world *world, uint8_t node);
void sim_record_event(struct sim_world *world, uint8_t node, const struct hf_event *event);
void sim_record_result(struct sim_world *world, uint8_t node, const struct hf_event *event);
void sim_record_check(struct sim_world *world);
/* The bytes of a node's log; 0 is its oldest. False when it has fewer. */
bool sim_record_log(const struct sim_world *world, uint8_t node, unsigned log,
                    const uint8_t **ret_bytes, size_t *ret_length);

/* driver.c */
void sim_driver_begin(struct sim_world *world, uint8_t node, const struct hf_action *action);
void sim_driver_cancel(struct sim_world *world, uint8_t node, uint64_t id);
void sim_driver_effect(struct sim_world *world, const struct sim_event *event);
void sim_driver_answer(struct sim_world *world, const struct sim_event *event);
void sim_driver_stream(struct sim_world *world, const struct sim_event *event);
void sim_engine_exit(struct sim_world *world, uint8_t node, uint16_t instance);
/* The only ones that change real[].engine (generation + 1, 0 = none) and real[].address. */
void sim_engine_set(struct sim_node *node, uint16_t instance, uint32_t engine);
void sim_address_set(struct sim_node *node, uint16_t instance, bool address);
void sim_driver_orphans(struct sim_world *world, uint8_t node); /* their daemon died */
void sim_driver_power_off(struct sim_world *world, uint8_t node);

/* client.c */
void sim_client(struct sim_world *world);
void sim_engine_write(struct sim_world *world, uint8_t node, uint16_t instance);
bool sim_reachable(const struct sim_world *world, uint8_t node);

/* check_*.c */
void sim_check_step(struct sim_world *world, uint8_t node, bool acted);
void sim_check_i3(struct sim_world *world, uint8_t node);
void sim_check_fenced(struct sim_world *world, uint8_t node, uint16_t instance);
void sim_check_i7(struct sim_world *world);
void sim_check_start(struct sim_world *world, uint8_t node, uint16_t instance);
void sim_check_reasons(struct sim_world *world, const struct hf_history_record *record);
void sim_check_served(struct sim_world *world);
void sim_check_config(struct sim_world *world);
void sim_check_conf(struct sim_world *world);
void sim_check_quorate(struct sim_world *world);
void sim_check_moves(struct sim_world *world);
void sim_check_window(struct sim_world *world, uint8_t node,
                      const struct hf_history_record *record);
void sim_check_health(struct sim_world *world, uint8_t node);
void sim_check_quarantine(struct sim_world *world, uint8_t node,
                          const struct hf_history_record *record);
/* Whether the node has less of the public network than another one that may run the instance. */
bool sim_network_less(const struct sim_world *world, const struct hf_state *state,
                      uint16_t instance, uint8_t node);
void sim_check_network(struct sim_world *world, uint8_t node,
                       const struct hf_history_record *record);
void sim_check_raised(struct sim_world *world, uint8_t node,
                      const struct hf_history_record *record);
void sim_check_applied(struct sim_world *world, const struct sim_request *request);
void sim_check_versions(struct sim_world *world);
void sim_check_sets(struct sim_world *world, uint8_t node);
void sim_check_room(struct sim_world *world, uint8_t node, const struct hf_history_record *record);
void sim_check_left_out(struct sim_world *world);
void sim_check_relations(struct sim_world *world, uint8_t node,
                         const struct hf_history_record *record);
bool sim_apart(const struct hf_spec *spec, uint16_t a, uint16_t b);
uint64_t sim_group_of(const struct hf_spec *spec, uint16_t a); /* set of instances */
bool sim_together(const struct hf_spec *spec, uint16_t a, uint16_t b);
/* measure.c: what the daemons measure, and what counts, by a rule of its own. */
void sim_measure_begin(struct sim_world *world, struct hf_spec *spec);
void sim_measure(struct sim_world *world);
uint64_t sim_needs(const struct hf_state *state, uint16_t i, unsigned r);
uint64_t sim_capacity(const struct hf_state *state, uint8_t n, unsigned r);

/* coverage.c: says what was never reached, and why not. Returns how many have no explanation. */
unsigned sim_coverage_print(const struct sim_coverage *coverage);

/* trace.c */
void sim_trace(struct sim_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void sim_trace_action(struct sim_world *world, uint8_t node, const struct hf_action *action);
void sim_trace_history(struct sim_world *world, uint8_t node);
const char *sim_step_word(uint8_t step);
const char *sim_status_word(uint8_t status);
const char *sim_node_name(const struct sim_world *world, uint8_t node);

/* fingerprint.c: of runs whose world has fingerprinted set. */
void sim_fingerprint_event(struct sim_world *world, const struct sim_event *event);
void sim_fingerprint_step(struct sim_world *world, uint8_t node);
uint64_t sim_fingerprint_end(struct sim_world *world);

/* specs.c */
void sim_spec_instance(struct hf_spec *spec, uint16_t instance, const char *name);
/* Sizes nodes and instances so that all, or nearly all, fit when every node is there. */
void sim_spec_tighten(struct sim_world *world, struct hf_spec *spec, unsigned nodes,
                      unsigned instances);
const struct hf_state *sim_state_of(const struct sim_world *world);
uint8_t sim_member(const struct sim_world *world);

/* plan.c: what a seed draws, and the run of it. */
#define SIM_FAULTS_MAX 48u

enum sim_fault_kind {
    SIM_F_POWER,
    SIM_F_FREEZE,
    SIM_F_DAEMON,
    SIM_F_COROSYNC,
    SIM_F_PARTITION,
    SIM_F_LINK,
    SIM_F_FLAP,
    SIM_F_DISK,
    SIM_F_ENGINE,
    SIM_F_BROKEN,
    SIM_F_MOOD,
    SIM_F_CLOCK,
    SIM_F_COMMAND,
    SIM_F_APPLY,
    SIM_F_BLACKOUT,
    SIM_F_RING,
    SIM_F_JOIN,
    SIM_F_FOREIGN,
    SIM_F_MONO,
    SIM_F_DRAWN, /* from here on: only where versions are drawn */
    SIM_F_UPGRADE = SIM_F_DRAWN,
    SIM_F_DOWNGRADE,
    SIM_F_SICK,
    SIM_F_NETWORK,
    SIM_F_KINDS
};

struct sim_fault {
    uint8_t kind;
    uint64_t at, lasts, a, b;
};

struct sim_plan {
    unsigned nodes, instances, faults;
    bool witness, watchdog;
    bool versions, finish; /* see sim_world */
    uint16_t speaks[SIM_NODES];
    bool tight;   /* demand is about what there is room for */
    bool windows; /* see sim_world */
    bool sick;    /* what runs is not always well, at all levels of health */
    int32_t utc_offset_s;
    uint64_t ends;
    struct sim_fault fault[SIM_FAULTS_MAX];
};

void sim_plan_draw(struct sim_plan *plan, uint64_t seed);
/* Runs the seed with those faults of the plan whose bit is set. The violation stands in world. */
void sim_plan_run(struct sim_world *world, const struct sim_plan *plan, uint64_t seed,
                  uint64_t mask);

/* faults.c: a fault, and its end. */
const char *sim_fault_word(uint8_t kind);
void sim_fault_start(struct sim_world *world, const struct sim_fault *fault);
void sim_fault_end(struct sim_world *world, const struct sim_fault *fault);
void sim_network_set(struct sim_world *world, uint8_t node, uint8_t level);
/* What is not well with an instance where it runs, or would. */
void sim_sick_set(struct sim_world *world, uint8_t node, uint16_t instance, uint8_t sick);
void sim_heal(struct sim_world *world);
/* Every node gets the newer version where that is to be finished, or cannot be taken back. */
void sim_upgrade_all(struct sim_world *world);

/* setup.c: the administrator's first day. Return false when it did not work in time. */
bool sim_bootstrap(struct sim_world *world, unsigned nodes);
/* Who was let in, and has not been up since, asks once more. */
void sim_join_again(struct sim_world *world);
/* Asks members to let the node join, for up to 10 s; true = it was let in. */
bool sim_join(struct sim_world *world, uint8_t joiner);
bool sim_wait_reply(struct sim_world *world, uint64_t id, uint64_t within);
bool sim_apply(struct sim_world *world, const struct hf_spec *spec);

static inline uint64_t sim_bit(unsigned node)
{
    return 1ull << node;
}

#endif
