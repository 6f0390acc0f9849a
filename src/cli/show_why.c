#include <stdio.h>
#include <string.h>

#include "cli/json_get.h"
#include "cli/show.h"
#include "cli/time_text.h"

#define TEXT_WIDTH 64 /* the durations stand behind this column of the timeline's texts */
#define TOOK_WIDTH 8

static void show_sentence(const json_t *data, const struct hf_terminal *terminal,
                          struct hf_strbuf *out)
{
    char text[2400];
    const char *because = hf_json_str(json_object_get(data, "because"), "text");
    int64_t since_ms = hf_json_int(data, "since_ms");
    struct hf_time_text clock = hf_time_clock(since_ms, hf_json_int(data, "time_ms"));
    (void)snprintf(text, sizeof(text), "%s%s%s%s%s.", hf_json_str(data, "what"),
                   since_ms ? " since " : "", since_ms ? clock.text : "",
                   because[0] ? " because " : "", because);
    hf_terminal_wrap(terminal, out, 0, 2, text);
    if (hf_json_str(data, "detail")[0]) {
        hf_strbuf_add(out, "  it said: ");
        hf_terminal_wrap(terminal, out, 11, 4, hf_json_str(data, "detail"));
    }
}

static int text_width(const struct hf_terminal *terminal)
{
    bool narrow = terminal->width && terminal->width < TEXT_WIDTH + TOOK_WIDTH;
    return narrow ? terminal->width - TOOK_WIDTH : TEXT_WIDTH;
}

static void show_entry(const json_t *entry, int64_t now_ms, const struct hf_terminal *terminal,
                       struct hf_strbuf *out)
{
    struct hf_time_text clock = hf_time_clock(hf_json_int(entry, "time_ms"), now_ms);
    int indent = hf_terminal_columns(clock.text) + 2;
    const char *text = hf_json_str(entry, "text");
    hf_strbuf_addf(out, "%s  ", clock.text);
    const json_t *took = json_object_get(entry, "took_ms");
    if (!took) {
        hf_terminal_wrap(terminal, out, indent, indent, text);
    } else {
        int width = hf_terminal_columns(text);
        int room = text_width(terminal) - indent;
        char line[1200];
        (void)snprintf(line, sizeof(line), "%s%*s%*s", text, width < room ? room - width : 2, "",
                       TOOK_WIDTH, hf_time_took(json_integer_value(took)).text);
        hf_terminal_wrap(terminal, out, indent, indent, line);
    }
    size_t i = 0;
    json_t *rejected = NULL;
    json_array_foreach(json_object_get(entry, "rejected"), i, rejected)
    {
        char line[1200];
        (void)snprintf(line, sizeof(line), "not %s: %s", hf_json_str(rejected, "node"),
                       hf_json_str(rejected, "text"));
        hf_strbuf_addf(out, "%*s", indent, "");
        hf_terminal_wrap(terminal, out, indent, indent + 4, line);
    }
}

static void show_outage(const json_t *data, struct hf_strbuf *out, int indent)
{
    int64_t outage_ms = hf_json_int(data, "outage_ms");
    const json_t *fenced = json_object_get(data, "fenced");
    if (outage_ms)
        hf_strbuf_addf(out, "%*s%s %s", indent, "",
                       hf_json_true(data, "planned") ? "from the request until online:"
                                                     : "outage from when it was noticed:",
                       hf_time_seconds(outage_ms).text);
    if (json_is_object(fenced))
        hf_strbuf_addf(out, "%*s%s fenced: yes, by %s", outage_ms ? 5 : indent, "",
                       hf_json_str(fenced, "node"), hf_json_str(fenced, "by"));
    if (outage_ms || json_is_object(fenced))
        hf_strbuf_add(out, "\n");
}

static void show_timeline(const json_t *data, const struct hf_terminal *terminal,
                          struct hf_strbuf *out)
{
    const json_t *timeline = json_object_get(data, "timeline");
    if (json_array_size(timeline) == 0)
        return;
    int64_t now_ms = hf_json_int(data, "time_ms");
    bool online = strcmp(hf_json_str(data, "phase"), "online") == 0;
    hf_strbuf_add(out, online ? "\n" : "\nThe last change of owner:\n");
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach((json_t *)(uintptr_t)timeline, i, entry)
        show_entry(entry, now_ms, terminal, out);
    int64_t first_ms = hf_json_int(json_array_get(timeline, 0), "time_ms");
    show_outage(data, out, hf_terminal_columns(hf_time_clock(first_ms, now_ms).text) + 2);
}

