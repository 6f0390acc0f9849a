/*
 * impl.h - the inside of a core; private to src/core and its own tests.
 *
 * Three parts: the replicated state (changed only by delivered decisions), what is known of the
 * group (membership.c), and what this node itself runs (local*.c). Each step: take the event in,
 * then let the local half act, then let the coordinator's half decide, then say when to wake.
 */
#ifndef HF_CORE_IMPL_H
#define HF_CORE_IMPL_H

#include "base/assert.h"
#include "core/arrange.h"
#include "core/core.h"
#include "core/message.h"
#include "core/planted.h"
#include "core/times.h"

#define HF_HELLO_WAIT_MS 2000u  /* members that do not answer in this time are left out at first */
#define HF_REPORT_DELAY_MS 150u /* steps of a start are told together */
#define HF_AGAIN_MS 500u        /* a member that is left out says so again after this time */
#define HF_TILT_GAP_MS 2000u    /* a wake-up this late means that the node stood still */
#define HF_TILT_REST_MS 1000u   /* so long it then only observes */
#define HF_DISK_WAIT_MS 10000u  /* after its start a daemon waits so long for missing disks */
#define HF_DISK_RETRY_MS 500u
#define HF_CLEAN_RETRY_MS 2000u  /* between attempts to remove what could not be removed */
#define HF_HANDOVER_MS 5000u     /* the old owner keeps the address at most so long */
#define HF_KEY_SILENCE_MS 10000u /* a key watch that is silent so long has lost its disk */
#define HF_SLOW_TIMEOUTS 10u     /* so many timeouts progress excuses an engine's silence */
#define HF_STOP_MARGIN_MS 5000u  /* beyond its stop timeout an owner is not waited for */
#define HF_JOIN_ALONE_MS                                                                           \
    120000u                      /* so long no other node is let in after one that is on its way   \
                                  */
#define HF_FENCE_MARGIN_MS 2000u /* beyond the watchdog's timeout */
#define HF_ANNOUNCE_MS 200u      /* the address is announced again after this time, doubling */
#define HF_ANNOUNCES 5u
#define HF_QUEUE_MAX 64u       /* commands delivered and not yet decided */
#define HF_PER_DECISION 128u   /* changes in one decision at most */
#define HF_SNAPSHOT_EVERY 512u /* decisions in the journal before it is replaced by a snapshot */

#define HF_DONE_ACQUIRE 1u
#define HF_DONE_MOUNT 2u
#define HF_DONE_ADDRESS 4u
#define HF_DONE_ENGINE 8u
#define HF_DONE_ALL 15u

/* Driver steps under way for an instance: one that matters, and the address beside it. */
struct hf_lane {
    uint64_t id; /* 0 = nothing under way */
    uint8_t step;
    uint64_t since_ms;
};

/* What is wrong with something that does answer. */
struct hf_symptom {
    uint8_t status;    /* enum hf_step_status, HF_STEP_OK = nothing */
    uint64_t since_ms; /* without a break */
    char text[HF_PATH_MAX];
};

struct hf_local {
    uint8_t phase; /* enum hf_phase */
    uint32_t generation;
    uint32_t ordered; /* generation of the assignment this daemon saw being made */
    uint32_t attempt;
    bool inspected;
    bool acquired, mounted, address_up, engine_up; /* what may be held: true when in doubt */
    bool address_before; /* it was up when it was last asked for: it was kept after a move */
    bool was_online;
    bool duty;    /* stopped for want of quorum */
    bool fenced;  /* our key is gone: kill, do not stop */
    bool unclean; /* a removal failed; tried again at retry_ms */
    bool kill;    /* the gentle stop failed or time is up */
    uint8_t done; /* set of HF_DONE_*: what is surely there, in this generation */
    struct hf_lane main, side;
    uint64_t watch_id, probe_id, disk_id;
    uint64_t resize_id;        /* the engine is being told its size */
    uint64_t resize_ms;        /* not before then, 0 = at once */
    uint64_t size_hash;        /* the state for which size is right, 0 = not known */
    uint32_t size, size_asked; /* hf_size_number that it was told, 0 = not known; is being told */
    uint64_t key_ok_ms, probe_ok_ms, write_ok_ms;
    uint64_t slow_since_ms; /* no answer since, but progress; 0 = it answers */
    struct hf_symptom engine_sick, disk_sick;
    uint64_t watched_version; /* configuration that probe and disk check were begun with */
    uint64_t stop_by_ms;      /* the promise: stopped by then, 0 = none */
    uint64_t retry_ms;
    uint64_t handover_ms; /* keep the address until then, 0 = do not keep it */
    uint64_t announce_ms; /* next announcement, 0 = none */
    uint8_t announces;
    uint8_t status; /* enum hf_step_status of what failed */
    uint32_t found_generation;
    uint64_t key;
    uint64_t event_wall_ms;
    uint32_t timings[HF_TIMINGS];
    char text[HF_PATH_MAX];
    bool report;        /* something to tell the coordinator */
    uint64_t report_ms; /* not before then, 0 = at once */
};

