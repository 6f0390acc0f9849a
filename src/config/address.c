#include "config/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static unsigned bits(const struct hf_subnet *subnet)
{
    return subnet->family == AF_INET ? 32 : 128;
}

bool hf_config_address_parse(const char *text, struct hf_subnet *ret_address)
{
    struct hf_subnet address = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};
    if (inet_pton(address.family, text, address.bytes) != 1)
        return false;
    address.prefix = bits(&address);
    *ret_address = address;
    return true;
}

/* Decimal without sign or leading zeros, 1 to most. */
static bool prefix_parse(const char *text, unsigned most, unsigned *ret_prefix)
{
    unsigned prefix = 0;
    size_t length = strlen(text);
    if (length == 0 || length > 3 || text[0] == '0')
        return false;
    for (const char *c = text; *c; c++) {
        if (*c < '0' || *c > '9')
            return false;
        prefix = prefix * 10 + (unsigned)(*c - '0');
    }
    *ret_prefix = prefix;
    return prefix <= most;
}

bool hf_subnet_parse(const char *text, struct hf_subnet *ret_subnet)
{
    char address[HF_ADDRESS_MAX];
    const char *slash = strchr(text, '/');
    if (!slash || (size_t)(slash - text) >= sizeof(address))
        return false;
    memcpy(address, text, (size_t)(slash - text));
    address[slash - text] = '\0';
    struct hf_subnet subnet;
    if (!hf_config_address_parse(address, &subnet) ||
        !prefix_parse(slash + 1, bits(&subnet), &subnet.prefix))
        return false;
    *ret_subnet = subnet;
    return true;
}

bool hf_subnet_mask(struct hf_subnet *subnet)
{
    bool any = false;
    for (unsigned bit = subnet->prefix; bit < bits(subnet); bit++) {
        uint8_t mask = (uint8_t)(0x80u >> bit % 8);
        any |= (subnet->bytes[bit / 8] & mask) != 0;
        subnet->bytes[bit / 8] = (uint8_t)(subnet->bytes[bit / 8] & ~mask);
    }
    return any;
}

bool hf_subnet_contains(const struct hf_subnet *subnet, const struct hf_subnet *address)
{
    if (subnet->family != address->family)
        return false;
    struct hf_subnet network = *address;
    network.prefix = subnet->prefix;
    (void)hf_subnet_mask(&network);
    return memcmp(network.bytes, subnet->bytes, sizeof(network.bytes)) == 0;
}

bool hf_subnet_is_reserved(const struct hf_subnet *subnet, const struct hf_subnet *address)
{
    if (subnet->family != AF_INET || subnet->prefix > 30)
        return false;
    bool all_zero = true;
    bool all_one = true;
    for (unsigned bit = subnet->prefix; bit < 32; bit++) {
        bool one = address->bytes[bit / 8] & (0x80u >> bit % 8);
        all_zero &= !one;
        all_one &= one;
    }
    return all_zero || all_one;
}

void hf_address_print(const struct hf_subnet *address, char *text)
{
    (void)inet_ntop(address->family, address->bytes, text, HF_ADDRESS_MAX);
}

void hf_subnet_print(const struct hf_subnet *subnet, char *text)
{
    char address[INET6_ADDRSTRLEN];
    (void)inet_ntop(subnet->family, subnet->bytes, address, sizeof(address));
    (void)snprintf(text, HF_ADDRESS_MAX, "%.43s/%u", address, subnet->prefix);
}
