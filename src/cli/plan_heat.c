/* The heat map and the comparison of topologies, as text. */

#include <stdio.h>
#include <string.h>

#include "cli/plan_show.h"
#include "cli/plan_words.h"
#include "cli/table.h"

#define NAME_MAX_COLUMNS 24

static int width_of(const char *name)
{
    int width = hf_terminal_columns(name);
    return width > NAME_MAX_COLUMNS ? NAME_MAX_COLUMNS : width < 4 ? 4 : width;
}

/* A background from cool to hot in the 256 colours, with a text that can be read on it. */
static const char *paint_of(int permille)
{
    static const struct {
        int from;
        const char *code;
    } steps[] = {{900, "\033[48;5;160;38;5;231m"}, {800, "\033[48;5;208;38;5;16m"},
                 {700, "\033[48;5;214;38;5;16m"},  {550, "\033[48;5;228;38;5;16m"},
                 {400, "\033[48;5;157;38;5;16m"},  {200, "\033[48;5;158;38;5;16m"},
                 {0, "\033[48;5;195;38;5;16m"}};
    for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]); k++)
        if (permille > steps[k].from || (permille == 0 && steps[k].from == 0))
            return steps[k].code;
    return "";
}

static void heat_cell(const struct hf_plan *plan, const struct hf_plan_case *c, unsigned n,
                      const struct hf_terminal *terminal, struct hf_strbuf *out)
{
    static const char letters[HF_RESOURCES + 1] = "cmnd";
    struct hf_plan_fullest fullest;
    char text[16] = "x";
    int width = width_of(plan->input->nodes[n].name);
    bool left = hf_plan_left(plan->input, c) >> n & 1;
    bool known = left && hf_plan_fullest(plan, c, (uint64_t)1 << n, &fullest);
    if (known)
        (void)snprintf(text, sizeof(text), fullest.permille ? "%d%c" : "%d",
                       (fullest.permille + 5) / 10, letters[fullest.resource]);
    else if (left)
        (void)snprintf(text, sizeof(text), "?");
    bool paint = terminal->colour && known;
    hf_strbuf_addf(out, " %s%*s%s", paint ? paint_of(fullest.permille) : "", width, text,
                   paint ? "\033[0m" : "");
}

static int label_width(const struct hf_plan_report *report)
{
    int width = 9;
    for (unsigned k = 0; k < report->plan->n_cases; k++) {
        int label = hf_terminal_columns(report->plan->cases[k].name);
        if (hf_plan_shown(report, &report->plan->cases[k]) && label > width)
            width = label;
    }
    return width > 2 * NAME_MAX_COLUMNS ? 2 * NAME_MAX_COLUMNS : width;
}

/* As many nodes from `from` as fit beside the labels. */
static unsigned block_end(const struct hf_plan *plan, const struct hf_terminal *terminal,
                          int labels, unsigned from)
{
    int used = labels;
    unsigned n = from;
    while (n < plan->input->n_nodes) {
        used += 1 + width_of(plan->input->nodes[n].name);
        if (terminal->width && used > terminal->width && n > from)
            break;
        n++;
    }
    return n;
}

static void show_block(const struct hf_plan_report *report, const struct hf_terminal *terminal,
                       int labels, unsigned from, unsigned to, struct hf_strbuf *out)
{
    const struct hf_plan *plan = report->plan;
    hf_strbuf_addf(out, "%-*s", labels, "IF FAILS");
    for (unsigned n = from; n < to; n++)
        hf_strbuf_addf(out, " %*.*s", width_of(plan->input->nodes[n].name), NAME_MAX_COLUMNS,
                       plan->input->nodes[n].name);
    hf_strbuf_add(out, "\n");
    for (unsigned k = 0; k < plan->n_cases; k++) {
        const struct hf_plan_case *c = &plan->cases[k];
        if (!hf_plan_shown(report, c))
            continue;
        hf_strbuf_addf(out, "%-*.*s", labels, labels, c->name[0] ? c->name : "(nothing)");
        for (unsigned n = from; n < to; n++)
            heat_cell(plan, c, n, terminal, out);
        hf_strbuf_add(out, "\n");
    }
}

void hf_plan_show_heat(const struct hf_plan_report *report, const struct hf_terminal *terminal,
                       struct hf_strbuf *out)
{
    int labels = label_width(report);
    for (unsigned n = 0; n < report->plan->input->n_nodes;) {
        unsigned end = block_end(report->plan, terminal, labels, n);
        show_block(report, terminal, labels, n, end, out);
        n = end;
    }
    hf_strbuf_add(out, "c CPU, m memory, n network, d disk I/O, x not there, ? not known\n");
}

/* ---- Topologies ---- */

static void fullest_cell(struct hf_table *table, const struct hf_plan_topology *t, unsigned lost)
{
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    hf_strbuf_init(&text);
    hf_plan_say_permille(t->permille[lost], &text);
    if (t->permille[lost] >= 0)
        hf_strbuf_addf(&text, " %s", hf_plan_resource(t->resource[lost]));
    hf_table_cell(table, HF_PLAIN, text.data);
}

static void served_cell(struct hf_table *table, const struct hf_plan_topology *t, unsigned lost)
{
    char text[64];
    if (!t->quorum[lost])
        (void)snprintf(text, sizeof(text), "none: quorum lost");
    else
        (void)snprintf(text, sizeof(text), "%u of %u", t->served[lost], t->instances);
    bool all = t->quorum[lost] && t->served[lost] == t->instances;
    hf_table_cell(table, all ? HF_GREEN : HF_RED, text);
}

static void topology_row(struct hf_table *table, const char *name, const struct hf_plan_topology *t,
                         bool needed)
{
    char text[120];
    hf_table_cell(table, HF_PLAIN, name);
    if (needed && !t->possible) {
        hf_table_cell(table, HF_RED, "no number of them does");
        for (unsigned k = 0; k < 5; k++)
            hf_table_cell(table, HF_PLAIN, "-");
        return;
    }
    (void)snprintf(text, sizeof(text), "%u: %u active, %u passive%s", t->active + t->passive,
                   t->active, t->passive, t->witness ? ", witness disk" : "");
    hf_table_cell(table, HF_PLAIN, text);
    for (unsigned lost = 0; lost < 3; lost++)
        fullest_cell(table, t, lost);
    served_cell(table, t, 1);
    served_cell(table, t, 2);
}

void hf_plan_show_topologies(const struct hf_plan_report *report,
                             const struct hf_terminal *terminal, struct hf_strbuf *out)
{
    static const struct hf_table_column columns[] = {
        {"TOPOLOGY", 0},  {"NODES NEEDED", 0},     {"FULLEST", 0},         {"AFTER ONE", 0},
        {"AFTER TWO", 1}, {"SERVED AFTER ONE", 0}, {"SERVED AFTER TWO", 0}};
    struct hf_table *table = hf_table_new(columns, 7);
    struct hf_plan_topology now = {0};
    hf_plan_summarise(report->plan, &now);
    topology_row(table, report->live ? "as it is" : "as the file says", &now, false);
    for (unsigned k = 0; k < report->n_topologies; k++)
        topology_row(table, report->topologies[k].shape.name, &report->topologies[k], true);
    hf_table_render(table, terminal, out);
    hf_table_free(table);
    for (unsigned k = 0; k < report->n_topologies; k++) {
        const struct hf_plan_topology *t = &report->topologies[k];
        if (t->possible && !t->said_is_enough && !t->shape.open)
            hf_strbuf_addf(out, "%s, with exactly %u active and %u passive, is not enough.\n",
                           t->shape.name, t->shape.active, t->shape.passive);
    }
}
