/*
 * record.h - one record of an event log as bytes, and back.
 *
 * A log is HF_LOG_MAGIC, then records: length of the payload (varint), CRC-32C (4 bytes, of the
 * record's number and the payload), payload; its first byte is the kind. The number is not stored:
 * a record that is missing, doubled or of another place has a wrong checksum. Numbers are varints
 * (7 bits a byte, lowest first); signed ones are zigzag. docs/REPLAY.md has the whole format.
 * Reading is total: any bytes give a record or say why not.
 */
#ifndef HF_REPLAY_RECORD_H
#define HF_REPLAY_RECORD_H

#include "core/codec.h"
#include "core/core.h"
#include "replay/identity.h"

#define HF_LOG_MAGIC "HFEVENT1"
#define HF_LOG_MAGIC_SIZE 8u
#define HF_LOG_FORMAT 3u

/* Payload of a record at most: a message, and what stands around it. */
#define HF_LOG_RECORD_MAX (HF_MESSAGE_MAX + 512u)
#define HF_LOG_FRAME 8u /* length and checksum take at most so many bytes */
#define HF_LOG_CHUNK 32768u

enum hf_log_kind {
    HF_LOG_HEADER = 1, /* who, when, which core, how it begins */
    HF_LOG_RESTORE,    /* a record of the journal that was given to the core at its start */
    HF_LOG_IMAGE,      /* a piece of a checkpoint */
    HF_LOG_BEGIN,      /* the beginning is whole: the state it must have led to */
    HF_LOG_SPEC,       /* a piece of the specification that the next event carries */
    HF_LOG_EVENT,      /* what the core is about to be given */
    HF_LOG_RESULT,     /* what the core asked for in answer to the event before it */
    HF_LOG_END,        /* the daemon ended as it was told to */
};

enum hf_log_beginning {
    HF_LOG_FROM_START = 1,  /* a start of the daemon: configuration and journal */
    HF_LOG_FROM_CHECKPOINT, /* the core's memory as it was */
};

#define HF_LOG_VERSION_MAX 32u

struct hf_log_header {
    uint8_t beginning; /* enum hf_log_beginning */
    struct hf_identity identity;
    struct hf_core_config config;
    uint64_t now_ms, wall_ms; /* of the beginning */
    uint64_t lost;            /* events before it that were not recorded */
    char version[HF_LOG_VERSION_MAX];
};

struct hf_log_begin {
    uint64_t epoch, index, hash;
};

/* The two clocks of the event before: times are written as differences; the offset of local time
 * only where it changed. */
struct hf_log_clock {
    uint64_t now_ms, wall_ms;
    int32_t utc_offset_s;
};

/* What an event had to do nothing more for than to be woken later: kept beside the next event. */
struct hf_log_idle {
    bool idle;
    uint64_t wake_ms;
};

void hf_put_varint(struct hf_writer_buf *out, uint64_t value);
void hf_put_text(struct hf_writer_buf *out, const char *text);
uint64_t hf_get_varint(struct hf_reader_buf *in);
/* Reads a text into room bytes; too long a text is bad. */
void hf_get_text(struct hf_reader_buf *in, char *text, size_t room);

/* Small differences of either sign as small numbers. */
uint64_t hf_zigzag(uint64_t difference);
uint64_t hf_unzigzag(uint64_t value);

/* When to be woken, as seen from now_ms; UINT64_MAX = not at all. */
void hf_put_wake(struct hf_writer_buf *out, uint64_t wake_ms, uint64_t now_ms);
uint64_t hf_get_wake(struct hf_reader_buf *in, uint64_t now_ms);

/* Writes the frame of a payload to frame (HF_LOG_FRAME bytes); returns its length. */
size_t hf_log_frame(uint64_t number, const uint8_t *payload, size_t length, uint8_t *frame);

enum hf_log_found {
    HF_LOG_FOUND,
    HF_LOG_AT_END,
    HF_LOG_CUT,    /* the bytes end before the record does, or only zeros follow */
    HF_LOG_DAMAGED /* its checksum is wrong */
};

/* Takes record number from *at on; on HF_LOG_FOUND moves *at behind it. */
enum hf_log_found hf_log_next(const uint8_t *bytes, size_t length, size_t *at, uint64_t number,
                              struct hf_reader_buf *ret_payload);

void hf_put_header(struct hf_writer_buf *out, const struct hf_log_header *header);
bool hf_get_header(struct hf_reader_buf *in, struct hf_log_header *header);
void hf_put_begin(struct hf_writer_buf *out, const struct hf_log_begin *begin);
bool hf_get_begin(struct hf_reader_buf *in, struct hf_log_begin *begin);

/* An event without its specification, which stands in records before it. */
void hf_put_event(struct hf_writer_buf *out, const struct hf_event *event,
                  const struct hf_log_clock *before, const struct hf_log_idle *idle);
/* Pointers of the event lead into in's bytes; has_spec: the caller sets event->request.spec. */
bool hf_get_event(struct hf_reader_buf *in, struct hf_event *event,
                  const struct hf_log_clock *before, struct hf_log_idle *ret_idle,
                  bool *ret_has_spec);

/* What a step asked for: when to be woken, how many actions, a hash of them all, and as many of
 * them in whole as fit. Equal results give equal bytes. */
void hf_put_result(struct hf_writer_buf *out, const struct hf_actions *actions, uint64_t now_ms);
/* The same of a step without actions. */
void hf_put_idle_result(struct hf_writer_buf *out, uint64_t wake_ms, uint64_t now_ms);

/* One action of a result, its bytes known by length and hash. */
struct hf_log_action {
    struct hf_action action;
    uint64_t bytes_hash;
};

struct hf_log_result {
    uint64_t wake_ms;
    uint64_t count, hash;
    struct hf_reader_buf actions; /* hf_get_action until none is left */
};

bool hf_get_result(struct hf_reader_buf *in, uint64_t now_ms, struct hf_log_result *ret);
/* False when there is no further one. */
bool hf_get_action(struct hf_log_result *result, struct hf_log_action *ret);

#endif
