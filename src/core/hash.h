/*
 * hash.h - the hash by which members compare their states.
 *
 * Each entity (cluster, node, instance) is encoded and hashed with its place as the seed; the hash
 * of a state is the exclusive or over all entities, so that a change updates it at the cost of the
 * entity it touches. Entities whose slot is free count as nothing.
 */
#ifndef HF_CORE_HASH_H
#define HF_CORE_HASH_H

#include "core/state.h"

uint64_t hf_hash_format(const struct hf_state *state);
uint64_t hf_hash_cluster(const struct hf_state *state);
uint64_t hf_hash_node(const struct hf_state *state, uint8_t node);
/* The specification and what is known of an instance are hashed apart. */
uint64_t hf_hash_instance_spec(const struct hf_state *state, uint16_t instance);
uint64_t hf_hash_instance(const struct hf_state *state, uint16_t instance);

#endif
