/*
 * membership.c - who is there, who holds the newest state, who coordinates.
 *
 * Happy path of a loss: the members that are left all hold the same state, so the coordinator (the
 * senior one of them) decides at once; no message is exchanged before. Happy path of a join: every
 * member multicasts HELLO with the position of its state; when all were heard, those with the
 * newest state are known to all alike, the senior of them opens a regime, and whoever holds
 * something else asks for a snapshot.
 * Failure modes: the membership changes again meanwhile - it begins anew; a member does not say
 * HELLO in time - one of the others says GO, and at that place in the order all go on without it;
 * it asks for a snapshot when it wakes. A state counts as the newest only when so many configured
 * nodes were heard that every majority which may have acknowledged something is among them.
 */
#include <string.h>

#include "core/impl.h"

static bool same_ring(const struct hf_ring *a, const struct hf_ring *b)
{
    return a->node == b->node && a->seq == b->seq;
}

bool hf_has_quorum(const struct hf_core *core)
{
    return core->engine_up && core->membership.settled && core->quorum.quorate &&
           same_ring(&core->membership.ring, &core->quorum.ring);
}

bool hf_may_act(const struct hf_core *core)
{
    return hf_has_quorum(core) && core->synced_self && core->now_ms >= core->tilt_until_ms;
}

uint64_t hf_up_nodes(const struct hf_core *core)
{
    return core->synced & core->membership.members;
}

uint8_t hf_coordinator(const struct hf_core *core)
{
    if (core->sync != HF_SYNC_REGIME)
        return HF_NODE_NONE;
    return hf_state_senior(&core->state, hf_up_nodes(core));
}

static void hello_send(struct hf_core *core)
{
    struct hf_head head = hf_head_empty();
    head.epoch = core->state.epoch;
    head.index = core->state.index;
    head.hash = core->state.hash;
    head.incarnation = core->config.incarnation;
    head.number = hf_state_voters(&core->state);
    head.ring = core->membership.ring.seq;
    head.members = core->membership.members;
    head.speaks = core->config.speaks;
    head.format = core->state.format;
    head.flags =
        (core->config.watchdog ? HF_HEAD_WATCHDOG : 0) | (core->running ? HF_HEAD_RUNNING : 0);
    core->hello_sent = true;
    core->hello_ring = core->membership.ring.seq;
    hf_emit_plain(core, HF_MESSAGE_HELLO, &head);
}

bool hf_of_this_ring(const struct hf_core *core, const struct hf_head *head)
{
    return head->ring == core->membership.ring.seq;
}

static void hello_start(struct hf_core *core)
{
    core->sync = HF_SYNC_HELLO;
    core->hello_ms = core->now_ms;
    core->synced = 0;
    core->synced_self = false;
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        core->hellos[n].heard = false;
    memset(core->acked, 0, sizeof(core->acked));
    core->hello_sent = false;
    core->queue_count = 0;
    hf_requests_interrupted(core, false);
}

static bool newer(const struct hf_hello *a, const struct hf_hello *b)
{
    return a->epoch != b->epoch ? a->epoch > b->epoch : a->index > b->index;
}

static bool same_state(const struct hf_hello *a, const struct hf_hello *b)
{
    return a->epoch == b->epoch && a->index == b->index && a->hash == b->hash;
}

static uint64_t heard_nodes(const struct hf_core *core)
{
    uint64_t heard = 0;
    for (uint8_t n = 0; n < HF_NODES_MAX; n++)
        heard |= core->hellos[n].heard ? hf_bit(n) : 0;
    return heard;
}

bool hf_enough_nodes(uint64_t nodes, uint64_t configured)
{
    return 2 * hf_count_bits(nodes & configured) >= hf_count_bits(configured);
}

/* Nobody holds anything: only a node that makes a new cluster, alone, may begin with that. */
static bool enough_heard(const struct hf_core *core, const struct hf_hello *best)
{
    if (HF_PLANTED(21) && best->configured)
        return true;
    if (best->configured)
        return hf_enough_nodes(heard_nodes(core) & core->membership.members, best->configured);
    return core->config.cluster[0] && core->quorum.expected == 1 &&
           core->membership.members == hf_bit(core->config.node);
}

