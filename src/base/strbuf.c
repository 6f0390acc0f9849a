#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char empty[1];

void hf_strbuf_init(struct hf_strbuf *buf)
{
    *buf = (struct hf_strbuf){.data = empty};
}

void hf_strbuf_release(struct hf_strbuf *buf)
{
    if (buf->data != empty)
        free(buf->data);
    hf_strbuf_init(buf);
}

void hf_strbuf_clear(struct hf_strbuf *buf)
{
    buf->length = 0;
    buf->failed = false;
    if (buf->data != empty)
        buf->data[0] = '\0';
}

/* Makes room for more bytes and the NUL. */
static bool reserve(struct hf_strbuf *buf, size_t more)
{
    if (buf->failed)
        return false;
    size_t need = buf->length + more + 1;
    if (need <= buf->room)
        return true;
    size_t room = buf->room ? buf->room * 2 : 128;
    while (room < need)
        room *= 2;
    char *data = realloc(buf->data == empty ? NULL : buf->data, room);
    if (!data) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->room = room;
    return true;
}

void hf_strbuf_add_bytes(struct hf_strbuf *buf, const void *bytes, size_t length)
{
    if (!reserve(buf, length))
        return;
    memcpy(buf->data + buf->length, bytes, length);
    buf->length += length;
    buf->data[buf->length] = '\0';
}

void hf_strbuf_add(struct hf_strbuf *buf, const char *text)
{
    hf_strbuf_add_bytes(buf, text, strlen(text));
}

void hf_strbuf_addf(struct hf_strbuf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        buf->failed = true;
    else if (reserve(buf, (size_t)length)) {
        (void)vsnprintf(buf->data + buf->length, (size_t)length + 1, format, again);
        buf->length += (size_t)length;
    }
    va_end(again);
}
