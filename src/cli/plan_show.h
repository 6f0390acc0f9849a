/*
 * plan_show.h - a plan as text for people, as JSON for programs, as a page with pictures.
 */
#ifndef HF_CLI_PLAN_SHOW_H
#define HF_CLI_PLAN_SHOW_H

#include <jansson.h>

#include "base/strbuf.h"
#include "cli/terminal.h"
#include "plan/plan.h"

#define HF_PLAN_SHAPES_MAX 8u

/* All that is shown. */
struct hf_plan_report {
    const struct hf_plan *plan;
    struct hf_plan_verdict verdict;
    struct hf_plan_heal heal;
    bool live; /* from where the cluster is now; otherwise from a file alone */
    bool all;  /* also the pairs that are carried */
    unsigned n_topologies;
    struct hf_plan_topology topologies[HF_PLAN_SHAPES_MAX];
};

/* Tables, heat map, verdict. Colours only where the terminal has them. */
void hf_plan_show(const struct hf_plan_report *report, const struct hf_terminal *terminal,
                  struct hf_strbuf *out);

/* The heat map: fullest resource of each node after each loss. */
void hf_plan_show_heat(const struct hf_plan_report *report, const struct hf_terminal *terminal,
                       struct hf_strbuf *out);

/* The comparison of topologies. */
void hf_plan_show_topologies(const struct hf_plan_report *report,
                             const struct hf_terminal *terminal, struct hf_strbuf *out);

/* Is this loss worth a row? Everything but pairs that are carried, unless all is wanted. */
bool hf_plan_shown(const struct hf_plan_report *report, const struct hf_plan_case *c);

/* The report as JSON; NULL when memory ran out. */
json_t *hf_plan_json(const struct hf_plan_report *report);

/* Parts of it: a verdict, one loss. */
json_t *hf_plan_verdict_json(const struct hf_plan *plan, const struct hf_plan_verdict *verdict);
json_t *hf_plan_case_json(const struct hf_plan *plan, const struct hf_plan_case *c);

/* One self-contained page: no script, no address outside, light and dark. */
void hf_plan_html(const struct hf_plan_report *report, struct hf_strbuf *out);

#endif
