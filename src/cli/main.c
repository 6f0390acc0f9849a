/*
 * holdfast - the command line of a failover cluster for database servers.
 */
#include <stdio.h>
#include <string.h>

#include "cli/exits.h"
#include "cli/verbs.h"

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        name = "version";
    const struct hf_verb *verb = hf_verbs_find(name);
    if (!verb) {
        (void)fprintf(stderr, "holdfast: there is no verb '%s'; holdfast help lists them\n", name);
        return HF_EXIT_USAGE;
    }
    char *help[] = {(char[]){"help"}, (char *)(size_t)verb->name, NULL};
    if (argc > 2 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0))
        return verb_help(2, help);
    if (argc < 2)
        return verb_help(1, help);
    return verb->run(argc - 1, argv + 1);
}
