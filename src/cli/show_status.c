#include <stdio.h>
#include <string.h>

#include "cli/json_get.h"
#include "cli/show.h"
#include "cli/show_use.h"
#include "cli/table.h"
#include "cli/time_text.h"

static void show_head(const json_t *data, const struct hf_terminal *terminal, struct hf_strbuf *out)
{
    const json_t *cluster = json_object_get(data, "cluster");
    const char *name = hf_json_str(cluster, "name");
    hf_strbuf_add(out, "cluster ");
    hf_terminal_add(terminal, out, HF_BOLD, name[0] ? name : "(not yet known)");
    hf_strbuf_add(out, "   ");
    bool quorate = hf_json_true(cluster, "quorate");
    hf_terminal_add(terminal, out, quorate ? HF_GREEN : HF_RED, quorate ? "quorate" : "NO QUORUM");
    int nodes = (int)hf_json_int(cluster, "nodes");
    hf_strbuf_addf(out, " (%d node%s%s, %d of %d votes)\n", nodes, nodes == 1 ? "" : "s",
                   hf_json_true(cluster, "witness") ? " + witness" : "",
                   (int)hf_json_int(cluster, "votes"), (int)hf_json_int(cluster, "expected"));
}

/* What this node knows is old: say so before anybody reads the tables. */
static void show_stale(const json_t *data, const struct hf_terminal *terminal,
                       struct hf_strbuf *out)
{
    const json_t *cluster = json_object_get(data, "cluster");
    int64_t decided_ms = hf_json_int(cluster, "decided_ms");
    if (hf_json_true(cluster, "current") || decided_ms == 0)
        return;
    char text[200];
    (void)snprintf(text, sizeof(text), "what follows is what %s knew last, at %s",
                   hf_json_str(json_object_get(data, "self"), "name"),
                   hf_time_clock(decided_ms, hf_json_int(data, "time_ms")).text);
    hf_terminal_add(terminal, out, HF_YELLOW, text);
    hf_strbuf_add(out, "\n");
}

static enum hf_colour node_colour(const json_t *node)
{
    const char *state = hf_json_str(node, "state");
    if (strcmp(state, "down") == 0 || strcmp(state, "not seen") == 0)
        return HF_RED;
    bool apart = hf_json_true(node, "drained") || hf_json_true(node, "quarantined");
    return apart || strcmp(state, "up") != 0 ? HF_YELLOW : HF_GREEN;
}

static void node_state(const json_t *node, char *text, size_t room)
{
    (void)snprintf(text, room, "%s%s%s%s%s", hf_json_str(node, "state"),
                   strcmp(hf_json_str(node, "role"), "passive") == 0 ? ", passive" : "",
                   hf_json_true(node, "drained") ? ", drained" : "",
                   hf_json_true(node, "quarantined") ? ", quarantined" : "",
                   hf_json_true(node, "fenced") ? ", fenced" : "");
}

/* "main, sso"; what does not fit is counted. */
static void join_names(const json_t *names, char *text, size_t room)
{
    size_t i = 0;
    size_t used = 0;
    json_t *name = NULL;
    text[0] = '\0';
    json_array_foreach((json_t *)(uintptr_t)names, i, name)
    {
        const char *word = json_string_value(name);
        if (used + strlen(word ? word : "") + 16 > room) {
            (void)snprintf(text + used, room - used, " and %zu more", json_array_size(names) - i);
            return;
        }
        int n = snprintf(text + used, room - used, "%s%s", i ? ", " : "", word ? word : "?");
        used += n > 0 ? (size_t)n : 0;
    }
}

static const char *since(const json_t *thing, int64_t now_ms, struct hf_time_text *room)
{
    int64_t since_ms = hf_json_int(thing, "since_ms");
    if (since_ms == 0)
        return "-";
    *room = hf_time_period(now_ms - since_ms);
    return room->text;
}

