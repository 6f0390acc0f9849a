/*
 * tables.h - the field tables of everything that travels or is written to disk.
 *
 * A tag is never reused: a field that goes away leaves its number unused. docs/PROTOCOL.md lists
 * them.
 */
#ifndef HF_CORE_TABLES_H
#define HF_CORE_TABLES_H

#include "core/codec.h"

extern const struct hf_table hf_table_reason;
extern const struct hf_table hf_table_cluster_spec;
extern const struct hf_table hf_table_node_spec;
extern const struct hf_table hf_table_instance_spec;
extern const struct hf_table hf_table_node_state;
extern const struct hf_table hf_table_instance_state;
extern const struct hf_table hf_table_change;
extern const struct hf_table hf_table_history;

/* Shorthand for the rows; T is the structure, m the member. */
#define HF_ROW_SINCE(format_, T, tag_, kind_, m, size_, empty_)                                    \
    {                                                                                              \
        .tag = (tag_), .kind = (kind_), .offset = (uint16_t)offsetof(T, m),                        \
        .size = (uint16_t)(size_), .count = 1, .count_offset = HF_NO_COUNT, .empty = (empty_),     \
        .since = (format_)                                                                         \
    }
#define HF_ROW(T, tag, kind, m, size, empty)                                                       \
    HF_ROW_SINCE(HF_FORMAT_FIRST, T, tag, kind, m, size, empty)
#define HF_U8(T, tag, m) HF_ROW(T, tag, HF_FIELD_U8, m, 1, 0)
#define HF_NODE(T, tag, m) HF_ROW(T, tag, HF_FIELD_U8, m, 1, HF_NODE_NONE)
#define HF_U16(T, tag, m) HF_ROW(T, tag, HF_FIELD_U16, m, 2, 0)
#define HF_INSTANCE(T, tag, m) HF_ROW(T, tag, HF_FIELD_U16, m, 2, HF_INSTANCE_NONE)
#define HF_U32(T, tag, m) HF_ROW(T, tag, HF_FIELD_U32, m, 4, 0)
#define HF_U64(T, tag, m) HF_ROW(T, tag, HF_FIELD_U64, m, 8, 0)
#define HF_BOOL(T, tag, m) HF_ROW(T, tag, HF_FIELD_BOOL, m, 1, 0)
#define HF_TEXT(T, tag, m) HF_ROW(T, tag, HF_FIELD_TEXT, m, sizeof(((T *)0)->m), 0)
/* The same of fields that came with a later format. */
#define HF_U32_SINCE(format, T, tag, m) HF_ROW_SINCE(format, T, tag, HF_FIELD_U32, m, 4, 0)
#define HF_TEXT_SINCE(format, T, tag, m)                                                           \
    HF_ROW_SINCE(format, T, tag, HF_FIELD_TEXT, m, sizeof(((T *)0)->m), 0)
#define HF_ARRAY_(T, tag_, kind_, m, count_offset_, table_)                                        \
    {                                                                                              \
        .tag = (tag_), .kind = (kind_), .offset = (uint16_t)offsetof(T, m),                        \
        .size = (uint16_t)sizeof(((T *)0)->m[0]),                                                  \
        .count = (uint16_t)(sizeof(((T *)0)->m) / sizeof(((T *)0)->m[0])),                         \
        .count_offset = (count_offset_), .table = (table_)                                         \
    }
/* Fixed arrays, and arrays whose used length stands in a uint8_t member n. */
#define HF_FIXED(T, tag, kind, m) HF_ARRAY_(T, tag, kind, m, HF_NO_COUNT, NULL)
#define HF_LIST(T, tag, kind, m, n) HF_ARRAY_(T, tag, kind, m, (uint16_t)offsetof(T, n), NULL)
#define HF_STRUCTS(T, tag, m, n, table)                                                            \
    HF_ARRAY_(T, tag, HF_FIELD_STRUCT, m, (uint16_t)offsetof(T, n), table)
#define HF_STRUCT(T, tag_, m, table_)                                                              \
    {                                                                                              \
        .tag = (tag_), .kind = HF_FIELD_STRUCT, .offset = (uint16_t)offsetof(T, m),                \
        .size = (uint16_t)sizeof(((T *)0)->m), .count = 1, .count_offset = HF_NO_COUNT,            \
        .table = (table_)                                                                          \
    }
#define HF_TABLE(name_, T, rows_)                                                                  \
    const struct hf_table name_ = {.fields = (rows_),                                              \
                                   .field_count = sizeof(rows_) / sizeof((rows_)[0]),              \
                                   .size = (uint16_t)sizeof(T),                                    \
                                   .ext_offset = HF_NO_COUNT,                                      \
                                   .ext_len_offset = HF_NO_COUNT}
#define HF_TABLE_EXT(name_, T, rows_)                                                              \
    const struct hf_table name_ = {.fields = (rows_),                                              \
                                   .field_count = sizeof(rows_) / sizeof((rows_)[0]),              \
                                   .size = (uint16_t)sizeof(T),                                    \
                                   .ext_offset = (uint16_t)offsetof(T, ext),                       \
                                   .ext_len_offset = (uint16_t)offsetof(T, ext_len)}

#endif