/* Everybody was heard, or waiting for the rest has ended: who holds the newest state? */
static void hello_end(struct hf_core *core)
{
    const struct hf_hello *best = NULL;
    for (uint8_t n = 0; n < HF_NODES_MAX; n++) {
        const struct hf_hello *hello = &core->hellos[n];
        if (hello->heard && (!best || (newer(hello, best) && !HF_PLANTED(8))))
            best = hello;
    }
    if (!best || !enough_heard(core, best))
        return;
    if (best->format > core->config.speaks && !HF_PLANTED(43)) {
        hf_format_halt(core, best->format);
        return;
    }
    core->synced = 0;
    core->cold = best->configured;
    for (uint8_t n = 0; n < HF_NODES_MAX; n++) {
        core->cold &= !core->hellos[n].heard || !core->hellos[n].running;
        if (core->hellos[n].heard && same_state(&core->hellos[n], best))
            core->synced |= hf_bit(n);
    }
    core->sync = HF_SYNC_REGIME;
}

static void hello_check(struct hf_core *core)
{
    uint64_t members = core->membership.members;
    if (core->sync == HF_SYNC_HELLO && (heard_nodes(core) & members) == members)
        hello_end(core);
}

void hf_hello_message(struct hf_core *core, uint8_t node, const struct hf_head *head)
{
    struct hf_hello *hello = &core->hellos[node];
    uint64_t members = core->membership.members;
    if (!hf_of_this_ring(core, head) || (head->members & members) != members)
        return; /* of an earlier membership; another one follows */
    if (hello->incarnation != head->incarnation) {
        hf_reports_forget(core, node);
        core->acked[node] = 0;
    }
    *hello = (struct hf_hello){.heard = true,
                               .incarnation = head->incarnation,
                               .epoch = head->epoch,
                               .index = head->index,
                               .hash = head->hash,
                               .configured = head->number,
                               .speaks = head->speaks,
                               .format = head->format,
                               .watchdog = head->flags & HF_HEAD_WATCHDOG,
                               .running = head->flags & HF_HEAD_RUNNING};
    hello_check(core);
}

void hf_hello_again(struct hf_core *core)
{
    if (core->sync != HF_SYNC_REGIME)
        return;
    core->need = 0;
    core->receiving = core->sending = false;
    hello_start(core);
    hello_send(core);
}

/* The time for HELLO is over, at the same place of the order for everybody. */
void hf_go_message(struct hf_core *core, const struct hf_head *head)
{
    if (core->sync == HF_SYNC_HELLO && hf_of_this_ring(core, head))
        hello_end(core);
}

void hf_not_away(struct hf_core *core, uint64_t nodes)
{
    for (uint8_t n = 0; n < HF_NODES_MAX; n++) {
        if (nodes & core->membership.members & hf_bit(n))
            core->away[n].away = false;
    }
}

void hf_synced_message(struct hf_core *core, uint8_t node, const struct hf_head *head)
{
    if (core->sync != HF_SYNC_REGIME || !hf_of_this_ring(core, head))
        return;
    core->synced |= hf_bit(node);
    core->hellos[node].speaks = head->speaks;
    hf_not_away(core, hf_bit(node));
    /* A specification that is on its way began without it: it must not be the only one to miss it.
     */
    hf_stage_drop(core);
}

static void node_left(struct hf_core *core, uint8_t node, bool down)
{
    core->away[node] = (struct hf_away){true, down, core->now_ms, core->wall_ms};
    core->hellos[node].heard = false;
    core->hellos[node].speaks = 0;
    core->synced &= ~hf_bit(node);
    core->need &= ~hf_bit(node);
    hf_reports_forget(core, node);
}

static void note_changes(struct hf_core *core, const struct hf_event_membership *to, uint64_t gone,
                         uint64_t came)
{
    for (uint8_t n = 0; n < HF_NODES_MAX; n++) {
        if (gone & hf_bit(n))
            node_left(core, n, to->left_down & hf_bit(n));
        else if (came & hf_bit(n))
            core->away[n].away = false;
        else if (to->left_down & hf_bit(n) && core->away[n].away)
            core->away[n].down = true;
    }
}

