#include "daemon/journal_store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char *const schema =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "CREATE TABLE IF NOT EXISTS snapshot (part INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS decision (id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " state_index INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS recovery (id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " instance TEXT NOT NULL, wall_ms INTEGER NOT NULL, log_bytes INTEGER, engine_ms INTEGER,"
    " takeover_ms INTEGER) STRICT;"
    "PRAGMA user_version = 1;";

static int run(struct hf_store *store, const char *sql)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : -EIO;
}

int hf_store_open(struct hf_store *store, const char *dir, struct hf_error *error)
{
    char path[4096];
    *store = (struct hf_store){0};
    if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
        int rc = -errno;
        hf_error_set(error, "the folder %s for this node's state cannot be made: %m", dir);
        return rc;
    }
    (void)snprintf(path, sizeof(path), "%s/journal.db", dir);
    int rc = sqlite3_open_v2(
        path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK)
        (void)sqlite3_busy_timeout(store->db, 10000);
    bool ok =
        rc == SQLITE_OK && run(store, schema) == 0 &&
        sqlite3_prepare_v2(store->db, "INSERT INTO decision (state_index, bytes) VALUES (?, ?)", -1,
                           &store->append, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(store->db, "INSERT INTO snapshot (part, bytes) VALUES (?, ?)", -1,
                           &store->part, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(store->db,
                           "INSERT INTO recovery (instance, wall_ms, log_bytes, engine_ms,"
                           " takeover_ms) VALUES (?, ?, ?, ?, ?)",
                           -1, &store->recovery, NULL) == SQLITE_OK;
    if (ok)
        return 0;
    hf_error_set(error,
                 "%s cannot be used: %s. It holds this node's copy of the cluster's state; if it "
                 "is damaged and the other nodes are well, move it away and start again: this "
                 "node then gets the state from them",
                 path, store->db ? sqlite3_errmsg(store->db) : "out of memory");
    hf_store_close(store);
    return -EIO;
}

void hf_store_close(struct hf_store *store)
{
    (void)sqlite3_finalize(store->append);
    (void)sqlite3_finalize(store->part);
    (void)sqlite3_finalize(store->recovery);
    (void)sqlite3_close(store->db);
    *store = (struct hf_store){0};
}

int hf_store_begin(struct hf_store *store)
{
    return run(store, "BEGIN IMMEDIATE");
}

int hf_store_commit(struct hf_store *store)
{
    return run(store, "COMMIT");
}

int hf_store_rollback(struct hf_store *store)
{
    return run(store, "ROLLBACK");
}

static int insert(sqlite3_stmt *statement, uint64_t number, const void *bytes, size_t length)
{
    (void)sqlite3_reset(statement);
    bool ok = sqlite3_bind_int64(statement, 1, (sqlite3_int64)number) == SQLITE_OK &&
              sqlite3_bind_blob64(statement, 2, bytes, length, SQLITE_STATIC) == SQLITE_OK &&
              sqlite3_step(statement) == SQLITE_DONE;
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return ok ? 0 : -EIO;
}

int hf_store_append(struct hf_store *store, uint64_t index, const void *bytes, size_t length)
{
    return insert(store->append, index, bytes, length);
}

int hf_store_clear(struct hf_store *store)
{
    store->parts = 0;
    return run(store, "DELETE FROM snapshot; DELETE FROM decision");
}

int hf_store_part(struct hf_store *store, const void *bytes, size_t length)
{
    return insert(store->part, store->parts++, bytes, length);
}

static int read_table(struct hf_store *store, const char *sql, bool snapshot,
                      hf_journal_record_fn record, void *user)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return -EIO;
    int rc;
    bool go_on = true;
    while (go_on && (rc = sqlite3_step(statement)) == SQLITE_ROW)
        go_on = record(user, snapshot, sqlite3_column_blob(statement, 0),
                       (size_t)sqlite3_column_bytes(statement, 0));
    (void)sqlite3_finalize(statement);
    return !go_on || rc == SQLITE_DONE ? 0 : -EIO;
}

int hf_store_read(struct hf_store *store, hf_journal_record_fn record, void *user)
{
    int rc = read_table(store, "SELECT bytes FROM snapshot ORDER BY part", true, record, user);
    if (rc < 0)
        return rc;
    return read_table(store, "SELECT bytes FROM decision ORDER BY id", false, record, user);
}

/* What is not known is NULL. */
static bool bind_known(sqlite3_stmt *statement, int place, uint64_t number)
{
    int rc = number > INT64_MAX ? sqlite3_bind_null(statement, place)
                                : sqlite3_bind_int64(statement, place, (sqlite3_int64)number);
    return rc == SQLITE_OK;
}

static int drop_old_recoveries(struct hf_store *store)
{
    char sql[128];
    (void)snprintf(sql, sizeof(sql), "DELETE FROM recovery WHERE id <= %lld",
                   (long long)sqlite3_last_insert_rowid(store->db) - (long long)HF_RECOVERY_KEPT);
    return run(store, sql);
}

int hf_store_recovery(struct hf_store *store, const struct hf_recovery_sample *sample)
{
    sqlite3_stmt *statement = store->recovery;
    (void)sqlite3_reset(statement);
    bool ok =
        sqlite3_bind_text(statement, 1, sample->instance,
                          (int)strnlen(sample->instance, sizeof(sample->instance)),
                          SQLITE_STATIC) == SQLITE_OK &&
        bind_known(statement, 2, sample->wall_ms) && bind_known(statement, 3, sample->log_bytes) &&
        bind_known(statement, 4, sample->engine_ms) &&
        bind_known(statement, 5, sample->takeover_ms) && sqlite3_step(statement) == SQLITE_DONE;
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return ok ? drop_old_recoveries(store) : -EIO;
}

/* A number that is no number, or less than none, is not known either. */
static uint64_t known_of(sqlite3_stmt *statement, int column)
{
    sqlite3_int64 number = sqlite3_column_int64(statement, column);
    bool known = sqlite3_column_type(statement, column) == SQLITE_INTEGER && number >= 0;
    return known ? (uint64_t)number : HF_RECOVERY_UNKNOWN;
}

static struct hf_recovery_sample recovery_of(sqlite3_stmt *statement)
{
    struct hf_recovery_sample sample = {
        .wall_ms = known_of(statement, 1),
        .log_bytes = known_of(statement, 2),
        .engine_ms = known_of(statement, 3),
        .takeover_ms = known_of(statement, 4),
    };
    const char *name = (const char *)sqlite3_column_text(statement, 0);
    (void)snprintf(sample.instance, sizeof(sample.instance), "%s", name ? name : "");
    return sample;
}

int hf_store_read_recoveries(struct hf_store *store, hf_journal_recovery_fn recovery, void *user)
{
    static const char sql[] = "SELECT instance, wall_ms, log_bytes, engine_ms, takeover_ms"
                              " FROM recovery ORDER BY id";
    sqlite3_stmt *statement = NULL;
    int rc;
    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return -EIO;
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        struct hf_recovery_sample sample = recovery_of(statement);
        recovery(user, &sample);
    }
    (void)sqlite3_finalize(statement);
    return rc == SQLITE_DONE ? 0 : -EIO;
}
