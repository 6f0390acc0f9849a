/*
 * show_use.h - what the node that answers uses, and what runs on it.
 */
#ifndef HF_CLI_SHOW_USE_H
#define HF_CLI_SHOW_USE_H

#include <jansson.h>

#include "base/strbuf.h"
#include "cli/terminal.h"

/* data of the reply to status. Adds nothing when nothing was measured. */
void hf_show_use(const json_t *data, const struct hf_terminal *terminal, struct hf_strbuf *out);

#endif