void hf_membership_event(struct hf_core *core, const struct hf_event_membership *membership)
{
    uint64_t before = core->membership.members;
    uint64_t gone = before & ~membership->members;
    uint64_t came = membership->members & ~before;
    core->membership = *membership;
    note_changes(core, membership, gone, came);
    if (gone || came) {
        core->receiving = core->sending = false;
        core->need = 0;
        hf_stage_drop(core);
    }
    if (came || (gone && core->sync == HF_SYNC_REGIME && !hf_up_nodes(core)))
        hello_start(core);
    if (core->sync != HF_SYNC_HELLO || !membership->settled)
        return;
    /* A ring may change without its members: what was said in the earlier one does not count. */
    if (!core->hello_sent || core->hello_ring != membership->ring.seq)
        hello_send(core);
    hello_check(core);
}

void hf_quorum_event(struct hf_core *core, const struct hf_event_quorum *quorum)
{
    core->quorum = *quorum;
}

void hf_engine_down(struct hf_core *core)
{
    core->engine_up = false;
    core->sync = HF_SYNC_NONE;
    memset(&core->membership, 0, sizeof(core->membership));
    memset(&core->quorum, 0, sizeof(core->quorum));
    memset(core->hellos, 0, sizeof(core->hellos));
    core->synced = core->need = 0;
    core->synced_self = core->receiving = core->sending = core->in_flight = false;
    core->queue_count = core->parts_out = 0;
    hf_stage_drop(core);
    hf_requests_refuse(core, HF_REASON_NO_QUORUM);
}

/*
 * A member that the regime leaves out says again what it said: a ring that changed at the wrong
 * moment makes all ignore a message that was sent in the earlier one.
 */
static void say_again(struct hf_core *core)
{
    uint64_t self = hf_bit(core->config.node);
    bool part = core->synced & self && (!core->synced_self || core->state.members & self);
    if (part || core->sync != HF_SYNC_REGIME || !hf_has_quorum(core)) {
        core->again_ms = 0;
        return;
    }
    if (!core->again_ms)
        core->again_ms = core->now_ms + HF_AGAIN_MS;
    if (core->now_ms >= core->again_ms) {
        struct hf_head head = hf_head_empty();
        head.ring = core->membership.ring.seq;
        head.speaks = core->config.speaks;
        core->again_ms = core->now_ms + HF_AGAIN_MS;
        hf_emit_plain(core, core->synced_self ? HF_MESSAGE_SYNCED : HF_MESSAGE_NEED, &head);
    }
    hf_wake_at(core, core->again_ms);
}

void hf_membership_tick(struct hf_core *core)
{
    say_again(core);
    if (core->sync != HF_SYNC_HELLO)
        return;
    if (core->membership.members == hf_bit(core->config.node))
        hello_check(core); /* alone: what else it needs may have come */
    if (core->sync != HF_SYNC_HELLO)
        return;
    if (core->now_ms >= core->hello_ms + HF_HELLO_WAIT_MS) {
        struct hf_head head = hf_head_empty();
        head.ring = core->membership.ring.seq;
        core->hello_ms = core->now_ms;
        hello_send(core);
        hf_emit_plain(core, HF_MESSAGE_GO, &head);
    }
    hf_wake_at(core, core->hello_ms + HF_HELLO_WAIT_MS);
}

/*
 * A node that is not up is lost at once when its computer left the ring; when only its daemon went
 * away, or nobody here ever saw it, it has some time to come back.
 */
bool hf_node_lost(struct hf_core *core, uint8_t node)
{
    if (hf_up_nodes(core) & hf_bit(node))
        return false;
    struct hf_away *away = &core->away[node];
    if (!away->away)
        *away = (struct hf_away){true, false, core->now_ms, core->wall_ms};
    if (away->down && !(core->membership.members & hf_bit(node)))
        return true;
    uint64_t until = away->since_ms + core->state.spec.cluster.daemon_grace_ms;
    if (core->now_ms >= until)
        return true;
    hf_wake_at(core, until);
    return false;
}
