#include "cli/show.h"
#include "cli/table.h"
#include "core/lifecycle.h"

void hf_show_lifecycle(struct hf_strbuf *out)
{
    static const struct hf_table_column columns[] = {
        {"FROM", 0}, {"TRIGGER", 0}, {"TO", 0}, {"WHAT HAPPENED", 0}};
    static const struct hf_terminal plain = {0};
    struct hf_table *table = hf_table_new(columns, 4);
    size_t count = 0;
    const struct hf_lifecycle_row *rows = hf_lifecycle_rows(&count);
    for (size_t i = 0; i < count; i++) {
        hf_table_cell(table, HF_PLAIN, hf_phase_word(rows[i].from));
        hf_table_cell(table, HF_PLAIN, hf_trigger_word(rows[i].trigger));
        hf_table_cell(table, HF_PLAIN, hf_phase_word(rows[i].to));
        hf_table_cell(table, HF_PLAIN, rows[i].what);
    }
    hf_table_render(table, &plain, out);
    hf_table_free(table);
}

void hf_show_lifecycle_mermaid(struct hf_strbuf *out)
{
    size_t count = 0;
    const struct hf_lifecycle_row *rows = hf_lifecycle_rows(&count);
    hf_strbuf_add(out, "stateDiagram-v2\n    [*] --> offline\n");
    for (size_t i = 0; i < count; i++)
        hf_strbuf_addf(out, "    %s --> %s : %s\n", hf_phase_word(rows[i].from),
                       hf_phase_word(rows[i].to), hf_trigger_word(rows[i].trigger));
}
