/* Quorum: votes, the witness, corosync's configuration, key and links, and the way to fence. */
#include <stdio.h>
#include <stdlib.h>

#include "validate/rules.h"

static unsigned count_nodes(const struct hf_run *run)
{
    return (unsigned)__builtin_popcountll(hf_all_nodes(run));
}

static void votes(struct hf_run *run)
{
    unsigned nodes = count_nodes(run);
    bool witness = run->spec->cluster.witness_disk[0] != '\0';
    unsigned all = nodes + witness;
    if (!run->in->configured)
        hf_no_need(run, "no configuration was given");
    else if (nodes < 2)
        hf_saw(run, HF_RESULT_WARNING, "", "one node only: nothing takes over when it fails");
    else
        hf_saw(run, all % 2 == 0 ? HF_RESULT_WARNING : HF_RESULT_PASS, "",
               "%u votes of %u nodes%s: %u may fail", all, nodes, witness ? " and a witness" : "",
               all - (all / 2 + 1));
}

/* A site with half of the votes or more takes the cluster with it. */
static void sites(struct hf_run *run)
{
    unsigned all = count_nodes(run) + (run->spec->cluster.witness_disk[0] != '\0');
    bool any = false;
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        const char *site = run->spec->nodes[n].site;
        unsigned count = 0;
        bool first = true;
        for (unsigned k = 0; k < HF_NODES_MAX; k++) {
            bool same = run->spec->nodes[k].name[0] && strcmp(run->spec->nodes[k].site, site) == 0;
            count += same;
            first &= !same || k >= n;
        }
        if (!run->spec->nodes[n].name[0] || !site[0] || !first || count == count_nodes(run))
            continue;
        any = true;
        hf_saw(run, 2 * count >= all ? HF_RESULT_WARNING : HF_RESULT_PASS, "",
               "site %s has %u of %u votes", site, count, all);
    }
    if (!any)
        hf_no_need(run, "the nodes are not on several sites");
}

static void witness(struct hf_run *run)
{
    const char *device = run->spec->cluster.witness_disk;
    if (!device[0]) {
        hf_no_need(run, "no witness is configured");
        return;
    }
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        const json_t *facts = run->in->facts[n];
        if (!(hf_all_nodes(run) >> n & 1))
            continue;
        if (!hf_fact(facts, "disks"))
            hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "its disks are not known");
        else
            hf_saw(run, hf_fact_disk(facts, device) ? HF_RESULT_PASS : HF_RESULT_FAIL,
                   hf_node_name(run, n), "the witness %s %s", device,
                   hf_fact_disk(facts, device) ? "is there" : "is not there");
    }
}

static void witness_apart(struct hf_run *run)
{
    const char *device = run->spec->cluster.witness_disk;
    if (!device[0]) {
        hf_no_need(run, "no witness is configured");
        return;
    }
    HF_EACH_INSTANCE(run, i, instance)
    {
        for (unsigned d = 0; d < instance->disk_count; d++)
            if (strcmp(instance->disks[d].device, device) == 0) {
                hf_saw(run, HF_RESULT_FAIL, "", "the witness %s is a disk of instance %s", device,
                       instance->name);
                return;
            }
    }
    hf_saw(run, HF_RESULT_PASS, "", "the witness %s is no instance's disk", device);
}

/* ---- corosync.conf ---- */

#define CONF "corosync.conf"

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "db1=10.77.1.11,db2=..." in the order of the names. */
static bool list_of(const struct hf_run *run, unsigned n, const json_t *facts, const void *user,
                    char *value)
{
    const char *names[HF_NODES_MAX];
    size_t count = json_array_size(hf_fact(facts, CONF ".nodes"));
    size_t at = 0;
    (void)run;
    (void)n;
    (void)user;
    count = count < HF_NODES_MAX ? count : HF_NODES_MAX;
    for (size_t k = 0; k < count; k++)
        names[k] = hf_fact_text(json_array_get(hf_fact(facts, CONF ".nodes"), k), "name");
    qsort(names, count, sizeof(names[0]), by_text);
    value[0] = '\0';
    for (size_t k = 0; k < count && at < HF_VALUE_MAX; k++) {
        const json_t *node = hf_fact_find(facts, CONF ".nodes", "name", names[k]);
        at += (size_t)snprintf(value + at, HF_VALUE_MAX - at, "%s%s=%s/%s", k ? " " : "", names[k],
                               hf_fact_text(node, "ring0_addr"), hf_fact_text(node, "ring1_addr"));
    }
    return hf_fact(facts, CONF) != NULL;
}

