/*
 * steps.c - the core's steps as driver requests, the drivers' replies as the core's events.
 */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "config/config.h"
#include "daemon/daemon.h"
#include "daemon/status.h"

static const enum hf_driver_op ops[HF_STEPS] = {
    [HF_STEP_INSPECT] = HF_OP_INSPECT,
    [HF_STEP_ACQUIRE] = HF_OP_ACQUIRE,
    [HF_STEP_RELEASE] = HF_OP_RELEASE,
    [HF_STEP_KEY_WATCH] = HF_OP_KEY_WATCH,
    [HF_STEP_MOUNT] = HF_OP_MOUNT,
    [HF_STEP_UNMOUNT] = HF_OP_UNMOUNT,
    [HF_STEP_ADDRESS_UP] = HF_OP_ADDRESS_UP,
    [HF_STEP_ADDRESS_DOWN] = HF_OP_ADDRESS_DOWN,
    [HF_STEP_ANNOUNCE] = HF_OP_ANNOUNCE,
    [HF_STEP_ENGINE_START] = HF_OP_ENGINE_START,
    [HF_STEP_ENGINE_STOP] = HF_OP_ENGINE_STOP,
    [HF_STEP_ENGINE_KILL] = HF_OP_ENGINE_STOP,
    [HF_STEP_PROBE] = HF_OP_ENGINE_PROBE,
    [HF_STEP_RESIZE] = HF_OP_ENGINE_RESIZE,
    [HF_STEP_DISK_CHECK] = HF_OP_DISK_CHECK,
    [HF_STEP_NETWORK] = HF_OP_NETWORK,
};

static enum hf_step_status status_of(enum hf_driver_status status)
{
    switch (status) {
    case HF_DRV_OK:
        return HF_STEP_OK;
    case HF_DRV_TIMEOUT:
    case HF_DRV_CRASHED:
        return HF_STEP_TIMEOUT;
    case HF_DRV_NO_DEVICE:
        return HF_STEP_DISK_MISSING;
    case HF_DRV_IO:
        return HF_STEP_DISK_IO;
    case HF_DRV_UNSUPPORTED:
        return HF_STEP_NO_RESERVATIONS;
    case HF_DRV_NEWER:
        return HF_STEP_NEWER;
    case HF_DRV_FOREIGN:
        return HF_STEP_FOREIGN;
    case HF_DRV_KEY_LOST:
        return HF_STEP_KEY_LOST;
    case HF_DRV_WRONG_FS:
        return HF_STEP_FS_WRONG;
    case HF_DRV_CORRUPT_FS:
        return HF_STEP_FS_CORRUPT;
    case HF_DRV_BUSY:
        return HF_STEP_BUSY;
    case HF_DRV_NO_INTERFACE:
    case HF_DRV_ADDRESS_USED:
        return HF_STEP_ADDRESS;
    case HF_DRV_NO_ENGINE:
    case HF_DRV_ENGINE_EXIT:
        return HF_STEP_ENGINE_EXIT;
    case HF_DRV_ENGINE_STUCK:
        return HF_STEP_ENGINE_STUCK;
    case HF_DRV_NO_ANSWER:
        return HF_STEP_NO_ANSWER;
    case HF_DRV_SLOW:
        return HF_STEP_SLOW;
    case HF_DRV_DISK_FULL:
        return HF_STEP_DISK_FULL;
    case HF_DRV_READ_ONLY:
        return HF_STEP_READ_ONLY;
    case HF_DRV_EXHAUSTED:
        return HF_STEP_EXHAUSTED;
    case HF_DRV_CHECK_FAILED:
        return HF_STEP_CHECK_FAILED;
    case HF_DRV_FAILED:
        break;
    }
    return HF_STEP_FAILED;
}

/* 16 bits of the cluster's name: keys of different clusters on one array differ. Never 0. */
static uint16_t cluster_tag(const char *name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * 16777619u;
    uint16_t tag = (uint16_t)(hash ^ (hash >> 16));
    return tag ? tag : 1;
}

static void copy(char *to, size_t room, const char *from)
{
    int length = snprintf(to, room, "%s", from);
    HF_ASSERT(length >= 0 && (size_t)length < room);
}

