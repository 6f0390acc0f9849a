/*
 * How long the coordinator thinks: a node of a large cluster is lost; the time of every step of its
 * core, from the membership's change to the last decision, and of the events after it.
 *
 *     decision [--nodes N] [--instances N] [--seeds N] [--scene K]
 *
 * The state is made by hand: what runs is spread over the nodes; capacities are such that what all
 * of it needs, after the loss, is so many per cent of what is left. Times are of one core.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/impl.h"

#define SEEDS_MAX 100u
#define AFTER 20u /* events after the last decision */

struct scene {
    const char *what;
    unsigned fill; /* per cent of the room that is left */
    unsigned owners, lost;
    bool relations;
};

static const struct scene scenes[] = {
    {"roomy, any node", 60, 64, 1, false},      {"roomy, 8 owners", 60, 8, 1, true},
    {"tight, any node", 95, 64, 1, false},      {"tight, 8 owners", 95, 8, 1, true},
    {"full, any node", 100, 64, 1, false},      {"full, 8 owners", 100, 8, 1, true},
    {"not enough, any node", 105, 64, 1, true}, {"not enough, 8 owners", 105, 8, 1, true},
    {"two of them lost", 95, 8, 2, true},
};

struct sample {
    double first, most, later; /* ms: the first decision; the longest step; the events after it */
    unsigned decisions;
};

static struct hf_core *core;
static struct hf_actions actions;
static uint64_t state_of_draw;

static unsigned draw(unsigned n)
{
    state_of_draw = state_of_draw * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state_of_draw >> 33) % n;
}

static double now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void make_nodes(unsigned nodes)
{
    static const struct hf_core_config config = {.node = 0, .incarnation = 1};
    hf_core_init(core, &config, 1000, 1000000);
    for (unsigned n = 0; n < nodes; n++) {
        hf_node_spec_init(&core->state.spec.nodes[n]);
        (void)snprintf(core->state.spec.nodes[n].name, HF_NAME_MAX, "db%u", n + 1);
        core->state.nodes[n] = (struct hf_node_state){.up = true, .joined_epoch = 1};
    }
    uint64_t all = nodes < 64 ? (1ull << nodes) - 1 : ~0ull;
    core->state.node_end = (uint8_t)nodes;
    core->state.config_version = 1;
    core->state.epoch = 100ull << 16;
    core->state.members = core->synced = core->membership.members = all;
    core->synced_self = core->engine_up = core->membership.settled = true;
    core->sync = HF_SYNC_REGIME;
}

static void make_instance(uint16_t i, unsigned nodes, const struct scene *scene)
{
    struct hf_instance_spec *spec = &core->state.spec.instances[i];
    struct hf_instance_state *state = &core->state.instances[i];
    hf_instance_spec_init(spec);
    (void)snprintf(spec->name, HF_NAME_MAX, "i%u", i);
    spec->priority = (int32_t)draw(4) * 10;
    spec->priority_stated = true;
    spec->disk_count = 1;
    spec->demand[HF_MEMORY] = 20 + draw(81);
    spec->demand[HF_CPU] = 20 + draw(81);
    memset(state, 0, sizeof(*state));
    state->owner = (uint8_t)(i % nodes);
    state->target = state->last_owner = HF_NODE_NONE;
    state->wanted = true;
    state->phase = HF_ONLINE;
    state->generation = 1;
    spec->possible = scene->owners < nodes ? hf_bit(state->owner) : 0;
    while (spec->possible && hf_count_bits(spec->possible) < scene->owners)
        spec->possible |= hf_bit((uint8_t)draw(nodes));
    spec->preferred[spec->preferred_count++] = state->owner;
    core->state.instance_end = i + 1u;
    if (!scene->relations || i < nodes)
        return;
    uint16_t other = (uint16_t)(i - 1u - draw(nodes - 1)); /* never of the same node */
    if (draw(10) == 0)
        spec->apart_from[spec->apart_count++] = other;
    else if (draw(10) == 0)
        spec->after[spec->after_count++] = other;
    else if (draw(20) == 0)
        spec->together_with[spec->together_count++] = (uint16_t)(i - nodes); /* of the same node */
}

/* What is left has room for all, or for so much of it. */
static void make_room(unsigned nodes, unsigned instances, const struct scene *scene)
{
    uint64_t load[HF_RESOURCES] = {0};
    for (unsigned i = 0; i < instances; i++)
        for (unsigned r = 0; r < HF_RESOURCES; r++)
            load[r] += core->state.spec.instances[i].demand[r];
    for (unsigned n = 0; n < nodes; n++)
        for (unsigned r = 0; r < HF_RESOURCES; r++)
            core->state.spec.nodes[n].capacity[r] =
                load[r] ? load[r] * 100 / scene->fill / (nodes - scene->lost) * 10 / 9 + 1 : 0;
}

