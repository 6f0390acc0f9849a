#include "replay/words.h"

#include <stdio.h>

#include "base/strbuf.h"

static const char *const steps[HF_STEPS] = {
    [HF_STEP_INSPECT] = "looking what is here",
    [HF_STEP_ACQUIRE] = "taking the reservation",
    [HF_STEP_RELEASE] = "giving up the reservation",
    [HF_STEP_KEY_WATCH] = "watching the key",
    [HF_STEP_MOUNT] = "mounting",
    [HF_STEP_UNMOUNT] = "unmounting",
    [HF_STEP_ADDRESS_UP] = "adding the address",
    [HF_STEP_ADDRESS_DOWN] = "removing the address",
    [HF_STEP_ANNOUNCE] = "announcing the address",
    [HF_STEP_ENGINE_START] = "starting the engine",
    [HF_STEP_ENGINE_STOP] = "stopping the engine",
    [HF_STEP_ENGINE_KILL] = "killing the engine",
    [HF_STEP_PROBE] = "probing the engine",
    [HF_STEP_RESIZE] = "changing the engine's size",
    [HF_STEP_DISK_CHECK] = "watching whether it can be written",
    [HF_STEP_NETWORK] = "watching the public network",
};

static const char *const statuses[HF_STEP_STATUSES] = {
    [HF_STEP_OK] = "ok",
    [HF_STEP_TIMEOUT] = "not in time",
    [HF_STEP_DISK_MISSING] = "the disk is not there",
    [HF_STEP_DISK_IO] = "the disk does not answer",
    [HF_STEP_NO_RESERVATIONS] = "no reservations on this disk",
    [HF_STEP_NEWER] = "a later generation is there",
    [HF_STEP_FOREIGN] = "reserved by something else",
    [HF_STEP_KEY_LOST] = "the key is gone",
    [HF_STEP_FS_WRONG] = "not the stated file system",
    [HF_STEP_FS_CORRUPT] = "the file system needs a repair",
    [HF_STEP_BUSY] = "in use",
    [HF_STEP_ADDRESS] = "the address cannot be had",
    [HF_STEP_ENGINE_EXIT] = "the engine ended",
    [HF_STEP_ENGINE_STUCK] = "the engine's recovery stands still",
    [HF_STEP_NO_ANSWER] = "no answer",
    [HF_STEP_FAILED] = "failed",
    [HF_STEP_SLOW] = "slow, and at work",
    [HF_STEP_DISK_FULL] = "the disk is full",
    [HF_STEP_READ_ONLY] = "it takes no writes",
    [HF_STEP_EXHAUSTED] = "exhausted",
    [HF_STEP_CHECK_FAILED] = "a check failed",
};

static const char *const verbs[HF_VERBS] = {
    [HF_VERB_NONE] = "none",
    [HF_VERB_ONLINE] = "online",
    [HF_VERB_OFFLINE] = "offline",
    [HF_VERB_MOVE] = "move",
    [HF_VERB_DRAIN] = "drain",
    [HF_VERB_RESUME] = "resume",
    [HF_VERB_CONFIRM_FENCED] = "confirm-fenced",
    [HF_VERB_JOIN] = "join",
    [HF_VERB_APPLY] = "apply",
};

static const char *word(const char *const *list, unsigned count, unsigned number)
{
    return number < count && list[number] ? list[number] : "unknown";
}

static const char *instance_name(const struct hf_spec *spec, uint16_t i)
{
    return i < HF_INSTANCES_MAX && spec->instances[i].name[0] ? spec->instances[i].name
                                                              : "an instance without a name";
}

static void add_nodes(struct hf_strbuf *out, const struct hf_spec *spec, uint64_t set)
{
    const char *between = "";
    if (!set)
        hf_strbuf_add(out, "none");
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        if (!(set >> n & 1))
            continue;
        if (spec->nodes[n].name[0])
            hf_strbuf_addf(out, "%s%s", between, spec->nodes[n].name);
        else
            hf_strbuf_addf(out, "%snode %u", between, n + 1);
        between = ", ";
    }
}

static void add_membership(struct hf_strbuf *out, const struct hf_spec *spec,
                           const struct hf_event_membership *membership)
{
    hf_strbuf_add(out,
                  membership->settled ? "corosync: members are " : "corosync: members will be ");
    add_nodes(out, spec, membership->members);
    if (membership->left_down) {
        hf_strbuf_add(out, "; gone with their computers: ");
        add_nodes(out, spec, membership->left_down);
    }
    if (membership->left_process) {
        hf_strbuf_add(out, "; daemon ended on: ");
        add_nodes(out, spec, membership->left_process);
    }
    hf_strbuf_addf(out, " (ring %llu)", (unsigned long long)membership->ring.seq);
}

static bool add_step(struct hf_strbuf *out, const struct hf_spec *spec,
                     const struct hf_event_step *step)
{
    hf_strbuf_addf(out, "driver, %s: %s", instance_name(spec, (uint16_t)(step->id & 0xffff)),
                   word(statuses, HF_STEP_STATUSES, step->status));
    if (step->text && step->text[0])
        hf_strbuf_addf(out, ": %s", step->text);
    return step->status != HF_STEP_OK;
}

static void add_request(struct hf_strbuf *out, const struct hf_spec *spec,
                        const struct hf_event_request *request)
{
    hf_strbuf_addf(out, "an administrator asked here: %s", word(verbs, HF_VERBS, request->verb));
    if (request->instance < HF_INSTANCES_MAX)
        hf_strbuf_addf(out, " %s", instance_name(spec, request->instance));
    if (request->node < HF_NODES_MAX) {
        hf_strbuf_add(out, " ");
        add_nodes(out, spec, 1ull << request->node);
    }
    if (request->text[0])
        hf_strbuf_addf(out, " %s", request->text);
}

