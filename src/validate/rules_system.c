/* System: clocks, units, watchdogs, kernel settings. */
#include <stdio.h>
#include <stdlib.h>

#include "validate/rules.h"

#define CLOCKS_MS 1000

static void one_synchronised(struct hf_run *run, unsigned n, const json_t *facts)
{
    bool good = json_is_true(hf_fact(facts, "clock.synchronised"));
    hf_saw(run, good ? HF_RESULT_PASS : HF_RESULT_WARNING, hf_node_name(run, n), "its clock is %s",
           good ? "synchronised" : "not synchronised with anything");
}

static void synchronised(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "clock", one_synchronised);
}

/* The clock of a node was read between asking it and hearing from it, by the asker's clock. Its
 * daemon said the time at once; without one it is the time of the facts, which took a while. */
static void one_offset(struct hf_run *run, unsigned n, const json_t *facts)
{
    json_int_t its =
        hf_fact_number(facts, "gathered.clock_ms", hf_fact_number(facts, "clock.time_ms", 0));
    json_int_t from = hf_fact_number(facts, "gathered.asked_ms", 0);
    json_int_t until = hf_fact_number(facts, "gathered.heard_ms", 0);
    json_int_t off = its < from ? from - its : its > until ? its - until : 0;
    hf_saw(run, off > CLOCKS_MS ? HF_RESULT_FAIL : HF_RESULT_PASS, hf_node_name(run, n),
           off ? "its clock is at least %lld ms %s" : "its clock is right", (long long)off,
           its < from ? "behind" : "ahead");
}

static void offset(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "gathered", one_offset);
}

static void timezone_alike(struct hf_run *run)
{
    hf_alike_fact(run, hf_all_nodes(run), "time zone", HF_RESULT_WARNING, "system.timezone");
}

/* ---- What starts at boot ---- */

static void enabled(struct hf_run *run, unsigned n, const json_t *facts, const char *unit)
{
    bool on = hf_fact_has(facts, "units", unit);
    if (!hf_fact(facts, "node.file"))
        hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "this node is in no cluster yet");
    else
        hf_saw(run, on ? HF_RESULT_PASS : HF_RESULT_WARNING, hf_node_name(run, n), "%s %s at boot",
               unit, on ? "starts" : "does not start");
}

static void one_holdfastd(struct hf_run *run, unsigned n, const json_t *facts)
{
    enabled(run, n, facts, "holdfastd.service");
}

static void holdfastd(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "units", one_holdfastd);
}

static void one_corosync(struct hf_run *run, unsigned n, const json_t *facts)
{
    enabled(run, n, facts, "corosync.service");
}

static void corosync(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "units", one_corosync);
}

static void one_other(struct hf_run *run, unsigned n, const json_t *facts)
{
    static const char *const others[] = {"pacemaker.service",  "sbd.service",
                                         "keepalived.service", "heartbeat.service",
                                         "patroni.service",    "repmgrd.service"};
    for (size_t k = 0; k < sizeof(others) / sizeof(others[0]); k++)
        if (hf_fact_has(facts, "units", others[k])) {
            hf_saw(run, HF_RESULT_FAIL, hf_node_name(run, n), "%s starts at boot", others[k]);
            return;
        }
    hf_saw(run, HF_RESULT_PASS, hf_node_name(run, n), "no other cluster manager starts at boot");
}

static void other_manager(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "units", one_other);
}

static bool below(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return length && strncmp(path, folder, length) == 0 &&
           (path[length] == '\0' || path[length] == '/');
}

/* A cluster of PostgreSQL whose data is on an instance's disk, and that would be started at boot.
 */
static const json_t *started_by_debian(const json_t *facts, const struct hf_instance_spec *instance)
{
    size_t i = 0;
    json_t *cluster = NULL;
    json_array_foreach(hf_fact(facts, "pg_clusters"), i, cluster)
    {
        const char *data = hf_fact_text(cluster, "data");
        bool clustered = strcmp(data, instance->engine.data) == 0;
        for (unsigned d = 0; d < instance->disk_count; d++)
            clustered |= below(data, instance->disks[d].mount);
        if (clustered && strcmp(hf_fact_text(cluster, "start"), "auto") == 0)
            return cluster;
    }
    return NULL;
}

static void one_engine_unit(struct hf_run *run, const struct hf_instance_spec *instance, unsigned n,
                            const json_t *facts)
{
    const json_t *cluster = started_by_debian(facts, instance);
    const char *unit = instance->engine.unit;
    if (cluster)
        hf_saw(run, HF_RESULT_FAIL, hf_node_name(run, n),
               "PostgreSQL %s/%s of instance %s starts at boot", hf_fact_text(cluster, "version"),
               hf_fact_text(cluster, "name"), instance->name);
    else if (instance->engine.type == HF_ENGINE_SERVICE && hf_fact_has(facts, "units", unit))
        hf_saw(run, HF_RESULT_FAIL, hf_node_name(run, n), "%s of instance %s starts at boot", unit,
               instance->name);
    else if (instance->engine.type == HF_ENGINE_MARIADB &&
             hf_fact_has(facts, "units", "mariadb.service"))
        hf_saw(run, HF_RESULT_FAIL, hf_node_name(run, n),
               "mariadb.service starts at boot, and instance %s is one of MariaDB", instance->name);
    else
        hf_saw(run, HF_RESULT_PASS, hf_node_name(run, n), "nothing but Holdfast starts instance %s",
               instance->name);
}

