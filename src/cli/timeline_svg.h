/*
 * timeline_svg.h - the picture of one change of owner: a row a phase, from the fault to the end.
 */
#ifndef HF_CLI_TIMELINE_SVG_H
#define HF_CLI_TIMELINE_SVG_H

#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

struct hf_timeline_mark {
    const char *text;
    int64_t at_ms;   /* since the beginning: when it ended */
    int64_t took_ms; /* below 0: a moment */
};

/* The axis ends at end_ms, or at the last mark when that is later. what: for who cannot see it. */
void hf_timeline_svg(const struct hf_timeline_mark *marks, size_t count, int64_t end_ms,
                     const char *what, struct hf_strbuf *out);

#endif
