/*
 * Joining over loopback: the server on a loop here, joiners as forked processes.
 * A joiner's exit status says how it went for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/join.h"
#include "daemon/join_client.h"
#include "daemon/join_token.h"

#define DEADLINE_MS 20000

enum how { ANSWER_NOW, REFUSE, ANSWER_LATER };

struct world {
    uv_loop_t loop;
    struct hf_join_server *server;
    enum how how;
    struct hf_join_conn *waiting;
    unsigned requests;
    unsigned events[HF_JOIN_BROKEN + 1];
    unsigned ended; /* denied or broken */
    char joined[HF_JOIN_NAME_MAX];
};

static struct hf_join_bundle bundle = {
    .node_id = 2,
    .cluster = "test",
    .node_count = 1,
    .nodes = {{1, "db1", "10.0.0.1", "10.0.1.1"}},
};

static void answer(struct world *w, struct hf_join_conn *conn)
{
    if (w->how == REFUSE)
        hf_join_answer(conn, -EACCES, NULL, "the name is taken");
    else
        hf_join_answer(conn, 0, &bundle, NULL);
}

static void on_request(void *user, struct hf_join_conn *conn, const struct hf_join_request *request)
{
    struct world *w = user;
    w->requests++;
    assert_string_equal(request->name, "db2");
    if (w->how == ANSWER_LATER)
        w->waiting = conn;
    else
        answer(w, conn);
}

static void on_event(void *user, enum hf_join_event event, const char *name)
{
    struct world *w = user;
    w->events[event]++;
    w->ended += event == HF_JOIN_DENIED || event == HF_JOIN_BROKEN;
    if (event == HF_JOIN_SPENT)
        (void)strncpy(w->joined, name, sizeof(w->joined) - 1);
    assert_true(hf_join_event_text(event)[0] != '\0');
}

static int setup(void **state)
{
    static char conf[20000];
    static const struct hf_join_callbacks callbacks = {on_request, on_event};
    struct world *w = calloc(1, sizeof(*w));
    memset(conf, '#', sizeof(conf) - 1);
    bundle.corosync_conf = conf;
    uv_loop_init(&w->loop);
    assert_int_equal(hf_join_server_new(&w->loop, &callbacks, w, &w->server), 0);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    hf_join_server_free(w->server);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0);
    free(w);
    return 0;
}

static void new_token(struct world *w, unsigned ttl_s, struct hf_join_token *token)
{
    static const char *const addresses[] = {"203.0.113.7", "127.0.0.1", "::1"};
    struct hf_strbuf text HF_STRBUF_CLEANUP;
    struct hf_error error;
    hf_strbuf_init(&text);
    assert_int_equal(hf_join_server_token(w->server, ttl_s, addresses, 3, 0, &text, &error), 0);
    assert_int_equal(hf_join_token_decode(text.data, token, &error), 0);
    assert_string_equal(token->endpoints[0].address, "127.0.0.1");
}

static void deadline_passed(uv_timer_t *timer)
{
    (void)timer;
    fail_msg("nothing happened before the deadline");
}

/* Runs the loop until *counter has reached the value. */
static void run_until(struct world *w, const unsigned *counter, unsigned value)
{
    uv_timer_t timer;
    uv_timer_init(&w->loop, &timer);
    uv_timer_start(&timer, deadline_passed, DEADLINE_MS, 0);
    while (*counter < value)
        uv_run(&w->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&w->loop, UV_RUN_NOWAIT);
}

enum { WELL, NO_CONNECTION, DENIED, REFUSED, REFUSED_OTHER };

static int joiner_run(const struct hf_join_token *token, bool confirm)
{
    const struct hf_join_request request = {"db2", "10.0.0.2", "10.0.1.2", "3.1.7", "1"};
    struct hf_join_tls tls;
    struct hf_join_bundle got = {0};
    struct hf_error error = {""};
    int rc = hf_join_client_ask(token, &request, &tls, &got, &error);
    int result = WELL;
    if (rc < 0 && strstr(error.text, "the name is taken"))
        result = REFUSED;
    else if (rc < 0 && strstr(error.text, "nobody listens"))
        result = NO_CONNECTION;
    else if (rc < 0 && strstr(error.text, "does not know this token"))
        result = DENIED;
    else if (rc < 0 || got.node_id != 2 || strlen(got.corosync_conf) != 19999)
        result = REFUSED_OTHER;
    else if (confirm && hf_join_client_confirm(&tls, &error) < 0)
        result = REFUSED_OTHER;
    hf_join_tls_close(&tls);
    hf_join_bundle_release(&got);
    return result;
}

