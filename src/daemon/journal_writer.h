/*
 * journal_writer.h - the writer process: frames from the daemon become transactions.
 */
#ifndef HF_DAEMON_JOURNAL_WRITER_H
#define HF_DAEMON_JOURNAL_WRITER_H

#include <stdint.h>

#include "daemon/measure.h"

enum hf_frame_kind {
    HF_FRAME_DECISION = 1,
    HF_FRAME_DECISION_LAZY, /* nobody waits for it */
    HF_FRAME_SNAPSHOT_BEGIN,
    HF_FRAME_SNAPSHOT_PART,
    HF_FRAME_SNAPSHOT_END,
    HF_FRAME_RECOVERY, /* struct hf_recovery_sample; nobody waits for it */
    HF_FRAME_MINUTE,   /* struct hf_measure_minute; answered with the demand that follows */
};

/* Daemon to writer, followed by length bytes. */
struct hf_frame {
    uint32_t kind;
    uint32_t length;
    uint64_t index;
};

/* Writer to daemon. */
struct hf_frame_reply {
    uint64_t index;    /* synced up to here */
    char problem[256]; /* "" = none */
    bool has_demand;   /* this is the answer to HF_FRAME_MINUTE and says nothing of the rest */
    struct hf_measure_demand demand;
};

#define HF_FRAME_MAX (1u << 20)

/* Runs until the daemon closes its end; exit status of the process. */
int hf_journal_writer(int fd, const char *dir);

#endif
