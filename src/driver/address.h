/*
 * address.h - the addresses and interfaces of this node, over rtnetlink.
 *
 * The operations on a virtual address are declared in driver.h and stand in address.c; here is
 * what they, the announcements and the inspection need to know of the kernel's tables.
 * Functions return 0 or a negative errno.
 */
#ifndef HF_DRIVER_ADDRESS_H
#define HF_DRIVER_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

/* An address of either family, bytes in network order. */
struct hf_address {
    int family; /* AF_INET or AF_INET6 */
    uint8_t length;
    uint8_t bytes[16];
};

/* -EINVAL when the text is none. */
int hf_address_parse(const char *text, struct hf_address *ret);

/* Whether the first prefix bits of both are the same. */
bool hf_address_same_network(const struct hf_address *a, const struct hf_address *b,
                             unsigned prefix);

/* A row of the kernel's table: this address stands on that interface. */
struct hf_address_row {
    struct hf_address address;
    uint32_t index; /* of the interface */
    uint8_t prefix;
    uint8_t scope; /* RT_SCOPE_...; one network's addresses on an interface have the same */
};

/* Calls visit for each address of the family on this node. */
typedef void (*hf_address_visit_fn)(void *user, const struct hf_address_row *row);
int hf_address_list(int family, hf_address_visit_fn visit, void *user);

int hf_address_add(const struct hf_address_row *row);    /* -EEXIST: it is there already */
int hf_address_delete(const struct hf_address_row *row); /* -EADDRNOTAVAIL: it is not there */

/* A network interface. */
struct hf_address_link {
    uint32_t index;
    uint32_t flags; /* IFF_... */
    char name[16];
    uint8_t hardware[6];
    bool has_hardware; /* it is an Ethernet */
};

int hf_address_link(uint32_t index, struct hf_address_link *ret);

/* Up, and the cable is in. */
bool hf_address_link_carries(const struct hf_address_link *link);

/* Whether the address stands on this node, on whichever interface. */
int hf_address_is_up(const char *text, bool *ret);

#endif