static pid_t joiner(const struct hf_join_token *token, bool confirm)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(joiner_run(token, confirm));
    return pid;
}

static int status_of(pid_t pid)
{
    int code = 0;
    assert_int_equal(waitpid(pid, &code, 0), pid);
    assert_true(WIFEXITED(code));
    return WEXITSTATUS(code);
}

static void right_token(void **state)
{
    struct world *w = *state;
    struct hf_join_token token;
    new_token(w, 60, &token);
    pid_t pid = joiner(&token, true);
    run_until(w, &w->events[HF_JOIN_SPENT], 1);
    assert_int_equal(status_of(pid), WELL);
    assert_string_equal(w->joined, "db2");
}

static void used_token(void **state)
{
    struct world *w = *state;
    struct hf_join_token first;
    struct hf_join_token second;
    new_token(w, 60, &first);
    new_token(w, 60, &second);
    pid_t pid = joiner(&first, true);
    run_until(w, &w->events[HF_JOIN_SPENT], 1);
    assert_int_equal(status_of(pid), WELL);
    pid = joiner(&first, true); /* the listener is still open for the second */
    run_until(w, &w->events[HF_JOIN_DENIED], 1);
    assert_int_equal(status_of(pid), DENIED);
    pid = joiner(&second, true);
    run_until(w, &w->events[HF_JOIN_SPENT], 2);
    assert_int_equal(status_of(pid), WELL);
    assert_int_equal(status_of(joiner(&second, true)), NO_CONNECTION);
    assert_int_equal(w->requests, 2);
}

static void wrong_secret(void **state)
{
    struct world *w = *state;
    struct hf_join_token token;
    new_token(w, 60, &token);
    struct hf_join_token wrong = token;
    wrong.secret[7] ^= 1;
    pid_t pid = joiner(&wrong, true);
    run_until(w, &w->events[HF_JOIN_DENIED], 1);
    assert_int_equal(status_of(pid), DENIED);
    wrong = token;
    wrong.id[0] = wrong.id[0] == 'a' ? 'b' : 'a';
    pid = joiner(&wrong, true);
    run_until(w, &w->events[HF_JOIN_DENIED], 2);
    assert_int_equal(status_of(pid), DENIED);
    assert_int_equal(w->requests, 0);
}

static void too_many_wrong(void **state)
{
    struct world *w = *state;
    struct hf_join_token token;
    new_token(w, 60, &token);
    struct hf_join_token wrong = token;
    wrong.secret[0] ^= 1;
    for (unsigned i = 1; i <= HF_JOIN_FAILURES_MAX; i++) {
        pid_t pid = joiner(&wrong, true);
        run_until(w, &w->events[HF_JOIN_DENIED], i);
        assert_int_equal(status_of(pid), DENIED);
    }
    assert_int_equal(w->events[HF_JOIN_WITHDRAWN], 1);
    assert_int_equal(status_of(joiner(&token, true)), NO_CONNECTION);
}

static void expired_token(void **state)
{
    struct world *w = *state;
    struct hf_join_token token;
    new_token(w, 0, &token);
    run_until(w, &w->events[HF_JOIN_EXPIRED], 1);
    assert_int_equal(status_of(joiner(&token, true)), NO_CONNECTION);
}

static void refused_then_good(void **state)
{
    struct world *w = *state;
    struct hf_join_token token;
    new_token(w, 60, &token);
    w->how = REFUSE;
    pid_t pid = joiner(&token, true);
    run_until(w, &w->events[HF_JOIN_BROKEN], 1);
    assert_int_equal(status_of(pid), REFUSED);
    w->how = ANSWER_NOW;
    pid = joiner(&token, false); /* got the answer, but dies before its files are on disk */
    run_until(w, &w->events[HF_JOIN_BROKEN], 2);
    assert_int_equal(status_of(pid), WELL);
    pid = joiner(&token, true);
    run_until(w, &w->events[HF_JOIN_SPENT], 1);
    assert_int_equal(status_of(pid), WELL);
}

static void one_at_a_time(void **state)
{
    struct world *w = *state;
    struct hf_join_token token;
    new_token(w, 60, &token);
    w->how = ANSWER_LATER;
    pid_t first = joiner(&token, true);
    run_until(w, &w->requests, 1);
    pid_t second = joiner(&token, true);
    run_until(w, &w->events[HF_JOIN_BROKEN], 1);
    assert_int_equal(status_of(second), REFUSED_OTHER);
    answer(w, w->waiting);
    run_until(w, &w->events[HF_JOIN_SPENT], 1);
    assert_int_equal(status_of(first), WELL);
}

