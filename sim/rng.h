/* rng.h - the only source of chance in a simulated world: splitmix64 from a seed. */
#ifndef HF_SIM_RNG_H
#define HF_SIM_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct sim_rng {
    uint64_t state;
};

static inline uint64_t sim_random(struct sim_rng *rng)
{
    uint64_t z = (rng->state += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

/* from..to, both included. */
static inline uint64_t sim_between(struct sim_rng *rng, uint64_t from, uint64_t to)
{
    return from + sim_random(rng) % (to - from + 1);
}

static inline bool sim_chance(struct sim_rng *rng, uint32_t per_mille)
{
    return sim_random(rng) % 1000 < per_mille;
}

#endif
