/*
 * arrange_simple.c - the rule that administrators know: in the order of their importance, each
 * takes the first node of its list that has room. A node that has room now comes before one that
 * will have it when something has stopped there. Nothing that runs is moved for it.
 */
#include <string.h>

#include "core/arrange_impl.h"
#include "core/demand.h"

static void add(struct hf_arrange *arrange, int64_t load[HF_NODES_MAX][HF_RESOURCES], uint16_t k,
                unsigned n)
{
    for (unsigned r = 0; r < HF_RESOURCES; r++)
        load[n][r] += arrange->problem.instances[k].degraded[r];
}

/* planned holds what has a place; present also what is somewhere without having its place there. */
static void count_present(struct hf_core *core)
{
    struct hf_arrange *arrange = &core->arrange;
    memcpy(arrange->present, arrange->planned, sizeof(arrange->present));
    for (unsigned k = 0; k < core->order_count; k++) {
        uint16_t i = core->order[k];
        uint8_t here = arrange->here[i];
        bool counted = arrange->need[i] == HF_NEED_LEAVING || here == arrange->at[i];
        if (here == HF_NODE_NONE || counted)
            continue;
        for (unsigned r = 0; r < HF_RESOURCES; r++)
            arrange->present[here][r] += (int64_t)hf_demand(&core->state, i, r);
    }
}

/* here: it is on the node already, its own load is in the sum. */
static bool fits(const struct hf_arrange *arrange, const int64_t *load, uint16_t k, unsigned n,
                 bool here)
{
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        int64_t demand = arrange->problem.instances[k].degraded[r];
        int64_t sum = load[r] + (here ? 0 : demand);
        if (demand && sum > arrange->problem.nodes[n].cap[r])
            return false;
    }
    return true;
}

static bool rival_on(const struct hf_core *core, uint16_t i, unsigned n, bool present)
{
    const struct hf_arrange *arrange = &core->arrange;
    const struct hf_relations *relations = &core->relations;
    for (unsigned e = relations->rival_start[i]; e < relations->rival_start[i + 1]; e++) {
        uint16_t j = relations->rival[e];
        if (present && arrange->here[j] == n)
            return true;
        if (arrange->index[j] != HF_INSTANCE_NONE && arrange->simple[arrange->index[j]] == (int)n)
            return true;
    }
    return false;
}

static bool mate_elsewhere(const struct hf_arrange *arrange, uint16_t k, unsigned n)
{
    const struct hf_place_instance *instance = &arrange->problem.instances[k];
    bool grouped = instance->together_with && !HF_PLANTED(35);
    for (uint16_t j = 0; grouped && j < arrange->count; j++) {
        bool mate = arrange->problem.instances[j].together_with == instance->together_with;
        if (mate && j != k && arrange->simple[j] >= 0 && arrange->simple[j] != (int)n)
            return true;
    }
    return false;
}

static bool take_place(struct hf_core *core, uint16_t i, bool present)
{
    struct hf_arrange *arrange = &core->arrange;
    uint16_t k = arrange->index[i];
    const struct hf_place_instance *instance = &arrange->problem.instances[k];
    for (unsigned p = 0; p < instance->n_preferred; p++) {
        uint8_t n = instance->preferred[p];
        bool here = arrange->here[i] == n;
        bool counted = here && (present || arrange->need[i] == HF_NEED_LEAVING);
        const int64_t *load = present ? arrange->present[n] : arrange->planned[n];
        if (!arrange->problem.nodes[n].up || !fits(arrange, load, k, n, counted) ||
            rival_on(core, i, n, present) || mate_elsewhere(arrange, k, n))
            continue;
        arrange->simple[k] = (int8_t)n;
        if (arrange->need[i] != HF_NEED_LEAVING || !here)
            add(arrange, arrange->planned, k, n);
        if (!here)
            add(arrange, arrange->present, k, n);
        return true;
    }
    return false;
}

bool hf_arrange_simple(struct hf_core *core)
{
    struct hf_arrange *arrange = &core->arrange;
    bool all = true;
    count_present(core);
    for (uint16_t k = 0; k < arrange->count; k++)
        arrange->simple[k] = arrange->problem.instances[k].current;
    for (unsigned o = 0; o < core->order_count; o++) {
        uint16_t i = core->order[o];
        if (hf_needs_place(arrange->need[i]) && !take_place(core, i, true) &&
            !take_place(core, i, false))
            all = false;
    }
    return all;
}
