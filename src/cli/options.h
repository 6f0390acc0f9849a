/*
 * options.h - the options and arguments of a verb, checked against what it takes.
 */
#ifndef HF_CLI_OPTIONS_H
#define HF_CLI_OPTIONS_H

#include <stdbool.h>

/* What a verb takes; a set. */
enum hf_option {
    HF_OPTION_JSON = 1,
    HF_OPTION_WATCH = 2,
    HF_OPTION_FORCE = 4,
    HF_OPTION_NO_WAIT = 8,
    HF_OPTION_TIMEOUT = 16,
    HF_OPTION_DRY_RUN = 32,
    HF_OPTION_YES = 64,
    HF_OPTION_INSTANCE = 128,
    HF_OPTION_COUNT = 256,
    HF_OPTION_MERMAID = 512,
    HF_OPTION_TTL = 1024,
    HF_OPTION_HTML = 2048,
    HF_OPTION_TOPOLOGY = 4096,
    HF_OPTION_ALL = 8192,
    HF_OPTION_FROM = 16384,
    HF_OPTION_FACTS = 32768,
    HF_OPTION_ONLY = 65536,
    HF_OPTION_LIST = 131072,
    HF_OPTION_FILE = 262144,
    HF_OPTION_ENV = 524288,
    HF_OPTION_LIBPQ = 1048576,
    HF_OPTION_JDBC = 2097152,
    HF_OPTION_ODBC = 4194304,
    HF_OPTION_PER = 8388608,
    HF_OPTION_OVERRIDE = 16777216,
    HF_OPTION_WAITING = HF_OPTION_FORCE | HF_OPTION_NO_WAIT | HF_OPTION_TIMEOUT,
    HF_OPTION_ADMITTED = HF_OPTION_YES | HF_OPTION_OVERRIDE /* what cli/admit.h looks at */
};

#define HF_ARGUMENTS_MAX 3
#define HF_FACTS_FILES_MAX 64 /* one a node */

struct hf_options {
    bool json, watch, force, no_wait, dry_run, yes, mermaid, all, list;
    bool env, libpq, jdbc, odbc;
    bool override;        /* --override-survive */
    int timeout_s;        /* 120 */
    int count;            /* 0 = not given */
    int ttl_s;            /* 0 = not given */
    const char *instance; /* --instance; NULL = not given */
    const char *html;     /* --html; NULL = not given */
    const char *topology; /* --topology; NULL = not given */
    const char *from;     /* --from, a time or an instance; NULL = not given */
    const char *only;     /* --only; NULL = not given */
    const char *per;      /* --per: minute, hour, day; NULL = not given */
    const char *file;     /* --file; NULL = not given */
    int facts_count;
    const char *facts[HF_FACTS_FILES_MAX]; /* --facts, as often as it was given */
    int argument_count;
    const char *arguments[HF_ARGUMENTS_MAX];
};

/* Returns 0, or HF_EXIT_USAGE after telling what is wrong. wanted names the arguments for the
 * message when there are too few: "the name of an instance". */
int hf_options_parse(int argc, char **argv, unsigned accepted, int arguments_min, int arguments_max,
                     const char *wanted, struct hf_options *ret);

#endif
