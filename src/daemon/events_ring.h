/*
 * events_ring.h - room in memory that the daemon shares with the writer of its event log.
 *
 * One process puts records in, the other takes them out, neither ever waits for the other: no lock
 * and no system call. What was put in before the daemon died is still there for the writer. While
 * little is in it only its first pages are used.
 */
#ifndef HF_DAEMON_EVENTS_RING_H
#define HF_DAEMON_EVENTS_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HF_EVENTS_RING_SIZE (8u << 20)

struct hf_events_ring {
    _Atomic uint64_t head; /* bytes ever put in; only the daemon moves it */
    _Atomic uint64_t tail; /* bytes ever taken out; only the writer moves it */
    _Atomic bool asleep;   /* the writer waits to be woken */
    _Atomic int problem;   /* errno of what the writer could not write, 0 = none */
    _Alignas(8) uint8_t bytes[HF_EVENTS_RING_SIZE];
};

struct hf_events_item {
    const uint8_t *bytes; /* valid until it is taken */
    size_t length;
    bool begins; /* a new log */
    bool busy;   /* the daemon has more to do than to wait */
    uint64_t next;
};

/* Two pieces as one record. False when there is no room: then nothing was put in. */
bool hf_events_ring_put(struct hf_events_ring *ring, bool begins, bool busy, const void *first,
                        size_t first_length, const void *second, size_t second_length);
bool hf_events_ring_empty(struct hf_events_ring *ring);
/* More in it than should wait for company. */
bool hf_events_ring_urgent(struct hf_events_ring *ring);

/* The oldest record, which stays until it is taken. False when there is none. */
bool hf_events_ring_look(struct hf_events_ring *ring, struct hf_events_item *ret);
void hf_events_ring_take(struct hf_events_ring *ring, const struct hf_events_item *item);

#endif
