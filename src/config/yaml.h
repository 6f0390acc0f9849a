/*
 * yaml.h - a YAML text as a tree that knows where each value stands.
 *
 * One document, without anchors, aliases and tags, bounded in depth and size; scalars are printable
 * text of one line. The document owns its nodes; hf_yaml_free takes NULL.
 */
#ifndef HF_CONFIG_YAML_H
#define HF_CONFIG_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

enum hf_yaml_type { HF_YAML_SCALAR, HF_YAML_MAP, HF_YAML_LIST };

struct hf_yaml {
    enum hf_yaml_type type;
    bool plain;                /* scalar: written without quotes */
    unsigned line;             /* 1.. */
    unsigned column;           /* 1.., in characters */
    unsigned count;            /* map, list: children */
    const char *text;          /* scalar; "" else */
    const struct hf_yaml *key; /* child of a map */
    struct hf_yaml *first;     /* map, list: children */
    struct hf_yaml *last;
    struct hf_yaml *next;
};

struct hf_yaml_document;

/* 0, HF_CONFIG_INVALID (errors say why; no document) or -ENOMEM. */
int hf_yaml_load(const char *file_name, const char *text, size_t length,
                 struct hf_config_errors *errors, struct hf_yaml_document **ret_document);
void hf_yaml_free(struct hf_yaml_document *document);
const struct hf_yaml *hf_yaml_root(const struct hf_yaml_document *document);

/* Lookups that take NULL and the wrong type, and then find nothing. */
const struct hf_yaml *hf_yaml_get(const struct hf_yaml *map, const char *key);
const struct hf_yaml *hf_yaml_nth(const struct hf_yaml *list, unsigned index);
const struct hf_yaml *hf_yaml_item(const struct hf_yaml *list, const char *text);

/* A value that is not there: "key:" with nothing, ~ or null. */
bool hf_yaml_is_null(const struct hf_yaml *yaml);

#endif
