#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "daemon/control_impl.h"
#include "daemon/control_reply.h"

#define READ_ROOM 65536u
#define LINGER_MS 2000u

struct line_out {
    uv_write_t request;
    struct hf_conn *conn;
    char *text;
};

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret);
static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *room);

struct hf_conn *hf_conn_find(const struct hf_control *control, uint64_t id)
{
    for (struct hf_conn *conn = control->connections; conn; conn = conn->next)
        if (conn->id == id)
            return conn->state == HF_CONN_CLOSING ? NULL : conn;
    return NULL;
}

static void on_closed(uv_handle_t *handle)
{
    struct hf_conn *conn = handle->data;
    struct hf_control *control = conn->control;
    struct hf_conn **link = &control->connections;
    while (*link != conn)
        link = &(*link)->next;
    *link = conn->next;
    control->count--;
    free(conn->buffer);
    free(conn);
    hf_control_release(control);
}

void hf_conn_close(struct hf_conn *conn)
{
    if (conn->state == HF_CONN_CLOSING)
        return;
    bool known = conn->state != HF_CONN_CHECKING;
    conn->state = HF_CONN_CLOSING;
    struct hf_control *control = conn->control;
    uv_close((uv_handle_t *)&conn->pipe, on_closed);
    if (known && control->options.closed)
        control->options.closed(control->options.user, conn->id);
}

static bool sending(const struct hf_conn *conn)
{
    return uv_stream_get_write_queue_size((const uv_stream_t *)&conn->pipe) > 0;
}

static void on_shut(uv_shutdown_t *request, int status)
{
    (void)request;
    (void)status;
}

/* The last answer is out. One who is still about to send its request must not find the connection
 * broken before it has read why: it is closed from the other side, or after a while. */
static void linger(struct hf_conn *conn)
{
    bool crowded = conn->control->count > conn->control->options.connections_max;
    if (conn->eof || crowded || uv_shutdown(&conn->shut, (uv_stream_t *)&conn->pipe, on_shut) < 0)
        hf_conn_close(conn);
}

static void on_written(uv_write_t *request, int status)
{
    struct line_out *out = (struct line_out *)request->data;
    struct hf_conn *conn = out->conn;
    free(out->text);
    free(out);
    if (conn->state == HF_CONN_CLOSING)
        return;
    conn->sent_ms = uv_now(conn->control->loop);
    if (status < 0)
        hf_conn_close(conn);
    else if (conn->state == HF_CONN_ENDING && !sending(conn))
        linger(conn);
}

/* Takes over text, which ends with a newline. */
static void send_line(struct hf_conn *conn, char *text, size_t length)
{
    struct line_out *out = text ? malloc(sizeof(*out)) : NULL;
    if (!out) {
        free(text);
        hf_conn_close(conn);
        return;
    }
    *out = (struct line_out){.conn = conn, .text = text};
    out->request.data = out;
    if (!sending(conn))
        conn->sent_ms = uv_now(conn->control->loop);
    uv_buf_t buffer = uv_buf_init(text, (unsigned)length);
    if (uv_write(&out->request, (uv_stream_t *)&conn->pipe, &buffer, 1, on_written) < 0) {
        free(text);
        free(out);
        hf_conn_close(conn);
        return;
    }
    if (uv_stream_get_write_queue_size((uv_stream_t *)&conn->pipe) >
        conn->control->options.queue_max)
        hf_conn_close(conn);
}

/* Takes over message. */
static void send_message(struct hf_conn *conn, json_t *message)
{
    if (!message)
        message = hf_control_error("internal", "holdfastd had no memory for the answer",
                                   "Look at the memory of this node: free -m");
    char *text = json_dumps(message, JSON_COMPACT);
    json_decref(message);
    size_t length = text ? strlen(text) : 0;
    char *line = text ? realloc(text, length + 2) : NULL;
    if (!line)
        free(text);
    else
        memcpy(line + length, "\n", 2);
    send_line(conn, line, length + 1);
}

