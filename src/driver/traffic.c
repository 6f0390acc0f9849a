#include "driver/traffic.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "driver/netlink.h"

#define ROOM 32768
#define NEWS_BYTES (4 << 20) /* some ten thousand connections that ended between two looks */
#define NEWS_MS 60000u       /* the kernel's news of an end are at most so late */
#define FIRST_SLOTS 256u

/* States of the kernel's enum that have a tcp_info; LISTEN and the half-made carry nothing. */
#define STATE(n) (1u << (n))
#define STATES                                                                                     \
    (STATE(1 /* ESTABLISHED */) | STATE(4 /* FIN_WAIT1 */) | STATE(5 /* FIN_WAIT2 */) |            \
     STATE(8 /* CLOSE_WAIT */) | STATE(9 /* LAST_ACK */) | STATE(11 /* CLOSING */))

struct row {
    uint64_t cookie; /* 0 = free; the kernel's begin at 1 */
    uint64_t in, out;
    uint64_t seen_ms; /* monotonic, when it was there last; 0 = it has ended */
};

struct hf_traffic {
    struct mnl_socket *news; /* NULL: the kernel does not tell of ends */
    struct row *rows;        /* open addressing; slots is a power of two */
    uint32_t slots, used;
    uint64_t now_ms; /* of the look under way */
    bool taking_news;
    struct hf_traffic_address *addresses; /* of the look under way */
    unsigned count;
};

static uint64_t clock_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint32_t home_of(const struct hf_traffic *traffic, uint64_t cookie)
{
    return (uint32_t)((cookie * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (traffic->slots - 1);
}

/* Where it is, or the free row where it would be. */
static struct row *slot_of(struct hf_traffic *traffic, uint64_t cookie)
{
    uint32_t at = home_of(traffic, cookie);
    while (traffic->rows[at].cookie && traffic->rows[at].cookie != cookie)
        at = (at + 1) & (traffic->slots - 1);
    return &traffic->rows[at];
}

/* A table of so many slots with the rows that are still of use. One that is not listed any more has
 * ended, and its end may still be on its way to us. */
static int rebuild(struct hf_traffic *traffic, uint32_t slots)
{
    struct row *old = traffic->rows;
    uint32_t old_slots = traffic->slots;
    struct row *rows = calloc(slots, sizeof(*rows));
    if (!rows)
        return -ENOMEM;
    traffic->rows = rows;
    traffic->slots = slots;
    traffic->used = 0;
    for (uint32_t r = 0; r < old_slots; r++) {
        if (!old[r].cookie || !old[r].seen_ms || traffic->now_ms - old[r].seen_ms > NEWS_MS)
            continue;
        *slot_of(traffic, old[r].cookie) = old[r];
        traffic->used++;
    }
    free(old);
    return 0;
}

/* A new row, or NULL when there are too many. */
static struct row *add_row(struct hf_traffic *traffic, uint64_t cookie)
{
    if (traffic->used >= HF_TRAFFIC_MAX)
        return NULL;
    if (traffic->used * 2 >= traffic->slots && rebuild(traffic, traffic->slots * 2) < 0)
        return NULL;
    struct row *row = slot_of(traffic, cookie);
    row->cookie = cookie;
    traffic->used++;
    return row;
}

int hf_traffic_new(struct hf_traffic **ret)
{
    struct hf_traffic *traffic = calloc(1, sizeof(*traffic));
    if (!traffic)
        return -ENOMEM;
    int r = rebuild(traffic, FIRST_SLOTS);
    if (r < 0) {
        free(traffic);
        return r;
    }
    traffic->news = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC | SOCK_NONBLOCK);
    int room = NEWS_BYTES;
    unsigned groups = 1u << (SKNLGRP_INET_TCP_DESTROY - 1) | 1u << (SKNLGRP_INET6_TCP_DESTROY - 1);
    if (traffic->news)
        (void)setsockopt(mnl_socket_get_fd(traffic->news), SOL_SOCKET, SO_RCVBUFFORCE, &room,
                         sizeof(room));
    if (traffic->news && mnl_socket_bind(traffic->news, groups, MNL_SOCKET_AUTOPID) < 0) {
        (void)mnl_socket_close(traffic->news);
        traffic->news = NULL;
    }
    *ret = traffic;
    return 0;
}

void hf_traffic_free(struct hf_traffic *traffic)
{
    if (!traffic)
        return;
    if (traffic->news)
        (void)mnl_socket_close(traffic->news);
    free(traffic->rows);
    free(traffic);
}

/* The local address; an IPv4 connection of a socket that takes both has it mapped. */
static void local_address(const struct inet_diag_msg *message, struct hf_address *ret)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    const uint8_t *bytes = (const uint8_t *)message->id.idiag_src;
    bool v6 = message->idiag_family == AF_INET6;
    if (v6 && memcmp(bytes, mapped, sizeof(mapped)) == 0) {
        v6 = false;
        bytes += sizeof(mapped);
    }
    *ret = (struct hf_address){.family = v6 ? AF_INET6 : AF_INET, .length = v6 ? 16 : 4};
    memcpy(ret->bytes, bytes, ret->length);
}

