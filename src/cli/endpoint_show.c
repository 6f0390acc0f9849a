#include "cli/endpoint_show.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/table.h"
#include "config/config.h"

static const char *writer(const struct hf_endpoint *e)
{
    if (!e->database)
        return "";
    return e->database->written_by == HF_WRITER_TOOLS ? "tools" : "runtime";
}

static const char *engine(const struct hf_endpoint *e)
{
    return hf_config_engine_word((enum hf_engine_kind)e->instance->engine.type);
}

static void show_table(const struct hf_endpoint *list, size_t count,
                       const struct hf_terminal *terminal, struct hf_strbuf *out)
{
    static const struct hf_table_column columns[] = {
        {"DATABASE", 0}, {"INSTANCE", 0}, {"CONNECT TO", 0}, {"PORT", 0},
        {"ADDRESS", 1},  {"ENGINE", 2},   {"WRITTEN BY", 3},
    };
    struct hf_table *table = hf_table_new(columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; table && i < count; i++) {
        const struct hf_endpoint *e = &list[i];
        char port[8] = "";
        if (e->port)
            (void)snprintf(port, sizeof(port), "%u", e->port);
        hf_table_cell(table, HF_BOLD, e->database ? e->database->name : "");
        hf_table_cell(table, HF_PLAIN, e->instance->name);
        hf_table_cell(table, e->host[0] ? HF_PLAIN : HF_YELLOW, e->host);
        hf_table_cell(table, HF_PLAIN, port);
        hf_table_cell(table, HF_PLAIN, e->instance->address);
        hf_table_cell(table, HF_PLAIN, engine(e));
        hf_table_cell(table, HF_PLAIN, writer(e));
    }
    if (table)
        hf_table_render(table, terminal, out);
    else
        out->failed = true;
    hf_table_free(table);
}

/* Strings are not broken: they are there to be copied. */
static void show_string(const struct hf_endpoint *e, const struct hf_terminal *terminal,
                        struct hf_strbuf *out)
{
    enum hf_driver first =
        e->instance->engine.type == HF_ENGINE_MARIADB ? HF_DRIVER_JDBC : HF_DRIVER_LIBPQ;
    hf_strbuf_add(out, "\n");
    hf_terminal_add(terminal, out, HF_BOLD, e->database ? e->database->name : e->instance->name);
    hf_strbuf_addf(out, "%s%s\n  ", e->database ? " of " : ", no database listed",
                   e->database ? e->instance->name : "");
    const char *why = hf_endpoint_string(e, first, out);
    if (why) {
        hf_strbuf_add(out, "no connection string: ");
        hf_terminal_wrap(terminal, out, 24, 4, why);
    } else
        hf_strbuf_add(out, "\n");
}

void hf_endpoint_text(const struct hf_endpoint *list, size_t count,
                      const struct hf_terminal *terminal, struct hf_strbuf *out)
{
    if (count == 0)
        hf_strbuf_add(out, "there is no instance\n");
    show_table(list, count, terminal, out);
    for (size_t i = 0; i < count; i++)
        show_string(&list[i], terminal, out);
}

static json_t *text_or_null(const char *text)
{
    return text[0] ? json_string(text) : json_null();
}

static json_t *string_of(const struct hf_endpoint *e, enum hf_driver driver)
{
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    hf_strbuf_init(&text);
    const char *why = hf_endpoint_string(e, driver, &text);
    return why ? json_null() : hf_strbuf_ok(&text) ? json_string(text.data) : NULL;
}

static json_t *endpoint_json(const struct hf_endpoint *e)
{
    return json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",      //
                     "instance", e->instance->name,                                  //
                     "database", text_or_null(e->database ? e->database->name : ""), //
                     "engine", engine(e),                                            //
                     "host", text_or_null(e->host),                                  //
                     "port", e->port ? json_integer(e->port) : json_null(),          //
                     "network_name", text_or_null(e->instance->network_name),        //
                     "address", text_or_null(e->instance->address),                  //
                     "written_by", text_or_null(writer(e)),                          //
                     "libpq", string_of(e, HF_DRIVER_LIBPQ),                         //
                     "jdbc", string_of(e, HF_DRIVER_JDBC),                           //
                     "odbc", string_of(e, HF_DRIVER_ODBC));
}

void hf_endpoint_json(const struct hf_endpoint *list, size_t count, struct hf_strbuf *out)
{
    json_t *all = json_array();
    bool whole = all != NULL;
    for (size_t i = 0; whole && i < count; i++)
        whole = json_array_append_new(all, endpoint_json(&list[i])) == 0;
    json_t *object = whole ? json_pack("{s:O}", "databases", all) : NULL;
    char *text = object ? json_dumps(object, JSON_INDENT(2)) : NULL;
    if (text)
        hf_strbuf_addf(out, "%s\n", text);
    out->failed |= !text;
    free(text);
    json_decref(object);
    json_decref(all);
}

void hf_endpoint_lines(const struct hf_endpoint *list, size_t count, enum hf_driver driver,
                       struct hf_strbuf *out, struct hf_strbuf *notes)
{
    for (size_t i = 0; i < count; i++) {
        const struct hf_endpoint *e = &list[i];
        const char *why = hf_endpoint_string(e, driver, out);
        if (!why)
            hf_strbuf_add(out, "\n");
        else
            hf_strbuf_addf(notes, "no %s string for %s of instance %s: %s\n",
                           hf_driver_word(driver), e->database ? e->database->name : "the server",
                           e->instance->name, why);
    }
}
