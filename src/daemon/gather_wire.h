/*
 * gather_wire.h - the side messages by which nodes ask each other for facts (validate/facts.h).
 *
 * They travel through the same group as the core's messages and are none of them: another magic
 * number, which the core of a daemon that does not know them ignores. Nothing is decided by them.
 *
 *   magic "HFSF" (4)  version (1) = 1  type (1)  part (2)  parts (2)  0 (2)  id (8)  bytes
 *
 * ASK    id: drawn by who asks; no bytes.
 * HEARD  id: of the question; bytes: the answering node's wall clock in ms (8), the number of the
 *        reading whose result answers it (8). Sent at once.
 * PART   id: number of the reading; bytes: its result, in parts numbered from 0. parts 0: there is
 *        none, the bytes say why.
 *
 * Numbers are little endian. What is longer than needed is of a later version, and left unread.
 */
#ifndef HF_DAEMON_GATHER_WIRE_H
#define HF_DAEMON_GATHER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HF_GATHER_HEADER 20u
#define HF_GATHER_PART_BYTES 32768u
#define HF_GATHER_PARTS_MAX 64u /* 2 MiB: of 1,024 instances with four disks each */
#define HF_GATHER_MESSAGE_MAX (HF_GATHER_HEADER + HF_GATHER_PART_BYTES)

enum hf_gather_type { HF_GATHER_ASK = 1, HF_GATHER_HEARD = 2, HF_GATHER_PART = 3 };

struct hf_gather_message {
    uint8_t type; /* enum hf_gather_type */
    uint64_t id;
    uint16_t part, parts; /* PART */
    uint64_t clock_ms;    /* HEARD */
    uint64_t reading;     /* HEARD */
    const uint8_t *bytes; /* PART: of the message that was read */
    size_t length;
};

/* Whether these bytes are a side message at all, of whatever version. */
bool hf_gather_is_ours(const void *data, size_t length);

/* False: of another version, or not well-formed. */
bool hf_gather_read(const void *data, size_t length, struct hf_gather_message *ret);

/* Writes message into data, which has HF_GATHER_MESSAGE_MAX. Its length. */
size_t hf_gather_write(const struct hf_gather_message *message, uint8_t *data);

#endif
