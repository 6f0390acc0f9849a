#include "daemon/join_tls.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/join_wire.h"

/* Both ends are Holdfast: one version, one way to agree on keys. */
static const char priority[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+ECDHE-PSK";

int64_t hf_join_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until the socket is ready for what the session wants. */
static int wait_ready(const struct hf_join_tls *tls, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline - hf_join_clock_ms();
        if (left <= 0)
            return -ETIMEDOUT;
        short events = gnutls_record_get_direction(tls->session) ? POLLOUT : POLLIN;
        struct pollfd poller = {.fd = tls->fd, .events = events};
        int rc = poll(&poller, 1, left > 60000 ? 60000 : (int)left);
        if (rc > 0)
            return 0;
        if (rc < 0 && errno != EINTR)
            return -errno;
    }
}

static bool is_again(ssize_t rc)
{
    return rc == GNUTLS_E_AGAIN || rc == GNUTLS_E_INTERRUPTED;
}

/* An error of the transport; whoever has no fitting secret is told apart in handshake(). */
static int transport_error(ssize_t rc)
{
    switch (rc) {
    case 0:
    case GNUTLS_E_PREMATURE_TERMINATION:
    case GNUTLS_E_PULL_ERROR:
    case GNUTLS_E_PUSH_ERROR:
    case GNUTLS_E_INVALID_SESSION:
        return -ECONNRESET;
    case GNUTLS_E_MEMORY_ERROR:
        return -ENOMEM;
    default:
        return -EPROTO;
    }
}

static int handshake_error(ssize_t rc)
{
    switch (rc) {
    case GNUTLS_E_FATAL_ALERT_RECEIVED:
    case GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER:
    case GNUTLS_E_DECRYPTION_FAILED:
    case GNUTLS_E_INSUFFICIENT_CREDENTIALS:
    case GNUTLS_E_PK_SIG_VERIFY_FAILED:
    case GNUTLS_E_NO_CIPHER_SUITES:
        return -EACCES;
    default:
        return transport_error(rc);
    }
}

static int handshake(struct hf_join_tls *tls, int64_t deadline)
{
    for (;;) {
        int rc = gnutls_handshake(tls->session);
        if (rc == GNUTLS_E_SUCCESS)
            return 0;
        if (is_again(rc)) {
            int wait = wait_ready(tls, deadline);
            if (wait < 0)
                return wait;
        } else if (gnutls_error_is_fatal(rc)) {
            (void)gnutls_alert_send_appropriate(tls->session, rc);
            return handshake_error(rc);
        }
    }
}

static int session_open(struct hf_join_tls *tls, int fd, unsigned side)
{
    *tls = (struct hf_join_tls){.fd = fd, .token = -1};
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return -errno;
    unsigned options = side | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS;
    if (gnutls_init(&tls->session, options) < 0) {
        tls->session = NULL;
        return -ENOMEM;
    }
    if (gnutls_priority_set_direct(tls->session, priority, NULL) < 0)
        return -EPROTO;
    gnutls_session_set_ptr(tls->session, tls);
    gnutls_transport_set_int(tls->session, fd);
    return 0;
}

int hf_join_tls_client(struct hf_join_tls *tls, int fd, const struct hf_join_token *token,
                       int64_t deadline)
{
    int rc = session_open(tls, fd, GNUTLS_CLIENT);
    if (rc < 0)
        return rc;
    uint8_t secret[HF_JOIN_SECRET_BYTES];
    memcpy(secret, token->secret, sizeof(secret));
    gnutls_datum_t key = {.data = secret, .size = sizeof(secret)};
    if (gnutls_psk_allocate_client_credentials(&tls->client) < 0)
        return -ENOMEM;
    rc = gnutls_psk_set_client_credentials(tls->client, token->id, &key, GNUTLS_PSK_KEY_RAW);
    explicit_bzero(secret, sizeof(secret));
    if (rc < 0 || gnutls_credentials_set(tls->session, GNUTLS_CRD_PSK, tls->client) < 0)
        return -ENOMEM;
    return handshake(tls, deadline);
}

