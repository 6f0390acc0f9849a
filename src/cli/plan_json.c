/* A plan as JSON: all of it, with the words for programs and the sentences for people. */

#include "cli/plan_show.h"
#include "cli/plan_words.h"

static json_t *text_of(struct hf_strbuf *text)
{
    json_t *json = json_string(text->data);
    hf_strbuf_clear(text);
    return json;
}

static json_t *name_or_null(const struct hf_plan_input *input, int node)
{
    return node < 0 ? json_null() : json_string(input->nodes[node].name);
}

static json_t *amounts(const int64_t *amount, bool null_is_unknown)
{
    json_t *json = json_object();
    for (unsigned r = 0; r < HF_RESOURCES; r++)
        (void)json_object_set_new(json, hf_plan_resource_word(r),
                                  amount[r] || !null_is_unknown ? json_integer(amount[r])
                                                                : json_null());
    return json;
}

static json_t *nodes_json(const struct hf_plan_input *input)
{
    json_t *list = json_array();
    for (unsigned n = 0; n < input->n_nodes; n++) {
        const struct hf_plan_node *node = &input->nodes[n];
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:b, s:b, s:o}", "name",
                                                    node->name, "site", node->site, "role",
                                                    node->passive ? "passive" : "active", "up",
                                                    node->up, "in_service", node->in_service,
                                                    "capacity", amounts(node->capacity, true)));
    }
    return list;
}

static json_t *instances_json(const struct hf_plan *plan)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < plan->input->n_instances; i++) {
        const struct hf_plan_instance *instance = &plan->input->instances[i];
        json_t *recovery = instance->recovery_ms == HF_PLAN_RECOVERY_UNKNOWN
                               ? json_null()
                               : json_integer(instance->recovery_ms);
        (void)json_array_append_new(
            list,
            json_pack("{s:s, s:i, s:b, s:o, s:o, s:o, s:o}", "name", instance->name, "priority",
                      (int)instance->priority, "wanted", instance->wanted, "demand",
                      amounts(instance->demand, true), "now",
                      name_or_null(plan->input, instance->now), "node",
                      name_or_null(plan->input, hf_plan_home(plan, i)), "recovery_ms", recovery));
    }
    return list;
}

static json_t *moves_json(const struct hf_plan *plan, const struct hf_plan_case *c)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < plan->input->n_instances; i++) {
        int from =
            c->kind == HF_PLAN_NORMAL ? plan->input->instances[i].now : hf_plan_home(plan, i);
        if (c->place[i] < 0 || c->place[i] == from)
            continue;
        (void)json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "instance",
                                                    plan->input->instances[i].name, "from",
                                                    name_or_null(plan->input, from), "to",
                                                    name_or_null(plan->input, c->place[i])));
    }
    return list;
}

static json_t *left_out_json(const struct hf_plan *plan, const struct hf_plan_case *c)
{
    json_t *list = json_array();
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    hf_strbuf_init(&text);
    for (unsigned k = 0; k < c->n_left_out; k++) {
        const struct hf_plan_left_out *left_out = &c->left_out[k];
        const struct hf_plan_instance *instance = &plan->input->instances[left_out->instance];
        hf_plan_say_why(plan, left_out, &text);
        json_t *json = json_pack("{s:s, s:i, s:s, s:o}", "instance", instance->name, "priority",
                                 (int)instance->priority, "code", hf_plan_why_word(left_out->why),
                                 "text", text_of(&text));
        if (left_out->why == HF_PLAN_TOO_BIG || left_out->why == HF_PLAN_NO_ROOM)
            (void)json_object_update_new(
                json,
                json_pack("{s:o, s:s, s:I, s:I}", "node", name_or_null(plan->input, left_out->node),
                          "resource", hf_plan_resource_word(left_out->resource), "short_by",
                          (json_int_t)left_out->short_by, "need", (json_int_t)left_out->need));
        (void)json_array_append_new(list, json);
    }
    return list;
}

static json_t *permille_json(int permille)
{
    return permille < 0 ? json_null() : json_real((double)permille / 10);
}

/* Percent of each resource of each node that is left. */
static json_t *utilisation_json(const struct hf_plan *plan, const struct hf_plan_case *c)
{
    json_t *json = json_object();
    uint64_t left = hf_plan_left(plan->input, c);
    for (unsigned n = 0; n < plan->input->n_nodes; n++) {
        if (!(left >> n & 1))
            continue;
        json_t *node = json_object();
        for (unsigned r = 0; r < HF_RESOURCES; r++)
            (void)json_object_set_new(
                node, hf_plan_resource_word(r),
                permille_json(hf_plan_permille(c->load[n][r], plan->input->nodes[n].capacity[r])));
        (void)json_object_set_new(json, plan->input->nodes[n].name, node);
    }
    return json;
}

static json_t *lost_json(const struct hf_plan *plan, const struct hf_plan_case *c)
{
    json_t *list = json_array();
    for (unsigned n = 0; n < plan->input->n_nodes; n++)
        if (c->lost >> n & 1)
            (void)json_array_append_new(list, name_or_null(plan->input, (int)n));
    return list;
}

