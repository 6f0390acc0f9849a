#include <string.h>

#include "config/check.h"

static bool has_watchdog_level(const struct hf_cluster_spec *cluster)
{
    for (unsigned i = 0; i < cluster->fencing_count; i++)
        if (cluster->fencing[i] == HF_FENCING_WATCHDOG)
            return true;
    return false;
}

void hf_check_timings(struct hf_reader *r)
{
    const struct hf_cluster_spec *cluster = &r->spec->cluster;
    const struct hf_yaml *timings = hf_check_at(r->root, "timings");
    const struct hf_yaml *at = hf_check_at(timings, "watchdog");
    hf_reader_enter(r, "", "");
    if (cluster->watchdog_ms == 0 && has_watchdog_level(cluster))
        hf_fault(r, at,
                 "timings.watchdog is 0s, but fencing counts on the watchdog.\n"
                 "  Give it a time, or write `fencing:` without watchdog.");
    if (cluster->watchdog_ms == 0)
        return;
    if (cluster->watchdog_ms <= cluster->daemon_grace_ms)
        hf_fault(r, at,
                 "timings.watchdog must be longer than timings.daemon_grace.\n"
                 "  A restart of the daemon would reset its node: raise the one or lower "
                 "the other.");
    if (cluster->watchdog_ms <= cluster->quorum_loss_stop_ms)
        hf_fault(r, at,
                 "timings.watchdog must be longer than timings.quorum_loss_stop.\n"
                 "  A node must be able to stop cleanly before it is reset: raise the one or "
                 "lower the other.");
}
