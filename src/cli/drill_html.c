/* The page of a drill: the verdict, every scenario in a row, then each with its picture. */
#include <inttypes.h>
#include <string.h>

#include "cli/drill_report.h"
#include "cli/json_get.h"
#include "cli/page.h"
#include "cli/time_text.h"
#include "cli/timeline_svg.h"

#define MARKS_MAX 32u

static void cell(const char *kind, const char *text, struct hf_strbuf *out)
{
    hf_strbuf_addf(out, "<td class=\"%s\">", kind);
    hf_html_text(text[0] ? text : "-", out);
    hf_strbuf_add(out, "</td>");
}

static const char *kind_of(const json_t *scenario)
{
    const char *word = hf_json_str(scenario, "verdict");
    return strcmp(word, "passed") == 0 ? "pass" : strcmp(word, "not run") == 0 ? "not-run" : "fail";
}

static void row(const json_t *scenario, size_t number, struct hf_strbuf *out)
{
    const json_t *outage = json_object_get(scenario, "outage_ms");
    const char *kind = kind_of(scenario);
    hf_strbuf_addf(out, "<tr%s><td><a href=\"#s%zu\">",
                   strcmp(kind, "fail") == 0 ? " class=\"fails\"" : "", number);
    hf_html_text(hf_json_str(scenario, "title"), out);
    hf_strbuf_addf(out, "</a></td><td>%" PRId64 "</td>", hf_json_int(scenario, "nodes"));
    cell(kind, hf_json_str(scenario, "verdict"), out);
    cell("", json_is_integer(outage) ? hf_time_took(json_integer_value(outage)).text : "", out);
    hf_strbuf_addf(out, "<td>%" PRId64 "</td><td>%" PRId64 "</td><td%s>%" PRId64 "</td></tr>\n",
                   hf_json_int(scenario, "acknowledged"), hf_json_int(scenario, "present"),
                   hf_json_int(scenario, "lost") ? " class=\"fail\"" : "",
                   hf_json_int(scenario, "lost"));
}

static void paragraph(const char *what, const char *text, struct hf_strbuf *out)
{
    if (!text[0])
        return;
    hf_strbuf_addf(out, "<p><b>%s</b> ", what);
    hf_html_text(text, out);
    hf_strbuf_add(out, "</p>\n");
}

static void picture(const json_t *scenario, struct hf_strbuf *out)
{
    struct hf_timeline_mark marks[MARKS_MAX];
    size_t count = 0, i = 0;
    json_t *phase = NULL;
    int64_t outage_ms = hf_json_int(scenario, "outage_ms");
    json_array_foreach(json_object_get(scenario, "phases"), i, phase)
    {
        const json_t *took = json_object_get(phase, "took_ms");
        if (count == MARKS_MAX - 1)
            break;
        marks[count++] = (struct hf_timeline_mark){
            .text = hf_json_str(phase, "name"),
            .at_ms = hf_json_int(phase, "at_ms"),
            .took_ms = json_is_integer(took) ? json_integer_value(took) : -1};
    }
    if (count == 0)
        return;
    const json_t *served = json_object_get(scenario, "served_ms");
    int64_t end_ms = json_is_integer(served) ? json_integer_value(served) : outage_ms;
    marks[count++] =
        (struct hf_timeline_mark){.text = "clients waited", .at_ms = end_ms, .took_ms = outage_ms};
    hf_timeline_svg(marks, count, end_ms, hf_json_str(scenario, "title"), out);
}

static void section(const json_t *scenario, size_t number, struct hf_strbuf *out)
{
    hf_strbuf_addf(out, "<h2 id=\"s%zu\">", number);
    hf_html_text(hf_json_str(scenario, "title"), out);
    hf_strbuf_addf(out, "</h2>\n<p class=\"dim\">%" PRId64 " nodes, ",
                   hf_json_int(scenario, "nodes"));
    hf_html_text(hf_json_str(scenario, "topology"), out);
    hf_strbuf_add(out, "; measured: ");
    hf_html_text(hf_json_str(scenario, "instance"), out);
    hf_strbuf_add(out, "</p>\n");
    paragraph("Expected:", hf_json_str(scenario, "expected"), out);
    paragraph("Seen:", hf_json_str(scenario, "seen"), out);
    paragraph(strcmp(kind_of(scenario), "fail") == 0 ? "Failed:" : "Not run:",
              hf_json_str(scenario, "why"), out);
    picture(scenario, out);
}

static void heading(const json_t *report, struct hf_strbuf *out)
{
    const json_t *drill = json_object_get(report, "drill");
    hf_strbuf_addf(out, "<p class=\"dim\">%s, by Holdfast %s</p>\n<p class=\"verdict%s\">",
                   hf_time_stamp(hf_json_int(drill, "began_ms")).text, HF_VERSION,
                   hf_drill_passed(report) ? "" : " fails");
    hf_drill_verdict(report, out);
    hf_strbuf_add(out, ".</p>\n");
}

void hf_drill_html(const json_t *report, struct hf_strbuf *out)
{
    const json_t *scenarios = json_object_get(report, "scenarios");
    size_t i = 0;
    json_t *scenario = NULL;
    const char *where = hf_json_str(json_object_get(report, "drill"), "cluster");
    hf_page_begin("Drill of ", where[0] ? where : "a cluster in the lab", out);
    heading(report, out);
    hf_strbuf_add(out, "<div class=\"scroll\"><table><tr><th>Scenario</th><th>Nodes</th>"
                       "<th>Verdict</th><th>Clients waited</th><th>Rows acknowledged</th>"
                       "<th>Present</th><th>Lost</th></tr>\n");
    json_array_foreach((json_t *)(uintptr_t)scenarios, i, scenario) row(scenario, i, out);
    hf_strbuf_add(out, "</table></div>\n");
    json_array_foreach((json_t *)(uintptr_t)scenarios, i, scenario) section(scenario, i, out);
    hf_page_end(out);
}
