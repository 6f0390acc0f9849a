/*
 * daemon.h - holdfastd: the event loop that joins core, engine and drivers; private to src/daemon.
 *
 * Whatever happens becomes an event of the core (hf_daemon_step), whatever the core asks for is
 * carried out (hf_daemon_execute). Everything that may hang is in another process: driver steps in
 * workers, the journal in its writer, joining nodes and what is asked of libcmap in children. The
 * daemon has no threads of its own.
 */
#ifndef HF_DAEMON_DAEMON_H
#define HF_DAEMON_DAEMON_H

#include <uv.h>

#include "core/core.h"
#include "daemon/control.h"
#include "daemon/control_events.h"
#include "daemon/control_follow.h"
#include "daemon/events.h"
#include "daemon/gather.h"
#include "daemon/join.h"
#include "daemon/journal.h"
#include "daemon/node_file.h"
#include "daemon/status.h"
#include "driver/meter.h"
#include "driver/watchdog.h"
#include "driver/worker.h"
#include "engine/child.h"
#include "engine/engine.h"

#define HF_DAEMON_COMMANDS_MAX 64u

/* What an administrator's connection waits for. */
struct hf_command {
    uint64_t id;         /* of the core's request; 0 = free */
    uint64_t connection; /* 0 = a joining node */
    struct hf_join_conn *join;
    bool accepted;
    bool follows;
    bool subscribed;
    json_t *changes; /* apply: what it changes */
    struct hf_control_follow follow;
};

/* The engine process of an instance, watched by its pidfd. */
struct hf_engine_watch {
    uv_poll_t *poll; /* NULL = none */
    int pidfd;
    uint32_t generation;
};

/* What is known of the engine that runs here, of an instance. */
struct hf_recovery_now {
    uint32_t generation; /* of its start, 0 = none seen */
    uint64_t replayed;   /* by that start; HF_RECOVERY_UNKNOWN */
    uint64_t engine_ms;  /* that it took */
    uint64_t log_bytes;  /* a recovery would replay now; HF_RECOVERY_UNKNOWN */
};

struct hf_recoveries {
    size_t count;
    struct hf_recovery_sample samples[HF_RECOVERY_KEPT]; /* the newest last */
    struct hf_recovery_now now[HF_INSTANCES_MAX];
    uint64_t history_count; /* records already looked at */
};

/* What the measuring process was told of an instance; "" = nothing. */
struct hf_demand_told {
    char name[HF_NAME_MAX];
    char address[HF_ADDRESS_MAX];
};

#define HF_DEMAND_ASKS 4u

/* A question of `holdfast demand` under way. */
struct hf_demand_ask {
    struct hf_daemon *daemon;
    const char *dir; /* with the journal */
    uint64_t connection;
    char instance[HF_NAME_MAX]; /* "" = all */
    enum hf_measure_level level;
    uint32_t count;
    uint64_t asked_ms; /* wall clock */
    int fd;            /* memory that the child writes its answer to */
    struct hf_engine_child *child;
    bool used;
};

struct hf_demand {
    struct hf_meter *meter;
    char dir[1024];                                      /* with the journal */
    struct hf_measure_minute *minutes[HF_INSTANCES_MAX]; /* being gathered; NULL = nothing */
    struct hf_demand_told told[HF_INSTANCES_MAX];
    struct hf_status_use uses[HF_INSTANCES_MAX]; /* by this node's own looks and journal */
    struct hf_status_machine machine;
    uint64_t told_capacity[HF_RESOURCES]; /* the core was told */
    struct hf_demand_ask asks[HF_DEMAND_ASKS];
};

struct hf_daemon {
    uv_loop_t loop;
    struct hf_core *core;
    struct hf_actions *actions;
    struct hf_engine *engine;
    struct hf_pool *pool;
    struct hf_journal *journal;
    struct hf_events *events; /* NULL = what happens is not recorded */
    struct hf_control *control;
    struct hf_join_server *join;
    struct hf_gather *gather;
    uint64_t group; /* nodes whose daemons are in the group now; bit = corosync's id - 1 */
    struct hf_watchdog watchdog;
    struct hf_node_file node;
    struct hf_status_links links;
    uint64_t links_down[HF_STATUS_NETWORKS]; /* as last logged, by network; bit = node */
    bool links_lost;                         /* logged as not known */
    uv_timer_t wake;
    uv_timer_t feed;
    uv_signal_t term, interrupt;
    uint64_t last_request;
    struct hf_command commands[HF_DAEMON_COMMANDS_MAX];
    struct hf_control_events *seen;
    struct hf_engine_watch watches[HF_INSTANCES_MAX];
    uint8_t said[2][HF_INSTANCES_MAX];  /* status last logged: of the probe, of the disk check */
    uint64_t clients[HF_INSTANCES_MAX]; /* stream that looks at the clients of it, 0 = none */
    uint64_t clients_last;              /* number of the newest of them */
    bool clients_failed;                /* logged: the newest answer was a failure */
    struct hf_recoveries recoveries;
    struct hf_status_size sizes[HF_INSTANCES_MAX];
    uint64_t sizes_hash; /* of the state that they were looked at in */
    struct hf_demand demand;
    uint64_t nodes_version;                /* that corosync.conf was written for */
    uint64_t history_count;                /* records already logged */
    enum hf_core_condition condition;      /* as last logged */
    enum hf_core_condition seen_condition; /* a second ago */
    bool reload_again;                     /* corosync.conf changed while a reload was under way */
    bool stopping;
    bool too_old; /* for what the other nodes share */
};

