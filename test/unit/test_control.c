/*
 * The control socket with real sockets: who may, one request at a time, limits, those who lag.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/control.h"
#include "daemon/control_reply.h"

#define NOBODY 65534
#define DEADLINE_MS 10000u

struct world {
    uv_loop_t loop;
    struct hf_control *control;
    char folder[64];
    char path[96];
    uint64_t held; /* a request that is not answered yet */
    unsigned requests, closes;
    json_t *big; /* what "big" is answered with */
};

static void on_request(void *user, uint64_t connection, const json_t *request)
{
    struct world *world = user;
    const char *verb = json_string_value(json_object_get(request, "verb"));
    world->requests++;
    if (verb && strcmp(verb, "hold") == 0) {
        world->held = connection;
    } else if (verb && strcmp(verb, "stream") == 0) {
        for (int i = 0; i < 3; i++)
            (void)hf_control_reply(world->control, connection,
                                   json_pack("{s:s, s:i}", "event", "count", "n", i), false);
        (void)hf_control_reply(world->control, connection, hf_control_ok(NULL), true);
    } else if (verb && strcmp(verb, "big") == 0) {
        world->held = connection;
        for (int i = 0; i < 40; i++)
            if (!hf_control_reply(world->control, connection, json_incref(world->big), false))
                break;
    } else {
        (void)hf_control_reply(world->control, connection,
                               hf_control_ok(json_pack("{s:i}", "n", (int)world->requests)), true);
    }
}

static void on_close(void *user, uint64_t connection)
{
    struct world *world = user;
    world->closes++;
    if (world->held == connection)
        world->held = 0;
}

static void world_open(struct world *world, const struct hf_control_options *more)
{
    memset(world, 0, sizeof(*world));
    (void)snprintf(world->folder, sizeof(world->folder), "/tmp/hf_control.XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    assert_int_equal(chmod(world->folder, 0755), 0);
    (void)snprintf(world->path, sizeof(world->path), "%s/control.sock", world->folder);
    assert_int_equal(uv_loop_init(&world->loop), 0);
    struct hf_control_options options = *more;
    options.path = world->path;
    options.handler = on_request;
    options.closed = on_close;
    options.user = world;
    struct hf_error error = {0};
    assert_int_equal(hf_control_new(&world->loop, &options, &world->control, &error), 0);
}

static void world_shut(struct world *world)
{
    hf_control_free(world->control);
    assert_int_equal(uv_run(&world->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    assert_int_equal(access(world->path, F_OK), -1);
    assert_int_equal(rmdir(world->folder), 0);
    json_decref(world->big);
}

static int dial(const struct world *world)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", world->path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void on_wake(uv_timer_t *timer)
{
    (void)timer;
}

/* Runs the loop until a client has a whole line, or its end; NULL at the end. */
static char *listen_for(struct world *world, int fd, char *line, size_t room)
{
    uv_timer_t timer;
    assert_int_equal(uv_timer_init(&world->loop, &timer), 0);
    assert_int_equal(uv_timer_start(&timer, on_wake, 5, 5), 0);
    uint64_t until = uv_now(&world->loop) + DEADLINE_MS;
    size_t used = 0;
    char *ret = NULL;
    while (used + 1 < room) {
        ssize_t n = recv(fd, line + used, 1, MSG_DONTWAIT);
        if (n == 1 && line[used] == '\n') {
            ret = line;
            break;
        }
        if (n == 0 || (n < 0 && errno != EAGAIN))
            break;
        used += n > 0 ? (size_t)n : 0;
        if (n < 0)
            uv_run(&world->loop, UV_RUN_ONCE);
        assert_true(uv_now(&world->loop) < until);
    }
    line[used] = '\0';
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&world->loop, UV_RUN_NOWAIT);
    return ret;
}

static bool has(const char *line, const char *part)
{
    return line && strstr(line, part) != NULL;
}

static void run_until_closed(struct world *world, unsigned closes)
{
    uv_timer_t timer;
    assert_int_equal(uv_timer_init(&world->loop, &timer), 0);
    assert_int_equal(uv_timer_start(&timer, on_wake, 5, 5), 0);
    uint64_t until = uv_now(&world->loop) + DEADLINE_MS;
    while (world->closes < closes) {
        assert_true(uv_now(&world->loop) < until);
        uv_run(&world->loop, UV_RUN_ONCE);
    }
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&world->loop, UV_RUN_NOWAIT);
}

static void answers_in_turn(void **state)
{
    (void)state;
    struct world world;
    char line[1024];
    world_open(&world, &(struct hf_control_options){0});
    int fd = dial(&world);
    say(fd, "{\"verb\":\"a\"}\n\n{\"verb\":\"str");
    assert_true(has(listen_for(&world, fd, line, sizeof(line)), "\"n\":1"));
    say(fd, "eam\"}\n{\"verb\":\"hold\"}\n{\"verb\":\"b\"}\n");
    for (int i = 0; i < 3; i++)
        assert_true(has(listen_for(&world, fd, line, sizeof(line)), "\"event\":\"count\""));
    assert_true(has(listen_for(&world, fd, line, sizeof(line)), "\"ok\":true"));
    while (!world.held)
        uv_run(&world.loop, UV_RUN_ONCE);
    assert_int_equal(world.requests, 3);
    uid_t uid = 1;
    assert_true(hf_control_peer(world.control, world.held, &uid));
    assert_int_equal(uid, geteuid());
    assert_true(hf_control_reply(world.control, world.held, hf_control_ok(NULL), true));
    assert_true(has(listen_for(&world, fd, line, sizeof(line)), "\"ok\":true"));
    assert_true(has(listen_for(&world, fd, line, sizeof(line)), "\"n\":4"));
    close(fd);
    run_until_closed(&world, 1);
    assert_false(hf_control_reply(world.control, 1, hf_control_ok(NULL), true));
    world_shut(&world);
}

static void answers_after_half_close(void **state)
{
    (void)state;
    struct world world;
    char line[1024];
    world_open(&world, &(struct hf_control_options){0});
    int fd = dial(&world);
    say(fd, "{\"verb\":\"hold\"}\n");
    shutdown(fd, SHUT_WR);
    while (!world.held)
        uv_run(&world.loop, UV_RUN_ONCE);
    assert_true(hf_control_reply(world.control, world.held, hf_control_ok(NULL), true));
    assert_true(has(listen_for(&world, fd, line, sizeof(line)), "\"ok\":true"));
    assert_null(listen_for(&world, fd, line, sizeof(line)));
    close(fd);
    world_shut(&world);
    assert_int_equal(world.closes, 1);
}

static void forgets_who_hung_up(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, &(struct hf_control_options){0});
    int fd = dial(&world);
    say(fd, "{\"verb\":\"hold\"}\n");
    while (!world.held)
        uv_run(&world.loop, UV_RUN_ONCE);
    uint64_t id = world.held;
    close(fd);
    run_until_closed(&world, 1);
    assert_false(hf_control_reply(world.control, id, hf_control_ok(NULL), true));
    world_shut(&world);
}

