/*
 * daemon.c - the parts of holdfastd put together, and the step from event to actions.
 */
#include "daemon/daemon.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/pages.h"
#include "daemon/status.h"

#define SPARE_WORKERS 6u
#define FEED_MS 1000u
#define WATCHDOG_S 15u

static uint64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void woken(uv_timer_t *timer)
{
    struct hf_daemon *daemon = timer->data;
    struct hf_event event = {.type = HF_EVENT_TICK};
    hf_daemon_step(daemon, &event);
}

static void set_wake(struct hf_daemon *daemon, uint64_t now_ms)
{
    uint64_t at = daemon->actions->wake_ms;
    if (at == UINT64_MAX) {
        (void)uv_timer_stop(&daemon->wake);
        return;
    }
    uv_update_time(&daemon->loop);
    (void)uv_timer_start(&daemon->wake, woken, at > now_ms ? at - now_ms : 0, 0);
}

static const char *condition_text(enum hf_core_condition condition)
{
    switch (condition) {
    case HF_CORE_NO_ENGINE:
        return "no connection to corosync";
    case HF_CORE_NO_QUORUM:
        return "no quorum: nothing is decided here, and what runs here is stopped in time";
    case HF_CORE_JOINING:
        return "quorum; waiting for the cluster's state";
    case HF_CORE_MEMBER:
        return "member of the cluster";
    }
    return "";
}

static void log_condition(struct hf_daemon *daemon)
{
    struct hf_core_view view;
    hf_core_view(daemon->core, &view);
    bool lasts = view.condition == daemon->seen_condition;
    daemon->seen_condition = view.condition;
    if (!lasts || view.condition == daemon->condition)
        return;
    daemon->condition = view.condition;
    hf_log("%s", condition_text(view.condition));
}

/* As /etc/localtime said when the daemon started, summer time included. */
static int32_t utc_offset_s(uint64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm local;
    return localtime_r(&seconds, &local) ? (int32_t)local.tm_gmtoff : 0;
}

void hf_daemon_step(struct hf_daemon *daemon, struct hf_event *event)
{
    if (daemon->stopping)
        return;
    event->now_ms = clock_ms(CLOCK_BOOTTIME);
    event->wall_ms = clock_ms(CLOCK_REALTIME);
    event->utc_offset_s = utc_offset_s(event->wall_ms);
    if (daemon->events)
        hf_recorder_event(hf_events_recorder(daemon->events), daemon->core, event);
    hf_core_step(daemon->core, event, daemon->actions);
    if (daemon->events)
        hf_recorder_result(hf_events_recorder(daemon->events), event, daemon->actions);
    uint64_t now_ms = event->now_ms;
    hf_daemon_execute(daemon);
    set_wake(daemon, now_ms);
    hf_log_history(daemon);
    hf_recovery_follow(daemon);
    hf_sizes_follow(daemon, event->wall_ms);
    hf_daemon_write_nodes(daemon);
    hf_daemon_tell(daemon);
}

static void local_view(void *user, uint16_t instance, struct hf_local_view *ret)
{
    struct hf_daemon *daemon = user;
    hf_core_local_view(daemon->core, instance, ret);
}

static bool recovery_now(void *user, uint16_t instance, struct hf_recovery_estimate *ret)
{
    return hf_recovery_now(user, instance, ret);
}

void hf_daemon_status_input(struct hf_daemon *daemon, struct hf_status_input *ret)
{
    *ret = (struct hf_status_input){
        .state = hf_core_state(daemon->core),
        .self = hf_core_self(daemon->core),
        .self_name = daemon->node.name,
        .wall_ms = clock_ms(CLOCK_REALTIME),
        .local = local_view,
        .recovery = recovery_now,
        .sizes = daemon->sizes,
        .local_user = daemon,
        .links = &daemon->links,
        .uses = daemon->demand.uses,
        .machine = &daemon->demand.machine,
    };
    hf_core_view(daemon->core, &ret->view);
}

/* The engine's callbacks. Its node sets have bit (id - 1), like the core's. */
static void engine_up(void *user, uint32_t node)
{
    struct hf_daemon *daemon = user;
    if (node != daemon->node.id)
        hf_log("corosync says that this is node %u, %s says %u: nothing can work like this", node,
               HF_NODE_FILE_PATH, daemon->node.id);
    HF_ASSERT(node == daemon->node.id);
    struct hf_event event = {.type = HF_EVENT_ENGINE_UP};
    hf_daemon_step(daemon, &event);
}

static void engine_down(void *user, const char *why)
{
    struct hf_daemon *daemon = user;
    hf_log("corosync: %s", why);
    daemon->group = 0;
    hf_gather_members(daemon->gather, 0);
    struct hf_event event = {.type = HF_EVENT_ENGINE_DOWN};
    hf_daemon_step(daemon, &event);
}

