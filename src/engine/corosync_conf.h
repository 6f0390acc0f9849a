/*
 * corosync_conf.h - the text of corosync.conf, from a plain struct. Pure.
 *
 * Two knet links a node: ring 0 on the private network, ring 1 on the public one. Every packet
 * goes over both (link_mode active), so that the loss of one network costs no switch-over.
 * Everything encrypted and authenticated with the cluster's key (HF_COROSYNC_KEY_PATH). Each node
 * has one vote once it has been a member.
 */
#ifndef HF_ENGINE_COROSYNC_CONF_H
#define HF_ENGINE_COROSYNC_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"

#define HF_COROSYNC_CONF_PATH "/etc/corosync/corosync.conf"
#define HF_COROSYNC_KEY_PATH "/etc/corosync/authkey"
#define HF_COROSYNC_KEY_BYTES 256u
#define HF_COROSYNC_NODES_MAX 64u

/* The token; shorter ones flap under load, a longer one delays every failover by 2.05 times it. */
#define HF_COROSYNC_TOKEN_MS 500u
#define HF_COROSYNC_TOKEN_MS_MIN 100u
#define HF_COROSYNC_TOKEN_MS_MAX 60000u

struct hf_corosync_node {
    uint32_t id;       /* 1 to 64 */
    const char *name;  /* letters, digits, - _ . */
    const char *ring0; /* private address */
    const char *ring1; /* public address */
    bool no_vote;      /* it has not been there yet: its absence must not cost quorum */
};

struct hf_corosync_conf {
    const char *cluster;
    uint32_t token_ms;   /* time without the token until a node is suspected, whatever the number
                            of nodes (corosync would add 650 ms a node beyond two) */
    uint64_t version;    /* raised at each change; corosync shows it */
    uint32_t node_count; /* 1 to 64 */
    const struct hf_corosync_node *nodes; /* ids rise */
};

/* Appends the file's text. Returns 0, or -EINVAL (error says what is wrong) or -ENOMEM. */
int hf_corosync_conf_render(const struct hf_corosync_conf *conf, struct hf_strbuf *out,
                            struct hf_error *error);

/* Time from the last sign of a node until the others are told that it is gone, at most: the token,
 * then consensus on the new membership (corosync.conf(5), totem). */
uint32_t hf_corosync_detect_ms(uint32_t token_ms);

/* Fills key from the kernel's random numbers. Returns 0 or a negative errno. */
int hf_corosync_key_make(uint8_t key[static HF_COROSYNC_KEY_BYTES]);

#endif
