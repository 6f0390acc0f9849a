/*
 * group_impl.h - what the files group*.c share: corosync as the cores see it. group.c orders,
 * group_ring.c forms rings, group_quorum.c counts votes, group_process.c is the daemons' side.
 */
#ifndef HF_SIM_GROUP_IMPL_H
#define HF_SIM_GROUP_IMPL_H

#include "world.h"

/* group.c */
bool sim_alive(const struct sim_world *world, uint8_t n); /* its corosync can take part */
bool sim_hears(const struct sim_world *world, uint8_t a, uint8_t b); /* both ways */
bool sim_ring_intact(const struct sim_world *world, const struct sim_ring *ring);
/* Room for one more item that the daemon of a node gets after the delay (us). */
struct sim_item *sim_inbox_push(struct sim_world *world, uint8_t n, uint64_t delay);
/* Gives the entries up to an index of its ring's log to a member. */
void sim_pass_on(struct sim_world *world, uint8_t n, uint32_t to);
void sim_ask_for_order(struct sim_world *world, uint8_t n);
void sim_enqueue(struct sim_world *world, uint8_t n, const struct sim_entry *entry);
/* When a ring breaks some members may have missed the end of its log. */
void sim_miss_some(struct sim_world *world, uint32_t ring);

/* group_quorum.c */
void sim_tell_quorum(struct sim_world *world, uint8_t n, uint64_t delay);
/* Of the rings that the witness would make quorate, one gets its vote: the array decides. */
void sim_witness_vote(struct sim_world *world);

#endif
