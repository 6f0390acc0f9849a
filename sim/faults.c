/* faults.c - the ways in which a simulated cluster is mistreated, and how each of them ends. */
#include "world.h"

#include <string.h>

static const char *const words[SIM_F_KINDS] = {
    [SIM_F_POWER] = "power lost",
    [SIM_F_FREEZE] = "frozen",
    [SIM_F_DAEMON] = "daemon killed",
    [SIM_F_COROSYNC] = "corosync killed",
    [SIM_F_PARTITION] = "partition",
    [SIM_F_LINK] = "one-way link cut",
    [SIM_F_FLAP] = "flapping link",
    [SIM_F_DISK] = "disk path lost",
    [SIM_F_ENGINE] = "engine killed",
    [SIM_F_BROKEN] = "engine does not start",
    [SIM_F_MOOD] = "drivers misbehave",
    [SIM_F_CLOCK] = "clock jumps",
    [SIM_F_COMMAND] = "command",
    [SIM_F_APPLY] = "apply",
    [SIM_F_BLACKOUT] = "blackout",
    [SIM_F_RING] = "ring renewed",
    [SIM_F_JOIN] = "join",
    [SIM_F_MONO] = "monotonic clock jumps",
    [SIM_F_UPGRADE] = "upgraded",
    [SIM_F_DOWNGRADE] = "the older version put back",
    [SIM_F_FOREIGN] = "disk taken by others",
    [SIM_F_SICK] = "not well",
    [SIM_F_NETWORK] = "public network lost",
};

const char *sim_fault_word(uint8_t kind)
{
    return kind < SIM_F_KINDS ? words[kind] : "unknown";
}

static void partition(struct sim_world *world, uint64_t side, bool whole)
{
    for (uint8_t a = 0; a < SIM_NODES; a++) {
        for (uint8_t b = 0; b < SIM_NODES; b++) {
            if ((side >> a & 1) != (side >> b & 1))
                world->link[a][b] = whole;
        }
    }
    sim_group_changed(world);
}

static void link_set(struct sim_world *world, uint64_t a, uint64_t b, bool whole)
{
    world->link[a % world->nodes][b % world->nodes] = whole;
    world->link[a % world->nodes][a % world->nodes] = true;
    sim_group_changed(world);
}

/* Any node with a daemon takes commands; it says itself when it cannot. */
static uint8_t some_daemon(struct sim_world *world, uint64_t from)
{
    for (unsigned k = 0; k < world->nodes; k++) {
        uint8_t n = (uint8_t)((from + k) % world->nodes);
        if (world->node[n].daemon && !world->node[n].frozen)
            return n;
    }
    return HF_NODE_NONE;
}

static uint16_t some_instance(const struct sim_world *world, uint8_t n, uint64_t from)
{
    const struct hf_spec *spec = &hf_core_state(world->node[n].core)->spec;
    for (unsigned k = 0; k < SIM_INSTANCES; k++) {
        uint16_t i = (uint16_t)((from + k) % SIM_INSTANCES);
        if (spec->instances[i].name[0])
            return i;
    }
    return HF_INSTANCE_NONE;
}

/* They look before they confirm: a node that is off, and had nothing to come back to. */
static bool confirm_fenced(struct sim_world *world, uint8_t n, uint8_t target)
{
    if (target >= world->nodes || world->node[target].powered)
        return false;
    sim_trace(world, "%s is asked: confirm-fenced %s", sim_node_name(world, n),
              sim_node_name(world, target));
    (void)sim_ask(world, n, HF_VERB_CONFIRM_FENCED, HF_INSTANCE_NONE, target, NULL);
    return true;
}

