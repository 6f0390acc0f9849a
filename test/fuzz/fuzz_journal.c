/*
 * The records of a journal as the daemon reads them at its start (wire.h; kind & 1: a decision,
 * else a part of the snapshot). The first one that does not follow ends it; it leaves the state as
 * the one before it left it; then the daemon goes on with a state in order.
 */
#include <stdlib.h>
#include <string.h>

#include "check_state.h"
#include "target.h"
#include "wire.h"

static struct hf_core *core;
static struct hf_state *before;
static struct hf_actions *actions;

static bool restore(const struct frame *frame)
{
    return frame->kind & 1 ? hf_core_restore_decision(core, frame->bytes, frame->length)
                           : hf_core_restore_snapshot(core, frame->bytes, frame->length);
}

/* The daemon's first steps with what it found. */
static void start(void)
{
    struct hf_event tick = {.type = HF_EVENT_TICK, .now_ms = 1001, .wall_ms = core->wall_ms + 1};
    hf_core_step(core, &tick, actions);
    struct hf_event up = tick;
    up.type = HF_EVENT_ENGINE_UP;
    hf_core_step(core, &up, actions);
    struct hf_event alone = tick;
    alone.type = HF_EVENT_MEMBERSHIP;
    alone.membership = (struct hf_event_membership){.members = 1, .ring = {1, 4}, .settled = true};
    hf_core_step(core, &alone, actions);
    check_hash(core);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frame frame;
    if (!core) {
        core = malloc(hf_core_size());
        before = malloc(sizeof(*before));
        actions = malloc(sizeof(*actions));
        HF_ASSERT(core && before && actions);
    }
    fuzz_core_init(core, 0);
    bool follows = true;
    while (follows && frame_next(&data, &size, &frame)) {
        *before = core->state;
        follows = restore(&frame);
        if (!follows)
            HF_ASSERT(memcmp(before, &core->state, sizeof(*before)) == 0);
        else if (frame.kind & 1)
            HF_ASSERT(core->state.index == before->index + 1);
        check_hash(core);
    }
    check_snapshot(core);
    check_views(core);
    start();
    return 0;
}
