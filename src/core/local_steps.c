/* local_steps.c - what the steps of this node answered. */
#include <string.h>

#include "core/impl.h"

static void fenced(struct hf_core *core, uint16_t i, const char *text)
{
    struct hf_local *local = &core->local[i];
    if (local->fenced || HF_PLANTED(1))
        return;
    local->fenced = true;
    local->acquired = false;
    local->stop_by_ms = core->now_ms + core->state.spec.cluster.quorum_loss_stop_ms;
    hf_local_fail(core, i, HF_STEP_KEY_LOST, text);
    local->status = HF_STEP_KEY_LOST;
}

/* Whether a step that did not say OK may still have left something behind. */
static bool in_doubt(uint8_t status)
{
    return !HF_PLANTED(15) && (status == HF_STEP_TIMEOUT || status == HF_STEP_FAILED);
}

static void adopt_or_not(struct hf_core *core, uint16_t i, const struct hf_event_step *step)
{
    struct hf_local *local = &core->local[i];
    const struct hf_instance_state *state = &core->state.instances[i];
    const struct hf_instance_spec *spec = &core->state.spec.instances[i];
    if (step->status != HF_STEP_OK) {
        local->retry_ms = core->now_ms + HF_CLEAN_RETRY_MS;
        return;
    }
    local->inspected = true;
    local->retry_ms = 0;
    local->report = true;
    local->acquired = step->generation || step->key_held;
    local->mounted = step->mounted;
    local->address_up = step->address_up;
    local->engine_up = step->engine_running;
    local->generation = step->generation;
    if (spec->disk_count && !step->generation && (step->mounted || step->engine_running)) {
        local->fenced = true; /* somebody took the disk while no daemon was here to see it */
        local->status = HF_STEP_KEY_LOST;
        local->stop_by_ms = core->now_ms + core->state.spec.cluster.quorum_loss_stop_ms;
        return;
    }
    /* Also what is not adopted, and stops only when somebody says so, ends when its key is gone. */
    if (local->mounted || local->engine_up)
        hf_local_watch(core, i);
    bool whole = step->engine_running && (step->mounted || !spec->disk_count) &&
                 (step->key_held || !spec->disk_count) && (step->address_up || !spec->address[0]);
    if (!whole || state->owner != core->config.node || state->goal != HF_GOAL_RUN)
        return;
    if (spec->disk_count && step->generation != state->generation)
        return;
    local->generation = local->ordered = state->generation;
    local->attempt = state->attempt;
    local->done = HF_DONE_ALL;
    hf_local_move(core, i, HF_ADOPT);
    hf_local_watch(core, i);
}

static void acquired(struct hf_core *core, uint16_t i, const struct hf_event_step *step)
{
    struct hf_local *local = &core->local[i];
    local->timings[HF_TIMING_ACQUIRE] = step->took_ms;
    if (step->status == HF_STEP_OK) {
        local->key = step->key;
        local->done |= HF_DONE_ACQUIRE;
        if (local->phase != HF_ACQUIRING)
            return;
        hf_local_move(core, i, HF_ACQUIRED);
        hf_local_watch(core, i);
        return;
    }
    if (step->status == HF_STEP_DISK_MISSING && core->now_ms < core->started_ms + HF_DISK_WAIT_MS) {
        local->acquired = false;
        local->retry_ms = core->now_ms + HF_DISK_RETRY_MS;
        return;
    }
    local->acquired = in_doubt(step->status);
    local->found_generation = step->generation;
    hf_local_fail(core, i, step->status, step->text);
}

static void mounted(struct hf_core *core, uint16_t i, const struct hf_event_step *step)
{
    struct hf_local *local = &core->local[i];
    local->timings[HF_TIMING_MOUNT] = step->took_ms;
    if (step->status == HF_STEP_OK) {
        local->done |= HF_DONE_MOUNT;
        return;
    }
    local->mounted = in_doubt(step->status);
    hf_local_fail(core, i, step->status, step->text);
}

static void engine_started(struct hf_core *core, uint16_t i, const struct hf_event_step *step)
{
    struct hf_local *local = &core->local[i];
    local->timings[HF_TIMING_ENGINE] = step->took_ms;
    if (step->status != HF_STEP_OK) {
        hf_local_fail(core, i, step->status, step->text);
        return;
    }
    local->done |= HF_DONE_ENGINE;
    if (local->phase != HF_RECOVERING)
        return;
    hf_local_move(core, i, HF_READY);
    hf_local_watch(core, i);
}

/* Something could not be removed: the key goes first, then it is tried again. */
static void removal_failed(struct hf_core *core, uint16_t i, const struct hf_event_step *step)
{
    struct hf_local *local = &core->local[i];
    size_t length = step->text ? strlen(step->text) : 0;
    if (length >= sizeof(local->text))
        length = sizeof(local->text) - 1;
    memset(local->text, 0, sizeof(local->text));
    if (length)
        memcpy(local->text, step->text, length);
    local->kill = true;
    local->report = true;
    if (local->unclean)
        local->retry_ms = core->now_ms + HF_CLEAN_RETRY_MS;
    local->unclean = true;
}

