/* Inventory: are the nodes alike, and were they all looked at? */
#include <stdio.h>
#include <stdlib.h>

#include "validate/rules.h"

#define OLD_MS (24LL * 3600 * 1000)

static void one_complete(struct hf_run *run, unsigned n, const json_t *facts)
{
    if (json_is_true(hf_fact(facts, "root")))
        hf_saw(run, HF_RESULT_PASS, hf_node_name(run, n), "facts were read by root");
    else
        hf_saw(run, HF_RESULT_WARNING, hf_node_name(run, n),
               "facts were not read by root: keys, firewall and data are not to be seen");
}

static void complete(struct hf_run *run)
{
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        if (hf_all_nodes(run) >> n & 1 && !run->in->facts[n])
            hf_saw(run, HF_RESULT_WARNING, hf_node_name(run, n), "no facts of this node: %s",
                   run->in->missing[n] ? run->in->missing[n] : "they were not gathered");
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        if (hf_all_nodes(run) >> n & 1 && run->in->facts[n])
            one_complete(run, n, run->in->facts[n]);
}

static void one_age(struct hf_run *run, unsigned n, const json_t *facts)
{
    json_int_t age = run->in->now_ms - hf_fact_number(facts, "clock.time_ms", 0);
    if (age > OLD_MS)
        hf_saw(run, HF_RESULT_WARNING, hf_node_name(run, n), "facts are %lld hours old",
               (long long)(age / 3600000));
    else
        hf_saw(run, HF_RESULT_PASS, hf_node_name(run, n), "facts are new");
}

static void age(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "clock.time_ms", one_age);
}

static void version(struct hf_run *run)
{
    hf_alike_fact(run, hf_all_nodes(run), "Holdfast", HF_RESULT_WARNING, "holdfast");
}

static void kernel(struct hf_run *run)
{
    hf_alike_fact(run, hf_all_nodes(run), "kernel", HF_RESULT_WARNING, "system.kernel");
}

static void machine(struct hf_run *run)
{
    hf_alike_fact(run, hf_all_nodes(run), "machine", HF_RESULT_FAIL, "system.machine");
}

static void page(struct hf_run *run)
{
    hf_alike_fact(run, hf_all_nodes(run), "bytes of a page", HF_RESULT_FAIL, "system.page_bytes");
}

static void os(struct hf_run *run)
{
    hf_alike_fact(run, hf_all_nodes(run), "system", HF_RESULT_WARNING, "system.os");
}

static void cpus(struct hf_run *run)
{
    hf_alike_fact(run, hf_all_nodes(run), "CPUs", HF_RESULT_WARNING, "system.cpus");
}

/* The firmware keeps a little for itself: to a sixteenth, alike. */
static void memory(struct hf_run *run)
{
    json_int_t most = 0;
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        json_int_t has = hf_fact_number(run->in->facts[n], "system.memory_mib", 0);
        most = has > most ? has : most;
    }
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        json_int_t has = hf_fact_number(run->in->facts[n], "system.memory_mib", 0);
        bool asked = hf_all_nodes(run) >> n & 1;
        if (!asked)
            continue;
        if (has == 0)
            hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "memory is not known");
        else
            hf_saw(run, has < most - most / 16 ? HF_RESULT_WARNING : HF_RESULT_PASS,
                   hf_node_name(run, n), "%lld MiB of memory; the most elsewhere: %lld MiB",
                   (long long)has, (long long)most);
    }
}

static void corosync(struct hf_run *run)
{
    hf_alike_fact(run, hf_all_nodes(run), "corosync", HF_RESULT_WARNING, "tools.corosync");
}

static void one_corosync(struct hf_run *run, unsigned n, const json_t *facts)
{
    const char *has = hf_fact_text(facts, "tools.corosync");
    hf_saw(run, has[0] ? HF_RESULT_PASS : HF_RESULT_FAIL, hf_node_name(run, n), "corosync %s",
           has[0] ? has : "is not installed");
}

