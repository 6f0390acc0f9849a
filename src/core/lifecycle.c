#include "core/lifecycle.h"

#include "base/assert.h"

static const char *const phase_words[HF_PHASE_COUNT] = {
    [HF_OFFLINE] = "offline",       [HF_ACQUIRING] = "acquiring", [HF_MOUNTING] = "mounting",
    [HF_RECOVERING] = "recovering", [HF_ONLINE] = "online",       [HF_STOPPING] = "stopping",
    [HF_FAILED] = "failed",         [HF_STRANDED] = "stranded",
};

static const char *const trigger_words[HF_TRIGGER_COUNT] = {
    [HF_START] = "start",   [HF_ACQUIRED] = "acquired", [HF_MOUNTED] = "mounted",
    [HF_READY] = "ready",   [HF_FAIL] = "fail",         [HF_RESTART] = "restart",
    [HF_STOP] = "stop",     [HF_STOPPED] = "stopped",   [HF_ADOPT] = "adopt",
    [HF_STRAND] = "strand",
};

static const struct hf_lifecycle_row rows[] = {
    {HF_OFFLINE, HF_START, HF_ACQUIRING, "this node became the owner: it takes the reservation"},
    {HF_OFFLINE, HF_ADOPT, HF_ONLINE, "the daemon came back and found its instance running"},
    {HF_OFFLINE, HF_STOP, HF_STOPPING, "something of it was found here that must not be"},
    {HF_OFFLINE, HF_FAIL, HF_FAILED, "it could not even be tried"},
    {HF_OFFLINE, HF_STRAND, HF_STRANDED, "no node may and can run it now"},
    {HF_ACQUIRING, HF_ACQUIRED, HF_MOUNTING, "the old owner is cut off from the disks"},
    {HF_ACQUIRING, HF_FAIL, HF_FAILED, "the reservation was not to be had"},
    {HF_ACQUIRING, HF_STOP, HF_STOPPING, "it is wanted elsewhere, or not at all"},
    {HF_MOUNTING, HF_MOUNTED, HF_RECOVERING, "file systems and address are up: the engine starts"},
    {HF_MOUNTING, HF_FAIL, HF_FAILED, "a file system or the address did not come up"},
    {HF_MOUNTING, HF_STOP, HF_STOPPING, "it is wanted elsewhere, or not at all"},
    {HF_RECOVERING, HF_READY, HF_ONLINE, "the engine accepts clients"},
    {HF_RECOVERING, HF_FAIL, HF_FAILED, "the engine ended, or its recovery stood still"},
    {HF_RECOVERING, HF_STOP, HF_STOPPING, "it is wanted elsewhere, or not at all"},
    {HF_ONLINE, HF_STOP, HF_STOPPING, "a move, an administrator, or this node's duty"},
    {HF_ONLINE, HF_FAIL, HF_FAILED, "the engine ended or went silent, or disk or key was lost"},
    {HF_FAILED, HF_RESTART, HF_RECOVERING, "the engine is started again in place"},
    {HF_FAILED, HF_STOP, HF_STOPPING, "this node gives it up and cleans up"},
    {HF_FAILED, HF_STRAND, HF_STRANDED, "no node may and can run it now"},
    {HF_STOPPING, HF_STOPPED, HF_OFFLINE, "nothing of it is left here"},
    {HF_STRANDED, HF_START, HF_ACQUIRING, "a node may and can run it again"},
    {HF_STRANDED, HF_STOPPED, HF_OFFLINE, "an administrator does not want it online any more"},
};

const char *hf_phase_word(enum hf_phase phase)
{
    HF_ASSERT(phase < HF_PHASE_COUNT);
    return phase_words[phase];
}

const char *hf_trigger_word(enum hf_trigger trigger)
{
    HF_ASSERT(trigger < HF_TRIGGER_COUNT);
    return trigger_words[trigger];
}

const struct hf_lifecycle_row *hf_lifecycle_rows(size_t *ret_count)
{
    *ret_count = sizeof(rows) / sizeof(rows[0]);
    return rows;
}

bool hf_lifecycle_next(enum hf_phase from, enum hf_trigger trigger, enum hf_phase *ret_to)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].from == from && rows[i].trigger == trigger) {
            *ret_to = rows[i].to;
            return true;
        }
    }
    return false;
}
