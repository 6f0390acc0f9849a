/* The page of a validation: what did not pass in full, then every check. */
#include <string.h>
#include <time.h>

#include "cli/page.h"
#include "cli/validate_show.h"

static void cell(const char *kind, const char *text, struct hf_strbuf *out)
{
    hf_strbuf_addf(out, "<td class=\"%s\">", kind);
    hf_html_text(text, out);
    hf_strbuf_add(out, "</td>");
}

static void seen(const struct hf_outcome *outcome, struct hf_strbuf *out)
{
    hf_strbuf_add(out, "<ul class=\"seen\">");
    for (size_t k = 0; k < outcome->n_seen; k++) {
        const struct hf_seen *one = &outcome->seen[k];
        hf_strbuf_addf(out, "<li>%s: ", hf_result_word(one->result));
        hf_strbuf_add(out, one->node[0] ? "<b>" : "");
        hf_html_text(one->node, out);
        hf_strbuf_add(out, one->node[0] ? "</b>: " : "");
        hf_html_text(one->text, out);
        hf_strbuf_add(out, "</li>");
    }
    hf_strbuf_add(out, "</ul>");
}

static void row(const struct hf_outcome *outcome, struct hf_strbuf *out)
{
    const struct hf_check *check = outcome->check;
    const char *word = hf_result_word(outcome->result);
    bool bad = outcome->result >= HF_RESULT_WARNING;
    hf_strbuf_addf(out, "<tr%s>", outcome->result == HF_RESULT_FAIL ? " class=\"fails\"" : "");
    cell("", check->id, out);
    cell(word, word, out);
    hf_strbuf_add(out, "<td>");
    hf_html_text(check->title, out);
    hf_strbuf_addf(out, "<details%s><summary>what was seen</summary>", bad ? " open" : "");
    seen(outcome, out);
    hf_strbuf_add(out, "</details>");
    if (bad) {
        hf_strbuf_add(out, "<p>");
        hf_html_text(check->why, out);
        hf_strbuf_add(out, "</p><p><b>What to do:</b> ");
        hf_html_text(check->advice, out);
        hf_strbuf_add(out, "</p>");
    }
    hf_strbuf_add(out, "</td></tr>\n");
}

static void heading(const struct hf_validate_report *report, struct hf_strbuf *out)
{
    char when[32];
    struct tm about;
    const struct hf_validate_input *input = report->input;
    time_t now = (time_t)(input->now_ms / 1000);
    (void)localtime_r(&now, &about);
    (void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &about);
    hf_strbuf_addf(out, "<p class=\"dim\">%s, by Holdfast %s</p>\n<p class=\"verdict%s\">", when,
                   HF_VERSION, report->count[HF_RESULT_FAIL] ? " fails" : "");
    hf_validate_say_summary(report, out);
    hf_strbuf_add(out, "</p>\n<p>Nodes: ");
    for (unsigned n = 0, first = 1; n < HF_NODES_MAX; n++) {
        if (!input->spec->nodes[n].name[0])
            continue;
        hf_strbuf_add(out, first ? "" : ", ");
        hf_html_text(input->spec->nodes[n].name, out);
        hf_strbuf_add(out, input->facts[n] ? "" : " (not looked at)");
        first = 0;
    }
    hf_strbuf_add(out, "</p>\n");
}

void hf_validate_html(const struct hf_validate_report *report, struct hf_strbuf *out)
{
    hf_page_begin("Validation of ",
                  report->input->configured ? report->input->spec->cluster.name : "this node", out);
    heading(report, out);
    for (size_t k = 0; k < report->n_outcomes; k++) {
        const struct hf_check *check = report->outcomes[k].check;
        size_t length = hf_check_category(check);
        bool first = k == 0 || strncmp(check->id, report->outcomes[k - 1].check->id, length + 1);
        if (first)
            hf_strbuf_addf(out,
                           "%s<h2>%.*s</h2>\n<div class=\"scroll\"><table><tr><th>Check</th>"
                           "<th>Result</th><th>What holds when it passes</th></tr>\n",
                           k ? "</table></div>\n" : "", (int)length, check->id);
        row(&report->outcomes[k], out);
    }
    hf_strbuf_add(out, report->n_outcomes ? "</table></div>\n" : "");
    hf_page_end(out);
}
