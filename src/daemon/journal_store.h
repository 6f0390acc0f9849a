/*
 * journal_store.h - the journal's tables in SQLite; blocking, used by the writer and at start.
 */
#ifndef HF_DAEMON_JOURNAL_STORE_H
#define HF_DAEMON_JOURNAL_STORE_H

#include <sqlite3.h>

#include "daemon/journal.h"

struct hf_store {
    sqlite3 *db;
    sqlite3_stmt *append;
    sqlite3_stmt *part;
    sqlite3_stmt *recovery;
    uint64_t parts; /* of the snapshot being written */
};

/* Opens (and makes) the database. Returns 0 or a negative errno with a text. */
int hf_store_open(struct hf_store *store, const char *dir, struct hf_error *error);
void hf_store_close(struct hf_store *store);

/* Each returns 0 or -EIO; the text is sqlite3_errmsg(store->db). */
int hf_store_begin(struct hf_store *store);
int hf_store_commit(struct hf_store *store);
int hf_store_rollback(struct hf_store *store);
int hf_store_append(struct hf_store *store, uint64_t index, const void *bytes, size_t length);
int hf_store_clear(struct hf_store *store);
int hf_store_part(struct hf_store *store, const void *bytes, size_t length);
int hf_store_read(struct hf_store *store, hf_journal_record_fn record, void *user);

/* What takeovers took; the newest HF_RECOVERY_KEPT stay. A snapshot leaves them alone. */
int hf_store_recovery(struct hf_store *store, const struct hf_recovery_sample *sample);
int hf_store_read_recoveries(struct hf_store *store, hf_journal_recovery_fn recovery, void *user);

#endif
