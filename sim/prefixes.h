/* prefixes.h - actions cut off in the middle, in a small world of one instance. */
#ifndef HF_SIM_PREFIXES_H
#define HF_SIM_PREFIXES_H

#include "world.h"

/* A cluster with one instance that is online. False: it could not be made. */
bool sim_small_world(struct sim_world *world, unsigned nodes, bool witness);

/* Everything is mended, and must be whole again in time. */
void sim_ends_well(struct sim_world *world);

/* Every action, cut off at every step by each node's loss of power. Return how many ended badly;
 * which ones is printed. */
unsigned sim_prefixes(struct sim_world *world);

/* Two nodes come for the first time at once, and most of the old ones lose power at each moment of
 * it: at no time may the old ones and the new ones both have a quorum. */
unsigned sim_votes(struct sim_world *world);

#endif
