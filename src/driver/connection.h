/*
 * connection.h - one libpq connection over an instance's Unix socket, every wait bounded.
 *
 * Happy path: hf_connection_open until HF_ANSWER_YES, then hf_connection_ask for each statement.
 * Both take the time until which they may wait; HF_ANSWER_NOT_YET leaves the work going on, and
 * the next call with the same purpose waits for the same answer.
 * Failure modes: HF_ANSWER_ERROR with a text and, when it was the server that said no, its
 * SQLSTATE; the connection is closed then, unless only the statement failed.
 *
 * Peer authentication looks at the effective user id at the time of connect(2): the caller takes
 * the engine's user before it opens the connection.
 */
#ifndef HF_DRIVER_CONNECTION_H
#define HF_DRIVER_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

enum hf_answer { HF_ANSWER_YES, HF_ANSWER_NOT_YET, HF_ANSWER_ERROR };

enum hf_connection_state {
    HF_CONNECTION_CLOSED,
    HF_CONNECTION_OPENING,
    HF_CONNECTION_IDLE,
    HF_CONNECTION_ASKING,
};

struct hf_connection {
    PGconn *pg;
    enum hf_connection_state state;
    PostgresPollingStatusType wants;
    const char *database; /* NULL = "postgres"; of the caller */
    bool read_only;       /* for questions of others: their statements change nothing */
    char sqlstate[6];     /* of the last error, "" = it did not come from the server */
    char text[200];       /* of the last error, one line */
    char value[256];      /* first value of the last answer, "" = none */
};

void hf_connection_init(struct hf_connection *connection);

/* Closes it without waiting for anything; also fit for one that never was opened. */
void hf_connection_close(struct hf_connection *connection);

enum hf_answer hf_connection_open(struct hf_connection *connection, const char *directory,
                                  uint16_t port, const char *user, uint64_t until_ms);

enum hf_answer hf_connection_ask(struct hf_connection *connection, const char *statement,
                                 uint64_t until_ms);

/* Waits until that time, or until the server says something on an idle connection, which means
 * that it ends it. */
void hf_connection_rest(struct hf_connection *connection, uint64_t until_ms);

#endif
