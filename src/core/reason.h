/*
 * reason.h - why something was decided, or was not.
 *
 * Every decision carries one hf_reason: a code from the table below, and its inputs. The text of
 * the code is the one sentence that log, history, `holdfast why`, console and tests show; in it %n
 * = node name, %m = second node name, %i = the other instance's name, %d = number, %s = the names
 * of a set of nodes (the number).
 */
#ifndef HF_CORE_REASON_H
#define HF_CORE_REASON_H

#include <stddef.h>
#include <stdint.h>

/* X(CODE, "word-of-the-json", "sentence") */
#define HF_REASONS(X)                                                                              \
    X(NONE, "none", "")                                                                            \
    X(FIRST_START, "first-start", "it was configured and wanted online")                           \
    X(COLD_START, "cold-start", "the cluster started and it was not running on any node")          \
    X(NODE_LOST, "node-lost", "%n stopped answering on all networks")                              \
    X(DAEMON_LOST, "daemon-lost", "holdfastd on %n went away and did not come back in time")       \
    X(NODE_BACK, "node-back", "%n is a member of the cluster")                                     \
    X(NEW_REGIME, "new-regime", "the membership changed: nodes present: %d, %n coordinates")       \
    X(REQUESTED_MOVE, "requested-move", "an administrator asked to move it to %n")                 \
    X(REQUESTED_ONLINE, "requested-online", "an administrator asked for it to be online")          \
    X(REQUESTED_OFFLINE, "requested-offline", "an administrator asked for it to be offline")       \
    X(DRAINED, "drained", "%n is being drained")                                                   \
    X(RESUMED, "resumed", "%n is back in service")                                                 \
    X(FAILBACK, "failback", "%n is preferred and is available again")                              \
    X(CONFIGURED, "configured", "the configuration was changed")                                   \
    X(NODE_ADDED, "node-added", "%n joined the cluster")                                           \
    X(CONFIRMED_FENCED, "confirmed-fenced",                                                        \
      "an administrator confirmed that %n can no longer write")                                    \
    X(RETRY, "retry", "the time to try it again has come")                                         \
    X(TAKES_OVER_NEXT, "takes-over-next", "%n takes over: next in the order of preferred owners")  \
    X(TAKES_OVER_POSSIBLE, "takes-over-possible",                                                  \
      "%n takes over: no preferred owner is available, it is a possible one")                      \
    X(STAYS, "stays", "it stays on %n, where it ran before")                                       \
    X(ENGINE_EXITED, "engine-exited", "the engine process on %n ended unexpectedly")               \
    X(ENGINE_SILENT, "engine-silent", "the engine on %n gave no answer for %d ms")                 \
    X(ENGINE_START_FAILED, "engine-start-failed", "the engine did not start on %n")                \
    X(ENGINE_STUCK, "engine-stuck", "the engine's recovery on %n stood still")                     \
    X(RESTARTED_IN_PLACE, "restarted-in-place",                                                    \
      "the engine is started again on %n (restart %d of those allowed in the period)")             \
    X(KEY_LOST, "key-lost", "%n lost its reservation: another node took the disk")                 \
    X(DISK_LOST, "disk-lost", "%n lost its path to the disk")                                      \
    X(DISK_MISSING, "disk-missing", "%n does not see the disk")                                    \
    X(NO_RESERVATIONS, "no-reservations", "the disk does not support persistent reservations")     \
    X(FOREIGN_KEY, "foreign-key", "the disk is reserved by something that is not this cluster")    \
    X(GENERATION_BEHIND, "generation-behind",                                                      \
      "the disk already carries generation %d; a later one is used")                               \
    X(FILESYSTEM_WRONG, "filesystem-wrong",                                                        \
      "the disk seen from %n has not the stated file system")                                      \
    X(FILESYSTEM_CORRUPT, "filesystem-corrupt", "the file system needs a repair by hand")          \
    X(MOUNT_FAILED, "mount-failed", "mounting failed on %n")                                       \
    X(ADDRESS_FAILED, "address-failed", "the address could not be added on %n")                    \
    X(STEP_TIMED_OUT, "step-timed-out", "a step did not end in time on %n")                        \
    X(STEP_FAILED, "step-failed", "a step failed on %n")                                           \
    X(STOP_STUCK, "stop-stuck",                                                                    \
      "%n could not stop it completely; it gave up its reservation and cleans up")                 \
    X(QUORUM_LOST, "quorum-lost", "%n lost quorum and stopped it")                                 \
    X(STOPPED_ON_OWNER, "stopped-on-owner", "it is not running any more on %n")                    \
    X(TOO_MANY_FAILOVERS, "too-many-failovers",                                                    \
      "it failed over %d times within the period; it is tried again later")                        \
    X(NO_OWNER_LEFT, "no-owner-left", "no node may and can run it now")                            \
    X(WAITS_FOR, "waits-for", "it waits for %i to be online")                                      \
    X(WAITS_FENCE, "waits-fence", "%n may still write: waiting until its watchdog has reset it")   \
    X(NOT_FENCED, "not-fenced",                                                                    \
      "%n may still write and no fence is left to try; see that it is off, then run "              \
      "'holdfast confirm-fenced %n'")                                                              \
    X(NOT_POSSIBLE, "not-possible", "%n is not a possible owner")                                  \
    X(NODE_DOWN, "node-down", "%n is down")                                                        \
    X(NODE_DRAINED, "node-drained", "%n is drained")                                               \
    X(NODE_QUARANTINED, "node-quarantined", "%n failed repeatedly and is quarantined")             \
    X(NODE_UNCLEAN, "node-unclean", "%n still cleans up after it ran there")                       \
    X(NODE_FAILED_HERE, "node-failed-here", "it failed on %n before")                              \
    X(NO_CAPACITY, "no-capacity", "%n has no room: it would be %d %% full")                        \
    X(KEPT_APART, "kept-apart", "it is kept apart from %i, which runs on %n")                      \
    X(ALREADY_THERE, "already-there", "it runs on %n already")                                     \
    X(UNKNOWN_INSTANCE, "unknown-instance", "there is no such instance")                           \
    X(UNKNOWN_NODE, "unknown-node", "there is no such node")                                       \
    X(NAME_TAKEN, "name-taken", "a node of that name is a member already")                         \
    X(CLUSTER_FULL, "cluster-full", "the cluster has as many nodes as it can have")                \
    X(IS_OFFLINE, "is-offline", "it is offline; 'holdfast online' starts it")                      \
    X(IN_TRANSITION, "in-transition", "it is being moved or started just now; try again")          \
    X(NOT_ENOUGH_NODES, "not-enough-nodes",                                                        \
      "nodes up: %d, fewer than a majority of those configured: a change could be lost; "          \
      "start more nodes or use --force")                                                           \
    X(NO_QUORUM, "no-quorum", "this node has no quorum, so nothing can be decided here")           \
    X(NOT_SYNCED, "not-synced", "this node has not yet got the cluster's state; try again")        \
    X(TOO_MANY_REQUESTS, "too-many-requests", "too many commands are under way; try again")        \
    X(CONFIG_CONFLICT, "config-conflict",                                                          \
      "the configuration was changed meanwhile by somebody else; look at it and try again")        \
    X(CONFIG_BUSY, "config-busy", "another change of the configuration is under way; try again")   \
    X(CONFIG_RUNNING, "config-running",                                                            \
      "%i must be offline for this change: 'holdfast offline' first")                              \
    X(CONFIG_MEMBERS, "config-members",                                                            \
      "nodes are added with 'holdfast join' and their addresses do not change by apply")           \
    X(UNCHANGED, "unchanged", "nothing is to be changed")                                          \
    X(INTERRUPTED, "interrupted", "the membership changed while it was being decided; try again")  \
    X(NODE_IS_UP, "node-is-up",                                                                    \
      "%n is a running member of the cluster; there is nothing to confirm")                        \
    X(STATE_DIFFERS, "state-differs",                                                              \
      "this node's state differs from the coordinator's; the daemon stops")                        \
    X(CLOCK_JUMPED, "clock-jumped",                                                                \
      "%n stood still, or its clock jumped, for %d ms; it observes before it acts")                \
    X(JOIN_NEEDS_ALL, "join-needs-all",                                                            \
      "%n is down: every node must be there when one joins, for each of them has to learn of it")  \
    X(JOIN_BUSY, "join-busy", "%n is joining just now; try again when it is up")                   \
    X(UNKNOWN_COMMAND, "unknown-command",                                                          \
      "%n, which coordinates, does not know this command: its holdfast is older than that of the " \
      "node where it was given; upgrade %n, then try again")                                       \
    X(CONFIG_UNREADABLE, "config-unreadable",                                                      \
      "holdfast on %n cannot read the configuration that was applied; install the version that "   \
      "the other nodes run on %n, then start holdfastd there")                                     \
    X(FORMAT_RAISED, "format-raised",                                                              \
      "every node speaks format %d: it is in use from now on, and older versions cannot come "     \
      "back")                                                                                      \
    X(FORMAT_TOO_NEW, "format-too-new",                                                            \
      "the cluster uses format %d, which the older holdfast on %n cannot read; install the "       \
      "version that the other nodes run on %n, then start holdfastd there")                        \
    X(FORMAT_NEEDED, "format-needed",                                                              \
      "the file has settings that an older holdfast cannot read, and it still runs on: %s; "       \
      "upgrade there, then apply the file again")                                                  \
    X(FORMAT_WAITS, "format-waits",                                                                \
      "the file has settings of a newer format, which is used once all nodes are up; missing: "    \
      "%s; start them, then apply the file again")                                                 \
    X(MAKES_ROOM, "makes-room", "it moves to make room for %i")                                    \
    X(STOPPED_FOR, "stopped-for", "it is stopped to make room for %i, which is more important")    \
    X(MOVES_ALONG, "moves-along", "it moves with %i: the two are kept together")                   \
    X(NO_ROOM, "no-room",                                                                          \
      "there is no room for it, and making some would leave out something as important")           \
    X(WAITS_ROOM, "waits-room", "%n has room for it once %i has stopped there")                    \
    X(KEPT_TOGETHER, "kept-together", "it is kept together with %i, whose place is %n")            \
    X(MATE_CANNOT, "mate-cannot", "%i, which is kept together with it, cannot run on %n")          \
    X(NOT_BEST, "not-best", "%n would do, but what needs a place fits better this way")            \
    X(STOP_HANGS, "stop-hangs",                                                                    \
      "%n cannot stop it, and without a disk nothing cuts it off there: it is started nowhere "    \
      "else until %n has stopped it")                                                              \
    X(NO_ROOM_FOUND, "no-room-found",                                                              \
      "no room was found for it in as many steps as a decision has; there may be some: 'holdfast " \
      "plan' looks longer")                                                                        \
    X(MEASURED, "measured", "%n measured it")                                                      \
    X(DISK_FULL, "disk-full", "its disk is full, so that the engine on %n could not write")        \
    X(READ_ONLY, "read-only", "its file system refused writes on %n")                              \
    X(EXHAUSTED, "exhausted", "on %n it had no connection or memory to spare for %d ms")           \
    X(CHECK_FAILED, "check-failed", "a check of the file failed on %n for %d ms")                  \
    X(NETWORK_LOST, "network-lost",                                                                \
      "%n lost the public network, over which its clients come, and another node has it")          \
    X(NETWORK_BAD, "network-bad", "%n has no public network, over which clients come")

