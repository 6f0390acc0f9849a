/*
 * driver.c - simulated twins of the drivers.
 *
 * A step has an effect at one time and an answer at a later one; it may fail, hang beyond its
 * deadline (and still have its effect afterwards), or outlive the daemon that asked for it.
 */
#include "world.h"

#include <string.h>

static void do_effect(struct sim_world *world, struct sim_pending *pending);
static bool outlives_worker(uint8_t step);

static bool stream(uint8_t step)
{
    return step == HF_STEP_KEY_WATCH || step == HF_STEP_PROBE || step == HF_STEP_DISK_CHECK;
}

_Static_assert(SIM_INSTANCES <= 64, "a set of instances is one word");

void sim_engine_set(struct sim_node *node, uint16_t i, uint32_t engine)
{
    node->real[i].engine = engine;
    node->engines = engine ? node->engines | 1ull << i : node->engines & ~(1ull << i);
}

void sim_address_set(struct sim_node *node, uint16_t i, bool address)
{
    node->real[i].address = address;
    node->addresses = address ? node->addresses | 1ull << i : node->addresses & ~(1ull << i);
}

static uint64_t usual_us(struct sim_world *world, uint8_t step)
{
    switch ((enum hf_step)step) {
    case HF_STEP_ENGINE_START:
        return sim_delay(world, 120, 2500) * SIM_MS;
    case HF_STEP_ENGINE_STOP:
        return sim_delay(world, 60, 1500) * SIM_MS;
    case HF_STEP_MOUNT:
    case HF_STEP_UNMOUNT:
        return sim_delay(world, 20, 200) * SIM_MS;
    case HF_STEP_INSPECT:
    case HF_STEP_ACQUIRE:
    case HF_STEP_RELEASE:
    case HF_STEP_KEY_WATCH:
    case HF_STEP_ADDRESS_UP:
    case HF_STEP_ADDRESS_DOWN:
    case HF_STEP_ANNOUNCE:
    case HF_STEP_ENGINE_KILL:
    case HF_STEP_PROBE:
    case HF_STEP_RESIZE:
    case HF_STEP_DISK_CHECK:
    case HF_STEP_NETWORK:
    case HF_STEPS:
        break;
    }
    return sim_delay(world, 5, 60) * SIM_MS;
}

/* What the real driver says of a step of this kind that did not work. */
static uint8_t failure_of(uint8_t step)
{
    if (step == HF_STEP_MOUNT)
        return HF_STEP_BUSY;
    return step == HF_STEP_ADDRESS_UP ? HF_STEP_ADDRESS : HF_STEP_FAILED;
}

static struct sim_pending *pending_new(struct sim_world *world, uint32_t *ret_slot)
{
    for (uint32_t k = 0; k < SIM_PENDING; k++) {
        uint32_t slot = (world->pending_next + k) % SIM_PENDING;
        if (world->pending[slot].used)
            continue;
        world->pending_next = slot + 1;
        if (world->pending_end <= slot)
            world->pending_end = slot + 1;
        *ret_slot = slot;
        memset(&world->pending[slot], 0, sizeof(world->pending[slot]));
        world->pending[slot].used = true;
        return &world->pending[slot];
    }
    sim_violation(world, "more steps under way than there can be");
    *ret_slot = 0;
    return &world->pending[0];
}

static void stream_begin(struct sim_world *world, uint8_t n, const struct hf_action *action)
{
    struct sim_real *real = &world->node[n].real[action->instance];
    if (action->step == HF_STEP_KEY_WATCH) {
        real->watch_id = action->id;
        real->watch_generation = action->generation;
    } else if (action->step == HF_STEP_PROBE) {
        real->probe_id = action->id;
        real->alive_ms = world->node[n].core->now_ms;
    } else {
        real->disk_id = action->id;
    }
    uint64_t first = action->step == HF_STEP_KEY_WATCH ? 10 : 50;
    sim_at(world, world->now + first * SIM_MS, SIM_EV_STREAM, n, world->node[n].incarnation,
           action->id, action->interval_ms);
}

