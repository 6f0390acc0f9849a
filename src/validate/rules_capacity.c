/* Capacity: the verdict of the plan, and whether the stated capacities are there at all. */
#include <stdio.h>
#include <stdlib.h>

#include "plan/plan.h"
#include "validate/rules.h"

/* Works the plan out and calls fn with it. */
static void with_plan(struct hf_run *run, void (*fn)(struct hf_run *run, const struct hf_plan *plan,
                                                     const struct hf_plan_verdict *verdict))
{
    struct hf_plan_options options = {.no_pairs = run->spec->cluster.survive < 2};
    struct hf_plan_verdict verdict;
    struct hf_plan *plan = NULL;
    if (!run->in->configured || !run->spec->instances[0].name[0]) {
        hf_no_need(run, "no instances are configured");
        return;
    }
    struct hf_plan_input *input = malloc(sizeof(*input));
    if (input)
        hf_plan_input_from_spec(run->spec, input);
    if (!input || hf_plan_make(input, &options, &plan) != 0) {
        run->failed = true;
    } else {
        hf_plan_judge(plan, &verdict);
        fn(run, plan, &verdict);
    }
    hf_plan_free(plan);
    free(input);
}

static void tell_case(struct hf_run *run, const struct hf_plan *plan, const struct hf_plan_case *c)
{
    char names[200] = "";
    size_t at = 0;
    for (unsigned k = 0; k < c->n_left_out && at < sizeof(names); k++)
        at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s", k ? ", " : "",
                               plan->input->instances[c->left_out[k].instance].name);
    if (!c->quorum)
        hf_saw(run, HF_RESULT_FAIL, "", "when %s fails, quorum is lost", c->name);
    else
        hf_saw(run, HF_RESULT_FAIL, "", "%s%s%s: left out: %s",
               c->name[0] ? "when "
                          : "without a "
                            "failure",
               c->name, c->name[0] ? " fails" : "", names);
}

static void tell_normal(struct hf_run *run, const struct hf_plan *plan,
                        const struct hf_plan_verdict *verdict)
{
    if (verdict->normal)
        hf_saw(run, HF_RESULT_PASS, "", "without a failure all %u instances are served",
               plan->input->n_instances);
    for (unsigned k = 0; !verdict->normal && k < plan->n_cases; k++)
        if (plan->cases[k].kind == HF_PLAN_NORMAL)
            tell_case(run, plan, &plan->cases[k]);
}

static void normal(struct hf_run *run)
{
    with_plan(run, tell_normal);
}

static void tell_failures(struct hf_run *run, const struct hf_plan *plan,
                          const struct hf_plan_verdict *verdict)
{
    if (plan->input->n_nodes < 2) {
        hf_no_need(run, "there is one node only");
        return;
    }
    bool told = false;
    for (unsigned k = 0; k < plan->n_cases; k++) {
        const struct hf_plan_case *c = &plan->cases[k];
        if (c->kind == HF_PLAN_NORMAL || hf_plan_carried(c) ||
            (c->kind == HF_PLAN_PAIR && verdict->required < 2) || c->kind == HF_PLAN_SITE)
            continue;
        told = true;
        tell_case(run, plan, c);
    }
    if (!told)
        hf_saw(run, HF_RESULT_PASS, "", "every %s carried",
               verdict->required < 2 ? "single failure is" : "one or two failures are");
}

static void failures(struct hf_run *run)
{
    with_plan(run, tell_failures);
}

static void tell_known(struct hf_run *run, const struct hf_plan *plan,
                       const struct hf_plan_verdict *verdict)
{
    (void)plan;
    if (verdict->unknown_demands || verdict->unknown_capacities)
        hf_saw(
            run, HF_RESULT_WARNING, "",
            "the plan counts nothing for %u instances without a demand, and no limit on %u nodes "
            "without a capacity",
            verdict->unknown_demands, verdict->unknown_capacities);
    else
        hf_saw(run, HF_RESULT_PASS, "", "demands and capacities are stated");
}

