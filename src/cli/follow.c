#include "cli/follow.h"

#include <stdio.h>

#include "cli/answer.h"
#include "cli/control_client.h"
#include "cli/json_get.h"
#include "cli/show.h"

struct progress {
    struct hf_terminal terminal;
    int64_t start_ms; /* wall clock of the first event, 0 = none came yet */
};

static bool on_line(void *user, const json_t *line)
{
    struct progress *progress = user;
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    if (progress->start_ms == 0)
        progress->start_ms = hf_json_int(line, "time_ms");
    hf_show_event(line, progress->start_ms, &progress->terminal, &out);
    return hf_answer_print(&out) == HF_EXIT_OK;
}

static int timed_out(const struct hf_options *options, const char *what, const char *thing)
{
    (void)fprintf(stderr, "holdfast: %s did not end within %d s; it goes on by itself.\n", what,
                  options->timeout_s);
    if (thing)
        (void)fprintf(stderr, "  See where it is: holdfast why %s; holdfast status --watch\n",
                      thing);
    else
        (void)fprintf(stderr, "  See where it is: holdfast status --watch\n");
    return HF_EXIT_TIMED_OUT;
}

static int finish(json_t *reply, bool waited)
{
    int code = HF_EXIT_OK;
    if (!hf_json_true(reply, "ok")) {
        code = hf_answer_refused(reply);
    } else {
        struct hf_strbuf HF_STRBUF_CLEANUP out;
        hf_strbuf_init(&out);
        const json_t *data = json_object_get(reply, "data");
        if (!waited && !hf_json_str(data, "text")[0])
            hf_strbuf_add(&out, "accepted; holdfast status --watch shows how it goes on\n");
        else
            hf_show_done(data, &out);
        code = hf_answer_print(&out);
    }
    json_decref(reply);
    return code;
}

int hf_follow_run(json_t *request, const struct hf_options *options, const char *what,
                  const char *thing)
{
    struct hf_error error = {0};
    struct progress progress = {.terminal = hf_terminal_get()};
    json_t *reply = NULL;
    if (options->force)
        (void)json_object_set_new(request, "force", json_true());
    if (options->override)
        (void)json_object_set_new(request, "override_survive", json_true());
    if (!options->no_wait)
        (void)json_object_set_new(request, "follow", json_true());
    int wait_ms = options->no_wait ? HF_CLIENT_WAIT_MS : options->timeout_s * 1000;
    int r = hf_control_stream(request, wait_ms, on_line, &progress, &reply, &error);
    json_decref(request);
    if (r == 0)
        return finish(reply, !options->no_wait);
    if (r == HF_CLIENT_TIMED_OUT && !options->no_wait)
        return timed_out(options, what, thing);
    if (r == HF_CLIENT_STOPPED)
        return HF_EXIT_REFUSED;
    return hf_answer_failed(r, &error);
}