enum hf_reason_code {
#define HF_REASON_ENUM(code, word, text) HF_REASON_##code,
    HF_REASONS(HF_REASON_ENUM)
#undef HF_REASON_ENUM
        HF_REASON_COUNT
};

struct hf_reason {
    uint16_t code;     /* enum hf_reason_code */
    uint8_t node;      /* %n: node slot, HF_NODE_NONE = none */
    uint8_t node2;     /* %m */
    uint16_t instance; /* %i: instance slot, HF_INSTANCE_NONE = none */
    uint64_t number;   /* %d; %s: a set of node slots */
};

/* A node that was considered and not taken, and why. */
#define HF_REJECTIONS_MAX 8u

struct hf_rejection {
    uint8_t node;
    struct hf_reason reason;
};

struct hf_spec;

struct hf_reason hf_reason_make(enum hf_reason_code code);
struct hf_reason hf_reason_node(enum hf_reason_code code, uint8_t node);

/* The stable word of a code, for JSON and tests; "unknown" for codes of newer versions. */
const char *hf_reason_word(uint16_t code);

/* Writes the sentence with names from spec filled in; always NUL-terminates; returns its length. */
size_t hf_reason_text(const struct hf_reason *reason, const struct hf_spec *spec, char *text,
                      size_t room);

#endif
