/*
 * send_queue.h - messages that wait until corosync takes them, first in, first out, bounded.
 */
#ifndef HF_ENGINE_SEND_QUEUE_H
#define HF_ENGINE_SEND_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct hf_send_item {
    struct hf_send_item *next;
    size_t length;
    unsigned char data[];
};

/* All zero = empty, except bytes_max. */
struct hf_send_queue {
    struct hf_send_item *first;
    struct hf_send_item *last;
    size_t bytes; /* of data waiting */
    size_t bytes_max;
};

/* Copies data to the end. Returns 0, -ENOBUFS when it does not fit the bound, -ENOMEM. */
int hf_send_queue_push(struct hf_send_queue *queue, const void *data, size_t length);

/* Drops the first; the queue must not be empty. */
void hf_send_queue_pop(struct hf_send_queue *queue);

/* Drops all. */
void hf_send_queue_clear(struct hf_send_queue *queue);

#endif
