/*
 * drill_client.h - a client of the database that commits rows without pause while it is drilled.
 *
 * A process of its own writes one row a transaction into a table of its own and tells of each that
 * the server acknowledged. It goes on through anything: a connection that is lost or silent for
 * half a second is given up and made anew; a row whose fate is not known is written again (its
 * number is the primary key, so it is there once). What an application would have waited is the
 * longest time between two acknowledged rows.
 */
#ifndef HF_CLI_DRILL_CLIENT_H
#define HF_CLI_DRILL_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct hf_drill_client;

struct hf_drill_count {
    int64_t acknowledged; /* rows, since the client was started */
    int64_t present; /* of these, found in the table at the end; below 0: it could not be read */
};

/* conninfo: of libpq. Returns 0, with *ret to be ended, or a negative errno. */
int hf_drill_client_start(const char *conninfo, struct hf_drill_client **ret);

/* Waits until so many more rows are acknowledged. False: not within wait_ms, or the client ended;
 * hf_drill_client_trouble says what it met last. */
bool hf_drill_client_wait(struct hf_drill_client *client, int64_t rows, int wait_ms);

/* The longest time without an acknowledged row since the last call, in ms; *ret_end_ms: wall clock
 * of its end. */
int64_t hf_drill_client_gap(struct hf_drill_client *client, int64_t *ret_end_ms);

/* What the client last complained of, "" = nothing. Valid until the next call. */
const char *hf_drill_client_trouble(const struct hf_drill_client *client);

/* Ends it, looks for every acknowledged row, drops the table. NULL ends nothing. */
struct hf_drill_count hf_drill_client_end(struct hf_drill_client *client);

#endif
