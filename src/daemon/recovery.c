/*
 * recovery.c - collects what takeovers take, for recovery_model.h.
 *
 * Happy path: the driver says how much log the start of an engine replayed and how long it took;
 * when the instance is online, that and the takeover's own time become one measurement, kept in
 * the journal. Every member notes the time of every takeover after a lost node; only the node where
 * the engine started knows about its log. The probe of an engine that serves tells how much log a
 * recovery would replay now.
 * Failure modes: what is not known is left out, and the model's defaults stand in; measurements
 * that cannot be read are told in the log and begin anew.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/daemon.h"
#include "engine/corosync_conf.h"

static void add(struct hf_recoveries *all, const struct hf_recovery_sample *sample)
{
    if (all->count == HF_RECOVERY_KEPT)
        memmove(all->samples, all->samples + 1, --all->count * sizeof(*sample));
    all->samples[all->count++] = *sample;
}

static void loaded(void *user, const struct hf_recovery_sample *sample)
{
    add(user, sample);
}

void hf_recovery_load(struct hf_daemon *daemon, const char *state_dir)
{
    struct hf_error error = {""};
    if (hf_journal_load_recoveries(state_dir, loaded, &daemon->recoveries, &error) < 0)
        hf_log("%s; expected recovery times begin with their defaults", error.text);
    for (uint16_t i = 0; i < HF_INSTANCES_MAX; i++)
        daemon->recoveries.now[i].log_bytes = HF_RECOVERY_UNKNOWN;
    daemon->recoveries.history_count = hf_core_state(daemon->core)->history_count;
}

static uint64_t known(const struct hf_driver_reply *reply)
{
    return reply->log_known ? reply->log_bytes : HF_RECOVERY_UNKNOWN;
}

void hf_recovery_replied(struct hf_daemon *daemon, uint16_t instance,
                         const struct hf_driver_reply *reply)
{
    struct hf_recovery_now *now = &daemon->recoveries.now[instance];
    if (reply->status != HF_DRV_OK)
        return;
    if (reply->op == HF_OP_ENGINE_PROBE)
        now->log_bytes = known(reply);
    if (reply->op != HF_OP_ENGINE_START || reply->more)
        return;
    struct hf_local_view here;
    hf_core_local_view(daemon->core, instance, &here);
    *now = (struct hf_recovery_now){here.generation, known(reply), reply->took_ms,
                                    HF_RECOVERY_UNKNOWN};
}

/* Other takeovers have no fence to wait for, or wait for a stop as well. */
static uint64_t takeover_ms(const struct hf_takeover *takeover, uint64_t outage_ms)
{
    uint64_t engine_ms = takeover->timings[HF_TIMING_ENGINE];
    bool lost = takeover->cause.code == HF_REASON_NODE_LOST && takeover->from != takeover->to;
    return lost && outage_ms > engine_ms ? outage_ms - engine_ms : HF_RECOVERY_UNKNOWN;
}

static void note(struct hf_daemon *daemon, const struct hf_history_record *record)
{
    const struct hf_state *state = hf_core_state(daemon->core);
    const struct hf_instance_state *instance = &state->instances[record->instance];
    struct hf_recovery_now *now = &daemon->recoveries.now[record->instance];
    bool here = instance->owner == hf_core_self(daemon->core) && now->generation != 0 &&
                now->generation == record->generation;
    struct hf_recovery_sample sample = {
        .wall_ms = record->wall_ms,
        .log_bytes = here ? now->replayed : HF_RECOVERY_UNKNOWN,
        .engine_ms = here ? now->engine_ms : HF_RECOVERY_UNKNOWN,
        .takeover_ms = takeover_ms(&instance->takeover, record->number),
    };
    memcpy(sample.instance, state->spec.instances[record->instance].name, sizeof(sample.instance));
    now->generation = 0; /* each start is noted once */
    if (sample.log_bytes == HF_RECOVERY_UNKNOWN && sample.takeover_ms == HF_RECOVERY_UNKNOWN)
        return;
    add(&daemon->recoveries, &sample);
    hf_journal_recovery(daemon->journal, &sample);
}

void hf_recovery_follow(struct hf_daemon *daemon)
{
    const struct hf_state *state = hf_core_state(daemon->core);
    uint64_t from = daemon->recoveries.history_count;
    if (state->history_count > from + HF_HISTORY_MAX || from > state->history_count)
        from = state->history_count;
    for (uint64_t h = from; h < state->history_count; h++) {
        const struct hf_history_record *record = &state->history[h % HF_HISTORY_MAX];
        bool online = record->type == HF_CHANGE_PHASE && record->phase == HF_ONLINE;
        if (online && record->instance < HF_INSTANCES_MAX)
            note(daemon, record);
    }
    daemon->recoveries.history_count = state->history_count;
}

bool hf_recovery_now(const struct hf_daemon *daemon, uint16_t instance,
                     struct hf_recovery_estimate *ret)
{
    const struct hf_state *state = hf_core_state(daemon->core);
    const struct hf_recoveries *all = &daemon->recoveries;
    uint64_t log_bytes = all->now[instance].log_bytes;
    struct hf_local_view here;
    hf_core_local_view(daemon->core, instance, &here);
    if (here.phase != HF_ONLINE || log_bytes == HF_RECOVERY_UNKNOWN)
        return false;
    hf_recovery_expect(all->samples, all->count, state->spec.instances[instance].name, log_bytes,
                       hf_corosync_detect_ms(state->spec.cluster.token_ms), ret);
    return true;
}
