/* holdfastd - the daemon of a node. See docs/OPERATIONS.md. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/arguments.h"
#include "daemon/daemon.h"

#ifndef HF_VERSION
#define HF_VERSION "0"
#endif

static void print_usage(FILE *out)
{
    (void)fputs("usage: holdfastd [OPTIONS]\n"
                "The Holdfast daemon; started by systemd, one a node.\n",
                out);
#define USAGE_LINE(letter, name, value, text, fallback)                                            \
    (void)fprintf(out, "  %-16s %s (%s)\n", "--" name " " value, text, fallback);
    HF_DAEMON_ARGUMENTS(USAGE_LINE)
#undef USAGE_LINE
    (void)fputs("  --help, --version\n", out);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
#define OPTION(letter, name, value, text, fallback) {name, required_argument, NULL, letter},
        HF_DAEMON_ARGUMENTS(OPTION)
#undef OPTION
            {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    const char *state = HF_DAEMON_STATE, *socket = HF_CONTROL_SOCKET;
    const char *node = HF_NODE_FILE_PATH, *watchdog = HF_DAEMON_WATCHDOG;
    int option;
    while ((option = getopt_long(argc, argv, "hv", options, NULL)) != -1) {
        switch (option) {
        case 's':
            state = optarg;
            break;
        case 'c':
            socket = optarg;
            break;
        case 'n':
            node = optarg;
            break;
        case 'w':
            watchdog = optarg;
            break;
        case 'h':
            print_usage(stdout);
            return 0;
        case 'v':
            (void)puts("holdfastd " HF_VERSION);
            return 0;
        default:
            print_usage(stderr);
            return 2;
        }
    }
    if (optind != argc) {
        print_usage(stderr);
        return 2;
    }
    int rc = hf_daemon_run(state, socket, node, watchdog);
    return rc < 0 ? 1 : rc;
}
