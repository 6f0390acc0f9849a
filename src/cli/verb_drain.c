#include <stdio.h>

#include "cli/admit.h"
#include "cli/follow.h"
#include "cli/verbs.h"

static int run(const char *verb, const char *doing, const struct hf_options *options)
{
    char what[160];
    (void)snprintf(what, sizeof(what), "%s %s", doing, options->arguments[0]);
    json_t *request = json_pack("{s:s, s:s}", "verb", verb, "node", options->arguments[0]);
    return hf_follow_run(request, options, what, NULL);
}

int verb_drain(int argc, char **argv)
{
    struct hf_options options;
    int r = hf_options_parse(argc, argv, HF_OPTION_WAITING | HF_OPTION_ADMITTED, 1, 1,
                             "the name of a node", &options);
    if (r == 0)
        r = hf_admit(argv[0], &options);
    return r != 0 ? r : run(argv[0], "draining", &options);
}

int verb_resume(int argc, char **argv)
{
    struct hf_options options;
    int r = hf_options_parse(argc, argv, HF_OPTION_WAITING, 1, 1, "the name of a node", &options);
    return r != 0 ? r : run(argv[0], "resuming", &options);
}
