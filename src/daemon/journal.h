/*
 * journal.h - what this node must remember: a snapshot of the state and the decisions since.
 *
 * Kept in SQLite (STATE_DIR/journal.db, write-ahead log, every commit synced) by a writer process
 * of its own, so that a slow or hung disk never holds up the daemon: hf_journal_append returns at
 * once and the mark of what is synced (hf_core_mark) comes back later. What waits is written
 * together in one transaction. Failure modes: the database cannot be read or is damaged -
 * hf_journal_load says so and the daemon does not start with half of it; the writer dies - it is
 * started anew and asks for a snapshot; the disk is full or hangs - nothing is confirmed as synced,
 * commands wait, the log says why.
 */
#ifndef HF_DAEMON_JOURNAL_H
#define HF_DAEMON_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "daemon/measure.h"
#include "daemon/recovery_model.h"

struct hf_journal;

struct hf_journal_callbacks {
    void (*synced)(void *user, uint64_t mark);
    /* The writer was started anew: it wants the whole state. */
    void (*lost)(void *user);
    void (*problem)(void *user, const char *text);
    /* What follows from everything measured so far; NULL = not wanted. */
    void (*demand)(void *user, const struct hf_measure_demand *demand);
};

/* Record by record: snapshot parts in order, then decisions in order. Return false to stop. */
typedef bool (*hf_journal_record_fn)(void *user, bool snapshot, const uint8_t *bytes,
                                     size_t length);

/* Reads what is there; an absent database is an empty one. Returns 0 or a negative errno. */
int hf_journal_load(const char *dir, hf_journal_record_fn record, void *user,
                    struct hf_error *error);

/* What earlier takeovers took, oldest first. Returns as above. */
typedef void (*hf_journal_recovery_fn)(void *user, const struct hf_recovery_sample *sample);
int hf_journal_load_recoveries(const char *dir, hf_journal_recovery_fn recovery, void *user,
                               struct hf_error *error);

/* Starts the writer. *ret is the caller's: hf_journal_free. */
int hf_journal_new(uv_loop_t *loop, const char *dir, const struct hf_journal_callbacks *callbacks,
                   void *user, struct hf_journal **ret);

/* Waits a bounded time for what was given to be written. NULL is fine. */
void hf_journal_free(struct hf_journal *journal);

/* at_once: somebody waits for it; else it may wait up to a second for company. */
void hf_journal_append(struct hf_journal *journal, uint64_t mark, const void *bytes, size_t length,
                       bool at_once);

/* Nobody waits for it; when it is lost, an expectation is a little worse. */
void hf_journal_recovery(struct hf_journal *journal, const struct hf_recovery_sample *sample);

/* What follows from everything measured so far, at the wall clock now_s: each instance in turn.
 * Blocking, like hf_journal_load. Nothing measured yet is no error. */
typedef void (*hf_journal_demand_fn)(void *user, const struct hf_measure_demand *demand);
int hf_journal_load_demands(const char *dir, uint64_t now_s, hf_journal_demand_fn demand,
                            void *user, struct hf_error *error);

/* Keeps what was measured within a minute; the demand that follows comes back. */
void hf_journal_minute(struct hf_journal *journal, const struct hf_measure_minute *minute);

/* In place of everything before: begin, parts, end. */
void hf_journal_snapshot_begin(struct hf_journal *journal);
void hf_journal_snapshot_part(struct hf_journal *journal, const void *bytes, size_t length);
void hf_journal_snapshot_end(struct hf_journal *journal, uint64_t mark);

#endif
