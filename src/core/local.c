/*
 * local.c - what this node runs, brought to where the state wants it.
 *
 * Level-triggered: each time, what the state says of an instance is compared with what is held
 * here, and the next step is asked for. Happy path: assigned -> reservation -> file system and
 * address side by side -> engine -> online, watched. Duties that need no decision: a node whose key
 * is gone kills the instance; a node without quorum stops it before the promised time; what belongs
 * to another owner now is removed.
 */
#include <string.h>

#include "core/impl.h"
#include "core/size.h"

#define ACQUIRE_MS 10000u
#define ADDRESS_MS 5000u
#define INSPECT_MS 10000u

enum want {
    WANT_HOLD, /* leave it as it is */
    WANT_RUN,
    WANT_STOP,  /* gently */
    WANT_DUTY,  /* gently at first, within the promised time */
    WANT_CLEAR, /* it is not ours any more: kill and remove */
};

bool hf_local_holds_disk(const struct hf_local *local)
{
    return local->acquired || local->mounted || local->engine_up || local->main.id;
}

bool hf_local_holds(const struct hf_local *local)
{
    return hf_local_holds_disk(local) || local->address_up || local->side.id;
}

void hf_local_move(struct hf_core *core, uint16_t i, enum hf_trigger trigger)
{
    struct hf_local *local = &core->local[i];
    enum hf_phase to;
    bool known = hf_lifecycle_next((enum hf_phase)local->phase, trigger, &to);
    HF_ASSERT(known);
    local->phase = (uint8_t)to;
    local->report = true;
}

void hf_local_submit(struct hf_core *core, uint16_t i, struct hf_lane *lane, enum hf_step step,
                     uint32_t deadline_ms)
{
    HF_ASSERT(!lane->id);
    lane->id = hf_emit_step(core, step, i, deadline_ms, 0);
    lane->step = (uint8_t)step;
    lane->since_ms = core->now_ms;
}

void hf_local_fail(struct hf_core *core, uint16_t i, uint8_t status, const char *text)
{
    struct hf_local *local = &core->local[i];
    enum hf_phase to;
    if (!hf_lifecycle_next((enum hf_phase)local->phase, HF_FAIL, &to))
        return;
    local->was_online = local->phase == HF_ONLINE;
    local->status = status;
    local->event_wall_ms = core->wall_ms;
    size_t length = text ? strlen(text) : 0;
    if (length >= sizeof(local->text))
        length = sizeof(local->text) - 1;
    memset(local->text, 0, sizeof(local->text));
    if (length)
        memcpy(local->text, text, length);
    hf_local_unwatch(core, i);
    hf_emit_cancel(core, &local->resize_id);
    local->announce_ms = 0;
    hf_local_move(core, i, HF_FAIL);
}

static uint64_t duty_starts(const struct hf_core *core)
{
    return core->quorum_lost_ms + core->state.spec.cluster.quorum_loss_stop_ms / 2;
}

static bool duty_to_stop(struct hf_core *core, struct hf_local *local)
{
    uint32_t limit = core->state.spec.cluster.quorum_loss_stop_ms;
    if (!core->quorum_lost_ms || !hf_local_holds(local) || HF_PLANTED(4))
        return false;
    if (core->now_ms < duty_starts(core)) {
        hf_wake_at(core, duty_starts(core));
        return false;
    }
    local->stop_by_ms = core->quorum_lost_ms + limit;
    uint64_t kill_at = core->quorum_lost_ms + limit * 3ull / 4;
    if (core->now_ms >= kill_at)
        local->kill = true;
    else
        hf_wake_at(core, kill_at);
    return true;
}

static enum want want_of(struct hf_core *core, uint16_t i)
{
    struct hf_local *local = &core->local[i];
    const struct hf_instance_state *state = &core->state.instances[i];
    if (local->fenced)
        return WANT_CLEAR;
    if (duty_to_stop(core, local))
        return WANT_DUTY;
    if (!core->synced_self)
        return WANT_HOLD;
    bool mine = state->owner == core->config.node;
    /* Of another generation: also a start that failed, or waits for its disk and holds nothing. */
    bool idle = local->phase == HF_OFFLINE && !hf_local_holds_disk(local);
    bool current = local->generation == state->generation || idle;
    if (!mine || !current)
        return hf_local_holds_disk(local) || local->phase != HF_OFFLINE ? WANT_CLEAR : WANT_HOLD;
    if (state->goal == HF_GOAL_STOP)
        return WANT_STOP;
    if (local->ordered == state->generation)
        return WANT_RUN;
    /* Ours, but this daemon did not start it: what is left of it is removed, then it starts anew.
     */
    return local->phase == HF_OFFLINE && hf_local_holds_disk(local) ? WANT_CLEAR : WANT_HOLD;
}

