#include "cli/drill_client.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CONNECT_MS = 2000, ANSWER_MS = 500, AGAIN_MS = 20, TABLE_MAX = 48, TROUBLE_MAX = 200 };

/* What the process tells: a row that was acknowledged, or, with row = 0, a trouble. */
struct note {
    int64_t row, wall_ms;
    char trouble[TROUBLE_MAX];
};

struct hf_drill_client {
    pid_t pid;
    int from; /* notes of the process */
    char *conninfo;
    char table[TABLE_MAX];
    int64_t rows, last_ms, gap_ms, gap_end_ms;
    char trouble[TROUBLE_MAX];
};

static int64_t wall_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t mono_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- The process that writes ---- */

static void tell(int to, int64_t row, const char *trouble)
{
    struct note note = {.row = row, .wall_ms = wall_ms()};
    (void)snprintf(note.trouble, sizeof(note.trouble), "%.*s", (int)strcspn(trouble, "\n"),
                   trouble);
    if (write(to, &note, sizeof(note)) != (ssize_t)sizeof(note))
        _exit(0); /* nobody listens any more */
}

/* Waits for the socket until end_ms. */
static bool ready(PGconn *conn, short events, int64_t end_ms)
{
    int64_t left = end_ms - mono_ms();
    struct pollfd fd = {.fd = PQsocket(conn), .events = events};
    return left > 0 && poll(&fd, 1, (int)left) > 0;
}

static PGconn *connect_within(const char *conninfo, int wait_ms)
{
    int64_t end_ms = mono_ms() + wait_ms;
    PGconn *conn = PQconnectStart(conninfo);
    PostgresPollingStatusType step = PGRES_POLLING_WRITING;
    while (conn && PQstatus(conn) != CONNECTION_BAD && step != PGRES_POLLING_OK &&
           step != PGRES_POLLING_FAILED) {
        if (!ready(conn, step == PGRES_POLLING_READING ? POLLIN : POLLOUT, end_ms))
            break;
        step = PQconnectPoll(conn);
    }
    return conn;
}

/* Sends a statement and waits for its end. False: it failed, or no answer came in time. */
static bool ask(PGconn *conn, const char *sql, int wait_ms)
{
    int64_t end_ms = mono_ms() + wait_ms;
    bool good = PQsendQuery(conn, sql) == 1;
    for (PGresult *result = NULL; good;) {
        while (good && PQisBusy(conn))
            good = ready(conn, POLLIN, end_ms) && PQconsumeInput(conn);
        result = good ? PQgetResult(conn) : NULL;
        if (!result)
            return good;
        ExecStatusType status = PQresultStatus(result);
        good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
        PQclear(result);
    }
    return false;
}

static bool make_table(PGconn *conn, const char *table)
{
    char sql[160];
    (void)snprintf(sql, sizeof(sql), "CREATE TABLE IF NOT EXISTS %s (id bigint PRIMARY KEY)",
                   table);
    return ask(conn, sql, CONNECT_MS);
}

/* Rows through one connection, until something is wrong with it. */
static void write_rows(PGconn *conn, const char *table, int64_t *row, int to)
{
    char sql[160];
    for (;;) {
        (void)snprintf(sql, sizeof(sql),
                       "INSERT INTO %s VALUES (%" PRId64 ") ON CONFLICT DO NOTHING", table, *row);
        if (!ask(conn, sql, ANSWER_MS))
            return;
        tell(to, (*row)++, "");
        (void)poll(NULL, 0, 2);
    }
}

_Noreturn static void write_for_ever(const char *conninfo, const char *table, int to)
{
    int64_t row = 1;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGPIPE, SIG_IGN);
    for (bool made = false;;) {
        PGconn *conn = connect_within(conninfo, CONNECT_MS);
        bool good = conn && PQstatus(conn) == CONNECTION_OK;
        made = made || (good && make_table(conn, table));
        if (good && made)
            write_rows(conn, table, &row, to);
        tell(to, 0, conn ? PQerrorMessage(conn) : "out of memory");
        PQfinish(conn);
        (void)poll(NULL, 0, AGAIN_MS);
    }
}