/* "degraded: yes, since 14:03:07.912, it shares db3"; what of its size waits. */
static void show_size(const json_t *data, const struct hf_terminal *terminal, struct hf_strbuf *out)
{
    int64_t since_ms = hf_json_int(data, "degraded_since_ms");
    const char *waits = hf_json_str(data, "size_waits");
    bool degraded = hf_json_true(data, "degraded");
    char text[600];
    if (!degraded && !waits[0])
        return;
    (void)snprintf(text, sizeof(text), "%s%s%s%s%s%s%s", degraded ? "yes" : "no, full size",
                   degraded && since_ms ? ", since " : "",
                   degraded && since_ms ? hf_time_clock(since_ms, hf_json_int(data, "time_ms")).text
                                        : "",
                   degraded ? ", it shares " : "", degraded ? hf_json_str(data, "owner") : "",
                   waits[0] ? "; " : "", waits);
    hf_strbuf_add(out, "\ndegraded: ");
    hf_terminal_wrap(terminal, out, 10, 10, text);
}

static void candidate_text(const json_t *candidate, char *text, size_t room)
{
    const char *role = hf_json_str(candidate, "role");
    const char *reason = hf_json_str(json_object_get(candidate, "reason"), "text");
    if (strcmp(role, "owner") == 0)
        (void)snprintf(text, room, "is its owner");
    else if (strcmp(role, "next") == 0)
        (void)snprintf(text, room, "is next in line");
    else if (strcmp(role, "could") == 0)
        (void)snprintf(text, room, "could run it");
    else
        (void)snprintf(text, room, "cannot run it now: %s", reason);
}

static void show_candidates(const json_t *data, const struct hf_terminal *terminal,
                            struct hf_strbuf *out)
{
    const json_t *nodes = json_object_get(data, "nodes");
    size_t i = 0;
    int width = 0;
    json_t *node = NULL;
    json_array_foreach((json_t *)(uintptr_t)nodes, i, node)
    {
        int columns = hf_terminal_columns(hf_json_str(node, "node"));
        width = columns > width ? columns : width;
    }
    if (i > 0)
        hf_strbuf_add(out, "\n");
    json_array_foreach((json_t *)(uintptr_t)nodes, i, node)
    {
        char text[1200];
        const char *name = hf_json_str(node, "node");
        candidate_text(node, text, sizeof(text));
        hf_strbuf_addf(out, "%s%*s  ", name, width - hf_terminal_columns(name), "");
        hf_terminal_wrap(terminal, out, width + 2, width + 4, text);
        const char *hint = hf_json_str(node, "hint");
        if (!hint[0])
            continue;
        hf_strbuf_addf(out, "%*s", width + 4, "");
        hf_terminal_wrap(terminal, out, width + 4, width + 4, hint);
    }
}

static void show_outlook(const json_t *data, const struct hf_terminal *terminal,
                         struct hf_strbuf *out)
{
    int64_t now_ms = hf_json_int(data, "time_ms");
    int64_t retry_ms = hf_json_int(data, "retry_ms");
    const char *hint = hf_json_str(data, "hint");
    if (retry_ms > now_ms)
        hf_strbuf_addf(out, "\nIt is tried again by itself at %s, in %s.\n",
                       hf_time_clock(retry_ms, now_ms).text,
                       hf_time_period(retry_ms - now_ms).text);
    if (!hint[0])
        return;
    hf_strbuf_add(out, "\nWhat you can do: ");
    hf_terminal_wrap(terminal, out, 17, 2, hint);
}

void hf_show_why(const json_t *data, const struct hf_terminal *terminal, struct hf_strbuf *out)
{
    show_sentence(data, terminal, out);
    show_timeline(data, terminal, out);
    show_size(data, terminal, out);
    show_candidates(data, terminal, out);
    show_outlook(data, terminal, out);
}
