#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "core/owners.h"
#include "daemon/control_reply.h"
#include "daemon/status.h"
#include "daemon/status_hint.h"
#include "daemon/status_json.h"

/* Appends {"code","text"} and returns it, borrowed, for more fields. */
__attribute__((format(printf, 3, 4))) static json_t *warn(json_t *list, const char *code,
                                                          const char *format, ...)
{
    char text[HF_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    json_t *warning = json_pack("{s:s, s:o}", "code", code, "text", hf_control_text(text));
    (void)json_array_append_new(list, warning);
    return warning;
}

static void advise(json_t *warning, const struct hf_reason *reason, const struct hf_spec *spec,
                   uint16_t instance)
{
    char hint[HF_ERROR_TEXT_MAX];
    if (hf_hint_text(reason, spec, instance, hint, sizeof(hint)))
        (void)json_object_set_new(warning, "hint", hf_control_text(hint));
}

static void advise_text(json_t *warning, const char *hint)
{
    (void)json_object_set_new(warning, "hint", hf_control_text(hint));
}

static void warn_self(const struct hf_status_input *input, json_t *list)
{
    const char *name = input->self_name;
    switch (input->view.condition) {
    case HF_CORE_NO_ENGINE:
        advise_text(warn(list, "no-corosync",
                         "%s: corosync does not answer; this node takes no part in the cluster and "
                         "serves nothing",
                         name),
                    "systemctl status corosync; journalctl -u corosync -n 50");
        break;
    case HF_CORE_NO_QUORUM:
        advise_text(
            warn(list, "no-quorum",
                 "%s has no quorum: it has %u of %u votes, so it serves nothing and "
                 "decides nothing",
                 name, input->view.votes, input->view.expected),
            "Start more nodes, or mend the network between them. See: corosync-quorumtool -s");
        break;
    case HF_CORE_JOINING:
        advise_text(
            warn(list, "not-synced", "%s has quorum, but not yet the cluster's state", name),
            "It takes a second or two. If it lasts: journalctl -u holdfastd -n 50");
        break;
    case HF_CORE_MEMBER:
        break;
    }
    char tilt[HF_ERROR_TEXT_MAX];
    (void)hf_reason_text(&input->view.tilt, &input->state->spec, tilt, sizeof(tilt));
    if (input->view.tilted)
        advise_text(
            warn(list, hf_reason_word(input->view.tilt.code), "%s", tilt),
            "If it happens again: is the computer overloaded, or a suspended virtual machine?");
}

static void warn_node(const struct hf_status_input *input, json_t *list, uint8_t n)
{
    const struct hf_spec *spec = &input->state->spec;
    const struct hf_node_state *node = &input->state->nodes[n];
    const char *name = spec->nodes[n].name;
    json_t *warning = NULL;
    if (!node->up && !(input->view.members >> n & 1)) {
        char text[HF_ERROR_TEXT_MAX];
        (void)hf_reason_text(&node->reason, spec, text, sizeof(text));
        warning = warn(list, "node-down", "%s is down%s%s", name, text[0] ? ": " : "", text);
        advise(warning, &node->reason, spec, HF_INSTANCE_NONE);
        (void)json_object_set_new(warning, "since_ms", json_integer((json_int_t)node->since_ms));
        (void)json_object_set_new(warning, "node", hf_json_node(spec, n));
    }
    enum hf_reason_code code = node->quarantined ? HF_REASON_NODE_QUARANTINED
                               : node->drained   ? HF_REASON_NODE_DRAINED
                                                 : HF_REASON_NONE;
    if (code == HF_REASON_NONE)
        return;
    struct hf_reason reason = hf_reason_node(code, n);
    warning = warn(list, hf_reason_word((uint16_t)code), "%s is %s: it takes no instances", name,
                   node->quarantined ? "quarantined after repeated failures" : "drained");
    advise(warning, &reason, spec, HF_INSTANCE_NONE);
    (void)json_object_set_new(warning, "node", hf_json_node(spec, n));
}

/*
 * Members that are reached over the other network only: if that fails too, it looks like their
 * death. One that is reached over none is about to be lost, which is told then.
 */
static uint64_t reached_over_one(const struct hf_status_input *input, unsigned without)
{
    const struct hf_status_links *links = input->links;
    unsigned other = HF_STATUS_PUBLIC + HF_STATUS_PRIVATE - without;
    return input->view.members & links->known[without] & ~links->up[without] & links->known[other] &
           links->up[other] & hf_spec_nodes(&input->state->spec);
}

#define NAMES_MAX 4 /* for people; all of them stand in "nodes" */

/* "db2, db3"; adds all of them to list. */
static void name_nodes(const struct hf_spec *spec, uint64_t nodes, struct hf_strbuf *text,
                       json_t *list)
{
    int count = __builtin_popcountll(nodes);
    for (uint8_t n = 0; n < HF_NODES_MAX; n++) {
        if (!(nodes >> n & 1))
            continue;
        size_t before = json_array_size(list);
        if (before < NAMES_MAX)
            hf_strbuf_addf(text, "%s%s", before ? ", " : "", spec->nodes[n].name);
        (void)json_array_append_new(list, hf_json_node(spec, n));
    }
    if (count > NAMES_MAX)
        hf_strbuf_addf(text, " and %d more", count - NAMES_MAX);
}

static void warn_network(const struct hf_status_input *input, json_t *list, unsigned network)
{
    const struct hf_spec *spec = &input->state->spec;
    uint64_t without = reached_over_one(input, network);
    uint64_t others = input->view.members & hf_spec_nodes(spec) & ~(UINT64_C(1) << input->self);
    if (!without)
        return;
    const char *word = hf_status_network(network);
    const char *left = hf_status_network(HF_STATUS_PUBLIC + HF_STATUS_PRIVATE - network);
    json_t *nodes = json_array(), *warning;
    struct hf_strbuf HF_STRBUF_CLEANUP names;
    hf_strbuf_init(&names);
    name_nodes(spec, without, &names, nodes);
    if (without == others && json_array_size(nodes) > 1)
        warning = warn(list, "link-down",
                       "%s reaches no other node over the %s network: only the %s one is left",
                       input->self_name, word, left);
    else
        warning = warn(list, "link-down",
                       "the %s network between %s and %s is down: only the %s one is left", word,
                       input->self_name, names.data, left);
    advise_text(warning,
                "Nothing stops because of it; mend it before the other one fails too. Look at "
                "interface (ip -br link), cable and switch. What corosync sees: "
                "corosync-cfgtool -s");
    (void)json_object_set_new(warning, "network", json_string(word));
    (void)json_object_set_new(warning, "nodes", nodes);
}

/* What is known of an instance that is not as it should be. */
static void tell_more(const struct hf_state *state, uint16_t i, json_t *warning)
{
    const struct hf_instance_state *now = &state->instances[i];
    advise(warning, &now->reason, &state->spec, i);
    (void)json_object_set_new(warning, "instance", hf_json_instance(&state->spec, i));
    (void)json_object_set_new(warning, "since_ms", json_integer((json_int_t)now->since_ms));
    (void)json_object_set_new(warning, "retry_ms", json_integer((json_int_t)now->retry_ms));
    if (now->detail[0])
        (void)json_object_set_new(warning, "detail", hf_control_text(now->detail));
    if (now->phase == HF_STRANDED || now->phase == HF_FAILED)
        (void)json_object_set_new(warning, "rejected",
                                  hf_json_rejections(&now->takeover, &state->spec));
}

static void warn_not_served(const struct hf_state *state, json_t *list, uint16_t i)
{
    const struct hf_instance_state *now = &state->instances[i];
    bool down = now->phase == HF_STRANDED || now->phase == HF_FAILED ||
                (now->phase == HF_OFFLINE && now->wanted);
    if (!down)
        return;
    char text[HF_ERROR_TEXT_MAX];
    (void)hf_reason_text(&now->reason, &state->spec, text, sizeof(text));
    const char *word = now->phase == HF_OFFLINE ? "offline, though it is wanted online"
                                                : hf_phase_word((enum hf_phase)now->phase);
    tell_more(state, i,
              warn(list, hf_phase_word((enum hf_phase)now->phase), "%s is %s%s%s",
                   state->spec.instances[i].name, word, text[0] ? ": " : "", text));
}

static void warn_no_next(const struct hf_status_input *input, json_t *list, uint16_t i)
{
    const struct hf_state *state = input->state;
    const struct hf_instance_state *now = &state->instances[i];
    bool alone = __builtin_popcountll(hf_spec_nodes(&state->spec)) < 2;
    if (now->phase != HF_ONLINE || alone || hf_owners_next(state, i) != HF_NODE_NONE)
        return;
    const char *name = state->spec.instances[i].name;
    json_t *warning = warn(list, "no-next", "%s has no node to fail over to: if %s fails, it stops",
                           name, hf_name_node(&state->spec, now->owner));
    char hint[HF_NAME_MAX + 64];
    (void)snprintf(hint, sizeof(hint), "What stands in the way: holdfast why %s", name);
    advise_text(warning, hint);
    (void)json_object_set_new(warning, "instance", hf_json_instance(&state->spec, i));
}

static void warn_unclean(const struct hf_status_input *input, json_t *list, uint16_t i)
{
    struct hf_local_view here;
    if (!input->local)
        return;
    input->local(input->local_user, i, &here);
    if (!here.unclean)
        return;
    const struct hf_spec *spec = &input->state->spec;
    struct hf_reason reason = hf_reason_node(HF_REASON_NODE_UNCLEAN, input->self);
    json_t *warning =
        warn(list, "unclean", "%s: %s could not remove all of it yet and cannot run it until then",
             spec->instances[i].name, input->self_name);
    advise(warning, &reason, spec, i);
    (void)json_object_set_new(warning, "instance", hf_json_instance(spec, i));
}

/* A size that is not reached while the engine runs: nothing restarts it for that but a person. */
static void warn_size(const struct hf_status_input *input, json_t *list, uint16_t i)
{
    const struct hf_spec *spec = &input->state->spec;
    const char *waits = hf_status_waits(input, i);
    const char *name = spec->instances[i].name;
    const char *owner = hf_name_node(spec, input->state->instances[i].owner);
    if (!waits[0])
        return;
    json_t *warning =
        hf_status_degraded(input, i)
            ? warn(list, "size-waits", "%s shares %s and is degraded, but not all of it: %s", name,
                   owner, waits)
            : warn(list, "size-waits", "%s is alone on %s and back to full size %s", name, owner,
                   waits);
    char hint[2 * HF_NAME_MAX + 128];
    (void)snprintf(hint, sizeof(hint),
                   "It serves. When a restart suits: holdfast offline %s, then holdfast online %s",
                   name, name);
    advise_text(warning, hint);
    (void)json_object_set_new(warning, "instance", hf_json_instance(spec, i));
}

json_t *hf_status_warnings_json(const struct hf_status_input *input)
{
    const struct hf_spec *spec = &input->state->spec;
    json_t *list = json_array();
    bool current = hf_status_current(input);
    warn_self(input, list);
    for (uint8_t n = 0; current && n < HF_NODES_MAX; n++)
        if (spec->nodes[n].name[0])
            warn_node(input, list, n);
    for (unsigned network = 0; current && input->links && network < HF_STATUS_NETWORKS; network++)
        warn_network(input, list, network);
    for (uint16_t i = 0; i < HF_INSTANCES_MAX; i++) {
        if (!spec->instances[i].name[0])
            continue;
        if (current) {
            warn_not_served(input->state, list, i);
            warn_no_next(input, list, i);
            warn_size(input, list, i);
        }
        warn_unclean(input, list, i);
    }
    return list;
}
