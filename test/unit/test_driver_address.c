/*
 * test_driver_address.c - the virtual address between two network namespaces, a node and a peer
 * that are joined by a veth pair. Both namespaces end with the process.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/ip6.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "driver/address.h"
#include "driver/driver.h"
#include "driver/process.h"

#define DEADLINE_MS 5000
#define STALE_MAC "02:00:00:00:00:99"

extern char **environ;

static int node_fd;
static int peer_fd;

/* ip with the words of one line; fails the test when ip fails. */
static void ip(const char *line)
{
    char text[256];
    char *argv[32] = {(char *)(uintptr_t) "ip"};
    char *rest = text;
    size_t n = 1;
    pid_t pid;
    int status;
    (void)snprintf(text, sizeof(text), "%s", line);
    while (rest && n < 31)
        argv[n++] = strsep(&rest, " ");
    assert_int_equal(posix_spawnp(&pid, "ip", NULL, NULL, argv, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (status != 0)
        fail_msg("ip %s", line);
}

static void enter(int fd)
{
    assert_int_equal(setns(fd, CLONE_NEWNET), 0);
}

static int new_namespace(void)
{
    assert_int_equal(unshare(CLONE_NEWNET), 0);
    int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

/* /proc/sys/net shows the namespace of who reads it, so it needs no mount of its own. */
static int setup(void **state)
{
    char line[128];
    (void)state;
    peer_fd = new_namespace();
    node_fd = new_namespace();
    ip("link add vnode address 02:00:00:00:00:01 type veth peer name vpeer address "
       "02:00:00:00:00:02");
    (void)snprintf(line, sizeof(line), "link set vpeer netns /proc/%d/fd/%d", getpid(), peer_fd);
    ip(line);
    ip("link set lo up");
    ip("link set vnode up");
    enter(peer_fd);
    ip("link set vpeer up");
    ip("addr add 192.0.2.2/24 dev vpeer");
    ip("addr add 2001:db8::2/64 dev vpeer nodad");
    ip("neigh replace 192.0.2.10 lladdr " STALE_MAC " dev vpeer nud reachable");
    ip("neigh replace 2001:db8::10 lladdr " STALE_MAC " dev vpeer nud reachable");
    enter(node_fd);
    ip("addr add 192.0.2.1/24 dev vnode");
    ip("addr add 2001:db8::1/64 dev vnode nodad");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)close(node_fd);
    (void)close(peer_fd);
    return 0;
}

static struct hf_driver_request request_for(const char *address, uint8_t prefix)
{
    struct hf_driver_request request = {.id = 7, .op = HF_OP_ADDRESS_UP, .prefix = prefix};
    (void)snprintf(request.address, sizeof(request.address), "%s", address);
    return request;
}

static struct hf_driver_reply up(const char *address, uint8_t prefix)
{
    struct hf_driver_request request = request_for(address, prefix);
    struct hf_driver_reply reply;
    hf_address_up(&request, &reply);
    assert_int_equal(reply.id, 7);
    assert_false(reply.more);
    return reply;
}

static struct hf_driver_reply down(const char *address)
{
    struct hf_driver_request request = request_for(address, 24);
    struct hf_driver_reply reply;
    hf_address_down(&request, &reply);
    return reply;
}

static bool is_up(const char *address)
{
    bool found = false;
    assert_int_equal(hf_address_is_up(address, &found), 0);
    return found;
}

/* A socket of the peer that hears every packet of that protocol on its interface. */
static int listen_at_peer(uint16_t protocol)
{
    enter(peer_fd);
    struct sockaddr_ll here = {.sll_family = AF_PACKET, .sll_protocol = htons(protocol)};
    here.sll_ifindex = (int)if_nametoindex("vpeer");
    int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(protocol));
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&here, sizeof(here)), 0);
    enter(node_fd);
    return fd;
}

static struct mnl_socket *watch_neighbours(void)
{
    enter(peer_fd);
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    assert_non_null(socket);
    assert_int_equal(mnl_socket_bind(socket, RTMGRP_NEIGH, MNL_SOCKET_AUTOPID), 0);
    enter(node_fd);
    return socket;
}

static ssize_t receive(int fd, void *room, size_t size, uint64_t until_ms)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    if (poll(&wait, 1, hf_process_left_ms(until_ms)) != 1)
        fail_msg("nothing came in time");
    return recv(fd, room, size, 0);
}

struct neighbour {
    const struct hf_address *address;
    bool changed;
};

