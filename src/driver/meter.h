/*
 * meter.h - a process that looks at the counters of this node's instances every few seconds.
 *
 * Happy path: the daemon says which instances run here and at which addresses; the process reads
 * their cgroups (usage.h), their connections (traffic.h) and the computer's own counters
 * (machine.h) at each interval, and sends what was used since the look before. A process of its
 * own, since a walk over many connections takes time that the daemon's loop does not have; it dies
 * with the daemon.
 * Failure modes: what cannot be read is unknown in the sample; an instance without a cgroup gives
 * no sample; the process dies - it is started again after a second with the same instances.
 * An instance's first look gives no rates, only the next one does.
 */
#ifndef HF_DRIVER_METER_H
#define HF_DRIVER_METER_H

#include <uv.h>

#include "driver/driver.h"
#include "driver/machine.h"

struct hf_meter;

struct hf_meter_sample {
    char instance[HF_DRIVER_NAME_MAX]; /* "" = the whole node */
    uint32_t interval_ms;              /* that it is about */
    struct hf_rates rates;
    struct hf_capacity capacity; /* of the node; for an instance zero */
};

typedef void (*hf_meter_sample_fn)(void *user, const struct hf_meter_sample *sample);

/* Starts the process. public_address is this node's, copied. Returns 0 or a negative errno; *ret is
 * the caller's: hf_meter_free. sample is called from the loop. */
int hf_meter_new(uv_loop_t *loop, const char *public_address, uint32_t interval_ms,
                 hf_meter_sample_fn sample, void *user, struct hf_meter **ret);

/* Kills the process; the memory goes with the close callbacks: run the loop once more. NULL is
 * fine. */
void hf_meter_free(struct hf_meter *meter);

/* Measures the instance from now on (address "" = it has none), or no longer. That it already is
 * so costs nothing. */
void hf_meter_set(struct hf_meter *meter, const char *instance, const char *address, bool here);

/* The process's own work: runs until descriptor 3 is closed. For meter.c only. */
_Noreturn void hf_meter_main(const char *public_address, uint32_t interval_ms);

/* Daemon to process: as hf_meter_set. */
struct hf_meter_target {
    char instance[HF_DRIVER_NAME_MAX];
    char address[HF_DRIVER_ADDRESS_MAX];
    bool here;
};

#endif
