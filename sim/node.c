/* node.c - a computer: power, freezing, its daemon, and what the core's actions do. */
#include "world.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define WALL_2026_MS 1767225600000ull
#define WATCHDOG_US (15 * SIM_S)

uint64_t sim_mono_ms(const struct sim_world *world, uint8_t n)
{
    const struct sim_node *node = &world->node[n];
    int64_t up_ms = (int64_t)((world->now - node->boot_us) / SIM_MS);
    return node->mono_base_ms + (uint64_t)(up_ms + up_ms * node->drift_ppm / 1000000);
}

void sim_mono_back(struct sim_world *world, uint8_t n, uint64_t ms)
{
    struct sim_node *node = &world->node[n];
    node->mono_base_ms -= ms < node->mono_base_ms ? ms : node->mono_base_ms;
}

uint64_t sim_wall_ms(const struct sim_world *world, uint8_t n)
{
    return WALL_2026_MS + (uint64_t)((int64_t)(world->now / SIM_MS) + world->node[n].wall_shift_ms);
}

static void multicast(struct sim_world *world, uint8_t n, const struct hf_action *action)
{
    if (!action->length)
        sim_violation(world, "%s multicasts an empty message", sim_node_name(world, n));
    const uint8_t *bytes = world->actions->arena + action->offset;
    if (action->length > 6 && bytes[6] == HF_MESSAGE_DECISION && !world->node[n].told_quorate)
        sim_violation(world, "quorum: %s decides without it", sim_node_name(world, n));
    sim_journal_check_ack(world, n, action);
    sim_group_send(world, n, world->actions->arena + action->offset, action->length);
}

/*
 * A daemon that is too old takes no part until another version is installed. It closes the watchdog
 * when nothing runs here, and one that could not read its journal has not opened it.
 */
static void halted(struct sim_world *world, uint8_t n, const struct hf_reason *reason)
{
    struct sim_node *node = &world->node[n];
    if (reason->code != HF_REASON_FORMAT_TOO_NEW) {
        sim_violation(world, "I3: %s halts: its state differs", sim_node_name(world, n));
        return;
    }
    if (node->core->config.speaks >= reason->number)
        sim_violation(world, "versions: %s halts for a format that it speaks",
                      sim_node_name(world, n));
    world->coverage->reasons[reason->code]++;
    node->shut_out = true;
    if (!node->engines)
        node->armed = false;
    sim_daemon_kill(world, n);
}

static void carry_out(struct sim_world *world, uint8_t n, const struct hf_action *action)
{
    sim_trace_action(world, n, action);
    switch ((enum hf_action_type)action->type) {
    case HF_ACTION_MULTICAST:
        multicast(world, n, action);
        return;
    case HF_ACTION_STEP:
        sim_driver_begin(world, n, action);
        return;
    case HF_ACTION_CANCEL:
        sim_driver_cancel(world, n, action->id);
        return;
    case HF_ACTION_REPLY:
        sim_replied(world, n, action);
        return;
    case HF_ACTION_PERSIST:
        sim_journal_append(world, n, action);
        return;
    case HF_ACTION_SNAPSHOT:
        sim_journal_snapshot(world, n, action);
        return;
    case HF_ACTION_HALT:
        halted(world, n, &action->reason);
        return;
    case HF_ACTION_TYPES:
        return;
    }
}

static void step(struct sim_world *world, uint8_t n, struct hf_event *event)
{
    struct sim_node *node = &world->node[n];
    if (world->violation[0])
        return;
    event->now_ms = sim_mono_ms(world, n);
    event->wall_ms = sim_wall_ms(world, n);
    event->utc_offset_s = world->utc_offset_s;
    uint64_t incarnation = node->incarnation;
    sim_record_event(world, n, event);
    hf_core_step(node->core, event, world->actions);
    sim_record_result(world, n, event);
    if (world->fingerprinted)
        sim_fingerprint_step(world, n);
    sim_trace_history(world, n);
    bool acted = false;
    for (uint32_t a = 0; a < world->actions->count && !world->violation[0]; a++) {
        if (node->incarnation != incarnation)
            break; /* it halted */
        acted |= world->actions->list[a].type == HF_ACTION_MULTICAST;
        carry_out(world, n, &world->actions->list[a]);
    }
    if (node->incarnation != incarnation || !node->daemon)
        return;
    sim_check_step(world, n, acted);
    sim_check_health(world, n);
    sim_conf_follow(world, n);
    node->wake_guard++;
    if (world->actions->wake_ms == UINT64_MAX)
        return;
    uint64_t due = world->actions->wake_ms;
    uint64_t in_ms = due > event->now_ms ? due - event->now_ms : 0;
    uint64_t at = world->now + in_ms * SIM_MS + (in_ms ? sim_delay(world, 0, 2000) : 100);
    sim_at(world, at, SIM_EV_WAKE, n, node->wake_guard, node->incarnation, 0);
}

