/*
 * hf_client.c - commits rows without pause and measures what an application would see.
 *
 * One row is one transaction. A row is acknowledged when the server said so, and only then. When
 * the connection is lost, or an answer is late, the row's outcome is unknown: new connections are
 * tried in parallel, every few milliseconds, and the first that answers a query takes over; there
 * the row is written again only if it is not there. If the new connection leads to the very server
 * that still holds the old one, the old one is ended first, so that it cannot commit afterwards.
 * So the outage is measured in milliseconds and not in TCP's retransmission timers.
 *
 *   SIGTERM, SIGINT   stop, print the summary, verify if asked to
 *   SIGUSR1           print a summary and go on
 *
 * Exit: 0 fine, 1 rows lost or doubled or the table not readable, 2 usage.
 */
#include "hf_client.h"

#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    LATE_MS = 150,         /* an answer that takes longer is looked for elsewhere as well */
    ABANDON_MS = 1000,     /* and the same server's other connection is used after this */
    SYN_MS_MAX = 250,      /* an attempt that nobody answers */
    LOGIN_MS_MAX = 3000,   /* an attempt that the server's kernel accepted */
    LOGIN_ALONE_MS = 1000, /* so long it is given before another one is made beside it */
    NEXT_SYN_MS = 20,      /* between attempts that nobody answers */
    NEXT_REFUSED_MS = 10,  /* after one that was refused */
    NEXT_REJECTED_MS = 20, /* after one that was rejected: it cost the server a process */
    ATTEMPTS_MAX = 16,
    CLEAR_WAIT_MS = 2000, /* so long the server waits for the end of the old connection */
    TABLE_MS = 2000,      /* and so long making the table may take */
};

enum row_state {
    ROW_NONE,
    ROW_SENT,     /* on the current link */
    ROW_UNKNOWN,  /* to be settled on the next link */
    ROW_CLEARING, /* the server is asked to end the old connection */
};

struct client {
    const char *dsn;
    const char *table;
    char name[64];
    int pause_ms;
    bool table_made;

    struct ledger ledger;
    struct link current;
    struct link attempts[ATTEMPTS_MAX];
    int64_t next_attempt_ms;
    char last_error[256];

    enum row_state row;
    uint64_t id;
    int attempt;
    int64_t sent_ms;  /* when the row was sent on the current link */
    char sent_to[64]; /* server */
    int sent_backend;
    int64_t next_row_ms;

    int64_t late_at_ms; /* when the answer that is waited for counts as late */
};

static int64_t now_ms(void)
{
    return clock_monotonic_us() / 1000;
}

static void note_error(struct client *c, const char *text)
{
    if (strcmp(c->last_error, text) == 0)
        return;
    snprintf(c->last_error, sizeof c->last_error, "%s", text);
    ledger_event(&c->ledger, "error", text);
}

/* The current link is gone, or given up: what it was asked is unknown from now on. */
static void drop_current(struct client *c, const char *why)
{
    if (c->current.state == LINK_NONE)
        return;
    note_error(c, why);
    link_close(&c->current);
    if (c->row != ROW_NONE)
        c->row = ROW_UNKNOWN;
    c->next_attempt_ms = now_ms();
}

static void ask(struct client *c, const char *sql, int patience_ms)
{
    c->late_at_ms = now_ms() + patience_ms;
    if (!link_send(&c->current, sql))
        drop_current(c, c->current.answer.error);
}

static void send_row(struct client *c)
{
    char sql[512];

    if (c->attempt++ == 0)
        snprintf(sql, sizeof sql, "INSERT INTO %s (id, attempt) VALUES (%" PRIu64 ", 1)", c->table,
                 c->id);
    else
        snprintf(sql, sizeof sql,
                 "INSERT INTO %s (id, attempt) SELECT %" PRIu64 ", %d WHERE NOT EXISTS "
                 "(SELECT 1 FROM %s WHERE id = %" PRIu64 ")",
                 c->table, c->id, c->attempt, c->table, c->id);
    c->row = ROW_SENT;
    c->sent_ms = now_ms();
    c->sent_backend = c->current.backend;
    memcpy(c->sent_to, c->current.server, sizeof c->sent_to);
    ask(c, sql, LATE_MS);
}

static void send_clear(struct client *c)
{
    char sql[512];

    snprintf(sql, sizeof sql,
             "SELECT pg_terminate_backend(pid, %d) FROM pg_stat_activity WHERE pid = %d AND pid <> "
             "pg_backend_pid() AND application_name = '%s'",
             CLEAR_WAIT_MS, c->sent_backend, c->name);
    c->row = ROW_CLEARING;
    ask(c, sql, CLEAR_WAIT_MS + LATE_MS);
}

static void make_table(struct client *c)
{
    char sql[512];

    snprintf(sql, sizeof sql,
             "CREATE TABLE IF NOT EXISTS %s (id bigint NOT NULL, attempt int NOT NULL); "
             "CREATE INDEX IF NOT EXISTS %s_id ON %s (id)",
             c->table, c->table, c->table);
    ask(c, sql, TABLE_MS);
}

