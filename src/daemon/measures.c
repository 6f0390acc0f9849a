#include "daemon/measures.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/histogram.h"

#define DAY_S UINT64_C(86400)
#define WEEK_S (7 * DAY_S)

static const struct level {
    uint64_t seconds;
    uint64_t kept;
} levels[HF_MEASURE_LEVELS] = {
    [HF_MEASURE_MINUTE] = {60, HF_MEASURE_MINUTES},
    [HF_MEASURE_HOUR] = {3600, HF_MEASURE_HOURS},
    [HF_MEASURE_DAY] = {86400, HF_MEASURE_DAYS},
};

/* The columns that a person looks for come before the histogram. */
static const char *const schema =
    "CREATE TABLE IF NOT EXISTS measure (level INTEGER NOT NULL, instance TEXT NOT NULL,"
    " start_s INTEGER NOT NULL, resource INTEGER NOT NULL, samples INTEGER NOT NULL,"
    " p50 INTEGER NOT NULL, p95 INTEGER NOT NULL, p99 INTEGER NOT NULL, largest INTEGER NOT NULL,"
    " histogram BLOB, PRIMARY KEY (level, instance, start_s, resource)) STRICT, WITHOUT ROWID";

int hf_measures_open(sqlite3 *db)
{
    return sqlite3_exec(db, schema, NULL, NULL, NULL) == SQLITE_OK ? 0 : -EIO;
}

/* Prepares a statement for (level, instance, number): most of them begin with these. */
static sqlite3_stmt *prepare(sqlite3 *db, const char *sql, unsigned level, const char *instance,
                             uint64_t number)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        return NULL;
    if (sqlite3_bind_int64(statement, 1, (sqlite3_int64)level) == SQLITE_OK &&
        sqlite3_bind_text(statement, 2, instance, -1, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_bind_int64(statement, 3, (sqlite3_int64)number) == SQLITE_OK)
        return statement;
    (void)sqlite3_finalize(statement);
    return NULL;
}

static int finish(sqlite3_stmt *statement)
{
    bool done = statement && sqlite3_step(statement) == SQLITE_DONE;
    (void)sqlite3_finalize(statement);
    return done ? 0 : -EIO;
}

#define WHOLE 1 /* the row is not to be written again: the clock went back to its time */

/* What the row holds so far is added. A histogram that is nonsense begins anew. */
static int merge_row(sqlite3 *db, unsigned level, const struct hf_measure_minute *minute,
                     uint64_t start_s, unsigned resource, struct hf_histogram *histogram)
{
    sqlite3_stmt *statement = prepare(db,
                                      "SELECT histogram, largest FROM measure WHERE level = ? AND "
                                      "instance = ? AND start_s = ? AND resource = ?",
                                      level, minute->instance, start_s);
    if (!statement)
        return -EIO;
    (void)sqlite3_bind_int64(statement, 4, (sqlite3_int64)resource);
    int step = sqlite3_step(statement);
    bool whole = step == SQLITE_ROW && sqlite3_column_type(statement, 0) == SQLITE_NULL;
    if (step == SQLITE_ROW) {
        const void *bytes = sqlite3_column_blob(statement, 0);
        int length = sqlite3_column_bytes(statement, 0);
        uint64_t largest = (uint64_t)sqlite3_column_int64(statement, 1);
        if (bytes && hf_histogram_merge(histogram, bytes, (size_t)length) &&
            largest > histogram->largest)
            histogram->largest = largest;
    }
    (void)sqlite3_finalize(statement);
    if (whole)
        return WHOLE;
    return step == SQLITE_ROW || step == SQLITE_DONE ? 0 : -EIO;
}

static int write_row(sqlite3 *db, unsigned level, const struct hf_measure_minute *minute,
                     uint64_t start_s, unsigned resource, const struct hf_histogram *histogram)
{
    static uint8_t bytes[HF_HISTOGRAM_BYTES];
    sqlite3_stmt *statement =
        prepare(db, "INSERT OR REPLACE INTO measure VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", level,
                minute->instance, start_s);
    if (!statement)
        return -EIO;
    const uint64_t numbers[] = {resource,
                                histogram->samples,
                                hf_histogram_percentile(histogram, 50),
                                hf_histogram_percentile(histogram, 95),
                                hf_histogram_percentile(histogram, 99),
                                histogram->largest};
    for (int n = 0; n < 6; n++)
        (void)sqlite3_bind_int64(statement, 4 + n, (sqlite3_int64)numbers[n]);
    size_t length = hf_histogram_encode(histogram, bytes);
    (void)sqlite3_bind_blob64(statement, 10, bytes, length, SQLITE_STATIC);
    return finish(statement);
}

/* The row before this one is whole: its histogram has done its work. */
static int close_rows(sqlite3 *db, unsigned level, const char *instance, uint64_t start_s)
{
    return finish(prepare(db,
                          "UPDATE measure SET histogram = NULL WHERE level = ? AND instance = ? "
                          "AND start_s < ? AND histogram IS NOT NULL",
                          level, instance, start_s));
}

