/*
 * inspect.c - what of an instance is on this node now?
 *
 * Happy path: mount table, interface addresses, the instance's cgroup and the registrations on its
 * disks are read; nothing is changed. The daemon asks this when it starts, to adopt what runs.
 * Failure modes: a part that cannot be read counts as not there, and the text says so; a disk
 * that does not answer keeps the worker waiting until its deadline.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/cgroup.h"
#include "driver/disk.h"
#include "driver/driver.h"
#include "driver/filesystem_mounts.h"
#include "driver/reservation_device.h"
#include "driver/reservation_rules.h"

static bool any_mounted(const struct hf_driver_request *request)
{
    struct hf_mount mount;
    for (uint32_t i = 0; i < request->disk_count; i++) {
        const char *path = request->disks[i].mount;
        if (path[0] && hf_mount_find(path, &mount) == 0)
            return true;
    }
    return false;
}

struct ip {
    int family; /* 0 = none */
    uint8_t bytes[16];
    size_t length;
};

static struct ip ip_parse(const char *text)
{
    struct ip ip = {0};
    if (inet_pton(AF_INET, text, ip.bytes) == 1) {
        ip.family = AF_INET;
        ip.length = 4;
    } else if (inet_pton(AF_INET6, text, ip.bytes) == 1) {
        ip.family = AF_INET6;
        ip.length = 16;
    }
    return ip;
}

static bool ip_is(const struct ip *ip, const struct sockaddr *address)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    if (!address || address->sa_family != ip->family)
        return false;
    if (ip->family == AF_INET) {
        memcpy(&v4, address, sizeof(v4));
        return memcmp(&v4.sin_addr, ip->bytes, ip->length) == 0;
    }
    memcpy(&v6, address, sizeof(v6));
    return memcmp(&v6.sin6_addr, ip->bytes, ip->length) == 0;
}

static bool address_is_up(const char *text)
{
    struct ip ip = ip_parse(text);
    struct ifaddrs *all;
    if (ip.family == 0 || getifaddrs(&all) < 0)
        return false;
    bool found = false;
    for (const struct ifaddrs *one = all; one && !found; one = one->ifa_next)
        found = ip_is(&ip, one->ifa_addr);
    freeifaddrs(all);
    return found;
}

/* First line of postmaster.pid, when that process is in the instance's cgroup; else 0. */
static int32_t postgresql_pid(const struct hf_driver_request *request)
{
    char path[HF_DRIVER_PATH_MAX + 32];
    char line[32] = "";
    bool inside = false;
    (void)snprintf(path, sizeof(path), "%s/postmaster.pid", request->engine.data);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    if (!fgets(line, sizeof(line), file))
        line[0] = '\0';
    (void)fclose(file);
    long pid = strtol(line, NULL, 10);
    if (pid <= 0 || pid > INT32_MAX)
        return 0;
    if (hf_cgroup_contains(request->instance, (pid_t)pid, &inside) < 0 || !inside)
        return 0;
    return (int32_t)pid;
}

static void inspect_engine(const struct hf_driver_request *request, struct hf_driver_reply *reply)
{
    bool populated = false;
    int r = hf_cgroup_populated(request->instance, &populated);
    if (r < 0 && r != -ENOENT)
        (void)snprintf(reply->text, sizeof(reply->text), "cgroup: %s", strerror(-r));
    reply->found.engine_running = r == 0 && populated;
    if (reply->found.engine_running && strcmp(request->engine.type, "postgresql") == 0)
        reply->found.engine_pid = postgresql_pid(request);
}

/* Our key on a disk: this node's of the latest generation; 0 = none. */
static uint64_t own_key(const struct hf_driver_request *request,
                        const struct hf_reservation_state *state)
{
    uint64_t found = 0;
    for (uint32_t i = 0; i < state->key_count; i++) {
        uint64_t key = state->keys[i];
        if (hf_key_cluster(key) == request->cluster_tag && hf_key_node(key) == request->node &&
            key > found)
            found = key;
    }
    return found;
}

/* Returns our key on the disk; *held = the reservation is ours. */
static uint64_t inspect_disk(const struct hf_driver_request *request, const char *device,
                             bool *held, struct hf_driver_reply *reply)
{
    struct hf_reservation_state state = {0};
    int fd = -1;
    *held = false;
    int r = hf_disk_open(device, &fd);
    if (r == 0)
        r = hf_pr_read(fd, &state);
    if (fd >= 0)
        (void)close(fd);
    if (r < 0) {
        (void)snprintf(reply->text, sizeof(reply->text), "%s: %s", device, strerror(-r));
        return 0;
    }
    uint64_t key = own_key(request, &state);
    *held = key && state.type != 0 && state.holder == key;
    return key;
}

static void inspect_keys(const struct hf_driver_request *request, struct hf_driver_reply *reply)
{
    struct hf_driver_found *found = &reply->found;
    uint64_t first = 0;
    found->key_on_all_disks = request->disk_count > 0;
    for (uint32_t i = 0; i < request->disk_count; i++) {
        bool held;
        uint64_t key = inspect_disk(request, request->disks[i].device, &held, reply);
        if (i == 0)
            first = key;
        if (!held || key != first)
            found->key_on_all_disks = false;
        if (hf_key_generation(key) > found->key_generation)
            found->key_generation = hf_key_generation(key);
    }
}

void hf_inspect(const struct hf_driver_request *request, struct hf_driver_reply *reply)
{
    reply->status = HF_DRV_OK;
    if (request->disk_count > HF_DRIVER_DISKS_MAX) {
        hf_reply_fail(reply, HF_DRV_FAILED, EINVAL, "%u disks", request->disk_count);
        return;
    }
    reply->found.mounted = any_mounted(request);
    reply->found.address_up = request->address[0] && address_is_up(request->address);
    inspect_engine(request, reply);
    inspect_keys(request, reply);
}
