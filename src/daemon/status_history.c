#include <stdio.h>

#include "base/error.h"
#include "daemon/control_reply.h"
#include "daemon/status.h"
#include "daemon/status_json.h"

/* What happened, without its reason. */
static void flags_text(const char *node, uint64_t flags, char *text, size_t room)
{
    if (flags & HF_FLAG_QUARANTINED)
        (void)snprintf(text, room, "%s quarantined", node);
    else if (flags & HF_FLAG_DRAINED)
        (void)snprintf(text, room, "%s drained", node);
    else if (flags & HF_FLAG_FENCED)
        (void)snprintf(text, room, "%s confirmed fenced", node);
    else
        (void)snprintf(text, room, "%s in service", node);
}

static void assign_text(const struct hf_spec *spec, const struct hf_history_record *record,
                        char *text, size_t room)
{
    const char *node = hf_name_node(spec, record->node);
    bool same = record->node2 == HF_NODE_NONE || record->node2 == record->node;
    if (same)
        (void)snprintf(text, room, "started on %s (generation %u)", node, record->generation);
    else
        (void)snprintf(text, room, "%s takes over from %s (generation %u)", node,
                       hf_name_node(spec, record->node2), record->generation);
}

static void stop_text(const struct hf_spec *spec, const struct hf_history_record *record,
                      char *text, size_t room)
{
    if (record->node == HF_NODE_NONE)
        (void)snprintf(text, room, "stopping on %s", hf_name_node(spec, record->node2));
    else
        (void)snprintf(text, room, "stopping on %s to move to %s",
                       hf_name_node(spec, record->node2), hf_name_node(spec, record->node));
}

static void text_of(const struct hf_state *state, const struct hf_history_record *record,
                    char *text, size_t room)
{
    const struct hf_spec *spec = &state->spec;
    const char *node = hf_name_node(spec, record->node);
    switch ((enum hf_change_type)record->type) {
    case HF_CHANGE_REGIME:
        (void)snprintf(text, room, "%d nodes form the cluster, %s coordinates",
                       __builtin_popcountll(record->number), node);
        return;
    case HF_CHANGE_CLUSTER:
        (void)snprintf(text, room, "the cluster was made");
        return;
    case HF_CHANGE_NODE_ADD:
        (void)snprintf(text, room, "%s joined the cluster", node);
        return;
    case HF_CHANGE_NODE_UP:
        (void)snprintf(text, room, "%s is up", node);
        return;
    case HF_CHANGE_NODE_LOST:
        (void)snprintf(text, room, "%s is lost", node);
        return;
    case HF_CHANGE_NODE_FLAGS:
        flags_text(node, record->number, text, room);
        return;
    case HF_CHANGE_ASSIGN:
        assign_text(spec, record, text, room);
        return;
    case HF_CHANGE_GOAL_STOP:
        stop_text(spec, record, text, room);
        return;
    case HF_CHANGE_CLEARED:
        (void)snprintf(text, room, "stopped on %s", hf_name_node(spec, record->node2));
        return;
    case HF_CHANGE_PHASE:
        (void)snprintf(text, room, "%s",
                       record->phase < HF_PHASE_COUNT ? hf_phase_word((enum hf_phase)record->phase)
                                                      : "unknown");
        return;
    case HF_CHANGE_RESTART:
        (void)snprintf(text, room, "engine started again on %s", hf_name_node(spec, record->node2));
        return;
    case HF_CHANGE_EXCLUDE:
        (void)snprintf(text, room, "not tried on %s any more", node);
        return;
    case HF_CHANGE_WANTED:
        (void)snprintf(text, room, "an administrator changed whether it is to be online");
        return;
    case HF_CHANGE_CONFIG:
        (void)snprintf(text, room, "the configuration was changed");
        return;
    case HF_CHANGE_REFUSED:
        (void)snprintf(text, room, "a command was refused");
        return;
    case HF_CHANGE_NOTED:
        (void)snprintf(text, room, "a command had nothing to change");
        return;
    case HF_CHANGE_FORMAT:
        (void)snprintf(text, room, "format %u is in use", (unsigned)record->number);
        return;
    case HF_CHANGE_MEASURED: /* stands in no history */
    case HF_CHANGE_NONE:
    case HF_CHANGE_TYPES:
        break;
    }
    (void)snprintf(text, room, "a change of a newer version");
}

static json_t *record_json(const struct hf_state *state, const struct hf_history_record *record)
{
    const struct hf_spec *spec = &state->spec;
    char text[HF_ERROR_TEXT_MAX];
    text_of(state, record, text, sizeof(text));
    bool online = record->type == HF_CHANGE_PHASE && record->phase == HF_ONLINE;
    json_t *json = json_pack(
        "{s:I, s:I, s:s, s:o, s:o, s:o, s:I, s:o, s:o, s:o}", "index", (json_int_t)record->index,
        "time_ms", (json_int_t)record->wall_ms, "kind",
        hf_change_word((enum hf_change_type)record->type), "instance",
        hf_json_instance(spec, record->instance), "node", hf_json_node(spec, record->node), "from",
        hf_json_node(spec, record->node2), "generation", (json_int_t)record->generation, "text",
        hf_control_text(text), "reason", hf_json_reason(&record->reason, spec), "choice",
        hf_json_reason(&record->choice, spec));
    if (json && online)
        (void)json_object_set_new(json, "outage_ms", json_integer((json_int_t)record->number));
    return json;
}

/* Records about nodes and the cluster carry no instance; a change's unused field may be 0. */
static bool concerns(const struct hf_history_record *record, uint16_t instance)
{
    if (instance == HF_INSTANCE_NONE)
        return true;
    switch ((enum hf_change_type)record->type) {
    case HF_CHANGE_ASSIGN:
    case HF_CHANGE_GOAL_STOP:
    case HF_CHANGE_CLEARED:
    case HF_CHANGE_PHASE:
    case HF_CHANGE_RESTART:
    case HF_CHANGE_EXCLUDE:
    case HF_CHANGE_WANTED:
    case HF_CHANGE_REFUSED:
    case HF_CHANGE_NOTED:
        return record->instance == instance;
    default:
        return false;
    }
}

json_t *hf_history_json(const struct hf_state *state, uint16_t instance, uint32_t count)
{
    json_t *records = json_array();
    uint64_t kept = state->history_count < HF_HISTORY_MAX ? state->history_count : HF_HISTORY_MAX;
    uint64_t oldest = state->history_count - kept;
    for (uint64_t n = state->history_count; n > oldest && json_array_size(records) < count; n--) {
        const struct hf_history_record *record = &state->history[(n - 1) % HF_HISTORY_MAX];
        if (concerns(record, instance))
            (void)json_array_insert_new(records, 0, record_json(state, record));
    }
    return json_pack("{s:o, s:I, s:I}", "records", records, "kept", (json_int_t)kept, "ever",
                     (json_int_t)state->history_count);
}
