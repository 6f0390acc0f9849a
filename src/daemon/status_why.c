#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "core/owners.h"
#include "daemon/control_reply.h"
#include "daemon/status.h"
#include "daemon/status_hint.h"
#include "daemon/status_json.h"

/* A reason against node from the neighbours the instance is to be kept apart from. */
static struct hf_reason apart_obstacle(const struct hf_state *state, uint16_t instance,
                                       uint8_t node)
{
    const struct hf_instance_spec *spec = &state->spec.instances[instance];
    for (unsigned a = 0; a < spec->apart_count; a++) {
        uint16_t other = spec->apart_from[a];
        if (other < HF_INSTANCES_MAX && state->instances[other].owner == node) {
            struct hf_reason reason = hf_reason_node(HF_REASON_KEPT_APART, node);
            reason.instance = other;
            return reason;
        }
    }
    return hf_reason_make(HF_REASON_NONE);
}

struct hf_reason hf_status_obstacle(const struct hf_state *state, uint16_t instance, uint8_t node)
{
    const struct hf_node_state *now = &state->nodes[node];
    if (!(hf_spec_possible(&state->spec, &state->spec.instances[instance]) >> node & 1))
        return hf_reason_node(HF_REASON_NOT_POSSIBLE, node);
    if (!now->up)
        return hf_reason_node(HF_REASON_NODE_DOWN, node);
    if (now->drained)
        return hf_reason_node(HF_REASON_NODE_DRAINED, node);
    if (now->quarantined)
        return hf_reason_node(HF_REASON_NODE_QUARANTINED, node);
    if (state->instances[instance].excluded >> node & 1)
        return hf_reason_node(HF_REASON_NODE_FAILED_HERE, node);
    return apart_obstacle(state, instance, node);
}

/* What the decision said of node, when the present state has nothing against it. */
static struct hf_reason rejected_then(const struct hf_instance_state *now, uint8_t node)
{
    for (unsigned r = 0; r < now->takeover.rejection_count && r < HF_REJECTIONS_MAX; r++)
        if (now->takeover.rejections[r].node == node)
            return now->takeover.rejections[r].reason;
    return hf_reason_make(HF_REASON_NONE);
}

/* Why node does not run it; for one that is not served, what was found when it was tried. */
static struct hf_reason against(const struct hf_state *state, uint16_t instance, uint8_t node)
{
    const struct hf_instance_state *now = &state->instances[instance];
    struct hf_reason reason = hf_status_obstacle(state, instance, node);
    bool out = now->phase == HF_STRANDED || now->phase == HF_FAILED;
    bool vague = reason.code == HF_REASON_NONE || reason.code == HF_REASON_NODE_FAILED_HERE;
    struct hf_reason then =
        out && vague ? rejected_then(now, node) : hf_reason_make(HF_REASON_NONE);
    return then.code == HF_REASON_NONE ? reason : then;
}

static json_t *candidate_json(const struct hf_state *state, uint16_t instance, uint8_t node,
                              uint8_t next)
{
    const struct hf_instance_state *now = &state->instances[instance];
    bool owner = node == now->owner;
    struct hf_reason reason =
        owner ? hf_reason_make(HF_REASON_NONE) : against(state, instance, node);
    const char *role = owner                           ? "owner"
                       : reason.code != HF_REASON_NONE ? "not"
                       : node == next                  ? "next"
                                                       : "could";
    json_t *json = json_pack("{s:o, s:s, s:o}", "node", hf_json_node(&state->spec, node), "role",
                             role, "reason", hf_json_reason(&reason, &state->spec));
    char hint[HF_ERROR_TEXT_MAX];
    bool served = now->phase == HF_ONLINE || !now->wanted;
    if (!served && hf_hint_text(&reason, &state->spec, instance, hint, sizeof(hint)))
        (void)json_object_set_new(json, "hint", hf_control_text(hint));
    return json;
}

static json_t *candidates_json(const struct hf_state *state, uint16_t instance)
{
    json_t *list = json_array();
    bool owned = state->instances[instance].owner != HF_NODE_NONE;
    uint8_t next = owned ? hf_owners_next(state, instance) : HF_NODE_NONE;
    for (uint8_t n = 0; n < HF_NODES_MAX; n++)
        if (state->spec.nodes[n].name[0])
            (void)json_array_append_new(list, candidate_json(state, instance, n, next));
    return list;
}

