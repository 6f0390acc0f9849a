#include <stdlib.h>

#include "cli/answer.h"
#include "cli/apply_text.h"
#include "cli/options.h"
#include "cli/read_file.h"
#include "cli/verbs.h"

int verb_apply(int argc, char **argv)
{
    struct hf_options options;
    int code = hf_options_parse(
        argc, argv, HF_OPTION_DRY_RUN | HF_OPTION_FORCE | HF_OPTION_JSON | HF_OPTION_ADMITTED, 1, 1,
        "the name of a file, as in: holdfast apply cluster.yaml", &options);
    if (code != 0)
        return code;
    size_t length = 0;
    char *text = hf_read_file("apply", options.arguments[0], &length, "nothing was changed.\n");
    if (!text)
        return HF_EXIT_FILE;
    struct hf_apply_text what = {.verb = "apply",
                                 .options = &options,
                                 .name = hf_read_file_name(options.arguments[0]),
                                 .text = text,
                                 .length = length};
    code = hf_apply_text(&what, NULL);
    free(text);
    return code;
}
