/*
 * text.h - characters: UTF-8 that a person can read, and nothing else.
 */
#ifndef HF_CONFIG_TEXT_H
#define HF_CONFIG_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "config/config.h"

/* Bytes of the well-formed UTF-8 character at text, 0 if there is none; its code point in ret. */
size_t hf_text_decode(const char *text, size_t length, unsigned *ret_code);

/* Printable: no control character, no invisible line break, no byte order mark. */
bool hf_text_printable(unsigned code);
bool hf_text_all_printable(const char *text, size_t length);

/* Checks a whole file: encoding, control characters, tabs that indent. Adds the first error. */
bool hf_text_check_file(const char *file_name, const char *text, size_t length,
                        struct hf_config_errors *errors);

/* Line and column, from 1, of the place just behind the last character of a file that was checked.
 */
void hf_text_end(const char *text, size_t length, unsigned *ret_line, unsigned *ret_column);

/* An ASCII letter or digit, in every locale. */
static inline bool hf_text_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* How many edits (insert, delete, replace) make a into b, case and - _ aside. At most 64 each. */
unsigned hf_text_distance(const char *a, const char *b);

/* Appends text as a YAML scalar: plain where that is safe, else in double quotes. */
void hf_text_quote(struct hf_strbuf *out, const char *text);

#endif
