#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/answer.h"

#define TIMEOUT_S 120

static const struct option all_options[] = {
    {"json", no_argument, NULL, HF_OPTION_JSON},
    {"watch", no_argument, NULL, HF_OPTION_WATCH},
    {"force", no_argument, NULL, HF_OPTION_FORCE},
    {"no-wait", no_argument, NULL, HF_OPTION_NO_WAIT},
    {"timeout", required_argument, NULL, HF_OPTION_TIMEOUT},
    {"dry-run", no_argument, NULL, HF_OPTION_DRY_RUN},
    {"yes", no_argument, NULL, HF_OPTION_YES},
    {"instance", required_argument, NULL, HF_OPTION_INSTANCE},
    {"count", required_argument, NULL, HF_OPTION_COUNT},
    {"mermaid", no_argument, NULL, HF_OPTION_MERMAID},
    {"ttl", required_argument, NULL, HF_OPTION_TTL},
    {"html", required_argument, NULL, HF_OPTION_HTML},
    {"topology", required_argument, NULL, HF_OPTION_TOPOLOGY},
    {"all", no_argument, NULL, HF_OPTION_ALL},
    {"from", required_argument, NULL, HF_OPTION_FROM},
    {"facts", required_argument, NULL, HF_OPTION_FACTS},
    {"only", required_argument, NULL, HF_OPTION_ONLY},
    {"list", no_argument, NULL, HF_OPTION_LIST},
    {"file", required_argument, NULL, HF_OPTION_FILE},
    {"env", no_argument, NULL, HF_OPTION_ENV},
    {"libpq", no_argument, NULL, HF_OPTION_LIBPQ},
    {"jdbc", no_argument, NULL, HF_OPTION_JDBC},
    {"odbc", no_argument, NULL, HF_OPTION_ODBC},
    {"per", required_argument, NULL, HF_OPTION_PER},
    {"override-survive", no_argument, NULL, HF_OPTION_OVERRIDE},
    {NULL, 0, NULL, 0},
};

static int take_number(const char *verb, const char *option, int max, int *ret)
{
    char *end = NULL;
    errno = 0;
    long number = strtol(optarg, &end, 10);
    if (errno || end == optarg || *end || number < 1 || number > max)
        return hf_answer_usage(verb, "%s wants a whole number from 1 to %d, not '%s'", option, max,
                               optarg);
    *ret = (int)number;
    return 0;
}

static void take_flag(unsigned option, struct hf_options *ret)
{
    ret->json |= option == HF_OPTION_JSON;
    ret->watch |= option == HF_OPTION_WATCH;
    ret->force |= option == HF_OPTION_FORCE;
    ret->no_wait |= option == HF_OPTION_NO_WAIT;
    ret->dry_run |= option == HF_OPTION_DRY_RUN;
    ret->yes |= option == HF_OPTION_YES;
    ret->override |= option == HF_OPTION_OVERRIDE;
    ret->mermaid |= option == HF_OPTION_MERMAID;
    ret->all |= option == HF_OPTION_ALL;
    ret->list |= option == HF_OPTION_LIST;
    ret->env |= option == HF_OPTION_ENV;
    ret->libpq |= option == HF_OPTION_LIBPQ;
    ret->jdbc |= option == HF_OPTION_JDBC;
    ret->odbc |= option == HF_OPTION_ODBC;
}

static int take_option(const char *verb, unsigned option, struct hf_options *ret)
{
    take_flag(option, ret);
    if (option == HF_OPTION_INSTANCE)
        ret->instance = optarg;
    if (option == HF_OPTION_HTML)
        ret->html = optarg;
    if (option == HF_OPTION_TOPOLOGY)
        ret->topology = optarg;
    if (option == HF_OPTION_FROM)
        ret->from = optarg;
    if (option == HF_OPTION_ONLY)
        ret->only = optarg;
    if (option == HF_OPTION_FILE)
        ret->file = optarg;
    if (option == HF_OPTION_PER)
        ret->per = optarg;
    if (option == HF_OPTION_PER && strcmp(optarg, "minute") != 0 && strcmp(optarg, "hour") != 0 &&
        strcmp(optarg, "day") != 0)
        return hf_answer_usage(verb, "--per wants minute, hour or day, not '%s'", optarg);
    if (option == HF_OPTION_FACTS && ret->facts_count == HF_FACTS_FILES_MAX)
        return hf_answer_usage(verb, "--facts was given more than %d times", HF_FACTS_FILES_MAX);
    if (option == HF_OPTION_FACTS)
        ret->facts[ret->facts_count++] = optarg;
    if (option == HF_OPTION_TIMEOUT)
        return take_number(verb, "--timeout", 86400, &ret->timeout_s);
    if (option == HF_OPTION_COUNT)
        return take_number(verb, "-n", 512, &ret->count);
    if (option == HF_OPTION_TTL)
        return take_number(verb, "--ttl", 86400, &ret->ttl_s);
    return 0;
}

static int take_arguments(int argc, char **argv, int min, int max, const char *wanted,
                          struct hf_options *ret)
{
    for (; optind < argc; optind++) {
        if (ret->argument_count == max)
            return hf_answer_usage(argv[0], "'%s' is one argument too many", argv[optind]);
        if (!argv[optind][0])
            return hf_answer_usage(argv[0], "an argument is empty; a variable that is not set?");
        ret->arguments[ret->argument_count++] = argv[optind];
    }
    if (ret->argument_count < min)
        return hf_answer_usage(argv[0], "it needs %s", wanted);
    return 0;
}

static unsigned short_option(int letter)
{
    return letter == 'n'   ? HF_OPTION_COUNT
           : letter == 'f' ? HF_OPTION_FORCE
           : letter == 'y' ? HF_OPTION_YES
                           : HF_OPTION_WATCH;
}

int hf_options_parse(int argc, char **argv, unsigned accepted, int arguments_min, int arguments_max,
                     const char *wanted, struct hf_options *ret)
{
    *ret = (struct hf_options){.timeout_s = TIMEOUT_S};
    opterr = 0;
    optind = 0; /* glibc: start anew */
    for (;;) {
        int index = -1;
        int option = getopt_long(argc, argv, ":fn:yw", all_options, &index);
        if (option == -1)
            break;
        if (option == ':')
            return hf_answer_usage(argv[0], "%s wants a value", argv[optind - 1]);
        if (option == '?')
            return hf_answer_usage(argv[0], "it has no option '%s'", argv[optind - 1]);
        unsigned bit = index >= 0 ? (unsigned)option : short_option(option);
        if (!(bit & accepted))
            return hf_answer_usage(argv[0], "it has no option '%s%s'", index >= 0 ? "--" : "-",
                                   index >= 0 ? all_options[index].name
                                              : (char[]){(char)option, 0});
        int r = take_option(argv[0], bit, ret);
        if (r != 0)
            return r;
    }
    return take_arguments(argc, argv, arguments_min, arguments_max, wanted, ret);
}
