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
    int code = hf_options_parse(argc, argv, HF_OPTION_JSON | HF_OPTION_INSTANCE | HF_OPTION_COUNT,
                                0, 0, "", &options);
    return code != 0 ? code : hf_answer_list(make_request(&options), options.json, hf_show_history);
}
