/*
 * demand.c - what the instances of this node use: gathered by the minute, kept in the journal.
 *
 * Happy path: a process (driver/meter.h) looks every five seconds at what runs here; the looks of a
 * minute go to the journal together (measures.h), and the demand that follows from all that was
 * measured comes back.
 * Failure modes: what cannot be measured is left out; a minute in which the daemon ends is lost;
 * the journal cannot keep it: that is told in the log, and the demand stays as it was known last.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/daemon.h"

#define LOOK_MS 5000u

static uint64_t this_minute(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec > 0 ? (uint64_t)now.tv_sec / 60 * 60 : 0;
}

static void flush(struct hf_daemon *daemon, uint16_t instance)
{
    struct hf_measure_minute *minute = daemon->demand.minutes[instance];
    if (!minute)
        return;
    daemon->demand.minutes[instance] = NULL;
    hf_journal_minute(daemon->journal, minute);
    free(minute);
}

/* The minute that is being gathered; NULL when memory ran out. */
static struct hf_measure_minute *gathered(struct hf_daemon *daemon, uint16_t instance,
                                          const char *name)
{
    struct hf_measure_minute **slot = &daemon->demand.minutes[instance];
    if (*slot && ((*slot)->start_s != this_minute() || strcmp((*slot)->instance, name) != 0))
        flush(daemon, instance);
    if (!*slot)
        *slot = calloc(1, sizeof(**slot));
    if (*slot && !(*slot)->instance[0]) {
        memcpy((*slot)->instance, name, sizeof((*slot)->instance));
        (*slot)->start_s = this_minute();
    }
    return *slot;
}

static void note(struct hf_measure_minute *minute, enum hf_measure measure, bool known,
                 uint64_t value)
{
    if (known && minute->count[measure] < HF_MEASURE_SAMPLES)
        minute->samples[measure][minute->count[measure]++] = value;
}

static void take_sample(void *user, const struct hf_meter_sample *sample)
{
    struct hf_daemon *daemon = user;
    const struct hf_rates *rates = &sample->rates;
    uint16_t i = sample->instance[0]
                     ? hf_spec_find_instance(&hf_core_state(daemon->core)->spec, sample->instance)
                     : HF_INSTANCE_NONE;
    struct hf_measure_minute *minute =
        i == HF_INSTANCE_NONE ? NULL : gathered(daemon, i, sample->instance);
    if (!minute)
        return;
    note(minute, HF_MEASURE_CPU, rates->known & HF_USAGE_CPU, rates->cpu_milli);
    note(minute, HF_MEASURE_MEMORY, rates->known & HF_USAGE_MEMORY, rates->memory_bytes);
    note(minute, HF_MEASURE_NETWORK, rates->known & HF_USAGE_NETWORK, rates->network_bytes);
    note(minute, HF_MEASURE_IO, rates->known & HF_USAGE_IO, rates->io_count);
    note(minute, HF_MEASURE_DISK_BYTES, rates->known & HF_USAGE_IO, rates->io_bytes);
}

void hf_demand_known(void *user, const struct hf_measure_demand *demand)
{
    struct hf_daemon *daemon = user;
    uint16_t i = hf_spec_find_instance(&hf_core_state(daemon->core)->spec, demand->instance);
    if (i != HF_INSTANCE_NONE)
        daemon->demand.known[i] = *demand;
}

static void follow(struct hf_daemon *daemon, uint16_t i)
{
    const struct hf_instance_spec *spec = &hf_core_state(daemon->core)->spec.instances[i];
    struct hf_demand_told *told = &daemon->demand.told[i];
    struct hf_local_view here;
    hf_core_local_view(daemon->core, i, &here);
    bool runs = spec->name[0] && here.engine_up;
    bool same =
        runs && strcmp(told->name, spec->name) == 0 && strcmp(told->address, spec->address) == 0;
    if (same || (!runs && !told->name[0]))
        return;
    if (told->name[0])
        hf_meter_set(daemon->demand.meter, told->name, told->address, false);
    memset(told, 0, sizeof(*told));
    if (!runs) {
        flush(daemon, i);
        return;
    }
    memcpy(told->name, spec->name, sizeof(told->name));
    memcpy(told->address, spec->address, sizeof(told->address));
    hf_meter_set(daemon->demand.meter, told->name, told->address, true);
}

void hf_demand_follow(struct hf_daemon *daemon)
{
    for (uint16_t i = 0; daemon->demand.meter && i < HF_INSTANCES_MAX; i++)
        follow(daemon, i);
}

int hf_demand_start(struct hf_daemon *daemon)
{
    return hf_meter_new(&daemon->loop, daemon->node.public_address, LOOK_MS, take_sample, daemon,
                        &daemon->demand.meter);
}

void hf_demand_stop(struct hf_daemon *daemon)
{
    hf_meter_free(daemon->demand.meter);
    daemon->demand.meter = NULL;
    for (uint16_t i = 0; i < HF_INSTANCES_MAX; i++)
        flush(daemon, i);
}