static void begin(struct hf_core *core, uint16_t i)
{
    struct hf_local *local = &core->local[i];
    const struct hf_instance_state *state = &core->state.instances[i];
    local->generation = state->generation;
    local->attempt = state->attempt;
    local->done = 0;
    local->was_online = local->kill = local->unclean = local->duty = false;
    local->status = HF_STEP_OK;
    local->found_generation = 0;
    local->key = 0;
    local->handover_ms = local->stop_by_ms = local->retry_ms = 0;
    memset(local->timings, 0, sizeof(local->timings));
    memset(local->text, 0, sizeof(local->text));
    hf_local_move(core, i, HF_START);
    local->acquired = true;
    if (HF_PLANTED(2)) {
        local->done |= HF_DONE_ACQUIRE;
        hf_local_move(core, i, HF_ACQUIRED);
        return;
    }
    hf_local_submit(core, i, &local->main, HF_STEP_ACQUIRE, ACQUIRE_MS);
}

static void engine_start(struct hf_core *core, uint16_t i)
{
    struct hf_local *local = &core->local[i];
    local->engine_up = true;
    local->done &= (uint8_t)~HF_DONE_ENGINE;
    local->size = hf_size_number(&core->state, i);
    local->size_hash = local->resize_ms = 0;
    hf_local_submit(core, i, &local->main, HF_STEP_ENGINE_START,
                    core->state.spec.instances[i].start_timeout_ms);
}

/* File systems and address come up side by side; the engine follows when both are there. */
static void mounting(struct hf_core *core, uint16_t i)
{
    struct hf_local *local = &core->local[i];
    const struct hf_instance_spec *spec = &core->state.spec.instances[i];
    if (!spec->address[0])
        local->done |= HF_DONE_ADDRESS;
    if (!(local->done & HF_DONE_MOUNT) && !local->main.id) {
        local->mounted = true;
        hf_local_submit(core, i, &local->main, HF_STEP_MOUNT, spec->start_timeout_ms);
    }
    if (!(local->done & HF_DONE_ADDRESS) && !local->side.id) {
        local->address_before = local->address_up;
        local->address_up = true;
        hf_local_submit(core, i, &local->side, HF_STEP_ADDRESS_UP, ADDRESS_MS);
    }
    uint8_t both = HF_DONE_MOUNT | HF_DONE_ADDRESS;
    if ((local->done & both) != both)
        return;
    hf_local_move(core, i, HF_MOUNTED);
    engine_start(core, i);
}

static void restart(struct hf_core *core, uint16_t i)
{
    struct hf_local *local = &core->local[i];
    const struct hf_instance_state *state = &core->state.instances[i];
    uint8_t base = HF_DONE_ACQUIRE | HF_DONE_MOUNT | HF_DONE_ADDRESS;
    if (state->attempt == local->attempt || local->main.id)
        return;
    local->attempt = state->attempt;
    local->report = true;
    if ((local->done & base) != base)
        return; /* it says "failed" of the new attempt as well */
    memset(local->timings, 0, sizeof(local->timings));
    local->status = HF_STEP_OK;
    memset(local->text, 0, sizeof(local->text));
    hf_local_move(core, i, HF_RESTART);
    engine_start(core, i);
}

static void announce(struct hf_core *core, uint16_t i)
{
    struct hf_local *local = &core->local[i];
    if (!local->announce_ms)
        return;
    if (core->now_ms < local->announce_ms) {
        hf_wake_at(core, local->announce_ms);
        return;
    }
    if (!local->side.id)
        hf_local_submit(core, i, &local->side, HF_STEP_ANNOUNCE, ADDRESS_MS);
    uint64_t gap = (uint64_t)HF_ANNOUNCE_MS << local->announces;
    local->announces++;
    local->announce_ms = local->announces < HF_ANNOUNCES ? core->now_ms + gap : 0;
    if (local->announce_ms)
        hf_wake_at(core, local->announce_ms);
}

