/* plan_html.h - the pictures of the page: inline SVG, coloured by the page's style sheet. */
#ifndef HF_CLI_PLAN_HTML_H
#define HF_CLI_PLAN_HTML_H

#include "cli/plan_show.h"

/* Bars: each resource of each node, in normal times and at worst after one failure. */
void hf_plan_svg_bars(const struct hf_plan *plan, struct hf_strbuf *out);

/* Heat map of one resource (HF_RESOURCES: the fullest one): losses by nodes. */
void hf_plan_svg_heat(const struct hf_plan *plan, unsigned resource, struct hf_strbuf *out);

/* Two at once: a square per pair, carried or not. */
void hf_plan_svg_pairs(const struct hf_plan *plan, struct hf_strbuf *out);

#endif