static void tells_garbage(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "garbage\n", "[1]\n", "{\"a\":1,\"a\":2}\n", "\"x\"\n", "{\"verb\":\"\\ud800\"}\n",
        "\xff\xfe\n"};
    struct world world;
    char line[1024];
    world_open(&world, &(struct hf_control_options){0});
    int fd = dial(&world);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        say(fd, bad[i]);
        listen_for(&world, fd, line, sizeof(line));
        assert_true(has(line, "\"ok\":false"));
        assert_true(has(line, "bad-request"));
    }
    say(fd, "{\"verb\":\"a\"}\n");
    assert_true(has(listen_for(&world, fd, line, sizeof(line)), "\"ok\":true"));
    assert_int_equal(world.requests, 1);
    close(fd);
    world_shut(&world);
}

static void refuses_oversize(void **state)
{
    (void)state;
    struct world world;
    char line[1024];
    char block[4096];
    memset(block, 'x', sizeof(block));
    world_open(&world, &(struct hf_control_options){.request_max = 10000});
    int fd = dial(&world);
    for (int i = 0; i < 3; i++)
        assert_int_equal(send(fd, block, sizeof(block), MSG_NOSIGNAL), sizeof(block));
    assert_true(has(listen_for(&world, fd, line, sizeof(line)), "request-too-large"));
    assert_null(listen_for(&world, fd, line, sizeof(line)));
    close(fd);
    world_shut(&world);
}

static void drops_slow_readers(void **state)
{
    (void)state;
    char text[65536];
    memset(text, 'y', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    struct world world;
    world_open(&world, &(struct hf_control_options){.queue_max = 1u << 20});
    world.big = json_pack("{s:s}", "event", text);
    int fd = dial(&world);
    say(fd, "{\"verb\":\"big\"}\n");
    run_until_closed(&world, 1);
    close(fd);
    world_shut(&world);

    world_open(&world, &(struct hf_control_options){.stall_ms = 50});
    world.big = json_pack("{s:s}", "event", text);
    fd = dial(&world);
    say(fd, "{\"verb\":\"big\"}\n");
    run_until_closed(&world, 1);
    close(fd);
    world_shut(&world);
}

static void drops_the_idle(void **state)
{
    (void)state;
    struct world world;
    char line[1024];
    world_open(&world, &(struct hf_control_options){.idle_ms = 50});
    int fd = dial(&world);
    say(fd, "{\"verb\":");
    assert_null(listen_for(&world, fd, line, sizeof(line)));
    close(fd);
    world_shut(&world);
}

static void bounds_connections(void **state)
{
    (void)state;
    struct world world;
    char line[1024];
    int fds[18];
    world_open(&world, &(struct hf_control_options){.connections_max = 1});
    unsigned room = geteuid() == 0 ? 17 : 1;
    for (unsigned i = 0; i <= room; i++)
        fds[i] = dial(&world);
    assert_true(has(listen_for(&world, fds[room], line, sizeof(line)), "too-many-connections"));
    say(fds[0], "{\"verb\":\"a\"}\n");
    assert_true(has(listen_for(&world, fds[0], line, sizeof(line)), "\"ok\":true"));
    for (unsigned i = 0; i <= room; i++)
        close(fds[i]);
    world_shut(&world);
}

static void is_the_only_one(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, &(struct hf_control_options){0});
    struct hf_control_options options = {.path = world.path, .handler = on_request};
    struct hf_control *second = NULL;
    struct hf_error error = {0};
    assert_int_equal(hf_control_new(&world.loop, &options, &second, &error), -EADDRINUSE);
    assert_true(has(error.text, "another holdfastd"));
    world_shut(&world);
}

