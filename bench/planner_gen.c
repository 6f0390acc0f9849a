/* Placement problems of any size, the same for the same seed. */

#include "planner_gen.h"

#include <string.h>

struct gen {
    uint64_t state;
    const struct hf_planner_spec *spec;
    struct hf_place_problem *p;
    int64_t used[HF_PLACE_NODES_MAX][HF_PLACE_RESOURCES_MAX];
};

/* splitmix64 */
static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static unsigned below(struct gen *g, unsigned n)
{
    return (unsigned)(next(&g->state) % n);
}

static void make_nodes(struct gen *g)
{
    static const int64_t cap[HF_PLACE_RESOURCES_MAX] = {64000, 524288, 25000, 160000};

    for (unsigned n = 0; n < g->spec->n_nodes; n++) {
        unsigned half = g->spec->uneven && below(g, 3) == 0 ? 2 : 1;
        g->p->nodes[n].up = true;
        g->p->nodes[n].passive = g->spec->extras && below(g, 4) == 0;
        for (unsigned r = 0; r < HF_PLACE_RESOURCES_MAX; r++) {
            g->p->nodes[n].cap[r] = cap[r] / half;
        }
    }
}

/* Sizes vary by a factor of about eight, and the resources of one instance by three. */
static void make_demand(struct gen *g, struct hf_place_instance *inst)
{
    int64_t size = 100 + below(g, 300) + (below(g, 4) == 0 ? below(g, 500) : 0);

    for (unsigned r = 0; r < HF_PLACE_RESOURCES_MAX; r++) {
        inst->demand[r] = size * (50 + below(g, 100)) * (g->p->nodes[0].cap[r] / 100);
    }
}

/* Scale all demands of a resource so that they are `tightness` of what the survivors have. */
static void scale(struct gen *g, unsigned r, uint64_t failed, unsigned tightness)
{
    int64_t total = 1;
    int64_t left = 0;

    for (unsigned i = 0; i < g->p->n_instances; i++) {
        total += g->p->instances[i].demand[r];
    }
    for (unsigned n = 0; n < g->p->n_nodes; n++) {
        left += failed >> n & 1 ? 0 : g->p->nodes[n].cap[r];
    }
    double factor = (double)left * tightness / 1000.0 / (double)total;
    for (unsigned i = 0; i < g->p->n_instances; i++) {
        int64_t *demand = &g->p->instances[i].demand[r];
        *demand = (int64_t)((double)*demand * factor);
    }
}

static bool fits(const struct gen *g, const struct hf_place_instance *inst, unsigned n)
{
    for (unsigned r = 0; r < HF_PLACE_RESOURCES_MAX; r++) {
        if (g->used[n][r] + inst->demand[r] > g->p->nodes[n].cap[r]) {
            return false;
        }
    }
    return true;
}

static bool group_on(const struct gen *g, unsigned i, unsigned n)
{
    unsigned group = g->p->instances[i].anti_affinity;

    for (unsigned j = 0; group && j < i; j++) {
        if (g->p->instances[j].anti_affinity == group && g->p->instances[j].last == (int)n) {
            return true;
        }
    }
    return false;
}

/* Where it ran before the failure: the emptiest of a few nodes that have room. */
static int old_node(struct gen *g, unsigned i)
{
    struct hf_place_instance *inst = &g->p->instances[i];
    int best = HF_PLACE_NONE;

    for (unsigned tries = 0; tries < 3 * g->p->n_nodes; tries++) {
        unsigned n = below(g, g->p->n_nodes);
        bool better = best < 0 || g->used[n][0] < g->used[best][0];
        if (better && fits(g, inst, n) && !group_on(g, i, n)) {
            best = (int)n;
        }
        if (best >= 0 && tries >= 3) {
            break;
        }
    }
    for (unsigned r = 0; best >= 0 && r < HF_PLACE_RESOURCES_MAX; r++) {
        g->used[best][r] += inst->demand[r];
    }
    return best;
}

static void make_owners(struct gen *g, struct hf_place_instance *inst, int node)
{
    bool all = g->spec->owners == HF_PLANNER_OWNERS_ALL ||
               (g->spec->owners == HF_PLANNER_OWNERS_MIXED && below(g, 2) == 0);
    unsigned count = g->spec->owners == HF_PLANNER_OWNERS_MIXED ? 2 + below(g, 3) : 2;

    inst->owners = HF_PLACE_EVERY_NODE;
    if (all) {
        return;
    }
    inst->owners = node >= 0 ? (uint64_t)1 << node : 0;
    while ((unsigned)__builtin_popcountll(inst->owners) < count &&
           (unsigned)__builtin_popcountll(inst->owners) < g->p->n_nodes) {
        inst->owners |= (uint64_t)1 << below(g, g->p->n_nodes);
    }
}

