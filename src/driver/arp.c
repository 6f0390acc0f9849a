#include "driver/arp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"

struct advertisement {
    struct nd_neighbor_advert header;
    struct nd_opt_hdr option;
    uint8_t hardware[ETH_ALEN];
};

_Static_assert(sizeof(struct ether_arp) == 28, "as on the wire");
_Static_assert(sizeof(struct advertisement) == 32, "as on the wire");

static void fill_arp(const struct hf_address *address, const struct hf_address_link *link,
                     uint16_t form, struct ether_arp *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->arp_hrd = htons(ARPHRD_ETHER);
    ret->arp_pro = htons(ETHERTYPE_IP);
    ret->arp_hln = ETH_ALEN;
    ret->arp_pln = sizeof(struct in_addr);
    ret->arp_op = htons(form);
    memcpy(ret->arp_sha, link->hardware, ETH_ALEN);
    memcpy(ret->arp_spa, address->bytes, sizeof(ret->arp_spa));
    /* The target's hardware address is nobody's in a request, and our own in a reply. */
    if (form == ARPOP_REPLY)
        memcpy(ret->arp_tha, link->hardware, ETH_ALEN);
    memcpy(ret->arp_tpa, address->bytes, sizeof(ret->arp_tpa));
}

static int send_arp(const struct hf_address *address, const struct hf_address_link *link)
{
    static const uint16_t forms[] = {ARPOP_REQUEST, ARPOP_REPLY};
    struct sockaddr_ll everybody = {.sll_family = AF_PACKET,
                                    .sll_protocol = htons(ETH_P_ARP),
                                    .sll_ifindex = (int)link->index,
                                    .sll_halen = ETH_ALEN};
    memset(everybody.sll_addr, 0xff, ETH_ALEN);
    int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int r = fd < 0 ? -errno : 0;
    for (size_t i = 0; r == 0 && i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct ether_arp packet;
        fill_arp(address, link, forms[i], &packet);
        if (sendto(fd, &packet, sizeof(packet), 0, (const struct sockaddr *)&everybody,
                   sizeof(everybody)) < 0)
            r = -errno;
    }
    if (fd >= 0)
        (void)close(fd);
    return r;
}

static void fill_advertisement(const struct hf_address *address, const struct hf_address_link *link,
                               struct advertisement *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->header.nd_na_type = ND_NEIGHBOR_ADVERT;
    ret->header.nd_na_flags_reserved = ND_NA_FLAG_OVERRIDE;
    memcpy(&ret->header.nd_na_target, address->bytes, sizeof(ret->header.nd_na_target));
    ret->option.nd_opt_type = ND_OPT_TARGET_LINKADDR;
    ret->option.nd_opt_len = 1; /* in units of eight bytes */
    memcpy(ret->hardware, link->hardware, ETH_ALEN);
}

/* Neighbours believe only what has not passed a router: the hop limit is the highest there is. */
static int open_icmp6(const struct hf_address *address, const struct hf_address_link *link)
{
    const int hops = 255;
    struct sockaddr_in6 source = {.sin6_family = AF_INET6, .sin6_scope_id = link->index};
    memcpy(&source.sin6_addr, address->bytes, sizeof(source.sin6_addr));
    int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);
    if (fd < 0)
        return -errno;
    if (setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)) < 0 ||
        setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &link->index, sizeof(link->index)) < 0 ||
        bind(fd, (const struct sockaddr *)&source, sizeof(source)) < 0) {
        int r = -errno;
        (void)close(fd);
        return r;
    }
    return fd;
}

static int send_advertisement(const struct hf_address *address, const struct hf_address_link *link)
{
    struct advertisement packet;
    struct sockaddr_in6 everybody = {.sin6_family = AF_INET6, .sin6_scope_id = link->index};
    HF_ASSERT(inet_pton(AF_INET6, "ff02::1", &everybody.sin6_addr) == 1);
    fill_advertisement(address, link, &packet);
    int fd = open_icmp6(address, link);
    if (fd < 0)
        return fd;
    int r = sendto(fd, &packet, sizeof(packet), 0, (const struct sockaddr *)&everybody,
                   sizeof(everybody)) < 0
                ? -errno
                : 0;
    (void)close(fd);
    return r;
}

int hf_arp_announce(const struct hf_address *address, const struct hf_address_link *link)
{
    if (!link->has_hardware || (link->flags & (IFF_LOOPBACK | IFF_NOARP)) != 0)
        return -EOPNOTSUPP;
    return address->family == AF_INET ? send_arp(address, link) : send_advertisement(address, link);
}

