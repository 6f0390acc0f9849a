/*
 * local_health.c - is what runs here well?
 *
 * Three streams look at an instance that is online: the key watch (is the disk ours and does it
 * answer), the probe (does the engine answer, can it spare a connection, do the administrator's
 * checks pass) and the disk check (can it be written). Each level of health counts more of what
 * they say than the one below; hf_counts_from is the table.
 *
 * What is no answer, and what is a bad answer, is a failure only after the whole of health.timeout;
 * an error of the disk, or a file system that refuses writes, is one at once. Slow is not dead: a
 * silence in which the engine advances is no silence, up to HF_SLOW_TIMEOUTS times the timeout.
 */
#include <string.h>

#include "core/impl.h"

#define NEVER 6u

/* The least level at which it is a failure. */
static unsigned counts_from(uint8_t status)
{
    switch ((enum hf_step_status)status) {
    case HF_STEP_NO_ANSWER:
        return 2;
    case HF_STEP_DISK_IO:
    case HF_STEP_DISK_MISSING:
    case HF_STEP_DISK_FULL:
    case HF_STEP_READ_ONLY:
        return 3;
    case HF_STEP_EXHAUSTED:
        return 4;
    case HF_STEP_CHECK_FAILED:
        return 5;
    case HF_STEP_OK:
    case HF_STEP_TIMEOUT:
    case HF_STEP_NO_RESERVATIONS:
    case HF_STEP_NEWER:
    case HF_STEP_FOREIGN:
    case HF_STEP_KEY_LOST:
    case HF_STEP_FS_WRONG:
    case HF_STEP_FS_CORRUPT:
    case HF_STEP_BUSY:
    case HF_STEP_ADDRESS:
    case HF_STEP_ENGINE_EXIT:
    case HF_STEP_ENGINE_STUCK:
    case HF_STEP_FAILED:
    case HF_STEP_SLOW:
    case HF_STEP_STATUSES:
        break;
    }
    return NEVER;
}

static bool counts(const struct hf_core *core, uint16_t i, uint8_t status)
{
    return HF_PLANTED(91) ? counts_from(status) < NEVER
                          : core->state.spec.instances[i].health.level >= counts_from(status);
}

/* A full disk goes along in every move. A new start may free some of it: what is left of broken
 * queries is removed. When that was the last thing done about it, it is better left to serve what
 * it can. */
static bool acting_helps(const struct hf_core *core, uint16_t i, uint8_t status)
{
    const struct hf_instance_state *state = &core->state.instances[i];
    const struct hf_failure_spec *failure = &core->state.spec.instances[i].failure;
    if (status != HF_STEP_DISK_FULL || HF_PLANTED(92))
        return true;
    return state->takeover.cause.code != HF_REASON_DISK_FULL &&
           hf_count_within(state->restarts, state->restart_count, core->wall_ms,
                           failure->restart_period_ms) < failure->restarts;
}

static void keep_text(struct hf_symptom *sick, const struct hf_event_step *step)
{
    size_t length = step->text ? strlen(step->text) : 0;
    if (length >= sizeof(sick->text))
        length = sizeof(sick->text) - 1;
    memset(sick->text, 0, sizeof(sick->text));
    if (length)
        memcpy(sick->text, step->text, length);
}

static void note(const struct hf_core *core, struct hf_symptom *sick,
                 const struct hf_event_step *step)
{
    if (!sick->status)
        sick->since_ms = core->now_ms;
    sick->status = step->status;
    keep_text(sick, step);
}

/* Whether it has failed of it now; if not yet, it is looked at again in time. */
static bool failed_of(struct hf_core *core, uint16_t i, const struct hf_symptom *sick)
{
    uint64_t at = sick->since_ms + core->state.spec.instances[i].health.timeout_ms;
    if (!sick->status || !acting_helps(core, i, sick->status))
        return false;
    if (core->now_ms < at) {
        hf_wake_at(core, at);
        return false;
    }
    hf_local_fail(core, i, sick->status, sick->text);
    return true;
}

static bool silent(struct hf_core *core, uint16_t i, uint8_t status, uint64_t at, const char *text)
{
    if (!counts(core, i, status))
        return false;
    if (core->now_ms < at) {
        hf_wake_at(core, at);
        return false;
    }
    hf_local_fail(core, i, status, text);
    return true;
}

