#include <stdio.h>

#include "cli/admit.h"
#include "cli/follow.h"
#include "cli/verbs.h"

int verb_move(int argc, char **argv)
{
    struct hf_options options;
    int r = hf_options_parse(argc, argv, HF_OPTION_WAITING | HF_OPTION_ADMITTED, 1, 2,
                             "the name of an instance", &options);
    if (r == 0)
        r = hf_admit(argv[0], &options);
    if (r != 0)
        return r;
    char what[160];
    (void)snprintf(what, sizeof(what), "moving %s", options.arguments[0]);
    json_t *request = json_pack("{s:s, s:s}", "verb", "move", "instance", options.arguments[0]);
    if (options.argument_count == 2)
        (void)json_object_set_new(request, "node", json_string(options.arguments[1]));
    return hf_follow_run(request, &options, what, options.arguments[0]);
}
