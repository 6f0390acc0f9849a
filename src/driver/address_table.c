/*
 * address_table.c - reads and changes the kernel's table of addresses, and reads its interfaces.
 *
 * Each call opens a netlink socket of its own; the kernel answers from memory and does not wait for
 * anything. Failure modes: the kernel's errno, unchanged.
 */
#include "driver/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "driver/netlink.h"

int hf_address_parse(const char *text, struct hf_address *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->family = strchr(text, ':') ? AF_INET6 : AF_INET;
    ret->length = ret->family == AF_INET6 ? 16 : 4;
    return inet_pton(ret->family, text, ret->bytes) == 1 ? 0 : -EINVAL;
}

bool hf_address_same_network(const struct hf_address *a, const struct hf_address *b,
                             unsigned prefix)
{
    if (a->family != b->family || prefix > a->length * 8u)
        return false;
    unsigned whole = prefix / 8;
    unsigned rest = prefix % 8;
    if (memcmp(a->bytes, b->bytes, whole) != 0)
        return false;
    return rest == 0 || ((a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest)) == 0;
}

struct listing {
    hf_address_visit_fn visit;
    void *user;
};

/* On a point-to-point link IFA_ADDRESS is the other end's; IFA_LOCAL always is ours. */
static int keep_local(const struct nlattr *attribute, void *user)
{
    const struct nlattr **local = user;
    uint16_t type = mnl_attr_get_type(attribute);
    if (type == IFA_LOCAL || (type == IFA_ADDRESS && !*local))
        *local = attribute;
    return MNL_CB_OK;
}

static int visit_message(const struct nlmsghdr *message, void *user)
{
    const struct listing *listing = user;
    const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
    const struct nlattr *local = NULL;
    struct hf_address_row row = {
        .index = header->ifa_index, .prefix = header->ifa_prefixlen, .scope = header->ifa_scope};
    if (message->nlmsg_type != RTM_NEWADDR)
        return MNL_CB_OK;
    if (mnl_attr_parse(message, sizeof(*header), keep_local, &local) < 0)
        return MNL_CB_OK;
    row.address.family = header->ifa_family;
    row.address.length = header->ifa_family == AF_INET6 ? 16 : 4;
    if (!local || mnl_attr_get_payload_len(local) != row.address.length)
        return MNL_CB_OK;
    memcpy(row.address.bytes, mnl_attr_get_payload(local), row.address.length);
    listing->visit(listing->user, &row);
    return MNL_CB_OK;
}

int hf_address_list(int family, hf_address_visit_fn visit, void *user)
{
    char room[256];
    struct listing listing = {.visit = visit, .user = user};
    struct nlmsghdr *request = mnl_nlmsg_put_header(room);
    request->nlmsg_type = RTM_GETADDR;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    struct ifaddrmsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
    header->ifa_family = (unsigned char)family;
    return hf_netlink_ask(NETLINK_ROUTE, request, visit_message, &listing);
}

/* No route comes with the address, since the interface's own address has brought it; IPv6 does not
 * ask first whether another host has it, for that takes a second and the fence has answered it. */
static int change(uint16_t type, uint16_t flags, const struct hf_address_row *row)
{
    char room[256];
    struct nlmsghdr *request = mnl_nlmsg_put_header(room);
    request->nlmsg_type = type;
    request->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
    struct ifaddrmsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
    header->ifa_family = (unsigned char)row->address.family;
    header->ifa_prefixlen = row->prefix;
    header->ifa_index = row->index;
    header->ifa_scope = row->scope;
    mnl_attr_put(request, IFA_LOCAL, row->address.length, row->address.bytes);
    mnl_attr_put(request, IFA_ADDRESS, row->address.length, row->address.bytes);
    uint32_t wanted = IFA_F_NOPREFIXROUTE;
    if (row->address.family == AF_INET6)
        wanted |= IFA_F_NODAD;
    if (type == RTM_NEWADDR)
        mnl_attr_put_u32(request, IFA_FLAGS, wanted);
    return hf_netlink_ask(NETLINK_ROUTE, request, NULL, NULL);
}

int hf_address_add(const struct hf_address_row *row)
{
    return change(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, row);
}

int hf_address_delete(const struct hf_address_row *row)
{
    return change(RTM_DELADDR, 0, row);
}

static int take_link_attribute(const struct nlattr *attribute, void *user)
{
    struct hf_address_link *link = user;
    uint16_t type = mnl_attr_get_type(attribute);
    if (type == IFLA_IFNAME)
        (void)snprintf(link->name, sizeof(link->name), "%s", mnl_attr_get_str(attribute));
    if (type == IFLA_ADDRESS && mnl_attr_get_payload_len(attribute) == sizeof(link->hardware)) {
        memcpy(link->hardware, mnl_attr_get_payload(attribute), sizeof(link->hardware));
        link->has_hardware = true;
    }
    return MNL_CB_OK;
}

static int take_link(const struct nlmsghdr *message, void *user)
{
    struct hf_address_link *link = user;
    const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
    if (message->nlmsg_type != RTM_NEWLINK)
        return MNL_CB_OK;
    link->index = (uint32_t)header->ifi_index;
    link->flags = header->ifi_flags;
    if (mnl_attr_parse(message, sizeof(*header), take_link_attribute, link) < 0)
        return MNL_CB_ERROR;
    link->has_hardware = link->has_hardware && header->ifi_type == ARPHRD_ETHER;
    return MNL_CB_OK;
}

int hf_address_link(uint32_t index, struct hf_address_link *ret)
{
    char room[256];
    memset(ret, 0, sizeof(*ret));
    struct nlmsghdr *request = mnl_nlmsg_put_header(room);
    request->nlmsg_type = RTM_GETLINK;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    struct ifinfomsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
    header->ifi_family = AF_UNSPEC;
    header->ifi_index = (int)index;
    return hf_netlink_ask(NETLINK_ROUTE, request, take_link, ret);
}

bool hf_address_link_carries(const struct hf_address_link *link)
{
    return (link->flags & IFF_UP) != 0 && (link->flags & IFF_RUNNING) != 0;
}