/* One buffer takes the actions of all cores: what a step causes at another node comes after it. */
void sim_step(struct sim_world *world, uint8_t n, struct hf_event *event)
{
    HF_ASSERT(!world->stepping);
    world->stepping = true;
    step(world, n, event);
    world->stepping = false;
}

void sim_wake(struct sim_world *world, const struct sim_event *event)
{
    const struct sim_node *node = &world->node[event->node];
    if (!node->daemon || node->incarnation != event->a || node->wake_guard != event->guard)
        return;
    struct hf_event tick = {.type = HF_EVENT_TICK};
    sim_step(world, event->node, &tick);
}

void sim_daemon_start(struct sim_world *world, uint8_t n)
{
    struct sim_node *node = &world->node[n];
    if (!node->powered || node->daemon)
        return;
    node->daemon = true;
    node->shut_out = false;
    bool armed = node->armed;
    node->config.node = n;
    node->config.incarnation = ++node->incarnation;
    node->config.watchdog = node->watchdog;
    uint64_t unfed_us = node->unfed_us;
    node->unfed_us = node->conf_seen = node->unserved_us = 0;
    node->armed = node->watchdog;
    hf_core_init(node->core, &node->config, sim_mono_ms(world, n), sim_wall_ms(world, n));
    sim_record_start(world, n);
    sim_journal_restore(world, n);
    sim_record_ready(world, n);
    /* Too old for its own journal: it never opened the watchdog, whose time runs on. */
    if (node->core->too_new) {
        node->armed = armed;
        node->unfed_us = unfed_us;
    }
    struct hf_event tick = {.type = HF_EVENT_TICK};
    sim_step(world, n, &tick);
    if (node->daemon && node->corosync)
        sim_at(world, world->now + sim_delay(world, 20, 200) * SIM_MS, SIM_EV_CONNECT, n,
               node->incarnation, 0, 0);
}

void sim_daemon_kill(struct sim_world *world, uint8_t n)
{
    struct sim_node *node = &world->node[n];
    if (!node->daemon)
        return;
    node->daemon = false;
    sim_driver_orphans(world, n);
    sim_group_disconnect(world, n);
    node->incarnation++;
    sim_journal_lose(world, n, false);
    for (unsigned i = 0; i < SIM_INSTANCES; i++)
        node->real[i].watch_id = node->real[i].probe_id = 0;
}

void sim_version(struct sim_world *world, uint8_t n, uint16_t speaks)
{
    struct sim_node *node = &world->node[n];
    if (node->config.speaks != speaks)
        sim_trace(world, "%s: the version that speaks format %u is installed",
                  sim_node_name(world, n), speaks);
    node->put_back |= speaks < node->config.speaks;
    node->config.speaks = speaks;
}

void sim_power_on(struct sim_world *world, uint8_t n)
{
    struct sim_node *node = &world->node[n];
    if (node->powered || !node->exists)
        return;
    node->powered = true;
    node->boot_us = world->now;
    node->frozen = false;
    uint64_t boot = sim_delay(world, 300, 3000) * SIM_MS;
    sim_at(world, world->now + boot, SIM_EV_COROSYNC, n, node->life, 0, 0);
    sim_at(world, world->now + boot + sim_delay(world, 10, 1000) * SIM_MS, SIM_EV_DAEMON, n,
           node->life, 0, 0);
    sim_at(world, world->now + SIM_S, SIM_EV_WATCHDOG, n, node->life, 0, 0);
}

void sim_power_off(struct sim_world *world, uint8_t n)
{
    struct sim_node *node = &world->node[n];
    if (!node->powered)
        return;
    node->powered = false;
    node->frozen = node->armed = false; /* a reset disarms the watchdog */
    node->unfed_us = 0;
    node->daemon = false;
    node->life++;
    node->incarnation++;
    sim_group_stop(world, n);
    node->ring = 0;
    sim_journal_lose(world, n, true);
    sim_driver_power_off(world, n);
    node->deferred_count = 0;
    sim_group_changed(world);
}

void sim_freeze(struct sim_world *world, uint8_t n)
{
    if (!world->node[n].powered || world->node[n].frozen)
        return;
    world->node[n].frozen = true;
    world->node[n].paused = false;
    world->node[n].frozen_us = world->now;
    sim_group_changed(world);
}