static void command(struct sim_world *world, const struct sim_fault *fault)
{
    static const enum hf_verb verbs[] = {HF_VERB_MOVE,    HF_VERB_MOVE,  HF_VERB_ONLINE,
                                         HF_VERB_OFFLINE, HF_VERB_DRAIN, HF_VERB_RESUME,
                                         HF_VERB_MOVE,    HF_VERB_ONLINE};
    uint8_t n = some_daemon(world, fault->b >> 8);
    if (n == HF_NODE_NONE)
        return;
    enum hf_verb verb = verbs[fault->a % (sizeof(verbs) / sizeof(verbs[0]))];
    uint16_t i = some_instance(world, n, fault->b);
    uint8_t target = (uint8_t)((fault->b >> 16) % world->nodes);
    if (verb == HF_VERB_MOVE && fault->b >> 24 & 1)
        target = HF_NODE_NONE;
    if (verb == HF_VERB_DRAIN || verb == HF_VERB_RESUME)
        i = HF_INSTANCE_NONE;
    /* Now and then they err, or ask too much at a time. */
    uint64_t slip = fault->b >> 40 & 15;
    if (slip == 7 && world->versions)
        verb = HF_VERB_NONE; /* what a newer version has and this one has not */
    else if (slip == 0)
        i = HF_INSTANCES_MAX - 1;
    else if (slip == 1)
        target = HF_NODES_MAX - 1;
    for (unsigned k = 0; slip == 2 && k < 2 * HF_REQUESTS_MAX; k++)
        (void)sim_ask(world, n, HF_VERB_RESUME, HF_INSTANCE_NONE, target, NULL);
    if (slip >= 3 && slip <= 6 && confirm_fenced(world, n, target))
        return;
    sim_trace(world, "%s is asked: verb %u instance %u node %u", sim_node_name(world, n), verb, i,
              target);
    (void)sim_ask(world, n, verb, i, target, NULL);
}

static void vary(struct hf_spec *spec, struct sim_world *world, uint64_t how)
{
    uint16_t i = (uint16_t)(how >> 8) % SIM_INSTANCES;
    struct hf_instance_spec *instance = &spec->instances[i];
    if (!instance->name[0]) {
        char name[16];
        (void)snprintf(name, sizeof(name), "new%u", i);
        sim_spec_instance(spec, i, name);
        return;
    }
    instance->preferred_count = 1;
    instance->preferred[0] = (uint8_t)((how >> 16) % world->nodes);
    instance->priority = (int32_t)(how >> 20 & 31);
    instance->priority_stated = true;
    instance->failback = how >> 32 & 1 ? HF_FAILBACK_IMMEDIATE : HF_FAILBACK_NEVER;
    if ((how >> 40 & 15) == 0) {
        memset(instance, 0, sizeof(*instance));
        world->taken_out |= 1ull << i;
    }
}

/* A setting that older versions do not know, and longer than what they keep of such. */
static void describe(struct hf_instance_spec *instance, uint64_t marker)
{
    if (!instance->name[0])
        return;
    (void)snprintf(instance->description, sizeof(instance->description), "%*llu",
                   (int)(HF_EXT_MAX + 40), (unsigned long long)marker);
}

/* Changes something, and leaves a mark by which it is known again. */
static void apply(struct sim_world *world, const struct sim_fault *fault)
{
    uint8_t n = some_daemon(world, fault->b >> 8);
    if (n == HF_NODE_NONE)
        return;
    *world->spec = hf_core_state(world->node[n].core)->spec;
    if (!world->spec->cluster.name[0])
        return;
    char *chain = world->spec->cluster.fence_options_file;
    size_t length = strlen(chain);
    world->marker++;
    (void)snprintf(chain + length, HF_PATH_MAX - length, "%s%llu,", length ? "" : ",",
                   (unsigned long long)world->marker);
    vary(world->spec, world, fault->a);
    uint16_t i = some_instance(world, n, fault->b);
    if (world->versions && fault->b >> 44 & 1 && i != HF_INSTANCE_NONE)
        describe(&world->spec->instances[i], world->marker);
    uint64_t slip = fault->b >> 40 & 15;
    if (slip == 0)
        (void)snprintf(world->spec->nodes[0].public_address, HF_ADDRESS_MAX, "10.77.9.9");
    world->stale = slip == 1;
    sim_trace(world, "%s is asked: apply %llu", sim_node_name(world, n),
              (unsigned long long)world->marker);
    (void)sim_ask(world, n, HF_VERB_APPLY, HF_INSTANCE_NONE, HF_NODE_NONE, world->spec);
    if (slip == 2)
        (void)sim_ask(world, n, HF_VERB_APPLY, HF_INSTANCE_NONE, HF_NODE_NONE, world->spec);
}

