#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/answer.h"
#include "cli/options.h"
#include "cli/verbs.h"

/* The name has to be typed: a reflex "y" must not be enough. */
static bool ask(const char *node)
{
    (void)fprintf(
        stderr,
        "You are about to tell the cluster that %s can no longer write to any shared disk.\n"
        "\n"
        "Other nodes will then mount its disks. If %s still runs - frozen, cut off from\n"
        "the network, or slow - two nodes write to the same file system and THE DATABASES\n"
        "ARE DESTROYED. \"It does not answer\" is no proof.\n"
        "\n"
        "Look at it: is its power off, or has it been reset since it was lost?\n"
        "Type its name to confirm, anything else to stop: ",
        node, node);
    char line[256];
    if (!fgets(line, sizeof(line), stdin))
        return false;
    line[strcspn(line, "\r\n")] = '\0';
    return strcmp(line, node) == 0;
}

int verb_confirm_fenced(int argc, char **argv)
{
    struct hf_options options;
    int code = hf_options_parse(argc, argv, HF_OPTION_YES | HF_OPTION_FORCE, 1, 1,
                                "the name of a node", &options);
    if (code != 0)
        return code;
    const char *node = options.arguments[0];
    if (!options.yes && !isatty(STDIN_FILENO))
        return hf_answer_usage(argv[0],
                               "it asks before it acts, and there is no terminal to ask on; "
                               "a script that knows that %s is off gives --yes",
                               node);
    if (!options.yes && !ask(node)) {
        (void)fprintf(stderr, "not confirmed; nothing was changed.\n");
        return HF_EXIT_REFUSED;
    }
    json_t *request = json_pack("{s:s, s:s}", "verb", "confirm-fenced", "node", node);
    if (options.force)
        (void)json_object_set_new(request, "force", json_true());
    json_t *reply = NULL;
    code = hf_answer_get(request, &reply);
    if (code != HF_EXIT_OK)
        return code;
    json_decref(reply);
    (void)printf("%s is confirmed as fenced; what it ran may start elsewhere now.\n"
                 "  See it: holdfast status --watch\n",
                 node);
    return HF_EXIT_OK;
}