static void make_preferred(struct gen *g, struct hf_place_instance *inst, int node)
{
    unsigned count = below(g, 4);

    for (unsigned tries = 0; tries < 20 && inst->n_preferred < count; tries++) {
        unsigned n =
            tries == 0 && node >= 0 && below(g, 4) ? (unsigned)node : below(g, g->p->n_nodes);
        bool listed = memchr(inst->preferred, (int)n, inst->n_preferred);
        if (!listed && (inst->owners >> n & 1)) {
            inst->preferred[inst->n_preferred++] = (uint8_t)n;
        }
    }
}

static void make_extras(struct gen *g, struct hf_place_instance *inst)
{
    if (!g->spec->extras) {
        return;
    }
    inst->has_degraded = below(g, 3) == 0;
    for (unsigned r = 0; r < HF_PLACE_RESOURCES_MAX; r++) {
        inst->degraded[r] = r == 1 ? inst->demand[r] / 2 : inst->demand[r];
    }
    if (below(g, 3) == 0) {
        inst->together_with = (uint16_t)(1 + below(g, 1 + g->p->n_instances / 3));
    }
}

static void make_instance(struct gen *g, unsigned i, uint64_t failed)
{
    static const int32_t priority[] = {2000, 1000, 500, 100, 10, 5, 3, 2};
    struct hf_place_instance *inst = &g->p->instances[i];

    inst->priority = priority[below(g, g->spec->n_classes)];
    if (g->spec->apart && below(g, 4) == 0) {
        inst->anti_affinity = (uint16_t)(1 + below(g, 1 + g->p->n_instances / 12));
    }
    int node = old_node(g, i);
    bool survives = node >= 0 && !(failed >> node & 1);
    inst->last = (int8_t)node;
    inst->current = survives && i >= g->spec->stopped ? (int8_t)node : HF_PLACE_NONE;
    make_owners(g, inst, node);
    make_preferred(g, inst, node);
    make_extras(g, inst);
}

void hf_planner_generate(uint64_t seed, const struct hf_planner_spec *spec,
                         struct hf_place_problem *problem)
{
    struct gen g = {.state = seed, .spec = spec, .p = problem};
    uint64_t failed = 0;

    memset(problem, 0, sizeof(*problem));
    problem->n_nodes = spec->n_nodes;
    problem->n_instances = spec->n_instances;
    problem->n_resources = HF_PLACE_RESOURCES_MAX;
    make_nodes(&g);
    while ((unsigned)__builtin_popcountll(failed) < spec->n_failed) {
        failed |= (uint64_t)1 << below(&g, spec->n_nodes);
    }
    for (unsigned i = 0; i < spec->n_instances; i++) {
        make_demand(&g, &problem->instances[i]);
    }
    unsigned scarce = below(&g, HF_PLACE_RESOURCES_MAX);
    for (unsigned r = 0; r < HF_PLACE_RESOURCES_MAX; r++) {
        unsigned slack = r == scarce ? 0 : 20 + below(&g, 300);
        scale(&g, r, failed, spec->tightness > slack ? spec->tightness - slack : 1);
    }
    for (unsigned i = 0; i < spec->n_instances; i++) {
        make_instance(&g, i, failed);
    }
    for (unsigned n = 0; n < spec->n_nodes; n++) {
        problem->nodes[n].up = !(failed >> n & 1);
    }
}

void hf_planner_draw(uint64_t seed, unsigned n_nodes, unsigned n_instances,
                     struct hf_planner_spec *spec)
{
    uint64_t s = seed * 31 + n_nodes;

    *spec = (struct hf_planner_spec){.n_nodes = n_nodes, .n_instances = n_instances};
    spec->n_failed = n_nodes > 2 ? 1 + (unsigned)(next(&s) % 2) : 1;
    spec->n_classes = next(&s) % 2 ? 1 : 2 + (unsigned)(next(&s) % 3);
    spec->tightness = 600 + (unsigned)(next(&s) % 450);
    spec->owners = (enum hf_planner_owners)(next(&s) % 3);
    spec->apart = next(&s) % 2;
    spec->uneven = next(&s) % 4 == 0;
    spec->stopped = next(&s) % 4 == 0 ? (unsigned)(next(&s) % (1 + n_instances / 20)) : 0;
}
