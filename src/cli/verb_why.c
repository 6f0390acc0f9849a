#include "cli/answer.h"
#include "cli/options.h"
#include "cli/show.h"
#include "cli/verbs.h"

int verb_why(int argc, char **argv)
{
    struct hf_options options;
    int code =
        hf_options_parse(argc, argv, HF_OPTION_JSON, 1, 1, "the name of an instance", &options);
    json_t *reply = NULL;
    if (code == 0)
        code = hf_answer_get(
            json_pack("{s:s, s:s}", "verb", "why", "instance", options.arguments[0]), &reply);
    if (code != HF_EXIT_OK)
        return code;
    if (options.json) {
        code = hf_answer_print_json(reply);
    } else {
        struct hf_terminal terminal = hf_terminal_get();
        struct hf_strbuf HF_STRBUF_CLEANUP out;
        hf_strbuf_init(&out);
        hf_show_why(json_object_get(reply, "data"), &terminal, &out);
        code = hf_answer_print(&out);
    }
    json_decref(reply);
    return code;
}