/* What was measured, in the units of spec.h. */
struct hf_measured {
    bool known;
    uint8_t node; /* who said so */
    uint64_t amount[HF_RESOURCES];
};

struct hf_hello {
    bool heard;
    uint64_t incarnation;
    uint64_t epoch, index, hash;
    uint64_t configured; /* set of voters its state knows */
    uint16_t speaks;     /* newest format; 0 = it has not said so since it came */
    uint16_t format;     /* in use in its state */
    bool watchdog;
    bool running; /* it was in a regime since its daemon started */
};

struct hf_away {
    bool away, down;
    uint64_t since_ms, wall_ms;
};

/* A command that was delivered and waits for the coordinator. */
struct hf_queued {
    uint8_t origin;
    struct hf_head head;
};

/* A command of this node's administrator. */
struct hf_waiting {
    uint64_t id; /* 0 = free */
    bool force;
    unsigned needed; /* nodes that must hold the decision on disk: a majority of the configured */
    bool durable;    /* also what changes nothing is answered when all that was decided is held */
    uint64_t index;  /* decided; waiting until durable up to here; 0 = not decided */
    struct hf_reason reason;
};

/* A specification that arrives in parts. */
struct hf_stage {
    bool active;
    uint8_t origin;
    uint64_t id;
    uint64_t config_version;
    bool broken;
    uint16_t instance_end; /* above it spec is empty */
    struct hf_spec spec;
};

/* Our own specification on its way out. */
struct hf_outgoing {
    bool active;
    uint64_t id;
    uint32_t cursor; /* next entity to look at */
    bool in_flight;
    struct hf_head request;
    struct hf_spec spec;
};

enum hf_sync {
    HF_SYNC_NONE,  /* no membership yet */
    HF_SYNC_HELLO, /* members say what they hold */
    HF_SYNC_REGIME /* waiting for, or in, a regime */
};

struct hf_core {
    struct hf_core_config config;
    uint64_t now_ms, wall_ms;
    int32_t utc_offset_s; /* of local time; of the last event */
    uint64_t started_ms;
    uint64_t next_id;
    uint16_t too_new; /* a format that is in use and that this daemon does not speak: it halts */
    bool halted;      /* and said so */

    struct hf_state state;

    bool engine_up;
    struct hf_event_membership membership;
    struct hf_event_quorum quorum;
    uint64_t quorum_since_ms; /* this node has quorum without a break since then; 0 = it has not */
    uint64_t quorum_lost_ms;  /* 0 = in a regime, with quorum */
    uint64_t tilt_until_ms;
    uint64_t tilt_gap_ms; /* how long it stood still, or how far its clock went back */
    uint64_t behind_ms;   /* so far the clock of the events went back; our own goes on */
    uint64_t due_ms;      /* when the last step asked to be woken */

    uint8_t sync; /* enum hf_sync */
    uint64_t hello_ms;
    uint64_t hello_ring; /* ring in which it was said */
    uint64_t again_ms;   /* when a member that is left out says so again, 0 = it is not */
    bool hello_sent;
    struct hf_hello hellos[HF_NODES_MAX];
    uint64_t synced;  /* members that hold the newest state of all members */
    bool running;     /* this daemon was in a regime before */
    bool cold;        /* nobody who was heard was: the cluster starts */
    uint64_t cold_ms; /* wall clock of the regime that was opened then; 0 = none */
    bool synced_self; /* this node is in the regime of these members */
    bool receiving;   /* snapshot records are being installed */
    bool sending;     /* this node sends the snapshot */
    uint32_t send_cursor;
    uint32_t parts_out; /* snapshot messages of ours not yet delivered */
    uint64_t need;      /* members that asked for it */
    struct hf_away away[HF_NODES_MAX];

