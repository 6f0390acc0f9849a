#include "daemon/status_hint.h"

#include <stdio.h>
#include <string.h>

#include "core/state.h"

struct hint {
    uint16_t code;
    const char *text; /* {node}, {instance}, {other}, {device} are filled in */
};

static const struct hint hints[] = {
    {HF_REASON_NODE_LOST,
     "See whether {node} has power and network. When it is back it joins by itself."},
    {HF_REASON_DAEMON_LOST, "On {node}: systemctl status holdfastd; journalctl -u holdfastd -n 50"},
    {HF_REASON_ENGINE_EXITED, "On {node}: the engine's own log, and journalctl -u holdfastd"},
    {HF_REASON_ENGINE_SILENT,
     "On {node}: the engine's own log, and the load of the node (top, iostat)"},
    {HF_REASON_ENGINE_START_FAILED,
     "Read the engine's log on {node}. When mended: holdfast online {instance}"},
    {HF_REASON_ENGINE_STUCK, "Read the engine's log on {node}, and look for I/O errors: dmesg"},
    {HF_REASON_DISK_FULL,
     "On {node}: df -h, and make room. It is started anew once, for what broken "
     "queries left behind; after that it serves what it can."},
    {HF_REASON_READ_ONLY, "On {node}: dmesg says why its file system was made read-only. "
                          "When mended: holdfast online {instance}"},
    {HF_REASON_EXHAUSTED, "See who has the connections (pg_stat_activity), 'max_connections' under "
                          "'settings', and the memory of {node}: cat /proc/pressure/memory"},
    {HF_REASON_CHECK_FAILED,
     "Ask the query of 'health.checks' by hand (holdfast export shows it), and the engine's log"},
    {HF_REASON_NETWORK_LOST, "On {node}: ip -br link; ip -br addr, its cable, its switch"},
    {HF_REASON_NETWORK_BAD, "On {node}: ip -br link; ip -br addr, its cable, its switch"},
    {HF_REASON_DISK_LOST, "On {node}, check the path to the storage: dmesg; ls -l {device}"},
    {HF_REASON_DISK_MISSING, "On {node}, check the path to the storage: ls -l {device}; iscsiadm "
                             "-m session; multipath -ll"},
    {HF_REASON_NO_RESERVATIONS,
     "Use a disk that supports SCSI-3 persistent reservations (sg_persist -c {device}), or add a "
     "fence agent under 'fencing'."},
    {HF_REASON_FOREIGN_KEY,
     "See who holds it: sg_persist -r -k {device}. If it is a leftover, clear it there, then: "
     "holdfast online {instance}"},
    {HF_REASON_FILESYSTEM_WRONG,
     "Compare 'type' in the file (holdfast export) with what is on the disk: blkid {device}"},
    {HF_REASON_FILESYSTEM_CORRUPT, "holdfast offline {instance}; then repair {device} on ONE node "
                                   "(fsck) while nobody else has it "
                                   "mounted; then: holdfast online {instance}"},
    {HF_REASON_MOUNT_FAILED, "On {node}: dmesg. When mended: holdfast online {instance}"},
    {HF_REASON_ADDRESS_FAILED,
     "On {node}: ip addr. Is the address used by another computer, or the public network down?"},
    {HF_REASON_STEP_TIMED_OUT,
     "On {node}: journalctl -u holdfastd; dmesg. Storage too slow or hung?"},
    {HF_REASON_STEP_FAILED, "On {node}: journalctl -u holdfastd"},
    {HF_REASON_STOP_STUCK, "Nothing is at risk: the disk refuses {node}'s writes. If it does not "
                           "clean up, reboot {node}."},
    {HF_REASON_STOP_HANGS, "On {node}: journalctl -u holdfastd; dmesg. If it stays, reboot {node}: "
                           "then it starts elsewhere."},
    {HF_REASON_QUORUM_LOST,
     "Start more nodes, or mend the network between them. See: corosync-quorumtool -s"},
    {HF_REASON_NO_QUORUM,
     "Start more nodes, or mend the network between them. See: corosync-quorumtool -s"},
    {HF_REASON_TOO_MANY_FAILOVERS,
     "Find out why it fails: holdfast why {instance}; holdfast history --instance {instance}. "
     "To try at once: holdfast online {instance}"},
    {HF_REASON_NO_OWNER_LEFT, "Make one of the nodes above able to run it; to try again at once: "
                              "holdfast online {instance}"},
    {HF_REASON_NO_ROOM,
     "holdfast plan says which change would make room. At once: take something that is needed less "
     "offline, or correct 'demand' and 'capacity'; it then starts by itself."},
    {HF_REASON_NO_ROOM_FOUND, "holdfast plan says where everything would fit, if it does: move it "
                              "there by hand. At once: take "
                              "something that is needed less offline; it then starts by itself."},
    {HF_REASON_KEPT_TOGETHER, "Make room on {node}, or change 'together_with'."},
    {HF_REASON_MATE_CANNOT, "See why: holdfast why {other}"},
    {HF_REASON_STOPPED_FOR, "It starts by itself when there is room. See: holdfast plan"},
    {HF_REASON_NOT_FENCED, "Look at {node}: its power, its console. Only when it is surely off: "
                           "holdfast confirm-fenced {node}"},
    {HF_REASON_JOIN_NEEDS_ALL, "Start {node}, wait until it is up, then join again."},
    {HF_REASON_JOIN_BUSY,
     "Wait until {node} is up. If it will never come: join again in two minutes."},
    {HF_REASON_WAITS_FOR, "See what holds it up: holdfast why {other}"},
    {HF_REASON_REQUESTED_OFFLINE, "To start it: holdfast online {instance}"},
    {HF_REASON_IS_OFFLINE, "holdfast online {instance}"},
    {HF_REASON_NODE_DRAINED, "When its maintenance is over: holdfast resume {node}"},
    {HF_REASON_DRAINED, "When its maintenance is over: holdfast resume {node}"},
    {HF_REASON_NODE_QUARANTINED,
     "Find out why it failed (holdfast history). When it is mended: holdfast resume {node}"},
    {HF_REASON_NODE_UNCLEAN,
     "It goes on by itself. If it lasts, look on {node}: journalctl -u holdfastd"},
    {HF_REASON_NODE_FAILED_HERE,
     "When what failed on {node} is mended: holdfast online {instance} (tries every node again)"},
    {HF_REASON_UNKNOWN_INSTANCE, "holdfast status lists the instances."},
    {HF_REASON_UNKNOWN_NODE, "holdfast status lists the nodes."},
    {HF_REASON_CONFIG_CONFLICT, "holdfast export shows the configuration as it is now."},
    {HF_REASON_CONFIG_RUNNING, "holdfast offline {other}, then apply again."},
    {HF_REASON_STATE_DIFFERS, "Restart it: systemctl restart holdfastd. It takes the state from "
                              "the others. Please report it."},
};

