#include <stdio.h>
#include <string.h>

#include "cli/json_get.h"
#include "cli/show.h"
#include "cli/time_text.h"

/* Whom a line is about: the instance, else nothing. */
static const char *subject(const json_t *record)
{
    const char *name = hf_json_str(record, "instance");
    return name[0] ? name : "-";
}

static bool is_about_instance(const json_t *record)
{
    static const char *const kinds[] = {"regime",    "cluster",    "node-add", "node-up",
                                        "node-lost", "node-flags", "config"};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(hf_json_str(record, "kind"), kinds[i]) == 0)
            return false;
    return true;
}

const char *hf_show_record_subject(const json_t *record)
{
    return is_about_instance(record) ? subject(record) : "-";
}

void hf_show_record_text(const json_t *record, char *text, size_t room)
{
    const char *reason = hf_json_str(json_object_get(record, "reason"), "text");
    int64_t outage_ms = hf_json_int(record, "outage_ms");
    (void)snprintf(text, room, "%s%s%s%s%s", hf_json_str(record, "text"),
                   outage_ms ? ", served again after " : "",
                   outage_ms ? hf_time_seconds(outage_ms).text : "", reason[0] ? ": " : "", reason);
}

void hf_show_history(const json_t *data, const struct hf_terminal *terminal, struct hf_strbuf *out)
{
    const json_t *records = json_object_get(data, "records");
    size_t i = 0;
    int width = 0;
    json_t *record = NULL;
    json_array_foreach((json_t *)(uintptr_t)records, i, record)
    {
        int columns = hf_terminal_columns(hf_show_record_subject(record));
        width = columns > width ? columns : width;
    }
    if (json_array_size(records) == 0)
        hf_strbuf_add(out, "nothing is recorded yet\n");
    json_array_foreach((json_t *)(uintptr_t)records, i, record)
    {
        char text[2400];
        const char *name = hf_show_record_subject(record);
        struct hf_time_text stamp = hf_time_stamp(hf_json_int(record, "time_ms"));
        int indent = hf_terminal_columns(stamp.text) + 2 + width + 2;
        hf_strbuf_addf(out, "%s  %s%*s  ", stamp.text, name, width - hf_terminal_columns(name), "");
        hf_show_record_text(record, text, sizeof(text));
        hf_terminal_wrap(terminal, out, indent, indent, text);
    }
}
