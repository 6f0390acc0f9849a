/* Network: addresses, links, names, what answers, and what the firewall lets through. */
#include <stdio.h>
#include <stdlib.h>

#include "config/address.h"
#include "validate/rules.h"

struct way {
    const char *name;
    const char *address; /* of the node */
    const char *subnet;
};

static unsigned ways_of(const struct hf_run *run, unsigned n, struct way ways[2])
{
    const struct hf_node_spec *node = &run->spec->nodes[n];
    unsigned count = 0;
    if (node->public_address[0])
        ways[count++] =
            (struct way){"public", node->public_address, run->spec->cluster.public_subnet};
    if (node->private_address[0])
        ways[count++] =
            (struct way){"private", node->private_address, run->spec->cluster.private_subnet};
    return count;
}

typedef void way_fn(struct hf_run *run, unsigned n, const json_t *facts, const struct way *way,
                    const json_t *interface, const json_t *entry);

/* Calls fn for each interface that has one of its node's addresses. */
static void each_way(struct hf_run *run, unsigned n, const json_t *facts, way_fn *fn)
{
    struct way ways[2];
    unsigned count = ways_of(run, n, ways);
    for (unsigned k = 0; k < count; k++) {
        const json_t *entry = NULL;
        const json_t *interface = hf_fact_interface(facts, ways[k].address, &entry);
        if (interface)
            fn(run, n, facts, &ways[k], interface, entry);
        else
            hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n),
                   "its %s address is on no interface", ways[k].name);
    }
    if (count == 0)
        hf_no_need(run, "no addresses are configured");
}

static void one_address(struct hf_run *run, unsigned n, const json_t *facts)
{
    struct way ways[2];
    unsigned count = ways_of(run, n, ways);
    for (unsigned k = 0; k < count; k++) {
        const json_t *interface = hf_fact_interface(facts, ways[k].address, NULL);
        if (interface)
            hf_saw(run, HF_RESULT_PASS, hf_node_name(run, n), "%s is on %s", ways[k].address,
                   hf_fact_text(interface, "name"));
        else
            hf_saw(run, HF_RESULT_FAIL, hf_node_name(run, n),
                   "its %s address %s is on no interface", ways[k].name, ways[k].address);
    }
    if (count == 0)
        hf_no_need(run, "no addresses are configured");
}

static void address(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "interfaces", one_address);
}

static void one_twice(struct hf_run *run, unsigned n, const json_t *facts)
{
    for (unsigned k = 0; k < HF_NODES_MAX; k++) {
        struct way ways[2];
        unsigned count = k != n && hf_all_nodes(run) >> k & 1 ? ways_of(run, k, ways) : 0;
        for (unsigned w = 0; w < count; w++)
            if (hf_fact_interface(facts, ways[w].address, NULL)) {
                hf_saw(run, HF_RESULT_FAIL, hf_node_name(run, n), "it has %s, the address of %s",
                       ways[w].address, hf_node_name(run, k));
                return;
            }
    }
    hf_saw(run, HF_RESULT_PASS, hf_node_name(run, n), "it has no address of another node");
}

static void twice(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "interfaces", one_twice);
}

static void way_prefix(struct hf_run *run, unsigned n, const json_t *facts, const struct way *way,
                       const json_t *interface, const json_t *entry)
{
    struct hf_subnet subnet;
    json_int_t prefix = hf_fact_number(entry, "prefix", -1);
    (void)facts;
    if (!hf_subnet_parse(way->subnet, &subnet)) {
        hf_no_need(run, "the %s network is not stated", way->name);
        return;
    }
    bool same = prefix == (json_int_t)subnet.prefix;
    hf_saw(run, same ? HF_RESULT_PASS : HF_RESULT_FAIL, hf_node_name(run, n),
           "%s has the prefix /%lld on %s, the network is %s", way->address, (long long)prefix,
           hf_fact_text(interface, "name"), way->subnet);
}

static void one_prefix(struct hf_run *run, unsigned n, const json_t *facts)
{
    each_way(run, n, facts, way_prefix);
}

static void prefix(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "interfaces", one_prefix);
}

static void way_up(struct hf_run *run, unsigned n, const json_t *facts, const struct way *way,
                   const json_t *interface, const json_t *entry)
{
    bool up = json_is_true(hf_fact(interface, "up"));
    (void)facts;
    (void)entry;
    hf_saw(run, up ? HF_RESULT_PASS : HF_RESULT_FAIL, hf_node_name(run, n), "%s (%s) is %s",
           hf_fact_text(interface, "name"), way->name, up ? "up" : "down or has no carrier");
}

