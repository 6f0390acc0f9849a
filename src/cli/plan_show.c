#include "cli/plan_show.h"

#include <stdio.h>
#include <string.h>

#include "cli/plan_words.h"
#include "cli/table.h"

#define WHY_LINES 12u
#define CELL 140u

bool hf_plan_shown(const struct hf_plan_report *report, const struct hf_plan_case *c)
{
    return report->all || c->kind != HF_PLAN_PAIR || !hf_plan_carried(c);
}

static void head(const struct hf_terminal *terminal, const char *text, struct hf_strbuf *out)
{
    hf_strbuf_add(out, "\n");
    hf_terminal_add(terminal, out, HF_BOLD, text);
    hf_strbuf_add(out, "\n");
}

static void cell(struct hf_table *table, enum hf_colour colour, struct hf_strbuf *text)
{
    hf_table_cell(table, colour, text->data);
    hf_strbuf_clear(text);
}

/* ---- Nodes ---- */

/* Fullest that a resource of a node gets after any one failure, where it is not the one lost. */
static int worst_single(const struct hf_plan *plan, unsigned n, unsigned r)
{
    int worst = -1;
    for (unsigned k = 0; k < plan->n_cases; k++) {
        const struct hf_plan_case *c = &plan->cases[k];
        if (c->kind != HF_PLAN_NODE || (c->lost >> n & 1))
            continue;
        int full = hf_plan_permille(c->load[n][r], plan->input->nodes[n].capacity[r]);
        worst = full > worst ? full : worst;
    }
    return worst;
}

static enum hf_colour warmth(const struct hf_plan *plan, int permille)
{
    return permille > 1000 - 10 * plan->input->reserve ? HF_RED
           : permille > 750                            ? HF_YELLOW
                                                       : HF_PLAIN;
}

static void show_node(const struct hf_plan *plan, unsigned n, struct hf_table *table)
{
    const struct hf_plan_node *node = &plan->input->nodes[n];
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    hf_strbuf_init(&text);
    hf_strbuf_addf(&text, "%s%s", node->name,
                   !node->up           ? " (down)"
                   : !node->in_service ? " (drained)"
                   : node->passive     ? " (passive)"
                                       : "");
    cell(table, HF_PLAIN, &text);
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        int now = hf_plan_permille(plan->cases[0].load[n][r], node->capacity[r]);
        int worst = worst_single(plan, n, r);
        hf_plan_say_permille(now, &text);
        if (worst > now && now >= 0) {
            hf_strbuf_add(&text, " to ");
            hf_plan_say_permille(worst, &text);
        }
        cell(table, warmth(plan, worst > now ? worst : now), &text);
    }
    unsigned count = 0;
    for (unsigned i = 0; i < plan->input->n_instances; i++) {
        if (hf_plan_home(plan, i) != (int)n)
            continue;
        if (text.length > CELL - 30)
            count++;
        else
            hf_strbuf_addf(&text, "%s%s", text.length ? ", " : "", plan->input->instances[i].name);
    }
    if (count)
        hf_strbuf_addf(&text, " and %u more", count);
    cell(table, HF_PLAIN, &text);
}

static void show_nodes(const struct hf_plan *plan, const struct hf_terminal *terminal,
                       struct hf_strbuf *out)
{
    static const struct hf_table_column columns[] = {
        {"NODE", 0}, {"CPU", 0}, {"MEMORY", 0}, {"NETWORK", 0}, {"DISK I/O", 0}, {"INSTANCES", 1}};
    struct hf_table *table = hf_table_new(columns, 6);
    head(terminal, "Utilisation, in normal times to at worst after one failure", out);
    for (unsigned n = 0; table && n < plan->input->n_nodes; n++)
        show_node(plan, n, table);
    hf_table_render(table, terminal, out);
    hf_table_free(table);
    hf_strbuf_addf(out, "percent of the capacity; %d %% of it is kept for the system\n",
                   plan->input->reserve);
}

/* ---- Losses ---- */