/* The next node that is not there yet, or one that is: then its name is taken. */
static void join(struct sim_world *world, const struct sim_fault *fault)
{
    uint8_t n = some_daemon(world, fault->b >> 8), joiner = 0;
    while (joiner < SIM_NODES && ((world->joined | world->first) & sim_bit(joiner)))
        joiner++;
    if (n == HF_NODE_NONE)
        return;
    if (joiner == SIM_NODES || (fault->b >> 16 & 7) == 0)
        joiner = (uint8_t)(fault->b % world->nodes);
    sim_trace(world, "%s is asked: join db%u", sim_node_name(world, n), joiner + 1u);
    (void)sim_ask(world, n, HF_VERB_JOIN, HF_INSTANCE_NONE, joiner, NULL);
}

static void mood(struct sim_world *world, uint64_t how)
{
    static const struct sim_mood moods[] = {
        {.fail = 100},
        {.hang = 100},
        {.slow = 300},
        {.start_fail = 400},
        {.fail = 50, .hang = 50, .slow = 200, .start_fail = 100},
        {.crash = 30}};
    world->mood = moods[how % (sizeof(moods) / sizeof(moods[0]))];
}

static void kill_engine(struct sim_world *world, uint64_t which)
{
    for (unsigned k = 0; k < SIM_INSTANCES; k++) {
        uint16_t i = (uint16_t)((which + k) % SIM_INSTANCES);
        for (uint8_t n = 0; n < world->nodes; n++) {
            if (world->node[n].real[i].engine && !world->node[n].frozen) {
                sim_engine_exit(world, n, i);
                return;
            }
        }
    }
}

static void broken(struct sim_world *world, const struct sim_fault *fault, bool set)
{
    uint16_t i = (uint16_t)(fault->b % SIM_INSTANCES);
    uint8_t how = (uint8_t)(1 + (fault->b >> 8) % (SIM_BROKEN_KINDS - 1));
    for (uint8_t n = 0; n < world->nodes; n++) {
        if (fault->a >> n & 1)
            world->node[n].real[i % 8].broken = set ? how : SIM_BROKEN_NOT;
    }
}

/* A full disk is full wherever it is looked at; the rest is of one node. */
void sim_sick_set(struct sim_world *world, uint8_t n, uint16_t i, uint8_t sick)
{
    uint8_t before = world->node[n].real[i].sick;
    world->node[n].real[i].sick = sick;
    for (uint8_t k = 0; k < SIM_NODES; k++) {
        uint8_t *other = &world->node[k].real[i].sick;
        if (sick == SIM_SICK_FULL)
            *other = SIM_SICK_FULL;
        else if (before == SIM_SICK_FULL && *other == SIM_SICK_FULL)
            *other = SIM_SICK_NOT;
    }
}

static void sick(struct sim_world *world, const struct sim_fault *fault, bool set)
{
    uint16_t i = (uint16_t)(fault->b % 8);
    uint8_t n = (uint8_t)(fault->a % world->nodes);
    uint8_t how = (uint8_t)(1 + (fault->b >> 8) % (SIM_SICK_KINDS - 1));
    for (uint8_t k = 0; k < world->nodes && fault->b >> 16 & 1; k++) {
        if (world->node[k].real[i].engine)
            n = k; /* where it runs */
    }
    if (set)
        sim_sick_set(world, n, i, how);
    for (uint8_t k = 0; k < SIM_NODES && !set; k++)
        sim_sick_set(world, k, i, SIM_SICK_NOT);
}