/* The joiner named a token: gives its secret to the handshake, which then proves it. */
static int find_secret(gnutls_session_t session, const char *id, gnutls_datum_t *key)
{
    struct hf_join_tls *tls = gnutls_session_get_ptr(session);
    for (unsigned i = 0; i < tls->token_count; i++) {
        if (tls->tokens[i].id[0] == '\0' || strcmp(tls->tokens[i].id, id) != 0)
            continue;
        key->data = gnutls_malloc(HF_JOIN_SECRET_BYTES);
        if (!key->data)
            return -1;
        memcpy(key->data, tls->tokens[i].secret, HF_JOIN_SECRET_BYTES);
        key->size = HF_JOIN_SECRET_BYTES;
        tls->token = (int)i;
        return 0;
    }
    return -1;
}

int hf_join_tls_server(struct hf_join_tls *tls, int fd, const struct hf_join_token *tokens,
                       unsigned token_count, int64_t deadline)
{
    int rc = session_open(tls, fd, GNUTLS_SERVER);
    if (rc < 0)
        return rc;
    tls->tokens = tokens;
    tls->token_count = token_count;
    if (gnutls_psk_allocate_server_credentials(&tls->server) < 0)
        return -ENOMEM;
    gnutls_psk_set_server_credentials_function(tls->server, find_secret);
    if (gnutls_credentials_set(tls->session, GNUTLS_CRD_PSK, tls->server) < 0)
        return -ENOMEM;
    rc = handshake(tls, deadline);
    return rc == 0 && tls->token < 0 ? -EACCES : rc;
}

static int send_all(struct hf_join_tls *tls, const void *data, size_t length, int64_t deadline)
{
    const char *at = data;
    while (length > 0) {
        ssize_t rc = gnutls_record_send(tls->session, at, length);
        if (rc > 0) {
            at += rc;
            length -= (size_t)rc;
        } else if (is_again(rc)) {
            int wait = wait_ready(tls, deadline);
            if (wait < 0)
                return wait;
        } else {
            return transport_error(rc);
        }
    }
    return 0;
}

static int receive_all(struct hf_join_tls *tls, void *data, size_t length, int64_t deadline)
{
    char *at = data;
    while (length > 0) {
        ssize_t rc = gnutls_record_recv(tls->session, at, length);
        if (rc > 0) {
            at += rc;
            length -= (size_t)rc;
        } else if (is_again(rc)) {
            int wait = wait_ready(tls, deadline);
            if (wait < 0)
                return wait;
        } else if (rc == 0 || gnutls_error_is_fatal((int)rc)) {
            return transport_error(rc);
        }
    }
    return 0;
}

int hf_join_tls_send(struct hf_join_tls *tls, const char *text, size_t length, int64_t deadline)
{
    if (length > HF_JOIN_FRAME_MAX)
        return -EMSGSIZE;
    uint8_t head[4] = {(uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8),
                       (uint8_t)length};
    int rc = send_all(tls, head, sizeof(head), deadline);
    return rc < 0 ? rc : send_all(tls, text, length, deadline);
}

int hf_join_tls_receive(struct hf_join_tls *tls, struct hf_strbuf *out, int64_t deadline)
{
    uint8_t head[4];
    int rc = receive_all(tls, head, sizeof(head), deadline);
    if (rc < 0)
        return rc;
    uint32_t length =
        (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 | (uint32_t)head[2] << 8 | head[3];
    if (length > HF_JOIN_FRAME_MAX)
        return -EMSGSIZE;
    while (length > 0) {
        char piece[4096];
        size_t part = length < sizeof(piece) ? length : sizeof(piece);
        rc = receive_all(tls, piece, part, deadline);
        if (rc < 0)
            return rc;
        hf_strbuf_add_bytes(out, piece, part);
        length -= (uint32_t)part;
    }
    return hf_strbuf_ok(out) ? 0 : -ENOMEM;
}

void hf_join_tls_close(struct hf_join_tls *tls)
{
    if (tls->session) {
        (void)gnutls_bye(tls->session, GNUTLS_SHUT_WR);
        gnutls_deinit(tls->session);
    }
    if (tls->client)
        gnutls_psk_free_client_credentials(tls->client);
    if (tls->server)
        gnutls_psk_free_server_credentials(tls->server);
    if (tls->fd >= 0)
        close(tls->fd);
    *tls = (struct hf_join_tls){.fd = -1, .token = -1};
}
