/*
 * hf_client_link.c - one connection to the server, never blocking.
 *
 * Happy path: SYN -> LOGIN -> HELLO -> READY, then BUSY and READY in turn. The first query asks
 * when the server's main process started: that tells a new server from the old one.
 * Failures: refused, rejected ("starting up"), reset: LINK_FAILED with libpq's text; silence is the
 * caller's to judge, by begun_ms and state.
 */
#include "hf_client.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

static const char hello[] = "SELECT extract(epoch FROM pg_postmaster_start_time())::text";

static enum link_news fail(struct link *link)
{
    snprintf(link->answer.error, sizeof link->answer.error, "%s", PQerrorMessage(link->conn));
    link->answer.error[strcspn(link->answer.error, "\n")] = 0;
    link->answer.ok = false;
    return LINK_FAILED;
}

bool link_open(struct link *link, const char *dsn, const char *name, int64_t now_ms)
{
    const char *const keys[] = {"dbname",  "application_name", "options",
                                "sslmode", "gssencmode",       NULL};
    const char *const values[] = {
        dsn,       name,      "-c synchronous_commit=on -c client_min_messages=warning",
        "disable", "disable", NULL};

    *link = (struct link){.state = LINK_SYN, .wants = POLLOUT, .begun_ms = now_ms};
    link->conn = PQconnectStartParams(keys, values, 1);
    if (!link->conn)
        abort();
    if (PQstatus(link->conn) == CONNECTION_BAD) {
        (void)fail(link);
        link_close(link);
        return false;
    }
    return true;
}

bool link_send(struct link *link, const char *sql)
{
    if (!PQsendQuery(link->conn, sql)) {
        (void)fail(link);
        return false;
    }
    link->state = LINK_BUSY;
    link->answer = (struct link_answer){.ok = true};
    link->wants = PQflush(link->conn) == 1 ? POLLIN | POLLOUT : POLLIN;
    return true;
}

static enum link_news connect_on(struct link *link)
{
    PostgresPollingStatusType s = PQconnectPoll(link->conn);

    if (s == PGRES_POLLING_FAILED)
        return fail(link);
    if (s != PGRES_POLLING_OK) {
        if (PQstatus(link->conn) != CONNECTION_STARTED)
            link->state = LINK_LOGIN;
        link->wants = s == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        return LINK_NOTHING;
    }
    if (PQsetnonblocking(link->conn, 1) != 0 || !link_send(link, hello))
        return fail(link);
    link->backend = PQbackendPID(link->conn);
    link->state = LINK_HELLO;
    return LINK_NOTHING;
}

static void take_result(struct link *link, PGresult *result)
{
    ExecStatusType s = PQresultStatus(result);

    if (s != PGRES_TUPLES_OK && s != PGRES_COMMAND_OK) {
        link->answer.ok = false;
        snprintf(link->answer.error, sizeof link->answer.error, "%s", PQresultErrorMessage(result));
        link->answer.error[strcspn(link->answer.error, "\n")] = 0;
        return;
    }
    link->answer.rows =
        s == PGRES_TUPLES_OK ? PQntuples(result) : strtol(PQcmdTuples(result), NULL, 10);
    if (link->state == LINK_HELLO && s == PGRES_TUPLES_OK && PQntuples(result) == 1)
        snprintf(link->server, sizeof link->server, "%s", PQgetvalue(result, 0, 0));
}

static enum link_news query_on(struct link *link)
{
    bool was_hello = link->state == LINK_HELLO;

    if (PQflush(link->conn) < 0 || !PQconsumeInput(link->conn))
        return fail(link);
    link->wants = POLLIN;
    while (!PQisBusy(link->conn)) {
        PGresult *result = PQgetResult(link->conn);

        if (!result) {
            if (PQstatus(link->conn) != CONNECTION_OK || (was_hello && !link->server[0]))
                return LINK_FAILED;
            link->state = LINK_READY;
            return was_hello ? LINK_BECAME_READY : LINK_ANSWERED;
        }
        take_result(link, result);
        PQclear(result);
    }
    return LINK_NOTHING;
}

/* Nothing is asked, so what arrives is a notice or the end. */
static enum link_news idle_on(struct link *link)
{
    if (!PQconsumeInput(link->conn) || PQstatus(link->conn) != CONNECTION_OK)
        return fail(link);
    return LINK_NOTHING;
}

enum link_news link_advance(struct link *link)
{
    switch (link->state) {
    case LINK_NONE:
        return LINK_NOTHING;
    case LINK_SYN:
    case LINK_LOGIN:
        return connect_on(link);
    case LINK_HELLO:
    case LINK_BUSY:
        return query_on(link);
    case LINK_READY:
        return idle_on(link);
    }
    return LINK_NOTHING;
}

bool link_rejected(const struct link *link)
{
    return link->state == LINK_LOGIN || link->state == LINK_HELLO;
}

void link_close(struct link *link)
{
    if (link->conn)
        PQfinish(link->conn);
    link->conn = NULL;
    link->state = LINK_NONE;
}
