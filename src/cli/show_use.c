/* show_use.c - what the node that answers uses, and what runs on it: the part of status for that.
 */
#include <stdio.h>
#include <string.h>

#include "cli/amount.h"
#include "cli/json_get.h"
#include "cli/show_use.h"
#include "cli/table.h"

/* "0.31 of 2"; of: what is stated, or else what is there. */
static void add_row(struct hf_table *table, const char *name, const json_t *use)
{
    const json_t *used = json_object_get(use, "used");
    hf_table_cell(table, HF_PLAIN, name);
    for (unsigned a = 0; a < HF_AMOUNTS; a++) {
        char text[2 * HF_AMOUNT_TEXT_MAX + 8];
        char now[HF_AMOUNT_TEXT_MAX];
        char of[HF_AMOUNT_TEXT_MAX];
        hf_amount_text(a, used, now);
        hf_amount_text(a, json_object_get(use, "stated"), of);
        if (!of[0])
            hf_amount_text(a, json_object_get(use, "capacity"), of);
        (void)snprintf(text, sizeof(text), "%s%s%s", now, now[0] && of[0] ? " of " : "",
                       now[0] ? of : "");
        hf_table_cell(table, HF_PLAIN, text);
    }
}

static void add_node(struct hf_table *table, const json_t *node)
{
    json_t *use = json_copy(json_object_get(node, "capacity"));
    json_t *measured = json_object_get(use, "measured");
    if (measured)
        (void)json_object_set(use, "capacity", measured);
    if (json_is_object(json_object_get(use, "used")))
        add_row(table, hf_json_str(node, "name"), use);
    json_decref(use);
}

static void add_instance(struct hf_table *table, const json_t *instance)
{
    char name[HF_TABLE_CELL_MAX];
    const json_t *use = json_object_get(instance, "demand");
    if (!json_is_object(json_object_get(use, "used")))
        return;
    (void)snprintf(name, sizeof(name), "  %s", hf_json_str(instance, "name"));
    add_row(table, name, use);
}

void hf_show_use(const json_t *data, const struct hf_terminal *terminal, struct hf_strbuf *out)
{
    struct hf_table_column columns[1 + HF_AMOUNTS] = {{"USED HERE", 0}};
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    size_t i = 0;
    json_t *one = NULL;
    /* On a narrow terminal the last ones go first. */
    for (unsigned a = 0; a < HF_AMOUNTS; a++)
        columns[1 + a] = (struct hf_table_column){hf_amount_title(a), (int)a};
    struct hf_table *table = hf_table_new(columns, 1 + HF_AMOUNTS);
    json_array_foreach(json_object_get(data, "nodes"), i, one) add_node(table, one);
    json_array_foreach(json_object_get(data, "instances"), i, one) add_instance(table, one);
    hf_strbuf_init(&text);
    hf_table_render(table, terminal, &text);
    if (text.length)
        hf_strbuf_addf(out, "\n%s", text.data);
    hf_table_free(table);
}
