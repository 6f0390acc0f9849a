/*
 * strbuf.h - a text that grows.
 *
 * The buffer owns its memory; release it with hf_strbuf_release (or HF_STRBUF_CLEANUP on a local).
 * When memory runs out the buffer keeps what it has and remembers the failure: check hf_strbuf_ok
 * once at the end. data always is NUL-terminated, also when empty.
 */
#ifndef HF_BASE_STRBUF_H
#define HF_BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>

struct hf_strbuf {
    char *data; /* "" until something was added */
    size_t length;
    size_t room;
    bool failed;
};

void hf_strbuf_init(struct hf_strbuf *buf);
void hf_strbuf_release(struct hf_strbuf *buf);
void hf_strbuf_clear(struct hf_strbuf *buf);
void hf_strbuf_add(struct hf_strbuf *buf, const char *text);
void hf_strbuf_add_bytes(struct hf_strbuf *buf, const void *bytes, size_t length);
__attribute__((format(printf, 2, 3))) void hf_strbuf_addf(struct hf_strbuf *buf, const char *format,
                                                          ...);

static inline bool hf_strbuf_ok(const struct hf_strbuf *buf)
{
    return !buf->failed;
}

#define HF_STRBUF_CLEANUP __attribute__((cleanup(hf_strbuf_release)))

#endif
