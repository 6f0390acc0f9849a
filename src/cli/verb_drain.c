#include <stdio.h>

#include "cli/exits.h"
#include "cli/follow.h"
#include "cli/verbs.h"

static int run(int argc, char **argv, const char *doing)
{
    struct hf_options options;
    int r = hf_options_parse(argc, argv, HF_OPTION_WAITING, 1, 1, "the name of a node", &options);
    if (r != 0)
        return r;
    char what[160];
    (void)snprintf(what, sizeof(what), "%s %s", doing, options.arguments[0]);
    json_t *request = json_pack("{s:s, s:s}", "verb", argv[0], "node", options.arguments[0]);
    return hf_follow_run(request, &options, what, NULL);
}

int verb_drain(int argc, char **argv)
{
    return run(argc, argv, "draining");
}

int verb_resume(int argc, char **argv)
{
    return run(argc, argv, "resuming");
}
