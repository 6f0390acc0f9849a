/*
 * sizes.c - since when an instance runs degraded, and what of it waits for the engine's next start.
 *
 * Whether it is degraded is in the state (core/size.h) and the same on every node; since when, this
 * node says from what it saw itself. What waits is known where the engine runs: the step that
 * changed its size says so, and the next start ends the waiting.
 */
#include <stdio.h>
#include <string.h>

#include "core/size.h"
#include "daemon/daemon.h"

static void log_size(struct hf_daemon *daemon, uint16_t instance,
                     const struct hf_driver_reply *reply)
{
    const struct hf_state *state = hf_core_state(daemon->core);
    hf_log("%s: %s%s%s", state->spec.instances[instance].name,
           hf_is_degraded(state, instance) ? "runs with its degraded profile"
                                           : "runs at its full size",
           reply->text[0] ? "; " : "", reply->text);
}

void hf_sizes_replied(struct hf_daemon *daemon, uint16_t instance,
                      const struct hf_driver_reply *reply)
{
    struct hf_status_size *size = &daemon->sizes[instance];
    bool started = reply->op == HF_OP_ENGINE_START && !reply->more;
    if (started)
        size->waits[0] = '\0';
    if (reply->op != HF_OP_ENGINE_RESIZE)
        return;
    (void)snprintf(size->waits, sizeof(size->waits), "%s%.*s",
                   reply->status == HF_DRV_OK ? "" : "tried again soon: ",
                   (int)sizeof(size->waits) - 32, reply->text);
    if (reply->status == HF_DRV_OK)
        log_size(daemon, instance, reply);
}

void hf_sizes_follow(struct hf_daemon *daemon, uint64_t wall_ms)
{
    const struct hf_state *state = hf_core_state(daemon->core);
    if (state->hash == daemon->sizes_hash)
        return;
    daemon->sizes_hash = state->hash;
    for (uint16_t i = 0; i < state->instance_end; i++) {
        struct hf_status_size *size = &daemon->sizes[i];
        bool degraded = hf_is_degraded(state, i);
        if (degraded == size->degraded && size->seen)
            continue;
        /* What already was so when this daemon started began before that. */
        size->since_ms = size->seen ? wall_ms : 0;
        size->degraded = degraded;
        size->seen = true;
    }
}
