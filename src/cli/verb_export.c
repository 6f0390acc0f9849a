#include "cli/answer.h"
#include "cli/json_get.h"
#include "cli/options.h"
#include "cli/verbs.h"

int verb_export(int argc, char **argv)
{
    struct hf_options options;
    json_t *reply = NULL;
    int code = hf_options_parse(argc, argv, 0, 0, 0, "", &options);
    if (code == 0)
        code = hf_answer_get(json_pack("{s:s}", "verb", "export"), &reply);
    if (code != HF_EXIT_OK)
        return code;
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    hf_strbuf_add(&out, hf_json_str(json_object_get(reply, "data"), "text"));
    json_decref(reply);
    return hf_answer_print(&out);
}
