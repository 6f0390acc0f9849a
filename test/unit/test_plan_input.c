#include "test_plan_input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct hf_plan_input input;
static uint64_t seed_state;

static unsigned draw(unsigned below)
{
    seed_state = seed_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((seed_state >> 33) % below);
}

void clear(const char *name)
{
    memset(&input, 0, sizeof(input));
    input.reserve = 10;
    (void)snprintf(input.cluster, sizeof(input.cluster), "%s", name);
}

struct hf_plan_node *add_node(const char *name, int64_t memory)
{
    struct hf_plan_node *node = &input.nodes[input.n_nodes++];
    (void)snprintf(node->name, sizeof(node->name), "%s", name);
    node->up = node->in_service = true;
    node->capacity[HF_MEMORY] = memory;
    return node;
}

struct hf_plan_instance *add_instance(const char *name, int32_t priority, int64_t memory)
{
    struct hf_plan_instance *instance = &input.instances[input.n_instances++];
    (void)snprintf(instance->name, sizeof(instance->name), "%s", name);
    instance->wanted = true;
    instance->priority = priority;
    instance->demand[HF_MEMORY] = instance->degraded[HF_MEMORY] = memory;
    instance->owners = hf_plan_bit(input.n_nodes) - 1;
    instance->now = HF_PLAN_NOWHERE;
    instance->recovery_ms = HF_PLAN_RECOVERY_UNKNOWN;
    return instance;
}

struct hf_plan *make(void)
{
    struct hf_plan *plan = NULL;
    assert_int_equal(hf_plan_make(&input, NULL, &plan), 0);
    return plan;
}

struct hf_plan_heal heal_of(const struct hf_plan *plan)
{
    struct hf_plan_heal heal;
    assert_int_equal(hf_plan_make_heal(plan, 0, &heal), 0);
    return heal;
}

const struct hf_plan_case *find_case(const struct hf_plan *plan, const char *name)
{
    for (unsigned k = 0; k < plan->n_cases; k++)
        if (strcmp(plan->cases[k].name, name) == 0)
            return &plan->cases[k];
    fail_msg("no loss is called %s", name);
    return NULL;
}

void random_input(unsigned seed)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    seed_state = seed * 2654435761u + 1;
    clear("random");
    unsigned nodes = 2 + draw(3);
    for (unsigned n = 0; n < nodes; n++) {
        struct hf_plan_node *node = add_node(names[n], 60 + 10 * draw(8));
        node->capacity[HF_CPU] = draw(3) ? 60 + 10 * draw(8) : 0;
        node->passive = draw(5) == 0;
    }
    input.witness = draw(2);
    unsigned instances = 2 + draw(4);
    for (unsigned i = 0; i < instances; i++) {
        struct hf_plan_instance *instance = add_instance(names[i], (int32_t)draw(4), 10 + draw(50));
        instance->demand[HF_CPU] = instance->degraded[HF_CPU] = draw(40);
        if (draw(4) == 0) {
            instance->has_degraded = true;
            instance->degraded[HF_MEMORY] = instance->demand[HF_MEMORY] / 2;
        }
        if (draw(3) == 0)
            instance->owners = 1 + draw((1u << nodes) - 1);
        for (unsigned n = 0; n < nodes; n++)
            if ((instance->owners & hf_plan_bit(n)) && draw(2))
                instance->preferred[instance->n_preferred++] = (uint8_t)n;
        for (unsigned j = 0; j < i && instance->n_apart < 2; j++)
            if (draw(4) == 0)
                instance->apart[instance->n_apart++] = (uint16_t)j;
    }
    if (draw(4) == 0 && !hf_plan_is_apart(&input, 0, 1))
        input.instances[0].together = input.instances[1].together = 1;
}
