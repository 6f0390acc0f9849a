#include "config/kind.h"

#include <string.h>

#include "base/assert.h"
#include "config/text.h"
#include "config/unit.h"

static void read_list(struct hf_reader *r, const struct hf_key *key, const struct hf_yaml *yaml,
                      void *entity)
{
    char *items = hf_kind_field(key, entity);
    uint8_t *count = (uint8_t *)entity + key->count_offset;
    if (!hf_read_is_list(r, yaml, key->max))
        return;
    for (const struct hf_yaml *item = yaml->first; item; item = item->next)
        hf_read_map(r, key->keys, item, items + key->stride * (*count)++);
}

static void format_list(const struct hf_spec *spec, const struct hf_key *key, const void *entity,
                        struct hf_strbuf *out)
{
    static const _Alignas(max_align_t) unsigned char zero[sizeof(struct hf_disk_spec) +
                                                          sizeof(struct hf_database_spec) +
                                                          sizeof(struct hf_check_spec)];
    const char *items = hf_kind_const_field(key, entity);
    unsigned count = *((const uint8_t *)entity + key->count_offset);
    HF_ASSERT(key->stride <= sizeof(zero));
    for (unsigned i = 0; i < count; i++) {
        hf_strbuf_add(out, i == 0 ? "[" : ", ");
        hf_format_map(spec, key->keys, items + i * key->stride, zero, 0, out);
    }
    if (count > 0)
        hf_strbuf_add(out, "]");
}

static void read_nested(struct hf_reader *r, const struct hf_key *key, const struct hf_yaml *yaml,
                        void *entity)
{
    hf_read_map(r, key->keys, yaml, entity);
}

static const struct hf_kind_row nested[] = {
    {HF_KIND_MAP, read_nested, NULL, "map"},
    {HF_KIND_LIST, read_list, format_list, "list of maps"},
    {HF_KIND_NODES, NULL, NULL, "map of nodes"},
    {HF_KIND_INSTANCES, NULL, NULL, "map of instances"},
    {0},
};

static const struct hf_kind_row *find(enum hf_kind kind)
{
    static const struct hf_kind_row *const tables[] = {hf_kind_texts, hf_kind_numbers,
                                                       hf_kind_names, hf_kind_specials, nested};
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        for (const struct hf_kind_row *row = tables[i]; row->text; row++)
            if (row->kind == kind)
                return row;
    hf_assert_fail("a kind without a row", __FILE__, __LINE__);
}

/* Nodes and instances have been named already; read.c reads their bodies. */
void hf_kind_read(struct hf_reader *r, const struct hf_key *key, const struct hf_yaml *yaml,
                  void *entity)
{
    const struct hf_kind_row *row = find(key->kind);
    if (row->read)
        row->read(r, key, yaml, entity);
}

void hf_kind_format(const struct hf_spec *spec, const struct hf_key *key, const void *entity,
                    struct hf_strbuf *out)
{
    const struct hf_kind_row *row = find(key->kind);
    HF_ASSERT(row->format);
    row->format(spec, key, entity, out);
}

void hf_kind_describe(const struct hf_key *key, struct hf_strbuf *out)
{
    hf_strbuf_add(out, find(key->kind)->text);
    if (key->kind == HF_KIND_PRIORITY)
        hf_strbuf_addf(out, ", %lld to %lld", (long long)key->min, (long long)key->max);
    else if (hf_unit_is_number(key->kind)) {
        hf_strbuf_add(out, ", ");
        hf_unit_format(key->kind, (uint64_t)key->min, out);
        hf_strbuf_add(out, " to ");
        hf_unit_format(key->kind, (uint64_t)key->max, out);
    } else if (key->kind == HF_KIND_LIST || key->kind == HF_KIND_RELATION)
        hf_strbuf_addf(out, ", at most %lld", (long long)key->max);
    for (unsigned i = 0; key->choices && key->choices[i]; i++)
        hf_strbuf_addf(out, "%s%s", i ? ", " : " ", key->choices[i]);
}

static void cut(struct hf_strbuf *out, size_t length)
{
    if (out->length > length) {
        out->length = length;
        out->data[length] = '\0';
    }
}

/* Appends the value of a key, unless it is what the defaults have. */
static void format_stated(const struct hf_spec *spec, const struct hf_key *key, const void *entity,
                          const void *defaults, unsigned engine_bit, struct hf_strbuf *out)
{
    if (key->kind == HF_KIND_MAP) {
        hf_format_map(spec, key->keys, entity, defaults, engine_bit, out);
        return;
    }
    struct hf_strbuf HF_STRBUF_CLEANUP usual;
    size_t length = out->length;
    hf_strbuf_init(&usual);
    hf_kind_format(spec, key, entity, out);
    hf_kind_format(spec, key, defaults, &usual);
    if (!hf_strbuf_ok(&usual))
        out->failed = true;
    else if (!key->required && hf_strbuf_ok(out) && strcmp(out->data + length, usual.data) == 0)
        cut(out, length);
}

void hf_format_map(const struct hf_spec *spec, const struct hf_key *keys, const void *entity,
                   const void *defaults, unsigned engine_bit, struct hf_strbuf *out)
{
    const char *separator = "{";
    for (const struct hf_key *key = keys; key->name; key++) {
        if (!hf_key_applies(key, engine_bit))
            continue;
        size_t start = out->length;
        hf_strbuf_addf(out, "%s%s: ", separator, key->name);
        size_t value = out->length;
        format_stated(spec, key, entity, defaults, engine_bit, out);
        if (out->length == value)
            cut(out, start);
        else
            separator = ", ";
    }
    if (separator[0] == ',')
        hf_strbuf_add(out, "}");
}
