/*
 * join_tls.h - one TLS 1.3 connection whose both ends know the same token, with a deadline.
 *
 * Pre-shared key with ephemeral elliptic-curve exchange: each side proves to the other that it has
 * the secret, and a secret that leaks later opens no recorded connection. Calls wait; run them in
 * a process that may. Texts travel as frames: four bytes of length, highest first, and the text.
 */
#ifndef HF_DAEMON_JOIN_TLS_H
#define HF_DAEMON_JOIN_TLS_H

#include <gnutls/gnutls.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "daemon/join_token.h"

struct hf_join_tls {
    int fd; /* owned, non-blocking; -1 = none */
    gnutls_session_t session;
    gnutls_psk_client_credentials_t client;
    gnutls_psk_server_credentials_t server;
    const struct hf_join_token *tokens; /* server: those that count */
    unsigned token_count;
    int token; /* server: index of the token the joiner named; -1 = none */
};

/* Milliseconds of the monotonic clock. */
int64_t hf_join_clock_ms(void);

/*
 * Take fd in every case. Return 0; -EACCES: the other side does not have the secret; -ETIMEDOUT;
 * -ECONNRESET: it went away; -EPROTO: it does not speak TLS; -ENOMEM. Afterwards, always:
 * hf_join_tls_close.
 */
int hf_join_tls_client(struct hf_join_tls *tls, int fd, const struct hf_join_token *token,
                       int64_t deadline);
int hf_join_tls_server(struct hf_join_tls *tls, int fd, const struct hf_join_token *tokens,
                       unsigned token_count, int64_t deadline);

/* 0, -ETIMEDOUT, -ECONNRESET, -EMSGSIZE, -EPROTO. */
int hf_join_tls_send(struct hf_join_tls *tls, const char *text, size_t length, int64_t deadline);
int hf_join_tls_receive(struct hf_join_tls *tls, struct hf_strbuf *out, int64_t deadline);

/* Says goodbye if it can at once, closes fd. */
void hf_join_tls_close(struct hf_join_tls *tls);

#endif
