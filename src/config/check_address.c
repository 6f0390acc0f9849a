#include <string.h>

#include "config/address.h"
#include "config/check.h"

/* Who has an address. */
struct claim {
    const char *address;
    const char *what; /* "node" */
    const char *name;
    const struct hf_yaml *yaml;
};

struct claims {
    unsigned count;
    struct claim items[2 * HF_NODES_MAX + HF_INSTANCES_MAX];
};

static void claim(struct hf_reader *r, struct claims *claims, const struct claim *new)
{
    for (unsigned i = 0; i < claims->count; i++) {
        const struct claim *other = &claims->items[i];
        if (strcmp(other->address, new->address) == 0) {
            hf_fault(r, new->yaml,
                     "address %s is already used by %s %s (line %u).\n"
                     "  Give %s an address of its own.",
                     new->address, other->what, other->name, other->yaml->line, new->name);
            return;
        }
    }
    claims->items[claims->count++] = *new;
}

static void check_subnet(struct hf_reader *r, const struct claim *claim, const char *network,
                         const char *subnet_text)
{
    struct hf_subnet subnet;
    struct hf_subnet address;
    if (!hf_subnet_parse(subnet_text, &subnet) ||
        !hf_config_address_parse(claim->address, &address))
        return;
    if (!hf_subnet_contains(&subnet, &address))
        hf_fault(r, claim->yaml,
                 "address %s is not in the %s network %s.\n"
                 "  Correct the address, or networks.%s.subnet.",
                 claim->address, network, subnet_text, network);
    else if (hf_subnet_is_reserved(&subnet, &address))
        hf_fault(r, claim->yaml,
                 "address %s is the network or broadcast address of %s.\n"
                 "  Choose another address in it.",
                 claim->address, subnet_text);
}

static void check_node_address(struct hf_reader *r, struct claims *claims, unsigned slot,
                               const char *network, const char *address, const char *subnet)
{
    const struct hf_yaml *yaml = hf_check_at(r->nodes[slot], network);
    const struct claim own = {address, "node", r->spec->nodes[slot].name, yaml};
    bool stated = hf_yaml_get(r->nodes[slot], network) != NULL;
    bool has_network = hf_yaml_get(hf_yaml_get(r->root, "networks"), network) != NULL;
    if (stated && !has_network)
        hf_fault(r, yaml,
                 "%s has an address, but there is no %s network.\n"
                 "  Add networks.%s.subnet, or remove the address.",
                 network, network, network);
    if (!stated && has_network && strcmp(network, "private") == 0)
        hf_fault(r, yaml,
                 "%s is missing: the private network needs an address of each node.\n"
                 "  Add `%s: ADDRESS` in %s.",
                 network, network, subnet);
    if (!address[0])
        return;
    check_subnet(r, &own, network, subnet);
    claim(r, claims, &own);
}

static void check_nodes(struct hf_reader *r, struct claims *claims)
{
    const struct hf_cluster_spec *cluster = &r->spec->cluster;
    for (unsigned i = 0; i < HF_NODES_MAX; i++) {
        const struct hf_node_spec *node = &r->spec->nodes[i];
        if (!r->nodes[i])
            continue;
        hf_reader_enter(r, "node", node->name);
        check_node_address(r, claims, i, "public", node->public_address, cluster->public_subnet);
        check_node_address(r, claims, i, "private", node->private_address, cluster->private_subnet);
    }
}

static void check_instances(struct hf_reader *r, struct claims *claims)
{
    struct hf_subnet subnet;
    const char *text = r->spec->cluster.public_subnet;
    bool known = hf_subnet_parse(text, &subnet);
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        struct hf_instance_spec *instance = &r->spec->instances[i];
        if (!r->instances[i] || !instance->address[0])
            continue;
        const struct claim own = {instance->address, "instance", instance->name,
                                  hf_check_at(r->instances[i], "address")};
        hf_reader_enter(r, "instance", instance->name);
        if (known)
            instance->prefix = (uint8_t)subnet.prefix;
        check_subnet(r, &own, "public", text);
        claim(r, claims, &own);
    }
}

/* Two networks that share addresses are one network. */
static void check_networks(struct hf_reader *r)
{
    const struct hf_yaml *networks = hf_yaml_get(r->root, "networks");
    struct hf_subnet public;
    struct hf_subnet private;
    if (!hf_subnet_parse(r->spec->cluster.public_subnet, &public) ||
        !hf_subnet_parse(r->spec->cluster.private_subnet, &private))
        return;
    if (hf_subnet_contains(&public, &private) || hf_subnet_contains(&private, &public))
        hf_fault(r, hf_check_at(networks, "private"),
                 "networks.private overlaps networks.public (line %u).\n"
                 "  Two links in one network fail together: use another subnet, or leave it out.",
                 hf_check_at(networks, "public")->line);
}

void hf_check_addresses(struct hf_reader *r)
{
    struct claims claims = {.count = 0};
    hf_reader_enter(r, "", "");
    check_networks(r);
    check_nodes(r, &claims);
    check_instances(r, &claims);
}