static void joiner_gone_before_answer(void **state)
{
    struct world *w = *state;
    struct hf_join_token token;
    new_token(w, 60, &token);
    w->how = ANSWER_LATER;
    pid_t pid = joiner(&token, true);
    run_until(w, &w->requests, 1);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    hf_join_answer(w->waiting, 0, &bundle, NULL);
    run_until(w, &w->events[HF_JOIN_BROKEN], 1);
    pid = joiner(&token, true);
    run_until(w, &w->requests, 2);
    answer(w, w->waiting);
    run_until(w, &w->events[HF_JOIN_SPENT], 1);
    assert_int_equal(status_of(pid), WELL);
}

static int connect_raw(const struct hf_join_token *token)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(token->endpoints[0].port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    return fd;
}

static void garbage(void **state)
{
    struct world *w = *state;
    struct hf_join_token token;
    new_token(w, 60, &token);
    unsigned char bytes[600];
    srand(4711);
    for (unsigned i = 1; i <= 10; i++) {
        int fd = connect_raw(&token);
        for (size_t at = 0; at < sizeof(bytes); at++)
            bytes[at] = (unsigned char)rand();
        if (i % 2) /* looks like a TLS handshake */
            memcpy(bytes, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
        assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
        assert_int_equal(shutdown(fd, SHUT_WR), 0);
        run_until(w, &w->ended, i);
        close(fd);
    }
    unsigned denied = w->events[HF_JOIN_DENIED];
    assert_true(denied > 0);
    close(connect_raw(&token)); /* comes and goes: no attempt on the token */
    run_until(w, &w->ended, 11);
    assert_int_equal(w->events[HF_JOIN_DENIED], denied);
    pid_t pid = joiner(&token, true);
    run_until(w, &w->events[HF_JOIN_SPENT], 1);
    assert_int_equal(status_of(pid), WELL);
}

/* Hanging clients take all places; they are thrown out, and the joiner comes through. */
static void hanging(void **state)
{
    struct world *w = *state;
    struct hf_join_token token;
    int fds[8];
    new_token(w, 60, &token);
    for (size_t i = 0; i < 8; i++)
        fds[i] = connect_raw(&token);
    run_until(w, &w->events[HF_JOIN_BROKEN], 8);
    pid_t pid = joiner(&token, true);
    run_until(w, &w->events[HF_JOIN_SPENT], 1);
    assert_int_equal(status_of(pid), WELL);
    for (size_t i = 0; i < 8; i++)
        close(fds[i]);
}

/* The server goes while a request waits for its answer and a child hangs. */
static void freed_while_busy(void **state)
{
    struct world *w = *state;
    struct hf_join_token token;
    struct hf_join_token other;
    new_token(w, 60, &token);
    new_token(w, 60, &other);
    w->how = ANSWER_LATER;
    int fd = connect_raw(&token);
    pid_t gone = joiner(&other, true);
    run_until(w, &w->requests, 1);
    kill(gone, SIGKILL);
    waitpid(gone, NULL, 0);
    run_until(w, &w->events[HF_JOIN_BROKEN], 1);
    pid_t pid = joiner(&token, true);
    run_until(w, &w->requests, 2);
    hf_join_server_free(w->server);
    w->server = NULL;
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(status_of(pid), REFUSED_OTHER);
    close(fd);
}

static void too_many_tokens(void **state)
{
    struct world *w = *state;
    struct hf_join_token token;
    struct hf_strbuf text HF_STRBUF_CLEANUP;
    struct hf_error error;
    const char *const bad[] = {"203.0.113.7"};
    hf_strbuf_init(&text);
    assert_true(hf_join_server_token(w->server, 60, bad, 1, 0, &text, &error) < 0);
    assert_non_null(strstr(error.text, "203.0.113.7"));
    for (unsigned i = 0; i < HF_JOIN_TOKENS_MAX; i++)
        new_token(w, 60, &token);
    const char *const good[] = {"127.0.0.1"};
    assert_int_equal(hf_join_server_token(w->server, 60, good, 1, 0, &text, &error), -ENOSPC);
    assert_int_equal(text.length, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(right_token),      TEST(used_token),
        TEST(wrong_secret),     TEST(too_many_wrong),
        TEST(expired_token),    TEST(refused_then_good),
        TEST(one_at_a_time),    TEST(joiner_gone_before_answer),
        TEST(garbage),          TEST(hanging),
        TEST(freed_while_busy), TEST(too_many_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
