/*
 * networks.c - what corosync says of the networks to the other nodes: kept for status, and logged.
 */
#include "daemon/daemon.h"

static void log_node(struct hf_daemon *daemon, uint8_t n)
{
    const struct hf_status_links *now = &daemon->links;
    const char *name = hf_core_state(daemon->core)->spec.nodes[n].name;
    uint64_t bit = UINT64_C(1) << n, both = bit;
    bool differs = false;
    for (unsigned network = 0; network < HF_STATUS_NETWORKS; network++) {
        both &= now->known[network];
        differs |= ((~now->up[network] ^ daemon->links_down[network]) & bit) != 0;
    }
    if (!both || !differs)
        return;
    for (unsigned network = 0; network < HF_STATUS_NETWORKS; network++)
        daemon->links_down[network] =
            (daemon->links_down[network] & ~bit) | (~now->up[network] & bit);
    hf_log("networks to %s (node %u): private %s, public %s", name[0] ? name : "a node", n + 1u,
           now->up[HF_STATUS_PRIVATE] & bit ? "up" : "down",
           now->up[HF_STATUS_PUBLIC] & bit ? "up" : "down");
}

void hf_daemon_links(void *user, const struct hf_engine_links *links, const char *why)
{
    struct hf_daemon *daemon = user;
    uint64_t known = 0;
    _Static_assert(HF_STATUS_NETWORKS == HF_ENGINE_LINKS_MAX, "a link is a network");
    for (unsigned network = 0; network < HF_STATUS_NETWORKS; network++) {
        daemon->links.known[network] = links->known[network];
        daemon->links.up[network] = links->up[network];
        known |= links->known[network];
    }
    for (uint8_t n = 0; n < HF_NODES_MAX; n++)
        log_node(daemon, n);
    if (why)
        hf_log("which networks to the other nodes are up is not known for now: %s; it is tried "
               "again",
               why);
    else if (known && daemon->links_lost)
        hf_log("which networks to the other nodes are up is known again");
    daemon->links_lost = why || (daemon->links_lost && !known);
}
