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

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

enum hf_measure {
    HF_MEASURE_CPU,        /* millicores */
    HF_MEASURE_MEMORY,     /* bytes */
    HF_MEASURE_NETWORK,    /* bytes a second, the busier direction */
    HF_MEASURE_IO,         /* requests a second */
    HF_MEASURE_DISK_BYTES, /* a second */
    HF_MEASURES
};

#define HF_MEASURE_NAME_MAX 64u
#define HF_MEASURE_SAMPLES 60u /* of one instance in one minute at most */
#define HF_MEASURE_MINUTES 120u
#define HF_MEASURE_HOURS 192u /* a day more than the week that demand looks at */
#define HF_MEASURE_DAYS 90u
#define HF_MEASURE_INSTANCES 1024u

/* What was measured of one instance within one minute. */
struct hf_measure_minute {
    char instance[HF_MEASURE_NAME_MAX];
    uint64_t start_s; /* wall clock, seconds since 1970, a multiple of 60 */
    uint32_t count[HF_MEASURES];
    uint64_t samples[HF_MEASURES][HF_MEASURE_SAMPLES];
};

/* Demand as it is defined above. */
struct hf_measure_demand {
    char instance[HF_MEASURE_NAME_MAX];
    uint32_t known;               /* bit = enum hf_measure */
    uint32_t hours;               /* of the last seven days were measured, wholly or in part */
    uint64_t amount[HF_MEASURES]; /* 0 when not known */
};

/* Makes the table. Returns 0 or -EIO; so do the others. sqlite3_errmsg(db) says why. */
int hf_measures_open(sqlite3 *db);

/* Within a transaction of the caller's. What makes no sense is left out. */
int hf_measures_add(sqlite3 *db, const struct hf_measure_minute *minute);

/* At the wall clock now_s. */
int hf_measures_demand(sqlite3 *db, const char *instance, uint64_t now_s,
                       struct hf_measure_demand *ret);

/* Drops instances beyond HF_MEASURE_INSTANCES: those of which nothing was measured for longest. */
int hf_measures_prune(sqlite3 *db, uint64_t now_s);

#endif