static const char *find(uint16_t code)
{
    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
        if (hints[i].code == code)
            return hints[i].text;
    return NULL;
}

static const char *node_name(const struct hf_spec *spec, uint8_t node)
{
    return node < HF_NODES_MAX && spec->nodes[node].name[0] ? spec->nodes[node].name : "the node";
}

static const char *instance_name(const struct hf_spec *spec, uint16_t instance)
{
    bool known = instance < HF_INSTANCES_MAX && spec->instances[instance].name[0];
    return known ? spec->instances[instance].name : "INSTANCE";
}

static const char *device_name(const struct hf_spec *spec, uint16_t instance)
{
    bool known = instance < HF_INSTANCES_MAX && spec->instances[instance].disk_count > 0;
    return known ? spec->instances[instance].disks[0].device : "the disk";
}

/* The value for the placeholder at text; *ret_length is its length in the template, 0 = none. */
static const char *value(const char *text, const struct hf_reason *reason,
                         const struct hf_spec *spec, uint16_t instance, size_t *ret_length)
{
    static const char *const words[] = {"{node}", "{instance}", "{other}", "{device}"};
    for (size_t i = 0; i < 4; i++) {
        *ret_length = strlen(words[i]);
        if (strncmp(text, words[i], *ret_length) != 0)
            continue;
        return i == 0   ? node_name(spec, reason->node)
               : i == 1 ? instance_name(spec, instance)
               : i == 2 ? instance_name(spec, reason->instance)
                        : device_name(spec, instance);
    }
    *ret_length = 0;
    return NULL;
}

bool hf_hint_text(const struct hf_reason *reason, const struct hf_spec *spec, uint16_t instance,
                  char *text, size_t room)
{
    const char *from = find(reason->code);
    size_t used = 0;
    text[0] = '\0';
    while (from && *from && used + 1 < room) {
        size_t length = 0;
        const char *fill = *from == '{' ? value(from, reason, spec, instance, &length) : NULL;
        int added = fill ? snprintf(text + used, room - used, "%s", fill)
                         : snprintf(text + used, room - used, "%c", *from);
        used += added > 0 ? (size_t)added : 0;
        from += fill ? length : 1;
    }
    return text[0] != '\0';
}
