#include <stdio.h>
#include <string.h>

#include "cli/json_get.h"
#include "cli/show.h"
#include "cli/time_text.h"

/* "recovering on db3 (generation 18)" */
static void phase_text(const json_t *event, char *text, size_t room)
{
    const char *phase = hf_json_str(event, "phase");
    const char *owner = hf_json_str(event, "owner");
    bool acquiring = strcmp(phase, "acquiring") == 0;
    char generation[40] = "";
    if (acquiring)
        (void)snprintf(generation, sizeof(generation), " (generation %u)",
                       (unsigned)hf_json_int(event, "generation"));
    (void)snprintf(text, room, "%s%s%s%s", phase, owner[0] ? " on " : "", owner, generation);
}

void hf_show_event(const json_t *event, int64_t start_ms, const struct hf_terminal *terminal,
                   struct hf_strbuf *out)
{
    if (strcmp(hf_json_str(event, "event"), "instance") != 0)
        return;
    char phase[200];
    char text[1600];
    const char *word = hf_json_str(event, "phase");
    bool bad = strcmp(word, "failed") == 0 || strcmp(word, "stranded") == 0;
    const char *reason = hf_json_str(json_object_get(event, "reason"), "text");
    int64_t elapsed_ms = hf_json_int(event, "time_ms") - start_ms;
    phase_text(event, phase, sizeof(phase));
    (void)snprintf(text, sizeof(text), "%s  %s%s%s", hf_json_str(event, "name"), phase,
                   bad && reason[0] ? ": " : "", bad ? reason : "");
    hf_strbuf_addf(out, "%9s  ", hf_time_took(elapsed_ms).text);
    hf_terminal_wrap(terminal, out, 11, 13, text);
}

void hf_show_done(const json_t *data, struct hf_strbuf *out)
{
    const char *text = hf_json_str(data, "text");
    int64_t outage_ms = hf_json_int(data, "outage_ms");
    hf_strbuf_addf(out, "%s%s%s\n", text[0] ? text : "done", outage_ms ? ", clients waited " : "",
                   outage_ms ? hf_time_seconds(outage_ms).text : "");
}
