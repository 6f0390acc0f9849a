#include "replay/sparse.h"

#include <string.h>

#include "replay/record.h"

#define SMALL 32u
#define LARGE 4096u
#define RUN_HEAD 20u /* two varints at most */

static bool is_zero(const uint8_t *bytes, size_t length)
{
    static const uint8_t zeros[LARGE];
    return !memcmp(bytes, zeros, length);
}

static size_t at_most(size_t left, size_t most)
{
    return left < most ? left : most;
}

/* The next byte from here on that may matter. */
static size_t skip_zeros(const uint8_t *memory, size_t at, size_t end)
{
    while (end - at >= LARGE && is_zero(memory + at, LARGE))
        at += LARGE;
    while (at < end && is_zero(memory + at, at_most(end - at, SMALL)))
        at += at_most(end - at, SMALL);
    return at;
}

static size_t run_end(const uint8_t *memory, size_t at, size_t end)
{
    while (at < end && !is_zero(memory + at, at_most(end - at, SMALL)))
        at += at_most(end - at, SMALL);
    return at;
}

bool hf_sparse_write(struct hf_sparse *sparse, struct hf_writer_buf *out)
{
    size_t before = out->length, end = sparse->size;
    while (out->room - out->length > RUN_HEAD + SMALL) {
        sparse->at = skip_zeros(sparse->memory, sparse->at, end);
        if (sparse->at == end)
            break;
        size_t length = run_end(sparse->memory, sparse->at, end) - sparse->at;
        length = at_most(length, out->room - out->length - RUN_HEAD);
        hf_put_varint(out, sparse->at);
        hf_put_varint(out, length);
        hf_write_bytes(out, sparse->memory + sparse->at, length);
        sparse->at += length;
    }
    return out->length > before;
}

bool hf_sparse_read(struct hf_reader_buf *in, uint8_t *memory, size_t size)
{
    while (!in->bad && in->at < in->length) {
        uint64_t offset = hf_get_varint(in);
        uint64_t length = hf_get_varint(in);
        const uint8_t *bytes = hf_read_bytes(in, length);
        if (!bytes || offset > size || length > size - offset)
            return false;
        memcpy(memory + offset, bytes, length);
    }
    return !in->bad;
}
