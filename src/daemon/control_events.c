#include "daemon/control_events.h"

#include <string.h>

#include "daemon/control_reply.h"
#include "daemon/status_json.h"

static bool settled(uint8_t phase)
{
    switch ((enum hf_phase)phase) {
    case HF_OFFLINE:
    case HF_ONLINE:
    case HF_STRANDED:
        return true;
    case HF_ACQUIRING:
    case HF_MOUNTING:
    case HF_RECOVERING:
    case HF_STOPPING:
    case HF_FAILED:
    case HF_PHASE_COUNT:
        break;
    }
    return false;
}

static struct hf_seen_instance look_at_instance(const struct hf_state *state, uint16_t i)
{
    const struct hf_instance_state *now = &state->instances[i];
    return (struct hf_seen_instance){
        .generation = now->generation,
        .owner = now->owner,
        .phase = now->phase,
        .reason = now->reason.code,
        .wanted = now->wanted,
        .named = state->spec.instances[i].name[0] != '\0',
    };
}

static struct hf_seen_node look_at_node(const struct hf_status_input *input, uint8_t n)
{
    const struct hf_node_state *now = &input->state->nodes[n];
    return (struct hf_seen_node){
        .named = input->state->spec.nodes[n].name[0] != '\0',
        .up = now->up,
        .member = input->view.members >> n & 1,
        .drained = now->drained,
        .quarantined = now->quarantined,
    };
}

static bool same_instance(const struct hf_seen_instance *a, const struct hf_seen_instance *b)
{
    return a->generation == b->generation && a->owner == b->owner && a->phase == b->phase &&
           a->reason == b->reason && a->wanted == b->wanted && a->named == b->named;
}

static bool same_node(const struct hf_seen_node *a, const struct hf_seen_node *b)
{
    return a->named == b->named && a->up == b->up && a->member == b->member &&
           a->drained == b->drained && a->quarantined == b->quarantined;
}

static json_t *instance_line(const struct hf_state *state, uint16_t i, uint64_t left_ms)
{
    const struct hf_instance_state *now = &state->instances[i];
    uint64_t elapsed = left_ms && now->since_ms > left_ms ? now->since_ms - left_ms : 0;
    return json_pack(
        "{s:s, s:o, s:s, s:o, s:o, s:I, s:o, s:o, s:I, s:I}", "event", "instance", "name",
        hf_json_instance(&state->spec, i), "phase", hf_phase_word((enum hf_phase)now->phase),
        "owner", hf_json_node(&state->spec, now->owner), "target",
        hf_json_node(&state->spec, now->target), "generation", (json_int_t)now->generation,
        "reason", hf_json_reason(&now->reason, &state->spec), "detail",
        hf_control_text(now->detail[0] ? now->detail : NULL), "time_ms", (json_int_t)now->since_ms,
        "elapsed_ms", (json_int_t)elapsed);
}

static void step_instance(struct hf_control_events *events, const struct hf_status_input *input,
                          uint16_t i, hf_control_event_sink sink, void *user)
{
    const struct hf_state *state = input->state;
    struct hf_seen_instance *seen = &events->instances[i];
    struct hf_seen_instance now = look_at_instance(state, i);
    now.left_ms = seen->left_ms;
    if (!settled(now.phase) && now.left_ms == 0)
        now.left_ms = state->instances[i].since_ms;
    if (!same_instance(seen, &now) && now.named) {
        json_t *line = instance_line(state, i, now.left_ms);
        sink(user, i, now.owner, line);
        json_decref(line);
    }
    if (settled(now.phase) && !(now.phase == HF_OFFLINE && now.wanted))
        now.left_ms = 0;
    *seen = now;
}

static void step_node(struct hf_control_events *events, const struct hf_status_input *input,
                      uint8_t n, hf_control_event_sink sink, void *user)
{
    struct hf_seen_node now = look_at_node(input, n);
    if (!same_node(&events->nodes[n], &now) && now.named) {
        const struct hf_node_state *node = &input->state->nodes[n];
        json_t *line = json_pack("{s:s, s:o, s:s, s:b, s:b, s:o, s:I}", "event", "node", "name",
                                 hf_json_node(&input->state->spec, n), "state",
                                 now.up       ? "up"
                                 : now.member ? "joining"
                                              : "down",
                                 "drained", now.drained, "quarantined", now.quarantined, "reason",
                                 hf_json_reason(&node->reason, &input->state->spec), "time_ms",
                                 (json_int_t)input->wall_ms);
        sink(user, HF_INSTANCE_NONE, n, line);
        json_decref(line);
    }
    events->nodes[n] = now;
}

static void step_cluster(struct hf_control_events *events, const struct hf_status_input *input,
                         hf_control_event_sink sink, void *user)
{
    const struct hf_state *state = input->state;
    bool same = events->condition == input->view.condition &&
                events->coordinator == state->coordinator && events->votes == input->view.votes &&
                events->config_version == state->config_version;
    events->condition = input->view.condition;
    events->coordinator = state->coordinator;
    events->votes = input->view.votes;
    events->config_version = state->config_version;
    if (same || !sink)
        return;
    json_t *line = json_pack(
        "{s:s, s:o, s:o, s:I, s:I}", "event", "cluster", "self", hf_status_self_json(input),
        "coordinator", hf_json_node(&state->spec, state->coordinator), "config_version",
        (json_int_t)state->config_version, "time_ms", (json_int_t)input->wall_ms);
    sink(user, HF_INSTANCE_NONE, HF_NODE_NONE, line);
    json_decref(line);
}

void hf_control_events_init(struct hf_control_events *events, const struct hf_status_input *input)
{
    memset(events, 0, sizeof(*events));
    step_cluster(events, input, NULL, NULL);
    for (uint8_t n = 0; n < HF_NODES_MAX; n++)
        events->nodes[n] = look_at_node(input, n);
    for (uint16_t i = 0; i < HF_INSTANCES_MAX; i++) {
        events->instances[i] = look_at_instance(input->state, i);
        if (!settled(events->instances[i].phase))
            events->instances[i].left_ms = input->state->instances[i].since_ms;
    }
}

void hf_control_events_step(struct hf_control_events *events, const struct hf_status_input *input,
                            hf_control_event_sink sink, void *user)
{
    step_cluster(events, input, sink, user);
    for (uint8_t n = 0; n < HF_NODES_MAX; n++)
        step_node(events, input, n, sink, user);
    for (uint16_t i = 0; i < HF_INSTANCES_MAX; i++)
        step_instance(events, input, i, sink, user);
}
