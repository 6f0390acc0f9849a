/*
 * tickle.c - the packet that makes a client ask, and so learn that its connection is gone.
 *
 * Happy path: from the instance's address and port to each client, an acknowledgement without data
 * whose numbers are nobody's. Failure modes: the address is not on this node -> -EADDRNOTAVAIL; a
 * client that cannot be reached is left out.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "driver/clients.h"

_Static_assert(sizeof(struct tcphdr) == HF_TICKLE_BYTES, "as on the wire");

static uint32_t add_words(uint32_t sum, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i + 1 < length; i += 2)
        sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    return sum;
}

/* Over the addresses, the length, the protocol and the packet: RFC 9293, 3.1. */
static uint16_t checksum(const struct hf_address *address, const struct hf_client *client,
                         const uint8_t packet[HF_TICKLE_BYTES])
{
    uint32_t sum = IPPROTO_TCP + HF_TICKLE_BYTES;
    sum = add_words(sum, address->bytes, address->length);
    sum = add_words(sum, client->bytes, address->length);
    sum = add_words(sum, packet, HF_TICKLE_BYTES);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

void hf_tickle_packet(const struct hf_address *address, uint16_t port,
                      const struct hf_client *client, uint8_t ret[HF_TICKLE_BYTES])
{
    struct tcphdr header;
    memset(&header, 0, sizeof(header));
    header.source = htons(port);
    header.dest = htons(client->port);
    header.doff = HF_TICKLE_BYTES / 4;
    header.ack = 1;
    header.window = htons(1024);
    memcpy(ret, &header, sizeof(header));
    header.check = htons(checksum(address, client, ret));
    memcpy(ret, &header, sizeof(header));
}

static socklen_t to_socket(int family, const uint8_t *bytes, struct sockaddr_storage *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->ss_family = (sa_family_t)family;
    if (family == AF_INET) {
        memcpy(&((struct sockaddr_in *)ret)->sin_addr, bytes, 4);
        return sizeof(struct sockaddr_in);
    }
    memcpy(&((struct sockaddr_in6 *)ret)->sin6_addr, bytes, 16);
    return sizeof(struct sockaddr_in6);
}

static int open_from(const struct hf_address *address)
{
    struct sockaddr_storage from;
    socklen_t length = to_socket(address->family, address->bytes, &from);
    int fd = socket(address->family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
    if (fd < 0)
        return -errno;
    if (bind(fd, (const struct sockaddr *)&from, length) == 0)
        return fd;
    int r = -errno;
    (void)close(fd);
    return r;
}

int hf_clients_tickle(const char *instance, const char *text)
{
    static struct hf_clients clients;
    struct hf_address address;
    uint8_t packet[HF_TICKLE_BYTES];
    int sent = 0;
    int r = hf_clients_load(instance, &clients);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    r = hf_address_parse(text, &address);
    if (r < 0 || !clients.elsewhere || clients.family != address.family)
        return r;
    int fd = open_from(&address);
    for (unsigned c = 0; fd >= 0 && c < clients.count; c++) {
        struct sockaddr_storage to;
        socklen_t length = to_socket(address.family, clients.list[c].bytes, &to);
        hf_tickle_packet(&address, clients.port, &clients.list[c], packet);
        if (sendto(fd, packet, sizeof(packet), 0, (const struct sockaddr *)&to, length) > 0)
            sent++;
    }
    if (fd >= 0)
        (void)close(fd);
    return fd < 0 ? fd : sent;
}