static void engine_membership(void *user, const struct hf_engine_members *members)
{
    struct hf_daemon *daemon = user;
    daemon->group = members->members;
    hf_gather_members(daemon->gather, members->members);
    hf_clients_members(daemon);
    struct hf_event event = {.type = HF_EVENT_MEMBERSHIP};
    event.membership = (struct hf_event_membership){
        .members = members->members,
        .left_down = members->left_down,
        .left_process = members->left_process,
        .ring = {members->ring.node, members->ring.seq},
        .settled = members->ring_settled,
    };
    hf_daemon_step(daemon, &event);
}

static void engine_quorum(void *user, const struct hf_engine_quorum *quorum)
{
    struct hf_daemon *daemon = user;
    struct hf_event event = {.type = HF_EVENT_QUORUM};
    event.quorum = (struct hf_event_quorum){
        .quorate = quorum->quorate,
        .ring = {quorum->ring.node, quorum->ring.seq},
        .votes = quorum->votes,
        .expected = quorum->expected_votes,
    };
    hf_daemon_step(daemon, &event);
}

static void engine_message(void *user, uint32_t node, const void *data, size_t length)
{
    struct hf_daemon *daemon = user;
    if (hf_gather_message(daemon->gather, node - 1, data, length) ||
        hf_clients_message(daemon, node - 1, data, length))
        return;
    struct hf_event event = {.type = HF_EVENT_MESSAGE};
    event.message = (struct hf_event_message){(uint8_t)(node - 1), data, length};
    hf_daemon_step(daemon, &event);
}

static void engine_reloaded(void *user, int rc)
{
    struct hf_daemon *daemon = user;
    if (rc < 0)
        hf_log("corosync did not read its changed configuration: %s", uv_strerror(rc));
    if (!daemon->reload_again)
        return;
    daemon->reload_again = false;
    (void)hf_engine_reload(daemon->engine);
}

/* The journal's callbacks. */
static void journal_synced(void *user, uint64_t mark)
{
    struct hf_daemon *daemon = user;
    struct hf_event event = {.type = HF_EVENT_PERSISTED};
    event.persisted.mark = mark;
    hf_daemon_step(daemon, &event);
}

static void journal_lost(void *user)
{
    hf_daemon_snapshot(user);
}

static void journal_problem(void *user, const char *text)
{
    (void)user;
    hf_log("journal: %s", text);
}

static bool restore(void *user, bool snapshot, const uint8_t *bytes, size_t length)
{
    struct hf_daemon *daemon = user;
    bool ok = snapshot ? hf_core_restore_snapshot(daemon->core, bytes, length)
                       : hf_core_restore_decision(daemon->core, bytes, length);
    if (daemon->events)
        hf_recorder_restored(hf_events_recorder(daemon->events), snapshot, ok, bytes, length);
    if (!ok)
        hf_log("the journal ends at decision %llu: the record after it does not follow",
               (unsigned long long)hf_core_state(daemon->core)->index);
    return ok;
}

static void join_event(void *user, enum hf_join_event event, const char *name)
{
    (void)user;
    hf_log("join token: %s %s", hf_join_event_text(event), name);
}

/* The watchdog's time is part of the configuration: the other nodes count on it. */
static void follow_watchdog_time(struct hf_daemon *daemon)
{
    const struct hf_cluster_spec *cluster = &hf_core_state(daemon->core)->spec.cluster;
    unsigned wanted = (cluster->watchdog_ms + 999) / 1000;
    if (daemon->watchdog.fd < 0 || !cluster->public_subnet[0] ||
        wanted == daemon->watchdog.timeout_s)
        return;
    int rc =
        wanted ? hf_watchdog_set(&daemon->watchdog, wanted) : hf_watchdog_disarm(&daemon->watchdog);
    if (rc < 0)
        hf_log("the watchdog cannot be set to %u s: %s; it stays at %u s", wanted, uv_strerror(rc),
               daemon->watchdog.timeout_s);
    daemon->watchdog.timeout_s = wanted; /* asked once */
}

static void feed(uv_timer_t *timer)
{
    struct hf_daemon *daemon = timer->data;
    follow_watchdog_time(daemon);
    hf_demand_follow(daemon);
    hf_clients_follow(daemon);
    const char *unrecorded = hf_events_check(daemon->events);
    if (unrecorded)
        hf_log("%s", unrecorded);
    log_condition(daemon); /* here, so that what lasts milliseconds is not told */
    if (hf_core_may_feed_watchdog(daemon->core, clock_ms(CLOCK_BOOTTIME)))
        (void)hf_watchdog_pet(&daemon->watchdog);
    else
        hf_log("an instance that must be stopped still runs: the watchdog will reset this node");
}