static int check_neighbour(const struct nlmsghdr *message, void *user)
{
    static const uint8_t node[6] = {2, 0, 0, 0, 0, 1};
    struct neighbour *neighbour = user;
    struct nlattr *attribute;
    bool same = false;
    bool ours = false;
    if (message->nlmsg_type != RTM_NEWNEIGH)
        return MNL_CB_OK;
    for (attribute = mnl_nlmsg_get_payload_offset(message, sizeof(struct ndmsg)); mnl_attr_ok(
             attribute, (int)((char *)mnl_nlmsg_get_payload_tail(message) - (char *)attribute));
         attribute = mnl_attr_next(attribute)) {
        const void *value = mnl_attr_get_payload(attribute);
        if (mnl_attr_get_type(attribute) == NDA_DST)
            same = mnl_attr_get_payload_len(attribute) == neighbour->address->length &&
                   memcmp(value, neighbour->address->bytes, neighbour->address->length) == 0;
        if (mnl_attr_get_type(attribute) == NDA_LLADDR)
            ours = memcmp(value, node, sizeof(node)) == 0;
    }
    neighbour->changed = neighbour->changed || (same && ours);
    return MNL_CB_OK;
}

/* Waits until the peer's neighbour table has the node's hardware address for it. */
static void expect_neighbour(struct mnl_socket *socket, const char *text)
{
    struct hf_address address;
    struct neighbour neighbour = {.address = &address};
    char room[8192];
    uint64_t until_ms = hf_process_now_ms() + DEADLINE_MS;
    assert_int_equal(hf_address_parse(text, &address), 0);
    while (!neighbour.changed) {
        ssize_t n = receive(mnl_socket_get_fd(socket), room, sizeof(room), until_ms);
        assert_true(n > 0);
        (void)mnl_cb_run(room, (size_t)n, 0, 0, check_neighbour, &neighbour);
    }
    (void)mnl_socket_close(socket);
}

static void expect_arp(int fd, uint16_t form)
{
    struct ether_arp packet;
    struct in_addr address;
    uint64_t until_ms = hf_process_now_ms() + DEADLINE_MS;
    assert_int_equal(inet_pton(AF_INET, "192.0.2.10", &address), 1);
    for (;;) {
        ssize_t n = receive(fd, &packet, sizeof(packet), until_ms);
        if (n == sizeof(packet) && memcmp(packet.arp_spa, &address, 4) == 0)
            break;
    }
    assert_int_equal(ntohs(packet.arp_op), form);
    assert_memory_equal(packet.arp_tpa, &address, 4);
    assert_memory_equal(packet.arp_sha, "\2\0\0\0\0\1", 6);
}

static void expect_advertisement(int fd)
{
    struct {
        struct ip6_hdr ip;
        struct nd_neighbor_advert advert;
        uint8_t option[8];
    } packet;
    struct in6_addr address;
    uint64_t until_ms = hf_process_now_ms() + DEADLINE_MS;
    assert_int_equal(inet_pton(AF_INET6, "2001:db8::10", &address), 1);
    for (;;) {
        ssize_t n = receive(fd, &packet, sizeof(packet), until_ms);
        if (n == sizeof(packet) && packet.ip.ip6_nxt == IPPROTO_ICMPV6 &&
            packet.advert.nd_na_type == ND_NEIGHBOR_ADVERT &&
            memcmp(&packet.advert.nd_na_target, &address, 16) == 0)
            break;
    }
    assert_int_equal(packet.ip.ip6_hlim, 255);
    assert_int_equal(packet.advert.nd_na_flags_reserved, ND_NA_FLAG_OVERRIDE);
    assert_memory_equal(packet.option, "\2\1\2\0\0\0\0\1", 8);
}

static void test_ipv4_is_added_and_announced(void **state)
{
    (void)state;
    int fd = listen_at_peer(ETH_P_ARP);
    struct mnl_socket *neighbours = watch_neighbours();
    struct hf_driver_reply reply = up("192.0.2.10", 24);
    assert_int_equal(reply.status, HF_DRV_OK);
    assert_string_equal(reply.text, "announced on vnode");
    assert_true(is_up("192.0.2.10"));
    expect_arp(fd, ARPOP_REQUEST);
    expect_arp(fd, ARPOP_REPLY);
    expect_neighbour(neighbours, "192.0.2.10");
    (void)close(fd);
}

static void test_ipv6_is_added_and_announced(void **state)
{
    (void)state;
    int fd = listen_at_peer(ETH_P_IPV6);
    struct mnl_socket *neighbours = watch_neighbours();
    assert_int_equal(up("2001:db8::10", 64).status, HF_DRV_OK);
    assert_true(is_up("2001:db8::10"));
    expect_advertisement(fd);
    expect_neighbour(neighbours, "2001:db8::10");
    assert_int_equal(down("2001:db8::10").status, HF_DRV_OK);
    assert_false(is_up("2001:db8::10"));
    (void)close(fd);
}

