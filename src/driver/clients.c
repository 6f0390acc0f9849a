#include "driver/clients.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/disk.h"
#include "driver/netlink.h"
#include "driver/process.h"

/* An instance's name begins with a letter: its own folder beside this one is another. */
#define FOLDER "/run/holdfast/.clients"
#define INTERVAL_DEFAULT_MS 1000u
#define ESTABLISHED (1u << 1)

struct look {
    struct hf_address own;
    struct hf_clients *clients;
};

/* An address of the kernel's answer; an IPv4 connection of a socket for both has it mapped. */
static bool take_address(const struct inet_diag_msg *message, const __be32 *from, int family,
                         uint8_t ret[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    const uint8_t *bytes = (const uint8_t *)from;
    bool is_mapped =
        message->idiag_family == AF_INET6 && memcmp(bytes, mapped, sizeof(mapped)) == 0;
    int found = message->idiag_family == AF_INET || is_mapped ? AF_INET : AF_INET6;
    memset(ret, 0, 16);
    memcpy(ret, is_mapped ? bytes + sizeof(mapped) : bytes, found == AF_INET ? 4 : 16);
    return found == family;
}

static int take_connection(const struct nlmsghdr *header, void *user)
{
    struct look *look = user;
    struct hf_clients *clients = look->clients;
    const struct inet_diag_msg *message = mnl_nlmsg_get_payload(header);
    uint8_t own[16];
    if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
        mnl_nlmsg_get_payload_len(header) < sizeof(*message) || clients->count == HF_CLIENTS_MAX)
        return MNL_CB_OK;
    if (ntohs(message->id.idiag_sport) != clients->port ||
        !take_address(message, message->id.idiag_src, look->own.family, own) ||
        memcmp(own, look->own.bytes, look->own.length) != 0)
        return MNL_CB_OK;
    struct hf_client *client = &clients->list[clients->count++];
    (void)take_address(message, message->id.idiag_dst, look->own.family, client->bytes);
    client->port = ntohs(message->id.idiag_dport);
    return MNL_CB_OK;
}

static int list_family(struct look *look, int family)
{
    char room[256];
    struct nlmsghdr *request = mnl_nlmsg_put_header(room);
    request->nlmsg_type = SOCK_DIAG_BY_FAMILY;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    struct inet_diag_req_v2 *wanted = mnl_nlmsg_put_extra_header(request, sizeof(*wanted));
    memset(wanted, 0, sizeof(*wanted));
    wanted->sdiag_family = (uint8_t)family;
    wanted->sdiag_protocol = IPPROTO_TCP;
    wanted->idiag_states = ESTABLISHED;
    wanted->id.idiag_sport = htons(look->clients->port);
    return hf_netlink_ask(NETLINK_SOCK_DIAG, request, take_connection, look);
}

static int by_place(const void *a, const void *b)
{
    const struct hf_client *x = a, *y = b;
    int order = memcmp(x->bytes, y->bytes, sizeof(x->bytes));
    return order ? order : (int)x->port - (int)y->port;
}

int hf_clients_look(const char *address, uint16_t port, struct hf_clients *ret)
{
    struct look look = {.clients = ret};
    memset(ret, 0, sizeof(*ret));
    int r = hf_address_parse(address, &look.own);
    if (r < 0)
        return r;
    ret->family = (uint8_t)look.own.family;
    ret->port = port;
    if (look.own.family == AF_INET)
        r = list_family(&look, AF_INET);
    if (r == 0)
        r = list_family(&look, AF_INET6);
    qsort(ret->list, ret->count, sizeof(ret->list[0]), by_place);
    return r;
}

static size_t bytes_of(const struct hf_clients *clients)
{
    return offsetof(struct hf_clients, list) + clients->count * sizeof(clients->list[0]);
}

bool hf_clients_same(const struct hf_clients *a, const struct hf_clients *b)
{
    return a->elsewhere == b->elsewhere && a->family == b->family && a->port == b->port &&
           a->count == b->count && memcmp(a->list, b->list, a->count * sizeof(a->list[0])) == 0;
}

static int path_of(const char *instance, const char *end, char *ret, size_t size)
{
    int length = snprintf(ret, size, "%s/%s%s", FOLDER, instance, end);
    bool fits = length > 0 && (size_t)length < size && instance[0] && !strchr(instance, '/');
    return fits ? 0 : -ENAMETOOLONG;
}

int hf_clients_save(const char *instance, const struct hf_clients *clients)
{
    char path[HF_DRIVER_PATH_MAX], fresh[HF_DRIVER_PATH_MAX];
    int r = path_of(instance, "", path, sizeof(path));
    if (r == 0)
        r = path_of(instance, ".new", fresh, sizeof(fresh));
    if (r < 0)
        return r;
    (void)mkdir(FOLDER, 0700);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    ssize_t done = write(fd, clients, bytes_of(clients));
    if (done != (ssize_t)bytes_of(clients))
        r = done < 0 ? -errno : -EIO;
    (void)close(fd);
    if (r == 0 && rename(fresh, path) < 0)
        r = -errno;
    return r;
}

int hf_clients_load(const char *instance, struct hf_clients *ret)
{
    char path[HF_DRIVER_PATH_MAX];
    int r = path_of(instance, "", path, sizeof(path));
    int fd = r < 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return r < 0 ? r : -errno;
    memset(ret, 0, sizeof(*ret));
    ssize_t n = read(fd, ret, sizeof(*ret));
    (void)close(fd);
    bool whole = n >= (ssize_t)offsetof(struct hf_clients, list) && ret->count <= HF_CLIENTS_MAX &&
                 n == (ssize_t)bytes_of(ret);
    return whole ? 0 : -EBADMSG;
}

void hf_clients_watch(const struct hf_driver_request *request, hf_driver_reply_fn send, void *user)
{
    static struct hf_clients now, before;
    uint32_t interval_ms = request->interval_ms ? request->interval_ms : INTERVAL_DEFAULT_MS;
    bool told = false;
    int r = 0;
    while (r == 0) {
        uint64_t next_ms = hf_process_now_ms() + interval_ms;
        struct hf_driver_reply reply = {.more = true};
        int looked = hf_clients_look(request->address, request->engine.port, &now);
        if (looked == 0 && (!told || !hf_clients_same(&now, &before)))
            looked = hf_clients_save(request->instance, &now);
        else if (looked == 0)
            looked = 1; /* nothing new */
        if (looked < 0)
            hf_reply_fail(&reply, HF_DRV_FAILED, looked, "clients of %s: %s", request->instance,
                          strerror(-looked));
        if (looked <= 0)
            r = send(user, &reply);
        if (looked < 0)
            return;
        before = now;
        told = true;
        while (r == 0 && hf_process_now_ms() < next_ms)
            (void)poll(NULL, 0, hf_process_left_ms(next_ms));
    }
}
