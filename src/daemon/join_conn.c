/*
 * join_conn.c - the daemon's view of one joiner: its child process and the socketpair to it.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "daemon/join_child.h"
#include "daemon/join_impl.h"

struct answer {
    uv_write_t write;
    struct hf_strbuf text; /* with its length in front */
};

/* The object goes when its handles are closed and the daemon owes it no answer. */
void hf_join_conn_release(struct hf_join_conn *conn)
{
    if (conn->open > 0)
        return;
    if (conn->asked && !conn->answered && !conn->server->freed)
        return;
    struct hf_join_server *server = conn->server;
    struct hf_join_conn **link = &server->conns;
    while (*link != conn)
        link = &(*link)->next;
    *link = conn->next;
    hf_strbuf_release(&conn->input);
    free(conn);
    hf_join_server_unref(server);
}

static void handle_closed(uv_handle_t *handle)
{
    struct hf_join_conn *conn = handle->data;
    if (handle == (uv_handle_t *)&conn->exit)
        close(conn->pidfd);
    conn->open--;
    hf_join_conn_release(conn);
}

static void conn_ended(struct hf_join_conn *conn, int exit_status)
{
    if (conn->ended)
        return;
    conn->ended = true;
    uv_close((uv_handle_t *)&conn->exit, handle_closed);
    uv_close((uv_handle_t *)&conn->deadline, handle_closed);
    uv_close((uv_handle_t *)&conn->pipe, handle_closed);
    hf_join_server_conn_ended(conn->server, conn, exit_status);
}

static void child_exited(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct hf_join_conn *conn = poll->data;
    int code = 0;
    if (waitpid(conn->pid, &code, WNOHANG) == 0)
        return;
    conn_ended(conn, WIFEXITED(code) ? WEXITSTATUS(code) : HF_JOIN_CHILD_BROKEN);
}

void hf_join_conn_kill(struct hf_join_conn *conn)
{
    if (conn->ended)
        return;
    kill(conn->pid, SIGKILL);
    waitpid(conn->pid, NULL, 0);
    conn_ended(conn, HF_JOIN_CHILD_BROKEN);
}

static void deadline_due(uv_timer_t *timer)
{
    struct hf_join_conn *conn = timer->data;
    kill(conn->pid, SIGKILL);
}

/* ---- answering ---- */

static void answer_written(uv_write_t *write, int status)
{
    (void)status; /* a child that is gone is noticed by its exit */
    struct answer *answer = write->data;
    explicit_bzero(answer->text.data, answer->text.length);
    hf_strbuf_release(&answer->text);
    free(answer);
}

static void send_answer(struct hf_join_conn *conn, const struct hf_join_bundle *bundle,
                        const char *why)
{
    struct answer *answer = calloc(1, sizeof(*answer));
    if (!answer) {
        kill(conn->pid, SIGKILL);
        return;
    }
    answer->write.data = answer;
    hf_strbuf_init(&answer->text);
    hf_strbuf_add_bytes(&answer->text, "\0\0\0\0", 4);
    if (bundle)
        hf_join_bundle_encode(bundle, &answer->text);
    else
        hf_join_refusal_encode(why, &answer->text);
    size_t length = answer->text.length - 4;
    if (!hf_strbuf_ok(&answer->text) || length > HF_JOIN_FRAME_MAX) {
        answer_written(&answer->write, 0);
        kill(conn->pid, SIGKILL);
        return;
    }
    for (unsigned i = 0; i < 4; i++)
        answer->text.data[i] = (char)(uint8_t)(length >> (24 - 8 * i));
    uv_buf_t buffer = uv_buf_init(answer->text.data, (unsigned)answer->text.length);
    if (uv_write(&answer->write, (uv_stream_t *)&conn->pipe, &buffer, 1, answer_written) < 0)
        answer_written(&answer->write, 0);
}

void hf_join_answer(struct hf_join_conn *conn, int rc, const struct hf_join_bundle *bundle,
                    const char *why)
{
    HF_ASSERT(conn->asked && !conn->answered);
    HF_ASSERT(rc < 0 || bundle);
    conn->answered = true;
    conn->accepted = rc >= 0;
    if (!conn->ended)
        send_answer(conn, rc < 0 ? NULL : bundle, why ? why : "the cluster refused");
    hf_join_conn_release(conn);
}

