#include "driver/connection.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "driver/process.h"

/* libpq takes the one in the home folder when there is none, and warns when it is no file. */
static const char no_password_file[] = "/dev/null/none";

void hf_connection_init(struct hf_connection *connection)
{
    memset(connection, 0, sizeof(*connection));
    connection->state = HF_CONNECTION_CLOSED;
}

void hf_connection_close(struct hf_connection *connection)
{
    PQfinish(connection->pg);
    connection->pg = NULL;
    connection->state = HF_CONNECTION_CLOSED;
}

/* libpq gives the SQLSTATE of a refused connection only inside its verbose message, as in
 * "FATAL:  57P03: the database system is starting up". */
static void find_sqlstate(const char *message, char ret[6])
{
    ret[0] = '\0';
    for (const char *p = strstr(message, ":  "); p; p = strstr(p + 1, ":  ")) {
        const char *code = p + 3;
        size_t n = 0;
        while (n < 5 && (isdigit((unsigned char)code[n]) || isupper((unsigned char)code[n])))
            n++;
        if (n == 5 && code[5] == ':') {
            memcpy(ret, code, 5);
            ret[5] = '\0';
            return;
        }
    }
}

/* First line of libpq's message: the others repeat where in its source the server said it. */
static void keep_error(struct hf_connection *connection)
{
    const char *message = PQerrorMessage(connection->pg);
    find_sqlstate(message, connection->sqlstate);
    (void)snprintf(connection->text, sizeof(connection->text), "%.*s", (int)strcspn(message, "\n"),
                   message);
}

static enum hf_answer fail(struct hf_connection *connection)
{
    keep_error(connection);
    hf_connection_close(connection);
    return HF_ANSWER_ERROR;
}

/* Waits for the socket. False: the time is over. */
static bool wait_socket(const struct hf_connection *connection, short events, uint64_t until_ms)
{
    struct pollfd wait = {.fd = PQsocket(connection->pg), .events = events};
    for (;;) {
        int n = poll(&wait, 1, hf_process_left_ms(until_ms));
        if (n != 0 && !(n < 0 && errno == EINTR))
            return true;
        if (n == 0)
            return false;
    }
}

static enum hf_answer begin(struct hf_connection *connection, const char *directory, uint16_t port,
                            const char *user)
{
    char number[8];
    (void)snprintf(number, sizeof(number), "%u", port);
    const char *const names[] = {"host",    "port",       "user",     "dbname",
                                 "sslmode", "gssencmode", "passfile", "application_name",
                                 "options", NULL};
    const char *database = connection->database ? connection->database : "postgres";
    const char *options = connection->read_only ? "-c default_transaction_read_only=on" : "";
    const char *const values[] = {directory, number,           user,       database, "disable",
                                  "disable", no_password_file, "holdfast", options,  NULL};
    connection->pg = PQconnectStartParams(names, values, 0);
    if (!connection->pg || PQstatus(connection->pg) == CONNECTION_BAD)
        return fail(connection);
    (void)PQsetErrorVerbosity(connection->pg, PQERRORS_VERBOSE);
    connection->wants = PGRES_POLLING_WRITING;
    connection->state = HF_CONNECTION_OPENING;
    return HF_ANSWER_NOT_YET;
}

enum hf_answer hf_connection_open(struct hf_connection *connection, const char *directory,
                                  uint16_t port, const char *user, uint64_t until_ms)
{
    HF_ASSERT(connection->state <= HF_CONNECTION_OPENING);
    if (connection->state == HF_CONNECTION_CLOSED &&
        begin(connection, directory, port, user) == HF_ANSWER_ERROR)
        return HF_ANSWER_ERROR;
    for (;;) {
        short events = connection->wants == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        if (!wait_socket(connection, events, until_ms))
            return HF_ANSWER_NOT_YET;
        connection->wants = PQconnectPoll(connection->pg);
        if (connection->wants == PGRES_POLLING_FAILED)
            return fail(connection);
        if (connection->wants == PGRES_POLLING_OK)
            break;
    }
    if (PQsetnonblocking(connection->pg, 1) < 0)
        return fail(connection);
    connection->state = HF_CONNECTION_IDLE;
    return HF_ANSWER_YES;
}

static void keep_value(struct hf_connection *connection, const PGresult *result)
{
    if (PQntuples(result) > 0 && PQnfields(result) > 0)
        (void)snprintf(connection->value, sizeof(connection->value), "%s",
                       PQgetvalue(result, 0, 0));
}

/* Takes all results of the statement that has come back. */
static enum hf_answer take_results(struct hf_connection *connection)
{
    enum hf_answer answer = HF_ANSWER_YES;
    PGresult *result;
    connection->value[0] = '\0';
    while ((result = PQgetResult(connection->pg)) != NULL) {
        ExecStatusType status = PQresultStatus(result);
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
            const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
            keep_error(connection);
            if (code)
                (void)snprintf(connection->sqlstate, sizeof(connection->sqlstate), "%s", code);
            answer = HF_ANSWER_ERROR;
        }
        keep_value(connection, result);
        PQclear(result);
    }
    connection->state = HF_CONNECTION_IDLE;
    if (PQstatus(connection->pg) != CONNECTION_BAD)
        return answer;
    if (answer == HF_ANSWER_YES)
        keep_error(connection);
    hf_connection_close(connection);
    return HF_ANSWER_ERROR;
}

enum hf_answer hf_connection_ask(struct hf_connection *connection, const char *statement,
                                 uint64_t until_ms)
{
    HF_ASSERT(connection->state >= HF_CONNECTION_IDLE);
    if (connection->state == HF_CONNECTION_IDLE) {
        if (!PQsendQuery(connection->pg, statement))
            return fail(connection);
        connection->state = HF_CONNECTION_ASKING;
    }
    for (;;) {
        int unsent = PQflush(connection->pg);
        if (unsent < 0)
            return fail(connection);
        if (!PQisBusy(connection->pg))
            return take_results(connection);
        if (!wait_socket(connection, unsent ? POLLIN | POLLOUT : POLLIN, until_ms))
            return HF_ANSWER_NOT_YET;
        if (!PQconsumeInput(connection->pg))
            return fail(connection);
    }
}

void hf_connection_rest(struct hf_connection *connection, uint64_t until_ms)
{
    struct pollfd wait = {.fd = -1, .events = POLLIN};
    if (connection->state == HF_CONNECTION_IDLE)
        wait.fd = PQsocket(connection->pg);
    for (;;) {
        int n = poll(&wait, 1, hf_process_left_ms(until_ms));
        if (n == 0)
            return;
        /* A notice or a changed setting is no reason to end it; the end of the stream is. */
        if (n > 0 && !PQconsumeInput(connection->pg)) {
            (void)fail(connection);
            return;
        }
    }
}
