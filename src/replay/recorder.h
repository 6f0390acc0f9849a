/*
 * recorder.h - everything a core is given and asks for, as records of an event log.
 *
 * Pure: records go to a sink, which keeps them in memory or hands them to another process. A log
 * begins with a start of the core or with a checkpoint of it, so that each stands for itself;
 * hf_recorder_event begins a new one by itself when the log has become long (at a quiet moment, or
 * in the end anyway) and when records were lost because the sink had no room.
 */
#ifndef HF_REPLAY_RECORDER_H
#define HF_REPLAY_RECORDER_H

#include "replay/record.h"

/* Takes one record: head (with the magic before it when a log begins) and payload, together or not
 * at all. begins: what follows is a log of its own. Returns false when there was no room. */
typedef bool (*hf_recorder_sink_fn)(void *user, bool begins, const uint8_t *head,
                                    size_t head_length, const uint8_t *payload, size_t length);

struct hf_recorder {
    hf_recorder_sink_fn sink;
    void *user;
    uint64_t soft_bytes; /* of events in a log: a new one begins at the next quiet moment */
    uint64_t hard_bytes; /* a new one begins now */
    uint64_t quiet_ms;   /* without any action: a quiet moment */
    struct hf_core_config config;
    uint64_t number; /* of the next record in this log */
    uint64_t bytes;
    uint64_t busy_ms; /* when the core last asked for something */
    uint64_t lost;    /* events that the sink had no room for */
    bool broken;      /* some were: nothing is written until a log begins */
    struct hf_log_clock clock;
    struct hf_log_idle idle; /* of the last event, not yet written */
    uint8_t payload[HF_LOG_RECORD_MAX];
};

void hf_recorder_init(struct hf_recorder *recorder, hf_recorder_sink_fn sink, void *user);

/* A core was just initialised with this; each record of the journal that it was given and whether
 * it took it; then it is ready. */
void hf_recorder_start(struct hf_recorder *recorder, const struct hf_core_config *config,
                       uint64_t now_ms, uint64_t wall_ms);
void hf_recorder_restored(struct hf_recorder *recorder, bool snapshot, bool taken,
                          const uint8_t *bytes, size_t length);
void hf_recorder_ready(struct hf_recorder *recorder, const struct hf_core *core);

/* Before and after each hf_core_step. What kills the core is thus on record. */
void hf_recorder_event(struct hf_recorder *recorder, const struct hf_core *core,
                       const struct hf_event *event);
void hf_recorder_result(struct hf_recorder *recorder, const struct hf_event *event,
                        const struct hf_actions *actions);

/* The core will be given nothing more. */
void hf_recorder_end(struct hf_recorder *recorder);

/* A new log begins with the core as it is now; wall and monotonic time of the next event. */
void hf_recorder_checkpoint(struct hf_recorder *recorder, const struct hf_core *core,
                            uint64_t now_ms, uint64_t wall_ms);

#endif
