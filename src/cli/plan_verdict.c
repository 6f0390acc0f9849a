/* The verdict in one line. */

#include "cli/plan_words.h"

#define CASES_NAMED 3u
#define GROUPS_NAMED 3u
#define NAMES_BYTES 90u

/* "any one failure", "any loss of a site", "any two at once". */
struct phrase {
    const char *any;     /* ... is carried */
    const char *any_no;  /* ... costs quorum */
    const char *any_out; /* ... the same */
    const char *some;
};

static const struct phrase phrases[HF_PLAN_KINDS] = {
    [HF_PLAN_NODE] = {"any one failure is carried", "any one failure costs quorum",
                      "any one failure leaves out ", "of single failures, "},
    [HF_PLAN_SITE] = {"any one site may be lost", "any site that is lost costs quorum",
                      "any site that is lost leaves out ", "of sites, "},
    [HF_PLAN_PAIR] = {"any two at once are carried", "any two at once cost quorum",
                      "any two at once leave out ", "of two at once, "},
};

static bool same_left_out(const struct hf_plan_case *a, const struct hf_plan_case *b)
{
    for (unsigned k = 0; a->n_left_out == b->n_left_out && k < a->n_left_out; k++)
        if (a->left_out[k].instance != b->left_out[k].instance)
            return false;
    return a->n_left_out == b->n_left_out && a->proved == b->proved;
}

static bool leaves_out(const struct hf_plan_case *c, enum hf_plan_kind kind)
{
    return c->kind == kind && c->quorum && c->n_left_out > 0;
}

static void say_names(const struct hf_plan *plan, const struct hf_plan_case *c,
                      struct hf_strbuf *out)
{
    hf_plan_say_left_out(plan, c, NAMES_BYTES, out);
    if (!c->proved)
        hf_strbuf_add(out, " (not proved)");
}

/* One of them, when all losses of a kind leave out the same. */
static const struct hf_plan_case *all_alike(const struct hf_plan *plan,
                                            const struct hf_plan_verdict *v, enum hf_plan_kind kind)
{
    const struct hf_plan_case *first = NULL;
    for (unsigned k = 0; k < plan->n_cases; k++) {
        const struct hf_plan_case *c = &plan->cases[k];
        if (c->kind != kind)
            continue;
        if (!leaves_out(c, kind) || (first && !same_left_out(first, c)))
            return NULL;
        first = c;
    }
    return v->total[kind] > 1 ? first : NULL;
}

/* The losses that leave out the same as case first, which is the first of them. */
static void say_alike(const struct hf_plan *plan, unsigned first, struct hf_strbuf *out)
{
    const struct hf_plan_case *c = &plan->cases[first];
    unsigned named = 0;
    unsigned more = 0;
    for (unsigned k = first; k < plan->n_cases; k++) {
        if (!leaves_out(&plan->cases[k], c->kind) || !same_left_out(c, &plan->cases[k]))
            continue;
        if (named == CASES_NAMED)
            more++;
        else
            hf_strbuf_addf(out, "%s%s", named++ ? ", " : "", plan->cases[k].name);
    }
    if (more)
        hf_strbuf_addf(out, " and %u more", more);
    hf_strbuf_add(out, named > 1 ? " leave out " : " leaves out ");
    say_names(plan, c, out);
}

static bool said_before(const struct hf_plan *plan, unsigned k)
{
    for (unsigned j = 0; j < k; j++)
        if (leaves_out(&plan->cases[j], plan->cases[k].kind) &&
            same_left_out(&plan->cases[j], &plan->cases[k]))
            return true;
    return false;
}

/* The losses that leave something out although quorum stays, then how many cost quorum. */
static void say_some(const struct hf_plan *plan, const struct hf_plan_verdict *v,
                     enum hf_plan_kind kind, struct hf_strbuf *out)
{
    unsigned groups = 0;
    bool more = false;
    hf_strbuf_add(out, phrases[kind].some);
    for (unsigned k = 0; k < plan->n_cases; k++) {
        if (!leaves_out(&plan->cases[k], kind) || said_before(plan, k))
            continue;
        more = groups == GROUPS_NAMED;
        if (more)
            break;
        hf_strbuf_add(out, groups++ ? ", and " : "");
        say_alike(plan, k, out);
    }
    if (more)
        hf_strbuf_addf(out, " (%u of %u leave something out)", v->left_out[kind], v->total[kind]);
    if (v->no_quorum[kind])
        hf_strbuf_addf(out, "%s%u of %u cost%s quorum", groups ? ", and " : "", v->no_quorum[kind],
                       v->total[kind], v->no_quorum[kind] == 1 ? "s" : "");
}

static void say_kind(const struct hf_plan *plan, const struct hf_plan_verdict *v,
                     enum hf_plan_kind kind, struct hf_strbuf *out)
{
    if (v->total[kind] == 0)
        return;
    const struct hf_plan_case *same = all_alike(plan, v, kind);
    hf_strbuf_add(out, out->length ? "; " : "");
    if (v->carried[kind] == v->total[kind]) {
        hf_strbuf_add(out, phrases[kind].any);
    } else if (v->no_quorum[kind] == v->total[kind]) {
        hf_strbuf_add(out, phrases[kind].any_no);
    } else if (same) {
        hf_strbuf_add(out, phrases[kind].any_out);
        say_names(plan, same, out);
    } else {
        say_some(plan, v, kind, out);
    }
}

static void say_normal(const struct hf_plan *plan, const struct hf_plan_verdict *v,
                       struct hf_strbuf *out)
{
    const struct hf_plan_case *c = &plan->cases[0];
    if (v->normal)
        return;
    if (!c->quorum)
        hf_strbuf_addf(out, "there is no quorum now (%u of %u votes are needed)", plan->needed,
                       plan->votes);
    if (c->n_left_out) {
        hf_strbuf_add(out, c->quorum ? "even without a failure there is no place for "
                                     : ", and there is no place for ");
        hf_plan_say_left_out(plan, c, NAMES_BYTES, out);
    }
}

void hf_plan_say_verdict(const struct hf_plan *plan, const struct hf_plan_verdict *verdict,
                         struct hf_strbuf *out)
{
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    hf_strbuf_init(&text);
    say_normal(plan, verdict, &text);
    say_kind(plan, verdict, HF_PLAN_NODE, &text);
    say_kind(plan, verdict, HF_PLAN_SITE, &text);
    say_kind(plan, verdict, HF_PLAN_PAIR, &text);
    hf_strbuf_add(out, text.length ? text.data : "no node is in service");
}

void hf_plan_say_unknown(const struct hf_plan_verdict *v, struct hf_strbuf *out)
{
    if (!v->unknown_demands && !v->unknown_capacities)
        return;
    hf_strbuf_add(out, "as far as is known: ");
    if (v->unknown_demands)
        hf_strbuf_addf(out, "%u instance%s ha%s no demand stated and count%s as nothing",
                       v->unknown_demands, v->unknown_demands == 1 ? "" : "s",
                       v->unknown_demands == 1 ? "s" : "ve", v->unknown_demands == 1 ? "s" : "");
    if (v->unknown_capacities)
        hf_strbuf_addf(out, "%s%u node%s lack%s a capacity and count%s as large enough",
                       v->unknown_demands ? ", " : "", v->unknown_capacities,
                       v->unknown_capacities == 1 ? "" : "s", v->unknown_capacities == 1 ? "s" : "",
                       v->unknown_capacities == 1 ? "s" : "");
}
