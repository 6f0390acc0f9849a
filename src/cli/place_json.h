#ifndef HF_CLI_PLACE_JSON_H
#define HF_CLI_PLACE_JSON_H

#include <stdio.h>

#include "core/place.h"

/*
 * Placement problems as JSON. Unknown fields are ignored; `null` stands for "none" (and, in
 * `owners`, for every node). Beyond the fields of the format: a node may have "passive": true, an
 * instance "together_with": "GROUP" and "degraded": [...] (its demand while it shares a node).
 */

#define HF_PLACE_NAME_MAX 256

struct hf_place_names {
    char name[HF_PLACE_NAME_MAX];
    char resource[HF_PLACE_RESOURCES_MAX][HF_PLACE_NAME_MAX];
    char node[HF_PLACE_NODES_MAX][HF_PLACE_NAME_MAX];
    char instance[HF_PLACE_INSTANCES_MAX][HF_PLACE_NAME_MAX];
};

/* A problem as it was read. Heap; about 500 KiB. */
struct hf_place_file {
    struct hf_place_problem problem;
    struct hf_place_names names;
};

struct hf_place_file *hf_place_file_new(void);
void hf_place_file_free(struct hf_place_file *file);

/*
 * Reads a problem. 0: read; 1: the file is unreadable or no valid problem, and `message` says in
 * one sentence where, what is wrong and what to do.
 */
int hf_place_file_read(struct hf_place_file *file, const char *path, char *message,
                       size_t message_size);

/* The same, of a text; path is what messages call it. */
int hf_place_file_parse(struct hf_place_file *file, const char *path, const char *text,
                        size_t length, char *message, size_t message_size);

/* Writes a problem in the same format. 0, or a negative errno. */
int hf_place_file_write(const struct hf_place_file *file, FILE *out);

/* Writes {"placement": ..., "status": ..., "values": [...]}. 0, or a negative errno. */
int hf_place_result_write(const struct hf_place_file *file, const struct hf_place_result *result,
                          FILE *out);

#endif
