#include <string.h>

#include "cli/answer.h"
#include "cli/options.h"
#include "cli/show.h"
#include "cli/validate_source.h"
#include "cli/verbs.h"

static int lifecycle(const struct hf_options *options)
{
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    if (options->argument_count > 1)
        return hf_answer_usage("inspect", "'%s' is one argument too many", options->arguments[1]);
    if (options->mermaid)
        hf_show_lifecycle_mermaid(&out);
    else
        hf_show_lifecycle(&out);
    return hf_answer_print(&out);
}

int verb_inspect(int argc, char **argv)
{
    struct hf_options options;
    int code = hf_options_parse(argc, argv, HF_OPTION_MERMAID, 1, 2,
                                "what to inspect: lifecycle, facts", &options);
    if (code != 0)
        return code;
    if (strcmp(options.arguments[0], "lifecycle") == 0)
        return lifecycle(&options);
    if (strcmp(options.arguments[0], "facts") == 0)
        return hf_inspect_facts(options.argument_count > 1 ? options.arguments[1] : NULL);
    return hf_answer_usage(argv[0], "there is no '%s' to inspect; there are lifecycle and facts",
                           options.arguments[0]);
}