static double step(struct hf_event *event)
{
    event->now_ms = core->now_ms + 1;
    event->wall_ms = core->wall_ms + 1;
    double begin = now_ms();
    hf_core_step(core, event, &actions);
    return now_ms() - begin;
}

/* Delivers what it decided, as the group would; false = it decided nothing. */
static bool deliver(struct sample *sample)
{
    static uint8_t bytes[HF_MESSAGE_MAX];
    struct hf_event event = {.type = HF_EVENT_MESSAGE};
    for (unsigned a = 0; a < actions.count; a++) {
        const struct hf_action *action = &actions.list[a];
        struct hf_message message;
        if (action->type != HF_ACTION_MULTICAST ||
            !hf_message_open(&message, actions.arena + action->offset, action->length) ||
            message.type != HF_MESSAGE_DECISION)
            continue;
        memcpy(bytes, actions.arena + action->offset, action->length);
        event.message = (struct hf_event_message){0, bytes, action->length};
        sample->decisions++;
        double took = step(&event);
        sample->most = took > sample->most ? took : sample->most;
        return true;
    }
    return false;
}

static void run(uint64_t seed, unsigned nodes, unsigned instances, const struct scene *scene,
                struct sample *sample)
{
    struct hf_event event = {.type = HF_EVENT_MEMBERSHIP};
    const struct hf_ring ring = {1, 104}; /* the next one */
    state_of_draw = seed * 7919 + 11;
    make_nodes(nodes);
    for (uint16_t i = 0; i < instances; i++)
        make_instance(i, nodes, scene);
    make_room(nodes, instances, scene);
    uint64_t lost = 0;
    for (unsigned n = 0; n < scene->lost; n++)
        lost |= hf_bit((uint8_t)(nodes - 1 - n));
    *sample = (struct sample){0};
    event.membership.members = core->membership.members & ~lost;
    event.membership.left_down = lost;
    event.membership.ring = ring;
    event.membership.settled = true;
    (void)step(&event);
    event = (struct hf_event){.type = HF_EVENT_QUORUM};
    event.quorum = (struct hf_event_quorum){true, ring, nodes - scene->lost, nodes};
    sample->first = sample->most = step(&event);
    while (deliver(sample) && sample->decisions < 100)
        continue;
    for (unsigned k = 0; k < AFTER; k++) {
        event = (struct hf_event){.type = HF_EVENT_TICK};
        double took = step(&event);
        sample->later = took > sample->later ? took : sample->later;
    }
}

static int compare(const void *a, const void *b)
{
    const struct sample *x = a, *y = b;
    return (x->first > y->first) - (x->first < y->first);
}

static void row(const struct scene *scene, unsigned nodes, unsigned instances, unsigned seeds)
{
    static struct sample samples[SEEDS_MAX];
    double most = 0, later = 0;
    unsigned decisions = 0;
    for (unsigned s = 0; s < seeds; s++) {
        run(s + 1, nodes, instances, scene, &samples[s]);
        most = samples[s].most > most ? samples[s].most : most;
        later = samples[s].later > later ? samples[s].later : later;
        decisions = samples[s].decisions > decisions ? samples[s].decisions : decisions;
    }
    qsort(samples, seeds, sizeof(samples[0]), compare);
    printf("%-22s %8.2f %8.2f %8.2f %8.3f %6u\n", scene->what, samples[seeds / 2].first,
           samples[seeds - 1].first, most, later, decisions);
}

static unsigned number(const char *text, unsigned least, unsigned most)
{
    unsigned long value = strtoul(text, NULL, 10);
    if (value >= least && value <= most)
        return (unsigned)value;
    (void)fprintf(stderr, "decision: %s must be %u to %u\n", text, least, most);
    exit(2);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"nodes", required_argument, NULL, 'n'},
                                            {"instances", required_argument, NULL, 'i'},
                                            {"seeds", required_argument, NULL, 's'},
                                            {"scene", required_argument, NULL, 'c'},
                                            {NULL, 0, NULL, 0}};
    const unsigned n_scenes = sizeof(scenes) / sizeof(scenes[0]);
    unsigned nodes = HF_NODES_MAX, instances = HF_INSTANCES_MAX, seeds = 10, only = 0;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
        if (o == '?')
            return 2;
        if (o == 'n')
            nodes = number(optarg, 2, HF_NODES_MAX);
        else if (o == 'i')
            instances = number(optarg, 2, HF_INSTANCES_MAX);
        else if (o == 'c')
            only = number(optarg, 1, n_scenes);
        else
            seeds = number(optarg, 1, SEEDS_MAX);
    }
    core = calloc(1, hf_core_size());
    HF_ASSERT(core);
    printf("%u nodes, %u instances, %u seeds; ms of one core\n", nodes, instances, seeds);
    printf("%-22s %8s %8s %8s %8s %6s\n", "", "first", "worst", "any step", "after", "decis.");
    for (unsigned s = 0; s < n_scenes; s++)
        if (!only || only == s + 1)
            row(&scenes[s], nodes, instances, seeds);
    free(core);
    return 0;
}