static void show_nodes(const json_t *data, const struct hf_terminal *terminal,
                       struct hf_strbuf *out)
{
    static const struct hf_table_column columns[] = {
        {"NODE", 0}, {"STATE", 0}, {"SINCE", 1}, {"INSTANCES", 0}};
    struct hf_table *table = hf_table_new(columns, 4);
    int64_t now_ms = hf_json_int(data, "time_ms");
    size_t i = 0;
    json_t *node = NULL;
    json_array_foreach(json_object_get(data, "nodes"), i, node)
    {
        char text[HF_TABLE_CELL_MAX];
        struct hf_time_text time;
        hf_table_cell(table, HF_PLAIN, hf_json_str(node, "name"));
        node_state(node, text, sizeof(text));
        hf_table_cell(table, node_colour(node), text);
        hf_table_cell(table, HF_PLAIN, since(node, now_ms, &time));
        join_names(json_object_get(node, "instances"), text, terminal->width ? 40 : sizeof(text));
        hf_table_cell(table, HF_PLAIN, text);
    }
    hf_table_render(table, terminal, out);
    hf_table_free(table);
}

static enum hf_colour phase_colour(const json_t *instance)
{
    const char *phase = hf_json_str(instance, "phase");
    if (strcmp(phase, "online") == 0)
        return HF_GREEN;
    if (strcmp(phase, "failed") == 0 || strcmp(phase, "stranded") == 0)
        return HF_RED;
    return strcmp(phase, "offline") == 0 && !hf_json_true(instance, "wanted") ? HF_PLAIN
                                                                              : HF_YELLOW;
}

static void priority_text(const json_t *instance, char *text, size_t room)
{
    const char *word = hf_json_str(instance, "priority_word");
    int priority = (int)hf_json_int(instance, "priority");
    if (word[0])
        (void)snprintf(text, room, "%s", word);
    else if (hf_json_true(instance, "priority_stated"))
        (void)snprintf(text, room, "%d", priority);
    else
        (void)snprintf(text, room, "-");
}

/* "about 0.9 s", "about 45 s", "about 3 min 12 s". */
static void recovery_text(const json_t *instance, char *text, size_t room)
{
    const json_t *recovery = json_object_get(instance, "recovery_ms");
    int64_t ms = json_integer_value(recovery);
    if (!json_is_integer(recovery))
        (void)snprintf(text, room, "-");
    else if (ms < 10000)
        (void)snprintf(text, room, "about %.1f s", (double)ms / 1000);
    else
        (void)snprintf(text, room, "about %s", hf_time_period(ms).text);
}

static void show_instance(const json_t *instance, int64_t now_ms, struct hf_table *table)
{
    char text[HF_TABLE_CELL_MAX];
    struct hf_time_text time;
    const char *target = hf_json_str(instance, "target");
    hf_table_cell(table, HF_PLAIN, hf_json_str(instance, "name"));
    (void)snprintf(text, sizeof(text), "%s%s", hf_json_str(instance, "phase"),
                   hf_json_true(instance, "degraded") ? ", degraded" : "");
    hf_table_cell(table, phase_colour(instance), text);
    (void)snprintf(text, sizeof(text), "%s%s%s", hf_json_str(instance, "owner"),
                   target[0] ? " -> " : "", target);
    hf_table_cell(table, HF_PLAIN, text);
    hf_table_cell(table, HF_PLAIN, since(instance, now_ms, &time));
    hf_table_cell(table, HF_PLAIN, hf_json_str(instance, "address"));
    priority_text(instance, text, sizeof(text));
    hf_table_cell(table, HF_PLAIN, text);
    hf_table_cell(table, HF_PLAIN, hf_json_str(instance, "next"));
    recovery_text(instance, text, sizeof(text));
    hf_table_cell(table, HF_PLAIN, text);
}

static void show_instances(const json_t *data, const struct hf_terminal *terminal,
                           struct hf_strbuf *out)
{
    static const struct hf_table_column columns[] = {
        {"INSTANCE", 0}, {"STATE", 0},    {"OWNER", 0}, {"SINCE", 3},
        {"ADDRESS", 1},  {"PRIORITY", 4}, {"NEXT", 0},  {"RECOVERY IF IT FAILS NOW", 2}};
    struct hf_table *table = hf_table_new(columns, 8);
    size_t i = 0;
    json_t *instance = NULL;
    json_array_foreach(json_object_get(data, "instances"), i, instance)
        show_instance(instance, hf_json_int(data, "time_ms"), table);
    if (i > 0)
        hf_strbuf_add(out, "\n");
    hf_table_render(table, terminal, out);
    hf_table_free(table);
}