static void corosync_installed(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "tools", one_corosync);
}

/* No value twice. */
static void unique(struct hf_run *run, const char *path, const char *what)
{
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        const char *own = hf_fact_text(run->in->facts[n], path);
        const char *twin = NULL;
        if (!(hf_all_nodes(run) >> n & 1))
            continue;
        for (unsigned k = 0; own[0] && k < n; k++)
            if (strcmp(hf_fact_text(run->in->facts[k], path), own) == 0)
                twin = hf_node_name(run, k);
        if (!own[0])
            hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "%s is not known", what);
        else if (twin)
            hf_saw(run, HF_RESULT_FAIL, hf_node_name(run, n), "%s %s is also that of %s", what, own,
                   twin);
        else
            hf_saw(run, HF_RESULT_PASS, hf_node_name(run, n), "%s %s", what, own);
    }
}

static void machine_id(struct hf_run *run)
{
    unique(run, "node.machine_id", "machine id");
}

static void host_names(struct hf_run *run)
{
    unique(run, "node.hostname", "host name");
}

const struct hf_check hf_checks_inventory[] = {
    {"inventory.complete", "Facts of every node were read, by root",
     "What was not looked at can be wrong; a node that is left out now fails at its first "
     "takeover.",
     "Run validate in the cluster, or `holdfast inspect facts FILE` as root on each node, and give "
     "the answers with --facts.",
     complete},
    {"inventory.age", "The facts are not older than a day", "A node may have been changed since.",
     "Gather the facts again.", age},
    {"inventory.holdfast", "Every node has the same version of Holdfast",
     "Nodes of two versions side by side are for the time of an upgrade only.",
     "Install the same version everywhere, node by node (docs/OPERATIONS.md).", version},
    {"inventory.kernel", "Every node runs the same kernel",
     "Disk drivers and networks behave differently from kernel to kernel; a fault then depends on "
     "where the instance runs.",
     "Install the same kernel package and reboot, one node after the other.", kernel},
    {"inventory.machine", "Every node has the same kind of processor",
     "A data directory cannot be read by a machine of another kind.",
     "Use nodes of one kind, or take the odd one out of `owners.possible`.", machine},
    {"inventory.page-size", "Every node has memory pages of the same size",
     "File systems with blocks as large as a page cannot be mounted where pages are smaller.",
     "Boot kernels of the same page size.", page},
    {"inventory.os", "Every node has the same release of the operating system",
     "Libraries differ from release to release, and with them the order of sorted texts.",
     "Upgrade the odd nodes, one after the other.", os},
    {"inventory.cpus", "Every node has the same number of CPUs",
     "After a failover the instance has to work with what is there.",
     "State the capacity of each node in cluster.yaml and look at `holdfast plan`.", cpus},
    {"inventory.memory", "Every node has about the same memory",
     "After a failover the instance has to work with what is there.",
     "State the capacity of each node in cluster.yaml and look at `holdfast plan`.", memory},
    {"inventory.corosync-installed", "corosync is installed on every node",
     "Without corosync a node cannot be a member.", "Install the package corosync.",
     corosync_installed},
    {"inventory.corosync", "Every node has the same version of corosync",
     "Members of different versions speak with each other only within one main version.",
     "Install the same version everywhere, node by node.", corosync},
    {"inventory.machine-id", "No two nodes have the same machine id",
     "A node that was cloned shares identities (of DHCP, of the journal, of iSCSI) with its twin.",
     "On the clone: remove /etc/machine-id, run systemd-machine-id-setup, reboot.", machine_id},
    {"inventory.hostname", "No two nodes have the same host name",
     "Logs, initiators and certificates of the two cannot be told apart.",
     "Give each its own name: hostnamectl set-hostname NAME.", host_names},
};
HF_TABLE_OF(inventory);
