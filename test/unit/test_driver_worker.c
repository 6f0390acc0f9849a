/* The pool of workers with real processes: operations that answer, hang, crash and stream. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver/worker.h"

/* What the test operations do: the request's node says it. */
enum {
    DO_ANSWER,
    DO_HANG,
    DO_CRASH,
    DO_EXIT,
    DO_STREAM,
    DO_TWICE,
    DO_COUNT_FDS,
    DO_ANSWER_AND_CRASH,
    DO_TELL_WARM,
};

static uint32_t warm; /* in a worker: how often it was warmed up */

static void warm_up(void)
{
    warm++;
}

static void never_get_warm(void)
{
    for (;;)
        (void)pause();
}

static uint32_t count_fds(void)
{
    uint32_t count = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (dir && readdir(dir))
        count++;
    if (dir)
        (void)closedir(dir);
    return count - 3; /* . .. and that of the folder itself */
}

static void stream(struct hf_driver_reply *reply, hf_driver_reply_fn send, void *user)
{
    reply->more = true;
    while (send(user, reply) == 0)
        (void)poll(NULL, 0, 1);
}

static void run_test_op(const struct hf_driver_request *request, hf_driver_reply_fn send,
                        void *user)
{
    struct hf_driver_reply reply = {.id = request->id, .op = request->op, .pid = getpid()};
    switch (request->node) {
    case DO_HANG:
        for (;;)
            (void)pause();
    case DO_CRASH:
        (void)raise(SIGKILL);
        return;
    case DO_EXIT:
        _exit(3);
    case DO_STREAM:
        stream(&reply, send, user);
        return;
    case DO_TWICE:
        reply.more = true;
        (void)send(user, &reply);
        reply.more = false;
        break;
    case DO_COUNT_FDS:
        reply.generation = count_fds();
        break;
    case DO_TELL_WARM:
        reply.generation = warm;
        break;
    case DO_ANSWER_AND_CRASH:
        (void)send(user, &reply);
        (void)raise(SIGKILL);
        return;
    default:
        break;
    }
    (void)send(user, &reply);
}

struct seen {
    uv_loop_t loop;
    struct hf_pool *pool;
    unsigned count;
    unsigned ends;
    struct hf_driver_reply last;
    unsigned statuses[HF_DRV_FAILED + 1];
    bool free_in_reply;
    uint64_t cancel_in_reply;
};

static void on_reply(void *user, const struct hf_driver_reply *reply)
{
    struct seen *seen = user;
    seen->count++;
    seen->ends += !reply->more;
    seen->last = *reply;
    seen->statuses[reply->status]++;
    if (seen->cancel_in_reply)
        hf_pool_cancel(seen->pool, seen->cancel_in_reply);
    if (seen->free_in_reply) {
        hf_pool_free(seen->pool);
        seen->pool = NULL;
    }
}

static struct seen *start_with(unsigned spare, hf_pool_warm_fn warm_fn)
{
    struct seen *seen = calloc(1, sizeof(*seen));
    assert_non_null(seen);
    assert_int_equal(uv_loop_init(&seen->loop), 0);
    hf_pool_set_runner(run_test_op, warm_fn);
    assert_int_equal(hf_pool_new(&seen->loop, spare, on_reply, seen, &seen->pool), 0);
    return seen;
}

static struct seen *start(unsigned spare)
{
    return start_with(spare, NULL);
}

