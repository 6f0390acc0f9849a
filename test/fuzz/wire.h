/*
 * wire.h - inputs made of several messages, and messages made acceptable.
 *
 * A series is frames one after the other: kind (1 byte), argument (1), length (2, little endian),
 * bytes. Any bytes are a series: a length beyond the end is cut. What kind and argument mean is the
 * target's.
 */
#ifndef HF_FUZZ_WIRE_H
#define HF_FUZZ_WIRE_H

#include <stdbool.h>

#include "core/message.h"

#define FRAME_HEAD 4u

struct frame {
    uint8_t kind;
    uint8_t argument;
    const uint8_t *bytes;
    size_t length;
};

/* The next frame; false at the end. Moves *at and *left on. */
bool frame_next(const uint8_t **at, size_t *left, struct frame *ret);
void frame_write(struct hf_writer_buf *out, uint8_t kind, uint8_t argument, const uint8_t *bytes,
                 size_t length);

/* Makes magic, version and checksum right; shorter than a header: leaves it alone. */
void wire_seal(uint8_t *bytes, size_t length);

/* Copies a message with another head; 0 when it is no message or does not fit. */
size_t wire_with_head(const uint8_t *bytes, size_t length, const struct hf_head *head, uint8_t *to,
                      size_t room);

#endif
