/*
 * control_client.h - asks this node's daemon over its control socket.
 *
 * One request, then lines: some with "event", the last one with "ok". HOLDFAST_SOCKET in the
 * environment names another socket.
 */
#ifndef HF_CLI_CONTROL_CLIENT_H
#define HF_CLI_CONTROL_CLIENT_H

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"

/* Positive results; the text in the error says what to do. */
enum hf_client_result {
    HF_CLIENT_UNREACHABLE = 1, /* nobody serves the socket */
    HF_CLIENT_TIMED_OUT,       /* no last line in time */
    HF_CLIENT_BROKEN,          /* the connection ended early, or something else answered */
    HF_CLIENT_STOPPED          /* the callback wanted no more */
};

/* How long a single answer may take. Changes wait until a majority has them on disk. */
#define HF_CLIENT_WAIT_MS 30000

/* Sends request and waits for its last line. Returns 0 with *ret_reply (owned by the caller), a
 * hf_client_result, or a negative errno. A refusal by the daemon is an answer: 0. */
int hf_control_call(const json_t *request, json_t **ret_reply, struct hf_error *error);

/* Called for each line that is not the last; false ends the conversation. */
typedef bool (*hf_client_line)(void *user, const json_t *line);

/* The same with events. wait_ms counts from the call; below 0: for ever. */
int hf_control_stream(const json_t *request, int wait_ms, hf_client_line on_line, void *user,
                      json_t **ret_reply, struct hf_error *error);

#endif