/* Frees the pool; every handle must go, and no child be left over. */
static void finish(struct seen *seen)
{
    hf_pool_free(seen->pool);
    assert_int_equal(uv_run(&seen->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&seen->loop), 0);
    free(seen);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void on_limit(uv_timer_t *timer)
{
    (void)timer;
    fail_msg("the loop waited too long");
}

/* Runs the loop until that many operations have ended (or replies have come). */
static void run_until(struct seen *seen, const unsigned *counter, unsigned wanted)
{
    uv_timer_t limit;
    (void)uv_timer_init(&seen->loop, &limit);
    (void)uv_timer_start(&limit, on_limit, 10000, 0);
    while (*counter < wanted)
        (void)uv_run(&seen->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&limit, NULL);
    (void)uv_run(&seen->loop, UV_RUN_NOWAIT);
}

static void submit(struct seen *seen, uint64_t id, uint16_t what, uint32_t deadline_ms)
{
    struct hf_driver_request request = {
        .id = id, .op = HF_OP_MOUNT, .node = what, .deadline_ms = deadline_ms};
    hf_pool_submit(seen->pool, &request);
}

static void answers_and_uses_again(void **unused)
{
    (void)unused;
    struct seen *seen = start(1);
    submit(seen, 1, DO_ANSWER, 5000);
    assert_int_equal(seen->count, 0);
    run_until(seen, &seen->ends, 1);
    int32_t first = seen->last.pid;
    assert_int_not_equal(first, getpid());
    submit(seen, 2, DO_TWICE, 5000);
    run_until(seen, &seen->ends, 2);
    assert_int_equal(seen->last.pid, first);
    assert_int_equal(seen->last.id, 2);
    assert_int_equal(seen->count, 3);
    assert_int_equal(seen->statuses[HF_DRV_OK], 3);
    finish(seen);
}

static void hang_ends_at_its_deadline(void **unused)
{
    (void)unused;
    struct seen *seen = start(1);
    uint64_t begin = uv_hrtime();
    submit(seen, 1, DO_HANG, 50);
    run_until(seen, &seen->ends, 1);
    uint64_t took_ms = (uv_hrtime() - begin) / 1000000;
    assert_in_range(took_ms, 49, 1000);
    assert_int_equal(seen->last.status, HF_DRV_TIMEOUT);
    assert_int_equal(seen->last.id, 1);
    submit(seen, 2, DO_ANSWER, 5000);
    run_until(seen, &seen->ends, 2);
    assert_int_equal(seen->last.status, HF_DRV_OK);
    finish(seen);
}

static void crash_is_told(void **unused)
{
    (void)unused;
    struct seen *seen = start(2);
    submit(seen, 1, DO_CRASH, 5000);
    run_until(seen, &seen->ends, 1);
    assert_int_equal(seen->last.status, HF_DRV_CRASHED);
    assert_non_null(strstr(seen->last.text, "killed by signal 9"));
    submit(seen, 2, DO_EXIT, 5000);
    run_until(seen, &seen->ends, 2);
    assert_int_equal(seen->last.status, HF_DRV_CRASHED);
    assert_non_null(strstr(seen->last.text, "exit status 3"));
    finish(seen);
}

/* The answer was sent: it counts, and the death after it is nobody's business. */
static void crash_after_the_answer(void **unused)
{
    (void)unused;
    struct seen *seen = start(1);
    for (unsigned i = 1; i <= 50; i++) {
        submit(seen, i, DO_ANSWER_AND_CRASH, 5000);
        run_until(seen, &seen->ends, i);
        assert_int_equal(seen->last.id, i);
        assert_int_equal(seen->statuses[HF_DRV_OK] + seen->statuses[HF_DRV_CRASHED], i);
    }
    finish(seen);
}

static void cancel_is_final(void **unused)
{
    (void)unused;
    struct seen *seen = start(1);
    submit(seen, 1, DO_STREAM, 0);
    run_until(seen, &seen->count, 3);
    assert_int_equal(seen->ends, 0);
    hf_pool_cancel(seen->pool, 1);
    hf_pool_cancel(seen->pool, 77);
    unsigned before = seen->count;
    submit(seen, 2, DO_ANSWER, 5000);
    run_until(seen, &seen->ends, 1);
    assert_int_equal(seen->count, before + 1);
    assert_int_equal(seen->last.id, 2);
    finish(seen);
}

static void cancel_and_free_from_a_reply(void **unused)
{
    (void)unused;
    struct seen *seen = start(2);
    submit(seen, 1, DO_STREAM, 0);
    seen->cancel_in_reply = 1;
    run_until(seen, &seen->count, 1);
    seen->cancel_in_reply = 0;
    seen->free_in_reply = true;
    submit(seen, 2, DO_CRASH, 5000);
    run_until(seen, &seen->ends, 1);
    assert_int_equal(seen->count, 2);
    assert_null(seen->pool);
    finish(seen);
}

static void many_at_once(void **unused)
{
    (void)unused;
    struct seen *seen = start(4);
    for (unsigned i = 0; i < 64; i++)
        submit(seen, 1 + i,
               i % 4 == 0   ? DO_HANG
               : i % 4 == 1 ? DO_CRASH
                            : DO_ANSWER,
               i % 4 == 0 ? 300 : 9000);
    run_until(seen, &seen->ends, 64);
    assert_int_equal(seen->statuses[HF_DRV_TIMEOUT], 16);
    assert_int_equal(seen->statuses[HF_DRV_CRASHED], 16);
    assert_int_equal(seen->statuses[HF_DRV_OK], 32);
    finish(seen);
}

/* The worker keeps three standard streams and its socket, whatever the daemon has open. */
static void keeps_no_descriptor(void **unused)
{
    (void)unused;
    int extra[20];
    for (size_t i = 0; i < 20; i++)
        extra[i] = dup(STDERR_FILENO);
    struct seen *seen = start(3);
    submit(seen, 1, DO_COUNT_FDS, 5000);
    run_until(seen, &seen->ends, 1);
    assert_int_equal(seen->last.generation, 4);
    for (size_t i = 0; i < 20; i++)
        (void)close(extra[i]);
    finish(seen);
}

static void spare_that_died_is_passed_over(void **unused)
{
    (void)unused;
    struct seen *seen = start(1);
    submit(seen, 1, DO_ANSWER, 5000);
    run_until(seen, &seen->ends, 1);
    (void)kill(seen->last.pid, SIGKILL);
    siginfo_t info;
    (void)waitid(P_PID, (id_t)seen->last.pid, &info, WEXITED | WNOWAIT);
    submit(seen, 2, DO_ANSWER, 5000);
    run_until(seen, &seen->ends, 2);
    assert_int_equal(seen->last.status, HF_DRV_OK);
    finish(seen);
}

static unsigned count_children(void)
{
    unsigned count = 0;
    int pid;
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (fscanf(file, "%d", &pid) == 1)
        count++;
    (void)fclose(file);
    return count;
}

/* Spare workers that were taken are replaced, one by one, while the loop has time. */
static void spare_ones_are_replaced(void **unused)
{
    (void)unused;
    struct seen *seen = start(2);
    assert_int_equal(count_children(), 2);
    submit(seen, 1, DO_HANG, 5000);
    submit(seen, 2, DO_HANG, 5000);
    submit(seen, 3, DO_STREAM, 0);
    assert_int_equal(count_children(), 3);
    while (count_children() < 5)
        (void)uv_run(&seen->loop, UV_RUN_ONCE);
    run_until(seen, &seen->count, seen->count + 200);
    assert_int_equal(count_children(), 5);
    finish(seen);
}

/* A spare one is used when it has said that it is warm; until then one is forked for the request,
 * as it is. */
static void spare_ones_get_warm(void **unused)
{
    (void)unused;
    struct seen *seen = start_with(1, warm_up);
    unsigned asked = 0;
    do {
        submit(seen, ++asked, DO_TELL_WARM, 5000);
        run_until(seen, &seen->ends, asked);
    } while (seen->last.generation == 0 && asked < 1000);
    assert_int_equal(seen->last.generation, 1);
    int32_t first = seen->last.pid;
    submit(seen, ++asked, DO_TELL_WARM, 5000);
    run_until(seen, &seen->ends, asked);
    assert_int_equal(seen->last.pid, first);
    assert_int_equal(seen->last.generation, 1);
    finish(seen);
}

/* Whoever asks the name services may hang: nothing waits for that, and it does not pile up. */
static void warm_up_that_hangs(void **unused)
{
    (void)unused;
    struct seen *seen = start_with(2, never_get_warm);
    for (unsigned i = 1; i <= 20; i++) {
        submit(seen, i, DO_TELL_WARM, 5000);
        run_until(seen, &seen->ends, i);
        assert_int_equal(seen->last.status, HF_DRV_OK);
        assert_int_equal(seen->last.generation, 0);
    }
    while (count_children() > 2)
        (void)uv_run(&seen->loop, UV_RUN_ONCE);
    finish(seen);
}

/* No descriptor is left for a socket pair: the failure comes from the loop. */
static void no_worker_to_be_had(void **unused)
{
    (void)unused;
    struct rlimit limit;
    struct seen *seen = start(0);
    (void)uv_run(&seen->loop, UV_RUN_NOWAIT);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    struct rlimit none = {.rlim_cur = 3, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    submit(seen, 1, DO_ANSWER, 5000);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(seen->count, 0);
    run_until(seen, &seen->ends, 1);
    assert_int_equal(seen->last.status, HF_DRV_FAILED);
    assert_int_equal(seen->last.error, EMFILE);
    finish(seen);
}

/* A worker dies with the daemon, here a child of the test. */
static void dies_with_the_daemon(void **unused)
{
    (void)unused;
    int out[2];
    int32_t pid = 0;
    assert_int_equal(pipe(out), 0);
    pid_t daemon = fork();
    if (daemon == 0) {
        struct seen *seen = start(1);
        submit(seen, 1, DO_STREAM, 0);
        while (seen->count == 0)
            (void)uv_run(&seen->loop, UV_RUN_ONCE);
        pid = seen->last.pid;
        if (write(out[1], &pid, sizeof(pid)) < 0)
            _exit(1);
        for (;;)
            (void)pause();
    }
    assert_int_equal(read(out[0], &pid, sizeof(pid)), sizeof(pid));
    (void)kill(daemon, SIGKILL);
    assert_int_equal(waitpid(daemon, NULL, 0), daemon);
    for (int i = 0; i < 5000 && kill(pid, 0) == 0; i++)
        (void)poll(NULL, 0, 1);
    char path[64];
    char state[64] = "";
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re"); /* a zombie where nobody reaps orphans */
    if (file) {
        (void)fscanf(file, "%*d (%*[^)]) %1s", state);
        (void)fclose(file);
        assert_string_equal(state, "Z");
    }
    (void)close(out[0]);
    (void)close(out[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_and_uses_again),
        cmocka_unit_test(hang_ends_at_its_deadline),
        cmocka_unit_test(crash_is_told),
        cmocka_unit_test(crash_after_the_answer),
        cmocka_unit_test(cancel_is_final),
        cmocka_unit_test(cancel_and_free_from_a_reply),
        cmocka_unit_test(many_at_once),
        cmocka_unit_test(keeps_no_descriptor),
        cmocka_unit_test(spare_that_died_is_passed_over),
        cmocka_unit_test(spare_ones_are_replaced),
        cmocka_unit_test(spare_ones_get_warm),
        cmocka_unit_test(warm_up_that_hangs),
        cmocka_unit_test(no_worker_to_be_had),
        cmocka_unit_test(dies_with_the_daemon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
