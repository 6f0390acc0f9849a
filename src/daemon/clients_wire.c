#include <string.h>
#include <sys/socket.h>

#include "base/assert.h"
#include "daemon/clients.h"

static const uint8_t magic[4] = {'H', 'F', 'S', 'C'};
#define VERSION 1

static unsigned get2(const uint8_t *bytes)
{
    return bytes[0] | (unsigned)bytes[1] << 8;
}

static void put2(uint8_t *bytes, unsigned number)
{
    bytes[0] = (uint8_t)number;
    bytes[1] = (uint8_t)(number >> 8);
}

bool hf_clients_is_ours(const void *data, size_t length)
{
    return length >= sizeof(magic) && memcmp(data, magic, sizeof(magic)) == 0;
}

bool hf_clients_read(const void *data, size_t length, char *name, struct hf_clients *ret)
{
    const uint8_t *bytes = data;
    if (!hf_clients_is_ours(data, length) || length < HF_CLIENTS_HEADER || bytes[4] != VERSION ||
        (bytes[5] != 4 && bytes[5] != 6))
        return false;
    size_t address = bytes[5] == 4 ? 4 : 16, name_length = bytes[10];
    unsigned count = get2(bytes + 8);
    if (count > HF_CLIENTS_MAX || !name_length || name_length >= HF_DRIVER_NAME_MAX ||
        length < HF_CLIENTS_HEADER + name_length + count * (address + 2))
        return false;
    memset(ret, 0, sizeof(*ret));
    *ret = (struct hf_clients){.elsewhere = true,
                               .family = bytes[5] == 4 ? AF_INET : AF_INET6,
                               .port = (uint16_t)get2(bytes + 6),
                               .count = (uint16_t)count};
    memcpy(name, bytes + HF_CLIENTS_HEADER, name_length);
    name[name_length] = '\0';
    const uint8_t *at = bytes + HF_CLIENTS_HEADER + name_length;
    for (unsigned c = 0; c < count; c++, at += address + 2) {
        memcpy(ret->list[c].bytes, at, address);
        ret->list[c].port = (uint16_t)get2(at + address);
    }
    return strlen(name) == name_length;
}

size_t hf_clients_write(const char *name, const struct hf_clients *clients, uint8_t *data)
{
    size_t address = clients->family == AF_INET ? 4 : 16, name_length = strlen(name);
    HF_ASSERT(clients->count <= HF_CLIENTS_MAX && name_length && name_length < HF_DRIVER_NAME_MAX);
    memcpy(data, magic, sizeof(magic));
    data[4] = VERSION;
    data[5] = clients->family == AF_INET ? 4 : 6;
    put2(data + 6, clients->port);
    put2(data + 8, clients->count);
    data[10] = (uint8_t)name_length;
    memcpy(data + HF_CLIENTS_HEADER, name, name_length);
    uint8_t *at = data + HF_CLIENTS_HEADER + name_length;
    for (unsigned c = 0; c < clients->count; c++, at += address + 2) {
        memcpy(at, clients->list[c].bytes, address);
        put2(at + address, clients->list[c].port);
    }
    return (size_t)(at - data);
}
