/*
 * Endpoints as assignments for a shell: eval "$(holdfast databases --env)".
 *
 * HOLDFAST_INSTANCE__DATABASE_HOST and so on, in upper case, with an underscore for what a variable
 * cannot have in its name. Where two databases would share their variables, each of them gets a
 * number of its own name behind them: a variable never means another database than it did before,
 * whatever is added to the file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/endpoint_show.h"

#define STEM_MAX (sizeof("HOLDFAST_") + 2 * HF_NAME_MAX + 20)

struct stem {
    char text[STEM_MAX];
    bool shared;
};

static void add_name(char *to, const char *name)
{
    size_t length = strlen(to);
    for (; *name; name++) {
        char c = *name;
        bool digit = c >= '0' && c <= '9';
        bool upper = c >= 'A' && c <= 'Z';
        bool lower = c >= 'a' && c <= 'z';
        to[length++] = digit || upper ? c : '_';
        if (lower)
            to[length - 1] = (char)(c - 'a' + 'A');
    }
    to[length] = '\0';
}

static void make_stem(const struct hf_endpoint *e, struct stem *stem)
{
    (void)snprintf(stem->text, sizeof(stem->text), "HOLDFAST_");
    add_name(stem->text, e->instance->name);
    if (e->database) {
        add_name(stem->text, "__");
        add_name(stem->text, e->database->name);
    }
}

static bool same_endpoint(const struct hf_endpoint *a, const struct hf_endpoint *b)
{
    return a->instance == b->instance && !a->database == !b->database &&
           (!a->database || strcmp(a->database->name, b->database->name) == 0);
}

/* 64-bit FNV-1a of the exact names. */
static unsigned long long number_of(const struct hf_endpoint *e)
{
    const char *parts[] = {e->instance->name, e->database ? e->database->name : ""};
    unsigned long long hash = 0xcbf29ce484222325u;
    for (size_t p = 0; p < 2; p++)
        for (const char *c = parts[p];; c++) { /* its NUL too, which keeps the two apart */
            hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
            if (!*c)
                break;
        }
    return hash;
}

static void tell_apart(const struct hf_endpoint *list, struct stem *stems, size_t count)
{
    for (size_t a = 0; a < count; a++)
        for (size_t b = a + 1; b < count; b++)
            if (!same_endpoint(&list[a], &list[b]) && strcmp(stems[a].text, stems[b].text) == 0)
                stems[a].shared = stems[b].shared = true;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(stems[i].text);
        if (stems[i].shared)
            (void)snprintf(stems[i].text + length, STEM_MAX - length, "_%016llX",
                           number_of(&list[i]));
    }
}

/* In single quotes a shell takes everything as it stands, but for a single quote. */
static void add_assignment(struct hf_strbuf *out, const char *stem, const char *field,
                           const char *value)
{
    if (!value[0])
        return;
    hf_strbuf_addf(out, "%s_%s='", stem, field);
    for (; *value; value++)
        hf_strbuf_add_bytes(out, *value == '\'' ? "'\\''" : value, *value == '\'' ? 4 : 1);
    hf_strbuf_add(out, "'\n");
}

static void add_endpoint(const struct hf_endpoint *e, const char *stem, struct hf_strbuf *out)
{
    static const char *const fields[HF_DRIVERS] = {"LIBPQ", "JDBC", "ODBC"};
    char port[8] = "";
    if (e->port)
        (void)snprintf(port, sizeof(port), "%u", e->port);
    add_assignment(out, stem, "HOST", e->host);
    add_assignment(out, stem, "PORT", port);
    add_assignment(out, stem, "NAME", e->database ? e->database->name : "");
    for (int d = 0; d < HF_DRIVERS; d++) {
        struct hf_strbuf HF_STRBUF_CLEANUP text;
        hf_strbuf_init(&text);
        (void)hf_endpoint_string(e, (enum hf_driver)d, &text);
        add_assignment(out, stem, fields[d], text.data);
        out->failed |= !hf_strbuf_ok(&text);
    }
}

void hf_endpoint_env(const struct hf_endpoint *list, size_t count, struct hf_strbuf *out,
                     struct hf_strbuf *notes)
{
    struct stem *stems = calloc(count ? count : 1, sizeof(*stems));
    if (!stems) {
        out->failed = true;
        return;
    }
    for (size_t i = 0; i < count; i++)
        make_stem(&list[i], &stems[i]);
    tell_apart(list, stems, count);
    for (size_t i = 0; i < count; i++) {
        add_endpoint(&list[i], stems[i].text, out);
        if (stems[i].shared)
            hf_strbuf_addf(notes,
                           "%s of %s: its variables are %s_..., because another name differs from "
                           "its name only in what a variable cannot have\n",
                           list[i].database ? list[i].database->name : "the server",
                           list[i].instance->name, stems[i].text);
    }
    free(stems);
}