static void engine_unit(struct hf_run *run)
{
    hf_each_owner(run, "pg_clusters", one_engine_unit);
}

/* ---- Watchdogs ---- */

/* Nothing but the watchdog fences. */
static bool needs_watchdog(const struct hf_run *run)
{
    const struct hf_cluster_spec *cluster = &run->spec->cluster;
    return run->in->configured && cluster->fencing_count == 1 &&
           cluster->fencing[0] == HF_FENCING_WATCHDOG;
}

static void one_watchdog(struct hf_run *run, unsigned n, const json_t *facts)
{
    const json_t *dog = json_array_get(hf_fact(facts, "watchdogs"), 0);
    enum hf_result without = needs_watchdog(run) ? HF_RESULT_FAIL : HF_RESULT_WARNING;
    hf_saw(run, dog ? HF_RESULT_PASS : without, hf_node_name(run, n), "%s%s",
           dog ? hf_fact_text(dog, "name") : "there is no watchdog",
           dog || without == HF_RESULT_WARNING ? "" : ", and nothing else fences");
}

static void watchdog(struct hf_run *run)
{
    if (run->in->configured && run->spec->cluster.watchdog_ms == 0)
        hf_no_need(run, "timings.watchdog is 0: none is wanted");
    else
        hf_each_with(run, hf_all_nodes(run), "watchdogs", one_watchdog);
}

/* Some drivers take any time (max_timeout 0); softdog 65,535 s. */
static void one_watchdog_time(struct hf_run *run, unsigned n, const json_t *facts)
{
    const json_t *dog = json_array_get(hf_fact(facts, "watchdogs"), 0);
    json_int_t most = hf_fact_number(dog, "max_timeout", 0);
    json_int_t wanted = (json_int_t)run->spec->cluster.watchdog_ms / 1000;
    if (!dog)
        hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "there is no watchdog");
    else
        hf_saw(run, most && most < wanted ? HF_RESULT_FAIL : HF_RESULT_PASS, hf_node_name(run, n),
               "%s: %lld s are wanted, it can do %lld s", hf_fact_text(dog, "name"),
               (long long)wanted, (long long)(most ? most : wanted));
}

static void watchdog_time(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "watchdogs", one_watchdog_time);
}

static void one_armed(struct hf_run *run, unsigned n, const json_t *facts)
{
    const json_t *dog = json_array_get(hf_fact(facts, "watchdogs"), 0);
    const char *state = hf_fact_text(dog, "state");
    const json_t *known = hf_fact_find(run->in->status, "nodes", "name", hf_node_name(run, n));
    if (!known || strcmp(hf_fact_text(known, "state"), "up") != 0)
        hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "no holdfastd runs that would arm it");
    else if (!state[0])
        hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "%s",
               dog ? "this kernel does not say whether it is armed" : "there is no watchdog");
    else
        hf_saw(run, strcmp(state, "active") == 0 ? HF_RESULT_PASS : HF_RESULT_WARNING,
               hf_node_name(run, n), "%s is %s", hf_fact_text(dog, "name"), state);
}

static void armed(struct hf_run *run)
{
    if (run->in->configured && run->spec->cluster.watchdog_ms == 0)
        hf_no_need(run, "timings.watchdog is 0: none is wanted");
    else
        hf_each_with(run, hf_all_nodes(run), "watchdogs", one_armed);
}

/* ---- The kernel ---- */

static void one_cgroup(struct hf_run *run, unsigned n, const json_t *facts)
{
    bool there = json_is_true(hf_fact(facts, "system.cgroup2"));
    hf_saw(run, there ? HF_RESULT_PASS : HF_RESULT_FAIL, hf_node_name(run, n),
           "control groups of version 2 are %s at /sys/fs/cgroup", there ? "there" : "not");
}

static void cgroup(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "system.cgroup2", one_cgroup);
}

static void one_panic(struct hf_run *run, unsigned n, const json_t *facts)
{
    json_int_t wait = hf_fact_number(facts, "sysctl.kernel/panic", 0);
    hf_saw(run, wait ? HF_RESULT_PASS : HF_RESULT_WARNING, hf_node_name(run, n),
           "kernel.panic is %lld", (long long)wait);
}

static void panic_restarts(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "sysctl.kernel/panic", one_panic);
}

static void one_overcommit(struct hf_run *run, unsigned n, const json_t *facts)
{
    json_int_t mode = hf_fact_number(facts, "sysctl.vm/overcommit_memory", 0);
    hf_saw(run, mode == 1 ? HF_RESULT_WARNING : HF_RESULT_PASS, hf_node_name(run, n),
           "vm.overcommit_memory is %lld", (long long)mode);
}

