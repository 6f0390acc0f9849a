/* A loss as a problem of the optimiser, and its answer as a placement. */

#include <stdlib.h>
#include <string.h>

#include "plan/impl.h"

/* Beyond what anything demands, and not so far that the optimiser's scale loses sight of it. */
#define UNLIMITED_TIMES 64

struct hf_plan_solver *hf_plan_solver_new(void)
{
    return calloc(1, sizeof(struct hf_plan_solver));
}

void hf_plan_solver_free(struct hf_plan_solver *solver)
{
    free(solver);
}

int64_t hf_plan_usable(const struct hf_plan_input *input, int64_t capacity)
{
    int64_t percent = 100 - input->reserve;
    return capacity / 100 * percent + capacity % 100 * percent / 100;
}

uint64_t hf_plan_in_service(const struct hf_plan_input *input)
{
    uint64_t nodes = 0;
    for (unsigned n = 0; n < input->n_nodes; n++)
        nodes |= input->nodes[n].in_service ? hf_plan_bit(n) : 0;
    return nodes;
}

static int64_t amount(int64_t value)
{
    return value < HF_PLACE_AMOUNT_MAX ? value : HF_PLACE_AMOUNT_MAX - 1;
}

static int64_t unlimited(const struct hf_plan_input *input, unsigned r)
{
    int64_t total = 1;
    for (unsigned i = 0; i < input->n_instances; i++)
        total += input->instances[i].demand[r];
    return amount(total * UNLIMITED_TIMES);
}

static void set_nodes(struct hf_plan_solver *s, const struct hf_plan_input *input)
{
    s->problem.n_nodes = input->n_nodes;
    s->problem.n_resources = HF_RESOURCES;
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        int64_t most = unlimited(input, r);
        for (unsigned n = 0; n < input->n_nodes; n++) {
            int64_t capacity = input->nodes[n].capacity[r];
            s->problem.nodes[n].cap[r] = capacity ? amount(hf_plan_usable(input, capacity)) : most;
        }
    }
}

static void set_instance(const struct hf_plan_instance *from, struct hf_place_instance *to)
{
    to->priority = from->priority;
    to->has_degraded = from->has_degraded;
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        to->demand[r] = amount(from->demand[r]);
        to->degraded[r] = amount(from->degraded[r]);
    }
    to->owners = from->owners;
}

/* The optimiser wants the groups' numbers within its rows: that of the first member, from 1. */
static void set_together(struct hf_plan_solver *s, const struct hf_plan_input *input)
{
    uint16_t first[HF_INSTANCES_MAX + 1] = {0};
    for (unsigned row = 0; row < s->n_wanted; row++) {
        unsigned group = input->instances[s->wanted[row]].together;
        if (group && !first[group])
            first[group] = (uint16_t)(row + 1);
        s->problem.instances[row].together_with = group ? first[group] : 0;
    }
}

static bool names(const struct hf_plan_instance *instance, unsigned other)
{
    for (unsigned k = 0; k < instance->n_apart; k++)
        if (instance->apart[k] == other)
            return true;
    return false;
}

bool hf_plan_is_apart(const struct hf_plan_input *input, unsigned a, unsigned b)
{
    return names(&input->instances[a], b) || names(&input->instances[b], a);
}

/* Each pair once, named by either side. */
static void set_apart(struct hf_plan_solver *s, const struct hf_plan_input *input)
{
    uint16_t row_of[HF_INSTANCES_MAX];
    memset(row_of, 0xff, sizeof(row_of));
    s->problem.n_pairs = 0;
    for (unsigned row = 0; row < s->n_wanted; row++)
        row_of[s->wanted[row]] = (uint16_t)row;
    for (unsigned row = 0; row < s->n_wanted; row++) {
        unsigned i = s->wanted[row];
        const struct hf_plan_instance *instance = &input->instances[i];
        for (unsigned k = 0; k < instance->n_apart; k++) {
            unsigned j = instance->apart[k];
            const struct hf_plan_instance *other = &input->instances[j];
            bool twice = j < i && names(other, i);
            for (unsigned before = 0; before < k; before++)
                twice |= instance->apart[before] == j;
            if (row_of[j] == UINT16_MAX || j == i || twice)
                continue;
            s->problem.pairs[s->problem.n_pairs++] =
                (struct hf_place_pair){(uint16_t)row, row_of[j]};
        }
    }
}

void hf_plan_solver_set(struct hf_plan_solver *s, const struct hf_plan_input *input)
{
    s->n_wanted = 0;
    for (unsigned i = 0; i < input->n_instances; i++) {
        if (!input->instances[i].wanted)
            continue;
        set_instance(&input->instances[i], &s->problem.instances[s->n_wanted]);
        s->wanted[s->n_wanted++] = (uint16_t)i;
    }
    s->problem.n_instances = s->n_wanted;
    set_nodes(s, input);
    set_together(s, input);
    set_apart(s, input);
}