void hf_conn_refuse(struct hf_conn *conn, const char *code, const char *text, const char *hint)
{
    conn->state = HF_CONN_ENDING;
    conn->length = conn->searched = 0;
    if (!conn->eof) /* what comes is thrown away; already being read is fine */
        (void)uv_read_start((uv_stream_t *)&conn->pipe, on_room, on_read);
    send_message(conn, hf_control_error(code, text, hint));
}

static void handle_line(struct hf_conn *conn, const char *line, size_t length)
{
    json_error_t fault;
    json_t *request = json_loadb(line, length, JSON_REJECT_DUPLICATES, &fault);
    if (!request || !json_is_object(request)) {
        json_decref(request);
        send_message(conn, hf_control_errorf("bad-request", "One JSON object a line is wanted.",
                                             "the request is not a JSON object: %s",
                                             request ? "it is another JSON value" : fault.text));
        return;
    }
    conn->busy = true;
    conn->control->options.handler(conn->control->options.user, conn->id, request);
    json_decref(request);
}

/* Removes the first bytes of the buffer. */
static void consume(struct hf_conn *conn, size_t bytes)
{
    memmove(conn->buffer, conn->buffer + bytes, conn->length - bytes);
    conn->length -= bytes;
    conn->searched = 0;
}

static void end_if_done(struct hf_conn *conn)
{
    if (conn->state == HF_CONN_ENDING && conn->eof && !sending(conn))
        hf_conn_close(conn);
    if (!conn->eof || conn->busy || conn->state != HF_CONN_OPEN)
        return;
    if (sending(conn))
        conn->state = HF_CONN_ENDING;
    else
        hf_conn_close(conn);
}

static void take_lines(struct hf_conn *conn)
{
    if (conn->handling)
        return;
    conn->handling = true;
    while (!conn->busy && conn->state == HF_CONN_OPEN && conn->length > 0) {
        char *end = memchr(conn->buffer + conn->searched, '\n', conn->length - conn->searched);
        conn->searched = conn->length;
        if (!end)
            break;
        size_t length = (size_t)(end - conn->buffer);
        conn->heard_ms = uv_now(conn->control->loop);
        if (length > 0)
            handle_line(conn, conn->buffer, length);
        if (conn->state != HF_CONN_CLOSING)
            consume(conn, length + 1);
    }
    conn->handling = false;
    end_if_done(conn);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    struct hf_conn *conn = handle->data;
    (void)suggested;
    size_t want = conn->length + READ_ROOM;
    if (want > conn->room) {
        size_t room = conn->room * 2 > want ? conn->room * 2 : want;
        char *buffer = realloc(conn->buffer, room);
        if (!buffer) {
            *ret = uv_buf_init(NULL, 0);
            return;
        }
        conn->buffer = buffer;
        conn->room = room;
    }
    *ret = uv_buf_init(conn->buffer + conn->length, READ_ROOM);
}

static bool peer_gone(const struct hf_conn *conn)
{
    uv_os_fd_t fd;
    if (uv_fileno((const uv_handle_t *)&conn->pipe, &fd) < 0)
        return true;
    struct pollfd ask = {.fd = fd};
    return poll(&ask, 1, 0) > 0 && (ask.revents & (POLLHUP | POLLERR));
}

static void on_end(struct hf_conn *conn)
{
    conn->eof = true;
    (void)uv_read_stop((uv_stream_t *)&conn->pipe);
    if (peer_gone(conn))
        hf_conn_close(conn);
    else
        end_if_done(conn);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *room)
{
    struct hf_conn *conn = stream->data;
    (void)room;
    if (got == UV_EOF)
        on_end(conn);
    else if (got < 0)
        hf_conn_close(conn);
    if (got <= 0 || conn->state != HF_CONN_OPEN)
        return;
    conn->length += (size_t)got;
    take_lines(conn);
    if (conn->state == HF_CONN_OPEN && conn->length > conn->control->options.request_max)
        hf_conn_refuse(
            conn, "request-too-large", "the request is larger than holdfastd accepts",
            "A file of this size cannot be a cluster.yaml; look at which file was given.");
}

