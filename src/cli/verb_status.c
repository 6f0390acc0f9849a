#include <stdio.h>

#include "cli/answer.h"
#include "cli/control_client.h"
#include "cli/json_get.h"
#include "cli/options.h"
#include "cli/show.h"
#include "cli/verbs.h"

static int show(bool as_json, bool redraw)
{
    json_t *reply = NULL;
    int code = hf_answer_get(json_pack("{s:s}", "verb", "status"), &reply);
    if (code != HF_EXIT_OK)
        return code;
    if (as_json) {
        code = hf_answer_print_json(reply);
    } else {
        struct hf_terminal terminal = hf_terminal_get();
        struct hf_strbuf HF_STRBUF_CLEANUP out;
        hf_strbuf_init(&out);
        if (redraw && terminal.width)
            hf_strbuf_add(&out, "\033[H\033[2J");
        hf_show_status(json_object_get(reply, "data"), &terminal, &out);
        if (redraw && !terminal.width)
            hf_strbuf_add(&out, "\n");
        code = hf_answer_print(&out);
    }
    json_decref(reply);
    return code;
}

struct watch {
    bool as_json;
    int code;
};

static bool on_event(void *user, const json_t *line)
{
    struct watch *watch = user;
    (void)line;
    watch->code = show(watch->as_json, true);
    return watch->code == HF_EXIT_OK;
}

/* The daemon says when something has changed; its first line comes at once. */
static int watch_status(bool as_json)
{
    struct watch watch = {.as_json = as_json};
    struct hf_error error = {0};
    json_t *reply = NULL;
    json_t *request = json_pack("{s:s}", "verb", "subscribe");
    int r = hf_control_stream(request, -1, on_event, &watch, &reply, &error);
    json_decref(request);
    if (r == HF_CLIENT_STOPPED)
        return watch.code;
    if (r != 0)
        return hf_answer_failed(r, &error);
    int code = hf_json_true(reply, "ok") ? HF_EXIT_OK : hf_answer_refused(reply);
    json_decref(reply);
    return code;
}

int verb_status(int argc, char **argv)
{
    struct hf_options options;
    int r = hf_options_parse(argc, argv, HF_OPTION_JSON | HF_OPTION_WATCH, 0, 0, "", &options);
    if (r != 0)
        return r;
    return options.watch ? watch_status(options.json) : show(options.json, false);
}