static void one_up(struct hf_run *run, unsigned n, const json_t *facts)
{
    each_way(run, n, facts, way_up);
}

static void link_up(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "interfaces", one_up);
}

static void way_static(struct hf_run *run, unsigned n, const json_t *facts, const struct way *way,
                       const json_t *interface, const json_t *entry)
{
    bool dynamic = json_is_true(hf_fact(entry, "dynamic"));
    (void)facts;
    hf_saw(run, dynamic ? HF_RESULT_WARNING : HF_RESULT_PASS, hf_node_name(run, n), "%s on %s %s",
           way->address, hf_fact_text(interface, "name"),
           dynamic ? "was given by DHCP" : "is static");
}

static void one_static(struct hf_run *run, unsigned n, const json_t *facts)
{
    each_way(run, n, facts, way_static);
}

static void is_static(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "interfaces", one_static);
}

/* ---- Alike on all nodes, network by network ---- */

struct of_way {
    unsigned way; /* 0 public, 1 private */
    const char *key;
};

static bool way_value(const struct hf_run *run, unsigned n, const json_t *facts, const void *user,
                      char *value)
{
    const struct of_way *of = user;
    const struct hf_node_spec *node = &run->spec->nodes[n];
    const json_t *interface =
        hf_fact_interface(facts, of->way ? node->private_address : node->public_address, NULL);
    (void)snprintf(value, HF_VALUE_MAX, "%lld", (long long)hf_fact_number(interface, of->key, -1));
    return interface && hf_fact(interface, of->key);
}

static void each_network(struct hf_run *run, const char *key, const char *what,
                         enum hf_result differs)
{
    static const char *const names[] = {"public", "private"};
    char text[HF_VALUE_MAX];
    for (unsigned way = 0; way < 2; way++) {
        struct of_way of = {way, key};
        if (!(way ? run->spec->cluster.private_subnet : run->spec->cluster.public_subnet)[0])
            continue;
        (void)snprintf(text, sizeof(text), "%s of the %s network", what, names[way]);
        hf_alike(run, hf_all_nodes(run), text, differs, way_value, &of);
    }
    if (!run->spec->cluster.public_subnet[0] && !run->spec->cluster.private_subnet[0])
        hf_no_need(run, "no networks are configured");
}

static void mtu(struct hf_run *run)
{
    each_network(run, "mtu", "MTU", HF_RESULT_FAIL);
}

static void speed(struct hf_run *run)
{
    each_network(run, "speed_mbit", "Mbit/s", HF_RESULT_WARNING);
}

/* ---- Redundancy ---- */

static void two_networks(struct hf_run *run)
{
    bool both = run->spec->cluster.public_subnet[0] && run->spec->cluster.private_subnet[0];
    if (!run->in->configured)
        hf_no_need(run, "no configuration was given");
    else
        hf_saw(run, both ? HF_RESULT_PASS : HF_RESULT_WARNING, "", "%s",
               both ? "a public and a private network" : "only one network is configured");
}

static void one_apart(struct hf_run *run, unsigned n, const json_t *facts)
{
    const struct hf_node_spec *node = &run->spec->nodes[n];
    const json_t *public = hf_fact_interface(facts, node->public_address, NULL);
    const json_t *private = hf_fact_interface(facts, node->private_address, NULL);
    if (!public || !private)
        hf_saw(run, HF_RESULT_NOT_RUN, node->name, "it does not have both addresses");
    else
        hf_saw(run, public == private ? HF_RESULT_WARNING : HF_RESULT_PASS, node->name,
               "public on %s, private on %s", hf_fact_text(public, "name"),
               hf_fact_text(private, "name"));
}

static void apart(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "interfaces", one_apart);
}

/* ---- What answers ---- */

typedef void peer_fn(struct hf_run *run, unsigned n, const json_t *peer, json_int_t sent,
                     json_int_t received);

static void each_peer(struct hf_run *run, unsigned n, const json_t *facts, bool full, peer_fn *fn)
{
    size_t i = 0;
    json_t *peer = NULL;
    bool any = false;
    json_array_foreach(hf_fact(facts, "peers"), i, peer)
    {
        if (json_is_true(hf_fact(peer, "full")) != full)
            continue;
        any = true;
        fn(run, n, peer, hf_fact_number(peer, "sent", 0), hf_fact_number(peer, "received", 0));
    }
    if (!any)
        hf_no_need(run, "there is no other node");
}