static struct hf_traffic_address *find_address(const struct hf_traffic *traffic,
                                               const struct inet_diag_msg *message)
{
    struct hf_address local;
    local_address(message, &local);
    for (unsigned a = 0; a < traffic->count; a++) {
        const struct hf_address *one = &traffic->addresses[a].address;
        if (one->family == local.family && memcmp(one->bytes, local.bytes, local.length) == 0)
            return &traffic->addresses[a];
    }
    return NULL;
}

static int keep_info(const struct nlattr *attribute, void *user)
{
    const struct nlattr **info = user;
    if (mnl_attr_get_type(attribute) == INET_DIAG_INFO)
        *info = attribute;
    return MNL_CB_OK;
}

/* A connection at one of the addresses, alive or just ended. */
static int take_connection(const struct nlmsghdr *header, void *user)
{
    struct hf_traffic *traffic = user;
    const struct inet_diag_msg *message = mnl_nlmsg_get_payload(header);
    const struct nlattr *attribute = NULL;
    struct tcp_info info = {0};
    if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
        mnl_nlmsg_get_payload_len(header) < sizeof(*message))
        return MNL_CB_OK;
    struct hf_traffic_address *address = find_address(traffic, message);
    if (!address || mnl_attr_parse(header, sizeof(*message), keep_info, &attribute) < 0 ||
        !attribute ||
        mnl_attr_get_payload_len(attribute) < offsetof(struct tcp_info, tcpi_segs_out))
        return MNL_CB_OK;
    size_t length = mnl_attr_get_payload_len(attribute);
    memcpy(&info, mnl_attr_get_payload(attribute), length < sizeof(info) ? length : sizeof(info));
    uint64_t cookie = (uint64_t)message->id.idiag_cookie[1] << 32 | message->id.idiag_cookie[0];
    struct row *row = cookie ? slot_of(traffic, cookie) : NULL;
    if (row && !row->cookie) {
        row = add_row(traffic, cookie);
        if (row && !address->seen) { /* what it carried before the first look does not count */
            row->in = info.tcpi_bytes_received;
            row->out = info.tcpi_bytes_acked;
        }
    }
    if (!row)
        return MNL_CB_OK;
    if (info.tcpi_bytes_received > row->in)
        address->in_bytes += info.tcpi_bytes_received - row->in;
    if (info.tcpi_bytes_acked > row->out)
        address->out_bytes += info.tcpi_bytes_acked - row->out;
    row->in = info.tcpi_bytes_received;
    row->out = info.tcpi_bytes_acked;
    row->seen_ms = traffic->taking_news ? 0 : traffic->now_ms;
    return MNL_CB_OK;
}

/* Connections that ended since the last look. The kernel tells once, when they are not listed any
 * more; their rows go at the end of this look. */
static void take_news(struct hf_traffic *traffic)
{
    char room[ROOM];
    while (traffic->news) {
        ssize_t n = mnl_socket_recvfrom(traffic->news, room, sizeof(room));
        if (n < 0 && (errno == EINTR || errno == ENOBUFS))
            continue; /* some were lost; the rest is there */
        if (n <= 0)
            return;
        (void)mnl_cb_run(room, (size_t)n, 0, 0, take_connection, traffic);
    }
}

static int list_family(struct hf_traffic *traffic, int family)
{
    char room[256];
    struct nlmsghdr *request = mnl_nlmsg_put_header(room);
    request->nlmsg_type = SOCK_DIAG_BY_FAMILY;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    struct inet_diag_req_v2 *wanted = mnl_nlmsg_put_extra_header(request, sizeof(*wanted));
    wanted->sdiag_family = (uint8_t)family;
    wanted->sdiag_protocol = IPPROTO_TCP;
    wanted->idiag_ext = 1u << (INET_DIAG_INFO - 1);
    wanted->idiag_states = STATES;
    return hf_netlink_ask(NETLINK_SOCK_DIAG, request, take_connection, traffic);
}

int hf_traffic_look(struct hf_traffic *traffic, struct hf_traffic_address *addresses,
                    unsigned count)
{
    traffic->addresses = addresses;
    traffic->count = count;
    traffic->now_ms = clock_ms();
    traffic->taking_news = true;
    take_news(traffic);
    traffic->taking_news = false;
    int r = list_family(traffic, AF_INET);
    if (r == 0)
        r = list_family(traffic, AF_INET6);
    for (unsigned a = 0; a < count && r == 0; a++)
        addresses[a].seen = true;
    if (r == 0)
        r = rebuild(traffic, traffic->slots); /* drops what has gone */
    traffic->addresses = NULL;
    traffic->count = 0;
    return r;
}
