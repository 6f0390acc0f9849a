#include "daemon/events_ring.h"

#include <string.h>

#define SIZE ((uint64_t)HF_EVENTS_RING_SIZE)
#define MARK 8u           /* before each record: its length and flags */
#define REWIND (1u << 18) /* an empty ring that was used beyond this begins at its front again */
#define BEGINS (1ull << 62)
#define BUSY (1ull << 61)
#define SKIP (1ull << 63) /* nothing more up to the end of the room */
#define LENGTH 0xffffffffull

static uint64_t room_for(uint64_t length)
{
    return (MARK + length + 7) & ~7ull;
}

static void mark(struct hf_events_ring *ring, uint64_t at, uint64_t value)
{
    memcpy(ring->bytes + at % SIZE, &value, sizeof(value));
}

bool hf_events_ring_put(struct hf_events_ring *ring, bool begins, bool busy, const void *first,
                        size_t first_length, const void *second, size_t second_length)
{
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    uint64_t length = first_length + second_length, needed = room_for(length);
    uint64_t to_end = SIZE - head % SIZE;
    bool rewind = head == tail && head % SIZE > REWIND;
    uint64_t skip = to_end < needed || rewind ? to_end : 0;
    if (length > LENGTH || head - tail + skip + needed > SIZE)
        return false;
    if (skip)
        mark(ring, head, SKIP);
    head += skip;
    mark(ring, head, length | (begins ? BEGINS : 0) | (busy ? BUSY : 0));
    uint8_t *to = ring->bytes + head % SIZE + MARK;
    memcpy(to, first, first_length);
    memcpy(to + first_length, second, second_length);
    atomic_store(&ring->head, head + needed);
    return true;
}

bool hf_events_ring_empty(struct hf_events_ring *ring)
{
    return atomic_load(&ring->head) == atomic_load(&ring->tail);
}

bool hf_events_ring_urgent(struct hf_events_ring *ring)
{
    return atomic_load(&ring->head) - atomic_load(&ring->tail) > SIZE / 4;
}

bool hf_events_ring_look(struct hf_events_ring *ring, struct hf_events_item *ret)
{
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    uint64_t head = atomic_load(&ring->head);
    uint64_t value = 0;
    while (tail != head) {
        memcpy(&value, ring->bytes + tail % SIZE, sizeof(value));
        if (!(value & SKIP))
            break;
        tail += SIZE - tail % SIZE;
    }
    if (tail == head)
        return false;
    *ret = (struct hf_events_item){
        .bytes = ring->bytes + tail % SIZE + MARK,
        .length = value & LENGTH,
        .begins = value & BEGINS,
        .busy = value & BUSY,
        .next = tail + room_for(value & LENGTH),
    };
    return true;
}

void hf_events_ring_take(struct hf_events_ring *ring, const struct hf_events_item *item)
{
    atomic_store_explicit(&ring->tail, item->next, memory_order_release);
}