static void fill_disks(const struct hf_instance_spec *spec, struct hf_driver_request *ret)
{
    ret->disk_count = spec->disk_count;
    for (unsigned d = 0; d < spec->disk_count; d++) {
        struct hf_driver_disk *disk = &ret->disks[d];
        copy(disk->device, sizeof(disk->device), spec->disks[d].device);
        copy(disk->mount, sizeof(disk->mount), spec->disks[d].mount);
        copy(disk->options, sizeof(disk->options), spec->disks[d].options);
        copy(disk->type, sizeof(disk->type), spec->disks[d].type == HF_FS_XFS ? "xfs" : "ext4");
    }
}

/* As Debian's packages name them. */
static const char *default_user(uint8_t type)
{
    return type == HF_ENGINE_POSTGRESQL ? "postgres" : type == HF_ENGINE_MARIADB ? "mysql" : "root";
}

static void fill_engine(const struct hf_engine_spec *spec, struct hf_driver_engine *ret)
{
    static const char *const types[] = {
        [HF_ENGINE_POSTGRESQL] = "postgresql",
        [HF_ENGINE_MARIADB] = "mariadb",
        [HF_ENGINE_OCF] = "ocf",
        [HF_ENGINE_SERVICE] = "service",
    };
    copy(ret->type, sizeof(ret->type), types[spec->type]);
    ret->version = spec->version;
    ret->port = hf_config_engine_port(spec);
    copy(ret->data, sizeof(ret->data), spec->data);
    copy(ret->user, sizeof(ret->user), spec->user[0] ? spec->user : default_user(spec->type));
    copy(ret->settings, sizeof(ret->settings), spec->settings);
}

/* Only this engine knows what to do with a degraded profile. */
static void fill_degraded(const struct hf_instance_spec *spec, bool degraded,
                          struct hf_driver_request *ret)
{
    if (spec->engine.type != HF_ENGINE_POSTGRESQL)
        return;
    copy(ret->engine.degraded, sizeof(ret->engine.degraded), spec->degraded_settings);
    ret->degraded = degraded;
}

static void fill_health(const struct hf_health_spec *spec, struct hf_driver_request *ret)
{
    ret->health_level = spec->level;
    ret->check_count = spec->check_count;
    for (unsigned c = 0; c < spec->check_count; c++) {
        struct hf_driver_check *check = &ret->checks[c];
        copy(check->name, sizeof(check->name), spec->checks[c].name);
        copy(check->database, sizeof(check->database), spec->checks[c].database);
        copy(check->query, sizeof(check->query), spec->checks[c].query);
        copy(check->expect, sizeof(check->expect), spec->checks[c].expect);
    }
}

/* The nodes after this one, around the circle: with many nodes each is asked by some. */
static void fill_network(const struct hf_spec *spec, uint8_t self, struct hf_driver_request *ret)
{
    copy(ret->address, sizeof(ret->address), spec->nodes[self].public_address);
    for (unsigned k = 1; k < HF_NODES_MAX && ret->peer_count < HF_DRIVER_PEERS_MAX; k++) {
        const struct hf_node_spec *peer = &spec->nodes[(self + k) % HF_NODES_MAX];
        if (peer->name[0] && peer->public_address[0])
            copy(ret->peers[ret->peer_count++], HF_DRIVER_ADDRESS_MAX, peer->public_address);
    }
}

void hf_daemon_request(const struct hf_daemon *daemon, const struct hf_action *action,
                       struct hf_driver_request *ret)
{
    const struct hf_state *state = hf_core_state(daemon->core);
    memset(ret, 0, sizeof(*ret));
    ret->id = action->id;
    ret->op = ops[action->step];
    ret->deadline_ms = action->deadline_ms;
    ret->interval_ms = action->interval_ms;
    if (action->instance >= HF_INSTANCES_MAX) {
        fill_network(&state->spec, hf_core_self(daemon->core), ret);
        return;
    }
    const struct hf_instance_spec *spec = &state->spec.instances[action->instance];
    ret->generation = action->generation;
    ret->node = (uint16_t)(hf_core_self(daemon->core) + 1);
    ret->cluster_tag = cluster_tag(state->spec.cluster.name);
    copy(ret->instance, sizeof(ret->instance), spec->name);
    fill_disks(spec, ret);
    copy(ret->address, sizeof(ret->address), spec->address);
    ret->prefix = spec->prefix;
    fill_engine(&spec->engine, &ret->engine);
    fill_degraded(spec, action->degraded, ret);
    fill_health(&spec->health, ret);
    bool kill =
        action->step == HF_STEP_ENGINE_KILL || (action->step == HF_STEP_UNMOUNT && action->kill);
    ret->stop_mode = kill ? HF_STOP_KILL : HF_STOP_PLANNED;
}