/* ---- Who listens ---- */

int hf_drill_client_start(const char *conninfo, struct hf_drill_client **ret)
{
    int ends[2];
    struct hf_drill_client *client = calloc(1, sizeof(*client));
    char *copy = client ? strdup(conninfo) : NULL;
    if (!copy || pipe2(ends, O_CLOEXEC) < 0) {
        int error = copy ? errno : ENOMEM;
        free(copy);
        free(client);
        return -error;
    }
    client->conninfo = copy;
    client->last_ms = wall_ms();
    (void)snprintf(client->table, sizeof(client->table), "holdfast_drill_%d", (int)getpid());
    client->pid = fork();
    if (client->pid == 0) {
        (void)close(ends[0]);
        write_for_ever(conninfo, client->table, ends[1]);
    }
    int error = errno;
    (void)close(ends[1]);
    client->from = ends[0];
    if (client->pid < 0) {
        (void)close(ends[0]);
        free(copy);
        free(client);
        return -error;
    }
    *ret = client;
    return 0;
}

static void note_gap(struct hf_drill_client *client, int64_t now_ms)
{
    if (now_ms - client->last_ms > client->gap_ms) {
        client->gap_ms = now_ms - client->last_ms;
        client->gap_end_ms = now_ms;
    }
}

/* Takes one note, waiting at most wait_ms. False: none came, or the process is gone. */
static bool take(struct hf_drill_client *client, int wait_ms)
{
    struct note note;
    struct pollfd fd = {.fd = client->from, .events = POLLIN};
    if (poll(&fd, 1, wait_ms) <= 0 || read(client->from, &note, sizeof(note)) != sizeof(note))
        return false;
    if (note.row == 0) {
        memcpy(client->trouble, note.trouble, sizeof(client->trouble));
        return true;
    }
    note_gap(client, note.wall_ms);
    client->last_ms = note.wall_ms;
    client->rows = note.row;
    return true;
}

bool hf_drill_client_wait(struct hf_drill_client *client, int64_t rows, int wait_ms)
{
    int64_t wanted = client->rows + rows, end_ms = mono_ms() + wait_ms;
    while (client->rows < wanted) {
        int64_t left = end_ms - mono_ms();
        if (left <= 0 || !take(client, (int)left))
            return false;
    }
    return true;
}

int64_t hf_drill_client_gap(struct hf_drill_client *client, int64_t *ret_end_ms)
{
    while (take(client, 0)) {
    }
    int64_t gap_ms = client->gap_ms;
    *ret_end_ms = client->gap_end_ms;
    client->gap_ms = 0;
    return gap_ms;
}

const char *hf_drill_client_trouble(const struct hf_drill_client *client)
{
    return client->trouble;
}

static int64_t count_rows(PGconn *conn, const struct hf_drill_client *client)
{
    char sql[160];
    (void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s WHERE id <= %" PRId64, client->table,
                   client->rows);
    PGresult *result = PQexec(conn, sql);
    bool good = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1;
    int64_t present = good ? strtoll(PQgetvalue(result, 0, 0), NULL, 10) : -1;
    PQclear(result);
    return present;
}

static int64_t look_for_rows(const struct hf_drill_client *client)
{
    char sql[96];
    PGconn *conn = connect_within(client->conninfo, 10 * CONNECT_MS);
    int64_t present = -1;
    if (conn && PQstatus(conn) == CONNECTION_OK) {
        present = count_rows(conn, client);
        (void)snprintf(sql, sizeof(sql), "DROP TABLE IF EXISTS %s", client->table);
        PQclear(PQexec(conn, sql));
    }
    PQfinish(conn);
    return present;
}

struct hf_drill_count hf_drill_client_end(struct hf_drill_client *client)
{
    struct hf_drill_count count = {0};
    if (!client)
        return count;
    (void)kill(client->pid, SIGKILL);
    while (waitpid(client->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    while (take(client, 0)) {
    }
    (void)close(client->from);
    count.acknowledged = client->rows;
    count.present = client->rows ? look_for_rows(client) : 0;
    free(client->conninfo);
    free(client);
    return count;
}
