#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_MIN 40

struct hf_terminal hf_terminal_get(void)
{
    struct hf_terminal terminal = {0};
    if (!isatty(STDOUT_FILENO))
        return terminal;
    const char *no_colour = getenv("NO_COLOR");
    const char *kind = getenv("TERM");
    terminal.colour = !(no_colour && no_colour[0]) && !(kind && strcmp(kind, "dumb") == 0);
    struct winsize size = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        terminal.width = size.ws_col < WIDTH_MIN ? WIDTH_MIN : size.ws_col;
    else
        terminal.width = 80;
    return terminal;
}

void hf_terminal_add(const struct hf_terminal *terminal, struct hf_strbuf *out,
                     enum hf_colour colour, const char *text)
{
    static const char *const codes[] = {
        [HF_PLAIN] = "",         [HF_BOLD] = "\033[1m",   [HF_DIM] = "\033[2m",
        [HF_RED] = "\033[1;31m", [HF_GREEN] = "\033[32m", [HF_YELLOW] = "\033[33m",
    };
    bool paint = terminal->colour && colour != HF_PLAIN && text[0];
    if (paint)
        hf_strbuf_add(out, codes[colour]);
    hf_strbuf_add(out, text);
    if (paint)
        hf_strbuf_add(out, "\033[0m");
}

int hf_terminal_columns(const char *text)
{
    int columns = 0;
    for (; *text; text++)
        if (((unsigned char)*text & 0xc0) != 0x80)
            columns++;
    return columns;
}

/* The length of the next word and the columns it takes. */
static size_t word_at(const char *text, int *ret_columns)
{
    size_t length = strcspn(text, " ");
    *ret_columns = 0;
    for (size_t i = 0; i < length; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            (*ret_columns)++;
    return length;
}

void hf_terminal_wrap(const struct hf_terminal *terminal, struct hf_strbuf *out, int column,
                      int indent, const char *text)
{
    bool first = true;
    while (*text) {
        size_t blanks = strspn(text, " ");
        int columns = 0;
        size_t length = word_at(text + blanks, &columns);
        bool full = terminal->width && column + (int)blanks + columns > terminal->width;
        if (full && !first && indent < terminal->width / 2) {
            hf_strbuf_addf(out, "\n%*s", indent, "");
            column = indent;
        } else {
            hf_strbuf_add_bytes(out, text, blanks);
            column += (int)blanks;
        }
        hf_strbuf_add_bytes(out, text + blanks, length);
        column += columns;
        text += blanks + length;
        first = false;
    }
    hf_strbuf_add(out, "\n");
}