/* The current link is ready: give it what is next. */
static void feed(struct client *c)
{
    if (c->current.state != LINK_READY)
        return;
    if (!c->table_made) {
        make_table(c);
    } else if (c->row == ROW_UNKNOWN) {
        if (strcmp(c->sent_to, c->current.server) == 0)
            send_clear(c);
        else
            send_row(c);
    } else if (c->row == ROW_NONE && now_ms() >= c->next_row_ms) {
        c->id++;
        c->attempt = 0;
        send_row(c);
    }
}

static void answered(struct client *c)
{
    const struct link_answer *a = &c->current.answer;

    if (!a->ok) {
        drop_current(c, a->error);
    } else if (!c->table_made) {
        c->table_made = true;
    } else if (c->row == ROW_CLEARING && a->rows > 0) {
        send_clear(c);
    } else if (c->row == ROW_CLEARING) {
        send_row(c);
    } else if (c->row == ROW_SENT) {
        ledger_acknowledge(&c->ledger, c->id);
        c->last_error[0] = 0;
        c->row = ROW_NONE;
        c->next_row_ms = now_ms() + c->pause_ms;
    }
}

static void switch_to(struct client *c, struct link *attempt)
{
    bool same = strcmp(attempt->server, c->sent_to) == 0;

    drop_current(c, "no answer");
    c->current = *attempt;
    *attempt = (struct link){0};
    ledger_event(&c->ledger, "connected", same ? "same server" : "new server");
}

/* Whether a connection that works is to be taken although the old one still stands. */
static bool better_than_current(const struct client *c, const struct link *attempt)
{
    if (c->current.state == LINK_NONE)
        return true;
    if (strcmp(attempt->server, c->current.server) != 0)
        return true;
    return now_ms() - c->late_at_ms > ABANDON_MS;
}

static bool late(const struct client *c)
{
    return c->current.state == LINK_NONE ||
           (c->current.state == LINK_BUSY && now_ms() >= c->late_at_ms);
}

static void close_attempts(struct client *c)
{
    for (int i = 0; i < ATTEMPTS_MAX; i++)
        link_close(&c->attempts[i]);
}

/* Whether one more attempt makes sense now; *ret is a free place for it. */
static bool wants_attempt(struct client *c, struct link **ret)
{
    *ret = NULL;
    for (int i = 0; i < ATTEMPTS_MAX; i++) {
        struct link *a = &c->attempts[i];

        if (a->state == LINK_NONE)
            *ret = a;
        else if (a->state == LINK_READY)
            return false;
        else if (a->state != LINK_SYN && now_ms() - a->begun_ms < LOGIN_ALONE_MS)
            return false;
    }
    return *ret && now_ms() >= c->next_attempt_ms;
}

/* The wait grows with what the rejection cost, so that a slow server gets on with its recovery. */
static void attempt_failed(struct client *c, struct link *a)
{
    int64_t wait = link_rejected(a) ? NEXT_REJECTED_MS : NEXT_REFUSED_MS;
    int64_t took = now_ms() - a->begun_ms;

    note_error(c, a->answer.error);
    if (link_rejected(a) && took > wait)
        wait = took;
    c->next_attempt_ms = now_ms() + wait;
    link_close(a);
}

static void give_up_old_attempts(struct client *c)
{
    for (int i = 0; i < ATTEMPTS_MAX; i++) {
        struct link *a = &c->attempts[i];
        int64_t age = now_ms() - a->begun_ms;

        if ((a->state == LINK_SYN && age > SYN_MS_MAX) ||
            (a->state != LINK_NONE && a->state != LINK_READY && age > LOGIN_MS_MAX))
            link_close(a);
    }
}

static void look_elsewhere(struct client *c)
{
    struct link *free_place;

    give_up_old_attempts(c);
    if (!late(c)) {
        close_attempts(c);
        return;
    }
    for (int i = 0; i < ATTEMPTS_MAX; i++)
        if (c->attempts[i].state == LINK_READY && better_than_current(c, &c->attempts[i])) {
            switch_to(c, &c->attempts[i]);
            close_attempts(c);
            return;
        }
    if (!wants_attempt(c, &free_place))
        return;
    c->next_attempt_ms = now_ms() + NEXT_SYN_MS;
    if (!link_open(free_place, c->dsn, c->name, now_ms()))
        note_error(c, free_place->answer.error);
}

/* How long nothing has to be done unless a descriptor says so. */
static int wait_ms(const struct client *c)
{
    int64_t now = now_ms();
    int64_t next = now + 1000;

    if (late(c))
        next = c->next_attempt_ms > now ? c->next_attempt_ms : now + 5;
    else if (c->current.state == LINK_BUSY)
        next = c->late_at_ms;
    else if (c->current.state == LINK_READY)
        next = c->next_row_ms;
    return next > now ? (int)(next - now) : 0;
}

static void advance_current(struct client *c)
{
    switch (link_advance(&c->current)) {
    case LINK_NOTHING:
    case LINK_BECAME_READY:
        break;
    case LINK_ANSWERED:
        answered(c);
        break;
    case LINK_FAILED:
        drop_current(c, c->current.answer.error);
        break;
    }
}

