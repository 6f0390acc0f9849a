/*
 * arguments.h - what holdfastd takes on its command line: one table for its parser, its help, and
 * its man page.
 */
#ifndef HF_DAEMON_ARGUMENTS_H
#define HF_DAEMON_ARGUMENTS_H

#include "daemon/control.h"
#include "daemon/node_file.h"

#define HF_DAEMON_STATE "/var/lib/holdfast"
#define HF_DAEMON_WATCHDOG "/dev/watchdog"

/* X(letter, "name", "VALUE", "what it is", "default") */
#define HF_DAEMON_ARGUMENTS(X)                                                                     \
    X('s', "state", "DIR", "this node's copy of the cluster's state", HF_DAEMON_STATE)             \
    X('c', "socket", "PATH", "control socket", HF_CONTROL_SOCKET)                                  \
    X('n', "node", "PATH", "who this node is", HF_NODE_FILE_PATH)                                  \
    X('w', "watchdog", "PATH", "watchdog device, \"\" = none", HF_DAEMON_WATCHDOG)

#endif