/* The rules of event.h: MOUNT after ACQUIRE, ENGINE_START after MOUNT and ADDRESS_UP. */
static void check_order(struct sim_world *world, uint8_t n, const struct hf_action *action)
{
    const struct sim_real *real = &world->node[n].real[action->instance];
    const struct hf_local *local = &world->node[n].core->local[action->instance];
    bool start = action->step == HF_STEP_ENGINE_START;
    if ((action->step == HF_STEP_MOUNT || start) && real->acquired != action->generation)
        sim_violation(world, "order: %s of %u on %s before its reservation",
                      sim_step_word(action->step), action->instance, sim_node_name(world, n));
    if (start && (local->done & 7) != 7)
        sim_violation(world, "order: engine of %u on %s before disk and address", action->instance,
                      sim_node_name(world, n));
}

static void network_say(struct sim_world *world, uint8_t n)
{
    struct sim_node *node = &world->node[n];
    sim_at(world, world->now + 50 * SIM_MS, SIM_EV_STREAM, n, node->incarnation, node->network_id,
           0);
}

/* Its cable is pulled, its neighbours fall silent, or all is well again. */
void sim_network_set(struct sim_world *world, uint8_t n, uint8_t level)
{
    struct sim_node *node = &world->node[n];
    node->network = level;
    node->network_us = world->now;
    if (node->network_id)
        network_say(world, n);
}

/* The node says how it is with its public network. */
static void network_stream(struct sim_world *world, const struct sim_event *event)
{
    static const uint8_t statuses[] = {HF_STEP_OK, HF_STEP_ADDRESS, HF_STEP_NO_ANSWER, HF_STEP_OK};
    struct sim_node *node = &world->node[event->node];
    if (!node->daemon || node->incarnation != event->guard || node->network_id != event->a)
        return;
    struct hf_event answer = {.type = HF_EVENT_STEP};
    answer.step =
        (struct hf_event_step){.id = event->a, .more = true, .status = statuses[node->network]};
    sim_step(world, event->node, &answer);
}

void sim_driver_begin(struct sim_world *world, uint8_t n, const struct hf_action *action)
{
    if (action->step == HF_STEP_NETWORK) {
        world->coverage->steps[action->step]++;
        world->node[n].network_id = action->id;
        network_say(world, n);
        return;
    }
    if (action->instance >= SIM_INSTANCES) {
        sim_violation(world, "a step for an instance that is not there");
        return;
    }
    if (world->instance_end <= action->instance)
        world->instance_end = (uint16_t)(action->instance + 1);
    world->coverage->steps[action->step]++;
    check_order(world, n, action);
    if (stream(action->step)) {
        stream_begin(world, n, action);
        return;
    }
    uint32_t slot;
    struct sim_pending *pending = pending_new(world, &slot);
    pending->node = n;
    pending->step = action->step;
    pending->instance = action->instance;
    pending->generation = action->generation;
    pending->id = action->id;
    pending->degraded = action->degraded;
    pending->begun = world->now;
    pending->mounts = world->node[pending->node].real[pending->instance].mounts;
    pending->incarnation = world->node[n].incarnation;
    pending->life = world->node[n].life;
    pending->status = HF_STEP_OK;
    uint64_t took = usual_us(world, action->step);
    if (world->mood.slow && sim_chance(&world->rng, world->mood.slow))
        took *= sim_between(&world->rng, 5, 40);
    bool hangs = world->mood.hang && sim_chance(&world->rng, world->mood.hang);
    if (hangs)
        took += (uint64_t)action->deadline_ms * SIM_MS + sim_between(&world->rng, 0, 20) * SIM_S;
    if (world->mood.fail && sim_chance(&world->rng, world->mood.fail))
        pending->status = failure_of(action->step);
    uint64_t answer = world->now + took, effect = world->now + took;
    if (took > 2000 && !world->steady)
        effect = world->now + sim_between(&world->rng, 1000, took);
    if (action->deadline_ms && took > (uint64_t)action->deadline_ms * SIM_MS) {
        answer = world->now + (uint64_t)action->deadline_ms * SIM_MS;
        pending->late = true;
        if (effect > answer && !outlives_worker(action->step))
            effect = sim_chance(&world->rng, 500) ? answer - 1 : SIM_NEVER;
    }
    if (effect == SIM_NEVER)
        pending->effect_done = true;
    else
        sim_at(world, effect, SIM_EV_EFFECT, n, pending->life, slot, pending->id);
    sim_at(world, answer, SIM_EV_ANSWER, n, pending->life, slot, pending->id);
}

