/* Who is connected, the file of it, what travels, and the packet that clients are told with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/clients.h"
#include "driver/clients.h"

static struct hf_clients clients, again;

struct pair {
    int listener, client, server;
    uint16_t port; /* of the server */
    uint16_t from; /* of the client */
};

static uint16_t port_of(int fd)
{
    struct sockaddr_in6 address;
    socklen_t length = sizeof(address);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    return ntohs(address.sin6_port); /* in the same place for both families */
}

static struct pair connect_pair(int family)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr *address = family == AF_INET ? (struct sockaddr *)&four : (void *)&six;
    socklen_t length = family == AF_INET ? sizeof(four) : sizeof(six);
    struct pair pair = {.listener = socket(family, SOCK_STREAM, 0)};
    assert_int_equal(bind(pair.listener, address, length), 0);
    assert_int_equal(listen(pair.listener, 4), 0);
    pair.port = port_of(pair.listener);
    four.sin_port = six.sin6_port = htons(pair.port);
    pair.client = socket(family, SOCK_STREAM, 0);
    assert_int_equal(connect(pair.client, address, length), 0);
    pair.server = accept(pair.listener, NULL, NULL);
    assert_true(pair.server >= 0);
    pair.from = port_of(pair.client);
    return pair;
}

static void close_pair(const struct pair *pair)
{
    (void)close(pair->client);
    (void)close(pair->server);
    (void)close(pair->listener);
}

static void look_at(int family, const char *address)
{
    struct pair pair = connect_pair(family);
    assert_int_equal(hf_clients_look(address, pair.port, &clients), 0);
    assert_int_equal(clients.count, 1);
    assert_int_equal(clients.family, family);
    assert_int_equal(clients.list[0].port, pair.from);
    assert_int_equal(hf_clients_look(address, (uint16_t)(pair.port + 1), &clients), 0);
    assert_int_equal(clients.count, 0);
    assert_int_equal(hf_clients_look("192.0.2.1", pair.port, &clients), 0);
    assert_int_equal(clients.count, 0);
    close_pair(&pair);
}

static void test_look(void **state)
{
    (void)state;
    look_at(AF_INET, "127.0.0.1");
    look_at(AF_INET6, "::1");
    assert_int_equal(hf_clients_look("nobody", 1, &clients), -EINVAL);
}

static void fill(uint8_t family, uint16_t count)
{
    memset(&clients, 0, sizeof(clients));
    clients.family = family;
    clients.port = 5432;
    clients.count = count;
    for (unsigned c = 0; c < count; c++) {
        clients.list[c].bytes[0] = (uint8_t)c;
        clients.list[c].bytes[family == AF_INET ? 3 : 15] = 7;
        clients.list[c].port = (uint16_t)(1000 + c);
    }
}

static void test_wire(void **state)
{
    static uint8_t data[HF_CLIENTS_MESSAGE_MAX];
    static const uint16_t counts[] = {0, 1, HF_CLIENTS_MAX};
    char name[HF_DRIVER_NAME_MAX];
    (void)state;
    for (unsigned k = 0; k < 6; k++) {
        fill(k % 2 ? AF_INET : AF_INET6, counts[k / 2]);
        size_t length = hf_clients_write("msgbox", &clients, data);
        assert_true(hf_clients_read(data, length, name, &again));
        assert_string_equal(name, "msgbox");
        assert_true(again.elsewhere);
        again.elsewhere = false;
        assert_true(hf_clients_same(&clients, &again));
        assert_false(hf_clients_read(data, length - 1, name, &again));
        data[4]++;
        assert_false(hf_clients_read(data, length, name, &again));
    }
}

/* The sum over pseudo header and packet is all ones: RFC 9293, 3.1. */
static uint16_t folded(const struct hf_address *address, const struct hf_client *client,
                       const uint8_t *packet)
{
    uint8_t all[16 + 16 + 4 + HF_TICKLE_BYTES] = {0};
    size_t n = address->length;
    memcpy(all, address->bytes, n);
    memcpy(all + n, client->bytes, n);
    all[2 * n + 1] = IPPROTO_TCP;
    all[2 * n + 3] = HF_TICKLE_BYTES;
    memcpy(all + 2 * n + 4, packet, HF_TICKLE_BYTES);
    uint32_t sum = 0;
    for (size_t i = 0; i < 2 * n + 4 + HF_TICKLE_BYTES; i += 2)
        sum += (uint32_t)all[i] * 256 + all[i + 1];
    while (sum > 0xffff)
        sum = sum % 65536 + sum / 65536;
    return (uint16_t)sum;
}