static const char *peer_text(const json_t *peer, char *text, size_t size)
{
    (void)snprintf(text, size, "%s (%s network, %s)", hf_fact_text(peer, "node"),
                   hf_fact_text(peer, "network"), hf_fact_text(peer, "address"));
    return text;
}

static void peer_answers(struct hf_run *run, unsigned n, const json_t *peer, json_int_t sent,
                         json_int_t received)
{
    char text[HF_VALUE_MAX];
    (void)sent;
    hf_saw(run, received ? HF_RESULT_PASS : HF_RESULT_FAIL, hf_node_name(run, n), "%s %s",
           peer_text(peer, text, sizeof(text)), received ? "answers" : "does not answer");
}

static void one_reach(struct hf_run *run, unsigned n, const json_t *facts)
{
    each_peer(run, n, facts, false, peer_answers);
}

static void reach(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "peers", one_reach);
}

static void peer_loss(struct hf_run *run, unsigned n, const json_t *peer, json_int_t sent,
                      json_int_t received)
{
    char text[HF_VALUE_MAX];
    (void)peer_text(peer, text, sizeof(text));
    if (received == 0)
        hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "%s does not answer", text);
    else
        hf_saw(run, received < sent ? HF_RESULT_WARNING : HF_RESULT_PASS, hf_node_name(run, n),
               "%s: %lld of %lld packets came back", text, (long long)received, (long long)sent);
}

static void one_loss(struct hf_run *run, unsigned n, const json_t *facts)
{
    each_peer(run, n, facts, false, peer_loss);
}

static void loss(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "peers", one_loss);
}

static void peer_full(struct hf_run *run, unsigned n, const json_t *peer, json_int_t sent,
                      json_int_t received)
{
    const json_t *facts = run->in->facts[n];
    char text[HF_VALUE_MAX];
    size_t i = 0;
    json_t *small = NULL;
    bool answers = false;
    (void)sent;
    (void)peer_text(peer, text, sizeof(text));
    json_array_foreach(hf_fact(facts, "peers"), i, small)
    {
        answers |= !json_is_true(hf_fact(small, "full")) &&
                   strcmp(hf_fact_text(small, "address"), hf_fact_text(peer, "address")) == 0 &&
                   hf_fact_number(small, "received", 0) > 0;
    }
    if (!answers)
        hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "%s does not answer", text);
    else
        hf_saw(run, received ? HF_RESULT_PASS : HF_RESULT_FAIL, hf_node_name(run, n),
               "packets of the full size %s %s", received ? "reach" : "do not reach", text);
}

static void one_full(struct hf_run *run, unsigned n, const json_t *facts)
{
    each_peer(run, n, facts, true, peer_full);
}

static void full(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "peers", one_full);
}

/* ---- Names ---- */

static void name_resolves(struct hf_run *run, unsigned n, const char *name, const char *address,
                          const char *other)
{
    const json_t *list = json_object_get(hf_fact(run->in->facts[n], "names"), name);
    size_t i = 0;
    json_t *one = NULL;
    bool found = false;
    const char *first = json_string_value(json_array_get(list, 0));
    json_array_foreach(list, i, one)
    {
        found |= strcmp(json_string_value(one), address) == 0 ||
                 strcmp(json_string_value(one), other) == 0;
    }
    if (!list)
        hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "%s was not looked up", name);
    else if (found)
        hf_saw(run, HF_RESULT_PASS, hf_node_name(run, n), "%s stands for %s", name, address);
    else
        hf_saw(run, HF_RESULT_WARNING, hf_node_name(run, n), "%s stands for %s, not for %s", name,
               first ? first : "nothing", address);
}

static void one_names(struct hf_run *run, unsigned n, const json_t *facts)
{
    (void)facts;
    for (unsigned k = 0; k < HF_NODES_MAX; k++)
        if (hf_all_nodes(run) >> k & 1 && k != n) {
            const struct hf_node_spec *node = &run->spec->nodes[k];
            name_resolves(run, n, node->name, node->public_address, node->private_address);
        }
    if (hf_all_nodes(run) == 1ull << n)
        hf_no_need(run, "there is no other node");
}

static void names(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "names", one_names);
}

static void one_network_names(struct hf_run *run, unsigned n, const json_t *facts)
{
    bool any = false;
    (void)facts;
    HF_EACH_INSTANCE(run, i, instance)
    {
        if (!instance->network_name[0] || !instance->address[0])
            continue;
        any = true;
        name_resolves(run, n, instance->network_name, instance->address, instance->address);
    }
    if (!any)
        hf_no_need(run, "no instance has a network name");
}

static void network_names(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "names", one_network_names);
}

