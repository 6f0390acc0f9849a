/*
 * hf_client.h - the parts of the measuring client.
 *
 *   hf_client.c         options, the loop, what to do when an answer is late
 *   hf_client_link.c    one connection to the server, never blocking
 *   hf_client_ledger.c  what was acknowledged, when, and the gaps between
 *   hf_client_verify.c  reads the table back and compares
 */
#ifndef HF_CLIENT_H
#define HF_CLIENT_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

int64_t clock_monotonic_us(void);
int64_t clock_wall_ms(void);

/* One connection. Its functions take the monotonic time in milliseconds. */
enum link_state {
    LINK_NONE,
    LINK_SYN,   /* no answer from the server's kernel yet */
    LINK_LOGIN, /* the server's kernel accepted */
    LINK_HELLO, /* logged in; the first query is under way */
    LINK_READY,
    LINK_BUSY, /* a query is under way */
};

enum link_news {
    LINK_NOTHING,
    LINK_BECAME_READY, /* the first query was answered */
    LINK_ANSWERED,     /* see answer */
    LINK_FAILED,       /* see error; the link is to be closed */
};

struct link_answer {
    bool ok;
    long rows; /* rows returned or written by the last statement */
    char error[256];
};

struct link {
    PGconn *conn;
    enum link_state state;
    short wants;      /* poll events */
    int64_t begun_ms; /* when the attempt began */
    char server[64];  /* identity of the running server: when its main process started */
    int backend;      /* process id of the server's end */
    struct link_answer answer;
};

bool link_open(struct link *link, const char *dsn, const char *name, int64_t now_ms);
enum link_news link_advance(struct link *link);
bool link_send(struct link *link, const char *sql);
bool link_rejected(const struct link *link); /* failed although the server's kernel had accepted */
void link_close(struct link *link);

/* What was acknowledged. */
struct outage {
    int64_t start_ms; /* wall clock: last acknowledgement before */
    int64_t end_ms;   /* first one after */
};

struct ledger {
    uint64_t *ids; /* increasing */
    size_t count, room;
    struct outage *outages;
    size_t outage_count, outage_room;
    int64_t last_ms; /* wall clock of the last acknowledgement, 0 = none */
    int64_t last_mono_us;
    int gap_ms; /* what counts as an outage */
    FILE *log;
    FILE *acknowledged; /* may be NULL */
};

void ledger_acknowledge(struct ledger *ledger, uint64_t id);
void ledger_event(struct ledger *ledger, const char *event, const char *text);
void ledger_summary(const struct ledger *ledger);
bool ledger_load(struct ledger *ledger, const char *path);

/* Prints the comparison as one JSON object; true if no row was lost or doubled. */
bool verify(const struct ledger *ledger, const char *dsn, const char *table, int deadline_ms);

#endif
