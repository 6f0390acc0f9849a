/*
 * identity.h - which core this program carries.
 *
 * Two numbers are made at build time: one of all sources of src/core, one of the headers that say
 * how a core lies in memory. Cores with the same sources do the same with the same events; cores
 * with the same layout can take over each other's checkpoints. Neither depends on compiler, options
 * or machine, as long as that is little endian with 64-bit pointers.
 */
#ifndef HF_REPLAY_IDENTITY_H
#define HF_REPLAY_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

struct hf_identity {
    uint64_t sources;
    uint64_t layout;
    uint64_t size;      /* of a core, bytes */
    uint32_t instances; /* HF_INSTANCES_MAX it was built with */
};

void hf_identity_own(struct hf_identity *ret);

bool hf_identity_same_sources(const struct hf_identity *a, const struct hf_identity *b);
bool hf_identity_same_layout(const struct hf_identity *a, const struct hf_identity *b);

#endif