/* corosync.conf is written as a node joins: before that there is nothing to compare. */
static uint64_t with_conf(const struct hf_run *run)
{
    uint64_t nodes = 0;
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        if (hf_all_nodes(run) >> n & 1 && hf_fact(run->in->facts[n], CONF) &&
            hf_fact(run->in->facts[n], "node.file"))
            nodes |= 1ull << n;
    return nodes;
}

static bool needs_conf(struct hf_run *run)
{
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        const json_t *facts = run->in->facts[n];
        if (!(hf_all_nodes(run) >> n & 1) || with_conf(run) >> n & 1)
            continue;
        hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "%s",
               facts ? "this node is in no cluster yet" : "no facts of this node");
    }
    return with_conf(run) != 0;
}

static void conf_alike(struct hf_run *run)
{
    if (needs_conf(run))
        hf_alike(run, with_conf(run), "nodes in corosync.conf", HF_RESULT_FAIL, list_of, NULL);
}

static void one_conf_nodes(struct hf_run *run, unsigned n, const json_t *facts)
{
    const json_t *nodes = hf_fact(facts, CONF ".nodes");
    for (unsigned k = 0; k < HF_NODES_MAX; k++) {
        const struct hf_node_spec *node = &run->spec->nodes[k];
        const json_t *entry = hf_fact_find(facts, CONF ".nodes", "name", node->name);
        if (!node->name[0])
            continue;
        if (!entry) {
            hf_saw(run, HF_RESULT_FAIL, hf_node_name(run, n), "corosync.conf does not know %s",
                   node->name);
            return;
        }
        if ((node->private_address[0] &&
             strcmp(hf_fact_text(entry, "ring0_addr"), node->private_address) != 0) ||
            (node->public_address[0] &&
             strcmp(hf_fact_text(entry, "ring1_addr"), node->public_address) != 0)) {
            hf_saw(run, HF_RESULT_FAIL, hf_node_name(run, n),
                   "corosync.conf has other addresses of %s: %s, %s", node->name,
                   hf_fact_text(entry, "ring0_addr"), hf_fact_text(entry, "ring1_addr"));
            return;
        }
    }
    hf_saw(run, json_array_size(nodes) > count_nodes(run) ? HF_RESULT_FAIL : HF_RESULT_PASS,
           hf_node_name(run, n), "corosync.conf has %zu nodes, the configuration %u",
           json_array_size(nodes), count_nodes(run));
}

static void conf_nodes(struct hf_run *run)
{
    if (needs_conf(run))
        hf_each_node(run, with_conf(run), one_conf_nodes);
}

static void one_token(struct hf_run *run, unsigned n, const json_t *facts)
{
    json_int_t has = hf_fact_number(facts, CONF ".totem.token", 0);
    json_int_t wants = (json_int_t)run->spec->cluster.token_ms;
    if (!run->in->configured)
        hf_no_need(run, "no configuration was given");
    else
        hf_saw(run, has == wants ? HF_RESULT_PASS : HF_RESULT_FAIL, hf_node_name(run, n),
               "the token is %lld ms, %lld ms are configured", (long long)has, (long long)wants);
}

static void token(struct hf_run *run)
{
    if (needs_conf(run))
        hf_each_node(run, with_conf(run), one_token);
}

