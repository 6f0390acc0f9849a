/* Numbers with units, words of a list, true and false. */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "config/kind.h"
#include "config/text.h"
#include "config/unit.h"

static void store(const struct hf_key *key, void *entity, uint64_t value)
{
    void *field = hf_kind_field(key, entity);
    if (key->size == 1)
        *(uint8_t *)field = (uint8_t)value;
    else if (key->size == 2)
        *(uint16_t *)field = (uint16_t)value;
    else if (key->size == 4)
        *(uint32_t *)field = (uint32_t)value;
    else
        *(uint64_t *)field = value;
}

static uint64_t load(const struct hf_key *key, const void *entity)
{
    const void *field = hf_kind_const_field(key, entity);
    if (key->size == 1)
        return *(const uint8_t *)field;
    if (key->size == 2)
        return *(const uint16_t *)field;
    if (key->size == 4)
        return *(const uint32_t *)field;
    HF_ASSERT(key->size == 8);
    return *(const uint64_t *)field;
}

static void range_fault(struct hf_reader *r, const struct hf_key *key, const struct hf_yaml *yaml)
{
    struct hf_strbuf HF_STRBUF_CLEANUP range;
    hf_strbuf_init(&range);
    hf_unit_format(key->kind, (uint64_t)key->min, &range);
    hf_strbuf_add(&range, " to ");
    hf_unit_format(key->kind, (uint64_t)key->max, &range);
    hf_fault(r, yaml, "%s %.60s is out of range.\n  It may be %s.", r->path, yaml->text,
             range.data);
}

static void read_number(struct hf_reader *r, const struct hf_key *key, const struct hf_yaml *yaml,
                        void *entity)
{
    const char *text = hf_read_scalar(r, yaml);
    uint64_t value;
    if (!text)
        return;
    if (!hf_unit_parse(key->kind, text, &value))
        hf_fault(r, yaml, "%s \"%.60s\" is not %s.\n  Write it like `%s: %s`.", r->path, text,
                 hf_unit_text(key->kind), key->name, key->example);
    else if (value < (uint64_t)key->min || value > (uint64_t)key->max)
        range_fault(r, key, yaml);
    else
        store(key, entity, value);
}

static void format_number(const struct hf_spec *spec, const struct hf_key *key, const void *entity,
                          struct hf_strbuf *out)
{
    (void)spec;
    uint64_t value = load(key, entity);
    if (value >= (uint64_t)key->min)
        hf_unit_format(key->kind, value, out);
}

static void read_priority(struct hf_reader *r, const struct hf_key *key, const struct hf_yaml *yaml,
                          void *entity)
{
    struct hf_instance_spec *instance = entity;
    const char *text = hf_read_scalar(r, yaml);
    uint64_t value;
    if (!text)
        return;
    bool negative = text[0] == '-';
    if (!hf_unit_parse(HF_KIND_NUMBER, text + negative, &value) || value > (uint64_t)key->max) {
        hf_fault(r, yaml,
                 "%s \"%.60s\" is not a whole number from %lld to %lld.\n"
                 "  Higher goes first; instances with runtime databases have 20.",
                 r->path, text, (long long)key->min, (long long)key->max);
        return;
    }
    instance->priority = negative ? -(int32_t)value : (int32_t)value;
    instance->priority_stated = true;
}

static void format_priority(const struct hf_spec *spec, const struct hf_key *key,
                            const void *entity, struct hf_strbuf *out)
{
    (void)spec;
    (void)key;
    const struct hf_instance_spec *instance = entity;
    if (instance->priority_stated)
        hf_strbuf_addf(out, "%d", instance->priority);
}

static void read_switch(struct hf_reader *r, const struct hf_key *key, const struct hf_yaml *yaml,
                        void *entity)
{
    const char *text = hf_read_scalar(r, yaml);
    if (!text)
        return;
    if (strcmp(text, "true") == 0)
        store(key, entity, 1);
    else if (strcmp(text, "false") == 0)
        store(key, entity, 0);
    else
        hf_fault(r, yaml, "%s \"%.60s\" is neither true nor false.\n  Write one of the two.",
                 r->path, text);
}

static void format_switch(const struct hf_spec *spec, const struct hf_key *key, const void *entity,
                          struct hf_strbuf *out)
{
    (void)spec;
    hf_strbuf_add(out, load(key, entity) ? "true" : "false");
}

static void choice_fault(struct hf_reader *r, const struct hf_key *key, const struct hf_yaml *yaml)
{
    struct hf_strbuf HF_STRBUF_CLEANUP known;
    hf_strbuf_init(&known);
    for (unsigned i = 0; key->choices[i]; i++)
        hf_strbuf_addf(&known, "%s%s", i ? ", " : "", key->choices[i]);
    hf_fault(r, yaml, "%s \"%.60s\" is not known.\n  It may be one of: %s.", r->path, yaml->text,
             known.data);
}

static void read_choice(struct hf_reader *r, const struct hf_key *key, const struct hf_yaml *yaml,
                        void *entity)
{
    const char *text = hf_read_scalar(r, yaml);
    if (!text)
        return;
    for (unsigned i = 0; key->choices[i]; i++)
        if (strcmp(key->choices[i], text) == 0) {
            store(key, entity, i);
            return;
        }
    choice_fault(r, key, yaml);
}

static void format_choice(const struct hf_spec *spec, const struct hf_key *key, const void *entity,
                          struct hf_strbuf *out)
{
    (void)spec;
    uint64_t choice = load(key, entity);
    for (unsigned i = 0; key->choices[i]; i++)
        if (i == choice)
            hf_strbuf_add(out, key->choices[i]);
}

const struct hf_kind_row hf_kind_numbers[] = {
    {HF_KIND_NUMBER, read_number, format_number, "number"},
    {HF_KIND_DURATION, read_number, format_number, "duration"},
    {HF_KIND_CPU, read_number, format_number, "cores"},
    {HF_KIND_SIZE, read_number, format_number, "size"},
    {HF_KIND_NETWORK, read_number, format_number, "bandwidth"},
    {HF_KIND_RATE, read_number, format_number, "rate"},
    {HF_KIND_PRIORITY, read_priority, format_priority, "number"},
    {HF_KIND_SWITCH, read_switch, format_switch, "true or false"},
    {HF_KIND_CHOICE, read_choice, format_choice, "one of"},
    {0},
};
