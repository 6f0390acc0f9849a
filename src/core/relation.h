/*
 * relation.h - which instances may not, and which must, share a node.
 *
 * apart_from and together_with are stated on either side and mean both; together_with goes on: a
 * with b and b with c is one group of three. Worked out once per configuration.
 */
#ifndef HF_CORE_RELATION_H
#define HF_CORE_RELATION_H

#include "core/spec.h"

struct hf_relations {
    uint16_t rival_start[HF_INSTANCES_MAX + 1]; /* apart: rivals of i are from start[i] */
    uint16_t rival[2 * HF_RELATIONS_MAX * HF_INSTANCES_MAX];
    uint16_t leader[HF_INSTANCES_MAX]; /* together: the most important of its group, often itself */
    bool grouped[HF_INSTANCES_MAX];    /* there are others in its group */
};

/* The priority that counts in a decision: its own, or that of something more important that starts
 * after it. Without this, what waits for an instance could take that one's room, and wait again. */
void hf_weigh(const struct hf_spec *spec, unsigned end, int32_t weight[HF_INSTANCES_MAX]);

/* order: the instances that exist, most important first. */
void hf_relations_init(struct hf_relations *relations, const struct hf_spec *spec,
                       const uint16_t *order, unsigned count);

#endif