static void one_crypto(struct hf_run *run, unsigned n, const json_t *facts)
{
    const char *cipher = hf_fact_text(facts, CONF ".totem.crypto_cipher");
    const char *hash = hf_fact_text(facts, CONF ".totem.crypto_hash");
    bool on = cipher[0] && strcmp(cipher, "none") != 0 && hash[0] && strcmp(hash, "none") != 0;
    hf_saw(run, on ? HF_RESULT_PASS : HF_RESULT_FAIL, hf_node_name(run, n), "cipher %s, hash %s",
           cipher[0] ? cipher : "none", hash[0] ? hash : "none");
}

static void crypto(struct hf_run *run)
{
    if (needs_conf(run))
        hf_each_node(run, with_conf(run), one_crypto);
}

static void one_links(struct hf_run *run, unsigned n, const json_t *facts)
{
    size_t i = 0;
    json_t *node = NULL;
    json_array_foreach(hf_fact(facts, CONF ".nodes"), i, node)
    {
        if (!hf_fact(node, "ring0_addr") || !hf_fact(node, "ring1_addr")) {
            hf_saw(run, HF_RESULT_WARNING, hf_node_name(run, n), "corosync has one link to %s",
                   hf_fact_text(node, "name"));
            return;
        }
    }
    hf_saw(run, HF_RESULT_PASS, hf_node_name(run, n), "corosync has two links to every node");
}

static void two_links(struct hf_run *run)
{
    if (needs_conf(run))
        hf_each_node(run, with_conf(run), one_links);
}

/* ---- The key ---- */

static void key_alike(struct hf_run *run)
{
    if (needs_conf(run))
        hf_alike_fact(run, with_conf(run), "fingerprint of the key", HF_RESULT_FAIL,
                      "corosync.key.print");
}

static void one_key_mode(struct hf_run *run, unsigned n, const json_t *facts)
{
    json_int_t mode = hf_fact_number(facts, "corosync.key.mode", 0);
    json_int_t uid = hf_fact_number(facts, "corosync.key.uid", 0);
    if (!hf_fact(facts, "corosync.key"))
        hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "the key is not there");
    else
        hf_saw(run, uid != 0 || (mode & 077) ? HF_RESULT_FAIL : HF_RESULT_PASS,
               hf_node_name(run, n), "/etc/corosync/authkey belongs to %lld, mode %04o",
               (long long)uid, (unsigned)mode);
}

static void key_mode(struct hf_run *run)
{
    if (needs_conf(run))
        hf_each_node(run, with_conf(run), one_key_mode);
}

/* ---- What corosync measures ---- */

static void one_connected(struct hf_run *run, unsigned n, const json_t *facts)
{
    size_t i = 0;
    json_t *link = NULL;
    const char *own = hf_fact_text(facts, "node.file.id");
    json_array_foreach(hf_fact(facts, "corosync.links"), i, link)
    {
        json_int_t id = hf_fact_number(link, "node", 0);
        if (id == strtoll(own, NULL, 10) || id < 1 || id > (json_int_t)HF_NODES_MAX)
            continue;
        if (!hf_fact_number(link, "enabled", 1) || hf_fact_number(link, "connected", 0))
            continue;
        hf_saw(run, HF_RESULT_FAIL, hf_node_name(run, n), "its link %lld to node %lld is down",
               (long long)hf_fact_number(link, "link", 0), (long long)id);
        return;
    }
    hf_saw(run, HF_RESULT_PASS, hf_node_name(run, n), "all its links are connected");
}

static void connected(struct hf_run *run)
{
    if (needs_conf(run))
        hf_each_with(run, with_conf(run), "corosync.links", one_connected);
}

/* The worst round trip that ping or corosync saw, against the token. The token goes once around,
 * and each lost packet costs a part of it: a twentieth leaves room. */
static void one_round_trip(struct hf_run *run, unsigned n, const json_t *facts)
{
    size_t i = 0;
    json_t *one = NULL;
    json_int_t worst = 0;
    json_int_t most = (json_int_t)run->spec->cluster.token_ms * 1000 / 20;
    json_array_foreach(hf_fact(facts, "peers"), i, one)
    {
        json_int_t rtt = hf_fact_number(one, "rtt_us", 0);
        worst = rtt > worst ? rtt : worst;
    }
    if (worst == 0)
        hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "no round trip was measured");
    else
        hf_saw(run, worst > most ? HF_RESULT_WARNING : HF_RESULT_PASS, hf_node_name(run, n),
               "the slowest answer took %lld us; the token allows %lld us", (long long)worst,
               (long long)most);
}