/* A child as another user asks once; what it heard comes back through a pipe. */
static void ask_when(struct world *world, gid_t group, bool late, char *line, size_t room)
{
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (setgroups(group ? 1 : 0, &group) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
            setresuid(NOBODY, NOBODY, NOBODY) < 0)
            _exit(1);
        int fd = dial(world);
        char heard[1024] = "no answer";
        struct pollfd answer = {.fd = fd, .events = POLLRDHUP};
        if (late) /* all that will be said was said before the request is sent */
            (void)poll(&answer, 1, DEADLINE_MS);
        (void)!write(fd, "{\"verb\":\"a\"}\n", 13);
        ssize_t n = recv(fd, heard, sizeof(heard), 0);
        (void)!write(fds[1], heard, n > 0 ? (size_t)n : 10);
        _exit(0);
    }
    close(fds[1]);
    assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
    uv_timer_t timer;
    assert_int_equal(uv_timer_init(&world->loop, &timer), 0);
    assert_int_equal(uv_timer_start(&timer, on_wake, 5, 5), 0);
    uint64_t until = uv_now(&world->loop) + DEADLINE_MS;
    ssize_t n = -1;
    while ((n = read(fds[0], line, room - 1)) < 0 && errno == EAGAIN) {
        assert_true(uv_now(&world->loop) < until);
        uv_run(&world->loop, UV_RUN_ONCE);
    }
    line[n > 0 ? n : 0] = '\0';
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&world->loop, UV_RUN_NOWAIT);
    close(fds[0]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void ask_as(struct world *world, gid_t group, char *line, size_t room)
{
    ask_when(world, group, false, line, room);
}

static void refuses_strangers(void **state)
{
    (void)state;
    struct group *mail = getgrnam("mail");
    if (geteuid() != 0 || !mail)
        skip();
    gid_t gid = mail->gr_gid;
    struct world world;
    char line[2048];
    world_open(&world, &(struct hf_control_options){.group = "mail"});
    ask_as(&world, 0, line, sizeof(line));
    assert_true(has(line, "\"ok\":false"));
    assert_true(has(line, "not-permitted"));
    assert_true(has(line, "usermod -aG mail USER"));
    assert_int_equal(world.requests, 0);
    ask_when(&world, 0, true, line, sizeof(line));
    assert_true(has(line, "not-permitted"));
    ask_as(&world, gid, line, sizeof(line));
    assert_true(has(line, "\"ok\":true"));
    world_shut(&world);

    world_open(&world, &(struct hf_control_options){.group = "hf-no-such-group"});
    ask_as(&world, gid, line, sizeof(line));
    assert_true(has(line, "there is no group 'hf-no-such-group'"));
    assert_true(has(line, "groupadd --system hf-no-such-group"));
    world_shut(&world);

    /* The user database counts as well: nobody's own group is nogroup there. */
    world_open(&world, &(struct hf_control_options){.group = "nogroup"});
    ask_as(&world, 0, line, sizeof(line));
    assert_true(has(line, "\"ok\":true"));
    world_shut(&world);
}

/* Freed while a request is open. */
static void frees_under_way(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, &(struct hf_control_options){0});
    int fd = dial(&world);
    say(fd, "{\"verb\":\"hold\"}\n");
    while (!world.held)
        uv_run(&world.loop, UV_RUN_ONCE);
    world_shut(&world);
    assert_int_equal(world.closes, 1);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_in_turn),     cmocka_unit_test(answers_after_half_close),
        cmocka_unit_test(forgets_who_hung_up), cmocka_unit_test(tells_garbage),
        cmocka_unit_test(refuses_oversize),    cmocka_unit_test(drops_slow_readers),
        cmocka_unit_test(drops_the_idle),      cmocka_unit_test(bounds_connections),
        cmocka_unit_test(is_the_only_one),     cmocka_unit_test(refuses_strangers),
        cmocka_unit_test(frees_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
