/*
 * clients.h - the nodes share who is connected to what they run (driver/clients.h).
 *
 * A side message (docs/PROTOCOL.md): nothing is decided by it, and the core never sees it.
 *
 *   magic "HFSC" (4)  version (1) = 1  family (1): 4, 6  port (2)  count (2)
 *   length of the name (1)  name  then each client: address (4, 16)  port (2)
 *
 * Numbers are little endian, addresses in network order. What is longer is of a later version, and
 * left unread.
 */
#ifndef HF_DAEMON_CLIENTS_H
#define HF_DAEMON_CLIENTS_H

#include "driver/clients.h"

#define HF_CLIENTS_HEADER 11u
#define HF_CLIENTS_MESSAGE_MAX (HF_CLIENTS_HEADER + HF_DRIVER_NAME_MAX + HF_CLIENTS_MAX * 18u)

bool hf_clients_is_ours(const void *data, size_t length);

/* False: of another version, or not well-formed. name has HF_DRIVER_NAME_MAX. */
bool hf_clients_read(const void *data, size_t length, char *name, struct hf_clients *ret);

/* Writes the message into data, which has HF_CLIENTS_MESSAGE_MAX. Its length. */
size_t hf_clients_write(const char *name, const struct hf_clients *clients, uint8_t *data);

#endif
