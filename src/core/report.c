/*
 * report.c - what the nodes tell each other of their instances.
 *
 * Reports do not change the replicated state: they are what the coordinator decides from. Every
 * member keeps the latest, so that the next coordinator has them; after a new regime every node
 * says again what it holds.
 */
#include <string.h>

#include "core/impl.h"
#include "core/tables.h"

void hf_reports_forget(struct hf_core *core, uint8_t node)
{
    for (unsigned i = 0; i < core->state.instance_end; i++) {
        if (core->report_node[i] == node)
            core->report_node[i] = HF_NODE_NONE;
        core->unclean[i] &= ~hf_bit(node);
    }
    hf_network_told(core, node, HF_NETWORK_UNKNOWN);
}

void hf_reports_renew(struct hf_core *core)
{
    core->network_report = core->network_own != HF_NETWORK_UNKNOWN;
    for (unsigned i = 0; i < core->state.instance_end; i++) {
        if (core->state.spec.instances[i].name[0])
            core->local[i].report = true;
    }
}

static void take_in(struct hf_core *core, uint8_t node, const struct hf_report *report)
{
    uint16_t i = report->instance;
    if (i == HF_INSTANCE_NONE && report->flags & HF_REPORT_NODE)
        hf_network_told(core, node, report->status);
    if (i >= HF_INSTANCES_MAX || report->phase >= HF_PHASE_COUNT)
        return;
    if (report->flags & HF_REPORT_CLEAN)
        core->unclean[i] &= ~hf_bit(node);
    else
        core->unclean[i] |= hf_bit(node);
    if (core->state.instances[i].owner != node)
        return;
    core->reports[i] = *report;
    core->report_node[i] = node;
}

void hf_report_message(struct hf_core *core, uint8_t node, struct hf_message *message)
{
    struct hf_reader_buf item;
    struct hf_report report;
    while (hf_message_next(message, &item)) {
        if (hf_message_read(&item, &hf_table_report, &report))
            take_in(core, node, &report);
    }
}

/* Released: whatever still runs here cannot write any more. */
static uint32_t report_flags(const struct hf_local *local)
{
    uint32_t flags = 0;
    if (!local->acquired && !local->mounted && !local->engine_up && !local->main.id)
        flags |= HF_REPORT_CLEAN;
    if (local->address_up)
        flags |= HF_REPORT_ADDRESS;
    if (local->was_online)
        flags |= HF_REPORT_WAS_ONLINE;
    if (local->duty)
        flags |= HF_REPORT_QUORUM;
    if (local->unclean && !local->acquired)
        flags |= HF_REPORT_RELEASED;
    return flags;
}

/* An owner that was told to run it before its daemon started says "offline" for that generation. */
static uint32_t report_generation(const struct hf_core *core, uint16_t i)
{
    const struct hf_local *local = &core->local[i];
    const struct hf_instance_state *state = &core->state.instances[i];
    bool idle = local->phase == HF_OFFLINE && !hf_local_holds(local);
    if (idle && state->owner == core->config.node && local->ordered != state->generation)
        return state->generation;
    return local->generation;
}

static struct hf_report make_report(const struct hf_core *core, uint16_t i)
{
    const struct hf_local *local = &core->local[i];
    struct hf_report report = {
        .instance = i,
        .generation = report_generation(core, i),
        .attempt = local->attempt,
        .phase = local->phase,
        .status = local->status,
        .flags = report_flags(local),
        .found_generation = local->found_generation,
        .key = local->key,
        .wall_ms = local->event_wall_ms,
    };
    memcpy(report.timings, local->timings, sizeof(report.timings));
    memcpy(report.text, local->text, sizeof(report.text));
    return report;
}

static bool worth_telling(const struct hf_core *core, uint16_t i)
{
    const struct hf_local *local = &core->local[i];
    if (!local->inspected)
        return false;
    return local->generation || core->state.instances[i].owner == core->config.node ||
           hf_local_holds(local);
}

/* The steps of a start are told a little later, together: each report costs the node that starts an
 * engine a round of messages, and nobody decides anything on them. */
static bool due(struct hf_core *core, uint16_t i)
{
    struct hf_local *local = &core->local[i];
    bool starting = local->phase == HF_ACQUIRING || local->phase == HF_MOUNTING ||
                    local->phase == HF_RECOVERING;
    if (!starting)
        return true;
    if (!local->report_ms)
        local->report_ms = core->now_ms + HF_REPORT_DELAY_MS;
    if (core->now_ms >= local->report_ms)
        return true;
    hf_wake_at(core, local->report_ms);
    return false;
}

static void tell_network(struct hf_core *core)
{
    uint8_t bytes[256];
    struct hf_writer_buf out;
    struct hf_head head = hf_head_empty();
    struct hf_report report = {
        .instance = HF_INSTANCE_NONE, .flags = HF_REPORT_NODE, .status = core->network_own};
    if (!core->network_report)
        return;
    core->network_report = false;
    hf_message_begin(&out, bytes, sizeof(bytes), HF_MESSAGE_REPORT, &head);
    hf_message_item(&out, &hf_table_report, &report);
    hf_emit_multicast(core, bytes, hf_message_end(&out));
}

void hf_reports_send(struct hf_core *core)
{
    if (!core->synced_self || hf_arena_room(core) < 2 * HF_MESSAGE_MAX)
        return;
    tell_network(core);
    uint8_t bytes[HF_MESSAGE_MAX];
    struct hf_writer_buf out;
    struct hf_head head = hf_head_empty();
    unsigned count = 0;
    for (uint16_t i = 0; i < core->state.instance_end; i++) {
        if (!core->local[i].report || !core->state.spec.instances[i].name[0])
            continue;
        if (count && out.length > sizeof(bytes) - 1024) {
            hf_wake_at(core, core->now_ms);
            break;
        }
        if (!core->local[i].inspected || !due(core, i))
            continue;
        core->local[i].report = false;
        core->local[i].report_ms = 0;
        if (!worth_telling(core, i))
            continue;
        struct hf_report report = make_report(core, i);
        if (!count)
            hf_message_begin(&out, bytes, sizeof(bytes), HF_MESSAGE_REPORT, &head);
        hf_message_item(&out, &hf_table_report, &report);
        count++;
    }
    if (count)
        hf_emit_multicast(core, bytes, hf_message_end(&out));
}