/* Of one node, or of several at once: a switch. */
static void network(struct sim_world *world, const struct sim_fault *fault, bool set)
{
    uint8_t level = fault->b & 1 ? HF_NETWORK_GONE : HF_NETWORK_SILENT;
    uint64_t nodes = fault->b >> 8 & 1 ? fault->a : sim_bit((uint8_t)(fault->a % world->nodes));
    for (uint8_t n = 0; n < world->nodes; n++) {
        if (nodes & sim_bit(n))
            sim_network_set(world, n, set ? level : HF_NETWORK_WHOLE);
    }
}

/* The package is replaced: with a restart of the daemon, or of the computer. */
static void replace(struct sim_world *world, const struct sim_fault *fault, uint16_t speaks)
{
    uint8_t n = (uint8_t)(fault->a % world->nodes);
    if (world->node[n].frozen)
        return;
    if (fault->b & 1)
        sim_power_off(world, n);
    else
        sim_daemon_kill(world, n);
    sim_version(world, n, speaks);
}

/* Another cluster registers a key of its own with a disk of ours. */
static void foreign(struct sim_world *world, uint64_t which, bool set)
{
    world->disk[which % 8].foreign = set ? 0x123400010001ull : 0;
}

void sim_fault_start(struct sim_world *world, const struct sim_fault *fault)
{
    uint8_t n = (uint8_t)(fault->a % world->nodes);
    world->faults++;
    sim_trace(world, "FAULT %s %s %llx", sim_fault_word(fault->kind), sim_node_name(world, n),
              (unsigned long long)fault->b);
    switch ((enum sim_fault_kind)fault->kind) {
    case SIM_F_POWER:
        sim_power_off(world, n);
        return;
    case SIM_F_FREEZE:
        sim_freeze(world, n);
        world->node[n].paused = fault->b >> 8 & 1;
        return;
    case SIM_F_DAEMON:
        if (!world->node[n].frozen)
            sim_daemon_kill(world, n);
        return;
    case SIM_F_COROSYNC:
        if (!world->node[n].frozen)
            sim_group_stop(world, n);
        return;
    case SIM_F_PARTITION:
        partition(world, fault->b, false);
        return;
    case SIM_F_LINK:
    case SIM_F_FLAP:
        link_set(world, fault->a, fault->b, false);
        return;
    case SIM_F_DISK:
        world->node[n].disk_path = false;
        return;
    case SIM_F_ENGINE:
        kill_engine(world, fault->b);
        return;
    case SIM_F_BROKEN:
        broken(world, fault, true);
        return;
    case SIM_F_MOOD:
        mood(world, fault->b);
        return;
    case SIM_F_CLOCK:
        world->node[n].wall_shift_ms += (int64_t)(fault->b % 7200000) - 3600000;
        return;
    case SIM_F_COMMAND:
        command(world, fault);
        return;
    case SIM_F_APPLY:
        apply(world, fault);
        return;
    case SIM_F_BLACKOUT:
        for (uint8_t k = 0; k < world->nodes; k++)
            sim_power_off(world, k);
        return;
    case SIM_F_RING:
        sim_group_renew(world, n);
        return;
    case SIM_F_JOIN:
        join(world, fault);
        return;
    case SIM_F_FOREIGN:
        foreign(world, fault->b, true);
        return;
    case SIM_F_MONO:
        if (fault->b & 1)
            sim_mono_back(world, n, fault->b % 60000);
        else
            world->node[n].mono_base_ms += fault->b % 60000;
        return;
    case SIM_F_SICK:
        sick(world, fault, true);
        return;
    case SIM_F_NETWORK:
        network(world, fault, true);
        return;
    case SIM_F_UPGRADE:
        replace(world, fault, HF_FORMAT_PLANNED);
        return;
    case SIM_F_DOWNGRADE:
        replace(world, fault, HF_FORMAT_FIRST);
        return;
    case SIM_F_KINDS:
        return;
    }
}

