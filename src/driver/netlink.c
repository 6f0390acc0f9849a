#include "driver/netlink.h"

#include <errno.h>

/* Big enough for the longest dump message the kernel makes. */
#define ROOM 32768

static int ask(struct mnl_socket *socket, struct nlmsghdr *request, mnl_cb_t callback, void *user)
{
    char room[ROOM];
    request->nlmsg_seq = 1;
    if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
        return -errno;
    for (;;) {
        ssize_t n = mnl_socket_recvfrom(socket, room, sizeof(room));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        int r = mnl_cb_run(room, (size_t)n, 1, mnl_socket_get_portid(socket), callback, user);
        if (r == MNL_CB_ERROR)
            return -errno;
        if (r == MNL_CB_STOP)
            return 0;
    }
}

int hf_netlink_ask(int bus, struct nlmsghdr *request, mnl_cb_t callback, void *user)
{
    struct mnl_socket *socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
    if (!socket)
        return -errno;
    int r = mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0
                ? -errno
                : ask(socket, request, callback, user);
    (void)mnl_socket_close(socket);
    return r;
}