    bool in_flight;   /* a decision of ours is not yet delivered */
    uint64_t history; /* raised when the state is replaced by another one's: see hf_core_mark */
    uint64_t persisted_index, ack_wanted, ack_sent;
    uint64_t acked[HF_NODES_MAX];
    uint64_t vote_index;     /* no vote was added since this decision; it must be durable first */
    uint32_t since_snapshot; /* decisions persisted since the last snapshot */

    struct hf_measured own, own_of[HF_INSTANCES_MAX]; /* this node's daemon measured these */
    struct hf_measured heard[HF_NODES_MAX];           /* the nodes said so of themselves, */
    struct hf_measured heard_of[HF_INSTANCES_MAX];    /* and of what they run */
    uint64_t measured_ms;                             /* nothing of it is told before then */

    struct hf_report reports[HF_INSTANCES_MAX];
    uint8_t report_node[HF_INSTANCES_MAX];   /* who reported; HF_NODE_NONE = nothing */
    uint64_t unclean[HF_INSTANCES_MAX];      /* nodes where something of it is left */
    uint8_t network[HF_NODES_MAX];           /* enum hf_network: what each node says of its own */
    uint64_t network_since_ms[HF_NODES_MAX]; /* it says so since then */
    uint8_t network_own;
    uint64_t network_retry_ms; /* the stream ended by itself: not before then */
    bool network_report;       /* something to tell the others */
    uint64_t network_id;       /* the stream that watches it */
    uint64_t network_version;  /* configuration that it was begun with */
    struct hf_local local[HF_INSTANCES_MAX];

    uint32_t queue_count;
    struct hf_queued queue[HF_QUEUE_MAX];
    struct hf_waiting waiting[HF_REQUESTS_MAX];
    uint64_t incoming_hash;

    uint64_t stop_since_ms[HF_INSTANCES_MAX]; /* monotonic: when its stop was decided */

    struct hf_actions *out; /* of the step under way; NULL while restoring */

    /* From here on nothing is cleared at the start: what is large is written before it is read. */
    bool state_made,
        incoming_made; /* initialised once; from then on only what is used is touched */
    struct hf_stage stage;
    struct hf_outgoing outgoing;
    struct hf_state incoming; /* a snapshot takes effect only when it is whole */

    /* From here on: worked out from the rest when it is needed, and no part of an image. */
    uint64_t order_version; /* configuration that the next four are for; 0 = none yet */
    uint16_t order_count;
    uint16_t order[HF_INSTANCES_MAX]; /* instances, most important first */
    int32_t weight[HF_INSTANCES_MAX];
    struct hf_relations relations;
    struct hf_arrange arrange; /* made anew in each round, but for its answers[].known */
};

/* actions.c: asking for things. */
struct hf_action *hf_emit(struct hf_core *core, enum hf_action_type type);
void hf_emit_multicast(struct hf_core *core, const uint8_t *bytes, size_t length);
void hf_emit_plain(struct hf_core *core, enum hf_message_type type, const struct hf_head *head);
uint64_t hf_emit_step(struct hf_core *core, enum hf_step step, uint16_t instance,
                      uint32_t deadline_ms, uint32_t interval_ms);
void hf_emit_cancel(struct hf_core *core, uint64_t *id);
void hf_emit_reply(struct hf_core *core, uint64_t id, bool ok, const struct hf_reason *reason);
void hf_wake_at(struct hf_core *core, uint64_t at_ms);
/* Asks for the end of this daemon, once. */
void hf_halt(struct hf_core *core, struct hf_reason reason);
size_t hf_arena_room(const struct hf_core *core);
struct hf_head hf_head_empty(void);

