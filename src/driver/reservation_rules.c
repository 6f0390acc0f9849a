#include "driver/reservation_rules.h"

#include <linux/pr.h>

#include "driver/driver.h"

bool hf_reservation_registered(const struct hf_reservation_state *state, uint64_t key)
{
    for (uint32_t i = 0; i < state->key_count; i++) {
        if (state->keys[i] == key)
            return true;
    }
    return false;
}

static struct hf_reservation_move move(enum hf_reservation_step step, uint64_t key)
{
    return (struct hf_reservation_move){.step = step, .key = key};
}

/* May this key, which is not ours, be displaced? tie = its generation may equal ours. */
static enum hf_reservation_step judge(uint64_t key, uint64_t ours, bool tie)
{
    if (hf_key_cluster(key) != hf_key_cluster(ours))
        return HF_STEP_FOREIGN;
    if (hf_key_generation(key) > hf_key_generation(ours))
        return HF_STEP_NEWER;
    if (hf_key_generation(key) == hf_key_generation(ours) && !tie)
        return HF_STEP_NEWER;
    return HF_STEP_DONE;
}

/* FOREIGN or NEWER when there is a key that must not be displaced; a foreign one goes first. */
static struct hf_reservation_move refusal(const struct hf_reservation_state *state, uint64_t ours,
                                          bool registered)
{
    struct hf_reservation_move found = move(HF_STEP_DONE, 0);
    if (state->type != 0 && state->holder != ours) {
        found = move(judge(state->holder, ours, false), state->holder);
        if (found.step == HF_STEP_FOREIGN)
            return found;
    }
    for (uint32_t i = 0; i < state->key_count; i++) {
        uint64_t key = state->keys[i];
        if (key == ours || (found.key == key && found.step != HF_STEP_DONE))
            continue;
        enum hf_reservation_step step = judge(key, ours, registered);
        if (step == HF_STEP_FOREIGN)
            return move(step, key);
        if (step == HF_STEP_NEWER && found.step == HF_STEP_DONE)
            found = move(step, key);
    }
    return found;
}

static uint64_t leftover(const struct hf_reservation_state *state, uint64_t ours)
{
    for (uint32_t i = 0; i < state->key_count; i++) {
        if (state->keys[i] != ours)
            return state->keys[i];
    }
    return 0;
}

struct hf_reservation_move hf_reservation_next(const struct hf_reservation_state *state,
                                               uint64_t ours, bool registered)
{
    bool in_list = registered && hf_reservation_registered(state, ours);
    struct hf_reservation_move refused = refusal(state, ours, in_list);
    if (refused.step != HF_STEP_DONE)
        return refused;
    if (!in_list)
        return move(HF_STEP_REGISTER, 0);
    if (state->type == 0)
        return move(HF_STEP_RESERVE, 0);
    if (state->holder != ours)
        return move(HF_STEP_PREEMPT, state->holder);
    if (state->type != PR_WRITE_EXCLUSIVE_REG_ONLY)
        return move(HF_STEP_RELEASE, 0);
    uint64_t other = leftover(state, ours);
    return other ? move(HF_STEP_PREEMPT, other) : move(HF_STEP_DONE, 0);
}