static void test_packet(void **state)
{
    static const char *const texts[] = {"10.77.0.101", "fd00::101"};
    uint8_t packet[HF_TICKLE_BYTES];
    struct tcphdr header;
    struct hf_address address;
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        fill(k ? AF_INET6 : AF_INET, 3);
        assert_int_equal(hf_address_parse(texts[k], &address), 0);
        hf_tickle_packet(&address, 5432, &clients.list[2], packet);
        memcpy(&header, packet, sizeof(header));
        assert_int_equal(ntohs(header.source), 5432);
        assert_int_equal(ntohs(header.dest), 1002);
        assert_int_equal(header.doff, 5);
        assert_true(header.ack && !header.syn && !header.rst && !header.fin && !header.psh);
        assert_int_equal(folded(&address, &clients.list[2], packet), 0xffff);
    }
}

static void loopback_up(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
    assert_int_equal(close(fd), 0);
}

/*
 * A connection of which the server's side is gone without a word (repair mode of the kernel), as
 * after a power cut: its client waits, is told, and has its reset.
 */
static void tell(int family, const char *address)
{
    const int on = 1;
    char byte;
    struct pair pair = connect_pair(family);
    assert_int_equal(hf_clients_look(address, pair.port, &clients), 0);
    clients.elsewhere = true;
    assert_int_equal(hf_clients_save("msgbox", &clients), 0);
    if (setsockopt(pair.server, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)) < 0)
        skip();
    assert_int_equal(close(pair.server), 0);
    assert_int_equal(close(pair.listener), 0);
    struct pollfd wait = {.fd = pair.client, .events = POLLIN};
    assert_int_equal(poll(&wait, 1, 100), 0);
    assert_int_equal(hf_clients_tickle("msgbox", address), 1);
    assert_int_equal(poll(&wait, 1, 5000), 1);
    assert_int_equal(recv(pair.client, &byte, 1, 0), -1);
    assert_int_equal(errno, ECONNRESET);
    assert_int_equal(close(pair.client), 0);
}

static void test_tickle(void **state)
{
    (void)state;
    tell(AF_INET, "127.0.0.1");
    tell(AF_INET6, "::1");
}

/* One's own list is of connections that live; who has none tells nobody. */
static void test_nobody_to_tell(void **state)
{
    (void)state;
    struct pair pair = connect_pair(AF_INET);
    assert_int_equal(hf_clients_tickle("main", "127.0.0.1"), 0);
    assert_int_equal(hf_clients_look("127.0.0.1", pair.port, &clients), 0);
    assert_int_equal(hf_clients_save("main", &clients), 0);
    assert_int_equal(hf_clients_load("main", &again), 0);
    assert_true(hf_clients_same(&clients, &again));
    assert_int_equal(hf_clients_tickle("main", "127.0.0.1"), 0);
    /* One that lives is not disturbed by it either. */
    clients.elsewhere = true;
    assert_int_equal(hf_clients_save("main", &clients), 0);
    assert_int_equal(hf_clients_tickle("main", "127.0.0.1"), 1);
    assert_int_equal(send(pair.server, "x", 1, 0), 1);
    char byte;
    assert_int_equal(recv(pair.client, &byte, 1, 0), 1);
    assert_int_equal(hf_clients_save("a/b", &clients), -ENAMETOOLONG);
    close_pair(&pair);
}

int main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_look),           cmocka_unit_test(test_wire),
        cmocka_unit_test(test_packet),         cmocka_unit_test(test_tickle),
        cmocka_unit_test(test_nobody_to_tell),
    };
    if (geteuid() != 0 || unshare(CLONE_NEWNET | CLONE_NEWNS) < 0) {
        (void)fprintf(stderr, "networks and mounts of our own need root: skipped\n");
        return 77;
    }
    loopback_up();
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", "/run", "tmpfs", 0, NULL) < 0 || mkdir("/run/holdfast", 0755) < 0)
        return 77;
    return cmocka_run_group_tests(all, NULL, NULL);
}
