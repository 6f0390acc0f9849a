/*
 * endpoint_show.h - a list of endpoints as holdfast databases prints it.
 *
 * Each appends what goes to standard output to out, and lines for a person (what is left out, and
 * why) to notes.
 */
#ifndef HF_CLI_ENDPOINT_SHOW_H
#define HF_CLI_ENDPOINT_SHOW_H

#include "cli/endpoint.h"
#include "cli/terminal.h"

/* A table, then a connection string each. */
void hf_endpoint_text(const struct hf_endpoint *list, size_t count,
                      const struct hf_terminal *terminal, struct hf_strbuf *out);

/* {"databases": [...]}; what there is not is null. */
void hf_endpoint_json(const struct hf_endpoint *list, size_t count, struct hf_strbuf *out);

/* Assignments that any POSIX shell takes. */
void hf_endpoint_env(const struct hf_endpoint *list, size_t count, struct hf_strbuf *out,
                     struct hf_strbuf *notes);

/* One string a line. */
void hf_endpoint_lines(const struct hf_endpoint *list, size_t count, enum hf_driver driver,
                       struct hf_strbuf *out, struct hf_strbuf *notes);

#endif
