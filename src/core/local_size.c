/*
 * local_size.c - an engine that runs here has the settings of its size: full, or degraded.
 *
 * Level-triggered: what the state says now is compared with what the engine was told last. An
 * engine that was adopted is told again. Failure modes: the step does not end or fails - it is
 * tried again after a while, and the engine serves on as it is; nothing here is a failure of the
 * instance, and nothing is restarted for it.
 */
#include "core/impl.h"
#include "core/size.h"

#define RESIZE_MS 10000u
#define RETRY_MS 30000u

void hf_local_size(struct hf_core *core, uint16_t i)
{
    struct hf_local *local = &core->local[i];
    if (!core->state.spec.instances[i].degraded_settings[0] || local->resize_id)
        return;
    if (local->size_hash == core->state.hash)
        return; /* the state has not changed since it was looked at */
    uint32_t wanted = hf_size_number(&core->state, i);
    if (wanted == local->size)
        local->size_hash = core->state.hash;
    if (wanted == local->size || !hf_may_act(core))
        return;
    if (HF_PLANTED(50) && wanted == 1u)
        return;
    if (core->now_ms < local->resize_ms) {
        hf_wake_at(core, local->resize_ms);
        return;
    }
    local->resize_ms = core->now_ms + RETRY_MS; /* not before then, unless it succeeds */
    local->size_asked = wanted;
    local->resize_id = hf_emit_step(core, HF_STEP_RESIZE, i, RESIZE_MS, 0);
}

void hf_local_resized(struct hf_core *core, uint16_t i, const struct hf_event_step *step)
{
    struct hf_local *local = &core->local[i];
    bool ok = step->status == HF_STEP_OK;
    local->resize_id = 0;
    local->size_hash = 0;
    local->size = ok ? local->size_asked : 0; /* what failed may have worked all the same */
    if (ok)
        local->resize_ms = 0;
}
