/*
 * postgresql_probe.c - one dedicated connection asks the server, again and again.
 *
 * Happy path: the worker becomes the engine's user for good, connects over the Unix socket, and
 * sends SELECT 1 every interval; each answer is HF_DRV_OK. The connection is renewed every few
 * seconds, because an old session answers even when the postmaster admits nobody any more.
 * From level 4 of health on, an answer is followed by questions of what it lacks
 * (postgresql_health.c).
 * Failure modes, each HF_DRV_NO_ANSWER with a text: nothing came within the interval (it keeps
 * waiting for the same answer, and says so each interval); the connection was refused or lost (it
 * connects again at the next interval); the server is starting up or shutting down. Any other
 * error that the server itself answers (access refused) shows that it lives: HF_DRV_OK with the
 * text; class 53 (too many connections, no memory) HF_DRV_EXHAUSTED. No answer from an engine whose
 * processes read or wrote since the last interval, and whose postmaster is not stopped: it is slow,
 * HF_DRV_SLOW.
 * Beside that, and only after an answer, it asks now and then how much log a recovery would have to
 * replay. That is for people, and no answer to it is no sign of ill health: what is not there
 * before the next question is given up with its connection, and asked again after a longer while.
 * It never gives up; it ends when nobody takes its replies, or HF_DRV_FAILED without the user.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/connection.h"
#include "driver/postgresql.h"
#include "driver/process.h"

#define FIRST_MS 1000 /* before the first question */
#define INTERVAL_DEFAULT_MS 1000u
#define FRESH_MS 3000u
#define LOG_INTERVAL_MS 8000u /* less than the usual interval, so that each one looks */
#define LOG_PAUSE 6u          /* intervals, after a question about the log that was not answered */
#define LOG_WAIT_MS 1000u

/* pg_control_checkpoint reads the file of pg_control.h; the insert position is in shared memory. */
static const char log_question[] =
    "SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), redo_lsn) "
    "FROM pg_catalog.pg_control_checkpoint()";

struct probe {
    const struct hf_driver_request *request;
    uint32_t interval_ms;
    char directory[HF_DRIVER_PATH_MAX];
    struct hf_connection connection;
    uint64_t opened_ms; /* when the connection was begun */
    uint64_t asked_ms;  /* when the question that is not answered yet was begun, 0 = none */
    uint64_t turn_ms;   /* when this interval ends */
    uint64_t log_due_ms;
    bool log_known; /* at the last look */
    uint64_t log_bytes;
    uint64_t io_bytes; /* by the engine's processes, at the last look */
};

static enum hf_answer ask(struct probe *probe)
{
    struct hf_connection *connection = &probe->connection;
    uint64_t now = hf_process_now_ms();
    if (connection->state == HF_CONNECTION_IDLE && now >= probe->opened_ms + FRESH_MS)
        hf_connection_close(connection);
    if (probe->asked_ms == 0)
        probe->asked_ms = now;
    if (connection->state <= HF_CONNECTION_OPENING) {
        if (connection->state == HF_CONNECTION_CLOSED)
            probe->opened_ms = now;
        enum hf_answer answer =
            hf_connection_open(connection, probe->directory, probe->request->engine.port,
                               probe->request->engine.user, probe->turn_ms);
        if (answer != HF_ANSWER_YES)
            return answer;
    }
    return hf_connection_ask(connection, "SELECT 1", probe->turn_ms);
}

/* Class 57P: it was told to end, has crashed, or is starting up. */
static bool shows_life(const char *sqlstate)
{
    return sqlstate[0] && strncmp(sqlstate, "57P", 3) != 0;
}

/* Insufficient resources; a full disk is looked for by the disk check. */
static bool exhausted(const char *sqlstate)
{
    return strncmp(sqlstate, "53", 2) == 0 && strcmp(sqlstate, "53100") != 0;
}

/* Whether it is at work although it does not answer. */
static bool at_work(struct probe *probe)
{
    uint64_t bytes = hf_postgresql_io_bytes(probe->request->instance);
    bool more = probe->io_bytes && bytes > probe->io_bytes;
    probe->io_bytes = bytes;
    return more && !hf_postgresql_is_stopped(probe->request);
}