json_t *hf_plan_case_json(const struct hf_plan *plan, const struct hf_plan_case *c)
{
    int64_t ms = 0;
    bool known = hf_plan_recovery(plan, c, &ms);
    return json_pack("{s:s, s:s, s:o, s:b, s:b, s:b, s:b, s:i, s:o, s:o, s:o, s:o}", "kind",
                     hf_plan_kind_word(c->kind), "name", c->name, "lost", lost_json(plan, c),
                     "carried", hf_plan_carried(c), "quorum", c->quorum, "optimal", c->optimal,
                     "proved", c->proved, "moved_or_stopped", (int)c->n_moved, "moves",
                     moves_json(plan, c), "left_out", left_out_json(plan, c), "utilisation",
                     utilisation_json(plan, c), "recovery_ms",
                     known ? json_integer(ms) : json_null());
}

json_t *hf_plan_verdict_json(const struct hf_plan *plan, const struct hf_plan_verdict *v)
{
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    hf_strbuf_init(&text);
    hf_plan_say_verdict(plan, v, &text);
    json_t *json =
        json_pack("{s:b, s:i, s:b, s:o, s:i, s:i}", "holds", v->holds, "required", (int)v->required,
                  "normal", v->normal, "text", text_of(&text), "unknown_demands",
                  (int)v->unknown_demands, "unknown_capacities", (int)v->unknown_capacities);
    for (int kind = HF_PLAN_NODE; kind < HF_PLAN_KINDS; kind++)
        (void)json_object_set_new(json, hf_plan_kind_word((enum hf_plan_kind)kind),
                                  json_pack("{s:i, s:i, s:i, s:i}", "losses", (int)v->total[kind],
                                            "carried", (int)v->carried[kind], "left_out",
                                            (int)v->left_out[kind], "no_quorum",
                                            (int)v->no_quorum[kind]));
    return json;
}

static json_t *heal_json(const struct hf_plan_report *report)
{
    const struct hf_plan_heal *heal = &report->heal;
    const struct hf_plan_input *input = report->plan->input;
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    hf_strbuf_init(&text);
    if (!heal->wanted)
        return json_null();
    json_t *list = json_array();
    for (unsigned k = 0; k < heal->n_changes; k++) {
        const struct hf_plan_change *change = &heal->changes[k];
        bool owner = change->kind == HF_PLAN_ADD_OWNER;
        hf_plan_say_change(report->plan, change, &text);
        json_t *json = json_pack("{s:s, s:o}", "kind", hf_plan_change_word(change->kind), "text",
                                 text_of(&text));
        if (owner)
            (void)json_object_set_new(json, "instance",
                                      json_string(input->instances[change->instance].name));
        if (owner || change->kind == HF_PLAN_GROW_NODE)
            (void)json_object_set_new(json, "node", name_or_null(input, change->node));
        if (!owner && change->kind != HF_PLAN_ADD_WITNESS)
            (void)json_object_set_new(json, "amount", amounts(change->amount, false));
        (void)json_array_append_new(list, json);
    }
    return json_pack("{s:s, s:b, s:o}", "goal", heal->goal == HF_PLAN_PAIR ? "pair" : "node",
                     "cut_short", heal->cut_short, "changes", list);
}

static json_t *topology_json(const struct hf_plan_topology *t)
{
    json_t *after = json_array();
    for (unsigned lost = 0; t->possible && lost < 3; lost++)
        (void)json_array_append_new(
            after, json_pack("{s:i, s:o, s:s, s:i, s:b}", "lost", (int)lost, "fullest",
                             permille_json(t->permille[lost]), "resource",
                             hf_plan_resource_word(t->resource[lost]), "served",
                             (int)t->served[lost], "quorum", t->quorum[lost]));
    return json_pack("{s:s, s:b, s:b, s:i, s:i, s:b, s:i, s:o}", "topology", t->shape.name,
                     "possible", t->possible, "said_is_enough", t->said_is_enough, "active",
                     (int)t->active, "passive", (int)t->passive, "witness", t->witness, "instances",
                     (int)t->instances, "after", after);
}

json_t *hf_plan_json(const struct hf_plan_report *report)
{
    const struct hf_plan *plan = report->plan;
    json_t *cases = json_array();
    json_t *topologies = json_array();
    for (unsigned k = 0; k < plan->n_cases; k++)
        (void)json_array_append_new(cases, hf_plan_case_json(plan, &plan->cases[k]));
    for (unsigned k = 0; k < report->n_topologies; k++)
        (void)json_array_append_new(topologies, topology_json(&report->topologies[k]));
    return json_pack(
        "{s:i, s:s, s:s, s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "format", 1, "cluster",
        plan->input->cluster, "from", report->live ? "cluster" : "file", "votes", (int)plan->votes,
        "votes_needed", (int)plan->needed, "reserve_percent", plan->input->reserve, "verdict",
        hf_plan_verdict_json(plan, &report->verdict), "nodes", nodes_json(plan->input), "instances",
        instances_json(plan), "losses", cases, "heal", heal_json(report), "topologies", topologies);
}