void sim_fault_end(struct sim_world *world, const struct sim_fault *fault)
{
    uint8_t n = (uint8_t)(fault->a % world->nodes);
    switch ((enum sim_fault_kind)fault->kind) {
    case SIM_F_POWER:
        sim_power_on(world, n);
        return;
    case SIM_F_FREEZE:
        sim_thaw(world, n);
        return;
    case SIM_F_DAEMON:
        if (!world->node[n].frozen)
            sim_daemon_start(world, n);
        return;
    case SIM_F_COROSYNC:
        if (!world->node[n].frozen)
            sim_group_start(world, n);
        return;
    case SIM_F_PARTITION:
        partition(world, fault->b, true);
        return;
    case SIM_F_LINK:
    case SIM_F_FLAP:
        link_set(world, fault->a, fault->b, true);
        return;
    case SIM_F_DISK:
        world->node[n].disk_path = true;
        return;
    case SIM_F_UPGRADE:
    case SIM_F_DOWNGRADE:
        if (world->node[n].frozen)
            return;
        if (fault->b & 1)
            sim_power_on(world, n);
        else
            sim_daemon_start(world, n);
        return;
    case SIM_F_BROKEN:
        broken(world, fault, false);
        return;
    case SIM_F_SICK:
        sick(world, fault, false);
        return;
    case SIM_F_NETWORK:
        network(world, fault, false);
        return;
    case SIM_F_FOREIGN:
        foreign(world, fault->b, false);
        return;
    case SIM_F_MOOD:
        memset(&world->mood, 0, sizeof(world->mood));
        return;
    case SIM_F_BLACKOUT:
        for (uint8_t k = 0; k < world->nodes; k++)
            sim_power_on(world, k);
        return;
    case SIM_F_ENGINE:
    case SIM_F_CLOCK:
    case SIM_F_COMMAND:
    case SIM_F_APPLY:
    case SIM_F_RING:
    case SIM_F_JOIN:
    case SIM_F_MONO:
    case SIM_F_KINDS:
        return;
    }
}

void sim_upgrade_all(struct sim_world *world)
{
    if (!world->versions || (!world->finish && world->format < HF_FORMAT_PLANNED))
        return;
    for (uint8_t n = 0; n < SIM_NODES; n++) {
        struct sim_node *node = &world->node[n];
        bool out = node->shut_out, older = node->core->config.speaks < HF_FORMAT_PLANNED;
        sim_version(world, n, HF_FORMAT_PLANNED);
        if (!node->exists || !node->powered || node->frozen || !(out || (older && node->daemon)))
            continue;
        sim_daemon_kill(world, n);
        sim_daemon_start(world, n);
    }
}

/* Everything is mended; what is off is switched on. */
void sim_heal(struct sim_world *world)
{
    memset(&world->mood, 0, sizeof(world->mood));
    for (unsigned a = 0; a < SIM_NODES; a++) {
        for (unsigned b = 0; b < SIM_NODES; b++)
            world->link[a][b] = true;
    }
    for (unsigned i = 0; i < SIM_INSTANCES; i++)
        world->disk[i].foreign = 0;
    for (uint8_t n = 0; n < world->nodes; n++) {
        struct sim_node *node = &world->node[n];
        node->disk_path = true;
        sim_network_set(world, n, HF_NETWORK_WHOLE);
        for (unsigned i = 0; i < SIM_INSTANCES; i++)
            node->real[i].broken = node->real[i].sick = 0;
        if (!node->exists)
            continue;
        sim_thaw(world, n);
        if (!node->powered)
            sim_power_on(world, n);
        else if (world->now > node->boot_us + 5 * SIM_S) {
            sim_group_start(world, n);
            sim_daemon_start(world, n);
        }
    }
    sim_upgrade_all(world);
    world->calm = true;
    sim_group_changed(world);
}