/* Those that are furthest from now, whichever way the clock was wrong: what a wrong clock wrote
 * goes when it is right again, and a wrong clock takes no more than one row a row of its own. */
static int drop_rows(sqlite3 *db, unsigned level, const char *instance, uint64_t now_s)
{
    sqlite3_stmt *statement = prepare(
        db,
        "DELETE FROM measure WHERE level = ?1 AND instance = ?2 AND start_s IN (SELECT DISTINCT"
        " start_s FROM measure WHERE level = ?1 AND instance = ?2 ORDER BY abs(start_s - ?3) DESC"
        " LIMIT (SELECT max(0, count(DISTINCT start_s) - ?4) FROM measure WHERE level = ?1 AND"
        " instance = ?2))",
        level, instance, now_s);
    if (statement)
        (void)sqlite3_bind_int64(statement, 4, (sqlite3_int64)levels[level].kept);
    return finish(statement);
}

static int add_level(sqlite3 *db, unsigned level, const struct hf_measure_minute *minute)
{
    static struct hf_histogram histogram; /* 3 KiB; the writer has one thread */
    uint64_t start_s = minute->start_s / levels[level].seconds * levels[level].seconds;
    int rc = 0;
    for (unsigned m = 0; m < HF_MEASURES && rc >= 0; m++) {
        uint32_t count = minute->count[m];
        if (!count)
            continue;
        rc = 0;
        memset(&histogram, 0, sizeof(histogram));
        for (uint32_t s = 0; s < count && s < HF_MEASURE_SAMPLES; s++)
            hf_histogram_add(&histogram, minute->samples[m][s]);
        rc = merge_row(db, level, minute, start_s, m, &histogram);
        if (rc == 0)
            rc = write_row(db, level, minute, start_s, m, &histogram);
    }
    if (rc >= 0)
        rc = close_rows(db, level, minute->instance, start_s);
    return rc ? rc : drop_rows(db, level, minute->instance, minute->start_s);
}

int hf_measures_add(sqlite3 *db, const struct hf_measure_minute *minute)
{
    int rc = 0;
    bool sound = memchr(minute->instance, '\0', sizeof(minute->instance)) && minute->instance[0] &&
                 minute->start_s < INT64_MAX / 2;
    for (unsigned level = 0; sound && level < HF_MEASURE_LEVELS && rc == 0; level++)
        rc = add_level(db, level, minute);
    return rc;
}

int hf_measures_demand(sqlite3 *db, const char *instance, uint64_t now_s,
                       struct hf_measure_demand *ret)
{
    *ret = (struct hf_measure_demand){.known = 0};
    (void)snprintf(ret->instance, sizeof(ret->instance), "%s", instance);
    sqlite3_stmt *statement = prepare(
        db,
        "SELECT resource, max(p95), max(largest), count(*) FROM measure WHERE level = ? AND "
        "instance = ? AND start_s > ? AND start_s <= ? GROUP BY resource",
        HF_MEASURE_HOUR, instance, now_s > WEEK_S ? now_s - WEEK_S : 0);
    if (statement)
        (void)sqlite3_bind_int64(statement, 4, (sqlite3_int64)(now_s + DAY_S));
    int step = statement ? SQLITE_ROW : SQLITE_ERROR;
    while (step == SQLITE_ROW && (step = sqlite3_step(statement)) == SQLITE_ROW) {
        uint64_t resource = (uint64_t)sqlite3_column_int64(statement, 0);
        uint32_t hours = (uint32_t)sqlite3_column_int64(statement, 3);
        int column = resource == HF_MEASURE_MEMORY ? 2 : 1;
        if (resource >= HF_MEASURES)
            continue;
        ret->known |= 1u << resource;
        ret->amount[resource] = (uint64_t)sqlite3_column_int64(statement, column);
        ret->hours = hours > ret->hours ? hours : ret->hours;
    }
    (void)sqlite3_finalize(statement);
    return step == SQLITE_DONE ? 0 : -EIO;
}

int hf_measures_prune(sqlite3 *db, uint64_t now_s)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db,
                           "DELETE FROM measure WHERE instance NOT IN (SELECT instance FROM measure"
                           " GROUP BY instance ORDER BY min(abs(start_s - ?)) LIMIT ?)",
                           -1, &statement, NULL) != SQLITE_OK)
        return -EIO;
    (void)sqlite3_bind_int64(statement, 1, (sqlite3_int64)now_s);
    (void)sqlite3_bind_int64(statement, 2, HF_MEASURE_INSTANCES);
    return finish(statement);
}

int hf_measures_instances(sqlite3 *db, hf_measures_instance_fn each, void *user)
{
    sqlite3_stmt *statement = NULL;
    int step = SQLITE_ERROR;
    if (sqlite3_prepare_v2(db, "SELECT DISTINCT instance FROM measure ORDER BY instance", -1,
                           &statement, NULL) == SQLITE_OK)
        while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
            const char *name = (const char *)sqlite3_column_text(statement, 0);
            if (name && strlen(name) < HF_MEASURE_NAME_MAX)
                each(user, name);
        }
    (void)sqlite3_finalize(statement);
    return step == SQLITE_DONE ? 0 : -EIO;
}
