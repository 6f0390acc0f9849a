/*
 * hf_client_verify.c - reads the table back and compares it with what was acknowledged.
 *
 *   lost      acknowledged, and not in the table
 *   doubled   in the table more than once
 *   extra     in the table, though its acknowledgement never arrived: allowed
 *
 * The table has no unique key that could hide a double, and it is read without its index, so that
 * an index that differs from the table hides nothing either.
 */
#include "hf_client.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

struct found {
    uint64_t *ids;
    size_t count, room;
};

struct comparison {
    size_t present, lost, doubled, extra;
};

static PGconn *connect_until(const char *dsn, int deadline_ms)
{
    int64_t end_us = clock_monotonic_us() + (int64_t)deadline_ms * 1000;
    const char *const keys[] = {"dbname", "connect_timeout", "sslmode", "gssencmode", NULL};
    const char *const values[] = {dsn, "2", "disable", "disable", NULL};

    for (;;) {
        PGconn *conn = PQconnectdbParams(keys, values, 1);

        if (PQstatus(conn) == CONNECTION_OK || clock_monotonic_us() > end_us)
            return conn;
        PQfinish(conn);
        usleep(50000);
    }
}

static bool collect(PGconn *conn, struct found *found)
{
    char *line = NULL;
    int n;

    while ((n = PQgetCopyData(conn, &line, 0)) > 0) {
        if (found->count == found->room) {
            found->room = found->room ? found->room * 2 : 4096;
            found->ids = realloc(found->ids, found->room * sizeof *found->ids);
            if (!found->ids)
                abort();
        }
        found->ids[found->count++] = strtoull(line, NULL, 10);
        PQfreemem(line);
    }
    return n == -1;
}

static bool read_table(PGconn *conn, const struct ledger *ledger, const char *table,
                       struct found *found)
{
    char sql[512];

    snprintf(sql, sizeof sql,
             "SET enable_indexscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = "
             "off; COPY (SELECT id FROM %s WHERE id >= %" PRIu64 " AND id <= %" PRIu64
             ") TO STDOUT",
             table, ledger->count ? ledger->ids[0] : 0,
             ledger->count ? ledger->ids[ledger->count - 1] : 0);

    PGresult *result = PQexec(conn, sql);
    bool ok = PQresultStatus(result) == PGRES_COPY_OUT && collect(conn, found);

    PQclear(result);
    while ((result = PQgetResult(conn))) {
        ok = ok && PQresultStatus(result) == PGRES_COMMAND_OK;
        PQclear(result);
    }
    return ok;
}

static int by_id(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static struct comparison compare(const struct ledger *ledger, struct found *found)
{
    struct comparison c = {0};
    size_t f = 0;

    if (found->count)
        qsort(found->ids, found->count, sizeof *found->ids, by_id);
    for (size_t i = 1; i < found->count; i++)
        c.doubled += found->ids[i] == found->ids[i - 1];
    for (size_t a = 0; a < ledger->count; a++) {
        while (f < found->count && found->ids[f] < ledger->ids[a])
            f++;
        if (f < found->count && found->ids[f] == ledger->ids[a])
            c.present++;
        else
            c.lost++;
    }
    c.extra = found->count - c.doubled - c.present;
    return c;
}

bool verify(const struct ledger *ledger, const char *dsn, const char *table, int deadline_ms)
{
    struct found found = {0};
    PGconn *conn = connect_until(dsn, deadline_ms);
    bool read = PQstatus(conn) == CONNECTION_OK && read_table(conn, ledger, table, &found);
    struct comparison c = compare(ledger, &found);

    if (read)
        printf("{\"event\":\"verified\",\"acknowledged\":%zu,\"present\":%zu,\"lost\":%zu,"
               "\"doubled\":%zu,\"extra\":%zu}\n",
               ledger->count, c.present, c.lost, c.doubled, c.extra);
    else
        printf("{\"event\":\"unverified\",\"acknowledged\":%zu}\n", ledger->count);
    fflush(stdout);
    if (!read)
        fprintf(stderr, "hf_client: cannot read %s: %s", table, PQerrorMessage(conn));
    PQfinish(conn);
    free(found.ids);
    return read && c.lost == 0 && c.doubled == 0;
}