static void overcommit(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "sysctl.vm/overcommit_memory", one_overcommit);
}

static bool setting(const struct hf_run *run, unsigned n, const json_t *facts, const void *user,
                    char *value)
{
    const char *text = json_string_value(json_object_get(hf_fact(facts, "sysctl"), user));
    (void)run;
    (void)n;
    (void)snprintf(value, HF_VALUE_MAX, "%s", text ? text : "");
    return text != NULL;
}

static void settings(struct hf_run *run)
{
    static const char *const names[] = {"vm/swappiness",        "vm/nr_hugepages",
                                        "vm/dirty_ratio",       "vm/dirty_background_ratio",
                                        "vm/overcommit_ratio",  "net/ipv4/tcp_keepalive_time",
                                        "net/ipv4/tcp_retries2"};
    for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
        hf_alike(run, hf_all_nodes(run), names[k], HF_RESULT_WARNING, setting, names[k]);
}

static void one_scheduling(struct hf_run *run, unsigned n, const json_t *facts)
{
    json_int_t late_us = hf_fact_number(facts, "system.scheduling_us", 0);
    json_int_t most_us = (json_int_t)run->spec->cluster.token_ms * 1000 / 5;
    hf_saw(run, late_us > most_us ? HF_RESULT_WARNING : HF_RESULT_PASS, hf_node_name(run, n),
           "a process that had to run was %lld us late; the token allows %lld us",
           (long long)late_us, (long long)most_us);
}

static void scheduling(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "system.scheduling_us", one_scheduling);
}

const struct hf_check hf_checks_system[] = {
    {"system.clock-synchronised", "Every node's clock is synchronised",
     "Histories of several nodes can only be laid side by side when their clocks agree, and "
     "databases store times.",
     "Install chrony (or systemd-timesyncd) with the same servers on all nodes.", synchronised},
    {"system.clock-agree", "The nodes' clocks agree within a second",
     "Times that a database stored before a failover lie in the future after it.",
     "chronyc makestep on the node that is off.", offset},
    {"system.timezone", "Every node has the same time zone",
     "Failback windows and logs are in local time.", "timedatectl set-timezone ZONE",
     timezone_alike},
    {"system.holdfastd", "holdfastd starts at boot",
     "A node that comes back and does not join is no protection.", "systemctl enable holdfastd",
     holdfastd},
    {"system.corosync", "corosync starts at boot",
     "A node that comes back and does not join is no protection.", "systemctl enable corosync",
     corosync},
    {"system.other-manager", "No other cluster manager starts at boot",
     "Two managers start and stop the same things, and each fences what the other does.",
     "systemctl disable --now UNIT", other_manager},
    {"system.engine-unit", "Nothing but Holdfast starts a clustered engine",
     "An engine that is started at boot runs beside the one that Holdfast started elsewhere, or "
     "keeps it from starting here.",
     "Write `manual` into /etc/postgresql/VERSION/NAME/start.conf, or systemctl disable UNIT.",
     engine_unit},
    {"system.watchdog", "Every node has a watchdog",
     "It resets a node that can no longer stop what it must stop.",
     "Load the board's driver (ipmi_watchdog, iTCO_wdt), or softdog where there is none.",
     watchdog},
    {"system.watchdog-time", "The watchdog can wait as long as is configured",
     "A watchdog that fires earlier resets a healthy node; the others count on the stated time.",
     "Lower timings.watchdog in cluster.yaml to what the device can do.", watchdog_time},
    {"system.watchdog-armed", "The watchdog is armed while holdfastd runs",
     "A watchdog that is not armed resets nothing.",
     "See the log of holdfastd: it says why it could not open the device.", armed},
    {"system.cgroup", "Control groups of version 2 are mounted",
     "Every instance runs in one, and is killed whole by it.",
     "Boot with systemd.unified_cgroup_hierarchy=1.", cgroup},
    {"system.panic", "A node restarts by itself after a kernel panic",
     "With kernel.panic = 0 it stands still until somebody comes.",
     "kernel.panic = 10 in /etc/sysctl.d/holdfast.conf", panic_restarts},
    {"system.overcommit", "The kernel does not promise memory without a limit",
     "With vm.overcommit_memory = 1 the kernel kills the database instead of refusing memory to "
     "it.",
     "vm.overcommit_memory = 2 (or 0) in /etc/sysctl.d/holdfast.conf", overcommit},
    {"system.settings", "Kernel settings that databases feel are the same everywhere",
     "An instance that was tuned on one node behaves differently on the other.",
     "Put them into /etc/sysctl.d/ on all nodes alike.", settings},
    {"system.scheduling", "Processes run in time",
     "corosync on a node that is held up misses the token, and the node is taken for lost.",
     "Leave CPU for the system; on virtual machines see steal time; or raise timings.token.",
     scheduling},
};
HF_TABLE_OF(system);
