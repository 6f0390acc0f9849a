/*
 * address.c - the virtual address of an instance.
 *
 * Happy path: up finds the interface that has an address in the same network, adds the virtual
 * address beside it and tells the neighbours, and the clients of the owner before (clients.h);
 * announce tells them again; down takes the address
 * away from wherever it stands. That it is there already, or gone already, is fine.
 * Failure modes:
 *   no interface is in the network, or it is down or without carrier -> HF_DRV_NO_INTERFACE
 *   announce of an address that is not here                          -> HF_DRV_NO_INTERFACE
 *   the text is no address, or the kernel refuses                    -> HF_DRV_FAILED
 *   the announcement cannot be sent: HF_DRV_OK with the text, for the address is up and the
 *   announcement is repeated
 *
 * Nobody is asked whether the address is free: an answer would cost the takeover the time to wait
 * for silence, and what makes it free is the fence of the old owner, not its politeness.
 */
#include "driver/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "driver/arp.h"
#include "driver/clients.h"
#include "driver/driver.h"
#include "driver/process.h"

/* So many interfaces with the same address are taken care of. */
#define INTERFACES_MAX 16

/* What a walk over the kernel's table is looking for, and has found. */
struct search {
    struct hf_address wanted;
    uint8_t prefix; /* of the network; 0 = that of the interface */
    bool present;   /* the address itself stands in row there */
    struct hf_address_row there;
    bool fits; /* best is the row of an interface in the network */
    struct hf_address_row best;
    struct hf_address_link idle; /* an interface in the network that cannot; index 0 = none */
};

static bool in_network(const struct search *search, const struct hf_address_row *row)
{
    uint8_t prefix = search->prefix != 0 ? search->prefix : row->prefix;
    return hf_address_same_network(&row->address, &search->wanted, prefix);
}

static void consider(void *user, const struct hf_address_row *row)
{
    struct search *search = user;
    struct hf_address_link link;
    if (hf_address_same_network(&row->address, &search->wanted, row->address.length * 8u)) {
        search->present = true;
        search->there = *row;
        return;
    }
    if (!in_network(search, row) || hf_address_link(row->index, &link) < 0)
        return;
    if (!hf_address_link_carries(&link)) {
        search->idle = link;
        return;
    }
    if (!search->fits || row->prefix > search->best.prefix)
        search->best = *row;
    search->fits = true;
}

static int look(const struct hf_driver_request *request, struct search *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->prefix = request->prefix;
    int r = hf_address_parse(request->address, &ret->wanted);
    return r < 0 ? r : hf_address_list(ret->wanted.family, consider, ret);
}

static void begin(const struct hf_driver_request *request, struct hf_driver_reply *reply)
{
    memset(reply, 0, sizeof(*reply));
    reply->id = request->id;
    reply->op = request->op;
}

static void fail(const struct hf_driver_request *request, const char *what, int r,
                 struct hf_driver_reply *reply)
{
    reply->status = HF_DRV_FAILED;
    reply->error = -r;
    (void)snprintf(reply->text, sizeof(reply->text), "address %s: %s: %s", request->address, what,
                   strerror(-r));
}

/* The network as people write it: 192.0.2.0/24. */
static void network_text(const struct search *search, char *ret, size_t size)
{
    char text[INET6_ADDRSTRLEN];
    struct hf_address network = search->wanted;
    unsigned bits = search->prefix;
    if (bits == 0) {
        (void)inet_ntop(network.family, network.bytes, text, sizeof(text));
        (void)snprintf(ret, size, "of %s", text);
        return;
    }
    for (unsigned i = bits; i < network.length * 8u; i++)
        network.bytes[i / 8] &= (uint8_t) ~(0x80u >> (i % 8));
    (void)inet_ntop(network.family, network.bytes, text, sizeof(text));
    (void)snprintf(ret, size, "%s/%u", text, bits);
}

static void no_interface(const struct search *search, const struct hf_address_link *idle,
                         struct hf_driver_reply *reply)
{
    char network[80];
    reply->status = HF_DRV_NO_INTERFACE;
    network_text(search, network, sizeof(network));
    if (idle->index != 0)
        (void)snprintf(reply->text, sizeof(reply->text), "interface %s of the network %s %s",
                       idle->name, network,
                       (idle->flags & IFF_UP) != 0 ? "has no carrier" : "is down");
    else
        (void)snprintf(reply->text, sizeof(reply->text),
                       "no interface of this node has an address in the network %s", network);
}