/* This holdfastd is older than what the cluster uses: starting it again would not help. */
#define HF_DAEMON_TOO_OLD 78 /* also the exit status; EX_CONFIG of sysexits.h */

/* daemon.c */
/* 0, HF_DAEMON_TOO_OLD or a negative errno; why is in the log. */
int hf_daemon_run(const char *state_dir, const char *socket_path, const char *node_path,
                  const char *watchdog_path);
void hf_daemon_step(struct hf_daemon *daemon, struct hf_event *event);
bool hf_daemon_holds_anything(struct hf_daemon *daemon);
void hf_daemon_status_input(struct hf_daemon *daemon, struct hf_status_input *ret);

/* format_check.c: false, and said why, when this node's journal is in a newer format. */
bool hf_daemon_can_read(const char *state_dir);

/* execute.c */
void hf_daemon_execute(struct hf_daemon *daemon);
void hf_daemon_snapshot(struct hf_daemon *daemon);

/* steps.c */
void hf_daemon_request(const struct hf_daemon *daemon, const struct hf_action *action,
                       struct hf_driver_request *ret);
void hf_daemon_replied(void *user, const struct hf_driver_reply *reply);

/* engines.c */
void hf_engine_watch_start(struct hf_daemon *daemon, uint16_t instance, pid_t pid);
void hf_engine_watch_stop(struct hf_daemon *daemon, uint16_t instance);

/* recovery.c: what takeovers take */
void hf_recovery_load(struct hf_daemon *daemon, const char *state_dir);
void hf_recovery_replied(struct hf_daemon *daemon, uint16_t instance,
                         const struct hf_driver_reply *reply);
void hf_recovery_follow(struct hf_daemon *daemon);
bool hf_recovery_now(const struct hf_daemon *daemon, uint16_t instance,
                     struct hf_recovery_estimate *ret);

/* sizes.c */
void hf_sizes_replied(struct hf_daemon *daemon, uint16_t instance,
                      const struct hf_driver_reply *reply);
void hf_sizes_follow(struct hf_daemon *daemon, uint64_t wall_ms);

/* clients.c: who is connected to what runs */
void hf_clients_follow(struct hf_daemon *daemon); /* once a second */
/* Whether the reply was of a look at clients. */
bool hf_clients_replied(struct hf_daemon *daemon, const struct hf_driver_reply *reply);
void hf_clients_members(struct hf_daemon *daemon);
/* Whether the message was a list of clients. */
bool hf_clients_message(struct hf_daemon *daemon, unsigned node, const void *data, size_t length);

/* demand.c: what instances use */
void hf_demand_load(struct hf_daemon *daemon, const char *state_dir);
int hf_demand_start(struct hf_daemon *daemon, const char *state_dir);
void hf_demand_stop(struct hf_daemon *daemon);
void hf_demand_follow(struct hf_daemon *daemon); /* once a second: what runs here now */
void hf_demand_known(void *user, const struct hf_measure_demand *demand);

/* demand_ask.c: what the journal has of it */
void hf_demand_answer(struct hf_daemon *daemon, uint64_t connection,
                      const struct hf_control_request *request);
void hf_demand_forget_asks(struct hf_daemon *daemon);

/* commands.c */
void hf_daemon_control(void *user, uint64_t connection, const json_t *request);
void hf_daemon_control_closed(void *user, uint64_t connection);
void hf_daemon_join_request(void *user, struct hf_join_conn *conn,
                            const struct hf_join_request *request);
void hf_daemon_reply(struct hf_daemon *daemon, const struct hf_action *action);
void hf_daemon_tell(struct hf_daemon *daemon);

/* nodes.c */
void hf_daemon_write_nodes(struct hf_daemon *daemon);
void hf_daemon_answer_join(struct hf_daemon *daemon, struct hf_join_conn *conn, uint8_t node);

/* facts.c: the facts of all nodes */
int hf_daemon_gather_new(struct hf_daemon *daemon);

/* networks.c: the engine's callback. */
void hf_daemon_links(void *user, const struct hf_engine_links *links, const char *why);

/* log.c: one line on standard error, with the time unless the journal adds it. */
__attribute__((format(printf, 1, 2))) void hf_log(const char *format, ...);
void hf_log_history(struct hf_daemon *daemon);

#endif
