/*
 * kind.h - the kinds of values: how each is read, and written as YAML.
 */
#ifndef HF_CONFIG_KIND_H
#define HF_CONFIG_KIND_H

#include "config/reader.h"

/* Reads the value into the key's field of the entity, or adds an error. r->path names the key. */
void hf_kind_read(struct hf_reader *r, const struct hf_key *key, const struct hf_yaml *yaml,
                  void *entity);

/* Appends the value as YAML in one line; nothing when it is not stated. Not for maps of entities.
 */
void hf_kind_format(const struct hf_spec *spec, const struct hf_key *key, const void *entity,
                    struct hf_strbuf *out);

/* Appends what a value looks like, for the reference: "duration, 1s to 1h". */
void hf_kind_describe(const struct hf_key *key, struct hf_strbuf *out);

/* A map of keys as {a: 1, b: 2}, without what equals the defaults; nothing when nothing is left. */
void hf_format_map(const struct hf_spec *spec, const struct hf_key *keys, const void *entity,
                   const void *defaults, unsigned engine_bit, struct hf_strbuf *out);

/* Rows of the table in kind.c. */
struct hf_kind_row {
    enum hf_kind kind;
    void (*read)(struct hf_reader *r, const struct hf_key *key, const struct hf_yaml *yaml,
                 void *entity);
    void (*format)(const struct hf_spec *spec, const struct hf_key *key, const void *entity,
                   struct hf_strbuf *out);
    const char *text; /* "absolute path" */
};

/* kind_text.c, kind_number.c, kind_names.c, kind_special.c; each ends with a row without text. */
extern const struct hf_kind_row hf_kind_texts[];
extern const struct hf_kind_row hf_kind_numbers[];
extern const struct hf_kind_row hf_kind_names[];
extern const struct hf_kind_row hf_kind_specials[];

static inline void *hf_kind_field(const struct hf_key *key, void *entity)
{
    return (char *)entity + key->offset;
}

static inline const void *hf_kind_const_field(const struct hf_key *key, const void *entity)
{
    return (const char *)entity + key->offset;
}

/* Copies text into a field of size bytes that is zero; false and an error when it is too long. */
bool hf_kind_copy(struct hf_reader *r, const struct hf_yaml *yaml, const char *text, char *field,
                  size_t size);

#endif
