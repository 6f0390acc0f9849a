/*
 * decide_format.c - the format in use: raised when all speak a newer one; what waits for it; and
 * the end of a daemon that is too old for it.
 */
#include "core/impl.h"

/* Everybody who must be able to read what is decided: those who vote, and those who are here. */
static uint64_t readers(const struct hf_core *core)
{
    return hf_state_voters(&core->state) | core->membership.members;
}

/* What all of them speak; 0 when one has not said it yet. */
static uint16_t spoken_by_all(const struct hf_core *core, uint64_t nodes)
{
    uint16_t newest = HF_FORMAT_PLANNED;
    if (HF_PLANTED(40))
        return core->config.speaks;
    for (; nodes; nodes &= nodes - 1) {
        uint16_t speaks = core->hellos[__builtin_ctzll(nodes)].speaks;
        newest = speaks < newest ? speaks : newest;
    }
    return newest;
}

/* Not while one of them is away: it may come back with another version than it had. */
void hf_propose_format(struct hf_core *core, struct hf_proposal *proposal)
{
    uint64_t up = hf_up_nodes(core), nodes = readers(core);
    bool settled = core->synced_self && core->state.members == up &&
                   core->state.coordinator == core->config.node;
    if (!core->state.spec.cluster.name[0] || !settled || nodes & ~up)
        return;
    uint16_t newest = spoken_by_all(core, nodes);
    if (newest <= core->state.format)
        return;
    struct hf_change change = hf_change_make(HF_CHANGE_FORMAT, HF_REASON_FORMAT_RAISED);
    change.number = change.reason.number = newest;
    hf_propose(proposal, &change);
}

struct hf_reason hf_format_hinders(const struct hf_core *core, uint16_t needed)
{
    uint64_t old = 0, away = 0;
    if (needed <= core->state.format || HF_PLANTED(44))
        return hf_reason_make(HF_REASON_NONE);
    for (uint8_t n = 0; n < HF_NODES_MAX; n++) {
        uint16_t said = core->hellos[n].speaks;
        if (!(readers(core) & hf_bit(n)))
            continue;
        if ((said ? said : core->state.nodes[n].speaks) < needed)
            old |= hf_bit(n);
        else if (!(hf_up_nodes(core) & hf_bit(n)))
            away |= hf_bit(n);
    }
    struct hf_reason reason =
        hf_reason_make(old ? HF_REASON_FORMAT_NEEDED : HF_REASON_FORMAT_WAITS);
    reason.number = old ? old : away;
    /* Nobody hinders it: it is being decided just now. */
    return old | away ? reason : hf_reason_make(HF_REASON_CONFIG_BUSY);
}

void hf_format_halt(struct hf_core *core, uint64_t format)
{
    core->too_new = format > UINT16_MAX ? UINT16_MAX : (uint16_t)format;
    if (!core->out)
        return; /* its journal is being read; the first step says so */
    struct hf_reason reason = hf_reason_node(HF_REASON_FORMAT_TOO_NEW, core->config.node);
    reason.number = core->too_new;
    hf_halt(core, reason);
}