static void watch_engine(struct hf_daemon *daemon, uint16_t instance,
                         const struct hf_driver_reply *reply)
{
    if (reply->op == HF_OP_ENGINE_START && reply->pid > 0)
        hf_engine_watch_start(daemon, instance, reply->pid);
    else if (reply->op == HF_OP_INSPECT && reply->found.engine_pid > 0)
        hf_engine_watch_start(daemon, instance, reply->found.engine_pid);
}

/* What the streams of health say is logged when it changes; that an engine does not answer yet is
 * no news. */
static bool is_news(struct hf_daemon *daemon, uint16_t instance,
                    const struct hf_driver_reply *reply)
{
    bool probe = reply->op == HF_OP_ENGINE_PROBE;
    if (!probe && reply->op != HF_OP_DISK_CHECK)
        return reply->status != HF_DRV_OK;
    uint8_t *said = &daemon->said[probe ? 0 : 1][instance];
    bool changed = *said != reply->status;
    *said = (uint8_t)reply->status;
    return changed && reply->status != HF_DRV_OK && reply->status != HF_DRV_NO_ANSWER;
}

static void log_failure(struct hf_daemon *daemon, uint16_t instance,
                        const struct hf_driver_reply *reply)
{
    bool news = is_news(daemon, instance, reply);
    if (!news)
        return;
    hf_log("%s: %s: %s%s%s", hf_core_state(daemon->core)->spec.instances[instance].name,
           hf_driver_op_name((enum hf_driver_op)reply->op),
           hf_driver_status_text((enum hf_driver_status)reply->status), reply->text[0] ? ": " : "",
           reply->text);
}

/* The node's own stream: it answers when something has changed. */
static void network_replied(struct hf_daemon *daemon, const struct hf_driver_reply *reply)
{
    struct hf_event event = {.type = HF_EVENT_STEP};
    const char *how = "a link, and nobody on it answers";
    if (reply->status != HF_DRV_NO_ANSWER)
        how = reply->status == HF_DRV_OK
                  ? "it is there"
                  : hf_driver_status_text((enum hf_driver_status)reply->status);
    hf_log("public network: %s%s%s", how, reply->text[0] ? ": " : "", reply->text);
    event.step = (struct hf_event_step){
        .id = reply->id,
        .status = (uint8_t)status_of((enum hf_driver_status)reply->status),
        .more = reply->more,
        .took_ms = reply->took_ms,
    };
    hf_daemon_step(daemon, &event);
}

void hf_daemon_replied(void *user, const struct hf_driver_reply *reply)
{
    struct hf_daemon *daemon = user;
    uint16_t instance = (uint16_t)(reply->id & 0xffff);
    if (hf_clients_replied(daemon, reply))
        return;
    if (instance >= HF_INSTANCES_MAX) {
        network_replied(daemon, reply);
        return;
    }
    log_failure(daemon, instance, reply);
    watch_engine(daemon, instance, reply);
    hf_recovery_replied(daemon, instance, reply);
    hf_sizes_replied(daemon, instance, reply);
    const struct hf_driver_found *found = &reply->found;
    struct hf_event event = {.type = HF_EVENT_STEP};
    event.step = (struct hf_event_step){
        .id = reply->id,
        .status = (uint8_t)status_of((enum hf_driver_status)reply->status),
        .more = reply->more,
        .took_ms = reply->took_ms,
        .generation = reply->op == HF_OP_INSPECT ? found->key_generation : reply->generation,
        .key = reply->key,
        .mounted = found->mounted,
        .address_up = found->address_up,
        .engine_running = found->engine_running,
        .key_held = found->key_on_all_disks,
        .text = reply->text[0] ? reply->text : NULL,
    };
    hf_daemon_step(daemon, &event);
}