static void say_fullest(const struct hf_plan *plan, const struct hf_plan_case *c,
                        struct hf_strbuf *out)
{
    struct hf_plan_fullest fullest;
    if (!hf_plan_fullest(plan, c, hf_plan_left(plan->input, c), &fullest))
        return;
    hf_strbuf_addf(out, "%s %s ", plan->input->nodes[fullest.node].name,
                   hf_plan_resource(fullest.resource));
    hf_plan_say_permille(fullest.permille, out);
}

static void say_recovery(const struct hf_plan *plan, const struct hf_plan_case *c,
                         struct hf_strbuf *out)
{
    int64_t ms = 0;
    if (!hf_plan_recovery(plan, c, &ms))
        hf_strbuf_add(out, "unknown");
    else if (ms)
        hf_strbuf_addf(out, "%lld.%lld s", (long long)(ms / 1000), (long long)(ms / 100 % 10));
}

/* What a cell may take: on a terminal the moves get what the other columns leave. */
struct room {
    size_t moves, left_out;
};

static struct room room_on(const struct hf_terminal *terminal)
{
    int rest = terminal->width - 60; /* names of losses and nodes, a resource, what is left out */
    if (!terminal->width)
        return (struct room){CELL, CELL};
    return (struct room){rest < 24 ? 24 : rest > (int)CELL ? CELL : (size_t)rest, 26};
}

static void show_case(const struct hf_plan_report *report, const struct hf_plan_case *c,
                      bool recovery, struct room room, struct hf_table *table)
{
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    hf_strbuf_init(&text);
    hf_strbuf_add(&text, c->name[0] ? c->name : "(nothing)");
    cell(table, HF_PLAIN, &text);
    if (c->quorum && (c->kind != HF_PLAN_NORMAL || report->live))
        hf_plan_say_moves(report->plan, c, room.moves, &text);
    cell(table, HF_PLAIN, &text);
    say_fullest(report->plan, c, &text);
    cell(table, HF_PLAIN, &text);
    if (recovery) {
        say_recovery(report->plan, c, &text);
        cell(table, HF_PLAIN, &text);
    }
    if (c->quorum)
        hf_plan_say_left_out(report->plan, c, room.left_out, &text);
    else
        hf_plan_say_no_quorum(report->plan, c, &text);
    cell(table, hf_plan_carried(c) ? HF_PLAIN : HF_RED, &text);
}

static bool any_recovery(const struct hf_plan *plan)
{
    for (unsigned i = 0; i < plan->input->n_instances; i++)
        if (plan->input->instances[i].recovery_ms != HF_PLAN_RECOVERY_UNKNOWN)
            return true;
    return false;
}

static void show_losses(const struct hf_plan_report *report, const struct hf_terminal *terminal,
                        struct hf_strbuf *out)
{
    static const struct hf_table_column with[] = {
        {"IF FAILS", 0}, {"MOVES", 1}, {"FULLEST AFTERWARDS", 2}, {"RECOVERY", 3}, {"LEFT OUT", 0}};
    static const struct hf_table_column without[] = {
        {"IF FAILS", 0}, {"MOVES", 1}, {"FULLEST AFTERWARDS", 2}, {"LEFT OUT", 0}};
    const struct hf_plan *plan = report->plan;
    bool recovery = any_recovery(plan);
    struct hf_table *table = recovery ? hf_table_new(with, 5) : hf_table_new(without, 4);
    unsigned hidden = 0;
    head(terminal, "What follows each loss", out);
    for (unsigned k = 0; table && k < plan->n_cases; k++) {
        if (hf_plan_shown(report, &plan->cases[k]))
            show_case(report, &plan->cases[k], recovery, room_on(terminal), table);
        else
            hidden++;
    }
    hf_table_render(table, terminal, out);
    hf_table_free(table);
    if (hidden)
        hf_strbuf_addf(out, "and %u pairs that are carried (--all shows them)\n", hidden);
    if (!recovery)
        hf_strbuf_add(out, "expected recovery times: unknown, nothing has been measured\n");
}

