/*
 * answer.h - from a request to an exit code: what every verb does with the daemon's answer.
 */
#ifndef HF_CLI_ANSWER_H
#define HF_CLI_ANSWER_H

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "cli/exits.h"
#include "cli/terminal.h"

/* Sends request, which it takes over. On HF_EXIT_OK *ret_reply is the reply (owned by the caller);
 * otherwise the failure has been told on standard error. */
int hf_answer_get(json_t *request, json_t **ret_reply);

/* A whole listing: sends request, which it takes over, and prints the reply's data, as JSON or as
 * show writes it for people. Returns the exit code; what went wrong has been told. */
typedef void (*hf_answer_show_fn)(const json_t *data, const struct hf_terminal *terminal,
                                  struct hf_strbuf *out);
int hf_answer_list(json_t *request, bool json, hf_answer_show_fn show);

/* Tells the failure of hf_control_stream on standard error; returns the exit code. */
int hf_answer_failed(int result, const struct hf_error *error);

/* Tells a refusal ({"ok":false,...}) on standard error; returns its exit code. */
int hf_answer_refused(const json_t *reply);

/* The text of a refusal: what, the driver's words, the nodes that were tried, what to do. */
void hf_answer_render(const json_t *error, const struct hf_terminal *terminal,
                      struct hf_strbuf *out);

/* The exit code of an error's code word. */
int hf_answer_exit(const char *code);

/* Prints the reply's data as JSON; complains when it could not be written. */
int hf_answer_print_json(const json_t *reply);

/* Prints what was rendered; complains when it could not be written. */
int hf_answer_print(const struct hf_strbuf *out);

/* "holdfast VERB: ..." and the usage of the verb, on standard error. Returns HF_EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int hf_answer_usage(const char *verb, const char *format,
                                                          ...);

#endif
