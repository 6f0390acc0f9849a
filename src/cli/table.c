#include "cli/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

#define GAP 2

struct cell {
    enum hf_colour colour;
    char text[HF_TABLE_CELL_MAX];
};

struct hf_table {
    unsigned columns;
    struct hf_table_column column[HF_TABLE_COLUMNS_MAX];
    struct cell *cells;
    size_t count, room;
};

struct hf_table *hf_table_new(const struct hf_table_column *columns, unsigned count)
{
    HF_ASSERT(count > 0 && count <= HF_TABLE_COLUMNS_MAX);
    struct hf_table *table = calloc(1, sizeof(*table));
    if (!table)
        return NULL;
    table->columns = count;
    memcpy(table->column, columns, count * sizeof(*columns));
    return table;
}

void hf_table_free(struct hf_table *table)
{
    if (!table)
        return;
    free(table->cells);
    free(table);
}

void hf_table_cell(struct hf_table *table, enum hf_colour colour, const char *text)
{
    if (!table)
        return;
    if (table->count == table->room) {
        size_t room = table->room ? table->room * 2 : 64;
        struct cell *cells = realloc(table->cells, room * sizeof(*cells));
        if (!cells)
            return;
        table->cells = cells;
        table->room = room;
    }
    struct cell *cell = &table->cells[table->count++];
    cell->colour = colour;
    (void)snprintf(cell->text, sizeof(cell->text), "%s", text && text[0] ? text : "-");
}

static size_t rows_of(const struct hf_table *table)
{
    return table->count / table->columns;
}

static void measure(const struct hf_table *table, int *widths)
{
    for (unsigned c = 0; c < table->columns; c++) {
        widths[c] = hf_terminal_columns(table->column[c].title);
        for (size_t r = 0; r < rows_of(table); r++) {
            int width = hf_terminal_columns(table->cells[r * table->columns + c].text);
            widths[c] = width > widths[c] ? width : widths[c];
        }
    }
}

/* Hides columns, least important first, until the rest fits; a hidden one has width -1. */
static void hide(const struct hf_table *table, const struct hf_terminal *terminal, int *widths)
{
    for (;;) {
        int total = -GAP;
        int least = -1;
        for (unsigned c = 0; c < table->columns; c++) {
            if (widths[c] < 0)
                continue;
            total += widths[c] + GAP;
            int rank = table->column[c].optional;
            if (rank > 0 && (least < 0 || rank > table->column[least].optional))
                least = (int)c;
        }
        if (!terminal->width || total <= terminal->width || least < 0)
            return;
        widths[least] = -1;
    }
}

static void render_row(const struct hf_table *table, const struct hf_terminal *terminal,
                       const struct cell *cells, const int *widths, struct hf_strbuf *out)
{
    int owed = 0;
    for (unsigned c = 0; c < table->columns; c++) {
        if (widths[c] < 0)
            continue;
        const char *text = cells ? cells[c].text : table->column[c].title;
        hf_strbuf_addf(out, "%*s", owed, "");
        hf_terminal_add(terminal, out, cells ? cells[c].colour : HF_DIM, text);
        owed = widths[c] - hf_terminal_columns(text) + GAP;
    }
    hf_strbuf_add(out, "\n");
}

void hf_table_render(const struct hf_table *table, const struct hf_terminal *terminal,
                     struct hf_strbuf *out)
{
    int widths[HF_TABLE_COLUMNS_MAX];
    if (!table || rows_of(table) == 0)
        return;
    measure(table, widths);
    hide(table, terminal, widths);
    render_row(table, terminal, NULL, widths, out);
    for (size_t r = 0; r < rows_of(table); r++)
        render_row(table, terminal, &table->cells[r * table->columns], widths, out);
}
