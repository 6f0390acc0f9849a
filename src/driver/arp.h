/*
 * arp.h - tells the neighbours that an address lives here now: gratuitous ARP for IPv4, an
 * unsolicited neighbour advertisement for IPv6; and asks them whether they are there.
 *
 * Happy path: one burst; the caller repeats it on its own timer, since a switch that is just
 * learning, or a lossy network, may lose the first. IPv4 goes out in both forms that exist
 * (request and reply, each to everybody), since stacks differ in which of them they believe; IPv6
 * has the override flag, without which neighbours keep the old link-layer address.
 * Failure modes: a negative errno of the socket; -EOPNOTSUPP when the interface is no Ethernet
 * or knows no neighbours (loopback): there is nobody to tell.
 */
#ifndef HF_DRIVER_ARP_H
#define HF_DRIVER_ARP_H

#include "driver/address.h"

int hf_arp_announce(const struct hf_address *address, const struct hf_address_link *link);

/* A socket for questions to neighbours, and their answers; own is an address of that interface. The
 * caller closes it. A descriptor or a negative errno. */
int hf_arp_open(const struct hf_address *own, const struct hf_address_link *link);

/* Asks who has that address. */
int hf_arp_ask(int fd, const struct hf_address *own, const struct hf_address_link *link,
               const struct hf_address *wanted);

/* Takes what has come: 1 and who answered, 0 for anything else, -EAGAIN when there is nothing. */
int hf_arp_hear(int fd, const struct hf_address *own, struct hf_address *ret);

#endif
