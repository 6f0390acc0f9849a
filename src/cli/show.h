/*
 * show.h - replies of the daemon as text for people. Each adds to out.
 */
#ifndef HF_CLI_SHOW_H
#define HF_CLI_SHOW_H

#include <stdint.h>

#include <jansson.h>

#include "base/strbuf.h"
#include "cli/terminal.h"

/* data of the reply to status, why, history (docs/CONTROL.md). */
void hf_show_status(const json_t *data, const struct hf_terminal *terminal, struct hf_strbuf *out);
void hf_show_why(const json_t *data, const struct hf_terminal *terminal, struct hf_strbuf *out);
void hf_show_history(const json_t *data, const struct hf_terminal *terminal, struct hf_strbuf *out);

/* data of the reply to demand. */
void hf_show_demand(const json_t *data, const struct hf_terminal *terminal, struct hf_strbuf *out);

/* A record of history: the instance it is about, or "-"; what happened and why. */
const char *hf_show_record_subject(const json_t *record);
void hf_show_record_text(const json_t *record, char *text, size_t room);

/* What verb_replay collected (docs/CLI.md, replay). */
void hf_show_replay(const json_t *data, const struct hf_terminal *terminal, struct hf_strbuf *out);

/* One event line of something that is waited for; start_ms: wall clock of its beginning. */
void hf_show_event(const json_t *event, int64_t start_ms, const struct hf_terminal *terminal,
                   struct hf_strbuf *out);

/* The last line of something that was waited for. */
void hf_show_done(const json_t *data, struct hf_strbuf *out);

/* The table of an instance's life. */
void hf_show_lifecycle(struct hf_strbuf *out);
void hf_show_lifecycle_mermaid(struct hf_strbuf *out);

#endif
