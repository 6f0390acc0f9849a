/* trace.c - what happens, as lines of text for people and for golden traces. */
#include "world.h"

#include <stdarg.h>

static const char *const step_words[HF_STEPS] = {
    [HF_STEP_INSPECT] = "inspect",
    [HF_STEP_ACQUIRE] = "acquire",
    [HF_STEP_RELEASE] = "release",
    [HF_STEP_KEY_WATCH] = "key-watch",
    [HF_STEP_MOUNT] = "mount",
    [HF_STEP_UNMOUNT] = "unmount",
    [HF_STEP_ADDRESS_UP] = "address-up",
    [HF_STEP_ADDRESS_DOWN] = "address-down",
    [HF_STEP_ANNOUNCE] = "announce",
    [HF_STEP_ENGINE_START] = "engine-start",
    [HF_STEP_ENGINE_STOP] = "engine-stop",
    [HF_STEP_ENGINE_KILL] = "engine-kill",
    [HF_STEP_PROBE] = "probe",
    [HF_STEP_RESIZE] = "resize",
    [HF_STEP_DISK_CHECK] = "disk-check",
    [HF_STEP_NETWORK] = "network",
};

static const char *const status_words[HF_STEP_STATUSES] = {
    [HF_STEP_OK] = "ok",
    [HF_STEP_TIMEOUT] = "timeout",
    [HF_STEP_DISK_MISSING] = "disk-missing",
    [HF_STEP_DISK_IO] = "disk-io",
    [HF_STEP_NO_RESERVATIONS] = "no-reservations",
    [HF_STEP_NEWER] = "newer",
    [HF_STEP_FOREIGN] = "foreign",
    [HF_STEP_KEY_LOST] = "key-lost",
    [HF_STEP_FS_WRONG] = "fs-wrong",
    [HF_STEP_FS_CORRUPT] = "fs-corrupt",
    [HF_STEP_BUSY] = "busy",
    [HF_STEP_ADDRESS] = "address",
    [HF_STEP_ENGINE_EXIT] = "engine-exit",
    [HF_STEP_ENGINE_STUCK] = "engine-stuck",
    [HF_STEP_NO_ANSWER] = "no-answer",
    [HF_STEP_FAILED] = "failed",
    [HF_STEP_SLOW] = "slow",
    [HF_STEP_DISK_FULL] = "disk-full",
    [HF_STEP_READ_ONLY] = "read-only",
    [HF_STEP_EXHAUSTED] = "exhausted",
    [HF_STEP_CHECK_FAILED] = "check-failed",
};

const char *sim_step_word(uint8_t step)
{
    return step < HF_STEPS ? step_words[step] : "unknown";
}

const char *sim_status_word(uint8_t status)
{
    return status < HF_STEP_STATUSES ? status_words[status] : "unknown";
}

const char *sim_node_name(const struct sim_world *world, uint8_t n)
{
    static const char *const names[SIM_NODES] = {"db1", "db2", "db3", "db4", "db5",
                                                 "db6", "db7", "db8", "db9"};
    (void)world;
    return n < SIM_NODES ? names[n] : "-";
}

void sim_trace(struct sim_world *world, const char *format, ...)
{
    if (!world->trace)
        return;
    va_list arguments;
    va_start(arguments, format);
    (void)fprintf(world->trace, "%9.3f  ", (double)world->now / (double)SIM_S);
    (void)vfprintf(world->trace, format, arguments);
    (void)fputc('\n', world->trace);
    va_end(arguments);
}

static const char *instance_name(const struct hf_spec *spec, uint16_t i)
{
    return i < HF_INSTANCES_MAX && spec->instances[i].name[0] ? spec->instances[i].name : "-";
}

static const char *size_words(const struct hf_action *action)
{
    if (action->degraded)
        return ", degraded";
    return action->step == HF_STEP_RESIZE ? ", full size" : "";
}

void sim_trace_action(struct sim_world *world, uint8_t n, const struct hf_action *action)
{
    if (!world->trace)
        return;
    const struct hf_spec *spec = &hf_core_state(world->node[n].core)->spec;
    char text[256];
    (void)hf_reason_text(&action->reason, spec, text, sizeof(text));
    if (action->type == HF_ACTION_REPLY)
        sim_trace(world, "%s  replies to command %u: %s: %s", sim_node_name(world, n),
                  (unsigned)action->id, action->ok ? "ok" : "refused", text);
    else if (action->type == HF_ACTION_HALT)
        sim_trace(world, "%s  halts: %s", sim_node_name(world, n), text);
    else if (action->type == HF_ACTION_STEP && world->trace_steps)
        sim_trace(world, "%s  %s %s, generation %u%s", sim_node_name(world, n),
                  sim_step_word(action->step), instance_name(spec, action->instance),
                  action->generation, size_words(action));
}

/* One decision's change, as it was applied. */
static void trace_record(struct sim_world *world, const struct hf_spec *spec,
                         const struct hf_history_record *record)
{
    char why[256], choice[256];
    (void)hf_reason_text(&record->reason, spec, why, sizeof(why));
    (void)hf_reason_text(&record->choice, spec, choice, sizeof(choice));
    bool of_instance = record->instance != HF_INSTANCE_NONE;
    bool phase = record->type == HF_CHANGE_PHASE;
    sim_trace(world, "decided: %s %s%s%s%s%s: %s%s%s",
              hf_change_word((enum hf_change_type)record->type),
              of_instance ? instance_name(spec, record->instance) : "",
              record->node != HF_NODE_NONE ? " " : "",
              record->node != HF_NODE_NONE ? sim_node_name(world, record->node) : "",
              phase ? " " : "", phase ? hf_phase_word((enum hf_phase)record->phase) : "", why,
              choice[0] ? "; " : "", choice);
}

/* Whoever is first to apply a decision writes it down; the checkers look at it as well. */
void sim_trace_history(struct sim_world *world, uint8_t n)
{
    const struct hf_state *state = hf_core_state(world->node[n].core);
    if (state->epoch < world->history_epoch)
        return;
    if (state->epoch == world->history_epoch && state->history_count <= world->history_done)
        return;
    uint64_t from = world->history_done;
    if (from > state->history_count)
        from = state->history_count;
    if (state->history_count - from > HF_HISTORY_MAX)
        from = state->history_count - HF_HISTORY_MAX;
    for (; from < state->history_count; from++) {
        const struct hf_history_record *record = &state->history[from % HF_HISTORY_MAX];
        if (world->trace)
            trace_record(world, &state->spec, record);
        sim_check_reasons(world, record);
        sim_check_raised(world, n, record);
        sim_check_window(world, n, record);
        sim_check_quarantine(world, n, record);
        sim_check_network(world, n, record);
        sim_check_room(world, n, record);
        sim_check_relations(world, n, record);
    }
    world->history_done = state->history_count;
    world->changed_us = world->now;
    world->history_epoch = state->epoch;
}