/* Or may hold: what was not looked at yet counts. */
bool hf_daemon_holds_anything(struct hf_daemon *daemon)
{
    for (uint16_t i = 0; i < HF_INSTANCES_MAX; i++) {
        struct hf_local_view view;
        hf_core_local_view(daemon->core, i, &view);
        bool unknown = hf_core_state(daemon->core)->spec.instances[i].name[0] && !view.inspected;
        if (view.engine_up || view.mounted || unknown)
            return true;
    }
    return false;
}

/* The engines run on; whoever starts next adopts them, or else the watchdog ends this node. */
static void told_to_stop(uv_signal_t *signal, int number)
{
    struct hf_daemon *daemon = signal->data;
    (void)number;
    bool holds = hf_daemon_holds_anything(daemon);
    hf_log("told to stop%s", holds ? "; instances run on here: start holdfastd again soon, or "
                                     "the watchdog resets this node"
                                   : "");
    if (!holds)
        (void)hf_watchdog_disarm(&daemon->watchdog);
    daemon->stopping = true;
    uv_stop(&daemon->loop);
}

static void make_core(struct hf_daemon *daemon)
{
    struct hf_core_config config = {.node = (uint8_t)(daemon->node.id - 1)};
    ssize_t size = (ssize_t)sizeof(config.incarnation);
    while (getrandom(&config.incarnation, (size_t)size, 0) != size) {
        /* interrupted while the kernel gathers its first */
    }
    config.watchdog = daemon->watchdog.fd >= 0;
    memcpy(config.cluster, daemon->node.cluster, sizeof(config.cluster));
    memcpy(config.name, daemon->node.name, sizeof(config.name));
    memcpy(config.public_address, daemon->node.public_address, HF_ADDRESS_MAX - 1);
    memcpy(config.private_address, daemon->node.private_address, HF_ADDRESS_MAX - 1);
    daemon->core = hf_pages_new(hf_core_size());
    daemon->actions = hf_pages_new(sizeof(*daemon->actions));
    daemon->seen = calloc(1, sizeof(*daemon->seen));
    HF_ASSERT(daemon->core && daemon->actions && daemon->seen);
    uint64_t now_ms = clock_ms(CLOCK_BOOTTIME), wall_ms = clock_ms(CLOCK_REALTIME);
    hf_core_init(daemon->core, &config, now_ms, wall_ms);
    if (daemon->events)
        hf_recorder_start(hf_events_recorder(daemon->events), &config, now_ms, wall_ms);
}

/* Before there is a core, so that the process that writes is small. */
static void open_events(struct hf_daemon *daemon, const char *state_dir)
{
    int rc = hf_events_new(state_dir, &daemon->events);
    if (rc < 0)
        hf_log("what happens is not recorded: the event log cannot be started: %s",
               uv_strerror(rc));
}

static void open_watchdog(struct hf_daemon *daemon, const char *path)
{
    daemon->watchdog = HF_WATCHDOG_NONE;
    int rc = *path ? hf_watchdog_open(&daemon->watchdog, path, WATCHDOG_S) : -ENOENT;
    if (rc < 0)
        hf_log("no watchdog guards this node (%s: %s): a node that cannot stop an instance in "
               "time is then cut off by reservations only",
               *path ? path : "none configured", uv_strerror(rc));
}

static int open_loop(struct hf_daemon *daemon)
{
    int rc = uv_loop_init(&daemon->loop);
    if (rc < 0)
        return rc;
    (void)uv_timer_init(&daemon->loop, &daemon->wake);
    (void)uv_timer_init(&daemon->loop, &daemon->feed);
    (void)uv_signal_init(&daemon->loop, &daemon->term);
    (void)uv_signal_init(&daemon->loop, &daemon->interrupt);
    daemon->wake.data = daemon->feed.data = daemon;
    daemon->term.data = daemon->interrupt.data = daemon;
    (void)uv_timer_start(&daemon->feed, feed, 0, FEED_MS);
    (void)uv_signal_start(&daemon->term, told_to_stop, SIGTERM);
    return uv_signal_start(&daemon->interrupt, told_to_stop, SIGINT);
}

static int open_control(struct hf_daemon *daemon, const char *socket_path)
{
    struct hf_error error = {""};
    struct hf_control_options options = {
        .path = socket_path,
        .handler = hf_daemon_control,
        .closed = hf_daemon_control_closed,
        .user = daemon,
    };
    int rc = hf_control_new(&daemon->loop, &options, &daemon->control, &error);
    if (rc < 0)
        hf_log("%s", error.text);
    return rc;
}

