/*
 * drill_report.h - what a drill found, told to people.
 *
 * A report is the JSON document that docs/DRILL.md describes. What is missing in it shows as "-".
 */
#ifndef HF_CLI_DRILL_REPORT_H
#define HF_CLI_DRILL_REPORT_H

#include <stdbool.h>

#include <jansson.h>

#include "base/strbuf.h"
#include "cli/terminal.h"

/* "16 of 17 scenarios passed; 48,212 rows acknowledged, none lost" */
void hf_drill_verdict(const json_t *report, struct hf_strbuf *out);

/* A table, then what failed and why, then the verdict. */
void hf_drill_show(const json_t *report, const struct hf_terminal *terminal, struct hf_strbuf *out);

/* One self-contained page, with the picture of each scenario. */
void hf_drill_html(const json_t *report, struct hf_strbuf *out);

/* Every scenario passed, and there is one. */
bool hf_drill_passed(const json_t *report);

#endif
