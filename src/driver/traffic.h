/*
 * traffic.h - bytes that went through the TCP connections at given addresses of this node.
 *
 * Happy path: NETLINK_SOCK_DIAG (sock_diag(7)) lists the node's connections with their tcp_info;
 * what tcpi_bytes_received and tcpi_bytes_acked grew by since the last look, per connection (by its
 * cookie, which is never used twice), is added up by local address. Connections that ended in
 * between are told by the kernel with their last tcp_info (group SKNLGRP_INET_TCP_DESTROY), so a
 * short one counts as well. No packet is looked at, and no rule of a firewall is needed.
 * What is counted is what the applications sent and received: no headers, nothing that was sent
 * twice; on the wire it is some per cent more. Beginning and end of a connection count as a byte
 * each. UDP is not counted.
 * Failure modes: a kernel without the module tcp_diag - hf_traffic_look says -ENOENT or such, and
 * the network is unknown; so many connections end between two looks that the kernel's news are
 * lost, or there are more than HF_TRAFFIC_MAX - what they carried since the last look is missing.
 *
 * Costs a walk over the node's connections, in the kernel and here: not for the daemon's loop.
 */
#ifndef HF_DRIVER_TRAFFIC_H
#define HF_DRIVER_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

#include "driver/address.h"

#define HF_TRAFFIC_MAX 65536u /* connections that are remembered */

struct hf_traffic;

/* The caller keeps one for each address from look to look; in and out only grow. */
struct hf_traffic_address {
    struct hf_address address;
    bool seen;         /* was part of a look: what connections carried before does not count */
    uint64_t in_bytes; /* since the first look */
    uint64_t out_bytes;
};

/* Returns 0 or a negative errno; *ret is the caller's: hf_traffic_free. */
int hf_traffic_new(struct hf_traffic **ret);
void hf_traffic_free(struct hf_traffic *traffic); /* NULL is fine */

/* Adds what went through since the last look. Addresses that are left out for a while are forgotten
 * with their connections. Returns 0, or a negative errno: what was found until then is added, and
 * the rest comes with the next look. */
int hf_traffic_look(struct hf_traffic *traffic, struct hf_traffic_address *addresses,
                    unsigned count);

#endif
