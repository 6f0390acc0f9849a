#include "daemon/gather_program.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/gather_wire.h"

#define OUT_MAX (HF_GATHER_PART_BYTES * HF_GATHER_PARTS_MAX)

struct hf_gather_program {
    uv_process_t process;
    uv_pipe_t in, out;
    uv_timer_t timer;
    uv_write_t write;
    char *input;
    struct hf_strbuf text;
    hf_gather_ended_fn ended; /* NULL: called, or cancelled */
    hf_gather_gone_fn gone;
    void *user;
    char piece[4096];
    unsigned closing; /* handles whose close callback is still to come; one more until the end */
    bool running, reading, too_long;
    int64_t status;
};

static void closed(uv_handle_t *handle)
{
    struct hf_gather_program *program = handle->data;
    if (--program->closing > 0)
        return;
    hf_strbuf_release(&program->text);
    free(program->input);
    free(program);
}

static void close_one(struct hf_gather_program *program, uv_handle_t *handle)
{
    if (!uv_is_closing(handle)) {
        program->closing++;
        uv_close(handle, closed);
    }
}

static void close_all(struct hf_gather_program *program)
{
    close_one(program, (uv_handle_t *)&program->in);
    close_one(program, (uv_handle_t *)&program->out);
    close_one(program, (uv_handle_t *)&program->timer);
    close_one(program, (uv_handle_t *)&program->process);
    program->closing--; /* what it was made with */
}

/* What it started is in its process group, and goes with it. */
static void kill_all(const struct hf_gather_program *program)
{
    if (program->running)
        (void)kill(-program->process.pid, SIGKILL);
}

static void tell(struct hf_gather_program *program, const char *why)
{
    hf_gather_ended_fn ended = program->ended;
    program->ended = NULL;
    if (ended)
        ended(program->user, &program->text, why);
}

static void end(struct hf_gather_program *program)
{
    char why[160] = "";
    if (program->running || program->reading)
        return;
    if (program->too_long)
        (void)snprintf(why, sizeof(why), "there are more than %u bytes of facts", OUT_MAX);
    else if (program->status != 0)
        (void)snprintf(why, sizeof(why), "reading the facts ended with status %lld",
                       (long long)program->status);
    else if (!hf_strbuf_ok(&program->text))
        (void)snprintf(why, sizeof(why), "out of memory");
    program->gone(program->user);
    tell(program, why[0] ? why : NULL);
    close_all(program);
}

static void exited(uv_process_t *process, int64_t status, int signal)
{
    struct hf_gather_program *program = process->data;
    program->running = false;
    program->status = signal ? 128 + signal : status;
    end(program);
}

static void late(uv_timer_t *timer)
{
    struct hf_gather_program *program = timer->data;
    kill_all(program);
    program->reading = false; /* whoever else holds the pipe open is not waited for */
    (void)uv_read_stop((uv_stream_t *)&program->out);
    tell(program, "reading the facts did not end in time: a disk or a program hangs");
    end(program);
}

static void give_room(uv_handle_t *handle, size_t wanted, uv_buf_t *ret)
{
    struct hf_gather_program *program = handle->data;
    (void)wanted;
    *ret = uv_buf_init(program->piece, sizeof(program->piece));
}

static void was_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
    struct hf_gather_program *program = stream->data;
    if (got > 0 && program->text.length + (size_t)got <= OUT_MAX)
        hf_strbuf_add_bytes(&program->text, buffer->base, (size_t)got);
    else if (got > 0)
        program->too_long = true;
    if (got >= 0)
        return;
    (void)uv_read_stop(stream);
    program->reading = false;
    end(program);
}

/* A program that does not want its input is its own business. */
static void was_written(uv_write_t *write, int status)
{
    struct hf_gather_program *program = write->data;
    (void)status;
    if (uv_is_closing((uv_handle_t *)&program->in))
        return;
    close_one(program, (uv_handle_t *)&program->in);
}

static int start(struct hf_gather_program *program, const char *const argv[], uint64_t timeout_ms)
{
    char *environment[] = {"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
    uv_stdio_container_t streams[3] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&program->in},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&program->out},
        {.flags = UV_IGNORE},
    };
    uv_process_options_t options = {
        .exit_cb = exited,
        .file = argv[0],
        .args = (char **)(uintptr_t)argv,
        .env = environment,
        .stdio_count = 3,
        .stdio = streams,
        .flags = UV_PROCESS_DETACHED, /* a process group of its own */
    };
    int rc = uv_spawn(program->timer.loop, &program->process, &options);
    if (rc < 0)
        return rc;
    program->running = program->reading = true;
    uv_buf_t buffer = uv_buf_init(program->input, (unsigned)strlen(program->input));
    (void)uv_timer_start(&program->timer, late, timeout_ms, 0);
    (void)uv_read_start((uv_stream_t *)&program->out, give_room, was_read);
    (void)uv_write(&program->write, (uv_stream_t *)&program->in, &buffer, 1, was_written);
    return 0;
}

int hf_gather_program_start(uv_loop_t *loop, const char *const argv[], const char *input,
                            uint64_t timeout_ms, hf_gather_ended_fn ended, hf_gather_gone_fn gone,
                            void *user, struct hf_gather_program **ret)
{
    struct hf_gather_program *program = calloc(1, sizeof(*program));
    char *copy = strdup(input);
    if (!program || !copy) {
        free(program);
        free(copy);
        return -ENOMEM;
    }
    hf_strbuf_init(&program->text);
    program->input = copy;
    program->closing = 1;
    program->user = user;
    (void)uv_pipe_init(loop, &program->in, 0);
    (void)uv_pipe_init(loop, &program->out, 0);
    (void)uv_timer_init(loop, &program->timer);
    program->process.data = program->in.data = program->out.data = program;
    program->timer.data = program->write.data = program;
    int rc = start(program, argv, timeout_ms);
    if (rc < 0) {
        close_all(program); /* uv_spawn makes the handle of the process also when it fails */
        return rc;
    }
    program->ended = ended;
    program->gone = gone;
    *ret = program;
    return 0;
}

void hf_gather_program_cancel(struct hf_gather_program *program)
{
    if (!program)
        return;
    program->ended = NULL;
    kill_all(program);
    close_all(program);
}
