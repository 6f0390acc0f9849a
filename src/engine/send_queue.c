#include "engine/send_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

int hf_send_queue_push(struct hf_send_queue *queue, const void *data, size_t length)
{
    if (length > queue->bytes_max - queue->bytes)
        return -ENOBUFS;
    struct hf_send_item *item = malloc(sizeof(*item) + length);
    if (!item)
        return -ENOMEM;
    item->next = NULL;
    item->length = length;
    if (length > 0)
        memcpy(item->data, data, length);
    if (queue->last)
        queue->last->next = item;
    else
        queue->first = item;
    queue->last = item;
    queue->bytes += length;
    HF_ASSERT(queue->bytes <= queue->bytes_max);
    return 0;
}

void hf_send_queue_pop(struct hf_send_queue *queue)
{
    struct hf_send_item *item = queue->first;
    HF_ASSERT(item);
    queue->first = item->next;
    if (!queue->first)
        queue->last = NULL;
    HF_ASSERT(queue->bytes >= item->length);
    queue->bytes -= item->length;
    free(item);
}

void hf_send_queue_clear(struct hf_send_queue *queue)
{
    while (queue->first)
        hf_send_queue_pop(queue);
}
