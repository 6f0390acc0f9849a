/*
 * request.c - administrators' commands, from the control socket to the durable decision.
 *
 * Happy path: the command is multicast, queued by every member, decided by the coordinator, and
 * answered where it came from once a majority of the configured nodes has the decision on disk.
 * Failure modes: no quorum, not synced, too few nodes - refused before anything is sent; the
 * membership changes - every member still has it queued, so the next coordinator decides it; the
 * node that asked loses the group - refused, and what was decided is seen in history.
 */
#include <string.h>

#include "core/impl.h"

static struct hf_waiting *find_waiting(struct hf_core *core, uint64_t id)
{
    for (unsigned w = 0; w < HF_REQUESTS_MAX; w++) {
        if (core->waiting[w].id == id)
            return &core->waiting[w];
    }
    return NULL;
}

static unsigned majority(const struct hf_core *core)
{
    if (HF_PLANTED(6))
        return 1;
    return hf_count_bits(hf_state_voters(&core->state)) / 2 + 1;
}

static void refuse(struct hf_core *core, uint64_t id, struct hf_reason reason)
{
    hf_emit_reply(core, id, false, &reason);
}

/* Whether a command can be taken at all here and now. */
static struct hf_reason check_now(const struct hf_core *core,
                                  const struct hf_event_request *request)
{
    if (!hf_has_quorum(core))
        return hf_reason_make(HF_REASON_NO_QUORUM);
    if (!core->synced_self)
        return hf_reason_make(HF_REASON_NOT_SYNCED);
    unsigned up = hf_count_bits(hf_up_nodes(core));
    if (up < majority(core) && !request->force) {
        struct hf_reason reason = hf_reason_make(HF_REASON_NOT_ENOUGH_NODES);
        reason.number = up;
        return reason;
    }
    if (request->verb == HF_VERB_APPLY && core->outgoing.active)
        return hf_reason_make(HF_REASON_CONFIG_BUSY);
    if (request->verb == HF_VERB_APPLY)
        return hf_format_hinders(core, hf_spec_format(request->spec));
    return hf_reason_make(HF_REASON_NONE);
}

static struct hf_head head_of(const struct hf_event_request *request)
{
    struct hf_head head = hf_head_empty();
    head.id = request->id;
    head.verb = request->verb;
    head.instance = request->instance;
    head.node = request->node;
    head.number = request->config_version;
    head.flags = request->force ? HF_HEAD_FORCE : 0;
    memcpy(head.text, request->text, sizeof(head.text));
    memcpy(head.address, request->address, sizeof(head.address));
    memcpy(head.address2, request->address2, sizeof(head.address2));
    return head;
}

void hf_request_event(struct hf_core *core, const struct hf_event_request *request)
{
    HF_ASSERT(request->id != 0);
    struct hf_reason reason = check_now(core, request);
    struct hf_waiting *waiting = find_waiting(core, 0);
    if (reason.code == HF_REASON_NONE && !waiting)
        reason = hf_reason_make(HF_REASON_TOO_MANY_REQUESTS);
    if (reason.code != HF_REASON_NONE) {
        refuse(core, request->id, reason);
        return;
    }
    /* A node that joins by this very command is not yet there to hold it. */
    *waiting =
        (struct hf_waiting){.id = request->id, .force = request->force, .needed = majority(core)};
    /* Whoever says that it holds the new list of nodes has given it to its corosync before. */
    if (request->verb == HF_VERB_JOIN && !HF_PLANTED(24)) {
        waiting->needed = hf_count_bits(hf_state_voters(&core->state));
        waiting->durable = true;
    }
    struct hf_head head = head_of(request);
    if (request->verb != HF_VERB_APPLY) {
        hf_emit_plain(core, HF_MESSAGE_REQUEST, &head);
        return;
    }
    core->outgoing.active = true;
    core->outgoing.in_flight = false;
    core->outgoing.id = request->id;
    core->outgoing.cursor = 0;
    core->outgoing.request = head;
    core->outgoing.spec = *request->spec;
    hf_stage_send_more(core);
}

