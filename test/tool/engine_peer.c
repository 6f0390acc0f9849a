/*
 * engine_peer.c - one engine whose events are lines on standard output, for tests.
 *
 * Commands on standard input, a line each:
 *   send TEXT        multicast the text
 *   blob BYTES COUNT multicast COUNT messages of BYTES bytes; shown as length and checksum
 *   reload           corosync_cfg_reload_config
 *   quit             leave and end (end of input does the same)
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "engine/engine.h"

static struct hf_engine *engine;
static uv_pipe_t input;
static char line[4096];
static size_t line_length;

static void on_up(void *user, uint32_t node)
{
    (void)user;
    printf("up %" PRIu32 "\n", node);
}

static void on_down(void *user, const char *why)
{
    (void)user;
    printf("down %s\n", why);
}

static void on_membership(void *user, const struct hf_engine_members *m)
{
    (void)user;
    printf("members %" PRIx64 " joined %" PRIx64 " down %" PRIx64 " process %" PRIx64
           " ring %" PRIu32 ".%" PRIu64 " %s\n",
           m->members, m->joined, m->left_down, m->left_process, m->ring.node, m->ring.seq,
           m->ring_settled ? "settled" : "unsettled");
}

static void on_quorum(void *user, const struct hf_engine_quorum *q)
{
    (void)user;
    printf("quorum %s ring %" PRIu32 ".%" PRIu64 " votes %" PRIu32 " of %" PRIu32 "\n",
           q->quorate ? "yes" : "no", q->ring.node, q->ring.seq, q->votes, q->expected_votes);
}

static void on_message(void *user, uint32_t node, const void *data, size_t length)
{
    (void)user;
    const unsigned char *bytes = data;
    if (length < 200) {
        printf("message %" PRIu32 " %.*s\n", node, (int)length, (const char *)data);
        return;
    }
    uint32_t sum = 2166136261u;
    for (size_t i = 0; i < length; i++)
        sum = (sum ^ bytes[i]) * 16777619u;
    printf("message %" PRIu32 " blob %zu %08" PRIx32 "\n", node, length, sum);
}

static void on_links(void *user, const struct hf_engine_links *links, const char *why)
{
    (void)user;
    printf("links known %" PRIx64 " %" PRIx64 " up %" PRIx64 " %" PRIx64 " %s\n", links->known[0],
           links->known[1], links->up[0], links->up[1], why ? why : "-");
}

static void on_reloaded(void *user, int rc)
{
    (void)user;
    printf("reloaded %d\n", rc);
}

static void send_blobs(size_t length, unsigned count)
{
    unsigned char *blob = malloc(length + 1);
    HF_ASSERT(blob);
    for (unsigned i = 0; i < count; i++) {
        for (size_t at = 0; at < length; at++)
            blob[at] = (unsigned char)(at * 31u + i + (at >> 8));
        int rc = hf_engine_send(engine, blob, length);
        if (rc < 0)
            printf("refused %d\n", rc);
    }
    free(blob);
}

static void input_closed(uv_handle_t *handle)
{
    (void)handle;
}

static void quit(void)
{
    if (uv_is_closing((uv_handle_t *)&input))
        return;
    hf_engine_free(engine);
    engine = NULL;
    uv_close((uv_handle_t *)&input, input_closed);
}

static void command(char *text)
{
    size_t length = 0;
    unsigned count = 0;
    if (!engine)
        return;
    if (strncmp(text, "send ", 5) == 0) {
        int rc = hf_engine_send(engine, text + 5, strlen(text + 5));
        if (rc < 0)
            printf("refused %d\n", rc);
    } else if (sscanf(text, "blob %zu %u", &length, &count) == 2) {
        send_blobs(length, count);
    } else if (strcmp(text, "reload") == 0) {
        int rc = hf_engine_reload(engine);
        if (rc < 0)
            printf("refused %d\n", rc);
    } else if (strcmp(text, "quit") == 0) {
        quit();
    }
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)handle;
    (void)suggested;
    *buffer = uv_buf_init(line + line_length, (unsigned)(sizeof(line) - line_length - 1));
}

static void on_input(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
    (void)stream;
    (void)buffer;
    if (got < 0) {
        quit();
        return;
    }
    line_length += (size_t)got;
    line[line_length] = '\0';
    char *start = line;
    for (char *end; (end = strchr(start, '\n')); start = end + 1) {
        *end = '\0';
        command(start);
    }
    line_length = strlen(start);
    memmove(line, start, line_length + 1);
}

int main(void)
{
    static const struct hf_engine_callbacks callbacks = {
        .up = on_up,
        .down = on_down,
        .membership = on_membership,
        .quorum = on_quorum,
        .message = on_message,
        .links = on_links,
        .reloaded = on_reloaded,
    };
    uv_loop_t loop;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (uv_loop_init(&loop) < 0 || uv_pipe_init(&loop, &input, 0) < 0)
        return 1;
    if (uv_pipe_open(&input, dup(STDIN_FILENO)) < 0)
        return 1;
    if (hf_engine_new(&loop, &callbacks, NULL, &engine) < 0)
        return 1;
    uv_read_start((uv_stream_t *)&input, on_room, on_input);
    uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop) < 0;
}