/* membership.c: the group. */
void hf_membership_event(struct hf_core *core, const struct hf_event_membership *membership);
void hf_quorum_event(struct hf_core *core, const struct hf_event_quorum *quorum);
void hf_engine_down(struct hf_core *core);
void hf_hello_message(struct hf_core *core, uint8_t node, const struct hf_head *head);
void hf_synced_message(struct hf_core *core, uint8_t node, const struct hf_head *head);
void hf_hello_again(struct hf_core *core);
void hf_go_message(struct hf_core *core, const struct hf_head *head);
/* Whether a message was sent in the ring that this node is in. */
bool hf_of_this_ring(const struct hf_core *core, const struct hf_head *head);
/* Half of the configured nodes or more: two such groups share a node with every majority. */
bool hf_enough_nodes(uint64_t nodes, uint64_t configured);
/* These nodes are in the regime: when they leave it again, their time of grace begins anew. */
void hf_not_away(struct hf_core *core, uint64_t nodes);
void hf_membership_tick(struct hf_core *core);
bool hf_has_quorum(const struct hf_core *core);
bool hf_may_act(const struct hf_core *core);
uint8_t hf_coordinator(const struct hf_core *core);
/* Members that hold the state. */
uint64_t hf_up_nodes(const struct hf_core *core);
/* Whether a node that is not up is to be taken for lost now; if not yet, when. */
bool hf_node_lost(struct hf_core *core, uint8_t node);

/* snapshot.c */
void hf_need_message(struct hf_core *core, uint8_t node, const struct hf_head *head);
void hf_snapshot_message(struct hf_core *core, uint8_t node, struct hf_message *message);
bool hf_snapshot_install(struct hf_core *core, struct hf_message *message);
void hf_snapshot_send_more(struct hf_core *core);
void hf_synced_now(struct hf_core *core);

/* decision.c: proposing and delivering. */
struct hf_proposal {
    struct hf_core *core;
    struct hf_writer_buf out;
    uint8_t bytes[HF_MESSAGE_MAX];
    unsigned count;
    bool full;
    bool acknowledge;
};
void hf_decision_message(struct hf_core *core, uint8_t node, struct hf_message *message,
                         const uint8_t *bytes, size_t length);
bool hf_decision_apply(struct hf_core *core, struct hf_message *message);
struct hf_change hf_change_make(enum hf_change_type type, enum hf_reason_code code);
void hf_propose(struct hf_proposal *proposal, const struct hf_change *change);
void hf_ack_message(struct hf_core *core, uint8_t node, const struct hf_head *head);
void hf_persisted(struct hf_core *core, uint64_t mark);

/* decide.c, decide_instance.c: the coordinator. */
void hf_decide(struct hf_core *core);
/* What follows from the configuration alone: order, weights, relations. */
void hf_order_instances(struct hf_core *core);
void hf_decide_instance(struct hf_core *core, uint16_t instance, struct hf_proposal *proposal);
void hf_decide_request(struct hf_core *core, const struct hf_queued *queued,
                       struct hf_proposal *proposal);

/* decide_request.c */
uint32_t hf_node_flags(const struct hf_node_state *node);

/* decide_format.c: the format in use. */
/* A newer format than this daemon speaks is in use: it takes no part, and says why. */
void hf_format_halt(struct hf_core *core, uint64_t format);
/* The newest format that everybody speaks, when all are there, is put in use. */
void hf_propose_format(struct hf_core *core, struct hf_proposal *proposal);
/* What hinders a specification that needs this format; HF_REASON_NONE = nothing. */
struct hf_reason hf_format_hinders(const struct hf_core *core, uint16_t needed);

/* measured.c: demand and capacity that nobody stated. */
void hf_measured_event(struct hf_core *core, const struct hf_event_measured *event);
void hf_measured_message(struct hf_core *core, uint8_t node, struct hf_message *message);
void hf_measured_send(struct hf_core *core);
void hf_propose_measured(struct hf_core *core, struct hf_proposal *proposal);

/* arrange.c: who is to be where, as of now, into core->arrange. */
void hf_arrange(struct hf_core *core);
/* The node that i was running on, if that is away and has time to come back; else HF_NODE_NONE. */
uint8_t hf_arrange_away(struct hf_core *core, uint16_t i);

/* report.c */
void hf_report_message(struct hf_core *core, uint8_t node, struct hf_message *message);
void hf_reports_send(struct hf_core *core);
void hf_reports_forget(struct hf_core *core, uint8_t node);
void hf_reports_renew(struct hf_core *core);

