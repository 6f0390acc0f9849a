/* show_demand.c - what instances used, as rows of minutes, hours or days; and what they need. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/amount.h"
#include "cli/json_get.h"
#include "cli/show.h"
#include "cli/table.h"

#define LEAD 2u /* columns before the amounts */

/* "2026-11-24 14:00", or the day alone; local time. A day of the rollup begins at midnight UTC. */
static void when_text(int64_t start_ms, bool day, char *text, size_t room)
{
    time_t seconds = (time_t)(start_ms / 1000);
    struct tm local;
    (void)localtime_r(&seconds, &local);
    if (strftime(text, room, day ? "%Y-%m-%d (%H:%M)" : "%Y-%m-%d %H:%M", &local) == 0)
        text[0] = '\0';
}

static void cell_text(unsigned amount, const json_t *row, char *text, size_t room)
{
    const json_t *cell = json_object_get(row, hf_amount_key(amount));
    char median[HF_AMOUNT_TEXT_MAX];
    char most[HF_AMOUNT_TEXT_MAX];
    char largest[HF_AMOUNT_TEXT_MAX];
    text[0] = '\0';
    if (!json_is_object(cell))
        return;
    hf_amount_number(amount, hf_json_int(cell, "p50"), median);
    hf_amount_number(amount, hf_json_int(cell, "p95"), most);
    hf_amount_number(amount, hf_json_int(cell, "max"), largest);
    (void)snprintf(text, room, "%s / %s / %s", median, most, largest);
}

static struct hf_table *new_table(const char *second)
{
    struct hf_table_column columns[LEAD + HF_AMOUNTS] = {{"INSTANCE", 0}, {second, 0}};
    for (unsigned a = 0; a < HF_AMOUNTS; a++)
        columns[LEAD + a] = (struct hf_table_column){hf_amount_title(a), (int)a};
    return hf_table_new(columns, LEAD + HF_AMOUNTS);
}

static void add_rows(struct hf_table *table, const json_t *instance, bool day)
{
    size_t k = 0;
    json_t *row = NULL;
    json_array_foreach(json_object_get(instance, "rows"), k, row)
    {
        char text[HF_TABLE_CELL_MAX];
        hf_table_cell(table, HF_PLAIN, hf_json_str(instance, "name"));
        when_text(hf_json_int(row, "start_ms"), day, text, sizeof(text));
        hf_table_cell(table, HF_PLAIN, text);
        for (unsigned a = 0; a < HF_AMOUNTS; a++) {
            cell_text(a, row, text, sizeof(text));
            hf_table_cell(table, HF_PLAIN, text);
        }
    }
}

static void add_need(struct hf_table *table, const json_t *instance, const char *field,
                     const char *word)
{
    const json_t *amounts = json_object_get(instance, field);
    if (!json_is_object(amounts))
        return;
    hf_table_cell(table, HF_PLAIN, hf_json_str(instance, "name"));
    hf_table_cell(table, HF_PLAIN, word);
    for (unsigned a = 0; a < HF_AMOUNTS; a++) {
        char text[HF_AMOUNT_TEXT_MAX];
        hf_amount_text(a, amounts, text);
        hf_table_cell(table, HF_PLAIN, text);
    }
}

static void show_needs(const json_t *instances, const struct hf_terminal *terminal,
                       struct hf_strbuf *out)
{
    struct hf_table *table = new_table("NEEDS");
    size_t k = 0;
    json_t *one = NULL;
    json_array_foreach((json_t *)(uintptr_t)instances, k, one)
    {
        char word[64];
        int hours = (int)hf_json_int(json_object_get(one, "measured"), "hours");
        (void)snprintf(word, sizeof(word), "measured in %d hour%s", hours, hours == 1 ? "" : "s");
        add_need(table, one, "stated", "as stated");
        add_need(table, one, "measured", word);
    }
    hf_table_render(table, terminal, out);
    hf_table_free(table);
}

void hf_show_demand(const json_t *data, const struct hf_terminal *terminal, struct hf_strbuf *out)
{
    const json_t *instances = json_object_get(data, "instances");
    const char *per = hf_json_str(data, "per");
    const char *node = hf_json_str(data, "node");
    bool day = strcmp(per, "day") == 0;
    size_t k = 0;
    json_t *one = NULL;
    if (json_array_size(instances) == 0) {
        hf_strbuf_addf(out,
                       "nothing was measured on %s yet: an instance is measured where it runs, and "
                       "its first row comes a minute later\n",
                       node);
        return;
    }
    hf_strbuf_addf(out, "measured on %s, by the %s: median / 95th percentile / maximum\n\n", node,
                   per);
    struct hf_table *table = new_table(day ? "DAY FROM" : "FROM");
    json_array_foreach((json_t *)(uintptr_t)instances, k, one) add_rows(table, one, day);
    hf_table_render(table, terminal, out);
    hf_table_free(table);
    hf_strbuf_add(out, "\n");
    show_needs(instances, terminal, out);
}