/* ---- Virtual addresses ---- */

/* The node is in a cluster that was not asked who owns what. */
static bool is_unasked(const struct hf_run *run, const json_t *facts)
{
    return !run->in->status && hf_fact(facts, "node.file");
}

static void one_virtual(struct hf_run *run, const struct hf_instance_spec *instance, unsigned n,
                        const json_t *facts)
{
    const json_t *entry = hf_fact_find(facts, "virtual", "address", instance->address);
    const char *owner = hf_owner_now(run, instance);
    const char *node = hf_node_name(run, n);
    bool here = json_is_true(hf_fact(entry, "here"));
    bool answers = here || json_is_true(hf_fact(entry, "answers"));
    if (!instance->address[0])
        hf_no_need(run, "instance %s has no address", instance->name);
    else if (!entry || (!here && !hf_fact(entry, "answers")))
        hf_saw(run, HF_RESULT_NOT_RUN, node, "%s was not asked", instance->address);
    else if (answers && is_unasked(run, facts))
        hf_saw(run, HF_RESULT_NOT_RUN, node, "%s answers; whether its owner does is not known",
               instance->address);
    else if (here && strcmp(owner, node) != 0)
        hf_saw(run, HF_RESULT_FAIL, node, "%s of instance %s is up here, which does not own it",
               instance->address, instance->name);
    else if (answers && !owner[0])
        hf_saw(run, HF_RESULT_FAIL, node, "somebody answers for %s of instance %s",
               instance->address, instance->name);
    else
        hf_saw(run, HF_RESULT_PASS, node, "%s of instance %s is %s", instance->address,
               instance->name, owner[0] ? "with its owner" : "free");
}

static void virtual_free(struct hf_run *run)
{
    hf_each_owner(run, "virtual", one_virtual);
}

/* ---- Firewall ---- */

static bool port_opened(const json_t *firewall, const char *protocol, long port)
{
    size_t i = 0;
    json_t *one = NULL;
    size_t length = strlen(protocol);
    json_array_foreach(hf_fact(firewall, "opens"), i, one)
    {
        const char *text = json_string_value(one);
        char *end = NULL;
        bool either = strncmp(text, "th/", 3) == 0; /* whatever the protocol */
        if (!either && (strncmp(text, protocol, length) != 0 || text[length] != '/'))
            continue;
        long low = strtol(strchr(text, '/') + 1, &end, 10);
        long high = *end == '-' ? strtol(end + 1, NULL, 10) : low;
        if (port >= low && port <= high)
            return true;
    }
    return false;
}

/* All of a network is let in: by its interface or by a prefix that has the address. */
static bool source_opened(const json_t *facts, const char *own, const char *from)
{
    const json_t *interface = hf_fact_interface(facts, own, NULL);
    size_t i = 0;
    json_t *one = NULL;
    struct hf_subnet subnet, address;
    json_array_foreach(hf_fact(facts, "firewall.sources"), i, one)
    {
        const char *text = json_string_value(one);
        if (interface && strcmp(text, hf_fact_text(interface, "name")) == 0)
            return true;
        if (strcmp(text, from) == 0 ||
            (hf_subnet_parse(text, &subnet) && hf_config_address_parse(from, &address) &&
             hf_subnet_contains(&subnet, &address)))
            return true;
    }
    return false;
}

static bool drops(const json_t *facts)
{
    return strcmp(hf_fact_text(facts, "firewall.policy"), "drop") == 0;
}

/* The address of some other node in the same network. */
static const char *other_address(const struct hf_run *run, unsigned n, bool private)
{
    for (unsigned k = 0; k < HF_NODES_MAX; k++)
        if (k != n && hf_all_nodes(run) >> k & 1)
            return private ? run->spec->nodes[k].private_address
                           : run->spec->nodes[k].public_address;
    return "";
}

static void one_firewall(struct hf_run *run, unsigned n, const json_t *facts)
{
    const struct hf_node_spec *node = &run->spec->nodes[n];
    const json_t *firewall = hf_fact(facts, "firewall");
    for (unsigned link = 0; link < 2; link++) {
        const char *own = link ? node->public_address : node->private_address;
        const json_t *stated = json_array_get(hf_fact(facts, "corosync.conf.ports"), link);
        long port = stated ? (long)json_integer_value(stated) : 5405 + (long)link;
        bool open = !drops(facts) || port_opened(firewall, "udp", port) ||
                    source_opened(facts, own, other_address(run, n, !link));
        if (own[0])
            hf_saw(run, open ? HF_RESULT_PASS : HF_RESULT_FAIL, node->name,
                   "UDP port %ld for corosync's link %u is %s", port, link,
                   open ? "open" : "not accepted, and the policy is drop");
    }
    if (!node->private_address[0] && !node->public_address[0])
        hf_no_need(run, "no addresses are configured");
}

