/*
 * setup.h - the steps that `holdfast init` and `holdfast join` share.
 *
 * Each step returns 0 or a negative errno with error set for a person. The files are written as
 * one thing: hf_setup_files_undo puts back what was there before.
 */
#ifndef HF_CLI_SETUP_H
#define HF_CLI_SETUP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "daemon/join_token.h"
#include "daemon/node_file.h"

struct hf_setup_options {
    const char *cluster;
    const char *node;
    const char *public_address;
    const char *private_address;
    const char *public_subnet; /* "": from the interface's prefix */
    const char *private_subnet;
    const char *token_file; /* "": standard input or the terminal */
    unsigned timeout_s;
    bool force;
};

/* setup_options.c: reads the options of the verb argv[0] ("init" or "join"). 0, or -EINVAL. */
int hf_setup_options_read(int argc, char **argv, struct hf_setup_options *ret,
                          struct hf_error *error);

/* setup_token.c: from a file, a pipe, or a terminal without showing it. Never from argv. */
int hf_setup_token_read(const char *token_file, struct hf_join_token *ret, struct hf_error *error);

/* setup_check.c: root; programs installed; addresses of this node, in two subnets; no other
 * cluster's files (unless force). Finds the subnets when they are not stated. */
struct hf_setup_subnets {
    char public_subnet[64];
    char private_subnet[64];
};
int hf_setup_check(const struct hf_setup_options *options, struct hf_setup_subnets *ret,
                   struct hf_error *error);

/* setup_files.c */
#define HF_SETUP_FILES 3u
struct hf_setup_file {
    const char *path;
    bool written;
    bool existed;
    struct hf_strbuf before;
    unsigned mode_before;
};
struct hf_setup_files {
    struct hf_setup_file file[HF_SETUP_FILES];
};
/* On failure everything is as before. Release in every case. */
int hf_setup_files_write(struct hf_setup_files *files, const char *corosync_conf,
                         const uint8_t *key, size_t key_length, const struct hf_node_file *node,
                         struct hf_error *error);
void hf_setup_files_undo(struct hf_setup_files *files);
void hf_setup_files_release(struct hf_setup_files *files);

/* setup_services.c: corosync and holdfastd, by systemctl, without a shell. */
int hf_setup_services_start(struct hf_error *error);
void hf_setup_services_stop(void);
/* "3.1.7"; for the cluster, which may refuse a version. */
int hf_setup_corosync_version(char *ret, size_t room, struct hf_error *error);

/* setup_wait.c: asks until this node's daemon says that it is a synced member. */
typedef int (*hf_setup_call_fn)(const json_t *request, json_t **ret_reply, struct hf_error *error);
int hf_setup_wait_up(hf_setup_call_fn call, const char *node, unsigned timeout_s,
                     struct hf_error *error);

#endif
