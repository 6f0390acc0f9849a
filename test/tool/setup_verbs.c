/* setup_verbs.c - only the verbs init and join, for tests. */
#include <string.h>

#include "cli/verbs.h"

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "init") == 0)
        return verb_init(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "join") == 0)
        return verb_join(argc - 1, argv + 1);
    return 2;
}
