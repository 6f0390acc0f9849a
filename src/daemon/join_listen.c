/*
 * join_listen.c - the listeners that are open while a token is out.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/join_impl.h"

static void listener_closed(uv_handle_t *handle)
{
    struct hf_join_listener *listener = handle->data;
    listener->closing = false;
    hf_join_server_unref(listener->server);
}

void hf_join_listener_close(struct hf_join_listener *listener)
{
    if (listener->fd < 0)
        return;
    uv_poll_stop(&listener->poll);
    uv_close((uv_handle_t *)&listener->poll, listener_closed);
    listener->closing = true;
    close(listener->fd);
    listener->fd = -1;
}

static void connection_came(uv_poll_t *poll, int status, int events);

void hf_join_listeners_attend(struct hf_join_server *server)
{
    for (unsigned i = 0; i < HF_JOIN_LISTENERS_MAX; i++) {
        struct hf_join_listener *listener = &server->listeners[i];
        if (listener->fd < 0)
            continue;
        if (server->child_count < HF_JOIN_CONNS_MAX)
            uv_poll_start(&listener->poll, UV_READABLE, connection_came);
        else
            uv_poll_stop(&listener->poll);
    }
}

static void connection_came(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct hf_join_listener *listener = poll->data;
    int client = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0)
        return;
    if (hf_join_conn_new(listener->server, client) < 0)
        hf_join_server_event(listener->server, HF_JOIN_BROKEN, "");
    hf_join_listeners_attend(listener->server);
}

static int address_fill(const char *text, uint16_t port, struct sockaddr_storage *to)
{
    struct sockaddr_in *four = (struct sockaddr_in *)to;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)to;
    memset(to, 0, sizeof(*to));
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        return 0;
    }
    if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(port);
        return 0;
    }
    return -EINVAL;
}

/* A listening socket, its port in *port; or a negative errno. */
static int listen_at(const char *address, uint16_t *port)
{
    struct sockaddr_storage at;
    socklen_t length = sizeof(at);
    int one = 1;
    int rc = address_fill(address, *port, &at);
    if (rc < 0)
        return rc;
    int fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 16) < 0 ||
        getsockname(fd, (struct sockaddr *)&at, &length) < 0) {
        rc = -errno;
        close(fd);
        return rc;
    }
    *port = ntohs(at.ss_family == AF_INET ? ((struct sockaddr_in *)&at)->sin_port
                                          : ((struct sockaddr_in6 *)&at)->sin6_port);
    return fd;
}

static struct hf_join_listener *listener_find(struct hf_join_server *server, const char *address,
                                              uint16_t port)
{
    for (unsigned i = 0; i < HF_JOIN_LISTENERS_MAX; i++) {
        struct hf_join_listener *one = &server->listeners[i];
        if (one->fd >= 0 && one->port_asked == port && strcmp(one->at.address, address) == 0)
            return one;
    }
    return NULL;
}

static struct hf_join_listener *listener_free(struct hf_join_server *server)
{
    for (unsigned i = 0; i < HF_JOIN_LISTENERS_MAX; i++)
        if (server->listeners[i].fd < 0 && !server->listeners[i].closing)
            return &server->listeners[i];
    return NULL;
}

int hf_join_listener_open(struct hf_join_server *server, const char *address, uint16_t port,
                          struct hf_join_endpoint *ret)
{
    struct hf_join_listener *listener = listener_find(server, address, port);
    if (!listener) {
        listener = listener_free(server);
        if (!listener || strlen(address) >= sizeof(listener->at.address))
            return -ENOSPC;
        uint16_t bound = port;
        int fd = listen_at(address, &bound);
        if (fd < 0)
            return fd;
        listener->server = server;
        listener->fd = fd;
        listener->port_asked = port;
        (void)snprintf(listener->at.address, sizeof(listener->at.address), "%s", address);
        listener->at.port = bound;
        listener->poll.data = listener;
        uv_poll_init(server->loop, &listener->poll, fd);
        server->references++;
    }
    *ret = listener->at;
    return 0;
}
