/*
 * sparse.h - large memory that is mostly zero, as runs of what is not.
 */
#ifndef HF_REPLAY_SPARSE_H
#define HF_REPLAY_SPARSE_H

#include "core/codec.h"

struct hf_sparse {
    const uint8_t *memory;
    size_t size;
    size_t at; /* where it has got to */
};

/* Adds runs (offset, length, bytes) until out is full or the memory at its end. False when there
 * was nothing left to add. */
bool hf_sparse_write(struct hf_sparse *sparse, struct hf_writer_buf *out);

/* Copies runs into memory, which was zeroed before the first. False for runs that lead out of it.
 */
bool hf_sparse_read(struct hf_reader_buf *in, uint8_t *memory, size_t size);

#endif
