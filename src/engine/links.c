#include "engine/links.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RECORD_MARK UINT64_C(0x736b6e696c666801)
#define DELAY_MAX_MS 60000u
#define READ_MAX 2048 /* records; a pipe holds 64 KiB, so more at once is not what it should be */

struct record {
    uint64_t mark;
    uint64_t looked_ms;
    struct hf_engine_links links;
};

struct hf_links {
    uv_loop_t *loop;
    struct hf_links_options options;
    struct hf_engine_child *child; /* NULL = none; may be one that was killed and is not gone yet */
    uv_poll_t *pipe;               /* from the child; NULL = not listened to */
    int fd;
    uv_timer_t timer; /* without a child: start the next; with one: its last picture is too old */
    bool wanted;
    bool spoke; /* the child said something */
    uint64_t delay_ms;
    struct hf_engine_links last; /* as told */
    const char *why;             /* as told */
};

static const struct hf_engine_links unknown;
static const char ended[] = "the process that asks corosync about them ended";

static void start_due(uv_timer_t *timer);
static void silent_due(uv_timer_t *timer);

uint64_t hf_links_clock_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int hf_links_say(int output, const struct hf_engine_links *links, uint64_t looked_ms)
{
    struct record record = {.mark = RECORD_MARK, .looked_ms = looked_ms, .links = *links};
    ssize_t wrote = write(output, &record, sizeof(record)); /* whole or not: below PIPE_BUF */
    return wrote < 0 && errno != EAGAIN && errno != EINTR ? -errno : 0;
}

/* ---- telling ---- */

static void tell(struct hf_links *links, const struct hf_engine_links *now, const char *why)
{
    if (memcmp(&links->last, now, sizeof(*now)) == 0 && links->why == why)
        return;
    links->last = *now;
    links->why = why;
    links->options.told(links->options.user, now, why);
}

static void pipe_closed(uv_handle_t *handle)
{
    free(handle);
}

static void stop_listening(struct hf_links *links)
{
    if (!links->pipe)
        return;
    uv_close((uv_handle_t *)links->pipe, pipe_closed);
    links->pipe = NULL;
    (void)close(links->fd);
}

static void lose(struct hf_links *links, const char *why)
{
    stop_listening(links);
    (void)uv_timer_stop(&links->timer);
    hf_engine_child_kill(links->child);
    tell(links, &unknown, why);
}

/* ---- reading ---- */

static bool is_sound(const struct record *record, uint64_t now_ms)
{
    bool sound = record->mark == RECORD_MARK && record->looked_ms <= now_ms;
    for (unsigned link = 0; link < HF_ENGINE_LINKS_MAX; link++)
        sound = sound && (record->links.up[link] & ~record->links.known[link]) == 0;
    return sound;
}

/* A record may be old news, when this process stood still and the pipe kept it. */
static void take(struct hf_links *links, const struct record *record, uint64_t now_ms)
{
    uint64_t age_ms = now_ms - record->looked_ms;
    if (age_ms >= links->options.silent_ms)
        return;
    links->spoke = true;
    (void)uv_timer_start(&links->timer, silent_due, links->options.silent_ms - age_ms, 0);
    tell(links, &record->links, NULL);
}

/* Takes what is there; false: this child is of no use, why says why. */
static bool read_all(struct hf_links *links, const char **why)
{
    *why = "the process that asks corosync about them said what cannot be";
    for (int i = 0; i < READ_MAX; i++) {
        struct record record;
        ssize_t got = read(links->fd, &record, sizeof(record));
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return true;
        if (got == 0)
            *why = ended;
        uint64_t now_ms = hf_links_clock_ms();
        if (got != (ssize_t)sizeof(record) || !is_sound(&record, now_ms))
            return false;
        take(links, &record, now_ms);
    }
    return false;
}

static void readable(uv_poll_t *pipe, int status, int events)
{
    struct hf_links *links = pipe->data;
    const char *why;
    (void)status;
    (void)events;
    if (!read_all(links, &why))
        lose(links, why);
}

static void silent_due(uv_timer_t *timer)
{
    struct hf_links *links = timer->data;
    const char *why;
    if (!read_all(links, &why))
        lose(links, why);
    else if (!uv_is_active((uv_handle_t *)timer))
        lose(links, "the process that asks corosync about them got no answer in time");
}

/* ---- the child's life ---- */

static void gone(void *user, int result)
{
    struct hf_links *links = user;
    (void)result;
    links->child = NULL;
    if (links->pipe)
        lose(links, ended);
    if (links->spoke)
        links->delay_ms = links->options.start_ms;
    else if (links->delay_ms * 2 <= DELAY_MAX_MS)
        links->delay_ms *= 2;
    if (links->wanted)
        (void)uv_timer_start(&links->timer, start_due, links->delay_ms, 0);
}

static int listen_to(struct hf_links *links, int fd)
{
    uv_poll_t *pipe = malloc(sizeof(*pipe));
    if (!pipe)
        return -ENOMEM;
    int rc = uv_poll_init(links->loop, pipe, fd);
    if (rc < 0) {
        free(pipe);
        return rc;
    }
    pipe->data = links;
    links->pipe = pipe;
    links->fd = fd;
    return uv_poll_start(pipe, UV_READABLE | UV_DISCONNECT, readable);
}

static int child_run(void *user, int output)
{
    const struct hf_links *links = user;
    return links->options.run(links->options.user, output);
}

static int start_child(struct hf_links *links)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return -errno;
    const struct hf_engine_child_options options = {
        .run = child_run,
        .done = gone,
        .user = links,
        .output = ends[1],
        .name = "holdfast-links",
    };
    int rc = hf_engine_child_start(links->loop, &options, &links->child);
    (void)close(ends[1]);
    if (rc == 0)
        rc = listen_to(links, ends[0]);
    if (rc < 0 && !links->pipe)
        (void)close(ends[0]);
    links->spoke = false;
    return rc;
}

static void start_due(uv_timer_t *timer)
{
    struct hf_links *links = timer->data;
    if (start_child(links) == 0) {
        (void)uv_timer_start(timer, silent_due, links->options.silent_ms, 0);
        return;
    }
    lose(links, "no process can be started to ask corosync about them");
    if (!links->child)
        (void)uv_timer_start(timer, start_due, DELAY_MAX_MS, 0);
}

void hf_links_start(struct hf_links *links)
{
    if (links->wanted)
        return;
    links->wanted = true;
    links->delay_ms = links->options.start_ms;
    if (!links->child)
        (void)uv_timer_start(&links->timer, start_due, links->delay_ms, 0);
}

void hf_links_stop(struct hf_links *links)
{
    links->wanted = false;
    lose(links, NULL);
}

int hf_links_new(uv_loop_t *loop, const struct hf_links_options *options, struct hf_links **ret)
{
    struct hf_links *links = calloc(1, sizeof(*links));
    if (!links)
        return -ENOMEM;
    links->loop = loop;
    links->options = *options;
    (void)uv_timer_init(loop, &links->timer);
    links->timer.data = links;
    *ret = links;
    return 0;
}

static void timer_closed(uv_handle_t *timer)
{
    free(timer->data);
}

void hf_links_free(struct hf_links *links)
{
    if (!links)
        return;
    stop_listening(links);
    hf_engine_child_cancel(links->child);
    uv_close((uv_handle_t *)&links->timer, timer_closed);
}
