#include "cli/answer.h"
#include "cli/options.h"
#include "cli/show.h"
#include "cli/verbs.h"

static json_t *make_request(const struct hf_options *options)
{
    json_t *request = json_pack("{s:s}", "verb", "history");
    if (options->instance)
        (void)json_object_set_new(request, "instance", json_string(options->instance));
    if (options->count)
        (void)json_object_set_new(request, "count", json_integer(options->count));
    return request;
}

int verb_history(int argc, char **argv)
{
    struct hf_options options;
    json_t *reply = NULL;
    int code = hf_options_parse(argc, argv, HF_OPTION_JSON | HF_OPTION_INSTANCE | HF_OPTION_COUNT,
                                0, 0, "", &options);
    if (code == 0)
        code = hf_answer_get(make_request(&options), &reply);
    if (code != HF_EXIT_OK)
        return code;
    if (options.json) {
        code = hf_answer_print_json(reply);
    } else {
        struct hf_terminal terminal = hf_terminal_get();
        struct hf_strbuf HF_STRBUF_CLEANUP out;
        hf_strbuf_init(&out);
        hf_show_history(json_object_get(reply, "data"), &terminal, &out);
        code = hf_answer_print(&out);
    }
    json_decref(reply);
    return code;
}