/* Only what waits for a disk inside the kernel can be done after its worker was given up. */
static bool outlives_worker(uint8_t step)
{
    return step == HF_STEP_ACQUIRE || step == HF_STEP_RELEASE || step == HF_STEP_MOUNT ||
           step == HF_STEP_UNMOUNT;
}

void sim_driver_cancel(struct sim_world *world, uint8_t n, uint64_t id)
{
    if ((id & 0xffff) == HF_INSTANCE_NONE) {
        world->node[n].network_id = 0;
        return;
    }
    struct sim_real *real = &world->node[n].real[id & 0xffff];
    if (real->watch_id == id)
        real->watch_id = 0;
    if (real->probe_id == id)
        real->probe_id = 0;
    if (real->disk_id == id)
        real->disk_id = 0;
    for (uint32_t k = 0; k < world->pending_end; k++) {
        struct sim_pending *pending = &world->pending[k];
        if (!pending->used || pending->node != n || pending->id != id || pending->cancelled)
            continue;
        /* Its worker is killed: it had done its work just before, or never will. */
        pending->cancelled = true;
        if (!pending->effect_done && sim_chance(&world->rng, 500))
            do_effect(world, pending);
        pending->effect_done = true;
    }
}

static void tell_watchers(struct sim_world *world, uint16_t i, uint64_t fenced)
{
    for (uint8_t n = 0; n < SIM_NODES; n++) {
        const struct sim_real *real = &world->node[n].real[i];
        if (fenced & sim_bit(n) && real->watch_id)
            sim_at(world, world->now + sim_delay(world, 100, 250) * SIM_MS, SIM_EV_STREAM, n,
                   world->node[n].incarnation, real->watch_id, 0);
    }
}

static bool disks_of(const struct sim_world *world, uint8_t n, uint16_t i)
{
    return hf_core_state(world->node[n].core)->spec.instances[i].disk_count > 0;
}

static void acquire(struct sim_world *world, struct sim_pending *pending)
{
    struct sim_real *real = &world->node[pending->node].real[pending->instance];
    uint64_t fenced = 0;
    if (real->broken == SIM_BROKEN_RESERVE) {
        pending->status = HF_STEP_NO_RESERVATIONS;
        return;
    }
    if ((real->mounted && real->mounted != pending->generation + 1) ||
        (real->engine && real->engine != pending->generation + 1)) {
        pending->status = HF_STEP_BUSY;
        return;
    }
    switch (sim_disk_acquire(&world->disk[pending->instance], pending->node, pending->generation,
                             &pending->found, &pending->key, &fenced)) {
    case SIM_TAKE_OK:
        break;
    case SIM_TAKE_NEWER:
        pending->status = HF_STEP_NEWER;
        break;
    case SIM_TAKE_FOREIGN:
        pending->status = HF_STEP_FOREIGN;
        break;
    }
    tell_watchers(world, pending->instance, fenced);
}

static bool write_to(struct sim_world *world, uint8_t n, uint16_t i, uint32_t generation)
{
    enum sim_write wrote = sim_disk_write(&world->disk[i], n, generation);
    if (wrote == SIM_WRITE_STALE)
        sim_violation(world, "I1: %s wrote to disk %u with generation %u after generation %u",
                      sim_node_name(world, n), i, generation, world->disk[i].newest);
    return wrote == SIM_WRITE_OK;
}

