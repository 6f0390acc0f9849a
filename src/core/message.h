/*
 * message.h - the messages members send each other, and the records of the journal.
 *
 * A message: magic (4 bytes), version (2), type (1), reserved (1), CRC-32C of the rest (4); then a
 * head and any number of items, each with its length (2 bytes) before it. Heads and items are field
 * lists (codec.h), so a reader of another version skips what it does not know. docs/PROTOCOL.md
 * has the whole exchange.
 */
#ifndef HF_CORE_MESSAGE_H
#define HF_CORE_MESSAGE_H

#include "core/codec.h"
#include "core/event.h"
#include "core/state.h"

#define HF_MESSAGE_MAGIC 0x54534648u /* "HFST" */
#define HF_MESSAGE_VERSION 1u
#define HF_MESSAGE_HEADER 12u

enum hf_message_type {
    HF_MESSAGE_HELLO = 1, /* a member says which state it holds */
    HF_MESSAGE_NEED,      /* a member asks for a snapshot */
    HF_MESSAGE_SYNCED,    /* a member has it */
    HF_MESSAGE_SNAPSHOT,  /* records of the state */
    HF_MESSAGE_REPORT,    /* what a node observes of its instances */
    HF_MESSAGE_REQUEST,   /* an administrator's command */
    HF_MESSAGE_PART,      /* entities of a specification to be applied */
    HF_MESSAGE_DECISION,  /* the coordinator's changes: the only message that changes the state */
    HF_MESSAGE_ACK,       /* a node has synced the decisions up to index on its disk */
    HF_MESSAGE_GO,        /* members that did not say HELLO in time are not waited for */
    HF_MESSAGE_MEASURED,  /* what a node has, and what the instances that it runs need */
};

/* What the kinds of items in SNAPSHOT and PART are. */
enum hf_record_kind {
    HF_RECORD_META = 1,
    HF_RECORD_CLUSTER_SPEC,
    HF_RECORD_NODE_SPEC,
    HF_RECORD_NODE_STATE,
    HF_RECORD_INSTANCE_SPEC,
    HF_RECORD_INSTANCE_STATE,
    HF_RECORD_HISTORY,
    HF_RECORD_END,
};

#define HF_HEAD_ACK_WANTED 1u /* DECISION: an administrator waits for it to be durable */
#define HF_HEAD_FORCE 2u      /* REQUEST */
#define HF_HEAD_WATCHDOG 4u   /* HELLO */
#define HF_HEAD_RUNNING 8u    /* HELLO: in a regime since its daemon started */

struct hf_head {
    uint64_t epoch; /* HELLO, DECISION: state it is about, or based on */
    uint64_t index;
    uint64_t hash;
    uint64_t wall_ms;     /* DECISION: its time */
    uint64_t incarnation; /* HELLO */
    uint64_t id;          /* REQUEST, PART: of the command at its origin */
    uint64_t number;      /* REQUEST: configuration version; HELLO: set of configured nodes */
    uint32_t flags;
    uint8_t verb; /* REQUEST */
    uint16_t instance;
    uint8_t node;
    char text[HF_NAME_MAX];
    char address[HF_ADDRESS_MAX];
    char address2[HF_ADDRESS_MAX];
    uint64_t ring;    /* HELLO, GO, NEED, SYNCED, SNAPSHOT: ring it was sent in; others ignore */
    uint64_t members; /* HELLO: the group as its sender saw it */
    uint16_t speaks;  /* HELLO, SYNCED: the newest format its sender speaks */
    uint16_t format;  /* HELLO: the format in use in the state it holds */
};

/* What a node says of one instance it has, had, or is to have. */
#define HF_REPORT_CLEAN 1u      /* nothing of it is on this node, but for its address perhaps */
#define HF_REPORT_ADDRESS 2u    /* its address is up here */
#define HF_REPORT_WAS_ONLINE 4u /* it was online here before it failed */
#define HF_REPORT_QUORUM 16u    /* it was stopped here because this node had no quorum */
#define HF_REPORT_NODE 32u      /* of no instance: status = enum hf_network of this node */
#define HF_REPORT_RELEASED 8u   /* this node has given up its key: it can no longer write */

struct hf_report {
    uint16_t instance;
    uint32_t generation;
    uint32_t attempt;
    uint8_t phase;
    uint8_t status; /* enum hf_step_status of what failed */
    uint32_t flags;
    uint32_t found_generation; /* HF_STEP_NEWER */
    uint64_t key;
    uint64_t wall_ms; /* when what it reports happened */
    uint32_t timings[HF_TIMINGS];
    char text[HF_PATH_MAX];
};

/* The first record of a snapshot. */
struct hf_meta {
    uint64_t epoch, index, config_version, nodes_version, members, wall_ms, hash, history_count;
    uint8_t coordinator;
    uint16_t format;
};

/* A record inside SNAPSHOT and PART: its kind and slot, then the entity's own fields. */
struct hf_record {
    uint8_t kind;
    uint16_t slot;
};

extern const struct hf_table hf_table_head;
extern const struct hf_table hf_table_report;
extern const struct hf_table hf_table_meta;

/* Writing: begin, items, end; end returns the length, 0 when it did not fit. */
void hf_message_begin(struct hf_writer_buf *out, uint8_t *bytes, size_t room,
                      enum hf_message_type type, const struct hf_head *head);
void hf_message_item(struct hf_writer_buf *out, const struct hf_table *table, const void *item);
void hf_message_record(struct hf_writer_buf *out, uint8_t kind, uint16_t slot,
                       const struct hf_table *table, const void *entity);
size_t hf_message_end(struct hf_writer_buf *out);

/* What is written after begin is in every format; set out->format for what members share. */

/* Reading. open checks magic, version, checksum; next gives the following item's bytes, or false at
 * the end (in->bad tells a broken end). */
struct hf_message {
    uint8_t type;
    struct hf_head head;
    struct hf_reader_buf items;
};

bool hf_message_open(struct hf_message *message, const uint8_t *bytes, size_t length);
bool hf_message_next(struct hf_message *message, struct hf_reader_buf *ret_item);
bool hf_message_read(struct hf_reader_buf *item, const struct hf_table *table, void *entity);
bool hf_record_open(struct hf_reader_buf *item, struct hf_record *ret_record);

#endif
