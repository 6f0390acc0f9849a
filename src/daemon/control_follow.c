#include "daemon/control_follow.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "core/owners.h"
#include "daemon/control_reply.h"
#include "daemon/status.h"
#include "daemon/status_json.h"

void hf_control_follow_begin(struct hf_control_follow *follow, enum hf_control_verb verb,
                             uint16_t instance, uint8_t node, const struct hf_state *state)
{
    memset(follow, 0, sizeof(*follow));
    follow->verb = verb;
    follow->instance = instance;
    follow->node = node;
    follow->from = HF_NODE_NONE;
    follow->decisions = state->index;
    if (instance < HF_INSTANCES_MAX) {
        follow->from = state->instances[instance].owner;
        follow->generation = state->instances[instance].generation;
    }
    for (uint16_t i = 0; verb == HF_CONTROL_DRAIN && i < HF_INSTANCES_MAX; i++)
        if (state->spec.instances[i].name[0] && state->instances[i].owner == node)
            follow->carried[i / 64] |= 1ull << (i % 64);
}

static bool carried(const struct hf_control_follow *follow, uint16_t instance)
{
    return follow->carried[instance / 64] >> (instance % 64) & 1;
}

bool hf_control_follow_wants(const struct hf_control_follow *follow, uint16_t instance)
{
    if (instance >= HF_INSTANCES_MAX)
        return false;
    return instance == follow->instance || carried(follow, instance);
}

/* It did not come online: the refusal that says why. */
static json_t *failed(const struct hf_state *state, uint16_t i)
{
    const struct hf_instance_state *now = &state->instances[i];
    struct hf_reason reason = now->reason;
    json_t *json = hf_control_refusal(&reason, &state->spec, i);
    json_t *error = json_object_get(json, "error");
    if (error && now->detail[0])
        (void)json_object_set_new(error, "detail", hf_control_text(now->detail));
    if (error)
        (void)json_object_set_new(error, "rejected",
                                  hf_json_rejections(&now->takeover, &state->spec));
    return json;
}

static json_t *done(const char *text, uint64_t outage_ms)
{
    json_t *data = json_pack("{s:o}", "text", hf_control_text(text));
    if (data && outage_ms)
        (void)json_object_set_new(data, "outage_ms", json_integer((json_int_t)outage_ms));
    return hf_control_ok(data);
}

static json_t *done_takeover(const struct hf_state *state, uint16_t i)
{
    const struct hf_takeover *takeover = &state->instances[i].takeover;
    char text[HF_ERROR_TEXT_MAX];
    hf_takeover_text(state, i, text, sizeof(text));
    bool was_serving = takeover->cause.code == HF_REASON_REQUESTED_MOVE;
    return done(text, was_serving ? hf_takeover_outage(takeover) : 0);
}

static json_t *end_of_move(const struct hf_control_follow *follow, const struct hf_state *state)
{
    const struct hf_instance_state *now = &state->instances[follow->instance];
    if (now->generation == follow->generation)
        return NULL;
    if (now->phase == HF_STRANDED)
        return failed(state, follow->instance);
    if (now->phase != HF_ONLINE)
        return NULL;
    bool missed =
        now->owner == follow->from || (follow->node != HF_NODE_NONE && now->owner != follow->node);
    if (!missed)
        return done_takeover(state, follow->instance);
    char text[HF_ERROR_TEXT_MAX];
    (void)snprintf(text, sizeof(text), "Find out what failed: holdfast history --instance %s",
                   state->spec.instances[follow->instance].name);
    return hf_control_errorf(
        "not-moved", text, "%s could not be moved%s%s; it is online on %s",
        state->spec.instances[follow->instance].name, follow->node != HF_NODE_NONE ? " to " : "",
        follow->node != HF_NODE_NONE ? hf_name_node(&state->spec, follow->node) : "",
        hf_name_node(&state->spec, now->owner));
}

static json_t *end_of_online(const struct hf_control_follow *follow, const struct hf_state *state)
{
    const struct hf_instance_state *now = &state->instances[follow->instance];
    if (now->phase == HF_ONLINE)
        return done_takeover(state, follow->instance);
    if (now->phase == HF_STRANDED && state->index > follow->decisions + 1)
        return failed(state, follow->instance);
    return NULL;
}

