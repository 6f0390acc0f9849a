/*
 * disk.h - a shared disk with persistent reservations, and the judge of I1.
 *
 * Registrations are per node (I_T nexus), the reservation is write-exclusive, registrants only. The
 * rules of a takeover are the real ones: src/driver/reservation_rules.c decides each step. Every
 * accepted write carries the generation of the engine that wrote; a lower one after a higher one
 * is remembered as a violation, and so is a row written over an acknowledged one.
 */
#ifndef HF_SIM_DISK_H
#define HF_SIM_DISK_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_NODES 9u

struct sim_disk {
    uint64_t keys[SIM_NODES]; /* registered key of each node, 0 = none */
    uint64_t foreign;         /* somebody who is not of this cluster registered this key */
    uint64_t holder;          /* key that holds the reservation, 0 = there is none */
    uint32_t newest;          /* highest generation that wrote */
    uint64_t rows;            /* length of the log of committed rows */
    uint64_t acknowledged;    /* of these, told to clients */
    uint64_t refused;         /* writes the array turned down */
};

enum sim_take { SIM_TAKE_OK, SIM_TAKE_NEWER, SIM_TAKE_FOREIGN };

/* A whole acquire; what it found is returned, ret_generation on NEWER, ret_key the key preempted.
 * fenced is the set of nodes whose registration went away. */
enum sim_take sim_disk_acquire(struct sim_disk *disk, uint8_t node, uint32_t generation,
                               uint32_t *ret_generation, uint64_t *ret_key, uint64_t *ret_fenced);
void sim_disk_release(struct sim_disk *disk, uint8_t node);
uint32_t sim_disk_generation(const struct sim_disk *disk, uint8_t node);
bool sim_disk_may_write(const struct sim_disk *disk, uint8_t node);

enum sim_write { SIM_WRITE_OK, SIM_WRITE_REFUSED, SIM_WRITE_STALE };

/* A write of an engine of this generation; STALE = accepted although a later generation wrote. */
enum sim_write sim_disk_write(struct sim_disk *disk, uint8_t node, uint32_t generation);

#endif