static void known(struct hf_run *run)
{
    with_plan(run, tell_known);
}

static void owners(struct hf_run *run)
{
    bool any = false;
    HF_EACH_INSTANCE(run, i, instance)
    {
        unsigned count = (unsigned)__builtin_popcountll(hf_owners(run, instance));
        any = true;
        hf_saw(run, count < 2 ? HF_RESULT_WARNING : HF_RESULT_PASS, "",
               "instance %s has %u possible owner%s", instance->name, count, count == 1 ? "" : "s");
    }
    if (!any)
        hf_no_need(run, "no instances are configured");
}

/* ---- Is what was stated there? ---- */

static void compare(struct hf_run *run, unsigned n, const char *what, uint64_t stated,
                    json_int_t there, enum hf_result less)
{
    if (stated == 0)
        hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "no capacity is stated: %s", what);
    else if (there <= 0)
        hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "%s: not known what is there", what);
    else
        hf_saw(run, (json_int_t)stated > there ? less : HF_RESULT_PASS, hf_node_name(run, n),
               "%s: %llu stated, %lld there", what, (unsigned long long)stated, (long long)there);
}

static void one_cpu(struct hf_run *run, unsigned n, const json_t *facts)
{
    compare(run, n, "millicores of CPU", run->spec->nodes[n].capacity[HF_CPU],
            hf_fact_number(facts, "system.cpus", 0) * 1000, HF_RESULT_FAIL);
}

static void cpu(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "system.cpus", one_cpu);
}

/* People state what is installed; firmware and kernel keep up to a sixteenth of it. */
static void one_memory(struct hf_run *run, unsigned n, const json_t *facts)
{
    uint64_t stated = run->spec->nodes[n].capacity[HF_MEMORY];
    compare(run, n, "MiB of memory", stated - stated / 16,
            hf_fact_number(facts, "system.memory_mib", 0), HF_RESULT_FAIL);
}

static void memory(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "system.memory_mib", one_memory);
}

static void one_network(struct hf_run *run, unsigned n, const json_t *facts)
{
    const json_t *interface = hf_fact_interface(facts, run->spec->nodes[n].public_address, NULL);
    compare(run, n, "Mbit/s of the public network", run->spec->nodes[n].capacity[HF_NETWORK],
            hf_fact_number(interface, "speed_mbit", 0), HF_RESULT_WARNING);
}

static void network(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "interfaces", one_network);
}

const struct hf_check hf_checks_capacity[] = {
    {"capacity.normal", "In normal times everything is served",
     "What has no room without a failure is never served.",
     "`holdfast plan` says which resource on which node is short.", normal},
    {"capacity.failures", "Every failure that must be carried is carried",
     "When a node fails, what does not fit on the others stays down until it is back.",
     "`holdfast plan` says what is short, and the least change that heals it.", failures},
    {"capacity.known", "Demands and capacities are stated",
     "The plan counts what is not stated as nothing, and finds room that is not there.",
     "State `demand:` of the instances and `capacity:` of the nodes in cluster.yaml.", known},
    {"capacity.owners", "Every instance has at least two possible owners",
     "An instance with one possible owner is down as long as that node is.",
     "Add nodes to `owners.possible`.", owners},
    {"capacity.cpu", "The stated CPUs are there", "The plan counts on cores that do not exist.",
     "Correct `capacity: {cpu: ...}` of the node.", cpu},
    {"capacity.memory", "The stated memory is there",
     "The plan counts on memory that does not exist.",
     "Correct `capacity: {memory: ...}` of the node.", memory},
    {"capacity.network", "The public link is as fast as stated",
     "The plan counts on bandwidth that the link does not have.",
     "Correct `capacity: {network: ...}` of the node, or see why the link is slower.", network},
};
HF_TABLE_OF(capacity);
