/*
 * reservation_rules.h - who may take a disk: one pure decision over what was read from it.
 *
 * hf_reservation_acquire reads the registered keys and the reservation, asks for the next step,
 * does it, and starts over until the answer is DONE or a refusal. Every step is atomic in the
 * array, and a PREEMPT names the very key that was read: when the disk changed in between, the
 * array answers with a conflict and the next round decides on what is there then.
 *
 * Rules, the first that fits:
 *   a key of another cluster, or a reservation of all registrants   -> FOREIGN, its key
 *   a key of a later generation                                     -> NEWER, its key
 *   a key of our generation from another node that holds the reservation, or that was
 *     registered before us                                          -> NEWER, its key
 *   we have not registered, or our key is gone                      -> REGISTER
 *   nobody holds the reservation                                    -> RESERVE
 *   someone else holds it                                           -> PREEMPT, its key
 *   we hold it with another type                                    -> RELEASE
 *   another key is registered                                       -> PREEMPT, its key
 *   otherwise                                                       -> DONE
 * Two nodes with the same generation that both registered: the one that gets the reservation wins.
 */
#ifndef HF_DRIVER_RESERVATION_RULES_H
#define HF_DRIVER_RESERVATION_RULES_H

#include <stdbool.h>
#include <stdint.h>

#define HF_RESERVATION_KEYS_MAX 256u

/* What stands on a disk. */
struct hf_reservation_state {
    uint32_t changes;   /* counts registrations and preemptions: PRGENERATION */
    uint32_t key_count; /* registered keys; one per path, so a key may stand there twice */
    uint64_t keys[HF_RESERVATION_KEYS_MAX];
    uint64_t holder; /* key that holds the reservation; 0 also when all registrants do */
    uint32_t type;   /* enum pr_type of the reservation, 0 = there is none */
};

enum hf_reservation_step {
    HF_STEP_DONE,
    HF_STEP_REGISTER,
    HF_STEP_RESERVE,
    HF_STEP_RELEASE,
    HF_STEP_PREEMPT,
    HF_STEP_NEWER,
    HF_STEP_FOREIGN,
};

struct hf_reservation_move {
    enum hf_reservation_step step;
    uint64_t key; /* of PREEMPT, NEWER, FOREIGN */
};

bool hf_reservation_registered(const struct hf_reservation_state *state, uint64_t key);

/* The next step of an acquire; registered = this acquire has registered our key already. */
struct hf_reservation_move hf_reservation_next(const struct hf_reservation_state *state,
                                               uint64_t ours, bool registered);

#endif
