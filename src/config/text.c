#include "config/text.h"

#include <string.h>

#include "config/errors.h"

/* Length that a first byte announces, and the bits it carries. */
static size_t announced(unsigned char first, unsigned *ret_bits)
{
    if (first < 0x80) {
        *ret_bits = first;
        return 1;
    }
    if (first >= 0xc2 && first < 0xe0) {
        *ret_bits = first & 0x1fu;
        return 2;
    }
    if (first >= 0xe0 && first < 0xf0) {
        *ret_bits = first & 0x0fu;
        return 3;
    }
    *ret_bits = first & 0x07u;
    return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

size_t hf_text_decode(const char *text, size_t length, unsigned *ret_code)
{
    static const unsigned smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned code;
    size_t size = length ? announced((unsigned char)text[0], &code) : 0;
    if (size == 0 || size > length)
        return 0;
    for (size_t i = 1; i < size; i++) {
        if (((unsigned char)text[i] & 0xc0u) != 0x80u)
            return 0;
        code = code << 6 | ((unsigned char)text[i] & 0x3fu);
    }
    if (code < smallest[size] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    *ret_code = code;
    return size;
}

bool hf_text_printable(unsigned code)
{
    if (code < 0x20 || (code >= 0x7f && code < 0xa0))
        return false;
    if (code == 0x2028 || code == 0x2029 || code == 0xfeff)
        return false;
    return (code & 0xfffe) != 0xfffe;
}

bool hf_text_all_printable(const char *text, size_t length)
{
    size_t size;
    for (size_t i = 0; i < length; i += size) {
        unsigned code;
        size = hf_text_decode(text + i, length - i, &code);
        if (size == 0 || !hf_text_printable(code))
            return false;
    }
    return true;
}

/* What is wrong with one character of a file, NULL = nothing. */
static const char *fault_of(size_t size, unsigned code, bool indenting, bool first)
{
    if (size == 0)
        return "the file is not valid UTF-8 here.\n  Save it in the encoding UTF-8.";
    if (code == '\t' && indenting)
        return "a tab indents this line.\n  YAML wants spaces: replace the tab by spaces.";
    if (code == '\n' || code == '\r' || code == '\t' || (code == 0xfeff && first))
        return NULL;
    if (!hf_text_printable(code))
        return "a control character stands here.\n  Remove it; the file holds printable text only.";
    return NULL;
}

/* Whether a line ends with the character at text: LF, or a CR alone, as YAML counts lines. */
static bool ends_line(const char *text, size_t left)
{
    return text[0] == '\n' || (text[0] == '\r' && (left == 1 || text[1] != '\n'));
}

bool hf_text_check_file(const char *file_name, const char *text, size_t length,
                        struct hf_config_errors *errors)
{
    unsigned line = 1;
    unsigned column = 1;
    bool indenting = true;
    size_t size;
    for (size_t i = 0; i < length; i += size) {
        unsigned code = 0;
        size = hf_text_decode(text + i, length - i, &code);
        const char *fault = fault_of(size, code, indenting, i == 0);
        if (fault) {
            hf_errors_add(errors, file_name, line, column, "%s", fault);
            return false;
        }
        bool ends = ends_line(text + i, length - i);
        indenting = ends || (indenting && code == ' ');
        line += ends;
        column = ends ? 1 : column + 1;
    }
    return true;
}

void hf_text_end(const char *text, size_t length, unsigned *ret_line, unsigned *ret_column)
{
    size_t size;
    *ret_line = *ret_column = 1;
    for (size_t i = 0; i < length; i += size) {
        unsigned code;
        size = hf_text_decode(text + i, length - i, &code);
        if (size == 0)
            return;
        bool ends = ends_line(text + i, length - i);
        *ret_line += ends;
        *ret_column = ends ? 1 : *ret_column + 1;
    }
}

static char folded(char c)
{
    if (c == '-')
        return '_';
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

unsigned hf_text_distance(const char *a, const char *b)
{
    enum { MOST = 64 };
    unsigned row[MOST + 1];
    size_t a_length = strnlen(a, MOST);
    size_t b_length = strnlen(b, MOST);
    for (unsigned j = 0; j <= b_length; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a_length; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= b_length; j++) {
            unsigned replace = diagonal + (folded(a[i - 1]) != folded(b[j - 1]));
            unsigned other = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replace < other ? replace : other;
        }
    }
    return row[b_length];
}

/* Plain text that no YAML reader takes for anything but text or a number. */
static bool is_plain(const char *text)
{
    if (!hf_text_alnum(text[0]) && text[0] != '/')
        return false;
    for (const char *c = text; *c; c++)
        if (!hf_text_alnum(*c) && !strchr("_./-+@", *c))
            return false;
    return strcmp(text, "null") != 0 && strcmp(text, "Null") != 0 && strcmp(text, "NULL") != 0;
}

void hf_text_quote(struct hf_strbuf *out, const char *text)
{
    if (is_plain(text)) {
        hf_strbuf_add(out, text);
        return;
    }
    hf_strbuf_add(out, "\"");
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\')
            hf_strbuf_add(out, "\\");
        hf_strbuf_add_bytes(out, c, 1);
    }
    hf_strbuf_add(out, "\"");
}
