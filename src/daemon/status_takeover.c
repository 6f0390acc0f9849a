#include <stdio.h>

#include "base/error.h"
#include "daemon/control_reply.h"
#include "daemon/status.h"
#include "daemon/status_json.h"

bool hf_takeover_planned(const struct hf_takeover *takeover)
{
    switch (takeover->cause.code) {
    case HF_REASON_REQUESTED_MOVE:
    case HF_REASON_REQUESTED_ONLINE:
    case HF_REASON_DRAINED:
    case HF_REASON_FAILBACK:
    case HF_REASON_CONFIGURED:
    case HF_REASON_FIRST_START:
        return true;
    default:
        return false;
    }
}

uint64_t hf_takeover_outage(const struct hf_takeover *takeover)
{
    if (takeover->online_ms == 0 || takeover->noticed_ms == 0 || takeover->from == HF_NODE_NONE)
        return 0; /* a first start interrupts nobody */
    return takeover->online_ms > takeover->noticed_ms ? takeover->online_ms - takeover->noticed_ms
                                                      : 0;
}

static bool was_elsewhere(const struct hf_takeover *takeover)
{
    return takeover->from != HF_NODE_NONE && takeover->from != takeover->to;
}

void hf_takeover_text(const struct hf_state *state, uint16_t instance, char *text, size_t room)
{
    const struct hf_spec *spec = &state->spec;
    const struct hf_takeover *takeover = &state->instances[instance].takeover;
    const char *name = hf_name_instance(spec, instance);
    const char *from = hf_name_node(spec, takeover->from);
    const char *to = hf_name_node(spec, takeover->to);
    switch (takeover->cause.code) {
    case HF_REASON_FIRST_START:
    case HF_REASON_COLD_START:
    case HF_REASON_REQUESTED_ONLINE:
        (void)snprintf(text, room, "%s started on %s", name, to);
        return;
    default:
        break;
    }
    if (takeover->from == HF_NODE_NONE)
        (void)snprintf(text, room, "%s started on %s", name, to);
    else if (!was_elsewhere(takeover))
        (void)snprintf(text, room, "%s restarted on %s", name, to);
    else if (hf_takeover_planned(takeover))
        (void)snprintf(text, room, "%s moved %s -> %s", name, from, to);
    else
        (void)snprintf(text, room, "%s failed over %s -> %s", name, from, to);
}

json_t *hf_status_last_json(const struct hf_state *state)
{
    uint16_t newest = HF_INSTANCE_NONE;
    for (uint16_t i = 0; i < HF_INSTANCES_MAX; i++) {
        uint64_t online_ms = state->instances[i].takeover.online_ms;
        if (!state->spec.instances[i].name[0] || online_ms == 0)
            continue;
        if (newest == HF_INSTANCE_NONE || online_ms > state->instances[newest].takeover.online_ms)
            newest = i;
    }
    if (newest == HF_INSTANCE_NONE || state->instances[newest].takeover.to == HF_NODE_NONE)
        return json_null();
    const struct hf_takeover *takeover = &state->instances[newest].takeover;
    char text[HF_ERROR_TEXT_MAX];
    hf_takeover_text(state, newest, text, sizeof(text));
    return json_pack("{s:I, s:o, s:o, s:b, s:I, s:o}", "time_ms", (json_int_t)takeover->online_ms,
                     "instance", hf_json_instance(&state->spec, newest), "text",
                     hf_control_text(text), "planned", hf_takeover_planned(takeover), "outage_ms",
                     (json_int_t)hf_takeover_outage(takeover), "reason",
                     hf_json_reason(&takeover->cause, &state->spec));
}
