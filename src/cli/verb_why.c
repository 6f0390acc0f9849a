#include "cli/answer.h"
#include "cli/options.h"
#include "cli/show.h"
#include "cli/verbs.h"

int verb_why(int argc, char **argv)
{
    struct hf_options options;
    int code =
        hf_options_parse(argc, argv, HF_OPTION_JSON, 1, 1, "the name of an instance", &options);
    if (code != 0)
        return code;
    json_t *request = json_pack("{s:s, s:s}", "verb", "why", "instance", options.arguments[0]);
    return hf_answer_list(request, options.json, hf_show_why);
}
