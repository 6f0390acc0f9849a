/*
 * netlink.h - one question to the kernel over netlink, and its answers.
 *
 * Each call opens a socket of its own; the kernel answers from memory and does not wait for
 * anything. Failure modes: the kernel's errno, unchanged, negative.
 */
#ifndef HF_DRIVER_NETLINK_H
#define HF_DRIVER_NETLINK_H

#include <libmnl/libmnl.h>

/* Sends request on a netlink bus (NETLINK_ROUTE, ...) and runs callback over its answers, up to the
 * end of a dump or the acknowledgement. Returns 0 or a negative errno. */
int hf_netlink_ask(int bus, struct nlmsghdr *request, mnl_cb_t callback, void *user);

#endif
