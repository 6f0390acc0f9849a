/*
 * clients.h - who is connected to an instance, and how they are told at once that it went away.
 *
 * The owner looks once a second at the TCP connections at the instance's address and port
 * (sock_diag), and keeps the list in a file below /run. The daemon shares it with the other nodes
 * (daemon/clients.c), whose daemons keep it in such a file of theirs, marked as another node's. A
 * new owner sends each client on a list from elsewhere one packet when the address comes up, the
 * "tickle" of CTDB: an acknowledgement that makes no sense. A client that waits on a dead
 * connection answers it with what it believes, and the new owner's kernel, which knows no such
 * connection, resets it. A client that is gone, or has a new connection, is not disturbed.
 *
 * Failure modes: negative errnos. More than HF_CLIENTS_MAX clients: the first in order are kept.
 * What is lost costs a client the time of its own retransmissions, and nothing else.
 */
#ifndef HF_DRIVER_CLIENTS_H
#define HF_DRIVER_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "driver/address.h"
#include "driver/driver.h"

#define HF_CLIENTS_MAX 1024u
#define HF_TICKLE_BYTES 20u

struct hf_client {
    uint8_t bytes[16]; /* its address, of the family of the list; network order */
    uint16_t port;
};

struct hf_clients {
    bool elsewhere; /* another node's list */
    uint8_t family; /* AF_INET or AF_INET6 */
    uint16_t port;  /* of the instance */
    uint16_t count;
    struct hf_client list[HF_CLIENTS_MAX]; /* in order */
};

/* The clients connected to that address and port of this node. */
int hf_clients_look(const char *address, uint16_t port, struct hf_clients *ret);

bool hf_clients_same(const struct hf_clients *a, const struct hf_clients *b);

/* The file of an instance: written whole or not at all. -ENOENT: there is none. */
int hf_clients_save(const char *instance, const struct hf_clients *clients);
int hf_clients_load(const char *instance, struct hf_clients *ret);

/* The TCP header of the packet from address to a client, its checksum included. */
void hf_tickle_packet(const struct hf_address *address, uint16_t port,
                      const struct hf_client *client, uint8_t ret[HF_TICKLE_BYTES]);

/* Sends it to every client of a list from elsewhere. Returns how many, or a negative errno. */
int hf_clients_tickle(const char *instance, const char *address);

#endif