static void show_why(const struct hf_plan_report *report, const struct hf_terminal *terminal,
                     struct hf_strbuf *out)
{
    unsigned lines = 0;
    unsigned more = 0;
    for (unsigned k = 0; k < report->plan->n_cases; k++) {
        const struct hf_plan_case *c = &report->plan->cases[k];
        for (unsigned j = 0; c->quorum && j < c->n_left_out; j++) {
            struct hf_strbuf HF_STRBUF_CLEANUP text;
            hf_strbuf_init(&text);
            if (lines == WHY_LINES) {
                more++;
                continue;
            }
            if (lines++ == 0)
                head(terminal, "Why something is left out", out);
            hf_strbuf_addf(&text, "%s: %s: ", c->name[0] ? c->name : "(nothing)",
                           report->plan->input->instances[c->left_out[j].instance].name);
            hf_plan_say_why(report->plan, &c->left_out[j], &text);
            hf_terminal_wrap(terminal, out, 0, 2, text.data);
        }
    }
    if (more)
        hf_strbuf_addf(out, "and %u more (--json has all of them)\n", more);
}

/* ---- Verdict and proposals ---- */

static void show_verdict(const struct hf_plan_report *report, const struct hf_terminal *terminal,
                         struct hf_strbuf *out)
{
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    hf_strbuf_init(&text);
    hf_terminal_add(terminal, out, report->verdict.holds ? HF_GREEN : HF_RED,
                    report->verdict.holds ? "verdict" : "VERDICT");
    hf_plan_say_verdict(report->plan, &report->verdict, &text);
    hf_strbuf_add(out, ": ");
    hf_terminal_wrap(terminal, out, 9, 2, text.data);
    hf_strbuf_clear(&text);
    hf_plan_say_unknown(&report->verdict, &text);
    if (text.length)
        hf_terminal_wrap(terminal, out, 0, 2, text.data);
}

static void show_heal(const struct hf_plan_report *report, const struct hf_terminal *terminal,
                      struct hf_strbuf *out)
{
    const struct hf_plan_heal *heal = &report->heal;
    const char *goal = heal->goal == HF_PLAN_PAIR ? "every two at once" : "every single failure";
    if (!heal->wanted)
        return;
    if (heal->n_changes == 0) {
        hf_strbuf_addf(out, "no change of one thing was found that carries %s%s\n", goal,
                       heal->cut_short ? " within the time a plan may take" : "");
        return;
    }
    hf_strbuf_addf(out, "least change that carries %s%s:\n", goal,
                   heal->goal == HF_PLAN_PAIR ? " that keeps quorum" : "");
    for (unsigned k = 0; k < heal->n_changes; k++) {
        struct hf_strbuf HF_STRBUF_CLEANUP text;
        hf_strbuf_init(&text);
        hf_strbuf_add(&text, k ? "  or " : "  ");
        hf_plan_say_change(report->plan, &heal->changes[k], &text);
        hf_terminal_wrap(terminal, out, 0, 5, text.data);
    }
}

void hf_plan_show(const struct hf_plan_report *report, const struct hf_terminal *terminal,
                  struct hf_strbuf *out)
{
    const struct hf_plan *plan = report->plan;
    hf_strbuf_addf(out, "cluster %s   %u nodes%s, %u instances, %s\n", plan->input->cluster,
                   plan->input->n_nodes, plan->input->witness ? " + witness" : "",
                   plan->input->n_instances,
                   report->live ? "from where they are now" : "as the file says");
    if (report->n_topologies == 0) {
        show_nodes(plan, terminal, out);
        show_losses(report, terminal, out);
        head(terminal, "Heat map: the fullest resource of each node after each loss, in percent",
             out);
        hf_plan_show_heat(report, terminal, out);
        show_why(report, terminal, out);
    } else {
        head(terminal, "Topologies, on nodes of the size of the first", out);
        hf_plan_show_topologies(report, terminal, out);
    }
    hf_strbuf_add(out, "\n");
    show_verdict(report, terminal, out);
    show_heal(report, terminal, out);
}
