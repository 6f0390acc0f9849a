#include "daemon/join_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/child.h"
#include "daemon/join_tls.h"
#include "daemon/join_wire.h"

#define CLIENT_FD 3
#define DAEMON_FD 4

/* Writes a frame to the daemon, with an optional byte in front. The daemon reads always. */
static int tell_daemon(int fd, int token, const struct hf_strbuf *text)
{
    size_t length = text->length + 1;
    uint8_t head[5] = {(uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8),
                       (uint8_t)length, (uint8_t)token};
    if (write(fd, head, sizeof(head)) != (ssize_t)sizeof(head))
        return -EPIPE;
    for (size_t at = 0; at < text->length;) {
        ssize_t done = write(fd, text->data + at, text->length - at);
        if (done <= 0)
            return -EPIPE;
        at += (size_t)done;
    }
    return 0;
}

static int read_daemon(int fd, void *data, size_t length, int64_t deadline)
{
    char *at = data;
    while (length > 0) {
        struct pollfd poller = {.fd = fd, .events = POLLIN};
        int64_t left = deadline - hf_join_clock_ms();
        if (left <= 0 || poll(&poller, 1, (int)left) == 0)
            return -ETIMEDOUT;
        ssize_t done = read(fd, at, length);
        if (done <= 0)
            return -EPIPE;
        at += done;
        length -= (size_t)done;
    }
    return 0;
}

static int hear_daemon(int fd, struct hf_strbuf *out, int64_t deadline)
{
    uint8_t head[4];
    int rc = read_daemon(fd, head, sizeof(head), deadline);
    uint32_t length =
        (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 | (uint32_t)head[2] << 8 | head[3];
    while (rc == 0 && length > 0) {
        char piece[4096];
        uint32_t part = length < sizeof(piece) ? length : (uint32_t)sizeof(piece);
        rc = read_daemon(fd, piece, part, deadline);
        if (rc == 0)
            hf_strbuf_add_bytes(out, piece, part);
        length -= part;
    }
    return rc;
}

/* Request to the daemon, its answer to the joiner, the joiner's confirmation. */
static int relay(struct hf_join_tls *tls, struct hf_strbuf *text)
{
    int rc = hf_join_tls_receive(tls, text, hf_join_clock_ms() + HF_JOIN_REQUEST_MS);
    if (rc == 0)
        rc = tell_daemon(DAEMON_FD, tls->token, text);
    hf_strbuf_clear(text);
    if (rc == 0)
        rc = hear_daemon(DAEMON_FD, text, hf_join_clock_ms() + HF_JOIN_ANSWER_MS);
    if (rc == 0)
        rc = hf_join_tls_send(tls, text->data, text->length,
                              hf_join_clock_ms() + HF_JOIN_REQUEST_MS);
    hf_strbuf_clear(text);
    if (rc == 0)
        rc = hf_join_tls_receive(tls, text, hf_join_clock_ms() + HF_JOIN_CONFIRM_MS);
    return rc == 0 && hf_join_done_decode(text->data, text->length) ? HF_JOIN_CHILD_DONE
                                                                    : HF_JOIN_CHILD_BROKEN;
}

static int talk(const struct hf_join_token *tokens, unsigned token_count)
{
    struct hf_join_tls tls;
    struct hf_strbuf text;
    hf_strbuf_init(&text);
    int rc = hf_join_tls_server(&tls, CLIENT_FD, tokens, token_count,
                                hf_join_clock_ms() + HF_JOIN_HANDSHAKE_MS);
    int result = HF_JOIN_CHILD_BROKEN;
    if (rc == 0)
        result = relay(&tls, &text);
    else if (rc == -EACCES || rc == -EPROTO)
        result = HF_JOIN_CHILD_DENIED;
    hf_join_tls_close(&tls);
    hf_strbuf_release(&text);
    return result;
}

/* Keeps only standard files, the joiner and the daemon; in particular not the listener. */
static void keep_descriptors(int client, int daemon)
{
    int high_client = fcntl(client, F_DUPFD, 10);
    int high_daemon = fcntl(daemon, F_DUPFD, 10);
    if (high_client < 0 || high_daemon < 0)
        _exit(HF_JOIN_CHILD_BROKEN);
    if (dup2(high_client, CLIENT_FD) < 0 || dup2(high_daemon, DAEMON_FD) < 0)
        _exit(HF_JOIN_CHILD_BROKEN);
    (void)close_range(DAEMON_FD + 1, ~0U, 0);
}

_Noreturn static void child_main(int client, int daemon, pid_t parent,
                                 const struct hf_join_token *tokens, unsigned token_count)
{
    hf_child_signals();
    (void)signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(HF_JOIN_CHILD_BROKEN);
    keep_descriptors(client, daemon);
    _exit(talk(tokens, token_count));
}

int hf_join_child_fork(int client, const struct hf_join_token *tokens, unsigned token_count,
                       pid_t *pid)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        int rc = -errno;
        close(client);
        return rc;
    }
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    *pid = fork();
    if (*pid == 0)
        child_main(client, pair[1], parent, tokens, token_count);
    int rc = *pid < 0 ? -errno : pair[0];
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(client);
    close(pair[1]);
    if (rc < 0)
        close(pair[0]);
    else
        (void)fcntl(pair[0], F_SETFL, O_NONBLOCK);
    return rc;
}