/* A node that has just started may not have found its disks yet. */
static void acquire_again(struct hf_core *core, uint16_t i)
{
    struct hf_local *local = &core->local[i];
    if (local->main.id || !local->retry_ms)
        return;
    if (!hf_may_act(core))
        return; /* whatever makes it able to act is an event */
    if (core->now_ms < local->retry_ms) {
        hf_wake_at(core, local->retry_ms);
        return;
    }
    local->retry_ms = 0;
    local->acquired = true;
    hf_local_submit(core, i, &local->main, HF_STEP_ACQUIRE, ACQUIRE_MS);
}

static void run(struct hf_core *core, uint16_t i)
{
    struct hf_local *local = &core->local[i];
    switch ((enum hf_phase)local->phase) {
    case HF_OFFLINE:
        if (hf_may_act(core) && !local->main.id && !local->side.id)
            begin(core, i);
        return;
    case HF_MOUNTING:
        if (hf_may_act(core))
            mounting(core, i);
        return;
    case HF_ONLINE:
        if (local->attempt != core->state.instances[i].attempt) {
            local->attempt = core->state.instances[i].attempt; /* adopted: it runs already */
            local->report = true;
        }
        announce(core, i);
        hf_local_size(core, i);
        hf_local_health(core, i);
        return;
    case HF_FAILED:
        if (hf_may_act(core))
            restart(core, i);
        return;
    case HF_STOPPING:
        hf_local_stop(core, i, false, core->state.spec.instances[i].stop_timeout_ms);
        return;
    case HF_ACQUIRING:
        acquire_again(core, i);
        return;
    case HF_RECOVERING:
    case HF_STRANDED:
    case HF_PHASE_COUNT:
        return;
    }
}

static void run_to(struct hf_core *core, uint16_t i, enum want want)
{
    struct hf_local *local = &core->local[i];
    const struct hf_instance_state *state = &core->state.instances[i];
    uint32_t budget = core->state.spec.instances[i].stop_timeout_ms;
    switch (want) {
    case WANT_HOLD:
        if (local->phase == HF_STOPPING)
            hf_local_stop(core, i, false, budget);
        else if (local->phase == HF_ONLINE)
            hf_local_health(core, i);
        break;
    case WANT_RUN:
        run(core, i);
        break;
    case WANT_STOP: {
        if (local->generation != state->generation && !hf_local_holds(local)) {
            local->generation = state->generation; /* it never began: say that it is stopped */
            local->report = true;
        }
        bool moves = state->target != HF_NODE_NONE && state->target != core->config.node;
        hf_local_stop(core, i, moves, budget);
        break;
    }
    case WANT_DUTY:
        local->duty |= local->phase == HF_ONLINE;
        local->ordered = 0;
        hf_local_stop(core, i, false, core->state.spec.cluster.quorum_loss_stop_ms / 4);
        break;
    case WANT_CLEAR:
        local->ordered = local->ordered == state->generation ? local->ordered : 0;
        if (local->fenced)
            local->ordered = 0;
        local->kill = true;
        hf_local_stop(core, i, false, budget);
        break;
    }
    hf_local_handover(core, i);
}

/* After its start the daemon first looks what of an instance is here. */
static bool inspected(struct hf_core *core, uint16_t i)
{
    struct hf_local *local = &core->local[i];
    if (local->inspected)
        return true;
    if (local->retry_ms > core->now_ms) {
        hf_wake_at(core, local->retry_ms);
        return false;
    }
    if (!local->main.id)
        hf_local_submit(core, i, &local->main, HF_STEP_INSPECT, INSPECT_MS);
    return false;
}

void hf_local_run(struct hf_core *core)
{
    for (uint16_t i = 0; i < core->state.instance_end; i++) {
        struct hf_local *local = &core->local[i];
        if (!core->state.spec.instances[i].name[0] && !hf_local_holds(local)) {
            if (local->inspected)
                memset(local, 0, sizeof(*local));
            continue;
        }
        if (core->out->count > HF_ACTIONS_MAX - 64) {
            hf_wake_at(core, core->now_ms);
            return;
        }
        if (inspected(core, i))
            run_to(core, i, want_of(core, i));
    }
}

void hf_local_assigned(struct hf_core *core, const struct hf_change *change)
{
    struct hf_local *local = &core->local[change->instance];
    if (change->node != core->config.node)
        return;
    local->ordered = change->generation;
    /* Same owner, later generation: what failed is forgotten, what is held is kept or removed. */
    if (local->phase == HF_FAILED && !hf_local_holds_disk(local))
        local->phase = HF_OFFLINE;
}