static void show_line(const struct hf_terminal *terminal, struct hf_strbuf *out, const char *label,
                      const char *text)
{
    if (!text[0])
        return;
    hf_strbuf_addf(out, "  %s", label);
    hf_terminal_wrap(terminal, out, 2 + hf_terminal_columns(label), 4, text);
}

static void show_warning(const json_t *warning, int64_t now_ms, const struct hf_terminal *terminal,
                         struct hf_strbuf *out)
{
    char text[1200];
    int64_t since_ms = hf_json_int(warning, "since_ms");
    int64_t retry_ms = hf_json_int(warning, "retry_ms");
    (void)snprintf(text, sizeof(text), "%s%s%s%s", hf_json_str(warning, "text"),
                   since_ms ? " (for " : "", since_ms ? hf_time_period(now_ms - since_ms).text : "",
                   since_ms ? ")" : "");
    hf_terminal_add(terminal, out, HF_YELLOW, "! ");
    hf_terminal_wrap(terminal, out, 2, 2, text);
    show_line(terminal, out, "it said: ", hf_json_str(warning, "detail"));
    size_t i = 0;
    json_t *rejected = NULL;
    json_array_foreach(json_object_get(warning, "rejected"), i, rejected)
    {
        (void)snprintf(text, sizeof(text), "not %s: ", hf_json_str(rejected, "node"));
        show_line(terminal, out, text, hf_json_str(rejected, "text"));
    }
    if (retry_ms > now_ms) {
        (void)snprintf(text, sizeof(text), "by itself at %s, in %s",
                       hf_time_clock(retry_ms, now_ms).text,
                       hf_time_period(retry_ms - now_ms).text);
        show_line(terminal, out, "tried again ", text);
    }
    show_line(terminal, out, "", hf_json_str(warning, "hint"));
}

static void show_warnings(const json_t *data, const struct hf_terminal *terminal,
                          struct hf_strbuf *out)
{
    const json_t *warnings = json_object_get(data, "warnings");
    if (json_array_size(warnings) > 0)
        hf_strbuf_add(out, "\n");
    size_t i = 0;
    json_t *warning = NULL;
    json_array_foreach((json_t *)(uintptr_t)warnings, i, warning)
        show_warning(warning, hf_json_int(data, "time_ms"), terminal, out);
}

static void show_last(const json_t *data, const struct hf_terminal *terminal, struct hf_strbuf *out)
{
    const json_t *last = json_object_get(data, "last");
    if (!json_is_object(last))
        return;
    char text[2400];
    int64_t outage_ms = hf_json_int(last, "outage_ms");
    const char *reason = hf_json_str(json_object_get(last, "reason"), "text");
    (void)snprintf(text, sizeof(text), "%s  %s%s%s%s%s%s     holdfast why %s",
                   hf_time_ago(hf_json_int(data, "time_ms") - hf_json_int(last, "time_ms")).text,
                   hf_json_str(last, "text"), reason[0] ? " (" : "", reason, reason[0] ? ")" : "",
                   !outage_ms                      ? ""
                   : hf_json_true(last, "planned") ? ", clients waited "
                                                   : ", served again after ",
                   outage_ms ? hf_time_seconds(outage_ms).text : "", hf_json_str(last, "instance"));
    hf_strbuf_add(out, "\nlast: ");
    hf_terminal_wrap(terminal, out, 6, 6, text);
}

void hf_show_status(const json_t *data, const struct hf_terminal *terminal, struct hf_strbuf *out)
{
    show_head(data, terminal, out);
    show_stale(data, terminal, out);
    hf_strbuf_add(out, "\n");
    show_nodes(data, terminal, out);
    show_instances(data, terminal, out);
    hf_show_use(data, terminal, out);
    if (json_array_size(json_object_get(data, "instances")) == 0)
        hf_strbuf_add(out, "\nno instances yet: describe them in a file, then holdfast apply "
                           "cluster.yaml\n");
    show_warnings(data, terminal, out);
    show_last(data, terminal, out);
}
