#include "cli/admit_words.h"

#include "cli/plan_words.h"

#define LOSSES_TOLD 5u
#define INSTANCES_TOLD 4u
#define NAMES_BYTES 90u

void hf_admit_say_action(const struct hf_admit_action *action, struct hf_strbuf *out)
{
    hf_strbuf_add(out, action->verb);
    for (int k = 0; k < action->options->argument_count; k++)
        hf_strbuf_addf(out, " %s", action->options->arguments[k]);
    if (action->options->instance) /* databases set */
        hf_strbuf_addf(out, " --instance %s", action->options->instance);
    if (action->options->from)
        hf_strbuf_addf(out, " --from %s", action->options->from);
}

/* "bam needs 24 GiB memory; db3, which comes closest, has 11.2 GiB left for it" */
static void say_left_out(const struct hf_plan *plan, const struct hf_plan_left_out *out_of,
                         struct hf_strbuf *out)
{
    int64_t left = out_of->need - out_of->short_by;
    hf_strbuf_addf(out, "    %s", plan->input->instances[out_of->instance].name);
    if (out_of->why != HF_PLAN_NO_ROOM && out_of->why != HF_PLAN_TOO_BIG) {
        hf_strbuf_add(out, ": ");
        hf_plan_say_why(plan, out_of, out);
    } else {
        hf_strbuf_add(out, " needs ");
        hf_plan_say_amount(out_of->resource, out_of->need, out);
        hf_strbuf_addf(out, " %s; %s, which comes closest, has ",
                       hf_plan_resource(out_of->resource), plan->input->nodes[out_of->node].name);
        hf_plan_say_amount(out_of->resource, left > 0 ? left : 0, out);
        hf_strbuf_add(out,
                      out_of->why == HF_PLAN_TOO_BIG ? " even when it is empty" : " left for it");
    }
    hf_strbuf_add(out, "\n");
}

static void say_consequence(const struct hf_plan *plan, const struct hf_plan_case *c,
                            struct hf_strbuf *out)
{
    if (!c->quorum || !hf_plan_left(plan->input, c)) {
        hf_plan_say_no_quorum(plan, c, out);
        hf_strbuf_add(out, "\n");
        return;
    }
    hf_plan_say_left_out(plan, c, NAMES_BYTES, out);
    hf_strbuf_add(out, c->proved ? "\n" : " (none was found that serves more; not proved)\n");
    for (unsigned k = 0; k < c->n_left_out && k < INSTANCES_TOLD; k++)
        say_left_out(plan, &c->left_out[k], out);
}

static void say_loss(const struct hf_plan *plan, const struct hf_plan_worse *worse,
                     struct hf_strbuf *out)
{
    const struct hf_plan_case *c = &plan->cases[worse->number];
    const char *how =
        worse->was_carried ? "is carried now, and then leaves out " : "leaves out more than now: ";
    if (c->kind == HF_PLAN_NORMAL)
        hf_strbuf_addf(out, "  even without a failure: %s",
                       worse->was_carried ? "this leaves out " : how);
    else
        hf_strbuf_addf(out, "  the loss of %s %s", c->name, how);
    say_consequence(plan, c, out);
}

void hf_admit_say_worse(const struct hf_admit_action *action, const struct hf_admit_plans *plans,
                        struct hf_strbuf *out)
{
    const struct hf_plan_comparison *compared = &plans->compared;
    hf_admit_say_action(action, out);
    hf_strbuf_add(out, ": failures would do more harm afterwards than now.\n");
    for (unsigned k = 0; k < compared->n_worse && k < LOSSES_TOLD; k++)
        say_loss(plans->after, &compared->worse[k], out);
    if (compared->n_worse > LOSSES_TOLD)
        hf_strbuf_addf(out, "  and %u more losses\n", compared->n_worse - LOSSES_TOLD);
}

void hf_admit_say_good(const struct hf_admit_plans *plans, struct hf_strbuf *out)
{
    const struct hf_plan_comparison *compared = &plans->compared;
    if (!compared->was.holds && compared->will.holds) {
        hf_admit_say_verdict("afterwards", plans, out);
    } else if (compared->moves_more >= 0) {
        const char *name = plans->after->cases[compared->moves_more].name;
        hf_strbuf_addf(out,
                       "afterwards a loss of %s is still carried, by moving %u of what runs "
                       "elsewhere to make room (now: %u)\n",
                       name, compared->moved_after, compared->moved_before);
    }
}

void hf_admit_say_verdict(const char *word, const struct hf_admit_plans *plans,
                          struct hf_strbuf *out)
{
    hf_strbuf_addf(out, "%s: ", word);
    hf_plan_say_verdict(plans->after, &plans->compared.will, out);
    hf_strbuf_add(out, "\n");
    size_t length = out->length;
    hf_plan_say_unknown(&plans->compared.will, out);
    if (out->length > length)
        hf_strbuf_add(out, "\n");
}
