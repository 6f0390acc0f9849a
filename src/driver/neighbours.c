/*
 * neighbours.c - is the public network there: a link, and somebody on it?
 *
 * Happy path: every interval the interface that has the node's public address is looked at, and the
 * gateways of that interface and the other nodes are asked for their hardware addresses (ARP,
 * neighbour solicitation); who answers is there. A change is told at once, and the first look.
 * Failure modes:
 *   no interface has the address, or it has no carrier, two looks long -> HF_DRV_NO_INTERFACE
 *   nobody answered, three looks long                                  -> HF_DRV_NO_ANSWER
 *   all is well again: three looks long                                -> HF_DRV_OK
 *   the kernel refuses the sockets                                     -> HF_DRV_FAILED, and the
 * end With nobody to ask a link is enough.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "driver/address.h"
#include "driver/arp.h"
#include "driver/disk.h"
#include "driver/driver.h"
#include "driver/netlink.h"
#include "driver/process.h"

#define INTERVAL_DEFAULT_MS 1000u
#define GONE_LOOKS 2u
#define SILENT_LOOKS 3u
#define WELL_LOOKS 3u
#define TARGETS_MAX (HF_DRIVER_PEERS_MAX + 4u)

struct watch {
    const struct hf_driver_request *request;
    struct hf_address own;
    bool found;
    uint32_t index; /* of the interface */
    struct hf_address_link link;
    struct hf_address targets[TARGETS_MAX];
    unsigned count;
    int fd; /* where questions go out and answers come in, -1 = none */
    uint32_t fd_index;
    bool told;
    enum hf_driver_status said, seen; /* what was told; what the last looks saw */
    unsigned looks;                   /* so many in a row saw it */
};

static void find_own(void *user, const struct hf_address_row *row)
{
    struct watch *watch = user;
    if (!hf_address_same_network(&row->address, &watch->own, watch->own.length * 8u))
        return;
    watch->found = true;
    watch->index = row->index;
}

static void add_target(struct watch *watch, const struct hf_address *address)
{
    if (address->family == watch->own.family && watch->count < TARGETS_MAX)
        watch->targets[watch->count++] = *address;
}

struct route {
    struct watch *watch;
    struct hf_address gateway;
    uint32_t index;
};

static int take_attribute(const struct nlattr *attribute, void *user)
{
    struct route *route = user;
    uint16_t length = mnl_attr_get_payload_len(attribute);
    if (mnl_attr_get_type(attribute) == RTA_OIF && length == sizeof(uint32_t))
        route->index = mnl_attr_get_u32(attribute);
    if (mnl_attr_get_type(attribute) == RTA_GATEWAY && length == route->watch->own.length) {
        route->gateway.family = route->watch->own.family;
        route->gateway.length = (uint8_t)length;
        memcpy(route->gateway.bytes, mnl_attr_get_payload(attribute), length);
    }
    return MNL_CB_OK;
}

static int take_route(const struct nlmsghdr *header, void *user)
{
    struct route route = {.watch = user};
    if (mnl_nlmsg_get_payload_len(header) < sizeof(struct rtmsg) ||
        mnl_attr_parse(header, sizeof(struct rtmsg), take_attribute, &route) < 0)
        return MNL_CB_OK;
    if (route.gateway.length && route.index == route.watch->index)
        add_target(route.watch, &route.gateway);
    return MNL_CB_OK;
}

/* Whoever packets of this interface are handed to. */
static void add_gateways(struct watch *watch)
{
    char room[256];
    struct nlmsghdr *question = mnl_nlmsg_put_header(room);
    question->nlmsg_type = RTM_GETROUTE;
    question->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    struct rtmsg *wanted = mnl_nlmsg_put_extra_header(question, sizeof(*wanted));
    memset(wanted, 0, sizeof(*wanted));
    wanted->rtm_family = (unsigned char)watch->own.family;
    (void)hf_netlink_ask(NETLINK_ROUTE, question, take_route, watch);
}

static void find_targets(struct watch *watch)
{
    struct hf_address peer;
    watch->count = 0;
    for (uint32_t p = 0; p < watch->request->peer_count && p < HF_DRIVER_PEERS_MAX; p++) {
        if (hf_address_parse(watch->request->peers[p], &peer) == 0)
            add_target(watch, &peer);
    }
    add_gateways(watch);
}