/* The first thing after a thaw is what was already on its way to the disk. */
void sim_thaw(struct sim_world *world, uint8_t n)
{
    struct sim_node *node = &world->node[n];
    if (!node->frozen)
        return;
    node->frozen = false;
    if (node->paused)
        sim_mono_back(world, n, (world->now - node->frozen_us) / SIM_MS);
    for (uint16_t i = 0; i < SIM_INSTANCES; i++)
        sim_engine_write(world, n, i);
    for (uint32_t k = 0; k < node->deferred_count; k++) {
        const struct sim_event *event = &node->deferred[k];
        sim_at(world, world->now + 100 + k, (enum sim_event_type)event->type, n, event->guard,
               event->a, event->b);
    }
    node->deferred_count = 0;
    sim_group_changed(world);
}

/* Once a second; a node that is not fed for the watchdog's time is reset. */
void sim_watchdog(struct sim_world *world, const struct sim_event *event)
{
    uint8_t n = event->node;
    struct sim_node *node = &world->node[n];
    if (!node->powered || node->life != event->guard)
        return;
    bool fed = node->daemon && !node->frozen &&
               hf_core_may_feed_watchdog(node->core, sim_mono_ms(world, n));
    if (fed || !node->watchdog || !node->armed)
        node->unfed_us = 0;
    else if (!node->unfed_us)
        node->unfed_us = world->now;
    if (node->unfed_us && world->now - node->unfed_us >= WATCHDOG_US) {
        sim_trace(world, "%s: the watchdog resets it", sim_node_name(world, n));
        sim_power_off(world, n);
        sim_power_on(world, n);
        return;
    }
    sim_check_i7(world);
    sim_check_sets(world, n);
    sim_at(world, world->now + SIM_S, SIM_EV_WATCHDOG, n, node->life, 0, 0);
}

/* An administrator at a node asks for something. Returns its number, 0 = the daemon is not there.
 */
uint64_t sim_ask(struct sim_world *world, uint8_t n, enum hf_verb verb, uint16_t instance,
                 uint8_t target, const struct hf_spec *spec)
{
    struct sim_node *node = &world->node[n];
    if (!node->daemon || node->frozen || world->request_count == SIM_REQUESTS)
        return 0;
    struct sim_request *request = &world->request[world->request_count++];
    *request = (struct sim_request){.used = true,
                                    .node = n,
                                    .verb = (uint8_t)verb,
                                    .target = target,
                                    .instance = instance,
                                    .id = world->request_count,
                                    .at = world->now,
                                    .marker = world->marker,
                                    .incarnation = node->incarnation};
    struct hf_event event = {.type = HF_EVENT_REQUEST};
    event.request = (struct hf_event_request){
        .id = request->id, .verb = (uint8_t)verb, .instance = instance, .node = target};
    if (verb == HF_VERB_APPLY) {
        request->format = hf_spec_format(spec);
        event.request.spec = spec;
        event.request.config_version =
            hf_core_state(node->core)->config_version - (world->stale ? 1 : 0);
        world->stale = false;
    }
    if (verb == HF_VERB_JOIN) {
        (void)snprintf(event.request.text, HF_NAME_MAX, "db%u", target + 1u);
        (void)snprintf(event.request.address, HF_ADDRESS_MAX, "10.77.0.%u", target + 1u);
        (void)snprintf(event.request.address2, HF_ADDRESS_MAX, "10.78.0.%u", target + 1u);
        event.request.node = HF_NODE_NONE;
    }
    uint64_t id = request->id;
    sim_step(world, n, &event);
    return id;
}

void sim_replied(struct sim_world *world, uint8_t n, const struct hf_action *action)
{
    if (!action->id || action->id > world->request_count)
        return;
    struct sim_request *request = &world->request[action->id - 1];
    if (request->done)
        sim_violation(world, "command %u was answered twice", (unsigned)action->id);
    if (action->reason.code < HF_REASON_COUNT)
        world->coverage->reasons[action->reason.code]++;
    request->done = true;
    request->ok = action->ok;
    request->reason = action->reason.code;
    request->order = ++world->order;
    sim_check_applied(world, request);
    if (request->ok && request->verb == HF_VERB_JOIN)
        sim_joined(world, n, request->target);
    if (request->ok && request->verb == HF_VERB_APPLY && request->marker && world->cut_on_ack &&
        !world->calm) {
        world->cut_on_ack = false;
        sim_at(world, world->now + sim_between(&world->rng, 1, 3000), SIM_EV_FAULT, 0, 0,
               SIM_FAULTS_MAX, 0);
        sim_at(world, world->now + 4 * SIM_S, SIM_EV_FAULT, 0, 0, SIM_FAULTS_MAX, 1);
    }
    if (request->ok && request->verb == HF_VERB_APPLY && request->marker &&
        world->marker_acked_count < 64)
        world->marker_acked[world->marker_acked_count++] = request->marker;
}
