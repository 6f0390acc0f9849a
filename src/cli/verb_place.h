#ifndef HF_CLI_VERB_PLACE_H
#define HF_CLI_VERB_PLACE_H

/*
 * holdfast place FILE [--json] [--steps N]: the best placement of a problem file.
 * argv[0] is the verb. Exit code: 0 answered, 1 failed, 2 wrong usage or an unreadable problem.
 */
int verb_place(int argc, char **argv);

#endif