void hf_local_health(struct hf_core *core, uint16_t i)
{
    struct hf_local *local = &core->local[i];
    const struct hf_instance_spec *spec = &core->state.spec.instances[i];
    uint32_t timeout_ms = spec->health.timeout_ms;
    if (local->watched_version != core->state.config_version) {
        hf_local_unwatch(core, i);
        hf_local_watch(core, i);
    }
    if (silent(core, i, HF_STEP_NO_ANSWER, local->probe_ok_ms + timeout_ms,
               local->engine_sick.text))
        return;
    if (spec->disk_count && silent(core, i, HF_STEP_DISK_IO, local->key_ok_ms + HF_KEY_SILENCE_MS,
                                   "the disk does not answer"))
        return;
    if (local->disk_id && silent(core, i, HF_STEP_DISK_IO, local->write_ok_ms + timeout_ms,
                                 "a write to the disk does not come to its end"))
        return;
    if (!failed_of(core, i, &local->engine_sick))
        (void)failed_of(core, i, &local->disk_sick);
}

void hf_local_watch(struct hf_core *core, uint16_t i)
{
    struct hf_local *local = &core->local[i];
    const struct hf_instance_spec *spec = &core->state.spec.instances[i];
    if (!local->watch_id && spec->disk_count) {
        local->watch_id =
            hf_emit_step(core, HF_STEP_KEY_WATCH, i, 0, core->state.spec.cluster.key_watch_ms);
        local->key_ok_ms = core->now_ms;
    }
    if (local->phase != HF_ONLINE)
        return;
    local->watched_version = core->state.config_version;
    if (!local->probe_id) {
        local->probe_id = hf_emit_step(core, HF_STEP_PROBE, i, 0, spec->health.timeout_ms / 3);
        local->probe_ok_ms = core->now_ms;
        local->slow_since_ms = 0;
        memset(&local->engine_sick, 0, sizeof(local->engine_sick));
    }
    if (!local->disk_id && spec->disk_count && counts(core, i, HF_STEP_DISK_IO)) {
        local->disk_id = hf_emit_step(core, HF_STEP_DISK_CHECK, i, 0, spec->health.timeout_ms / 3);
        local->write_ok_ms = core->now_ms;
        memset(&local->disk_sick, 0, sizeof(local->disk_sick));
    }
}

/* It has failed, or is to stop: only whether the disk is ours is still of interest. */
void hf_local_unwatch(struct hf_core *core, uint16_t i)
{
    hf_emit_cancel(core, &core->local[i].probe_id);
    hf_emit_cancel(core, &core->local[i].disk_id);
}

/* Silent, and yet at work. Not for ever: what admits nobody new may still serve those it has. */
static void seen_slow(struct hf_core *core, uint16_t i)
{
    struct hf_local *local = &core->local[i];
    uint64_t patience_ms =
        (uint64_t)HF_SLOW_TIMEOUTS * core->state.spec.instances[i].health.timeout_ms;
    if (HF_PLANTED(90))
        return;
    if (!local->slow_since_ms)
        local->slow_since_ms = core->now_ms;
    if (core->now_ms < local->slow_since_ms + patience_ms)
        local->probe_ok_ms = core->now_ms;
}

void hf_local_probed(struct hf_core *core, uint16_t i, const struct hf_event_step *step)
{
    struct hf_local *local = &core->local[i];
    bool sick = step->status == HF_STEP_EXHAUSTED || step->status == HF_STEP_CHECK_FAILED;
    if (!step->more)
        local->probe_id = 0;
    if (step->status == HF_STEP_SLOW)
        seen_slow(core, i);
    if (step->status == HF_STEP_NO_ANSWER && !local->engine_sick.status)
        keep_text(&local->engine_sick, step); /* for when its silence has lasted long enough */
    if (step->status != HF_STEP_OK && !sick)
        return;
    local->probe_ok_ms = core->now_ms;
    local->slow_since_ms = 0;
    if (sick && counts(core, i, step->status))
        note(core, &local->engine_sick, step);
    else
        memset(&local->engine_sick, 0, sizeof(local->engine_sick));
}

void hf_local_written(struct hf_core *core, uint16_t i, const struct hf_event_step *step)
{
    struct hf_local *local = &core->local[i];
    if (!step->more)
        local->disk_id = 0;
    if (step->status == HF_STEP_OK || step->status == HF_STEP_SLOW ||
        step->status == HF_STEP_DISK_FULL)
        local->write_ok_ms = core->now_ms;
    if (step->status == HF_STEP_OK)
        memset(&local->disk_sick, 0, sizeof(local->disk_sick));
    if (!counts(core, i, step->status))
        return;
    if (step->status == HF_STEP_DISK_FULL)
        note(core, &local->disk_sick, step);
    else
        hf_local_fail(core, i, step->status, step->text);
}

/* The node stood still: silence of that time says nothing. */
void hf_local_tilted(struct hf_core *core)
{
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        struct hf_local *local = &core->local[i];
        local->key_ok_ms = local->probe_ok_ms = local->write_ok_ms = core->now_ms;
        local->engine_sick.since_ms = local->disk_sick.since_ms = core->now_ms;
        if (local->slow_since_ms)
            local->slow_since_ms = core->now_ms;
    }
}