/*
 * The order in which the coordinator looks for a node (core/owners.h): the next preferred owner
 * down the list from where it was, wrapping; then passive nodes. What is left counts alike.
 */
static void set_order(const struct hf_plan_input *input, const struct hf_plan_instance *from,
                      int home, struct hf_place_instance *to)
{
    unsigned count = 0;
    unsigned start = 0;
    uint64_t listed = home >= 0 ? hf_plan_bit((unsigned)home) : 0;
    for (unsigned k = 0; k < from->n_preferred; k++)
        start = from->preferred[k] == home ? k + 1 : start;
    if (to->current != HF_PLACE_NONE && (from->owners & listed))
        to->preferred[count++] = (uint8_t)home;
    for (unsigned k = 0; k < from->n_preferred; k++) {
        unsigned n = from->preferred[(start + k) % from->n_preferred];
        if (!(listed & hf_plan_bit(n)))
            to->preferred[count++] = (uint8_t)n;
        listed |= hf_plan_bit(n);
    }
    for (unsigned n = 0; n < input->n_nodes; n++)
        if (input->nodes[n].passive && (from->owners & ~listed & hf_plan_bit(n)))
            to->preferred[count++] = (uint8_t)n;
    to->n_preferred = (uint8_t)count;
}

static bool all_in_service(const struct hf_plan_input *input)
{
    return (unsigned)__builtin_popcountll(hf_plan_in_service(input)) == input->n_nodes;
}

/* In normal times passive nodes are kept free; after a loss they are what they are there for. */
static void set_loss(struct hf_plan_solver *s, const struct hf_plan_input *input, uint64_t lost,
                     const int8_t *from)
{
    bool normal = !lost && all_in_service(input);
    for (unsigned n = 0; n < input->n_nodes; n++) {
        s->problem.nodes[n].up = input->nodes[n].in_service && !(lost & hf_plan_bit(n));
        s->problem.nodes[n].passive = normal && input->nodes[n].passive;
    }
    for (unsigned row = 0; row < s->n_wanted; row++) {
        unsigned i = s->wanted[row];
        int8_t at = from ? from[i] : input->instances[i].now;
        struct hf_place_instance *to = &s->problem.instances[row];
        to->current = at >= 0 && s->problem.nodes[at].up ? at : HF_PLACE_NONE;
        to->last = at;
        if (normal) {
            to->n_preferred = input->instances[i].n_preferred;
            memcpy(to->preferred, input->instances[i].preferred, sizeof(to->preferred));
        } else {
            set_order(input, &input->instances[i], at, to);
        }
    }
}

unsigned hf_plan_solve(struct hf_plan_solver *s, const struct hf_plan_input *input, uint64_t lost,
                       const int8_t *from, uint64_t steps, int8_t *place)
{
    unsigned left_out = 0;
    set_loss(s, input, lost, from);
    hf_place_solve(&s->problem, &s->ws, steps, &s->result);
    s->optimal = s->result.status == HF_PLACE_OPTIMAL;
    s->proved = s->result.n_classes_proved == s->result.values.n_classes;
    memset(place, HF_PLAN_NOWHERE, input->n_instances * sizeof(*place));
    for (unsigned row = 0; row < s->n_wanted; row++) {
        place[s->wanted[row]] = s->result.node[row];
        left_out += s->result.node[row] < 0;
    }
    s->proved |= left_out == 0;
    return left_out;
}

/* Full demand for what has a node of its own with room for it, else what it does with. */
static bool runs_full(const struct hf_plan_input *input, const struct hf_plan_node *node,
                      const struct hf_plan_instance *instance)
{
    for (unsigned r = 0; r < HF_RESOURCES; r++)
        if (node->capacity[r] && instance->demand[r] > hf_plan_usable(input, node->capacity[r]))
            return false;
    return true;
}

void hf_plan_load(const struct hf_plan_input *input, const int8_t *place,
                  int64_t (*load)[HF_RESOURCES])
{
    unsigned count[HF_NODES_MAX] = {0};
    memset(load, 0, input->n_nodes * sizeof(*load));
    for (unsigned i = 0; i < input->n_instances; i++)
        if (place[i] >= 0)
            count[place[i]]++;
    for (unsigned i = 0; i < input->n_instances; i++) {
        const struct hf_plan_instance *instance = &input->instances[i];
        if (place[i] < 0)
            continue;
        bool full = count[place[i]] == 1 && runs_full(input, &input->nodes[place[i]], instance);
        for (unsigned r = 0; r < HF_RESOURCES; r++)
            load[place[i]][r] += full ? instance->demand[r] : hf_plan_need(instance, r);
    }
}
