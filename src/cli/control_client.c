#include "cli/control_client.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_SOCKET "/run/holdfast/control.sock"
#define REPLY_MAX (64u << 20)

struct client {
    int fd;
    int64_t until_ms; /* monotonic; below 0: for ever */
    char *buffer;
    size_t length, room, searched;
    struct hf_error *error;
};

static const char *socket_path(void)
{
    const char *path = getenv("HOLDFAST_SOCKET");
    return path && path[0] ? path : DEFAULT_SOCKET;
}

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int unreachable(struct client *client, const char *path, int cause)
{
    if (cause == ENOENT)
        hf_error_set(
            client->error,
            "holdfastd does not run on this node: there is no %s.\n"
            "  If this node is in a cluster: systemctl start holdfastd; "
            "journalctl -u holdfastd -n 50\n"
            "  If it is not yet: holdfast init (first node) or holdfast join (further nodes).",
            path);
    else if (cause == ECONNREFUSED)
        hf_error_set(client->error,
                     "holdfastd does not run on this node any more: nobody answers on %s.\n"
                     "  systemctl status holdfastd; journalctl -u holdfastd -n 50\n"
                     "  The instances on this node go on running; status and moves work from other "
                     "nodes.",
                     path);
    else
        hf_error_set(client->error, "cannot connect to holdfastd at %s: %s", path, strerror(cause));
    return HF_CLIENT_UNREACHABLE;
}

static int open_socket(struct client *client)
{
    const char *path = socket_path();
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path))
        return unreachable(client, path, ENAMETOOLONG);
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0)
        return -errno;
    if (client->until_ms >= 0) { /* bounds connect: it waits while others fill the backlog */
        int64_t left = client->until_ms - now_ms();
        struct timeval wait = {.tv_sec = left > 0 ? left / 1000 : 0,
                               .tv_usec = left > 0 ? left % 1000 * 1000 : 1000};
        (void)setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
    }
    if (connect(client->fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return 0;
    if (errno != EAGAIN)
        return unreachable(client, path, errno);
    hf_error_set(client->error,
                 "holdfastd does not take connections at %s: it hangs.\n"
                 "  systemctl status holdfastd; journalctl -u holdfastd -n 50",
                 path);
    return HF_CLIENT_TIMED_OUT;
}

/* Waits for the socket. Returns 0, HF_CLIENT_TIMED_OUT or a negative errno. */
static int wait_for(struct client *client, short events)
{
    for (;;) {
        int64_t left = client->until_ms < 0 ? -1 : client->until_ms - now_ms();
        if (client->until_ms >= 0 && left < 0)
            left = 0;
        struct pollfd ask = {.fd = client->fd, .events = events};
        int r = poll(&ask, 1, left > 1000000 ? 1000000 : (int)left);
        if (r > 0)
            return 0;
        if (r < 0 && errno != EINTR)
            return -errno;
        if (client->until_ms >= 0 && now_ms() >= client->until_ms) {
            hf_error_set(client->error,
                         "holdfastd took the request but did not answer in time.\n"
                         "  It may still be carried out: look at holdfast status, and at "
                         "journalctl -u holdfastd -n 50");
            return HF_CLIENT_TIMED_OUT;
        }
    }
}

/* A daemon that refuses may close before it has read all: its answer is still there to be read. */
static int send_request(struct client *client, const json_t *request)
{
    char *text = json_dumps(request, JSON_COMPACT);
    if (!text)
        return -ENOMEM;
    size_t length = strlen(text);
    text[length] = '\n'; /* in place of the NUL: only the length counts from here */
    int r = 0;
    for (size_t sent = 0; r == 0 && sent <= length;) {
        ssize_t n = send(client->fd, text + sent, length + 1 - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0)
            sent += (size_t)n;
        else if (errno == EAGAIN)
            r = wait_for(client, POLLOUT);
        else if (errno != EINTR)
            break;
    }
    free(text);
    return r;
}

static int broken(struct client *client)
{
    hf_error_set(client->error, "holdfastd ended the connection before it answered.\n"
                                "  systemctl status holdfastd; journalctl -u holdfastd -n 50");
    return HF_CLIENT_BROKEN;
}

static int read_more(struct client *client)
{
    if (client->length + 65536 > client->room) {
        size_t room = client->room * 2 + 65536;
        char *buffer = room > REPLY_MAX * 2u ? NULL : realloc(client->buffer, room);
        if (!buffer)
            return -ENOMEM;
        client->buffer = buffer;
        client->room = room;
    }
    int r = wait_for(client, POLLIN);
    if (r != 0)
        return r;
    ssize_t n = recv(client->fd, client->buffer + client->length, client->room - client->length, 0);
    if (n <= 0)
        return n < 0 && errno == EINTR ? 0 : broken(client);
    client->length += (size_t)n;
    return 0;
}

/* The next line as JSON. */
static int next_line(struct client *client, json_t **ret)
{
    char *end = NULL;
    while (!(end = client->length > client->searched
                       ? memchr(client->buffer + client->searched, '\n',
                                client->length - client->searched)
                       : NULL)) {
        client->searched = client->length;
        int r = read_more(client);
        if (r != 0)
            return r;
    }
    size_t length = (size_t)(end - client->buffer);
    *ret = json_loadb(client->buffer, length, 0, NULL);
    client->length -= length + 1;
    memmove(client->buffer, end + 1, client->length);
    client->searched = 0;
    if (json_is_object(*ret))
        return 0;
    json_decref(*ret);
    hf_error_set(client->error, "what answers on %s is not holdfastd", socket_path());
    return HF_CLIENT_BROKEN;
}

static int converse(struct client *client, const json_t *request, hf_client_line on_line,
                    void *user, json_t **ret_reply)
{
    int r = open_socket(client);
    if (r == 0)
        r = send_request(client, request);
    while (r == 0) {
        json_t *line = NULL;
        r = next_line(client, &line);
        if (r != 0)
            break;
        if (json_object_get(line, "ok")) {
            *ret_reply = line;
            return 0;
        }
        if (on_line && !on_line(user, line))
            r = HF_CLIENT_STOPPED;
        json_decref(line);
    }
    return r;
}

int hf_control_stream(const json_t *request, int wait_ms, hf_client_line on_line, void *user,
                      json_t **ret_reply, struct hf_error *error)
{
    struct client client = {.fd = -1, .error = error};
    client.until_ms = wait_ms < 0 ? -1 : now_ms() + wait_ms;
    int r = converse(&client, request, on_line, user, ret_reply);
    if (r < 0)
        hf_error_set(error, "asking holdfastd failed: %s", strerror(-r));
    if (client.fd >= 0)
        (void)close(client.fd);
    free(client.buffer);
    return r;
}

int hf_control_call(const json_t *request, json_t **ret_reply, struct hf_error *error)
{
    return hf_control_stream(request, HF_CLIENT_WAIT_MS, NULL, NULL, ret_reply, error);
}