static void engine_start(struct sim_world *world, struct sim_pending *pending)
{
    uint8_t n = pending->node;
    struct sim_real *real = &world->node[n].real[pending->instance];
    bool disks = disks_of(world, n, pending->instance);
    if (disks && real->mounted != pending->generation + 1) {
        sim_violation(world, "order: engine of %u started on %s without its file system",
                      pending->instance, sim_node_name(world, n));
        return;
    }
    sim_engine_set(&world->node[n], pending->instance, pending->generation + 1);
    real->ready = false;
    if (real->sick == SIM_SICK_SILENT || real->sick == SIM_SICK_EXHAUSTED)
        real->sick = SIM_SICK_NOT;
    real->degraded = pending->degraded;
    real->fenced_us = 0;
    sim_check_start(world, n, pending->instance);
    if (disks && !write_to(world, n, pending->instance, pending->generation))
        pending->status = HF_STEP_ENGINE_EXIT;
    if (real->broken == SIM_BROKEN_STUCK)
        pending->status = HF_STEP_ENGINE_STUCK;
    if (real->broken == SIM_BROKEN_START ||
        (world->mood.start_fail && sim_chance(&world->rng, world->mood.start_fail)))
        pending->status = HF_STEP_ENGINE_EXIT;
    if (pending->status == HF_STEP_ENGINE_EXIT)
        sim_engine_set(&world->node[n], pending->instance, 0);
    real->rows = world->disk[pending->instance].rows;
}

/* Nobody waits for it any more: its worker was killed, or its daemon. What it had begun goes on. */
static bool is_late(const struct sim_world *world, const struct sim_pending *pending)
{
    return pending->answered || world->node[pending->node].incarnation != pending->incarnation;
}

static void set_mounted(struct sim_real *real, uint32_t generation)
{
    real->mounted = generation + 1;
    if (real->sick == SIM_SICK_READ_ONLY || real->sick == SIM_SICK_HANGS)
        real->sick = SIM_SICK_NOT;
    real->mounts++;
}

static void do_effect(struct sim_world *world, struct sim_pending *pending)
{
    uint8_t n = pending->node;
    uint16_t i = pending->instance;
    struct sim_node *node = &world->node[n];
    struct sim_real *real = &node->real[i];
    switch ((enum hf_step)pending->step) {
    case HF_STEP_INSPECT:
        return;
    case HF_STEP_ACQUIRE:
        if (!node->disk_path)
            pending->status = HF_STEP_DISK_MISSING;
        else if (disks_of(world, n, i))
            acquire(world, pending);
        return;
    case HF_STEP_RELEASE:
        if (!node->disk_path)
            pending->status = HF_STEP_DISK_IO;
        else
            sim_disk_release(&world->disk[i], n);
        return;
    case HF_STEP_MOUNT:
        if (!disks_of(world, n, i))
            return;
        if (pending->answered && sim_disk_generation(&world->disk[i], n) != pending->generation)
            return; /* the kernel has the file system of a later mount already */
        if (!node->disk_path)
            pending->status = HF_STEP_DISK_IO;
        else if (real->broken == SIM_BROKEN_CORRUPT)
            pending->status = HF_STEP_FS_CORRUPT;
        else if (real->broken == SIM_BROKEN_WRONG)
            pending->status = HF_STEP_FS_WRONG;
        else if (write_to(world, n, i, pending->generation))
            set_mounted(real, pending->generation);
        else
            pending->status = HF_STEP_FS_WRONG;
        return;
    case HF_STEP_UNMOUNT:
        if (is_late(world, pending) && real->mounts != pending->mounts)
            return; /* what the call had in hand is unmounted; a later mount is another one */
        real->mounted = 0;
        sim_engine_set(node, i, 0);
        real->ready = false;
        return;
    case HF_STEP_ADDRESS_UP:
    case HF_STEP_ANNOUNCE:
        if (pending->step == HF_STEP_ADDRESS_UP)
            sim_address_set(node, i, true);
        real->announced = world->now;
        return;
    case HF_STEP_ADDRESS_DOWN:
        sim_address_set(node, i, false);
        return;
    case HF_STEP_ENGINE_START:
        engine_start(world, pending);
        return;
    case HF_STEP_ENGINE_STOP:
    case HF_STEP_ENGINE_KILL:
        sim_engine_set(node, i, 0);
        real->ready = false;
        return;
    case HF_STEP_RESIZE:
        if (real->engine == pending->generation + 1)
            real->degraded = pending->degraded;
        else
            pending->status = HF_STEP_FAILED;
        return;
    case HF_STEP_KEY_WATCH:
    case HF_STEP_PROBE:
    case HF_STEP_DISK_CHECK:
    case HF_STEP_NETWORK:
    case HF_STEPS:
        return;
    }
}

