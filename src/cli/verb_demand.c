#include "cli/answer.h"
#include "cli/options.h"
#include "cli/show.h"
#include "cli/verbs.h"

#define ROWS_OF_ONE 24
#define ROWS_OF_ALL 1

static json_t *make_request(const struct hf_options *options)
{
    int rows = options->instance ? ROWS_OF_ONE : ROWS_OF_ALL;
    json_t *request =
        json_pack("{s:s, s:s, s:i}", "verb", "demand", "per", options->per ? options->per : "hour",
                  "count", options->count ? options->count : rows);
    if (options->instance)
        (void)json_object_set_new(request, "instance", json_string(options->instance));
    return request;
}

int verb_demand(int argc, char **argv)
{
    struct hf_options options;
    int code = hf_options_parse(
        argc, argv, HF_OPTION_JSON | HF_OPTION_INSTANCE | HF_OPTION_COUNT | HF_OPTION_PER, 0, 0, "",
        &options);
    return code != 0 ? code : hf_answer_list(make_request(&options), options.json, hf_show_demand);
}