/* request.c, stage.c: administrators. */
void hf_request_event(struct hf_core *core, const struct hf_event_request *request);
void hf_request_message(struct hf_core *core, uint8_t node, const struct hf_head *head);
void hf_request_decided(struct hf_core *core, const struct hf_change *change, uint64_t index);
void hf_requests_check(struct hf_core *core);
/* Voters among the members that have everything up to index on their disks. */
unsigned hf_holders(const struct hf_core *core, uint64_t index);
void hf_requests_refuse(struct hf_core *core, enum hf_reason_code code);
void hf_requests_interrupted(struct hf_core *core, bool decided);
void hf_stage_message(struct hf_core *core, uint8_t node, struct hf_message *message);
/* Whether a change switches to a staged copy of which this member could not read a part. */
bool hf_stage_unreadable(const struct hf_core *core, const struct hf_change *change);
void hf_stage_drop(struct hf_core *core);
void hf_stage_decided(struct hf_core *core, uint8_t origin, uint64_t id);
void hf_stage_send_more(struct hf_core *core);
struct hf_reason hf_stage_check(const struct hf_core *core, uint8_t origin, uint64_t id);

/* local.c, local_stop.c, local_steps.c: what this node runs. */
void hf_local_run(struct hf_core *core);
void hf_local_step_event(struct hf_core *core, const struct hf_event_step *step);
void hf_local_exited(struct hf_core *core, uint16_t instance, uint32_t generation);
void hf_local_assigned(struct hf_core *core, const struct hf_change *change);
void hf_local_tilted(struct hf_core *core);
void hf_local_move(struct hf_core *core, uint16_t instance, enum hf_trigger trigger);
bool hf_local_holds(const struct hf_local *local);
void hf_local_fail(struct hf_core *core, uint16_t instance, uint8_t status, const char *text);
void hf_local_stop(struct hf_core *core, uint16_t instance, bool keep_address, uint32_t budget_ms);
void hf_local_handover(struct hf_core *core, uint16_t instance);
void hf_local_submit(struct hf_core *core, uint16_t instance, struct hf_lane *lane,
                     enum hf_step step, uint32_t deadline_ms);
bool hf_local_holds_disk(const struct hf_local *local);
/* local_health.c */
void hf_local_watch(struct hf_core *core, uint16_t instance);
void hf_local_unwatch(struct hf_core *core, uint16_t instance);
void hf_local_health(struct hf_core *core, uint16_t instance);
void hf_local_probed(struct hf_core *core, uint16_t instance, const struct hf_event_step *step);
void hf_local_written(struct hf_core *core, uint16_t instance, const struct hf_event_step *step);
/* network.c: the public network. More is better; what is not known is no better than anything. */
enum hf_network {
    HF_NETWORK_UNKNOWN,
    HF_NETWORK_GONE,   /* no link, or no address */
    HF_NETWORK_SILENT, /* a link, and nobody there answers */
    HF_NETWORK_WHOLE
};
void hf_network_watch(struct hf_core *core);
void hf_network_seen(struct hf_core *core, const struct hf_event_step *step);
void hf_network_told(struct hf_core *core, uint8_t node, uint8_t level);
/* Whether the loss of it is a failure of the instance. */
bool hf_network_matters(const struct hf_core *core, uint16_t instance);
/* Whether node has less of it than another one that may run the instance. */
bool hf_network_worse(const struct hf_core *core, uint16_t instance, uint8_t node);
/* local_size.c */
void hf_local_size(struct hf_core *core, uint16_t instance);
void hf_local_resized(struct hf_core *core, uint16_t instance, const struct hf_event_step *step);

/* valid.c: decoded entities are checked before they are believed. */
bool hf_cluster_spec_valid(const struct hf_cluster_spec *spec);
bool hf_node_spec_valid(const struct hf_node_spec *spec);
bool hf_instance_spec_valid(const struct hf_instance_spec *spec);
bool hf_node_state_valid(const struct hf_node_state *state);
bool hf_instance_state_valid(const struct hf_instance_state *state);

static inline uint64_t hf_bit(uint8_t node)
{
    return node < HF_NODES_MAX ? 1ull << node : 0;
}

static inline unsigned hf_count_bits(uint64_t set)
{
    unsigned count = 0;
    for (; set; set &= set - 1)
        count++;
    return count;
}

#endif
