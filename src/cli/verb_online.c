#include <stdio.h>

#include "cli/admit.h"
#include "cli/follow.h"
#include "cli/verbs.h"

static int run(int argc, char **argv, const char *doing)
{
    struct hf_options options;
    int r = hf_options_parse(argc, argv, HF_OPTION_WAITING | HF_OPTION_ADMITTED, 1, 1,
                             "the name of an instance", &options);
    if (r == 0)
        r = hf_admit(argv[0], &options);
    if (r != 0)
        return r;
    char what[160];
    (void)snprintf(what, sizeof(what), "%s %s", doing, options.arguments[0]);
    json_t *request = json_pack("{s:s, s:s}", "verb", argv[0], "instance", options.arguments[0]);
    return hf_follow_run(request, &options, what, options.arguments[0]);
}

int verb_online(int argc, char **argv)
{
    return run(argc, argv, "starting");
}

int verb_offline(int argc, char **argv)
{
    return run(argc, argv, "stopping");
}
