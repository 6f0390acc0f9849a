/*
 * meter_child.c - the measuring process: takes the daemon's notes, looks at each interval, tells.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/child.h"
#include "driver/meter.h"
#include "driver/traffic.h"

#define TARGETS_MAX 1024u

struct target {
    struct hf_meter_target told;
    struct hf_usage last;
    uint64_t last_us; /* monotonic; 0 = no look yet */
};

struct process {
    const char *public_address;
    uint32_t interval_ms;
    struct hf_meter_target note; /* being received */
    size_t note_bytes;
    struct target node;
    struct target targets[TARGETS_MAX];
    struct hf_traffic_address addresses[TARGETS_MAX]; /* of the target in the same place */
    unsigned count;
    struct hf_traffic *traffic; /* NULL: cannot be had */
    bool traffic_known;         /* at this look */
};

static uint64_t now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static unsigned find(const struct process *p, const char *instance)
{
    unsigned t = 0;
    while (t < p->count && strcmp(p->targets[t].told.instance, instance) != 0)
        t++;
    return t;
}

static void take_note(struct process *p)
{
    unsigned t = find(p, p->note.instance);
    if (!p->note.here) {
        if (t == p->count)
            return;
        p->targets[t] = p->targets[--p->count];
        p->addresses[t] = p->addresses[p->count];
        return;
    }
    if (t == TARGETS_MAX)
        return;
    if (t == p->count)
        p->count++;
    p->targets[t] = (struct target){.told = p->note};
    p->addresses[t] = (struct hf_traffic_address){0};
    (void)hf_address_parse(p->note.address, &p->addresses[t].address);
    if (!p->note.address[0])
        p->addresses[t].address.family = 0; /* matches nothing */
}

/* Waits for notes until the next look is due. False: the daemon is gone. */
static bool hear(struct process *p, uint64_t until_us)
{
    for (;;) {
        uint64_t now = now_us();
        struct pollfd poller = {.fd = HF_CHILD_FD, .events = POLLIN};
        int wait_ms = now >= until_us ? 0 : (int)((until_us - now + 999) / 1000);
        int ready = poll(&poller, 1, wait_ms);
        if (ready < 0 && errno != EINTR)
            return false;
        if (ready == 0)
            return true;
        if (ready < 0)
            continue;
        ssize_t got =
            read(HF_CHILD_FD, (char *)&p->note + p->note_bytes, sizeof(p->note) - p->note_bytes);
        if (got <= 0)
            return false;
        p->note_bytes += (size_t)got;
        if (p->note_bytes < sizeof(p->note))
            continue;
        p->note_bytes = 0;
        take_note(p);
    }
}

static void send_sample(const struct hf_meter_sample *sample)
{
    const char *at = (const char *)sample;
    size_t left = sizeof(*sample);
    while (left) {
        ssize_t done = send(HF_CHILD_FD, at, left, MSG_NOSIGNAL);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            _exit(0);
        at += done;
        left -= (size_t)done;
    }
}

/* What was used since the look before, if there was one. */
static void tell(struct target *target, const struct hf_usage *usage, uint64_t at_us,
                 const struct hf_capacity *capacity)
{
    struct hf_meter_sample sample;
    uint64_t elapsed_us = target->last_us ? at_us - target->last_us : 0;
    memset(&sample, 0, sizeof(sample));
    memcpy(sample.instance, target->told.instance, sizeof(sample.instance));
    sample.interval_ms = (uint32_t)(elapsed_us / 1000);
    if (capacity)
        sample.capacity = *capacity;
    hf_usage_rates(&target->last, usage, elapsed_us, &sample.rates);
    target->last = *usage;
    target->last_us = at_us;
    if (elapsed_us)
        send_sample(&sample);
}

static void look_at_instance(struct process *p, unsigned t)
{
    struct hf_usage usage;
    if (hf_usage_read(p->targets[t].told.instance, &usage) < 0) {
        p->targets[t].last_us = 0; /* no group: the next one begins anew */
        return;
    }
    if (p->traffic_known && p->addresses[t].address.family) {
        usage.in_bytes = p->addresses[t].in_bytes;
        usage.out_bytes = p->addresses[t].out_bytes;
        usage.known |= HF_USAGE_NETWORK;
    }
    tell(&p->targets[t], &usage, now_us(), NULL);
}

static void look(struct process *p)
{
    struct hf_usage usage;
    struct hf_capacity capacity;
    p->traffic_known =
        p->count && p->traffic && hf_traffic_look(p->traffic, p->addresses, p->count) == 0;
    for (unsigned t = 0; t < p->count; t++)
        look_at_instance(p, t);
    hf_machine_usage(p->public_address, &usage);
    hf_machine_capacity(p->public_address, &capacity);
    tell(&p->node, &usage, now_us(), &capacity);
}

_Noreturn void hf_meter_main(const char *public_address, uint32_t interval_ms)
{
    static struct process p;
    p.public_address = public_address;
    p.interval_ms = interval_ms;
    if (hf_traffic_new(&p.traffic) < 0)
        p.traffic = NULL;
    uint64_t next_us = now_us();
    for (;;) {
        look(&p);
        next_us += (uint64_t)interval_ms * 1000;
        if (next_us < now_us()) /* the node stood still: no looks to make up for */
            next_us = now_us() + (uint64_t)interval_ms * 1000;
        if (!hear(&p, next_us))
            _exit(0);
    }
}
