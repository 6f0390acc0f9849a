#include "cli/plan_html.h"
#include "cli/page.h"

#include "cli/plan_words.h"

/* Adds what a words function said, with what HTML reserves written out; clears it. */
static void take(struct hf_strbuf *text, struct hf_strbuf *out)
{
    hf_html_text(text->length ? text->data : "-", out);
    hf_strbuf_clear(text);
}

static void verdict(const struct hf_plan_report *report, struct hf_strbuf *out)
{
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    hf_strbuf_init(&text);
    hf_strbuf_addf(out, "<p class=\"verdict%s\">", report->verdict.holds ? "" : " fails");
    hf_plan_say_verdict(report->plan, &report->verdict, &text);
    take(&text, out);
    hf_plan_say_unknown(&report->verdict, &text);
    if (text.length) {
        hf_strbuf_add(out, "<br>");
        take(&text, out);
    }
    hf_strbuf_add(out, "</p>\n");
}

static void heal(const struct hf_plan_report *report, struct hf_strbuf *out)
{
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    hf_strbuf_init(&text);
    if (!report->heal.wanted)
        return;
    hf_strbuf_addf(out, "<h2>Least change that carries %s</h2>\n",
                   report->heal.goal == HF_PLAN_PAIR ? "every two at once"
                                                     : "every single failure");
    if (report->heal.n_changes == 0)
        hf_strbuf_add(out, "<p>No single change was found.</p>\n");
    else
        hf_strbuf_add(out, "<p>Any one of these; each was planned again.</p>\n<ol>\n");
    for (unsigned k = 0; k < report->heal.n_changes; k++) {
        hf_strbuf_add(out, "<li>");
        hf_plan_say_change(report->plan, &report->heal.changes[k], &text);
        take(&text, out);
        hf_strbuf_add(out, "</li>\n");
    }
    if (report->heal.n_changes)
        hf_strbuf_add(out, "</ol>\n");
}

static void column(const char *text, struct hf_strbuf *out)
{
    hf_strbuf_add(out, "<td>");
    hf_html_text(text[0] ? text : "-", out);
    hf_strbuf_add(out, "</td>");
}

static void left_out(const struct hf_plan *plan, const struct hf_plan_case *c,
                     struct hf_strbuf *out)
{
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    hf_strbuf_init(&text);
    hf_strbuf_add(out, "<td>");
    if (!c->quorum)
        hf_plan_say_no_quorum(plan, c, out);
    for (unsigned k = 0; c->quorum && k < c->n_left_out; k++) {
        hf_strbuf_add(out, k ? "<br><b>" : "<b>");
        hf_html_text(plan->input->instances[c->left_out[k].instance].name, out);
        hf_strbuf_add(out, "</b>: ");
        hf_plan_say_why(plan, &c->left_out[k], &text);
        take(&text, out);
    }
    hf_strbuf_add(out, hf_plan_carried(c) ? "-</td>" : "</td>");
}

static void loss(const struct hf_plan_report *report, const struct hf_plan_case *c,
                 struct hf_strbuf *out)
{
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    struct hf_plan_fullest fullest;
    int64_t ms = 0;
    hf_strbuf_init(&text);
    hf_strbuf_addf(out, "<tr%s>", hf_plan_carried(c) ? "" : " class=\"fails\"");
    column(c->name[0] ? c->name : "(nothing)", out);
    if (c->quorum && (c->kind != HF_PLAN_NORMAL || report->live))
        hf_plan_say_moves(report->plan, c, 0, &text);
    column(text.data, out);
    hf_strbuf_clear(&text);
    if (hf_plan_fullest(report->plan, c, hf_plan_left(report->plan->input, c), &fullest)) {
        hf_strbuf_addf(&text, "%s %s ", report->plan->input->nodes[fullest.node].name,
                       hf_plan_resource(fullest.resource));
        hf_plan_say_permille(fullest.permille, &text);
    }
    column(text.data, out);
    hf_strbuf_clear(&text);
    if (!hf_plan_recovery(report->plan, c, &ms))
        hf_strbuf_add(&text, "unknown");
    else if (ms)
        hf_strbuf_addf(&text, "%lld ms", (long long)ms);
    column(text.data, out);
    left_out(report->plan, c, out);
    hf_strbuf_add(out, "</tr>\n");
}

static void losses(const struct hf_plan_report *report, bool pairs, struct hf_strbuf *out)
{
    hf_strbuf_add(out, "<div class=\"scroll\"><table><tr><th>If fails</th><th>Moves</th>"
                       "<th>Fullest afterwards</th><th>Expected recovery</th>"
                       "<th>Left out</th></tr>\n");
    for (unsigned k = 0; k < report->plan->n_cases; k++)
        if ((report->plan->cases[k].kind == HF_PLAN_PAIR) == pairs)
            loss(report, &report->plan->cases[k], out);
    hf_strbuf_add(out, "</table></div>\n");
}

