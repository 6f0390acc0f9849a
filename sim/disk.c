/* disk.c - what an array does with registrations, reservations and writes. */
#include "disk.h"

#include "driver/driver.h"
#include "driver/reservation_rules.h"

#define TAG 0x4846u
#define REGISTRANTS_ONLY 3u /* PR_WRITE_EXCLUSIVE_REG_ONLY */

static struct hf_reservation_state look(const struct sim_disk *disk)
{
    struct hf_reservation_state state = {.holder = disk->holder,
                                         .type = disk->holder ? REGISTRANTS_ONLY : 0};
    for (unsigned n = 0; n < SIM_NODES; n++) {
        if (disk->keys[n])
            state.keys[state.key_count++] = disk->keys[n];
    }
    if (disk->foreign)
        state.keys[state.key_count++] = disk->foreign;
    return state;
}

static uint64_t drop_key(struct sim_disk *disk, uint64_t key)
{
    uint64_t fenced = 0;
    for (unsigned n = 0; n < SIM_NODES; n++) {
        if (disk->keys[n] != key)
            continue;
        disk->keys[n] = 0;
        fenced |= 1ull << n;
    }
    return fenced;
}

enum sim_take sim_disk_acquire(struct sim_disk *disk, uint8_t node, uint32_t generation,
                               uint32_t *ret_generation, uint64_t *ret_key, uint64_t *ret_fenced)
{
    uint64_t ours = hf_key_make(TAG, (uint16_t)(node + 1), generation);
    bool registered = false;
    for (;;) {
        struct hf_reservation_state state = look(disk);
        struct hf_reservation_move move = hf_reservation_next(&state, ours, registered);
        switch (move.step) {
        case HF_STEP_REGISTER:
            disk->keys[node] = ours;
            registered = true;
            break;
        case HF_STEP_RESERVE:
            disk->holder = ours;
            break;
        case HF_STEP_PREEMPT:
            *ret_fenced |= drop_key(disk, move.key);
            if (move.key == disk->holder) {
                *ret_key = move.key;
                disk->holder = ours;
            }
            break;
        case HF_STEP_RELEASE:
            disk->holder = 0;
            break;
        case HF_STEP_DONE:
            return SIM_TAKE_OK;
        case HF_STEP_NEWER:
        case HF_STEP_FOREIGN:
            if (registered)
                disk->keys[node] = 0;
            *ret_generation = hf_key_generation(move.key);
            return move.step == HF_STEP_NEWER ? SIM_TAKE_NEWER : SIM_TAKE_FOREIGN;
        }
    }
}

void sim_disk_release(struct sim_disk *disk, uint8_t node)
{
    if (disk->holder && disk->holder == disk->keys[node])
        disk->holder = 0;
    disk->keys[node] = 0;
}

uint32_t sim_disk_generation(const struct sim_disk *disk, uint8_t node)
{
    return hf_key_generation(disk->keys[node]);
}

bool sim_disk_may_write(const struct sim_disk *disk, uint8_t node)
{
    return !disk->holder || disk->keys[node];
}

enum sim_write sim_disk_write(struct sim_disk *disk, uint8_t node, uint32_t generation)
{
    if (!sim_disk_may_write(disk, node)) {
        disk->refused++;
        return SIM_WRITE_REFUSED;
    }
    if (generation < disk->newest)
        return SIM_WRITE_STALE;
    disk->newest = generation;
    return SIM_WRITE_OK;
}
