#include "cli/timeline_svg.h"

#include "cli/page.h"
#include "cli/time_text.h"

enum { LABEL_W = 190, AXIS_W = 620, TEXT_W = 150, ROW_H = 22, HEAD_H = 24, DOT = 4 };

static int pixels(int64_t ms, int64_t end_ms)
{
    int64_t inside = ms < 0 ? 0 : ms > end_ms ? end_ms : ms;
    return LABEL_W + (int)(inside * AXIS_W / end_ms);
}

/* A round distance between the lines of the axis: 1, 2 or 5 times a power of ten, about six. */
static int64_t tick_of(int64_t end_ms)
{
    static const int64_t steps[] = {1, 2, 5};
    for (int64_t power = 1;; power *= 10) {
        for (unsigned s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
            if (end_ms / (power * steps[s]) <= 6)
                return power * steps[s];
        }
    }
}

static void axis(int64_t end_ms, int height, struct hf_strbuf *out)
{
    int64_t tick = tick_of(end_ms);
    for (int64_t at = 0; at <= end_ms; at += tick) {
        int x = pixels(at, end_ms);
        hf_strbuf_addf(out,
                       "<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>"
                       "<text class=\"dim\" x=\"%d\" y=\"14\">%s</text>\n",
                       x, x, HEAD_H - 4, height, x + 2, hf_time_took(at).text);
    }
}

static void row(const struct hf_timeline_mark *mark, int y, int64_t end_ms, struct hf_strbuf *out)
{
    int to = pixels(mark->at_ms, end_ms);
    hf_strbuf_addf(out, "<text x=\"0\" y=\"%d\">", y + 15);
    hf_html_text(mark->text, out);
    hf_strbuf_add(out, "</text>");
    if (mark->took_ms < 0) {
        hf_strbuf_addf(out, "<circle class=\"moment\" cx=\"%d\" cy=\"%d\" r=\"%d\"/>", to,
                       y + ROW_H / 2, DOT);
    } else {
        int from = pixels(mark->at_ms - mark->took_ms, end_ms);
        hf_strbuf_addf(out,
                       "<rect class=\"now\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
                       "rx=\"2\"/>",
                       from, y + 4, to > from + 2 ? to - from : 2, ROW_H - 8);
    }
    hf_strbuf_addf(out, "<text class=\"dim\" x=\"%d\" y=\"%d\">%s", to + 8, y + 15,
                   hf_time_took(mark->at_ms).text);
    if (mark->took_ms >= 0)
        hf_strbuf_addf(out, ", took %s", hf_time_took(mark->took_ms).text);
    hf_strbuf_add(out, "</text>\n");
}

void hf_timeline_svg(const struct hf_timeline_mark *marks, size_t count, int64_t end_ms,
                     const char *what, struct hf_strbuf *out)
{
    int width = LABEL_W + AXIS_W + TEXT_W, height = HEAD_H + ROW_H * (int)count;
    for (size_t k = 0; k < count; k++)
        end_ms = marks[k].at_ms > end_ms ? marks[k].at_ms : end_ms;
    if (count == 0 || end_ms < 1)
        return;
    hf_strbuf_add(out, "<div class=\"scroll\"><svg role=\"img\" aria-label=\"");
    hf_html_text(what, out);
    hf_strbuf_addf(out, "\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n", width, height,
                   width, height);
    axis(end_ms, height, out);
    for (size_t k = 0; k < count; k++)
        row(&marks[k], HEAD_H + ROW_H * (int)k, end_ms, out);
    hf_strbuf_add(out, "</svg></div>\n");
}