void hf_request_message(struct hf_core *core, uint8_t node, const struct hf_head *head)
{
    if (core->queue_count < HF_QUEUE_MAX) {
        core->queue[core->queue_count++] = (struct hf_queued){node, *head};
        return;
    }
    if (node != core->config.node)
        return;
    struct hf_waiting *waiting = find_waiting(core, head->id);
    if (!waiting)
        return;
    refuse(core, waiting->id, hf_reason_make(HF_REASON_TOO_MANY_REQUESTS));
    waiting->id = 0;
}

static void unqueue(struct hf_core *core, uint8_t origin, uint64_t id)
{
    for (unsigned q = 0; q < core->queue_count; q++) {
        if (core->queue[q].origin != origin || core->queue[q].head.id != id)
            continue;
        core->queue_count--;
        memmove(&core->queue[q], &core->queue[q + 1],
                (core->queue_count - q) * sizeof(core->queue[0]));
        return;
    }
}

void hf_request_decided(struct hf_core *core, const struct hf_change *change, uint64_t index)
{
    if (!change->request || change->origin == HF_NODE_NONE)
        return;
    unqueue(core, change->origin, change->request);
    hf_stage_decided(core, change->origin, change->request);
    if (change->origin != core->config.node)
        return;
    struct hf_waiting *waiting = find_waiting(core, change->request);
    if (!waiting)
        return;
    waiting->index = HF_PLANTED(17) ? 1 : index;
    waiting->reason = change->reason;
    bool noted = change->type == HF_CHANGE_NOTED && !waiting->durable;
    if (change->type == HF_CHANGE_REFUSED || noted) {
        hf_emit_reply(core, waiting->id, noted, &change->reason);
        waiting->id = 0;
    }
}

unsigned hf_holders(const struct hf_core *core, uint64_t index)
{
    uint64_t set = 0;
    for (uint8_t n = 0; n < HF_NODES_MAX; n++) {
        if (core->acked[n] >= index && core->membership.members & hf_bit(n))
            set |= hf_bit(n);
    }
    return hf_count_bits(set & hf_state_voters(&core->state));
}

void hf_requests_check(struct hf_core *core)
{
    for (unsigned w = 0; w < HF_REQUESTS_MAX; w++) {
        struct hf_waiting *waiting = &core->waiting[w];
        if (!waiting->id || !waiting->index)
            continue;
        unsigned needed = waiting->needed;
        unsigned up = hf_count_bits(hf_up_nodes(core));
        if (waiting->force && up < needed)
            needed = up;
        if (hf_holders(core, waiting->index) < needed)
            continue;
        hf_emit_reply(core, waiting->id, true, &waiting->reason);
        waiting->id = 0;
    }
}

/* Commands that the membership's change caught: those not yet decided, or (decided) those whose
 * decision may belong to a history that did not last. */
void hf_requests_interrupted(struct hf_core *core, bool decided)
{
    for (unsigned w = 0; w < HF_REQUESTS_MAX && !HF_PLANTED(22); w++) {
        struct hf_waiting *waiting = &core->waiting[w];
        if (!waiting->id || (waiting->index != 0) != decided)
            continue;
        refuse(core, waiting->id, hf_reason_make(HF_REASON_INTERRUPTED));
        waiting->id = 0;
    }
}

/* Everything under way at this node is refused: the group was lost. */
void hf_requests_refuse(struct hf_core *core, enum hf_reason_code code)
{
    for (unsigned w = 0; w < HF_REQUESTS_MAX; w++) {
        if (core->waiting[w].id)
            refuse(core, core->waiting[w].id, hf_reason_make(code));
        core->waiting[w].id = 0;
    }
    core->outgoing.active = false;
}
