/*
 * table.h - columns as wide as what is in them.
 *
 * On a terminal that is too narrow, the columns marked as least important are left out, one by one.
 */
#ifndef HF_CLI_TABLE_H
#define HF_CLI_TABLE_H

#include "cli/terminal.h"

#define HF_TABLE_COLUMNS_MAX 12u
#define HF_TABLE_CELL_MAX 160u

struct hf_table_column {
    const char *title;
    int optional; /* 0 = always shown; otherwise the highest goes first */
};

struct hf_table;

/* NULL when memory ran out. */
struct hf_table *hf_table_new(const struct hf_table_column *columns, unsigned count);
void hf_table_free(struct hf_table *table);

/* Adds a cell to the current row; the row is full after as many as there are columns. "" and NULL
 * show as "-". */
void hf_table_cell(struct hf_table *table, enum hf_colour colour, const char *text);

/* Titles and rows. A table without rows adds nothing. */
void hf_table_render(const struct hf_table *table, const struct hf_terminal *terminal,
                     struct hf_strbuf *out);

#endif
