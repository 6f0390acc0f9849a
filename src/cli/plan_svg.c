#include "cli/page.h"
#include "cli/plan_html.h"
#include "cli/plan_words.h"

#include <string.h>

#define LABEL 150 /* pixels for names */
#define CELL_W 46
#define CELL_H 24
#define BAR_W 150
#define BAR_GAP 24
#define ROW_H 28
#define NAME_SHOWN 18 /* characters of a name beside a picture */

static void svg_text(struct hf_strbuf *out, const char *kind, int x, int y, const char *text)
{
    char cut[NAME_SHOWN * 2 + 4];
    size_t length = strlen(text);
    if (length > NAME_SHOWN * 2) { /* the title of the picture has all of it */
        memcpy(cut, text, NAME_SHOWN * 2 - 3);
        memcpy(cut + NAME_SHOWN * 2 - 3, "...", 4);
        text = cut;
    }
    hf_strbuf_addf(out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", kind, x, y);
    hf_html_text(text, out);
    hf_strbuf_add(out, "</text>");
}

static void svg_open(struct hf_strbuf *out, int width, int height, const char *what)
{
    hf_strbuf_addf(out,
                   "<div class=\"scroll\"><svg role=\"img\" aria-label=\"%s\" width=\"%d\" "
                   "height=\"%d\" viewBox=\"0 0 %d %d\">\n",
                   what, width, height, width, height);
}

static void svg_close(struct hf_strbuf *out)
{
    hf_strbuf_add(out, "</svg></div>\n");
}

/* ---- Bars ---- */

static int worst_single(const struct hf_plan *plan, unsigned n, unsigned r)
{
    int worst = -1;
    for (unsigned k = 0; k < plan->n_cases; k++) {
        const struct hf_plan_case *c = &plan->cases[k];
        int full = hf_plan_permille(c->load[n][r], plan->input->nodes[n].capacity[r]);
        if (c->kind == HF_PLAN_NODE && !(c->lost >> n & 1) && full > worst)
            worst = full;
    }
    return worst;
}

static int pixels(int permille)
{
    return (permille > 1000 ? 1000 : permille) * BAR_W / 1000;
}

static void bar(const struct hf_plan *plan, unsigned n, unsigned r, int x, int y,
                struct hf_strbuf *out)
{
    int now = hf_plan_permille(plan->cases[0].load[n][r], plan->input->nodes[n].capacity[r]);
    int worst = worst_single(plan, n, r);
    if (now < 0) {
        svg_text(out, "dim", x, y + 14, "not known");
        return;
    }
    hf_strbuf_addf(out, "<rect class=\"track\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"16\"/>", x,
                   y + 2, BAR_W);
    if (worst > now)
        hf_strbuf_addf(out, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"16\"/>",
                       worst > 900 ? "over" : "worst", x, y + 2, pixels(worst));
    hf_strbuf_addf(out, "<rect class=\"now\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"16\"/>", x,
                   y + 2, pixels(now));
    hf_strbuf_addf(out, "<line class=\"mark\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>",
                   x + pixels(1000 - 10 * plan->input->reserve),
                   x + pixels(1000 - 10 * plan->input->reserve), y, y + 20);
    hf_strbuf_addf(out, "<text class=\"in\" x=\"%d\" y=\"%d\">%d", x + 4, y + 14, (now + 5) / 10);
    if (worst > now)
        hf_strbuf_addf(out, " to %d", (worst + 5) / 10);
    hf_strbuf_add(out, " %</text>");
}

void hf_plan_svg_bars(const struct hf_plan *plan, struct hf_strbuf *out)
{
    int width = LABEL + HF_RESOURCES * (BAR_W + BAR_GAP);
    int height = ROW_H * ((int)plan->input->n_nodes + 1);
    svg_open(out, width, height, "utilisation of each node");
    for (unsigned r = 0; r < HF_RESOURCES; r++)
        svg_text(out, "head", LABEL + (int)r * (BAR_W + BAR_GAP), 16, hf_plan_resource(r));
    for (unsigned n = 0; n < plan->input->n_nodes; n++) {
        int y = ROW_H * ((int)n + 1);
        svg_text(out, "name", 0, y + 14, plan->input->nodes[n].name);
        for (unsigned r = 0; r < HF_RESOURCES; r++)
            bar(plan, n, r, LABEL + (int)r * (BAR_W + BAR_GAP), y, out);
        hf_strbuf_add(out, "\n");
    }
    svg_close(out);
}

/* ---- Heat ---- */

static void heat_cell(const struct hf_plan *plan, const struct hf_plan_case *c, unsigned n,
                      unsigned resource, int x, int y, struct hf_strbuf *out)
{
    struct hf_plan_fullest fullest = {n, resource, -1};
    if (!(hf_plan_left(plan->input, c) >> n & 1)) {
        hf_strbuf_addf(out, "<rect class=\"gone\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>",
                       x, y, CELL_W - 2, CELL_H - 2);
        return;
    }
    if (resource == HF_RESOURCES)
        (void)hf_plan_fullest(plan, c, (uint64_t)1 << n, &fullest);
    else
        fullest.permille =
            hf_plan_permille(c->load[n][resource], plan->input->nodes[n].capacity[resource]);
    int step = fullest.permille <= 0 ? 0 : (fullest.permille - 1) / 100;
    step = step > 9 ? 9 : step; /* the hottest is what reaches into the reserve */
    hf_strbuf_addf(out, "<g><title>%s after the loss of %s", plan->input->nodes[n].name,
                   c->name[0] ? c->name : "nothing");
    if (fullest.permille >= 0)
        hf_strbuf_addf(out, ": %s %d.%d %%", hf_plan_resource(fullest.resource),
                       fullest.permille / 10, fullest.permille % 10);
    hf_strbuf_addf(out,
                   "</title><rect class=\"h%d\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>"
                   "<text class=\"t%d cell\" x=\"%d\" y=\"%d\">",
                   step, x, y, CELL_W - 2, CELL_H - 2, step, x + CELL_W / 2 - 1, y + 15);
    if (fullest.permille < 0)
        hf_strbuf_add(out, "?");
    else
        hf_strbuf_addf(out, "%d", (fullest.permille + 5) / 10);
    hf_strbuf_add(out, "</text></g>");
}

/* Names of the columns, slanted so that long ones do not meet. */
static int column_names(const struct hf_plan_input *input, struct hf_strbuf *out)
{
    int top = 26;
    for (unsigned n = 0; n < input->n_nodes; n++)
        if (strlen(input->nodes[n].name) > 6)
            top = 90;
    for (unsigned n = 0; n < input->n_nodes; n++) {
        int x = LABEL + CELL_W * (int)n + (top > 26 ? 14 : CELL_W / 2 - 1);
        hf_strbuf_addf(out, "<text class=\"%s\" x=\"%d\" y=\"%d\"", top > 26 ? "name" : "cell", x,
                       top - 8);
        if (top > 26)
            hf_strbuf_addf(out, " transform=\"rotate(-45 %d %d)\"", x, top - 8);
        hf_strbuf_add(out, ">");
        hf_html_text(input->nodes[n].name, out);
        hf_strbuf_add(out, "</text>");
    }
    hf_strbuf_add(out, "\n");
    return top;
}

void hf_plan_svg_heat(const struct hf_plan *plan, unsigned resource, struct hf_strbuf *out)
{
    struct hf_strbuf HF_STRBUF_CLEANUP body;
    hf_strbuf_init(&body);
    int y = column_names(plan->input, &body);
    for (unsigned k = 0; k < plan->n_cases; k++) {
        const struct hf_plan_case *c = &plan->cases[k];
        if (c->kind == HF_PLAN_PAIR)
            continue;
        svg_text(&body, "name", 0, y + 15, c->name[0] ? c->name : "(nothing)");
        for (unsigned n = 0; n < plan->input->n_nodes; n++)
            heat_cell(plan, c, n, resource, LABEL + CELL_W * (int)n, y, &body);
        hf_strbuf_add(&body, "\n");
        y += CELL_H;
    }
    svg_open(out, LABEL + CELL_W * (int)plan->input->n_nodes + 60, y + 4, "heat map");
    hf_strbuf_add(out, body.data);
    svg_close(out);
}

/* ---- Pairs ---- */

static const struct hf_plan_case *case_of(const struct hf_plan *plan, unsigned a, unsigned b)
{
    uint64_t lost = (uint64_t)1 << a | (uint64_t)1 << b;
    for (unsigned k = 0; k < plan->n_cases; k++) {
        enum hf_plan_kind kind = plan->cases[k].kind;
        if (plan->cases[k].lost == lost && kind == (a == b ? HF_PLAN_NODE : HF_PLAN_PAIR))
            return &plan->cases[k];
    }
    return NULL;
}

static void pair_cell(const struct hf_plan *plan, const struct hf_plan_case *c, int x, int y,
                      struct hf_strbuf *out)
{
    const char *kind = !c->quorum ? "noq" : c->n_left_out ? "bad" : "good";
    struct hf_plan_fullest fullest;
    hf_strbuf_addf(out, "<g><title>%s: ", c->name);
    if (!c->quorum)
        hf_strbuf_add(out, "no quorum");
    else if (c->n_left_out)
        hf_strbuf_add(out, "leaves out ");
    else
        hf_strbuf_add(out, "carried");
    if (c->quorum && c->n_left_out)
        hf_plan_say_left_out(plan, c, 0, out);
    hf_strbuf_addf(out,
                   "</title><rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>"
                   "<text class=\"cell on%s\" x=\"%d\" y=\"%d\">",
                   kind, x, y, CELL_W - 2, CELL_H - 2, kind, x + CELL_W / 2 - 1, y + 15);
    if (!c->quorum)
        hf_strbuf_add(out, "Q");
    else if (c->n_left_out)
        hf_strbuf_addf(out, "-%u", c->n_left_out);
    else if (hf_plan_fullest(plan, c, hf_plan_left(plan->input, c), &fullest))
        hf_strbuf_addf(out, "%d", (fullest.permille + 5) / 10);
    hf_strbuf_add(out, "</text></g>");
}

void hf_plan_svg_pairs(const struct hf_plan *plan, struct hf_strbuf *out)
{
    struct hf_strbuf HF_STRBUF_CLEANUP body;
    hf_strbuf_init(&body);
    int y = column_names(plan->input, &body);
    for (unsigned a = 0; a < plan->input->n_nodes; a++, y += CELL_H) {
        svg_text(&body, "name", 0, y + 15, plan->input->nodes[a].name);
        for (unsigned b = 0; b <= a; b++) {
            const struct hf_plan_case *c = case_of(plan, a, b);
            if (c)
                pair_cell(plan, c, LABEL + CELL_W * (int)b, y, &body);
        }
        hf_strbuf_add(&body, "\n");
    }
    svg_open(out, LABEL + CELL_W * (int)plan->input->n_nodes + 60, y + 4, "two failures at once");
    hf_strbuf_add(out, body.data);
    svg_close(out);
}