/* ---- the request ---- */

/* Why the token cannot be used for this request, or NULL. */
static const char *token_trouble(const struct hf_join_conn *conn)
{
    const struct hf_join_server *server = conn->server;
    if (server->tokens[conn->token].id[0] == '\0')
        return "this join token was used or has expired meanwhile; make a new one with "
               "`holdfast token`";
    if (server->users[conn->token])
        return "this join token is being used by another node right now; each node needs one of "
               "its own, from `holdfast token`";
    return NULL;
}

static void refuse(struct hf_join_conn *conn, const char *why)
{
    conn->asked = true;
    hf_join_answer(conn, -EACCES, NULL, why);
}

static void take_request(struct hf_join_conn *conn, const char *text, size_t length)
{
    struct hf_error error = {""};
    const char *why = token_trouble(conn);
    if (!why && hf_join_request_decode(text, length, &conn->request, &error) < 0)
        why = error.text;
    if (why) {
        refuse(conn, why);
        return;
    }
    conn->asked = true;
    conn->server->users[conn->token] = conn;
    conn->server->callbacks.request(conn->server->user, conn, &conn->request);
}

/* The whole first frame is there: length, token, text. A child sends no second one. */
static void take_input(struct hf_join_conn *conn)
{
    const unsigned char *data = (const unsigned char *)conn->input.data;
    if (conn->asked || conn->input.length < 5)
        return;
    size_t length =
        (size_t)data[0] << 24 | (size_t)data[1] << 16 | (size_t)data[2] << 8 | (size_t)data[3];
    if (length < 1 || length > HF_JOIN_FRAME_MAX + 1u || data[4] >= HF_JOIN_TOKENS_MAX) {
        kill(conn->pid, SIGKILL);
        return;
    }
    if (conn->input.length < 4 + length)
        return;
    conn->token = data[4];
    take_request(conn, conn->input.data + 5, length - 1);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)suggested;
    static char room[16384];
    (void)handle;
    *buffer = uv_buf_init(room, sizeof(room));
}

static void on_input(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
    struct hf_join_conn *conn = stream->data;
    if (got < 0) {
        uv_read_stop(stream);
        return;
    }
    hf_strbuf_add_bytes(&conn->input, buffer->base, (size_t)got);
    if (!hf_strbuf_ok(&conn->input) || conn->input.length > HF_JOIN_FRAME_MAX + 64u)
        kill(conn->pid, SIGKILL);
    else
        take_input(conn);
}

/* ---- life ---- */

static void conn_watch(struct hf_join_conn *conn, int fd)
{
    uv_loop_t *loop = conn->server->loop;
    conn->exit.data = conn;
    conn->deadline.data = conn;
    conn->pipe.data = conn;
    conn->open = 3;
    uv_poll_init(loop, &conn->exit, conn->pidfd);
    uv_timer_init(loop, &conn->deadline);
    uv_pipe_init(loop, &conn->pipe, 0);
    uv_poll_start(&conn->exit, UV_READABLE, child_exited);
    uv_timer_start(&conn->deadline, deadline_due, HF_JOIN_TOTAL_MS, 0);
    if (uv_pipe_open(&conn->pipe, fd) < 0) {
        close(fd);
        kill(conn->pid, SIGKILL);
        return;
    }
    uv_read_start((uv_stream_t *)&conn->pipe, on_room, on_input);
}

int hf_join_conn_new(struct hf_join_server *server, int client)
{
    struct hf_join_conn *conn = calloc(1, sizeof(*conn));
    if (!conn) {
        close(client);
        return -ENOMEM;
    }
    conn->server = server;
    conn->token = -1;
    hf_strbuf_init(&conn->input);
    int fd = hf_join_child_fork(client, server->tokens, HF_JOIN_TOKENS_MAX, &conn->pid);
    if (fd < 0) {
        free(conn);
        return fd;
    }
    conn->pidfd = pidfd_open(conn->pid, 0);
    if (conn->pidfd < 0) {
        kill(conn->pid, SIGKILL);
        waitpid(conn->pid, NULL, 0);
        close(fd);
        free(conn);
        return -EMFILE;
    }
    server->references++;
    conn->next = server->conns;
    server->conns = conn;
    server->child_count++;
    conn_watch(conn, fd);
    return 0;
}
