/*
 * reader.h - what reading a file carries along: where we are, what was found, what was wrong.
 */
#ifndef HF_CONFIG_READER_H
#define HF_CONFIG_READER_H

#include "config/schema.h"
#include "config/yaml.h"

#define HF_READER_PATH_MAX 192

struct hf_reader {
    const char *file_name;
    struct hf_config_errors *errors;
    struct hf_spec *spec;          /* being filled */
    const struct hf_spec *current; /* NULL = none */
    unsigned engine_bit;           /* of the instance that is read; HF_ENGINE_ALL = unknown */
    char where[HF_NAME_MAX + 16];  /* "instance main", "" = the cluster */
    char path[HF_READER_PATH_MAX]; /* "health.timeout" */
    bool failed;                   /* no memory */
    const struct hf_yaml *root;
    const struct hf_yaml *nodes[HF_NODES_MAX]; /* where each slot stands, NULL = free */
    const struct hf_yaml *instances[HF_INSTANCES_MAX];
};

/* Adds an error at yaml, about r->where. The text is "what is wrong\n  what to do". */
__attribute__((format(printf, 3, 4))) void hf_fault(struct hf_reader *r, const struct hf_yaml *yaml,
                                                    const char *format, ...);

/* Says what the following errors are about: ("instance", "main"), ("", "") for the cluster. */
void hf_reader_enter(struct hf_reader *r, const char *what, const char *name);

/* The text of a single value; NULL (and an error) for a map, a list or nothing. */
const char *hf_read_scalar(struct hf_reader *r, const struct hf_yaml *yaml);

/* True for a list with at most max entries; else false and an error. */
bool hf_read_is_list(struct hf_reader *r, const struct hf_yaml *yaml, int64_t max);

/* Reads a map by its table into an entity. */
void hf_read_map(struct hf_reader *r, const struct hf_key *keys, const struct hf_yaml *yaml,
                 void *entity);

/* Reads the whole tree: names first, so that references find their slots, then the bodies. */
void hf_read_spec(struct hf_reader *r);

/* Gives each name under nodes and instances its slot. */
void hf_read_names(struct hf_reader *r);

#endif
