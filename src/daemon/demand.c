/*
 * demand.c - what the instances of this node use: gathered by the minute, kept in the journal.
 *
 * Happy path: a process (driver/meter.h) looks every five seconds at what runs here; the looks of a
 * minute go to the journal together (measures.h), and the demand that follows from all that was
 * measured comes back, and is told to the core, as is what this computer has.
 * Failure modes: what cannot be measured is left out; a minute in which the daemon ends is lost;
 * the journal cannot keep it: that is told in the log, and the demand stays as it was known last.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/daemon.h"

#define LOOK_MS 5000u
#define MBIT_BYTES 125000u /* a second */

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

static uint64_t wall_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The rates as the journal and people have them: by enum hf_measure. */
static void amounts_of(const struct hf_rates *rates, struct hf_status_used *ret)
{
    const struct {
        uint32_t figure;
        uint64_t amount;
    } by_measure[HF_MEASURES] = {
        [HF_MEASURE_CPU] = {HF_USAGE_CPU, rates->cpu_milli},
        [HF_MEASURE_MEMORY] = {HF_USAGE_MEMORY, rates->memory_bytes},
        [HF_MEASURE_NETWORK] = {HF_USAGE_NETWORK, rates->network_bytes},
        [HF_MEASURE_IO] = {HF_USAGE_IO, rates->io_count},
        [HF_MEASURE_DISK_BYTES] = {HF_USAGE_IO, rates->io_bytes},
    };
    *ret = (struct hf_status_used){.at_ms = wall_ms()};
    for (unsigned m = 0; m < HF_MEASURES; m++) {
        ret->known |= rates->known & by_measure[m].figure ? 1u << m : 0;
        ret->amount[m] = by_measure[m].amount;
    }
}

/* In the units of the core, rounded up. */
static uint64_t mib(uint64_t bytes)
{
    return (bytes + (UINT64_C(1) << 20) - 1) >> 20;
}

/* The core is told what this node has once that is known, and when it becomes another one. */
static void tell_capacity(struct hf_daemon *daemon, const struct hf_capacity *capacity)
{
    struct hf_event event = {.type = HF_EVENT_MEASURED};
    event.measured.instance = HF_INSTANCE_NONE;
    event.measured.amount[HF_CPU] = capacity->cpu_milli;
    event.measured.amount[HF_MEMORY] = capacity->memory_bytes >> 20;
    event.measured.amount[HF_NETWORK] = capacity->network_mbit;
    if (!memcmp(daemon->demand.told_capacity, event.measured.amount, sizeof(event.measured.amount)))
        return;
    memcpy(daemon->demand.told_capacity, event.measured.amount, sizeof(event.measured.amount));
    hf_daemon_step(daemon, &event);
}

/* Of what runs here only: of the others their owners know more. */
static void tell_demand(struct hf_daemon *daemon, uint16_t i,
                        const struct hf_measure_demand *demand)
{
    struct hf_event event = {.type = HF_EVENT_MEASURED};
    if (!daemon->demand.told[i].name[0] || !demand->known)
        return;
    event.measured.instance = i;
    event.measured.amount[HF_CPU] = demand->amount[HF_MEASURE_CPU];
    event.measured.amount[HF_MEMORY] = mib(demand->amount[HF_MEASURE_MEMORY]);
    event.measured.amount[HF_NETWORK] =
        (demand->amount[HF_MEASURE_NETWORK] + MBIT_BYTES - 1) / MBIT_BYTES;
    event.measured.amount[HF_IOPS] = demand->amount[HF_MEASURE_IO];
    hf_daemon_step(daemon, &event);
}

static void take_machine(struct hf_daemon *daemon, const struct hf_meter_sample *sample)
{
    tell_capacity(daemon, &sample->capacity);
    struct hf_status_machine *machine = &daemon->demand.machine;
    amounts_of(&sample->rates, &machine->used);
    machine->has.cpu_milli = sample->capacity.cpu_milli;
    machine->has.memory_bytes = sample->capacity.memory_bytes;
    machine->has.network_bytes_s = sample->capacity.network_mbit * MBIT_BYTES;
}

static void take_sample(void *user, const struct hf_meter_sample *sample)
{
    struct hf_daemon *daemon = user;
    if (!sample->instance[0]) {
        take_machine(daemon, sample);
        return;
    }
    uint16_t i = hf_spec_find_instance(&hf_core_state(daemon->core)->spec, sample->instance);
    /* One that was on its way when the instance left is of no more use. */
    if (i == HF_INSTANCE_NONE || strcmp(daemon->demand.told[i].name, sample->instance) != 0)
        return;
    struct hf_status_used *used = &daemon->demand.uses[i].used;
    struct hf_measure_minute *minute = gathered(daemon, i, sample->instance);
    amounts_of(&sample->rates, used);
    for (unsigned m = 0; minute && m < HF_MEASURES; m++)
        note(minute, (enum hf_measure)m, used->known >> m & 1, used->amount[m]);
}

void hf_demand_known(void *user, const struct hf_measure_demand *demand)
{
    struct hf_daemon *daemon = user;
    uint16_t i = hf_spec_find_instance(&hf_core_state(daemon->core)->spec, demand->instance);
    if (i == HF_INSTANCE_NONE)
        return;
    daemon->demand.uses[i].measured = *demand;
    tell_demand(daemon, i, demand);
}

void hf_demand_load(struct hf_daemon *daemon, const char *state_dir)
{
    struct hf_error error = {""};
    if (hf_journal_load_demands(state_dir, (uint64_t)(wall_ms() / 1000), hf_demand_known, daemon,
                                &error) < 0)
        hf_log("%s; it is known again a minute after an instance runs here", error.text);
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
    daemon->demand.uses[i].used = (struct hf_status_used){.at_ms = 0};
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

int hf_demand_start(struct hf_daemon *daemon, const char *state_dir)
{
    (void)snprintf(daemon->demand.dir, sizeof(daemon->demand.dir), "%s", state_dir);
    return hf_meter_new(&daemon->loop, daemon->node.public_address, LOOK_MS, take_sample, daemon,
                        &daemon->demand.meter);
}

void hf_demand_stop(struct hf_daemon *daemon)
{
    hf_demand_forget_asks(daemon);
    hf_meter_free(daemon->demand.meter);
    daemon->demand.meter = NULL;
    for (uint16_t i = 0; i < HF_INSTANCES_MAX; i++)
        flush(daemon, i);
}