static void round_trip(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "peers", one_round_trip);
}

/* ---- Fencing ---- */

static void fencing(struct hf_run *run)
{
    const struct hf_cluster_spec *cluster = &run->spec->cluster;
    bool other = cluster->fencing_count == 0 && cluster->watchdog_ms > 0;
    bool any = false;
    for (unsigned k = 0; k < cluster->fencing_count; k++)
        other |= cluster->fencing[k] != HF_FENCING_RESERVATION;
    HF_EACH_INSTANCE(run, i, instance)
    {
        any = true;
        bool fenced = instance->disk_count > 0 || other;
        hf_saw(run, fenced ? HF_RESULT_PASS : HF_RESULT_WARNING, "", "instance %s %s",
               instance->name,
               instance->disk_count ? "is fenced by its disks"
               : other              ? "has no disk; it is fenced by watchdog or agent"
                                    : "has no disk, and nothing else fences");
    }
    if (!any)
        hf_no_need(run, "no instances are configured");
}

#define REJOIN "Let the node that differs join again: holdfast token, then holdfast join --force."

const struct hf_check hf_checks_quorum[] = {
    {"quorum.votes", "The number of votes is odd, and there are at least two nodes",
     "With an even number one half is no majority: the last vote protects nothing.",
     "Add a witness disk to an even number of nodes, or a node.", votes},
    {"quorum.sites", "No site has half of the votes",
     "When that site fails the others have no quorum.",
     "Put a node or the witness on a third site.", sites},
    {"quorum.witness", "Every node sees the witness",
     "A node that does not see it cannot get its vote.", "Present the witness disk to every node.",
     witness},
    {"quorum.witness-apart", "The witness is a disk of its own",
     "Its reservation decides who has quorum; an instance that takes the disk would decide too.",
     "Give the witness a small disk of its own.", witness_apart},
    {"quorum.conf-alike", "corosync.conf lists the same nodes everywhere",
     "Nodes with different lists do not hear each other.", REJOIN, conf_alike},
    {"quorum.conf-nodes", "corosync.conf lists the configured nodes and addresses",
     "corosync drops what comes from a node that is not in its file.", REJOIN, conf_nodes},
    {"quorum.token", "corosync's token is the configured one",
     "The time after which a node counts as lost must be the same on all nodes.",
     "holdfast apply writes it; see the log of holdfastd on that node.", token},
    {"quorum.crypto", "corosync encrypts and signs",
     "Whoever can send packets into the network could otherwise command the cluster.",
     "crypto_cipher: aes256 and crypto_hash: sha256 in totem of corosync.conf; Holdfast writes "
     "both.",
     crypto},
    {"quorum.two-links", "corosync has two links to every node",
     "With one link its network is what all nodes fail with.", REJOIN, two_links},
    {"quorum.key-alike", "Every node has the same key", "A node with another key is not heard.",
     REJOIN, key_alike},
    {"quorum.key-mode", "Only root reads the key",
     "Whoever has the key can speak as a node of the cluster.",
     "chown root: /etc/corosync/authkey; chmod 0400 /etc/corosync/authkey", key_mode},
    {"quorum.links", "All links of corosync are connected", "The next fault takes the last link.",
     "See cable, switch and firewall of that network.", connected},
    {"quorum.round-trip", "Answers between nodes are fast against the token",
     "A network that is slow against the token makes nodes count as lost that are not.",
     "Raise timings.token in cluster.yaml, or mend the network.", round_trip},
    {"quorum.fencing", "Every instance can be fenced",
     "Without a fence nothing starts elsewhere when a node fails: the instance is stranded.",
     "Give it a shared disk with reservations, or state a fence agent or the watchdog in "
     "`fencing:`.",
     fencing},
};
HF_TABLE_OF(quorum);
