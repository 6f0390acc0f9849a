#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/setup.h"
#include "engine/corosync_conf.h"

static int check_root(struct hf_error *error)
{
    if (geteuid() == 0)
        return 0;
    hf_error_set(error,
                 "only root may set up a node: it writes /etc/corosync and /etc/holdfast and "
                 "starts services; try again with sudo");
    return -EPERM;
}

static bool installed(const char *program)
{
    static const char *const folders[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
                                          "/usr/bin",        "/sbin",          "/bin"};
    char path[64];
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folders[i], program);
        if (access(path, X_OK) == 0)
            return true;
    }
    return false;
}

static int check_programs(struct hf_error *error)
{
    static const char *const programs[] = {"corosync", "systemctl"};
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        if (installed(programs[i]))
            continue;
        hf_error_set(error, "the program %s is not installed on this node: install the package %s",
                     programs[i], i == 0 ? "corosync" : "systemd");
        return -ENOENT;
    }
    return 0;
}

/* The bytes of an address, and their number; 0 when it is none. */
static size_t raw_of(const struct sockaddr *address, unsigned char raw[16])
{
    if (address && address->sa_family == AF_INET) {
        memcpy(raw, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
        return 4;
    }
    if (address && address->sa_family == AF_INET6) {
        memcpy(raw, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
        return 16;
    }
    return 0;
}

static size_t raw_of_text(const char *text, unsigned char raw[16])
{
    if (inet_pton(AF_INET, text, raw) == 1)
        return 4;
    return inet_pton(AF_INET6, text, raw) == 1 ? 16 : 0;
}

/* "10.77.0.0/24" of an address and its netmask. */
static void subnet_print(const unsigned char *raw, const unsigned char *mask, size_t length,
                         char *subnet, size_t room)
{
    unsigned char base[16];
    char text[INET6_ADDRSTRLEN] = "";
    unsigned prefix = 0;
    for (size_t i = 0; i < length; i++) {
        base[i] = raw[i] & mask[i];
        prefix += (unsigned)__builtin_popcount(mask[i]);
    }
    (void)inet_ntop(length == 4 ? AF_INET : AF_INET6, base, text, sizeof(text));
    (void)snprintf(subnet, room, "%s/%u", text, prefix);
}

/* Finds the interface with the address; fills subnet unless it is stated. */
static int check_local(const char *which, const char *address, const char *stated, char *subnet,
                       size_t room, struct hf_error *error)
{
    struct ifaddrs *all = NULL;
    unsigned char wanted[16];
    unsigned char raw[16];
    unsigned char mask[16];
    size_t length = raw_of_text(address, wanted);
    if (length == 0) {
        hf_error_set(error, "--%s: \"%s\" is not an IPv4 or IPv6 address", which, address);
        return -EINVAL;
    }
    if (getifaddrs(&all) < 0)
        return -errno;
    bool found = false;
    for (const struct ifaddrs *one = all; one && !found; one = one->ifa_next) {
        if (raw_of(one->ifa_addr, raw) != length || memcmp(raw, wanted, length) != 0)
            continue;
        found = raw_of(one->ifa_netmask, mask) == length;
        if (found)
            subnet_print(raw, mask, length, subnet, room);
    }
    freeifaddrs(all);
    if (stated[0])
        (void)snprintf(subnet, room, "%s", stated);
    if (found)
        return 0;
    hf_error_set(error,
                 "--%s: no network interface of this node has the address %s; `ip address` shows "
                 "those it has",
                 which, address);
    return -EADDRNOTAVAIL;
}

/* A corosync.conf with only loopback addresses is the one that the package brings. */
static bool is_package_conf(const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        const char *start = text + strspn(text, " \t");
        const char *at = memmem(text, length, "_addr:", 6);
        if (at && *start != '#') {
            at += 6;
            at += strspn(at, " \t");
            if (strncmp(at, "127.", 4) != 0)
                return false;
        }
        text += length + (text[length] == '\n');
    }
    return true;
}

/* Copies the value of "cluster_name:" for the message. */
static void cluster_of(const char *conf, char *name, size_t room)
{
    const char *at = strstr(conf, "cluster_name:");
    (void)snprintf(name, room, "without a name");
    if (!at)
        return;
    at += strlen("cluster_name:");
    at += strspn(at, " \t");
    (void)snprintf(name, room, "%.*s", (int)strcspn(at, " \t\r\n"), at);
}

static int check_unused(struct hf_error *error)
{
    char text[65536] = "";
    char cluster[80];
    struct hf_node_file node;
    if (hf_node_file_read(HF_NODE_FILE_PATH, &node, NULL) == 0) {
        hf_error_set(error,
                     "this node is already node %s of the cluster %s (%s)\n  To take it out of "
                     "there and set it up anew, give --force.",
                     node.name, node.cluster, HF_NODE_FILE_PATH);
        return -EEXIST;
    }
    FILE *file = fopen(HF_COROSYNC_CONF_PATH, "re");
    if (file) {
        text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
        fclose(file);
    }
    if (is_package_conf(text) && access(HF_COROSYNC_KEY_PATH, F_OK) < 0)
        return 0;
    cluster_of(text, cluster, sizeof(cluster));
    hf_error_set(error,
                 "corosync on this node is already set up for the cluster %s (%s)\n  To give it to "
                 "Holdfast, which overwrites that, give --force.",
                 cluster, HF_COROSYNC_CONF_PATH);
    return -EEXIST;
}

int hf_setup_check(const struct hf_setup_options *options, struct hf_setup_subnets *ret,
                   struct hf_error *error)
{
    int rc = check_root(error);
    if (rc == 0)
        rc = check_local("public", options->public_address, options->public_subnet,
                         ret->public_subnet, sizeof(ret->public_subnet), error);
    if (rc == 0)
        rc = check_local("private", options->private_address, options->private_subnet,
                         ret->private_subnet, sizeof(ret->private_subnet), error);
    if (rc == 0 && strcmp(ret->public_subnet, ret->private_subnet) == 0) {
        hf_error_set(error,
                     "%s and %s are both in %s: the cluster needs two networks that do not fail "
                     "together",
                     options->public_address, options->private_address, ret->public_subnet);
        rc = -EINVAL;
    }
    if (rc == 0 && !options->force)
        rc = check_unused(error);
    return rc == 0 ? check_programs(error) : rc;
}