void hf_conn_admit(struct hf_conn *conn)
{
    conn->state = HF_CONN_OPEN;
    conn->heard_ms = uv_now(conn->control->loop);
    if (uv_read_start((uv_stream_t *)&conn->pipe, on_room, on_read) < 0)
        hf_conn_close(conn);
}

/* Root gets in without a look-up, and when others have taken all places. */
static void receive(struct hf_conn *conn)
{
    struct hf_control *control = conn->control;
    struct hf_peer peer;
    uv_os_fd_t fd;
    if (uv_fileno((uv_handle_t *)&conn->pipe, &fd) < 0 || hf_peer_read(fd, &peer) < 0) {
        hf_conn_close(conn);
        return;
    }
    conn->uid = peer.uid;
    uint32_t places =
        control->options.connections_max + (peer.uid == 0 ? HF_CONTROL_ROOT_EXTRA : 0);
    if (control->count > places)
        hf_conn_refuse(conn, "too-many-connections",
                       "holdfastd serves too many connections already",
                       "End some 'holdfast status --watch', or wait a minute and try again.");
    else if (peer.uid == 0)
        hf_conn_admit(conn);
    else
        hf_check_next(control);
}

void hf_conn_accept(struct hf_control *control)
{
    struct hf_conn *conn = calloc(1, sizeof(*conn));
    HF_ASSERT(conn);
    conn->control = control;
    conn->id = ++control->last_id;
    conn->heard_ms = uv_now(control->loop);
    conn->sent_ms = conn->heard_ms;
    (void)uv_pipe_init(control->loop, &conn->pipe, 0);
    conn->pipe.data = conn;
    conn->next = control->connections;
    control->connections = conn;
    control->count++;
    if (uv_accept((uv_stream_t *)&control->pipe, (uv_stream_t *)&conn->pipe) < 0)
        hf_conn_close(conn);
    else
        receive(conn);
}

void hf_conn_tick(struct hf_conn *conn, uint64_t now_ms)
{
    const struct hf_control_options *options = &conn->control->options;
    if (conn->state == HF_CONN_CLOSING)
        return;
    if (sending(conn)) {
        if (now_ms - conn->sent_ms > options->stall_ms)
            hf_conn_close(conn);
    } else if (conn->state == HF_CONN_ENDING) {
        if (now_ms - conn->sent_ms > LINGER_MS)
            hf_conn_close(conn);
    } else if (conn->eof && peer_gone(conn)) {
        hf_conn_close(conn);
    } else if (conn->state == HF_CONN_CHECKING) {
        if (now_ms - conn->heard_ms > options->idle_ms)
            hf_conn_refuse(conn, "not-permitted", "looking up your user took too long",
                           "Ask the directory service: id. Until it answers, use sudo.");
    } else if (!conn->busy && now_ms - conn->heard_ms > options->idle_ms) {
        hf_conn_close(conn);
    }
}

bool hf_control_reply(struct hf_control *control, uint64_t connection, json_t *message, bool last)
{
    struct hf_conn *conn = hf_conn_find(control, connection);
    if (!conn || conn->state != HF_CONN_OPEN) {
        json_decref(message);
        return false;
    }
    HF_ASSERT(conn->busy);
    send_message(conn, message);
    if (conn->state == HF_CONN_CLOSING)
        return false;
    if (last) {
        conn->busy = false;
        conn->heard_ms = uv_now(control->loop);
        take_lines(conn);
    }
    return conn->state != HF_CONN_CLOSING;
}

bool hf_control_peer(const struct hf_control *control, uint64_t connection, uid_t *ret_uid)
{
    const struct hf_conn *conn = hf_conn_find(control, connection);
    if (!conn)
        return false;
    *ret_uid = conn->uid;
    return true;
}