static struct sim_pending *find(struct sim_world *world, const struct sim_event *event)
{
    struct sim_pending *pending = &world->pending[event->a];
    bool same = pending->used && pending->id == event->b && pending->node == event->node &&
                pending->life == event->guard;
    return same && world->node[event->node].life == event->guard ? pending : NULL;
}

void sim_driver_effect(struct sim_world *world, const struct sim_event *event)
{
    struct sim_pending *pending = find(world, event);
    if (!pending || pending->effect_done)
        return;
    pending->effect_done = true;
    bool orphan = world->node[event->node].incarnation != pending->incarnation;
    /* "Failed" may have done its work all the same; every other answer says that nothing was done.
     */
    bool happens = pending->status == HF_STEP_OK ||
                   (pending->status == HF_STEP_FAILED && sim_chance(&world->rng, 300));
    if (orphan && pending->step == HF_STEP_RESIZE)
        happens = false; /* its worker died with the daemon */
    if ((orphan && pending->late) || pending->cancelled)
        happens = happens && sim_chance(&world->rng, 500);
    if (happens)
        do_effect(world, pending);
    if (pending->answered)
        pending->used = false;
}

static void inspect(const struct sim_world *world, const struct sim_pending *pending,
                    struct hf_event_step *step)
{
    const struct sim_real *real = &world->node[pending->node].real[pending->instance];
    step->mounted = real->mounted;
    step->address_up = real->address;
    step->engine_running = real->engine;
    step->generation = sim_disk_generation(&world->disk[pending->instance], pending->node);
    step->key_held = step->generation;
    if (!world->node[pending->node].disk_path)
        step->status = HF_STEP_DISK_IO;
}

void sim_driver_answer(struct sim_world *world, const struct sim_event *event)
{
    struct sim_pending *pending = find(world, event);
    if (!pending || pending->answered)
        return;
    struct sim_node *node = &world->node[event->node];
    bool wanted = node->daemon && node->incarnation == pending->incarnation && !pending->cancelled;
    struct hf_event answer = {.type = HF_EVENT_STEP};
    answer.step = (struct hf_event_step){
        .id = pending->id,
        .status = pending->late ? (uint8_t)HF_STEP_TIMEOUT : pending->status,
        .took_ms = (uint32_t)((world->now - pending->begun) / SIM_MS),
        .generation = pending->found,
        .key = pending->key,
        .text = pending->status == HF_STEP_ENGINE_EXIT ? "FATAL: could not start" : NULL};
    struct sim_real *real = &node->real[pending->instance];
    bool started = pending->step == HF_STEP_ENGINE_START && answer.step.status == HF_STEP_OK;
    if (started && real->engine == pending->generation + 1)
        real->ready = true;
    if (pending->step == HF_STEP_INSPECT && answer.step.status == HF_STEP_OK)
        inspect(world, pending, &answer.step);
    if (pending->step == HF_STEP_ENGINE_START && !started)
        sim_engine_set(node, pending->instance, 0); /* the driver kills what it could not start */
    if (pending->step == HF_STEP_ACQUIRE && answer.step.status == HF_STEP_OK)
        real->acquired = pending->generation;
    if (pending->step == HF_STEP_INSPECT && answer.step.key_held)
        real->acquired = answer.step.generation;
    if (pending->step == HF_STEP_INSPECT && !disks_of(world, event->node, pending->instance))
        real->acquired = hf_core_state(node->core)->instances[pending->instance].generation;
    world->coverage->statuses[answer.step.status]++;
    pending->answered = true;
    if (pending->effect_done)
        pending->used = false;
    if (wanted)
        sim_step(world, event->node, &answer);
}

static uint8_t probed(const struct sim_real *real)
{
    if (!real->ready || !real->engine || real->sick == SIM_SICK_SILENT)
        return HF_STEP_NO_ANSWER;
    if (real->sick == SIM_SICK_SLOW)
        return HF_STEP_SLOW;
    if (real->sick == SIM_SICK_EXHAUSTED)
        return HF_STEP_EXHAUSTED;
    return real->sick == SIM_SICK_CHECK ? HF_STEP_CHECK_FAILED : HF_STEP_OK;
}

