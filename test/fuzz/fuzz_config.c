/*
 * cluster.yaml: parses anything; errors point into the file; what parses is written, and must then
 * parse to the same specification, with nothing to change between the two.
 */
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "target.h"

static struct hf_spec first;
static struct hf_spec second;
static struct hf_config_errors errors;

/* The length of a line break that begins at text, as YAML counts them; 0 = there is none. */
static size_t line_break(const uint8_t *text, size_t left)
{
    if (text[0] == '\r')
        return left > 1 && text[1] == '\n' ? 2 : 1;
    if (text[0] == '\n')
        return 1;
    if (left > 1 && text[0] == 0xc2 && text[1] == 0x85)
        return 2;
    return left > 2 && text[0] == 0xe2 && text[1] == 0x80 && (text[2] == 0xa8 || text[2] == 0xa9)
               ? 3
               : 0;
}

/* Characters of a line (counted from 1), or -1 when the file has no such line. */
static long line_length(const uint8_t *text, size_t size, unsigned wanted)
{
    unsigned line = 1;
    long length = 0;
    for (size_t at = 0; at < size;) {
        size_t skip = line_break(text + at, size - at);
        if (skip && line == wanted)
            return length;
        if (skip) {
            line++;
            length = 0;
            at += skip;
            continue;
        }
        length += (text[at] & 0xc0) != 0x80;
        at++;
    }
    return line == wanted ? length : -1;
}

/* In UTF-16 a character is two bytes or four: positions are then only bounded. */
static bool is_utf16(const uint8_t *text, size_t size)
{
    return size >= 2 &&
           ((text[0] == 0xff && text[1] == 0xfe) || (text[0] == 0xfe && text[1] == 0xff));
}

/* Each error says "file:line:column: ..." of a place inside the text, or just behind its end. */
static void check_errors(const uint8_t *text, size_t size)
{
    HF_ASSERT(errors.count <= HF_CONFIG_ERRORS_MAX);
    for (unsigned e = 0; e < errors.count; e++) {
        const struct hf_config_error *error = &errors.items[e];
        char place[64];
        (void)snprintf(place, sizeof(place), "fuzz.yaml:%u:%u: ", error->line, error->column);
        HF_ASSERT(memchr(error->text, '\0', sizeof(error->text)));
        HF_ASSERT(strncmp(error->text, place, strlen(place)) == 0);
        HF_ASSERT(error->text[strlen(place)] != '\0');
        HF_ASSERT(error->text[strlen(error->text) - 1] != '\n');
        HF_ASSERT(error->line >= 1 && error->column >= 1 && error->line <= size + 1);
        if (is_utf16(text, size))
            continue;
        long length = line_length(text, size, error->line);
        HF_ASSERT(length >= 0 && error->column <= (unsigned long)length + 1);
    }
}

static void no_change(const struct hf_config_change *change, void *userdata)
{
    (void)change;
    (void)userdata;
    HF_ASSERT(!"a specification differs from itself");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int result = hf_config_parse("fuzz.yaml", (const char *)data, size, NULL, &first, &errors);
    HF_ASSERT(result == 0 || result == HF_CONFIG_INVALID);
    HF_ASSERT((result == HF_CONFIG_INVALID) == (errors.count > 0));
    check_errors(data, size);
    if (result != 0)
        return 0;
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    hf_strbuf_init(&text);
    HF_ASSERT(hf_config_write(&first, &text) == 0);
    HF_ASSERT(hf_config_parse("again.yaml", text.data, text.length, NULL, &second, &errors) == 0);
    HF_ASSERT(memcmp(&first, &second, sizeof(first)) == 0);
    HF_ASSERT(hf_config_diff(&first, &second, no_change, NULL) == 0);
    /* Its own nodes are its members, and names keep their slots. */
    HF_ASSERT(hf_config_check_members("again.yaml", text.data, text.length, &first, &errors) == 0);
    HF_ASSERT(hf_config_parse("again.yaml", text.data, text.length, &first, &second, &errors) == 0);
    HF_ASSERT(memcmp(&first, &second, sizeof(first)) == 0);
    return 0;
}
