/*
 * codec.h - structures to bytes and back, by tables.
 *
 * A structure is written as fields: tag (1 byte), length (2 bytes, little endian), payload. Numbers
 * are little endian in as many bytes as they need (leading zero bytes are left out; a field that
 * has its "empty" value is left out altogether), texts without their NUL, arrays of structures as
 * one field per element in order. A reader skips tags it does not know; a structure that has an
 * extension field keeps them there and writes them again, so that fields of a newer version survive
 * a pass through an older one. Decoding is total: any bytes give true or false, never anything
 * else. A writer leaves out the fields that are newer than its format, a reader does not know those
 * that are newer than its own (format.h).
 */
#ifndef HF_CORE_CODEC_H
#define HF_CORE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/format.h"

enum hf_field_kind {
    HF_FIELD_U8,
    HF_FIELD_U16,
    HF_FIELD_U32,
    HF_FIELD_U64,
    HF_FIELD_BOOL,
    HF_FIELD_TEXT,   /* char[size], NUL-terminated */
    HF_FIELD_STRUCT, /* described by table; count elements, or as many as *(count field) says */
};

struct hf_table;

struct hf_field {
    uint8_t tag;           /* 1..254, never reused */
    uint8_t kind;          /* enum hf_field_kind */
    uint16_t offset;       /* in the structure */
    uint16_t size;         /* of one element, in memory */
    uint16_t count;        /* elements in memory; 1 for a plain field */
    uint16_t count_offset; /* where the number of used elements stands (uint8_t), or NO_COUNT */
    uint64_t empty;        /* numbers: the value that is left out */
    const struct hf_table *table;
    uint16_t since; /* the format it came with; 0 = the first one */
};

#define HF_NO_COUNT 0xffffu

struct hf_table {
    const struct hf_field *fields;
    uint16_t field_count;
    uint16_t size;           /* of the structure */
    uint16_t ext_offset;     /* uint8_t[HF_EXT_MAX], or HF_NO_COUNT */
    uint16_t ext_len_offset; /* uint16_t */
};

struct hf_writer_buf {
    uint8_t *bytes;
    size_t room;
    size_t length;
    bool overflow;   /* nothing more was written once set */
    uint16_t format; /* newer fields are left out; HF_FORMAT_ALL = none */
};

struct hf_reader_buf {
    const uint8_t *bytes;
    size_t length;
    size_t at;
    bool bad;
    uint16_t format; /* newer fields are not known; HF_FORMAT_ALL = all are */
};

void hf_write_u8(struct hf_writer_buf *out, uint8_t value);
void hf_write_u16(struct hf_writer_buf *out, uint16_t value);
void hf_write_u32(struct hf_writer_buf *out, uint32_t value);
void hf_write_u64(struct hf_writer_buf *out, uint64_t value);
void hf_write_bytes(struct hf_writer_buf *out, const void *bytes, size_t length);

uint8_t hf_read_u8(struct hf_reader_buf *in);
uint16_t hf_read_u16(struct hf_reader_buf *in);
uint32_t hf_read_u32(struct hf_reader_buf *in);
uint64_t hf_read_u64(struct hf_reader_buf *in);
/* NULL (and in->bad) when fewer are left. */
const uint8_t *hf_read_bytes(struct hf_reader_buf *in, size_t length);

/* Writes all fields of a structure. */
void hf_encode(struct hf_writer_buf *out, const struct hf_table *table, const void *structure);

/* Sets the structure to its empty values, then reads fields until the end of in. */
bool hf_decode(struct hf_reader_buf *in, const struct hf_table *table, void *structure);

/* Every field at its empty value, the rest zero, elements of arrays included. */
void hf_table_clear(const struct hf_table *table, void *structure);

/* The oldest format in which all of a structure can be said. */
uint16_t hf_table_needs(const struct hf_table *table, const void *structure);

/* Every field that is newer than the format becomes empty. */
void hf_table_limit(const struct hf_table *table, void *structure, uint16_t format);

/* 64-bit FNV-1a, the hash of bytes; seed lets equal bytes at different places differ. */
uint64_t hf_hash(uint64_t seed, const void *bytes, size_t length);

/* CRC-32C (Castagnoli, as in iSCSI, RFC 3720 appendix B.4) of a message. */
uint32_t hf_crc32c(const void *bytes, size_t length);

#endif
