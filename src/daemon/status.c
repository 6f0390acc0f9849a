#include "daemon/status.h"

#include <stdio.h>

#include "core/owners.h"
#include "daemon/control_reply.h"
#include "daemon/status_json.h"

bool hf_status_current(const struct hf_status_input *input)
{
    return input->view.condition == HF_CORE_MEMBER;
}

json_t *hf_status_self_json(const struct hf_status_input *input)
{
    static const char *const words[] = {
        [HF_CORE_NO_ENGINE] = "no corosync",
        [HF_CORE_NO_QUORUM] = "no quorum",
        [HF_CORE_JOINING] = "joining",
        [HF_CORE_MEMBER] = "up",
    };
    return json_pack("{s:o, s:s}", "name", hf_control_text(input->self_name), "state",
                     words[input->view.condition]);
}

static const char *node_word(const struct hf_status_input *input, uint8_t node)
{
    bool seen = input->view.members >> node & 1;
    if (!hf_status_current(input))
        return seen ? "up" : "not seen";
    if (input->state->nodes[node].up)
        return "up";
    return seen ? "joining" : "down";
}

static json_t *carried_json(const struct hf_state *state, uint8_t node)
{
    json_t *list = json_array();
    for (uint16_t i = 0; i < HF_INSTANCES_MAX; i++)
        if (state->spec.instances[i].name[0] && state->instances[i].owner == node)
            (void)json_array_append_new(list, hf_json_instance(&state->spec, i));
    return list;
}

/* 0 = not known: without the cluster's state it may have changed since. */
static json_int_t since_json(const struct hf_status_input *input, uint64_t since_ms)
{
    return hf_status_current(input) ? (json_int_t)since_ms : 0;
}

const char *hf_status_network(unsigned network)
{
    return network == HF_STATUS_PRIVATE ? "private" : "public";
}

/* By network: true, false; null = not known. */
static json_t *links_json(const struct hf_status_input *input, uint8_t node)
{
    json_t *json = json_object();
    for (unsigned network = 0; network < HF_STATUS_NETWORKS; network++) {
        bool known = input->links && input->links->known[network] >> node & 1;
        json_t *up = known ? json_boolean(input->links->up[network] >> node & 1) : json_null();
        (void)json_object_set_new(json, hf_status_network(network), up);
    }
    return json;
}

static json_t *node_json(const struct hf_status_input *input, uint8_t node)
{
    const struct hf_state *state = input->state;
    const struct hf_node_spec *spec = &state->spec.nodes[node];
    const struct hf_node_state *now = &state->nodes[node];
    return json_pack(
        "{s:o, s:s, s:s, s:o, s:o, s:o, s:b, s:b, s:b, s:i, s:I, s:o, s:o, s:o, s:o}", "name",
        hf_json_node(&state->spec, node), "state", node_word(input, node), "role",
        spec->role == HF_ROLE_PASSIVE ? "passive" : "active", "site",
        hf_control_text(spec->site[0] ? spec->site : NULL), "public",
        hf_control_text(spec->public_address), "private", hf_control_text(spec->private_address),
        "drained", now->drained, "quarantined", now->quarantined, "fenced", now->fenced, "failures",
        (int)now->failure_count, "since_ms", since_json(input, now->since_ms), "reason",
        hf_json_reason(&now->reason, &state->spec), "instances", carried_json(state, node), "links",
        links_json(input, node), "capacity", hf_status_capacity_json(input, node));
}

const char *hf_status_phase(const struct hf_status_input *input, uint16_t instance)
{
    const struct hf_instance_state *now = &input->state->instances[instance];
    if (hf_status_current(input))
        return hf_phase_word((enum hf_phase)now->phase);
    if (now->owner != input->self || !input->local)
        return "unknown";
    struct hf_local_view here;
    input->local(input->local_user, instance, &here);
    return here.inspected ? hf_phase_word(here.phase) : "unknown";
}

static const char *priority_word(const struct hf_instance_spec *spec)
{
    if (spec->priority_stated || spec->database_count == 0)
        return NULL;
    for (unsigned d = 0; d < spec->database_count; d++)
        if (spec->databases[d].written_by == HF_WRITER_RUNTIME)
            return "runtime";
    return "tools";
}

static const char *engine_word(const struct hf_instance_spec *spec)
{
    static const char *const words[] = {
        [HF_ENGINE_POSTGRESQL] = "postgresql",
        [HF_ENGINE_MARIADB] = "mariadb",
        [HF_ENGINE_OCF] = "ocf",
        [HF_ENGINE_SERVICE] = "service",
    };
    return spec->engine.type <= HF_ENGINE_SERVICE ? words[spec->engine.type] : "unknown";
}

/* What this node itself has of it; null when nothing. */
static json_t *here_json(const struct hf_status_input *input, uint16_t instance)
{
    if (!input->local)
        return json_null();
    struct hf_local_view here;
    input->local(input->local_user, instance, &here);
    if (here.inspected && here.phase == HF_OFFLINE && !here.unclean)
        return json_null();
    return json_pack("{s:s, s:I, s:b, s:b, s:b, s:b, s:b, s:b}", "phase",
                     here.inspected ? hf_phase_word(here.phase) : "unknown", "generation",
                     (json_int_t)here.generation, "inspected", here.inspected, "acquired",
                     here.acquired, "mounted", here.mounted, "address_up", here.address_up,
                     "engine_up", here.engine_up, "unclean", here.unclean);
}

