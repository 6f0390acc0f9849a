/*
 * local_stop.c - stopping an instance here, until nothing of it is left.
 *
 * Happy path: engine (checkpoint, fast, immediate, kill) -> file systems; the reservation stays
 * until the next owner takes it; the address goes when the engine is gone, or, in a move, when the
 * new owner has it: a client that connects in between is refused at once instead of waiting for its
 * connect to time out. Failure modes: the gentle stop does not end - kill; the kill or the unmount
 * does not end (a process in uninterruptible sleep) - this node says so, and the instance can move:
 * the next owner's first step makes the array refuse this node's writes; meanwhile it tries again
 * until it is clean.
 */
#include "core/impl.h"

#define ADDRESS_MS 5000u

static void stop_begin(struct hf_core *core, uint16_t i)
{
    struct hf_local *local = &core->local[i];
    if (local->phase == HF_FAILED || local->phase == HF_OFFLINE)
        local->kill = true;
    local->event_wall_ms = core->wall_ms;
    hf_local_unwatch(core, i);
    hf_emit_cancel(core, &local->resize_id);
    local->announce_ms = 0;
    local->retry_ms = 0;
    hf_local_move(core, i, HF_STOP);
}

/* A start, or a stop that became too slow, is given up for what is more urgent. */
static void give_up_slow_step(struct hf_core *core, struct hf_local *local)
{
    bool start = local->main.step == HF_STEP_ENGINE_START;
    bool slow = local->main.step == HF_STEP_ENGINE_STOP && local->kill;
    if (local->main.id && (start || slow))
        hf_emit_cancel(core, &local->main.id);
}

/*
 * This node has no more to do with the disk. Its key and the reservation stay: a disk without a
 * reservation takes writes from anybody, also from an older owner that was frozen or has no daemon
 * and wakes now. The next owner's first step displaces the key, wherever it stands.
 */
static void leave_disk(struct hf_core *core, uint16_t i)
{
    struct hf_local *local = &core->local[i];
    hf_emit_cancel(core, &local->watch_id);
    if (HF_PLANTED(20))
        (void)hf_emit_step(core, HF_STEP_RELEASE, i, 10000, 0);
    local->acquired = false;
    local->report = true;
}

static void next_removal(struct hf_core *core, uint16_t i, uint32_t budget_ms)
{
    struct hf_local *local = &core->local[i];
    if (local->unclean && local->acquired)
        leave_disk(core, i);
    if (local->engine_up) {
        hf_local_submit(core, i, &local->main,
                        local->kill ? HF_STEP_ENGINE_KILL : HF_STEP_ENGINE_STOP, budget_ms);
    } else if (local->mounted) {
        hf_local_submit(core, i, &local->main, HF_STEP_UNMOUNT, budget_ms);
    } else if (local->acquired) {
        leave_disk(core, i);
    }
}

static void drop_address(struct hf_core *core, uint16_t i)
{
    struct hf_local *local = &core->local[i];
    if (HF_PLANTED(16))
        local->address_up = false;
    if (local->address_up && !local->side.id)
        hf_local_submit(core, i, &local->side, HF_STEP_ADDRESS_DOWN, ADDRESS_MS);
}

static void stop_end(struct hf_core *core, uint16_t i, bool keep_address)
{
    struct hf_local *local = &core->local[i];
    hf_emit_cancel(core, &local->watch_id);
    if (core->wall_ms > local->event_wall_ms)
        local->timings[HF_TIMING_STOP] = (uint32_t)(core->wall_ms - local->event_wall_ms);
    local->fenced = local->unclean = local->kill = false;
    local->stop_by_ms = 0;
    local->done = 0;
    local->handover_ms = keep_address ? core->now_ms + HF_HANDOVER_MS : 0;
    hf_local_move(core, i, HF_STOPPED);
}

void hf_local_stop(struct hf_core *core, uint16_t i, bool keep_address, uint32_t budget_ms)
{
    struct hf_local *local = &core->local[i];
    if (local->phase == HF_OFFLINE && !hf_local_holds_disk(local))
        return;
    if (local->phase != HF_STOPPING)
        stop_begin(core, i);
    give_up_slow_step(core, local);
    /* An engine that cannot be ended must at least not be reached any more. */
    if ((!local->engine_up || local->unclean) && !keep_address && local->retry_ms <= core->now_ms)
        drop_address(core, i);
    if (local->retry_ms > core->now_ms) {
        hf_wake_at(core, local->retry_ms);
        return;
    }
    if (!local->main.id)
        next_removal(core, i, budget_ms);
    if (hf_local_holds_disk(local) || local->side.id || (local->address_up && !keep_address))
        return;
    stop_end(core, i, keep_address);
}

/* After a move the address stays until the new owner has it, or does not want it. */
void hf_local_handover(struct hf_core *core, uint16_t i)
{
    struct hf_local *local = &core->local[i];
    const struct hf_instance_state *state = &core->state.instances[i];
    if (local->phase != HF_OFFLINE || !local->address_up || local->side.id)
        return;
    if (local->retry_ms > core->now_ms) {
        hf_wake_at(core, local->retry_ms);
        return;
    }
    bool mine = state->owner == core->config.node && local->ordered == state->generation;
    if (mine && core->synced_self)
        return;
    bool taken = core->report_node[i] != HF_NODE_NONE &&
                 core->report_node[i] != core->config.node &&
                 core->reports[i].generation > local->generation &&
                 core->reports[i].flags & HF_REPORT_ADDRESS;
    bool going = state->owner != HF_NODE_NONE || state->target != HF_NODE_NONE;
    if (going && !taken && core->now_ms < local->handover_ms) {
        hf_wake_at(core, local->handover_ms);
        return;
    }
    drop_address(core, i);
}
