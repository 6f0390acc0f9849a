/* The document out of its sections. */
#include "validate/facts.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "validate/facts_impl.h"

/* For all programs together: who asked a daemon for the facts waits 20 s (daemon/gather_program.h),
 * and facts with gaps are better than none. */
#define PROGRAMS_MS 15000

/* A section that could not be read is not there. */
static void put(json_t *facts, const char *name, json_t *section)
{
    if (section)
        (void)json_object_set_new(facts, name, section);
}

static void put_network(json_t *facts, const struct hf_facts_source *source,
                        const struct hf_spec *spec)
{
    json_t *interfaces = hf_facts_interfaces(source);
    if (spec) {
        put(facts, "names", hf_facts_names(source, spec));
        put(facts, "peers", hf_facts_peers(source, spec, interfaces));
        put(facts, "virtual", hf_facts_virtual(source, spec, interfaces));
    }
    put(facts, "interfaces", interfaces);
    put(facts, "firewall", hf_facts_firewall(source));
}

static void put_storage(json_t *facts, const struct hf_facts_source *source,
                        const struct hf_spec *spec)
{
    put(facts, "disks", hf_facts_disks(source, spec));
    put(facts, "mounts", hf_facts_mounts(source));
    put(facts, "fstab", hf_facts_fstab(source));
    put(facts, "mount_units", hf_facts_mount_units(source));
    put(facts, "state_dir", hf_facts_state_dir(source));
}

static json_t *collect(const struct hf_facts_source *source, const struct hf_spec *spec)
{
    json_t *facts = json_pack("{s:i, s:s, s:b}", "format", HF_FACTS_FORMAT, "holdfast", HF_VERSION,
                              "root", geteuid() == 0);
    if (!facts)
        return NULL;
    put(facts, "node", hf_facts_node(source, spec));
    put(facts, "system", hf_facts_system(source));
    put(facts, "sysctl", hf_facts_sysctl(source));
    put(facts, "users", hf_facts_users(source, spec));
    put(facts, "groups", hf_facts_groups(source));
    put(facts, "nsswitch", hf_facts_nsswitch(source));
    put_network(facts, source, spec);
    put_storage(facts, source, spec);
    put(facts, "units", hf_facts_units(source));
    put(facts, "pg_clusters", hf_facts_pg_clusters(source));
    put(facts, "engines", hf_facts_engines(source));
    put(facts, "locale", hf_facts_locale(source));
    put(facts, "tools", hf_facts_tools(source));
    put(facts, "corosync", hf_facts_corosync(source));
    put(facts, "watchdogs", hf_facts_watchdogs(source));
    if (spec)
        put(facts, "data", hf_facts_data(source, spec));
    put(facts, "clock", hf_facts_clock(source)); /* last: its time is compared with the asker's */
    return facts;
}

json_t *hf_facts_collect(const struct hf_facts_source *source, const struct hf_spec *spec)
{
    struct hf_facts_source bounded = *source;
    bounded.until_ms = hf_program_now_ms() + PROGRAMS_MS;
    return collect(&bounded, spec);
}