static void firewall_corosync(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "firewall", one_firewall);
}

static void one_engine_port(struct hf_run *run, const struct hf_instance_spec *instance, unsigned n,
                            const json_t *facts)
{
    unsigned port = hf_engine_port(instance);
    bool open =
        !drops(facts) || port_opened(hf_fact(facts, "firewall"), "tcp", (long)port) ||
        source_opened(facts, run->spec->nodes[n].public_address, other_address(run, n, false));
    if (port)
        hf_saw(run, open ? HF_RESULT_PASS : HF_RESULT_FAIL, hf_node_name(run, n),
               "TCP port %u of instance %s is %s", port, instance->name,
               open ? "open" : "not accepted, and the policy is drop");
    else
        hf_no_need(run, "instance %s has no port", instance->name);
}

static void firewall_engine(struct hf_run *run)
{
    hf_each_owner(run, "firewall", one_engine_port);
}

const struct hf_check hf_checks_network[] = {
    {"network.address", "Every node has its addresses",
     "corosync binds to them, and an instance's address is added to the interface of the public "
     "one.",
     "Configure the address, or correct it in cluster.yaml.", address},
    {"network.address-twice", "No node has the address of another",
     "Two computers with one address take each other's packets.",
     "Remove the address from the node that it does not belong to.", twice},
    {"network.prefix", "The interfaces have the prefix of the configured networks",
     "A node with another prefix sends packets for its neighbours to the router.",
     "Make the prefix of the interface and `networks:` of cluster.yaml the same.", prefix},
    {"network.link", "The interfaces of the cluster's networks are up",
     "A network that is down is no redundancy.", "See the cable, the switch and `ip link`.",
     link_up},
    {"network.static", "The nodes' addresses are static",
     "A lease that is not renewed takes the node out of the cluster.",
     "Configure the address by hand, or reserve it without an end.", is_static},
    {"network.mtu", "The MTU is the same on all nodes of a network",
     "Small packets pass and large ones vanish: the cluster forms, and its state cannot be sent.",
     "Set the same MTU on all interfaces and on the switch.", mtu},
    {"network.speed", "The links are equally fast on all nodes of a network",
     "A link that fell back to a lower speed shows after a failover only.",
     "See the cable and the switch: ethtool INTERFACE.", speed},
    {"network.redundant", "There are two networks",
     "With one network its switch is what all nodes fail with.",
     "Add a private network: `networks: {private: ...}` and an address on each node.",
     two_networks},
    {"network.separate", "The two networks are on different interfaces",
     "Two networks on one cable fail together.",
     "Give the private network an interface of its own.", apart},
    {"network.reach", "All nodes reach each other on all networks",
     "Members that do not hear each other are two halves.",
     "See switch, VLAN and firewall between the two; ping must pass as well.", reach},
    {"network.loss", "No packets are lost between the nodes",
     "corosync takes a node with lost packets for slow, then for gone.",
     "See the counters of the interfaces (ip -s link) and of the switch.", loss},
    {"network.full-size", "Packets of the full size pass between all nodes",
     "Small packets pass and large ones vanish: the cluster forms, and its state cannot be sent.",
     "Set the same MTU on all interfaces and on everything between them.", full},
    {"network.names", "The nodes know each other by name",
     "Backup, monitoring and people use names; a name that depends on a server fails with it.",
     "Put the nodes into /etc/hosts on every node.", names},
    {"network.network-names", "The instances' network names stand for their addresses",
     "Clients use the name; if it stands for something else they find nobody after a failover.",
     "Correct the name in DNS or /etc/hosts.", network_names},
    {"network.virtual-address", "The instances' addresses are free, or with their owners",
     "An address that another computer has as well sends half of the clients there.",
     "Find who has it (arping ADDRESS) and take it away, or choose another one.", virtual_free},
    {"network.firewall-corosync", "The firewall lets corosync through",
     "A node whose packets are dropped is never seen.",
     "Accept UDP 5405 to 5406 from the other nodes' addresses.", firewall_corosync},
    {"network.firewall-engine", "The firewall lets clients through to the engines",
     "Clients that reach one node and not the other find a failed-over instance dead.",
     "Accept the engine's port on every possible owner.", firewall_engine},
};
HF_TABLE_OF(network);