static void fill(struct probe *probe, enum hf_answer answer, struct hf_driver_reply *reply)
{
    const struct hf_connection *connection = &probe->connection;
    uint64_t now = hf_process_now_ms();
    memset(reply, 0, sizeof(*reply));
    reply->id = probe->request->id;
    reply->op = probe->request->op;
    reply->more = true;
    reply->took_ms = (uint32_t)(now - probe->asked_ms);
    reply->log_known = probe->log_known;
    reply->log_bytes = probe->log_bytes;
    reply->status = HF_DRV_NO_ANSWER;
    switch (answer) {
    case HF_ANSWER_YES:
        reply->status = hf_postgresql_lacks(probe->request, probe->directory, &probe->connection,
                                            probe->turn_ms, reply->text, sizeof(reply->text));
        probe->io_bytes = hf_postgresql_io_bytes(probe->request->instance);
        break;
    case HF_ANSWER_NOT_YET:
        if (at_work(probe))
            reply->status = HF_DRV_SLOW;
        (void)snprintf(
            reply->text, sizeof(reply->text), "no answer for %u ms to %s", reply->took_ms,
            connection->state == HF_CONNECTION_OPENING ? "a new connection" : "SELECT 1");
        return;
    case HF_ANSWER_ERROR:
        if (shows_life(connection->sqlstate))
            reply->status = exhausted(connection->sqlstate) ? HF_DRV_EXHAUSTED : HF_DRV_OK;
        (void)snprintf(reply->text, sizeof(reply->text), "%s", connection->text);
        break;
    }
    probe->asked_ms = 0;
}

static bool parse_bytes(const char *text, uint64_t *ret)
{
    char *end;
    errno = 0;
    *ret = strtoull(text, &end, 10);
    return isdigit((unsigned char)text[0]) && *end == '\0' && errno == 0;
}

/* Its own time, within this interval: the next question of health is never late because of it. */
static void look_at_log(struct probe *probe)
{
    struct hf_connection *connection = &probe->connection;
    uint64_t now = hf_process_now_ms();
    uint64_t until = now + LOG_WAIT_MS;
    uint32_t interval = probe->request->log_interval_ms;
    interval = interval ? interval : LOG_INTERVAL_MS;
    if (connection->state != HF_CONNECTION_IDLE || now < probe->log_due_ms)
        return;
    enum hf_answer answer = hf_connection_ask(connection, log_question,
                                              until < probe->turn_ms ? until : probe->turn_ms);
    probe->log_known = answer == HF_ANSWER_YES && parse_bytes(connection->value, &probe->log_bytes);
    probe->log_due_ms = now + (probe->log_known ? interval : LOG_PAUSE * interval);
    if (answer == HF_ANSWER_NOT_YET)
        hf_connection_close(connection);
}

static int take_user(const struct hf_driver_request *request)
{
    struct hf_process_user user;
    int r = hf_process_find_user(request->engine.user, &user);
    return r < 0 ? r : hf_process_become(&user);
}

static void refuse(const struct hf_driver_request *request, int r, hf_driver_reply_fn send,
                   void *user)
{
    struct hf_driver_reply reply = {.id = request->id, .op = request->op};
    reply.status = HF_DRV_FAILED;
    reply.error = -r;
    (void)snprintf(reply.text, sizeof(reply.text), "cannot become the user %s: %s",
                   request->engine.user, strerror(-r));
    (void)send(user, &reply);
}

void hf_postgresql_probe(const struct hf_driver_request *request, hf_driver_reply_fn send,
                         void *user)
{
    struct probe probe = {.request = request};
    struct hf_driver_reply reply;
    int r =
        hf_postgresql_socket_directory(request->instance, probe.directory, sizeof(probe.directory));
    if (r == 0)
        r = take_user(request);
    if (r < 0) {
        refuse(request, r, send, user);
        return;
    }
    probe.interval_ms = request->interval_ms ? request->interval_ms : INTERVAL_DEFAULT_MS;
    hf_connection_init(&probe.connection);
    /* An engine that has just said that it is ready has its clients to serve first. */
    probe.turn_ms =
        hf_process_now_ms() + (probe.interval_ms < FIRST_MS ? probe.interval_ms : FIRST_MS);
    hf_connection_rest(&probe.connection, probe.turn_ms);
    do {
        probe.turn_ms = hf_process_now_ms() + probe.interval_ms;
        fill(&probe, ask(&probe), &reply);
        r = send(user, &reply);
        if (r == 0 && reply.status == HF_DRV_OK)
            look_at_log(&probe);
        hf_connection_rest(&probe.connection, probe.turn_ms);
    } while (r == 0);
    hf_connection_close(&probe.connection);
}
