#include "core/relation.h"

#include <string.h>

#include "core/planted.h"

static bool exists(const struct hf_spec *spec, uint16_t i)
{
    return i < HF_INSTANCES_MAX && spec->instances[i].name[0];
}

/* Whether a names b in apart_from. */
static bool names(const struct hf_spec *spec, uint16_t a, uint16_t b)
{
    const struct hf_instance_spec *instance = &spec->instances[a];
    for (unsigned k = 0; k < instance->apart_count; k++) {
        if (instance->apart_from[k] == b)
            return true;
    }
    return false;
}

/* Calls for both sides of each pair, each pair once, however often it is stated. */
static void each_rival(struct hf_relations *relations, const struct hf_spec *spec,
                       const uint16_t *order, unsigned count,
                       void (*use)(struct hf_relations *, uint16_t, uint16_t))
{
    for (unsigned k = 0; k < count; k++) {
        const struct hf_instance_spec *instance = &spec->instances[order[k]];
        for (unsigned a = 0; a < instance->apart_count; a++) {
            uint16_t other = instance->apart_from[a];
            if (!exists(spec, other) || other == order[k] ||
                (other < order[k] && names(spec, other, order[k])))
                continue;
            use(relations, order[k], other);
            if (!HF_PLANTED(34))
                use(relations, other, order[k]);
        }
    }
}

static void count_rival(struct hf_relations *relations, uint16_t i, uint16_t other)
{
    (void)other;
    relations->rival_start[i]++;
}

/* Every start stands at the end of its list, and comes down to its place as the list is filled. */
static void list_rival(struct hf_relations *relations, uint16_t i, uint16_t other)
{
    relations->rival[--relations->rival_start[i]] = other;
}

static uint16_t root_of(const struct hf_relations *relations, uint16_t i)
{
    while (relations->leader[i] != i)
        i = relations->leader[i];
    return i;
}

static unsigned rank_of(const uint16_t *order, unsigned count, uint16_t i)
{
    unsigned k = 0;
    while (k < count && order[k] != i)
        k++;
    return k;
}

/* The more important of two roots leads. */
static void join(struct hf_relations *relations, const uint16_t *order, unsigned count, uint16_t a,
                 uint16_t b)
{
    a = root_of(relations, a);
    b = root_of(relations, b);
    if (a == b)
        return;
    bool first = rank_of(order, count, a) < rank_of(order, count, b);
    relations->leader[first ? b : a] = first ? a : b;
}

void hf_relations_init(struct hf_relations *relations, const struct hf_spec *spec,
                       const uint16_t *order, unsigned count)
{
    memset(relations, 0, sizeof(*relations));
    each_rival(relations, spec, order, count, count_rival);
    for (unsigned i = 1; i <= HF_INSTANCES_MAX; i++)
        relations->rival_start[i] =
            (uint16_t)(relations->rival_start[i] + relations->rival_start[i - 1]);
    each_rival(relations, spec, order, count, list_rival);
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++)
        relations->leader[i] = (uint16_t)i;
    for (unsigned k = 0; k < count; k++) {
        const struct hf_instance_spec *instance = &spec->instances[order[k]];
        for (unsigned t = 0; t < instance->together_count; t++) {
            if (exists(spec, instance->together_with[t]))
                join(relations, order, count, order[k], instance->together_with[t]);
        }
    }
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        relations->leader[i] = root_of(relations, (uint16_t)i);
        if (relations->leader[i] != i)
            relations->grouped[i] = relations->grouped[relations->leader[i]] = true;
    }
}

void hf_weigh(const struct hf_spec *spec, unsigned end, int32_t weight[HF_INSTANCES_MAX])
{
    for (unsigned i = 0; i < end; i++)
        weight[i] = exists(spec, (uint16_t)i) ? hf_spec_priority(&spec->instances[i]) : INT32_MIN;
    for (bool again = true; again;) { /* ends: weights only grow, up to the highest */
        again = false;
        for (unsigned i = 0; i < end; i++) {
            const struct hf_instance_spec *instance = &spec->instances[i];
            for (unsigned a = 0; exists(spec, (uint16_t)i) && a < instance->after_count; a++) {
                uint16_t first = instance->after[a];
                if (!exists(spec, first) || weight[first] >= weight[i])
                    continue;
                weight[first] = weight[i];
                again = true;
            }
        }
    }
}
