#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/setup.h"

#define TIMEOUT_S 60u

static const struct option options[] = {
    {"cluster", required_argument, NULL, 'c'},
    {"node", required_argument, NULL, 'n'},
    {"public", required_argument, NULL, 'p'},
    {"private", required_argument, NULL, 'i'},
    {"public-subnet", required_argument, NULL, 'P'},
    {"private-subnet", required_argument, NULL, 'I'},
    {"token-file", required_argument, NULL, 't'},
    {"timeout", required_argument, NULL, 'w'},
    {"force", no_argument, NULL, 'f'},
    {NULL, 0, NULL, 0},
};

/* init takes no token, join no cluster and no subnets: the cluster tells it. */
static bool belongs(int option, bool init)
{
    return strchr(init ? "cnpiPIwf" : "npitwf", option) != NULL;
}

static int take(int option, const char *value, struct hf_setup_options *to, struct hf_error *error)
{
    char *end = NULL;
    unsigned long number = 0;
    switch (option) {
    case 'c':
        to->cluster = value;
        return 0;
    case 'n':
        to->node = value;
        return 0;
    case 'p':
        to->public_address = value;
        return 0;
    case 'i':
        to->private_address = value;
        return 0;
    case 'P':
        to->public_subnet = value;
        return 0;
    case 'I':
        to->private_subnet = value;
        return 0;
    case 't':
        to->token_file = value;
        return 0;
    case 'f':
        to->force = true;
        return 0;
    default:
        number = strtoul(value, &end, 10);
        if (*value >= '1' && *value <= '9' && *end == '\0' && number <= 3600) {
            to->timeout_s = (unsigned)number;
            return 0;
        }
        hf_error_set(error, "--timeout: \"%s\" is not a number of seconds from 1 to 3600", value);
        return -EINVAL;
    }
}

static int check_complete(const struct hf_setup_options *o, bool init, struct hf_error *error)
{
    const char *missing = NULL;
    if (!o->private_address)
        missing = "--private ADDRESS (this node's address in the private network)";
    if (!o->public_address)
        missing = "--public ADDRESS (this node's address in the public network)";
    if (!o->node)
        missing = "--node NAME (this node's name in the cluster)";
    if (init && !o->cluster)
        missing = "--cluster NAME (one word for the new cluster)";
    if (!missing)
        return 0;
    hf_error_set(error, "holdfast %s needs %s", init ? "init" : "join", missing);
    return -EINVAL;
}

int hf_setup_options_read(int argc, char **argv, struct hf_setup_options *ret,
                          struct hf_error *error)
{
    struct hf_setup_options o = {
        .public_subnet = "", .private_subnet = "", .token_file = "", .timeout_s = TIMEOUT_S};
    bool init = strcmp(argv[0], "init") == 0;
    opterr = 0;
    optind = 0;
    for (int option; (option = getopt_long(argc, argv, "+:", options, NULL)) != -1;) {
        if (option == '?' || option == ':' || !belongs(option, init)) {
            hf_error_set(error, "holdfast %s: %s %s; `holdfast help %s` shows its options", argv[0],
                         argv[optind - 1],
                         option == ':' ? "needs a value" : "is not one of its options", argv[0]);
            return -EINVAL;
        }
        int rc = take(option, optarg, &o, error);
        if (rc < 0)
            return rc;
    }
    if (optind < argc) {
        /* The word itself is not shown: it may be a token. */
        hf_error_set(error,
                     "holdfast %s takes options only. A token never goes on the command line, "
                     "where others can see it: it is read from standard input or --token-file",
                     argv[0]);
        return -EINVAL;
    }
    *ret = o;
    return check_complete(ret, init, error);
}
