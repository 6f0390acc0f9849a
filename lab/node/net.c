/* The network interfaces of a node: vec0, vec1, ... become public0, private0, storage0, mgmt0.
 *
 * Happy path: rename, address with /24, up. The array has storage and management only.
 * Failure: an interface that is not there is reported on the console; the others are set up. */
#include "node.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct network {
    const char *interface;
    int subnet; /* 10.77.SUBNET.0/24 */
};

static const struct network node_networks[] = {
    {"public0", 0}, {"private0", 1}, {"storage0", 2}, {"mgmt0", 9}, {NULL, 0},
};
static const struct network array_networks[] = {
    {"storage0", 2},
    {"mgmt0", 9},
    {NULL, 0},
};

static int set_address(int fd, const char *interface, unsigned long request, const char *address)
{
    struct ifreq r = {0};
    struct sockaddr_in in = {.sin_family = AF_INET};

    snprintf(r.ifr_name, sizeof r.ifr_name, "%s", interface);
    inet_pton(AF_INET, address, &in.sin_addr);
    memcpy(&r.ifr_addr, &in, sizeof in);
    return ioctl(fd, request, &r) < 0 ? -errno : 0;
}

static int set_up(int fd, const char *interface)
{
    struct ifreq r = {0};

    snprintf(r.ifr_name, sizeof r.ifr_name, "%s", interface);
    if (ioctl(fd, SIOCGIFFLAGS, &r) < 0)
        return -errno;
    r.ifr_flags = (short)(r.ifr_flags | IFF_UP | IFF_RUNNING);
    return ioctl(fd, SIOCSIFFLAGS, &r) < 0 ? -errno : 0;
}

static int rename_interface(int fd, int index, const char *name)
{
    struct ifreq r = {0};

    snprintf(r.ifr_name, sizeof r.ifr_name, "vec%d", index);
    snprintf(r.ifr_newname, sizeof r.ifr_newname, "%s", name);
    return ioctl(fd, SIOCSIFNAME, &r) < 0 ? -errno : 0;
}

static int configure_one(int fd, int index, const struct network *network, int host)
{
    char address[32];
    int r = rename_interface(fd, index, network->interface);

    snprintf(address, sizeof address, "10.77.%d.%d", network->subnet, host);
    if (r == 0)
        r = set_address(fd, network->interface, SIOCSIFADDR, address);
    if (r == 0)
        r = set_address(fd, network->interface, SIOCSIFNETMASK, "255.255.255.0");
    if (r == 0)
        r = set_up(fd, network->interface);
    return r;
}

int net_configure(const struct identity *self)
{
    const struct network *network = self->array ? array_networks : node_networks;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int worst = fd < 0 ? -errno : set_up(fd, "lo");

    for (int i = 0; fd >= 0 && network[i].interface; i++) {
        int r = configure_one(fd, i, &network[i], self->host);

        if (r < 0) {
            note("network %s: %s", network[i].interface, strerror(-r));
            worst = r;
        }
    }
    if (fd >= 0)
        close(fd);
    return worst;
}