static void heat(const struct hf_plan *plan, struct hf_strbuf *out)
{
    hf_strbuf_add(out, "<h2>Heat maps</h2>\n<p class=\"dim\">A row for each loss, a column for "
                       "each node, percent of its capacity; grey: not there.</p>\n");
    hf_strbuf_add(out, "<h3>The fullest resource</h3>\n");
    hf_plan_svg_heat(plan, HF_RESOURCES, out);
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        hf_strbuf_addf(out, "<details open><summary>%s</summary>\n", hf_plan_resource(r));
        hf_plan_svg_heat(plan, r, out);
        hf_strbuf_add(out, "</details>\n");
    }
}

static void pairs(const struct hf_plan_report *report, struct hf_strbuf *out)
{
    if (report->verdict.total[HF_PLAN_PAIR] == 0)
        return;
    hf_strbuf_add(out, "<h2>Two failures at once</h2>\n<p class=\"dim\">On the diagonal one. "
                       "Green: carried, with the fullest resource in percent. Red: so many "
                       "instances are left out. Grey, Q: quorum is lost.</p>\n");
    hf_plan_svg_pairs(report->plan, out);
    hf_strbuf_add(out, "<details><summary>Every pair</summary>\n");
    losses(report, true, out);
    hf_strbuf_add(out, "</details>\n");
}

static void topology(const char *name, const struct hf_plan_topology *t, bool possible,
                     struct hf_strbuf *out)
{
    hf_strbuf_add(out, "<tr>");
    column(name, out);
    if (!possible) {
        hf_strbuf_add(out, "<td colspan=\"6\">no number of them does</td></tr>\n");
        return;
    }
    hf_strbuf_addf(out, "<td>%u: %u active, %u passive%s</td>", t->active + t->passive, t->active,
                   t->passive, t->witness ? ", witness disk" : "");
    for (unsigned lost = 0; lost < 3; lost++) {
        hf_strbuf_add(out, "<td>");
        hf_plan_say_permille(t->permille[lost], out);
        hf_strbuf_addf(out, " %s</td>",
                       t->permille[lost] < 0 ? "" : hf_plan_resource(t->resource[lost]));
    }
    for (unsigned lost = 1; lost < 3; lost++) {
        if (t->quorum[lost])
            hf_strbuf_addf(out, "<td>%u of %u</td>", t->served[lost], t->instances);
        else
            hf_strbuf_add(out, "<td>none: quorum lost</td>");
    }
    hf_strbuf_add(out, "</tr>\n");
}

static void topologies(const struct hf_plan_report *report, struct hf_strbuf *out)
{
    struct hf_plan_topology now = {0};
    if (report->n_topologies == 0)
        return;
    hf_plan_summarise(report->plan, &now);
    hf_strbuf_add(out, "<h2>Topologies</h2>\n<div class=\"scroll\"><table><tr><th>Topology</th>"
                       "<th>Nodes needed</th><th>Fullest</th><th>After one</th><th>After two</th>"
                       "<th>Served after one</th><th>Served after two</th></tr>\n");
    topology(report->live ? "as it is" : "as the file says", &now, true, out);
    for (unsigned k = 0; k < report->n_topologies; k++)
        topology(report->topologies[k].shape.name, &report->topologies[k],
                 report->topologies[k].possible, out);
    hf_strbuf_add(out, "</table></div>\n");
}

void hf_plan_html(const struct hf_plan_report *report, struct hf_strbuf *out)
{
    const struct hf_plan *plan = report->plan;
    hf_page_begin("Plan of ", plan->input->cluster, out);
    hf_strbuf_addf(out, "<p class=\"dim\">%u nodes%s, %u instances, %s</p>\n", plan->input->n_nodes,
                   plan->input->witness ? " and a witness disk" : "", plan->input->n_instances,
                   report->live ? "from where they are now" : "as the file says");
    verdict(report, out);
    heal(report, out);
    topologies(report, out);
    hf_strbuf_addf(out,
                   "<h2>Utilisation</h2>\n<p class=\"dim\">In normal times, and at worst after "
                   "any one failure. Beyond the dashed line, %d %% of each capacity are kept for "
                   "the system.</p>\n",
                   plan->input->reserve);
    hf_plan_svg_bars(plan, out);
    heat(plan, out);
    hf_strbuf_add(out, "<h2>What follows each loss</h2>\n");
    losses(report, false, out);
    pairs(report, out);
    hf_page_end(out);
}