/* The interface the address stands on, or should. False: the reply says why there is none. */
static bool choose_link(struct search *search, struct hf_address_link *ret,
                        struct hf_driver_reply *reply)
{
    const struct hf_address_link none = {0};
    const struct hf_address_row *row = search->present ? &search->there : &search->best;
    if (!search->present && !search->fits) {
        no_interface(search, &search->idle, reply);
        return false;
    }
    if (hf_address_link(row->index, ret) < 0) {
        no_interface(search, &none, reply);
        return false;
    }
    if (!hf_address_link_carries(ret)) {
        no_interface(search, ret, reply);
        return false;
    }
    return true;
}

static void announce(const struct search *search, const struct hf_address_link *link,
                     struct hf_driver_reply *reply)
{
    int r = hf_arp_announce(&search->wanted, link);
    reply->status = HF_DRV_OK;
    if (r < 0 && r != -EOPNOTSUPP) {
        reply->error = -r;
        (void)snprintf(reply->text, sizeof(reply->text), "the announcement on %s failed: %s",
                       link->name, strerror(-r));
        return;
    }
    (void)snprintf(reply->text, sizeof(reply->text), "%s %s",
                   r < 0 ? "nobody to announce it to on" : "announced on", link->name);
}

static int add(const struct search *search, const struct hf_address_link *link)
{
    struct hf_address_row row = {
        .address = search->wanted, .index = link->index, .scope = search->best.scope};
    row.prefix = search->prefix != 0 ? search->prefix : search->best.prefix;
    int r = search->present ? 0 : hf_address_add(&row);
    return r == -EEXIST ? 0 : r;
}

static void up(const struct hf_driver_request *request, struct hf_driver_reply *reply)
{
    struct search search;
    struct hf_address_link link;
    int r = look(request, &search);
    if (r < 0) {
        fail(request, r == -EINVAL ? "that is none" : "the node's addresses cannot be read", r,
             reply);
        return;
    }
    if (!choose_link(&search, &link, reply))
        return;
    r = add(&search, &link);
    if (r < 0) {
        fail(request, "it cannot be added", r, reply);
        return;
    }
    announce(&search, &link, reply);
    (void)hf_clients_tickle(request->instance, request->address);
}

void hf_address_up(const struct hf_driver_request *request, struct hf_driver_reply *reply)
{
    uint64_t began_ms = hf_process_now_ms();
    begin(request, reply);
    up(request, reply);
    reply->took_ms = (uint32_t)(hf_process_now_ms() - began_ms);
}

/* The virtual address may have become its network's first on the interface, when the node's own
 * was added again later; without this the kernel would take the others away with it. */
static void keep_others(const struct hf_address_row *row)
{
    char name[IF_NAMESIZE];
    char path[96];
    if (row->address.family != AF_INET || !if_indextoname(row->index, name))
        return;
    (void)snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/promote_secondaries", name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (write(fd, "1", 1) < 0) {
        /* Then it is as the administrator has set it. */
    }
    (void)close(fd);
}

void hf_address_down(const struct hf_driver_request *request, struct hf_driver_reply *reply)
{
    struct search search;
    uint64_t began_ms = hf_process_now_ms();
    begin(request, reply);
    reply->status = HF_DRV_OK;
    int r = look(request, &search);
    /* It may stand on more than one interface. */
    for (int i = 0; i < INTERFACES_MAX && r == 0 && search.present; i++) {
        keep_others(&search.there);
        r = hf_address_delete(&search.there);
        if (r == -EADDRNOTAVAIL)
            r = 0;
        if (r == 0)
            r = look(request, &search);
    }
    if (r < 0)
        fail(request, "it cannot be removed", r, reply);
    reply->took_ms = (uint32_t)(hf_process_now_ms() - began_ms);
}

void hf_address_announce(const struct hf_driver_request *request, struct hf_driver_reply *reply)
{
    struct search search;
    struct hf_address_link link;
    uint64_t began_ms = hf_process_now_ms();
    begin(request, reply);
    int r = look(request, &search);
    if (r < 0) {
        fail(request, "the node's addresses cannot be read", r, reply);
    } else if (!search.present) {
        reply->status = HF_DRV_NO_INTERFACE;
        (void)snprintf(reply->text, sizeof(reply->text), "address %s is not on this node",
                       request->address);
    } else if (choose_link(&search, &link, reply)) {
        announce(&search, &link, reply);
        (void)hf_clients_tickle(request->instance, request->address);
    }
    reply->took_ms = (uint32_t)(hf_process_now_ms() - began_ms);
}

int hf_address_is_up(const char *text, bool *ret)
{
    struct search search;
    struct hf_driver_request request = {0};
    (void)snprintf(request.address, sizeof(request.address), "%s", text);
    int r = look(&request, &search);
    if (r < 0)
        return r;
    *ret = search.present;
    return 0;
}
