/*
 * The parts of a snapshot, as a joiner gets them (wire.h; kind and argument mean nothing). Taken or
 * refused; refused ones leave the state alone; what is taken is a state in order, and a snapshot of
 * it is the same state.
 */
#include <stdlib.h>
#include <string.h>

#include "check_state.h"
#include "target.h"
#include "wire.h"

static struct hf_core *core;
static struct hf_state *before;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frame frame;
    if (!core) {
        core = malloc(hf_core_size());
        before = malloc(sizeof(*before));
        HF_ASSERT(core && before);
    }
    fuzz_core_init(core, 0);
    *before = core->state;
    while (frame_next(&data, &size, &frame)) {
        bool receiving = core->receiving;
        bool taken = hf_core_restore_snapshot(core, frame.bytes, frame.length);
        bool same = memcmp(before, &core->state, sizeof(*before)) == 0;
        HF_ASSERT(taken || (same && (!core->receiving || receiving)));
        if (same)
            continue;
        check_hash(core);
        check_snapshot(core);
        check_views(core);
        *before = core->state;
    }
    return 0;
}