static void test_again_is_fine(void **state)
{
    (void)state;
    assert_int_equal(up("192.0.2.10", 24).status, HF_DRV_OK);
    assert_int_equal(up("192.0.2.10", 24).status, HF_DRV_OK);
    assert_int_equal(down("192.0.2.10").status, HF_DRV_OK);
    assert_false(is_up("192.0.2.10"));
    assert_int_equal(down("192.0.2.10").status, HF_DRV_OK);
}

static void test_prefix_of_the_interface(void **state)
{
    (void)state;
    assert_int_equal(up("192.0.2.10", 0).status, HF_DRV_OK);
    assert_true(is_up("192.0.2.10"));
    assert_int_equal(up("198.51.100.10", 0).status, HF_DRV_NO_INTERFACE);
}

static void test_announce_repeats(void **state)
{
    (void)state;
    struct hf_driver_request request = request_for("192.0.2.10", 24);
    struct hf_driver_reply reply;
    hf_address_announce(&request, &reply);
    assert_int_equal(reply.status, HF_DRV_NO_INTERFACE);
    assert_int_equal(up("192.0.2.10", 24).status, HF_DRV_OK);
    int fd = listen_at_peer(ETH_P_ARP);
    hf_address_announce(&request, &reply);
    assert_int_equal(reply.status, HF_DRV_OK);
    expect_arp(fd, ARPOP_REQUEST);
    expect_arp(fd, ARPOP_REPLY);
    (void)close(fd);
}

static void test_no_interface_names_the_network(void **state)
{
    (void)state;
    struct hf_driver_reply reply = up("198.51.100.10", 24);
    assert_int_equal(reply.status, HF_DRV_NO_INTERFACE);
    assert_string_equal(reply.text,
                        "no interface of this node has an address in the network 198.51.100.0/24");
}

static void test_no_carrier(void **state)
{
    (void)state;
    enter(peer_fd);
    ip("link set vpeer down");
    enter(node_fd);
    struct hf_driver_reply reply = up("192.0.2.10", 24);
    assert_int_equal(reply.status, HF_DRV_NO_INTERFACE);
    assert_string_equal(reply.text, "interface vnode of the network 192.0.2.0/24 has no carrier");
    assert_false(is_up("192.0.2.10"));
}

static void test_down_keeps_the_nodes_own_address(void **state)
{
    (void)state;
    assert_int_equal(up("192.0.2.10", 24).status, HF_DRV_OK);
    ip("addr del 192.0.2.1/24 dev vnode");
    ip("addr replace 192.0.2.10/24 dev vnode");
    ip("addr add 192.0.2.1/24 dev vnode");
    assert_int_equal(down("192.0.2.10").status, HF_DRV_OK);
    assert_true(is_up("192.0.2.1"));
    assert_false(is_up("192.0.2.10"));
}

static void test_loopback_needs_no_announcement(void **state)
{
    (void)state;
    assert_string_equal(up("127.0.0.9", 8).text, "nobody to announce it to on lo");
    assert_int_equal(down("127.0.0.9").status, HF_DRV_OK);
}

static void test_no_address(void **state)
{
    (void)state;
    assert_int_equal(up("192.0.2.300", 24).status, HF_DRV_FAILED);
    assert_int_equal(up("", 24).status, HF_DRV_FAILED);
}

static void test_same_network(void **state)
{
    struct hf_address a;
    struct hf_address b;
    (void)state;
    assert_int_equal(hf_address_parse("10.1.2.3", &a), 0);
    assert_int_equal(hf_address_parse("10.1.3.3", &b), 0);
    assert_true(hf_address_same_network(&a, &b, 0));
    assert_true(hf_address_same_network(&a, &b, 23));
    assert_false(hf_address_same_network(&a, &b, 24));
    assert_false(hf_address_same_network(&a, &b, 33));
    assert_int_equal(hf_address_parse("::1", &b), 0);
    assert_false(hf_address_same_network(&a, &b, 0));
}

#define LAB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_network),
        LAB(test_ipv4_is_added_and_announced),
        LAB(test_ipv6_is_added_and_announced),
        LAB(test_again_is_fine),
        LAB(test_prefix_of_the_interface),
        LAB(test_announce_repeats),
        LAB(test_no_interface_names_the_network),
        LAB(test_no_carrier),
        LAB(test_down_keeps_the_nodes_own_address),
        LAB(test_loopback_needs_no_announcement),
        LAB(test_no_address),
    };
    if (geteuid() != 0) {
        (void)fprintf(stderr, "network namespaces need root: skipped\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
