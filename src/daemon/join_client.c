#include "daemon/join_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static socklen_t address_fill(const struct hf_join_endpoint *to, struct sockaddr_storage *address)
{
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
    memset(address, 0, sizeof(*address));
    if (inet_pton(AF_INET, to->address, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(to->port);
        return sizeof(*four);
    }
    (void)inet_pton(AF_INET6, to->address, &six->sin6_addr);
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(to->port);
    return sizeof(*six);
}

static int wait_connected(int fd, int64_t deadline)
{
    struct pollfd poller = {.fd = fd, .events = POLLOUT};
    int64_t left = deadline - hf_join_clock_ms();
    if (left <= 0 || poll(&poller, 1, (int)left) <= 0)
        return -ETIMEDOUT;
    int error = 0;
    socklen_t length = sizeof(error);
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
        return -errno;
    return -error;
}

/* A connected socket or a negative errno. */
static int connect_to(const struct hf_join_endpoint *to, int64_t deadline)
{
    struct sockaddr_storage address;
    socklen_t length = address_fill(to, &address);
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    int rc = connect(fd, (struct sockaddr *)&address, length) < 0 ? -errno : 0;
    if (rc == -EINPROGRESS)
        rc = wait_connected(fd, deadline);
    if (rc == 0)
        return fd;
    close(fd);
    return rc;
}

/* What a person can do about it. */
static const char *advice(int rc)
{
    switch (rc) {
    case -ECONNREFUSED:
        return "nobody listens there: the token may have expired or been used; make a new one with "
               "`holdfast token` on a node of the cluster";
    case -EACCES:
        return "the cluster does not know this token (it expired, was used, or is of another "
               "cluster); make a new one with `holdfast token`";
    case -ETIMEDOUT:
        return "no answer in time: is the node up, and does a firewall let this port through?";
    case -EPROTO:
        return "what answers there is not Holdfast, or another version of it";
    default:
        return strerror(-rc);
    }
}

static int open_one(const struct hf_join_token *token, const struct hf_join_endpoint *to,
                    struct hf_join_tls *tls)
{
    int64_t deadline = hf_join_clock_ms() + HF_JOIN_CLIENT_CONNECT_MS;
    int fd = connect_to(to, deadline);
    if (fd < 0)
        return fd;
    int rc = hf_join_tls_client(tls, fd, token, deadline);
    if (rc < 0)
        hf_join_tls_close(tls);
    return rc;
}

/*
 * The first address that works; otherwise error tells about each. All are of the node that made
 * the token: when one does not know the token, none does.
 */
static int open_any(const struct hf_join_token *token, struct hf_join_tls *tls,
                    struct hf_error *error)
{
    struct hf_strbuf text HF_STRBUF_CLEANUP;
    hf_strbuf_init(&text);
    int rc = -EINVAL;
    for (unsigned i = 0; i < token->endpoint_count; i++) {
        const struct hf_join_endpoint *to = &token->endpoints[i];
        rc = open_one(token, to, tls);
        if (rc == 0)
            return 0;
        if (rc == -EACCES)
            hf_strbuf_clear(&text);
        hf_strbuf_addf(&text, "\n  %s port %u: %s", to->address, (unsigned)to->port, advice(rc));
        if (rc == -EACCES)
            break;
    }
    hf_error_set(error, "cannot talk to the node that made the token%s", text.data);
    return rc;
}

static int ask(struct hf_join_tls *tls, const struct hf_join_request *request,
               struct hf_strbuf *text)
{
    int64_t deadline = hf_join_clock_ms() + HF_JOIN_CLIENT_ANSWER_MS;
    hf_join_request_encode(request, text);
    if (!hf_strbuf_ok(text))
        return -ENOMEM;
    int rc = hf_join_tls_send(tls, text->data, text->length, deadline);
    hf_strbuf_clear(text);
    return rc < 0 ? rc : hf_join_tls_receive(tls, text, deadline);
}

int hf_join_client_ask(const struct hf_join_token *token, const struct hf_join_request *request,
                       struct hf_join_tls *tls, struct hf_join_bundle *ret, struct hf_error *error)
{
    struct hf_strbuf text HF_STRBUF_CLEANUP;
    hf_strbuf_init(&text);
    *tls = (struct hf_join_tls){.fd = -1, .token = -1};
    int rc = open_any(token, tls, error);
    if (rc < 0)
        return rc;
    rc = ask(tls, request, &text);
    if (rc < 0)
        hf_error_set(error,
                     "the cluster took the token but its answer did not come: %s\n  The token is "
                     "still good until it expires: try again.",
                     strerror(-rc));
    else
        rc = hf_join_answer_decode(text.data, text.length, ret, error);
    explicit_bzero(text.data, text.length);
    return rc;
}

int hf_join_client_confirm(struct hf_join_tls *tls, struct hf_error *error)
{
    struct hf_strbuf text HF_STRBUF_CLEANUP;
    hf_strbuf_init(&text);
    hf_join_done_encode(&text);
    int rc = hf_join_tls_send(tls, text.data, text.length,
                              hf_join_clock_ms() + HF_JOIN_CLIENT_CONNECT_MS);
    if (rc < 0)
        hf_error_set(error, "the cluster did not hear that this node has its files: %s",
                     strerror(-rc));
    return rc;
}
