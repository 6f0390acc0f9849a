/*
 * address.h - IPv4 and IPv6 addresses and subnets.
 */
#ifndef HF_CONFIG_ADDRESS_H
#define HF_CONFIG_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/limits.h"

/* An address alone has the full prefix. */
struct hf_subnet {
    int family;        /* AF_INET, AF_INET6 */
    uint8_t bytes[16]; /* network order; IPv4 uses the first 4 */
    unsigned prefix;
};

bool hf_config_address_parse(const char *text, struct hf_subnet *ret_address);
bool hf_subnet_parse(const char *text, struct hf_subnet *ret_subnet);

/* Clears the host bits; true if there were any. */
bool hf_subnet_mask(struct hf_subnet *subnet);

bool hf_subnet_contains(const struct hf_subnet *subnet, const struct hf_subnet *address);

/* IPv4: the subnet's own address or its broadcast address, which no host may have. */
bool hf_subnet_is_reserved(const struct hf_subnet *subnet, const struct hf_subnet *address);

/* The one way to write each; text has HF_ADDRESS_MAX bytes. */
void hf_address_print(const struct hf_subnet *address, char *text);
void hf_subnet_print(const struct hf_subnet *subnet, char *text);

#endif