static bool add_event(struct hf_strbuf *out, const struct hf_event *event,
                      const struct hf_spec *spec)
{
    switch ((enum hf_event_type)event->type) {
    case HF_EVENT_TICK:
        hf_strbuf_add(out, "time passed");
        return false;
    case HF_EVENT_ENGINE_UP:
        hf_strbuf_add(out, "corosync: connected");
        return true;
    case HF_EVENT_ENGINE_DOWN:
        hf_strbuf_add(out, "corosync: lost");
        return true;
    case HF_EVENT_MEMBERSHIP:
        add_membership(out, spec, &event->membership);
        return true;
    case HF_EVENT_QUORUM:
        hf_strbuf_addf(out, "corosync: %squorate, %u of %u votes (ring %llu)",
                       event->quorum.quorate ? "" : "not ", event->quorum.votes,
                       event->quorum.expected, (unsigned long long)event->quorum.ring.seq);
        return true;
    case HF_EVENT_MESSAGE:
        hf_strbuf_addf(out, "message of %zu bytes from ", event->message.length);
        add_nodes(out, spec, event->message.node < HF_NODES_MAX ? 1ull << event->message.node : 0);
        return false;
    case HF_EVENT_STEP:
        return add_step(out, spec, &event->step);
    case HF_EVENT_EXITED:
        hf_strbuf_addf(out, "the engine process of %s ended",
                       instance_name(spec, event->exited.instance));
        return true;
    case HF_EVENT_REQUEST:
        add_request(out, spec, &event->request);
        return true;
    case HF_EVENT_MEASURED:
        hf_strbuf_addf(out,
                       "measured: %s %s %llu millicores, %llu MiB, %llu Mbit/s, %llu disk "
                       "operations a second",
                       event->measured.instance == HF_INSTANCE_NONE
                           ? "this node"
                           : instance_name(spec, event->measured.instance),
                       event->measured.instance == HF_INSTANCE_NONE ? "has" : "needs",
                       (unsigned long long)event->measured.amount[HF_CPU],
                       (unsigned long long)event->measured.amount[HF_MEMORY],
                       (unsigned long long)event->measured.amount[HF_NETWORK],
                       (unsigned long long)event->measured.amount[HF_IOPS]);
        return true;
    case HF_EVENT_PERSISTED:
        hf_strbuf_addf(out, "synced on this node up to mark %llu",
                       (unsigned long long)event->persisted.mark);
        return false;
    case HF_EVENT_TYPES:
        break;
    }
    return false;
}

bool hf_event_text(const struct hf_event *event, const struct hf_spec *spec, char *text,
                   size_t room)
{
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    bool tells = add_event(&out, event, spec);
    (void)snprintf(text, room, "%s", out.data);
    return tells;
}

uint16_t hf_event_instance(const struct hf_event *event)
{
    if (event->type == HF_EVENT_STEP)
        return (uint16_t)(event->step.id & 0xffff);
    if (event->type == HF_EVENT_EXITED)
        return event->exited.instance;
    if (event->type == HF_EVENT_MEASURED)
        return event->measured.instance;
    return event->type == HF_EVENT_REQUEST ? event->request.instance : HF_INSTANCE_NONE;
}

static void add_action(struct hf_strbuf *out, const struct hf_log_action *logged,
                       const struct hf_spec *spec)
{
    const struct hf_action *action = &logged->action;
    char reason[512];
    switch ((enum hf_action_type)action->type) {
    case HF_ACTION_MULTICAST:
        hf_strbuf_add(out, "multicast");
        break;
    case HF_ACTION_STEP:
        hf_strbuf_addf(out, "driver: %s of %s, generation %u, within %u ms, every %u ms%s%s",
                       word(steps, HF_STEPS, action->step), instance_name(spec, action->instance),
                       action->generation, action->deadline_ms, action->interval_ms,
                       action->kill ? ", by force" : "", action->degraded ? ", degraded" : "");
        break;
    case HF_ACTION_CANCEL:
        hf_strbuf_add(out, "cancel");
        break;
    case HF_ACTION_REPLY:
        hf_strbuf_addf(out, "answer a command: %s", action->ok ? "accepted" : "refused");
        break;
    case HF_ACTION_PERSIST:
        hf_strbuf_addf(out, "write to the journal%s", action->sync ? ", at once" : "");
        break;
    case HF_ACTION_SNAPSHOT:
        hf_strbuf_add(out, "write the whole state to the journal");
        break;
    case HF_ACTION_HALT:
        hf_strbuf_add(out, "halt");
        break;
    case HF_ACTION_TYPES:
        hf_strbuf_add(out, "unknown");
        break;
    }
    hf_strbuf_addf(out, ", id %llu", (unsigned long long)action->id);
    if (action->length)
        hf_strbuf_addf(out, ", %u bytes %016llx", action->length,
                       (unsigned long long)logged->bytes_hash);
    if (hf_reason_text(&action->reason, spec, reason, sizeof(reason)))
        hf_strbuf_addf(out, ": %s", reason);
}

void hf_action_text(const struct hf_log_action *action, const struct hf_spec *spec, char *text,
                    size_t room)
{
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    add_action(&out, action, spec);
    (void)snprintf(text, room, "%s", out.data);
}
