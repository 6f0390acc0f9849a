#include <string.h>

#include "cli/answer.h"
#include "cli/options.h"
#include "cli/show.h"
#include "cli/verbs.h"

int verb_inspect(int argc, char **argv)
{
    struct hf_options options;
    int code = hf_options_parse(argc, argv, HF_OPTION_MERMAID, 1, 1, "what to inspect: lifecycle",
                                &options);
    if (code != 0)
        return code;
    if (strcmp(options.arguments[0], "lifecycle") != 0)
        return hf_answer_usage(argv[0], "there is no '%s' to inspect; there is lifecycle",
                               options.arguments[0]);
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    if (options.mermaid)
        hf_show_lifecycle_mermaid(&out);
    else
        hf_show_lifecycle(&out);
    return hf_answer_print(&out);
}
