#include <stdio.h>
#include <string.h>

#include "cli/json_get.h"
#include "cli/show.h"
#include "cli/time_text.h"

static bool is_seen(const json_t *record)
{
    return strcmp(hf_json_str(record, "kind"), "seen") == 0;
}

static void show_head(const json_t *data, const struct hf_terminal *terminal, struct hf_strbuf *out)
{
    bool start = strcmp(hf_json_str(data, "begins"), "start") == 0;
    int64_t lost = hf_json_int(data, "lost");
    const char *node = hf_json_str(data, "node");
    hf_strbuf_addf(out, "%s, holdfastd %s: from %s (%s)", node[0] ? node : "a node without a name",
                   hf_json_str(data, "version"), hf_time_stamp(hf_json_int(data, "begins_ms")).text,
                   start ? "a start of the daemon" : "a checkpoint");
    hf_strbuf_addf(out, " to %s\n", hf_time_stamp(hf_json_int(data, "ends_ms")).text);
    if (lost)
        hf_strbuf_addf(out, "%lld events before it could not be recorded\n", (long long)lost);
    if (json_is_true(json_object_get(data, "other_version")))
        hf_terminal_wrap(terminal, out, 0, 0,
                         "It was recorded by another version of the core: where this one decides "
                         "differently, that is a difference.");
    hf_strbuf_add(out, "\n");
}

static void show_why(const json_t *record, const struct hf_terminal *terminal, int indent,
                     struct hf_strbuf *out)
{
    char text[1600];
    const char *choice = hf_json_str(json_object_get(record, "choice"), "text");
    if (choice[0]) {
        hf_strbuf_addf(out, "%*s", indent, "");
        hf_terminal_wrap(terminal, out, indent, indent, choice);
    }
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(json_object_get(record, "rejected"), i, entry)
    {
        (void)snprintf(text, sizeof(text), "not %s: %s", hf_json_str(entry, "node"),
                       hf_json_str(entry, "text"));
        hf_strbuf_addf(out, "%*s", indent, "");
        hf_terminal_wrap(terminal, out, indent, indent, text);
    }
}

static void show_record(const json_t *record, const struct hf_terminal *terminal, int width,
                        struct hf_strbuf *out)
{
    char text[2400];
    const char *name = hf_show_record_subject(record);
    struct hf_time_text stamp = hf_time_stamp(hf_json_int(record, "time_ms"));
    int indent = hf_terminal_columns(stamp.text) + 2 + width + 2;
    hf_strbuf_addf(out, "%s  %s%*s  ", stamp.text, name, width - hf_terminal_columns(name), "");
    if (is_seen(record))
        (void)snprintf(text, sizeof(text), "seen: %s", hf_json_str(record, "text"));
    else
        hf_show_record_text(record, text, sizeof(text));
    hf_terminal_wrap(terminal, out, indent, indent, text);
    show_why(record, terminal, indent, out);
}

static void show_records(const json_t *records, const struct hf_terminal *terminal,
                         struct hf_strbuf *out)
{
    size_t i = 0;
    int width = 1;
    json_t *record = NULL;
    json_array_foreach((json_t *)(uintptr_t)records, i, record)
    {
        int columns = hf_terminal_columns(hf_show_record_subject(record));
        width = columns > width ? columns : width;
    }
    json_array_foreach((json_t *)(uintptr_t)records, i, record)
        show_record(record, terminal, width, out);
    if (json_array_size(records))
        hf_strbuf_add(out, "\n");
}

static void show_difference(const json_t *data, const struct hf_terminal *terminal,
                            struct hf_strbuf *out)
{
    char text[2400];
    (void)snprintf(text, sizeof(text), "at event %lld, %s, %s",
                   (long long)hf_json_int(data, "events"),
                   hf_time_stamp(hf_json_int(data, "ends_ms")).text, hf_json_str(data, "at_event"));
    hf_terminal_wrap(terminal, out, 0, 2, text);
    hf_strbuf_add(out, "  ");
    hf_terminal_wrap(terminal, out, 2, 2, hf_json_str(data, "difference"));
}

static void show_end(const json_t *data, const struct hf_terminal *terminal, struct hf_strbuf *out)
{
    char text[400];
    bool all = hf_json_int(data, "compared") == hf_json_int(data, "events");
    if (json_is_true(json_object_get(data, "cut"))) {
        (void)snprintf(text, sizeof(text),
                       "The file is cut off at byte %lld, as by a power cut or by copying it while "
                       "it grows; everything before that was replayed.",
                       (long long)hf_json_int(data, "at_byte"));
        hf_terminal_wrap(terminal, out, 0, 0, text);
    }
    if (!all && strcmp(hf_json_str(data, "outcome"), "identical") == 0)
        hf_terminal_wrap(terminal, out, 0, 0,
                         "What the last event led to is not on record: the daemon, or the copy, "
                         "ended with it.");
}

void hf_show_replay(const json_t *data, const struct hf_terminal *terminal, struct hf_strbuf *out)
{
    const char *outcome = hf_json_str(data, "outcome");
    show_head(data, terminal, out);
    show_records(json_object_get(data, "records"), terminal, out);
    show_end(data, terminal, out);
    if (strcmp(outcome, "different") == 0)
        show_difference(data, terminal, out);
    else if (strcmp(outcome, "damaged") == 0)
        hf_strbuf_addf(out, "%s: nothing after it was replayed\n", hf_json_str(data, "difference"));
    hf_strbuf_addf(out, "replayed %lld events, %lld decisions: %s%s\n",
                   (long long)hf_json_int(data, "events"),
                   (long long)hf_json_int(data, "decisions"),
                   strcmp(outcome, "different") == 0 ? "DIFFERENT" : "identical",
                   strcmp(outcome, "damaged") == 0 ? " up to there" : "");
}