static int open_engine(struct hf_daemon *daemon)
{
    static const struct hf_engine_callbacks callbacks = {
        .up = engine_up,
        .down = engine_down,
        .membership = engine_membership,
        .quorum = engine_quorum,
        .message = engine_message,
        .links = hf_daemon_links,
        .reloaded = engine_reloaded,
    };
    return hf_engine_new(&daemon->loop, &callbacks, daemon, &daemon->engine);
}

static int open_all(struct hf_daemon *daemon, const char *state_dir, const char *socket_path)
{
    static const struct hf_journal_callbacks journal = {journal_synced, journal_lost,
                                                        journal_problem, hf_demand_known};
    static const struct hf_join_callbacks join = {hf_daemon_join_request, join_event};
    /* Looked up once before the workers are forked, so that they have its libraries loaded. */
    (void)getpwnam("postgres");
    int rc = open_loop(daemon);
    if (rc == 0)
        rc = hf_journal_new(&daemon->loop, state_dir, &journal, daemon, &daemon->journal);
    if (rc == 0)
        rc = hf_pool_new(&daemon->loop, SPARE_WORKERS, hf_daemon_replied, daemon, &daemon->pool);
    if (rc == 0)
        rc = hf_demand_start(daemon, state_dir);
    if (rc == 0)
        rc = hf_join_server_new(&daemon->loop, &join, daemon, &daemon->join);
    if (rc == 0)
        rc = hf_daemon_gather_new(daemon);
    if (rc == 0)
        rc = open_control(daemon, socket_path);
    return rc == 0 ? open_engine(daemon) : rc;
}

static void close_all(struct hf_daemon *daemon)
{
    for (uint16_t i = 0; i < HF_INSTANCES_MAX; i++)
        hf_engine_watch_stop(daemon, i);
    hf_engine_free(daemon->engine);
    hf_control_free(daemon->control);
    hf_gather_free(daemon->gather);
    hf_join_server_free(daemon->join);
    hf_pool_free(daemon->pool);
    hf_demand_stop(daemon); /* its last minute goes to the journal */
    hf_journal_free(daemon->journal);
    hf_events_free(daemon->events);
    uv_close((uv_handle_t *)&daemon->wake, NULL);
    uv_close((uv_handle_t *)&daemon->feed, NULL);
    uv_close((uv_handle_t *)&daemon->term, NULL);
    uv_close((uv_handle_t *)&daemon->interrupt, NULL);
    (void)uv_run(&daemon->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&daemon->loop);
    hf_pages_free(daemon->core, hf_core_size());
    hf_pages_free(daemon->actions, sizeof(*daemon->actions));
    free(daemon->seen);
}

static int load(struct hf_daemon *daemon, const char *state_dir, const char *node_path)
{
    struct hf_error error = {""};
    int rc = hf_node_file_read(node_path, &daemon->node, &error);
    if (rc < 0) {
        hf_log("%s", error.text);
        return rc;
    }
    open_events(daemon, state_dir);
    make_core(daemon);
    rc = hf_journal_load(state_dir, restore, daemon, &error);
    if (rc < 0)
        hf_log("%s", error.text);
    if (daemon->events)
        hf_recorder_ready(hf_events_recorder(daemon->events), daemon->core);
    daemon->history_count = hf_core_state(daemon->core)->history_count;
    if (rc == 0)
        hf_recovery_load(daemon, state_dir);
    if (rc == 0)
        hf_demand_load(daemon, state_dir);
    return rc;
}

int hf_daemon_run(const char *state_dir, const char *socket_path, const char *node_path,
                  const char *watchdog_path)
{
    if (!hf_daemon_can_read(state_dir))
        return HF_DAEMON_TOO_OLD;
    struct hf_daemon *daemon = calloc(1, sizeof(*daemon));
    if (!daemon)
        return -ENOMEM;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)mkdir("/run/holdfast", 0755);
    open_watchdog(daemon, watchdog_path);
    int rc = load(daemon, state_dir, node_path);
    if (rc == 0)
        rc = open_all(daemon, state_dir, socket_path);
    if (rc == 0) {
        struct hf_status_input input;
        hf_daemon_status_input(daemon, &input);
        hf_control_events_init(daemon->seen, &input);
        hf_log("holdfastd started on %s (node %u of %s)", daemon->node.name, daemon->node.id,
               daemon->node.cluster);
        struct hf_event event = {.type = HF_EVENT_TICK};
        hf_daemon_step(daemon, &event);
        (void)uv_run(&daemon->loop, UV_RUN_DEFAULT);
        close_all(daemon);
        rc = daemon->too_old ? HF_DAEMON_TOO_OLD : 0;
    }
    free(daemon);
    return rc;
}
