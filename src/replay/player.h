/*
 * player.h - runs the core over an event log and compares what it asks for with what is recorded.
 *
 * Pure, but for the memory of the core. A log is refused when this program's core cannot begin
 * where it begins; otherwise it is played to its end, to the place where it was cut off or damaged,
 * or to the first difference.
 */
#ifndef HF_REPLAY_PLAYER_H
#define HF_REPLAY_PLAYER_H

#include "base/error.h"
#include "replay/record.h"

enum hf_played {
    HF_PLAYED_IDENTICAL, /* everything that was there and whole */
    HF_PLAYED_DIFFERENT, /* difference tells where and how */
    HF_PLAYED_DAMAGED,   /* identical up to a record that cannot be read; difference tells where */
    HF_PLAYED_REFUSED    /* nothing was played; difference tells why */
};

struct hf_play {
    /* In. Called after each event, with the core as it is then; decided: how many of the newest
     * records of its history were decided by this event. May be NULL. */
    void (*step)(void *user, const struct hf_core *core, const struct hf_event *event,
                 uint64_t decided);
    void *user;

    /* Out. */
    struct hf_log_header header;
    bool other_sources; /* recorded by a core with other sources, but of a form that fits */
    bool cut;           /* the file ends in the middle of a record */
    bool ended;         /* the daemon ended as it was told to */
    uint64_t events;
    uint64_t compared;          /* events whose result was on record as well */
    uint64_t decisions;         /* that took effect */
    uint64_t first_ms, last_ms; /* wall clock of the first and the last event */
    uint64_t at;                /* byte where it was cut off or damaged */
    struct hf_error difference;
    char event_text[256]; /* the event that it was at, the last one played; "" = none */
};

/* Returns one of enum hf_played, or -ENOMEM. */
int hf_play(struct hf_play *play, const uint8_t *bytes, size_t length);

#endif
