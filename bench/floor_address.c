/*
 * floor_address.c - address by one netlink request, neighbours told by gratuitous ARP.
 */
#include "floor_node.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
    struct nlmsghdr header;
    struct ifaddrmsg message;
    struct {
        struct rtattr head;
        uint32_t value;
    } local, address;
};

static int ask_kernel(const struct request *request)
{
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        char rest[256];
    } reply = {0};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    int r = 0;

    if (fd < 0)
        return -errno;
    if (send(fd, request, request->header.nlmsg_len, 0) < 0 ||
        recv(fd, &reply, sizeof reply, 0) < 0)
        r = -errno;
    close(fd);
    return r < 0 ? r : reply.error.error;
}

static int change(const struct floor_instance *instance, uint16_t type, uint16_t flags)
{
    uint32_t ip = inet_addr(instance->address);
    struct request request = {
        .header = {.nlmsg_len = sizeof request,
                   .nlmsg_type = type,
                   .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags)},
        .message = {.ifa_family = AF_INET,
                    .ifa_prefixlen = 24,
                    .ifa_index = if_nametoindex(instance->interface)},
        .local = {.head = {.rta_len = sizeof request.local, .rta_type = IFA_LOCAL}, .value = ip},
        .address = {.head = {.rta_len = sizeof request.address, .rta_type = IFA_ADDRESS},
                    .value = ip},
    };

    return ask_kernel(&request);
}

static void fill_announcement(struct ether_arp *arp, const uint8_t mac[ETH_ALEN], uint32_t ip)
{
    arp->arp_hrd = htons(ARPHRD_ETHER);
    arp->arp_pro = htons(ETH_P_IP);
    arp->arp_hln = ETH_ALEN;
    arp->arp_pln = 4;
    arp->arp_op = htons(ARPOP_REQUEST);
    memcpy(arp->arp_sha, mac, ETH_ALEN);
    memcpy(arp->arp_spa, &ip, 4);
    memcpy(arp->arp_tpa, &ip, 4);
}

static int announce(const struct floor_instance *instance)
{
    int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ARP));
    struct sockaddr_ll to = {.sll_family = AF_PACKET,
                             .sll_protocol = htons(ETH_P_ARP),
                             .sll_ifindex = (int)if_nametoindex(instance->interface),
                             .sll_halen = ETH_ALEN,
                             .sll_addr = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    struct ifreq card = {0};
    struct ether_arp arp = {0};
    int r = 0;

    if (fd < 0)
        return -errno;
    memcpy(card.ifr_name, instance->interface, strnlen(instance->interface, IFNAMSIZ - 1));
    if (ioctl(fd, SIOCGIFHWADDR, &card) < 0)
        r = -errno;
    fill_announcement(&arp, (const uint8_t *)card.ifr_hwaddr.sa_data, inet_addr(instance->address));
    if (r == 0 && sendto(fd, &arp, sizeof arp, 0, (struct sockaddr *)&to, sizeof to) < 0)
        r = -errno;
    close(fd);
    return r;
}

int floor_address_add(const struct floor_instance *instance)
{
    int r = change(instance, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);

    return r < 0 ? r : announce(instance);
}

int floor_address_remove(const struct floor_instance *instance)
{
    return change(instance, RTM_DELADDR, 0);
}