static int open_questions4(const struct hf_address_link *link)
{
    struct sockaddr_ll here = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP), .sll_ifindex = (int)link->index};
    int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (bind(fd, (const struct sockaddr *)&here, sizeof(here)) == 0)
        return fd;
    int r = -errno;
    (void)close(fd);
    return r;
}

/* Every raw socket of this kind gets a copy of each advertisement that comes. */
static int open_questions6(const struct hf_address_link *link)
{
    const int hops = 255;
    struct icmp6_filter filter;
    ICMP6_FILTER_SETBLOCKALL(&filter);
    ICMP6_FILTER_SETPASS(ND_NEIGHBOR_ADVERT, &filter);
    int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMPV6);
    if (fd < 0)
        return -errno;
    if (setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter)) == 0 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)) == 0 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &link->index, sizeof(link->index)) == 0)
        return fd;
    int r = -errno;
    (void)close(fd);
    return r;
}

int hf_arp_open(const struct hf_address *own, const struct hf_address_link *link)
{
    return own->family == AF_INET ? open_questions4(link) : open_questions6(link);
}

static int ask4(int fd, const struct hf_address *own, const struct hf_address_link *link,
                const struct hf_address *wanted)
{
    struct ether_arp packet;
    struct sockaddr_ll everybody = {.sll_family = AF_PACKET,
                                    .sll_protocol = htons(ETH_P_ARP),
                                    .sll_ifindex = (int)link->index,
                                    .sll_halen = ETH_ALEN};
    memset(everybody.sll_addr, 0xff, ETH_ALEN);
    fill_arp(own, link, ARPOP_REQUEST, &packet);
    memcpy(packet.arp_tpa, wanted->bytes, sizeof(packet.arp_tpa));
    return sendto(fd, &packet, sizeof(packet), 0, (const struct sockaddr *)&everybody,
                  sizeof(everybody)) < 0
               ? -errno
               : 0;
}

/* To the group in which its owner listens: the last three bytes of the address tell which. */
static int ask6(int fd, const struct hf_address_link *link, const struct hf_address *wanted)
{
    struct {
        struct nd_neighbor_solicit header;
        struct nd_opt_hdr option;
        uint8_t hardware[ETH_ALEN];
    } packet;
    struct sockaddr_in6 group = {.sin6_family = AF_INET6, .sin6_scope_id = link->index};
    HF_ASSERT(inet_pton(AF_INET6, "ff02::1:ff00:0", &group.sin6_addr) == 1);
    memcpy(&group.sin6_addr.s6_addr[13], wanted->bytes + 13, 3);
    memset(&packet, 0, sizeof(packet));
    packet.header.nd_ns_type = ND_NEIGHBOR_SOLICIT;
    memcpy(&packet.header.nd_ns_target, wanted->bytes, sizeof(packet.header.nd_ns_target));
    packet.option.nd_opt_type = ND_OPT_SOURCE_LINKADDR;
    packet.option.nd_opt_len = 1;
    memcpy(packet.hardware, link->hardware, ETH_ALEN);
    return sendto(fd, &packet, sizeof(packet), 0, (const struct sockaddr *)&group, sizeof(group)) <
                   0
               ? -errno
               : 0;
}

int hf_arp_ask(int fd, const struct hf_address *own, const struct hf_address_link *link,
               const struct hf_address *wanted)
{
    return own->family == AF_INET ? ask4(fd, own, link, wanted) : ask6(fd, link, wanted);
}

int hf_arp_hear(int fd, const struct hf_address *own, struct hf_address *ret)
{
    union {
        struct ether_arp arp;
        struct nd_neighbor_advert advert;
        uint8_t bytes[256];
    } packet;
    ssize_t n = recv(fd, &packet, sizeof(packet), 0);
    if (n < 0)
        return -errno;
    *ret = (struct hf_address){.family = own->family, .length = own->length};
    if (own->family == AF_INET) {
        if (n < (ssize_t)sizeof(packet.arp) || ntohs(packet.arp.arp_op) != ARPOP_REPLY ||
            memcmp(packet.arp.arp_tpa, own->bytes, own->length) != 0)
            return 0;
        memcpy(ret->bytes, packet.arp.arp_spa, ret->length);
        return 1;
    }
    if (n < (ssize_t)sizeof(packet.advert) || packet.advert.nd_na_type != ND_NEIGHBOR_ADVERT)
        return 0;
    memcpy(ret->bytes, &packet.advert.nd_na_target, ret->length);
    return 1;
}