/* HF_STEP_NO_ANSWER: it says nothing. */
static uint8_t written(const struct sim_node *node, const struct sim_real *real)
{
    if (!node->disk_path)
        return HF_STEP_DISK_IO;
    if (real->sick == SIM_SICK_HANGS)
        return HF_STEP_NO_ANSWER;
    if (real->sick == SIM_SICK_FULL)
        return HF_STEP_DISK_FULL;
    return real->sick == SIM_SICK_READ_ONLY ? HF_STEP_READ_ONLY : HF_STEP_OK;
}

/* A key watch, a probe or a disk check has something to say. */
void sim_driver_stream(struct sim_world *world, const struct sim_event *event)
{
    struct sim_node *node = &world->node[event->node];
    uint16_t i = (uint16_t)(event->a & 0xffff);
    if (i == HF_INSTANCE_NONE) {
        network_stream(world, event);
        return;
    }
    struct sim_real *real = &node->real[i];
    bool watch = real->watch_id == event->a, probe = real->probe_id == event->a;
    bool disk = real->disk_id == event->a;
    if (!node->daemon || node->incarnation != event->guard || (!watch && !probe && !disk))
        return;
    struct hf_event answer = {.type = HF_EVENT_STEP};
    answer.step = (struct hf_event_step){.id = event->a, .more = true, .status = HF_STEP_OK};
    if (watch) {
        bool held = sim_disk_generation(&world->disk[i], event->node) == real->watch_generation;
        if (!node->disk_path) {
            answer.step.status = HF_STEP_DISK_IO;
        } else if (!held) {
            answer.step.status = HF_STEP_KEY_LOST;
            answer.step.more = false;
            real->watch_id = 0;
        }
    } else {
        answer.step.status = probe ? probed(real) : written(node, real);
    }
    uint64_t again = watch ? 3000 : event->b;
    if (watch && !node->disk_path)
        again = event->b; /* looks as often as it was asked to, when there is something to see */
    if (!event->b && watch && !node->disk_path) /* what it was to be told it sees later */
        sim_at(world, world->now + 250 * SIM_MS, SIM_EV_STREAM, event->node, event->guard, event->a,
               0);
    if (event->b && answer.step.more)
        sim_at(world, world->now + again * SIM_MS, SIM_EV_STREAM, event->node, event->guard,
               event->a, event->b);
    if (disk && answer.step.status == HF_STEP_NO_ANSWER)
        return;
    world->coverage->statuses[answer.step.status]++;
    sim_step(world, event->node, &answer);
    if (probe && answer.step.status != HF_STEP_NO_ANSWER)
        real->alive_ms = node->core->now_ms;
}

/* The workers of a daemon die with it: each had done its work just before, or never will. */
void sim_driver_orphans(struct sim_world *world, uint8_t n)
{
    for (uint32_t k = 0; k < world->pending_end; k++) {
        struct sim_pending *pending = &world->pending[k];
        if (!pending->used || pending->node != n)
            continue;
        if (!pending->effect_done && !pending->answered && sim_chance(&world->rng, 500))
            do_effect(world, pending);
        pending->used = false;
    }
}

/* An engine's process ends by itself. */
void sim_engine_exit(struct sim_world *world, uint8_t n, uint16_t i)
{
    struct sim_real *real = &world->node[n].real[i];
    if (!real->engine)
        return;
    uint32_t generation = real->engine - 1;
    sim_engine_set(&world->node[n], i, 0);
    real->ready = false;
    sim_at(world, world->now + sim_delay(world, 1, 10) * SIM_MS, SIM_EV_EXITED, n,
           world->node[n].incarnation, i, generation);
}

void sim_driver_power_off(struct sim_world *world, uint8_t n)
{
    struct sim_node *node = &world->node[n];
    node->engines = node->addresses = 0;
    for (unsigned i = 0; i < SIM_INSTANCES; i++) {
        uint8_t broken = node->real[i].broken, sick = node->real[i].sick;
        memset(&node->real[i], 0, sizeof(node->real[i]));
        node->real[i].broken = broken;
        if (sick == SIM_SICK_FULL || sick == SIM_SICK_CHECK || sick == SIM_SICK_SLOW)
            node->real[i].sick = sick; /* the rest ends with its processes and mounts */
    }
    for (uint32_t k = 0; k < world->pending_end; k++) {
        if (world->pending[k].used && world->pending[k].node == n)
            world->pending[k].used = false;
    }
}
