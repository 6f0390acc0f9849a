/*
 * recovery_model.h - how long an instance would not be served if its node failed now.
 *
 *     detect + takeover + start + log / rate
 *
 * detect    corosync's token and consensus (corosync.conf(5)): nobody can measure it, since nobody
 *           knows when the power went.
 * takeover  from the loss being noticed until the instance is online, less its engine's start:
 *           decision, fence, mount, address. Median of earlier takeovers after the loss of a node.
 * start     of the engine, with little log to replay. Median.
 * log       bytes written since the engine's newest checkpoint: crash recovery begins at that
 *           checkpoint's redo position and ends where the log ends (PostgreSQL 15 documentation,
 *           30.5 "WAL Configuration"), and is one process that reads it once.
 * rate      bytes of log replayed a second, beyond start. Median of recoveries with enough log.
 *
 * Each median is over the newest HF_RECOVERY_NEWEST measurements of this instance; when there is
 * none, over those of all instances; before any, the default below stands in. Medians, since one
 * start on a busy machine must not spoil the answer. Two things are not modelled: a file system
 * with much to replay of its own, and pages that have to be read again; both are in the measured
 * rate as far as they were in the measured recoveries.
 *
 * Pure. Times in milliseconds, log in bytes.
 */
#ifndef HF_DAEMON_RECOVERY_MODEL_H
#define HF_DAEMON_RECOVERY_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"

#define HF_RECOVERY_NEWEST 9u
#define HF_RECOVERY_KEPT 512u /* measurements a node keeps */

/* Up to LITTLE a start is one of the engine alone; from ENOUGH on it tells a rate. */
#define HF_RECOVERY_LITTLE (UINT64_C(1) << 20)
#define HF_RECOVERY_ENOUGH (UINT64_C(16) << 20)

/* Before anything was measured. */
#define HF_RECOVERY_TAKEOVER_MS 300u
#define HF_RECOVERY_START_MS 200u
#define HF_RECOVERY_RATE (UINT64_C(50) << 20)

#define HF_RECOVERY_UNKNOWN UINT64_MAX

/* What one takeover or start took. */
struct hf_recovery_sample {
    char instance[HF_NAME_MAX];
    uint64_t wall_ms;     /* when it was online */
    uint64_t log_bytes;   /* replayed; HF_RECOVERY_UNKNOWN: then engine_ms tells nothing */
    uint64_t engine_ms;   /* from the engine's start until it served */
    uint64_t takeover_ms; /* as above; HF_RECOVERY_UNKNOWN: it was no takeover of that kind */
};

struct hf_recovery_estimate {
    uint64_t total_ms;
    uint64_t log_bytes;
    uint64_t rate; /* bytes a second */
    uint64_t detect_ms, takeover_ms, start_ms;
    /* Measurements behind each; 0 = the default. */
    unsigned rate_samples, takeover_samples, start_samples;
};

/* samples: count of them, the newest last. */
void hf_recovery_expect(const struct hf_recovery_sample *samples, size_t count,
                        const char *instance, uint64_t log_bytes, uint64_t detect_ms,
                        struct hf_recovery_estimate *ret);

#endif
