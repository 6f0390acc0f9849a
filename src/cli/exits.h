/*
 * exits.h - the exit codes of holdfast, the one table that code, help and docs/CLI.md share.
 */
#ifndef HF_CLI_EXITS_H
#define HF_CLI_EXITS_H

/* X(CODE, number, "meaning") */
#define HF_EXITS(X)                                                                                \
    X(OK, 0, "done")                                                                               \
    X(REFUSED, 1, "refused or failed; the message says why")                                       \
    X(USAGE, 2, "the command line is wrong")                                                       \
    X(UNREACHABLE, 3, "holdfastd does not answer on this node")                                    \
    X(NOT_PERMITTED, 4, "this user may not: not root, not in the group holdfast")                  \
    X(NO_QUORUM, 5, "no quorum, or too few nodes, to decide it")                                   \
    X(TIMED_OUT, 6, "it did not end in the time given; it may still go on")                        \
    X(FILE, 7, "the file has errors or cannot be read; nothing was changed")                       \
    X(NOT_CARRIED, 8, "plan: a failure that must be carried is not")                               \
    X(CHECK_FAILED, 9, "validate: a check failed")                                                 \
    X(NOT_CONFIRMED, 10, "a failure would be carried no longer: --yes is wanted; nothing done")    \
    X(RULE, 11, "policy.survive forbids it; nothing done")                                         \
    X(DRILL_FAILED, 12, "drill: a scenario did not pass")                                          \
    X(DIFFERENT, 13, "config diff: they differ")

enum hf_exit {
#define HF_EXIT_ENUM(code, number, meaning) HF_EXIT_##code = number,
    HF_EXITS(HF_EXIT_ENUM)
#undef HF_EXIT_ENUM
};

#endif