static json_t *end_of_offline(const struct hf_control_follow *follow, const struct hf_state *state)
{
    const struct hf_instance_state *now = &state->instances[follow->instance];
    if (now->phase != HF_OFFLINE || now->wanted)
        return NULL;
    char text[HF_ERROR_TEXT_MAX];
    const char *name = state->spec.instances[follow->instance].name;
    if (follow->from != HF_NODE_NONE)
        (void)snprintf(text, sizeof(text), "%s is offline; it ran on %s", name,
                       hf_name_node(&state->spec, follow->from));
    else
        (void)snprintf(text, sizeof(text), "%s is offline", name);
    return done(text, 0);
}

/* Everything that ran there is served elsewhere, or certainly cannot be now. */
/* It goes on being served where it is, because no other node can take it. */
static bool stays(const struct hf_control_follow *follow, const struct hf_state *state, uint16_t i)
{
    const struct hf_instance_state *now = &state->instances[i];
    return now->owner == follow->node && now->phase == HF_ONLINE && now->goal == HF_GOAL_RUN &&
           state->index > follow->decisions + 1 && hf_owners_next(state, i) == HF_NODE_NONE;
}

static json_t *stays_answer(const struct hf_state *state, uint8_t node, unsigned count)
{
    return hf_control_errorf("drained-not-empty",
                             "`holdfast why INSTANCE` says what keeps the other nodes from taking "
                             "it; it moves as soon as one can. To undo it: holdfast resume NODE",
                             "%s is drained and gets nothing new, but goes on serving %u "
                             "instance%s that no other node can take now",
                             hf_name_node(&state->spec, node), count, count == 1 ? "" : "s");
}

static json_t *end_of_drain(const struct hf_control_follow *follow, const struct hf_state *state)
{
    unsigned moved = 0;
    unsigned stopped = 0;
    unsigned left = 0;
    if (!state->nodes[follow->node].drained)
        return NULL;
    for (uint16_t i = 0; i < HF_INSTANCES_MAX; i++) {
        const struct hf_instance_state *now = &state->instances[i];
        if (!carried(follow, i))
            continue;
        if (now->phase == HF_ONLINE && now->owner != follow->node)
            moved++;
        else if (now->phase == HF_STRANDED || (now->phase == HF_OFFLINE && !now->wanted))
            stopped++;
        else if (stays(follow, state, i))
            left++;
        else
            return NULL;
    }
    if (left)
        return stays_answer(state, follow->node, left);
    char text[HF_ERROR_TEXT_MAX];
    const char *node = hf_name_node(&state->spec, follow->node);
    (void)snprintf(text, sizeof(text), "%s is drained: %u moved, %u not served now", node, moved,
                   stopped);
    if (stopped) {
        char hint[HF_ERROR_TEXT_MAX];
        (void)snprintf(hint, sizeof(hint),
                       "See what no other node can run: holdfast status. To undo it: holdfast "
                       "resume %s",
                       node);
        return hf_control_error("drained-with-loss", text, hint);
    }
    (void)snprintf(text, sizeof(text),
                   moved ? "%s is drained: %u instance%s moved away"
                         : "%s is drained: nothing ran there",
                   node, moved, moved == 1 ? "" : "s");
    return done(text, 0);
}

static json_t *end_of_resume(const struct hf_control_follow *follow, const struct hf_state *state)
{
    const struct hf_node_state *node = &state->nodes[follow->node];
    if (node->drained || node->quarantined)
        return NULL;
    char text[HF_ERROR_TEXT_MAX];
    (void)snprintf(text, sizeof(text), "%s is in service again",
                   hf_name_node(&state->spec, follow->node));
    return done(text, 0);
}

json_t *hf_control_follow_end(const struct hf_control_follow *follow, const struct hf_state *state)
{
    switch (follow->verb) {
    case HF_CONTROL_MOVE:
        return end_of_move(follow, state);
    case HF_CONTROL_ONLINE:
        return end_of_online(follow, state);
    case HF_CONTROL_OFFLINE:
        return end_of_offline(follow, state);
    case HF_CONTROL_DRAIN:
        return end_of_drain(follow, state);
    case HF_CONTROL_RESUME:
        return end_of_resume(follow, state);
    case HF_CONTROL_STATUS:
    case HF_CONTROL_SUBSCRIBE:
    case HF_CONTROL_WHY:
    case HF_CONTROL_HISTORY:
    case HF_CONTROL_DEMAND:
    case HF_CONTROL_EXPORT:
    case HF_CONTROL_FACTS:
    case HF_CONTROL_APPLY:
    case HF_CONTROL_TOKEN:
    case HF_CONTROL_CONFIRM_FENCED:
    case HF_CONTROL_VERBS:
        break;
    }
    return hf_control_ok(NULL);
}
