/*
 * join_wire.h - what joiner and cluster tell each other, as JSON texts.
 *
 *     joiner  -> cluster  {"v":1,"name":..,"public":..,"private":..,"corosync":..,"holdfast":..}
 *     cluster -> joiner   {"v":1,"ok":true,"id":..,"cluster":..,"conf":..,"key":hex,"nodes":[..]}
 *                      or {"v":1,"ok":false,"error":..}
 *     joiner  -> cluster  {"v":1,"done":true}   the files are on its disk
 *
 * Decoding is total and bounded; unknown keys are left alone.
 */
#ifndef HF_DAEMON_JOIN_WIRE_H
#define HF_DAEMON_JOIN_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"

#define HF_JOIN_FRAME_MAX 262144u /* bytes of one text */
#define HF_JOIN_KEY_BYTES 256u
#define HF_JOIN_NODES_MAX 64u
#define HF_JOIN_NAME_MAX 64u
#define HF_JOIN_TEXT_MAX 48u

struct hf_join_request {
    char name[HF_JOIN_NAME_MAX];
    char public_address[HF_JOIN_TEXT_MAX];
    char private_address[HF_JOIN_TEXT_MAX];
    char corosync_version[HF_JOIN_TEXT_MAX];
    char holdfast_version[HF_JOIN_TEXT_MAX];
};

struct hf_join_node {
    uint32_t id;
    char name[HF_JOIN_NAME_MAX];
    char public_address[HF_JOIN_TEXT_MAX];
    char private_address[HF_JOIN_TEXT_MAX];
};

struct hf_join_bundle {
    uint32_t node_id; /* the joiner's, 1 to 64 */
    char cluster[HF_JOIN_NAME_MAX];
    char *corosync_conf; /* hf_join_bundle_release frees it */
    uint8_t authkey[HF_JOIN_KEY_BYTES];
    unsigned node_count; /* the cluster's nodes, the joiner included */
    struct hf_join_node nodes[HF_JOIN_NODES_MAX];
};

/* Frees and wipes; an all-zero bundle is fine. */
void hf_join_bundle_release(struct hf_join_bundle *bundle);

void hf_join_request_encode(const struct hf_join_request *request, struct hf_strbuf *out);
int hf_join_request_decode(const char *text, size_t length, struct hf_join_request *ret,
                           struct hf_error *error);

void hf_join_bundle_encode(const struct hf_join_bundle *bundle, struct hf_strbuf *out);
void hf_join_refusal_encode(const char *why, struct hf_strbuf *out);

/* Returns 0, -EACCES (refused; error has the cluster's words) or -EBADMSG. */
int hf_join_answer_decode(const char *text, size_t length, struct hf_join_bundle *ret,
                          struct hf_error *error);

void hf_join_done_encode(struct hf_strbuf *out);
bool hf_join_done_decode(const char *text, size_t length);

#endif