/* Appends {"time_ms","kind","text"} and returns it, borrowed. */
__attribute__((format(printf, 4, 5))) static json_t *
entry(json_t *list, uint64_t time_ms, const char *kind, const char *format, ...)
{
    char text[HF_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    json_t *json = json_pack("{s:I, s:s, s:o}", "time_ms", (json_int_t)time_ms, "kind", kind,
                             "text", hf_control_text(text));
    (void)json_array_append_new(list, json);
    return json;
}

static void took(json_t *json, uint64_t ms)
{
    (void)json_object_set_new(json, "took_ms", json_integer((json_int_t)ms));
}

/* The last parts of a stable device path: enough to know it by. */
static const char *short_device(const char *device)
{
    const char *slash = strrchr(device, '/');
    return slash && slash[1] ? slash + 1 : device;
}

static void tell_cause(const struct hf_state *state, uint16_t i, json_t *list)
{
    const struct hf_takeover *takeover = &state->instances[i].takeover;
    char text[HF_ERROR_TEXT_MAX];
    (void)hf_reason_text(&takeover->cause, &state->spec, text, sizeof(text));
    if (takeover->noticed_ms && text[0])
        (void)entry(list, takeover->noticed_ms, "noticed", "%s", text);
    uint32_t stop_ms = takeover->timings[HF_TIMING_STOP];
    if (stop_ms)
        took(entry(list, takeover->decided_ms, "stopped", "stopped on %s, nothing of it left there",
                   hf_name_node(&state->spec, takeover->from)),
             stop_ms);
}

static void tell_choice(const struct hf_state *state, uint16_t i, json_t *list)
{
    const struct hf_takeover *takeover = &state->instances[i].takeover;
    char text[HF_ERROR_TEXT_MAX];
    (void)hf_reason_text(&takeover->choice, &state->spec, text, sizeof(text));
    if (!text[0])
        (void)snprintf(text, sizeof(text), "%s is chosen",
                       hf_name_node(&state->spec, takeover->to));
    json_t *json = entry(list, takeover->decided_ms, "decided", "%s", text);
    (void)json_object_set_new(json, "rejected", hf_json_rejections(takeover, &state->spec));
}

static void tell_reservation(const struct hf_state *state, uint16_t i, json_t *list, uint64_t at_ms)
{
    const struct hf_instance_state *now = &state->instances[i];
    const struct hf_takeover *takeover = &now->takeover;
    const char *from = hf_name_node(&state->spec, takeover->from);
    uint32_t before = now->generation > 0 ? now->generation - 1 : 0;
    json_t *json = NULL;
    if (takeover->preempted_key && takeover->from != HF_NODE_NONE)
        json = entry(list, at_ms, "reservation", "reservation taken from %s (generation %u -> %u)",
                     from, before, now->generation);
    else
        json = entry(list, at_ms, "reservation", "reservation taken (generation %u -> %u); %s",
                     before, now->generation,
                     takeover->preempted_key ? "a former owner held it" : "it was free");
    took(json, takeover->timings[HF_TIMING_ACQUIRE]);
    if (!takeover->preempted_key)
        return;
    char key[32];
    (void)snprintf(key, sizeof(key), "0x%016" PRIx64, takeover->preempted_key);
    (void)json_object_set_new(json, "preempted_key", json_string(key));
}

static void tell_mounts(const struct hf_instance_spec *spec, json_t *list, uint64_t at_ms,
                        uint32_t mount_ms)
{
    for (unsigned d = 0; d < spec->disk_count && d < HF_DISKS_MAX; d++) {
        const struct hf_disk_spec *disk = &spec->disks[d];
        if (disk->mount[0])
            took(entry(list, at_ms, "mounted", "%s mounted (%s)", disk->mount,
                       short_device(disk->device)),
                 mount_ms);
    }
}

/* The steps of the takeover with the times at which they ended. Disks and address come up side by
 * side; the engine starts when both are there. A restart in place has the last step only. */
static void tell_steps(const struct hf_state *state, uint16_t i, json_t *list)
{
    const struct hf_instance_spec *spec = &state->spec.instances[i];
    const struct hf_takeover *takeover = &state->instances[i].takeover;
    const uint32_t *timings = takeover->timings;
    bool ended = takeover->online_ms != 0;
    bool in_place = takeover->from == takeover->to && timings[HF_TIMING_ACQUIRE] == 0;
    uint64_t at_ms = takeover->decided_ms;
    if (!in_place && spec->disk_count > 0 && (ended || timings[HF_TIMING_ACQUIRE])) {
        at_ms += timings[HF_TIMING_ACQUIRE];
        tell_reservation(state, i, list, at_ms);
    }
    uint64_t mounted_ms = at_ms + timings[HF_TIMING_MOUNT];
    uint64_t address_ms = at_ms + timings[HF_TIMING_ADDRESS];
    bool address = !in_place && spec->address[0] && (ended || timings[HF_TIMING_ADDRESS]);
    if (address && address_ms < mounted_ms)
        took(entry(list, address_ms, "address", "address %s up", spec->address),
             timings[HF_TIMING_ADDRESS]);
    if (!in_place && (ended || timings[HF_TIMING_MOUNT]))
        tell_mounts(spec, list, mounted_ms, timings[HF_TIMING_MOUNT]);
    if (address && address_ms >= mounted_ms)
        took(entry(list, address_ms, "address", "address %s up", spec->address),
             timings[HF_TIMING_ADDRESS]);
    at_ms = mounted_ms > address_ms ? mounted_ms : address_ms;
    if (ended || timings[HF_TIMING_ENGINE])
        took(entry(list, at_ms + timings[HF_TIMING_ENGINE], "recovered",
                   "engine started, its recovery done"),
             timings[HF_TIMING_ENGINE]);
    if (ended)
        took(entry(list, takeover->online_ms, "online", "online: %s serves clients",
                   hf_name_node(&state->spec, takeover->to)),
             timings[HF_TIMING_TOTAL]);
}

static json_t *timeline_json(const struct hf_state *state, uint16_t i)
{
    json_t *list = json_array();
    const struct hf_instance_state *now = &state->instances[i];
    if (now->takeover.to == HF_NODE_NONE || now->takeover.decided_ms == 0)
        return list;
    tell_cause(state, i, list);
    tell_choice(state, i, list);
    tell_steps(state, i, list);
    return list;
}

/* "msgbox runs on db3": what is the case, without time and reason. */
static json_t *what_json(const struct hf_status_input *input, uint16_t i)
{
    const struct hf_spec *spec = &input->state->spec;
    const struct hf_instance_state *now = &input->state->instances[i];
    const char *name = spec->instances[i].name;
    const char *owner = hf_name_node(spec, now->owner);
    char text[HF_ERROR_TEXT_MAX];
    if (!hf_status_current(input))
        (void)snprintf(text, sizeof(text), "%s: %s does not know where it runs; its owner was %s",
                       name, input->self_name, owner);
    else if (now->phase == HF_ONLINE)
        (void)snprintf(text, sizeof(text), "%s runs on %s", name, owner);
    else if (now->owner != HF_NODE_NONE && now->phase != HF_STRANDED)
        (void)snprintf(text, sizeof(text), "%s is %s on %s", name,
                       hf_phase_word((enum hf_phase)now->phase), owner);
    else
        (void)snprintf(text, sizeof(text), "%s is %s", name,
                       hf_phase_word((enum hf_phase)now->phase));
    return hf_control_text(text);
}

/* Why it is so. Online, that is the cause of the last takeover; otherwise the reason of the phase.
 */
static json_t *because_json(const struct hf_state *state, uint16_t i)
{
    const struct hf_instance_state *now = &state->instances[i];
    bool online = now->phase == HF_ONLINE && now->takeover.cause.code != HF_REASON_NONE;
    return hf_json_reason(online ? &now->takeover.cause : &now->reason, &state->spec);
}

static json_t *hint_json(const struct hf_state *state, uint16_t i)
{
    const struct hf_instance_state *now = &state->instances[i];
    char hint[HF_ERROR_TEXT_MAX];
    if (now->phase == HF_ONLINE || !hf_hint_text(&now->reason, &state->spec, i, hint, sizeof(hint)))
        return json_null();
    return hf_control_text(hint);
}

/* Whether the node it left was cut off from the disks, and how; null when it was not in question.
 */
static json_t *fenced_json(const struct hf_state *state, uint16_t i)
{
    const struct hf_takeover *takeover = &state->instances[i].takeover;
    if (takeover->preempted_key == 0 || takeover->from >= HF_NODES_MAX)
        return json_null();
    return json_pack("{s:o, s:s}", "node", hf_json_node(&state->spec, takeover->from), "by",
                     "reservation");
}

json_t *hf_why_json(const struct hf_status_input *input, uint16_t instance)
{
    const struct hf_state *state = input->state;
    const struct hf_instance_state *now = &state->instances[instance];
    const struct hf_takeover *takeover = &now->takeover;
    bool current = hf_status_current(input);
    json_t *size = hf_status_size_json(input, instance);
    json_t *json = json_pack(
        "{s:I, s:o, s:s, s:b, s:o, s:o, s:o, s:I, s:I, s:o, s:b, s:I, s:o, s:o, s:o, s:I, s:o}",
        "time_ms", (json_int_t)input->wall_ms, "instance", hf_json_instance(&state->spec, instance),
        "phase", hf_status_phase(input, instance), "wanted", now->wanted, "what",
        what_json(input, instance), "because", because_json(state, instance), "owner",
        hf_json_node(&state->spec, now->owner), "generation", (json_int_t)now->generation,
        "since_ms", (json_int_t)now->since_ms, "timeline", timeline_json(state, instance),
        "planned", hf_takeover_planned(takeover), "outage_ms",
        (json_int_t)hf_takeover_outage(takeover), "fenced", fenced_json(state, instance), "detail",
        hf_control_text(now->detail[0] ? now->detail : NULL), "nodes",
        current ? candidates_json(state, instance) : json_array(), "retry_ms",
        (json_int_t)now->retry_ms, "hint", hint_json(state, instance));
    if (json && size)
        (void)json_object_update(json, size);
    json_decref(size);
    return json;
}
