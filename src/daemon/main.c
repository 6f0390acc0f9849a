/* holdfastd - the daemon of a node. See docs/OPERATIONS.md. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/control.h"
#include "daemon/daemon.h"

static const char usage[] =
    "usage: holdfastd [options]\n"
    "The Holdfast daemon; started by systemd, one a node.\n"
    "  --state DIR      this node's copy of the cluster's state (/var/lib/holdfast)\n"
    "  --socket PATH    control socket (" HF_CONTROL_SOCKET ")\n"
    "  --node PATH      who this node is (" HF_NODE_FILE_PATH ")\n"
    "  --watchdog PATH  watchdog device, \"\" = none (/dev/watchdog)\n"
    "  --help, --version\n";

#ifndef HF_VERSION
#define HF_VERSION "0"
#endif

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"state", required_argument, NULL, 's'},
        {"socket", required_argument, NULL, 'c'},
        {"node", required_argument, NULL, 'n'},
        {"watchdog", required_argument, NULL, 'w'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    const char *state = "/var/lib/holdfast", *socket = HF_CONTROL_SOCKET;
    const char *node = HF_NODE_FILE_PATH, *watchdog = "/dev/watchdog";
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
            (void)fputs(usage, stdout);
            return 0;
        case 'v':
            (void)puts("holdfastd " HF_VERSION);
            return 0;
        default:
            (void)fputs(usage, stderr);
            return 2;
        }
    }
    if (optind != argc) {
        (void)fputs(usage, stderr);
        return 2;
    }
    int rc = hf_daemon_run(state, socket, node, watchdog);
    return rc < 0 ? 1 : rc;
}
