#include "cli/drill_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/json_get.h"
#include "cli/table.h"
#include "cli/time_text.h"

enum { PASSED, FAILED, NOT_RUN, VERDICTS };

static int verdict_of(const json_t *scenario)
{
    const char *word = hf_json_str(scenario, "verdict");
    return strcmp(word, "passed") == 0 ? PASSED : strcmp(word, "not run") == 0 ? NOT_RUN : FAILED;
}

struct sums {
    int64_t verdicts[VERDICTS];
    int64_t acknowledged, lost, doubled;
};

static struct sums sums_of(const json_t *report)
{
    struct sums sums = {0};
    size_t i = 0;
    json_t *scenario = NULL;
    json_array_foreach(json_object_get(report, "scenarios"), i, scenario)
    {
        sums.verdicts[verdict_of(scenario)]++;
        sums.acknowledged += hf_json_int(scenario, "acknowledged");
        sums.lost += hf_json_int(scenario, "lost");
        sums.doubled += hf_json_int(scenario, "doubled");
    }
    return sums;
}

bool hf_drill_passed(const json_t *report)
{
    struct sums sums = sums_of(report);
    return sums.verdicts[PASSED] > 0 && sums.verdicts[FAILED] == 0;
}

void hf_drill_verdict(const json_t *report, struct hf_strbuf *out)
{
    struct sums sums = sums_of(report);
    int64_t tried = sums.verdicts[PASSED] + sums.verdicts[FAILED];
    hf_strbuf_addf(out, "%" PRId64 " of %" PRId64 " scenarios passed", sums.verdicts[PASSED],
                   tried);
    if (sums.verdicts[NOT_RUN])
        hf_strbuf_addf(out, ", %" PRId64 " not run", sums.verdicts[NOT_RUN]);
    hf_strbuf_addf(out, "; %" PRId64 " rows acknowledged, ", sums.acknowledged);
    if (sums.lost || sums.doubled)
        hf_strbuf_addf(out, "%" PRId64 " LOST, %" PRId64 " DOUBLED", sums.lost, sums.doubled);
    else
        hf_strbuf_add(out, "none lost, none doubled");
}

static void add_row(struct hf_table *table, const json_t *scenario)
{
    static const enum hf_colour colours[] = {HF_GREEN, HF_RED, HF_DIM};
    char text[64];
    const json_t *outage = json_object_get(scenario, "outage_ms");
    hf_table_cell(table, HF_PLAIN, hf_json_str(scenario, "name"));
    (void)snprintf(text, sizeof(text), "%" PRId64, hf_json_int(scenario, "nodes"));
    hf_table_cell(table, HF_PLAIN, text);
    hf_table_cell(table, colours[verdict_of(scenario)], hf_json_str(scenario, "verdict"));
    hf_table_cell(table, HF_PLAIN,
                  json_is_integer(outage) ? hf_time_took(json_integer_value(outage)).text : "");
    bool bad = hf_json_int(scenario, "lost") || hf_json_int(scenario, "doubled");
    (void)snprintf(text, sizeof(text), "%" PRId64 " of %" PRId64, hf_json_int(scenario, "present"),
                   hf_json_int(scenario, "acknowledged"));
    hf_table_cell(table, bad ? HF_RED : HF_PLAIN, verdict_of(scenario) == NOT_RUN ? "" : text);
    hf_table_cell(table, HF_PLAIN, hf_json_str(scenario, "seen"));
}

static void table(const json_t *report, const struct hf_terminal *terminal, struct hf_strbuf *out)
{
    static const struct hf_table_column columns[] = {{"SCENARIO", 0}, {"NODES", 2}, {"VERDICT", 0},
                                                     {"WAITED", 0},   {"ROWS", 1},  {"SEEN", 3}};
    struct hf_table *rows = hf_table_new(columns, sizeof(columns) / sizeof(columns[0]));
    size_t i = 0;
    json_t *scenario = NULL;
    out->failed |= !rows;
    if (!rows)
        return;
    json_array_foreach(json_object_get(report, "scenarios"), i, scenario) add_row(rows, scenario);
    hf_table_render(rows, terminal, out);
    hf_table_free(rows);
}

/* What did not pass: what was expected, and why it did not hold. */
static void explain(const json_t *scenario, const struct hf_terminal *terminal,
                    struct hf_strbuf *out)
{
    bool failed = verdict_of(scenario) == FAILED;
    hf_strbuf_add(out, "\n");
    hf_terminal_add(terminal, out, failed ? HF_RED : HF_DIM, hf_json_str(scenario, "name"));
    hf_strbuf_addf(out, ": %s\n  expected: ", hf_json_str(scenario, "title"));
    hf_terminal_wrap(terminal, out, 12, 4, hf_json_str(scenario, "expected"));
    hf_strbuf_add(out, failed ? "  but: " : "  not run: ");
    hf_terminal_wrap(terminal, out, failed ? 7 : 11, 4, hf_json_str(scenario, "why"));
}

void hf_drill_show(const json_t *report, const struct hf_terminal *terminal, struct hf_strbuf *out)
{
    size_t i = 0;
    json_t *scenario = NULL;
    table(report, terminal, out);
    json_array_foreach(json_object_get(report, "scenarios"), i, scenario)
    {
        if (verdict_of(scenario) != PASSED)
            explain(scenario, terminal, out);
    }
    hf_strbuf_add(out, "\n");
    hf_drill_verdict(report, out);
    hf_strbuf_add(out, ".\n");
}
