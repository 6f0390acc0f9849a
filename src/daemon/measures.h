/*
 * measures.h - what this node's instances used, in the journal: minutes, hours, days; and the
 * demand that follows. Blocking; used by the journal's writer.
 *
 * Happy path: the samples of a minute come in; the rows of that minute, of its hour and of its day
 * are written with their percentiles (50, 95, 99) and the largest value. A row keeps a histogram as
 * long as it grows, so its percentiles are those of all samples, not of averages; the parts of a
 * minute in which the engine or the daemon was started again are put together the same way. Demand
 * is what the busiest of the last seven days' hours needed: of processor, network and disk I/O its
 * 95th percentile (a peak of less than three minutes is waited out, not planned for; an average
 * over a day would hide every day's busy hour), of memory its largest value (memory that is not
 * there is not waited for). Size: of each resource of each instance at most HF_MEASURE_MINUTES +
 * HF_MEASURE_HOURS + HF_MEASURE_DAYS rows, of at most HF_MEASURE_INSTANCES instances; beyond that
 * those go that are furthest from now. Nothing goes because of its age alone: a computer that wakes
 * with the clock of another year must not forget what it knows.
 * Failure modes: the disk is full, the file cannot be written or its tables are damaged: an error
 * is returned, nothing of that minute is kept, and the caller rolls back. Never in one transaction
 * with decisions: SQLite ends the whole of it when a disk is full.
 */
#ifndef HF_DAEMON_MEASURES_H
#define HF_DAEMON_MEASURES_H

#include <jansson.h>
#include <sqlite3.h>
#include <stdint.h>

#include "daemon/measure.h"

/* Makes the table. Returns 0 or -EIO; so do the others. sqlite3_errmsg(db) says why. */
int hf_measures_open(sqlite3 *db);

/* Within a transaction of the caller's. What makes no sense is left out. */
int hf_measures_add(sqlite3 *db, const struct hf_measure_minute *minute);

/* At the wall clock now_s. */
int hf_measures_demand(sqlite3 *db, const char *instance, uint64_t now_s,
                       struct hf_measure_demand *ret);

/* Drops instances beyond HF_MEASURE_INSTANCES: those of which nothing was measured for longest. */
int hf_measures_prune(sqlite3 *db, uint64_t now_s);

/* ---- Questions ---- */

struct hf_measures_question {
    char instance[HF_MEASURE_NAME_MAX]; /* "" = all */
    enum hf_measure_level level;
    uint32_t count; /* newest rows of each instance */
    uint64_t now_s;
};

/* {"instances":[{"name","measured":{...}|null,"rows":[{"start_ms","cpu_milli":{"samples","p50",
 * "p95","p99","max"},...}]}]}, rows oldest first (docs/CONTROL.md). NULL: -EIO, or no memory. */
json_t *hf_measures_json(sqlite3 *db, const struct hf_measures_question *question);

/* Each instance of which there are rows, in order. Returns 0 or -EIO. */
typedef void (*hf_measures_instance_fn)(void *user, const char *instance);
int hf_measures_instances(sqlite3 *db, hf_measures_instance_fn each, void *user);

#endif
