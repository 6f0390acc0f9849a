/*
 * terminal.h - what the terminal can show: its width and whether it has colours.
 */
#ifndef HF_CLI_TERMINAL_H
#define HF_CLI_TERMINAL_H

#include <stdbool.h>

#include "base/strbuf.h"

enum hf_colour { HF_PLAIN, HF_BOLD, HF_DIM, HF_RED, HF_GREEN, HF_YELLOW };

struct hf_terminal {
    int width;   /* columns; 0 = not a terminal: lines are never broken */
    bool colour; /* a terminal, and NO_COLOR is not set */
};

/* Of standard output. */
struct hf_terminal hf_terminal_get(void);

/* Adds text in a colour, or plainly where there is none. */
void hf_terminal_add(const struct hf_terminal *terminal, struct hf_strbuf *out,
                     enum hf_colour colour, const char *text);

/* Adds text, which continues a line that is at column, and ends the line. On a terminal it is
 * broken between words; further lines start at indent. */
void hf_terminal_wrap(const struct hf_terminal *terminal, struct hf_strbuf *out, int column,
                      int indent, const char *text);

/* Columns that a UTF-8 text takes. */
int hf_terminal_columns(const char *text);

#endif
