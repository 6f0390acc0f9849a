/*
 * join_token.h - the one-time token with which a new node proves that it may join.
 *
 *     hf1-ID-SECRET-ADDRESS:PORT,[ADDRESS]:PORT-CHECK
 *
 * ID (40 bits) names the token at the node that made it, SECRET (160 bits) is the pre-shared key of
 * the TLS connection, the addresses say where to connect, CHECK (20 bits) finds typing errors.
 * ID, SECRET and CHECK are in base32: a-z and 2-7.
 */
#ifndef HF_DAEMON_JOIN_TOKEN_H
#define HF_DAEMON_JOIN_TOKEN_H

#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"

#define HF_JOIN_ID_LENGTH 8u
#define HF_JOIN_SECRET_BYTES 20u
#define HF_JOIN_ENDPOINTS_MAX 4u
#define HF_JOIN_ADDRESS_MAX 48u
#define HF_JOIN_TOKEN_TEXT_MAX 512u

struct hf_join_endpoint {
    char address[HF_JOIN_ADDRESS_MAX]; /* IPv4 or IPv6, printed */
    uint16_t port;
};

struct hf_join_token {
    char id[HF_JOIN_ID_LENGTH + 1];
    uint8_t secret[HF_JOIN_SECRET_BYTES];
    unsigned endpoint_count;
    struct hf_join_endpoint endpoints[HF_JOIN_ENDPOINTS_MAX];
};

/* Fills id and secret with fresh random numbers; no endpoints. Returns 0 or a negative errno. */
int hf_join_token_make(struct hf_join_token *token);

/* Appends the token's text. */
void hf_join_token_encode(const struct hf_join_token *token, struct hf_strbuf *out);

/* Reads a token's text; white space around it is fine. Returns 0, or -EINVAL with error set; the
 * error never shows the secret. */
int hf_join_token_decode(const char *text, struct hf_join_token *ret, struct hf_error *error);

#endif