static void removed(struct hf_core *core, uint16_t i, enum hf_step kind,
                    const struct hf_event_step *step)
{
    struct hf_local *local = &core->local[i];
    bool ok = step->status == HF_STEP_OK;
    local->report = true;
    if (kind == HF_STEP_ENGINE_STOP && !ok) {
        local->kill = true;
        return;
    }
    if (kind == HF_STEP_RELEASE) {
        /* A disk that does not answer cannot be written either; its key goes with the next owner.
         */
        local->acquired = !ok && local->mounted && step->status != HF_STEP_KEY_LOST &&
                          step->status != HF_STEP_DISK_IO && step->status != HF_STEP_DISK_MISSING;
        if (local->acquired)
            local->retry_ms = core->now_ms + HF_CLEAN_RETRY_MS;
        return;
    }
    if (!ok) {
        removal_failed(core, i, step);
        return;
    }
    if (kind == HF_STEP_UNMOUNT)
        local->mounted = false;
    else
        local->engine_up = false;
}

static void main_ended(struct hf_core *core, uint16_t i, const struct hf_event_step *step)
{
    enum hf_step kind = (enum hf_step)core->local[i].main.step;
    core->local[i].main.id = 0;
    switch (kind) {
    case HF_STEP_INSPECT:
        adopt_or_not(core, i, step);
        return;
    case HF_STEP_ACQUIRE:
        acquired(core, i, step);
        return;
    case HF_STEP_MOUNT:
        mounted(core, i, step);
        return;
    case HF_STEP_ENGINE_START:
        engine_started(core, i, step);
        return;
    case HF_STEP_ENGINE_STOP:
    case HF_STEP_ENGINE_KILL:
    case HF_STEP_UNMOUNT:
    case HF_STEP_RELEASE:
        removed(core, i, kind, step);
        return;
    case HF_STEP_KEY_WATCH:
    case HF_STEP_ADDRESS_UP:
    case HF_STEP_ADDRESS_DOWN:
    case HF_STEP_ANNOUNCE:
    case HF_STEP_PROBE:
    case HF_STEP_RESIZE:
    case HF_STEP_DISK_CHECK:
    case HF_STEP_NETWORK:
    case HF_STEPS:
        return;
    }
}

static void address_up(struct hf_core *core, uint16_t i, const struct hf_event_step *step)
{
    struct hf_local *local = &core->local[i];
    local->timings[HF_TIMING_ADDRESS] = step->took_ms;
    if (step->status != HF_STEP_OK) {
        local->address_up = local->address_before || in_doubt(step->status);
        hf_local_fail(core, i, HF_STEP_ADDRESS, step->text);
        return;
    }
    local->done |= HF_DONE_ADDRESS;
    local->announces = 0;
    local->announce_ms = core->now_ms + HF_ANNOUNCE_MS;
    local->report = true;
}

static void side_ended(struct hf_core *core, uint16_t i, const struct hf_event_step *step)
{
    struct hf_local *local = &core->local[i];
    enum hf_step kind = (enum hf_step)local->side.step;
    local->side.id = 0;
    if (kind == HF_STEP_ADDRESS_UP) {
        address_up(core, i, step);
    } else if (kind == HF_STEP_ADDRESS_DOWN) {
        local->address_up = step->status != HF_STEP_OK;
        if (local->address_up)
            local->retry_ms = core->now_ms + HF_CLEAN_RETRY_MS;
        local->report = true;
    }
}

static void key_seen(struct hf_core *core, uint16_t i, const struct hf_event_step *step)
{
    struct hf_local *local = &core->local[i];
    if (step->status == HF_STEP_OK)
        local->key_ok_ms = core->now_ms;
    else if (step->status == HF_STEP_KEY_LOST)
        fenced(core, i, step->text);
    else if (step->status == HF_STEP_DISK_IO && core->state.spec.instances[i].health.level >= 3)
        hf_local_fail(core, i, HF_STEP_DISK_IO, step->text);
    if (!step->more)
        local->watch_id = 0;
}

void hf_local_step_event(struct hf_core *core, const struct hf_event_step *step)
{
    uint16_t i = (uint16_t)(step->id & 0xffff);
    if (i == HF_INSTANCE_NONE)
        hf_network_seen(core, step);
    if (i >= HF_INSTANCES_MAX || !step->id)
        return;
    struct hf_local *local = &core->local[i];
    if (step->id == local->main.id) {
        if (!step->more)
            main_ended(core, i, step);
    } else if (step->id == local->side.id) {
        side_ended(core, i, step);
    } else if (step->id == local->watch_id) {
        key_seen(core, i, step);
    } else if (step->id == local->probe_id) {
        hf_local_probed(core, i, step);
    } else if (step->id == local->disk_id) {
        hf_local_written(core, i, step);
    } else if (step->id == local->resize_id) {
        hf_local_resized(core, i, step);
    }
}

void hf_local_exited(struct hf_core *core, uint16_t i, uint32_t generation)
{
    if (i >= HF_INSTANCES_MAX || core->local[i].generation != generation)
        return;
    if (core->local[i].phase == HF_ONLINE && core->state.spec.instances[i].health.level >= 1)
        hf_local_fail(core, i, HF_STEP_ENGINE_EXIT, "the engine process ended");
}