static void hang_up(struct watch *watch)
{
    if (watch->fd >= 0)
        (void)close(watch->fd);
    watch->fd = -1;
}

/* 0 with a socket on the interface of the moment. */
static int be_connected(struct watch *watch)
{
    if (watch->fd >= 0 && watch->fd_index == watch->index)
        return 0;
    hang_up(watch);
    watch->fd_index = watch->index;
    watch->fd = hf_arp_open(&watch->own, &watch->link);
    return watch->fd < 0 ? watch->fd : 0;
}

static bool is_target(const struct watch *watch, const struct hf_address *address)
{
    for (unsigned t = 0; t < watch->count; t++) {
        if (memcmp(watch->targets[t].bytes, address->bytes, address->length) == 0)
            return true;
    }
    return false;
}

/* Whether one of those who were asked answers before then. */
static bool hear(struct watch *watch, uint64_t until_ms)
{
    struct pollfd wait = {.fd = watch->fd, .events = POLLIN};
    struct hf_address from;
    for (;;) {
        int n = poll(&wait, 1, hf_process_left_ms(until_ms));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        int r = hf_arp_hear(watch->fd, &watch->own, &from);
        if (r > 0 && is_target(watch, &from))
            return true;
        if (r < 0 && r != -EAGAIN)
            return false;
    }
}

static enum hf_driver_status look(struct watch *watch, uint64_t until_ms)
{
    watch->found = false;
    if (hf_address_list(watch->own.family, find_own, watch) < 0)
        return HF_DRV_FAILED;
    if (!watch->found || hf_address_link(watch->index, &watch->link) < 0 ||
        !hf_address_link_carries(&watch->link))
        return HF_DRV_NO_INTERFACE;
    find_targets(watch);
    if (!watch->count || !watch->link.has_hardware)
        return HF_DRV_OK;
    if (be_connected(watch) < 0)
        return HF_DRV_FAILED;
    for (unsigned t = 0; t < watch->count; t++)
        (void)hf_arp_ask(watch->fd, &watch->own, &watch->link, &watch->targets[t]);
    return hear(watch, until_ms) ? HF_DRV_OK : HF_DRV_NO_ANSWER;
}

static unsigned looks_needed(const struct watch *watch, enum hf_driver_status status)
{
    if (status == HF_DRV_NO_INTERFACE)
        return GONE_LOOKS;
    if (status == HF_DRV_NO_ANSWER)
        return SILENT_LOOKS;
    return watch->told ? WELL_LOOKS : 1;
}

static int tell(struct watch *watch, enum hf_driver_status status, hf_driver_reply_fn send,
                void *user)
{
    struct hf_driver_reply reply = {.more = status != HF_DRV_FAILED, .status = status};
    watch->looks = status == watch->seen ? watch->looks + 1 : 1;
    watch->seen = status;
    if ((watch->told && status == watch->said) || watch->looks < looks_needed(watch, status))
        return 0;
    watch->told = true;
    watch->said = status;
    if (status == HF_DRV_NO_ANSWER)
        (void)snprintf(reply.text, sizeof(reply.text), "%s has a link, and none of %u answers",
                       watch->link.name, watch->count);
    return send(user, &reply);
}

void hf_neighbours_watch(const struct hf_driver_request *request, hf_driver_reply_fn send,
                         void *user)
{
    struct watch watch = {.request = request, .fd = -1, .seen = HF_DRV_FAILED};
    uint32_t interval_ms = request->interval_ms ? request->interval_ms : INTERVAL_DEFAULT_MS;
    int r = hf_address_parse(request->address, &watch.own);
    if (r < 0) {
        struct hf_driver_reply reply = {0};
        hf_reply_fail(&reply, HF_DRV_FAILED, r, "%s is no address", request->address);
        (void)send(user, &reply);
        return;
    }
    while (r == 0) {
        uint64_t next_ms = hf_process_now_ms() + interval_ms;
        r = tell(&watch, look(&watch, next_ms), send, user);
        if (watch.told && watch.said == HF_DRV_FAILED)
            break;
        while (r == 0 && hf_process_now_ms() < next_ms)
            (void)poll(NULL, 0, hf_process_left_ms(next_ms));
    }
    hang_up(&watch);
}
