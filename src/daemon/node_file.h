/*
 * node_file.h - /etc/holdfast/node: who this node is.
 *
 *     id: 1
 *     name: db1
 *     cluster: bts-prod
 *
 * Written by `holdfast init` and `holdfast join`, read by holdfastd at its start. Empty lines and
 * lines that begin with # are left alone.
 */
#ifndef HF_DAEMON_NODE_FILE_H
#define HF_DAEMON_NODE_FILE_H

#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"

#define HF_NODE_FILE_PATH "/etc/holdfast/node"
#define HF_NODE_FILE_NAME_MAX 64u

struct hf_node_file {
    uint32_t id; /* corosync's node id, 1 to 64 */
    char name[HF_NODE_FILE_NAME_MAX];
    char cluster[HF_NODE_FILE_NAME_MAX];
    char public_address[HF_NODE_FILE_NAME_MAX]; /* "" = not stated */
    char private_address[HF_NODE_FILE_NAME_MAX];
};

/* Appends the file's text. */
void hf_node_file_render(const struct hf_node_file *node, struct hf_strbuf *out);

/* Returns 0, or -EINVAL with error "path:line: ...". */
int hf_node_file_parse(const char *path, const char *text, struct hf_node_file *ret,
                       struct hf_error *error);

/* Returns 0, -ENOENT when there is none (this node was not set up), or another negative errno;
 * error is set in every failure. */
int hf_node_file_read(const char *path, struct hf_node_file *ret, struct hf_error *error);

#endif