static json_t *next_json(const struct hf_status_input *input, uint16_t instance)
{
    if (!hf_status_current(input) || input->state->instances[instance].owner == HF_NODE_NONE)
        return json_null();
    return hf_json_node(&input->state->spec, hf_owners_next(input->state, instance));
}

/* What would follow if its node failed now, and what that comes from; null = not known. */
static json_t *recovery_json(const struct hf_status_input *input, uint16_t instance)
{
    struct hf_recovery_estimate expected;
    if (!hf_status_current(input) || !input->recovery ||
        !input->recovery(input->local_user, instance, &expected))
        return json_null();
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:i, s:i}", "total_ms",
                     (json_int_t)expected.total_ms, "log_bytes", (json_int_t)expected.log_bytes,
                     "bytes_per_s", (json_int_t)expected.rate, "detect_ms",
                     (json_int_t)expected.detect_ms, "takeover_ms",
                     (json_int_t)expected.takeover_ms, "start_ms", (json_int_t)expected.start_ms,
                     "rate_samples", (int)expected.rate_samples, "takeover_samples",
                     (int)expected.takeover_samples, "start_samples", (int)expected.start_samples);
}

static json_t *total_json(const json_t *recovery)
{
    json_t *total = json_object_get(recovery, "total_ms");
    return total ? json_incref(total) : json_null();
}

static json_t *instance_json(const struct hf_status_input *input, uint16_t i)
{
    const struct hf_state *state = input->state;
    const struct hf_instance_spec *spec = &state->spec.instances[i];
    const struct hf_instance_state *now = &state->instances[i];
    json_t *json = json_pack(
        "{s:o, s:s, s:o, s:o, s:o, s:I, s:b, s:I, s:s, s:i, s:o, s:o, s:o}", "name",
        hf_json_instance(&state->spec, i), "phase", hf_status_phase(input, i), "owner",
        hf_json_node(&state->spec, now->owner), "target", hf_json_node(&state->spec, now->target),
        "last_owner", hf_json_node(&state->spec, now->last_owner), "generation",
        (json_int_t)now->generation, "wanted", now->wanted, "since_ms",
        since_json(input, now->since_ms), "engine", engine_word(spec), "priority",
        (int)hf_spec_priority(spec), "priority_word", hf_control_text(priority_word(spec)),
        "address", hf_control_text(spec->address[0] ? spec->address : NULL), "next",
        next_json(input, i));
    json_t *recovery = recovery_json(input, i);
    json_t *more =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:I, s:b, s:o}", "recovery_ms",
                  total_json(recovery), "recovery", recovery, "network_name",
                  hf_control_text(spec->network_name[0] ? spec->network_name : NULL), "reason",
                  hf_json_reason(&now->reason, &state->spec), "detail",
                  hf_control_text(now->detail[0] ? now->detail : NULL), "here", here_json(input, i),
                  "restarts", (int)now->restart_count, "failovers", (int)now->failover_count,
                  "retry_ms", (json_int_t)now->retry_ms, "priority_stated", spec->priority_stated,
                  "demand", hf_status_demand_json(input, i));
    json_t *size = hf_status_size_json(input, i);
    if (json && more)
        (void)json_object_update(json, more);
    if (json && size)
        (void)json_object_update(json, size);
    json_decref(size);
    json_decref(more);
    return json;
}

static json_t *cluster_json(const struct hf_status_input *input)
{
    const struct hf_state *state = input->state;
    const struct hf_cluster_spec *spec = &state->spec.cluster;
    bool quorate = input->view.condition >= HF_CORE_JOINING;
    return json_pack("{s:o, s:b, s:b, s:I, s:I, s:b, s:i, s:o, s:I, s:I, s:I}", "name",
                     hf_control_text(spec->name[0] ? spec->name : NULL), "quorate", quorate,
                     "current", hf_status_current(input), "votes", (json_int_t)input->view.votes,
                     "expected", (json_int_t)input->view.expected, "witness",
                     spec->witness_disk[0] != '\0', "nodes",
                     __builtin_popcountll(hf_spec_nodes(&state->spec)), "coordinator",
                     hf_json_node(&state->spec, state->coordinator), "config_version",
                     (json_int_t)state->config_version, "decisions", (json_int_t)state->index,
                     "decided_ms", (json_int_t)state->wall_ms);
}

json_t *hf_status_json(const struct hf_status_input *input)
{
    const struct hf_state *state = input->state;
    json_t *nodes = json_array();
    json_t *instances = json_array();
    for (uint8_t n = 0; n < HF_NODES_MAX; n++)
        if (state->spec.nodes[n].name[0])
            (void)json_array_append_new(nodes, node_json(input, n));
    for (uint16_t i = 0; i < HF_INSTANCES_MAX; i++)
        if (state->spec.instances[i].name[0])
            (void)json_array_append_new(instances, instance_json(input, i));
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "time_ms", (json_int_t)input->wall_ms,
                     "cluster", cluster_json(input), "self", hf_status_self_json(input), "nodes",
                     nodes, "instances", instances, "last", hf_status_last_json(state), "warnings",
                     hf_status_warnings_json(input));
}

json_t *hf_status_reply(const struct hf_status_input *input)
{
    return json_pack("{s:b, s:o, s:o}", "ok", 1, "self", hf_status_self_json(input), "data",
                     hf_status_json(input));
}