static void advance_attempt(struct client *c, struct link *a)
{
    if (link_advance(a) == LINK_FAILED)
        attempt_failed(c, a);
}

static size_t watch(struct link *link, struct pollfd *fds, struct link **links, size_t n)
{
    if (link->state == LINK_NONE)
        return n;
    fds[n] = (struct pollfd){.fd = PQsocket(link->conn), .events = link->wants};
    links[n] = link;
    return n + 1;
}

/* One round: wait, take what arrived, do what is due. Returns the signal that came, or 0. */
static int round_once(struct client *c, int signals)
{
    struct pollfd fds[ATTEMPTS_MAX + 2] = {{.fd = signals, .events = POLLIN}};
    struct link *links[ATTEMPTS_MAX + 2] = {NULL};
    struct signalfd_siginfo info;
    size_t n = watch(&c->current, fds, links, 1);

    for (int i = 0; i < ATTEMPTS_MAX; i++)
        n = watch(&c->attempts[i], fds, links, n);
    (void)poll(fds, n, wait_ms(c));
    for (size_t i = 1; i < n; i++)
        if (fds[i].revents && links[i] == &c->current)
            advance_current(c);
        else if (fds[i].revents)
            advance_attempt(c, links[i]);
    look_elsewhere(c);
    feed(c);
    return read(signals, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

static int open_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void run(struct client *c, size_t rows_max)
{
    int signals = open_signals();

    for (;;) {
        int signo = round_once(c, signals);

        if (signo == SIGUSR1)
            ledger_summary(&c->ledger);
        else if (signo || (rows_max && c->ledger.count >= rows_max))
            break;
    }
    ledger_summary(&c->ledger);
    link_close(&c->current);
    close_attempts(c);
}

static void usage(void)
{
    fputs("usage: hf_client [OPTION...]\n"
          "  --dsn CONNINFO        where to write, as libpq takes it\n"
          "  --table NAME          default hf_rows; made if missing\n"
          "  --pause-ms N          between an acknowledgement and the next row; default 2\n"
          "  --gap-ms N            report longer gaps between acknowledgements; default 100\n"
          "  --rows N              stop after so many; default: at SIGTERM\n"
          "  --acknowledged FILE   append the acknowledged ids here\n"
          "  --verify              at the end read the table back and compare\n"
          "  --verify-only         only compare the table with FILE\n"
          "  --deadline-ms N       how long to try to reach the server for that; default 30000\n",
          stderr);
    exit(2);
}

struct settings {
    const char *file;
    bool verify, only_verify;
    int deadline_ms;
    size_t rows;
};

static const struct option long_options[] = {
    {"dsn", required_argument, NULL, 'd'},
    {"table", required_argument, NULL, 't'},
    {"pause-ms", required_argument, NULL, 'p'},
    {"gap-ms", required_argument, NULL, 'g'},
    {"rows", required_argument, NULL, 'n'},
    {"acknowledged", required_argument, NULL, 'a'},
    {"verify", no_argument, NULL, 'v'},
    {"verify-only", no_argument, NULL, 'o'},
    {"deadline-ms", required_argument, NULL, 'l'},
    {NULL, 0, NULL, 0},
};

static void take_option(struct client *c, struct settings *s, int option)
{
    switch (option) {
    case 'd':
        c->dsn = optarg;
        break;
    case 't':
        c->table = optarg;
        break;
    case 'p':
        c->pause_ms = (int)strtol(optarg, NULL, 10);
        break;
    case 'g':
        c->ledger.gap_ms = (int)strtol(optarg, NULL, 10);
        break;
    case 'n':
        s->rows = strtoul(optarg, NULL, 10);
        break;
    case 'a':
        s->file = optarg;
        break;
    case 'v':
        s->verify = true;
        break;
    case 'o':
        s->only_verify = true;
        break;
    case 'l':
        s->deadline_ms = (int)strtol(optarg, NULL, 10);
        break;
    default:
        usage();
    }
}

static void open_acknowledged(struct client *c, const char *file)
{
    if (!file)
        return;
    c->ledger.acknowledged = fopen(file, "ae");
    if (!c->ledger.acknowledged) {
        perror(file);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    static struct client c = {.dsn = "", .table = "hf_rows", .pause_ms = 2};
    struct settings s = {.deadline_ms = 30000};
    int option;

    c.ledger.gap_ms = 100;
    c.ledger.log = stdout;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
        take_option(&c, &s, option);
    if (optind != argc || (s.only_verify && !s.file))
        usage();
    if (s.only_verify)
        return ledger_load(&c.ledger, s.file) && verify(&c.ledger, c.dsn, c.table, s.deadline_ms)
                   ? 0
                   : 1;
    open_acknowledged(&c, s.file);
    c.id = (uint64_t)clock_wall_ms() * 1000000;
    snprintf(c.name, sizeof c.name, "hf_client_%d_%" PRIu64, (int)getpid(), c.id);
    run(&c, s.rows);
    return !s.verify || verify(&c.ledger, c.dsn, c.table, s.deadline_ms) ? 0 : 1;
}
