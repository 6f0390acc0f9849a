/* Asking for things: the only place that writes actions. */
#include <string.h>

#include "core/impl.h"
#include "core/size.h"

struct hf_action *hf_emit(struct hf_core *core, enum hf_action_type type)
{
    struct hf_actions *out = core->out;
    HF_ASSERT(out->count < HF_ACTIONS_MAX);
    struct hf_action *action = &out->list[out->count++];
    memset(action, 0, sizeof(*action));
    action->type = (uint8_t)type;
    action->instance = HF_INSTANCE_NONE;
    action->reason = hf_reason_make(HF_REASON_NONE);
    return action;
}

size_t hf_arena_room(const struct hf_core *core)
{
    return HF_ARENA_MAX - core->out->used;
}

static void attach(struct hf_core *core, struct hf_action *action, const uint8_t *bytes,
                   size_t length)
{
    HF_ASSERT(length <= hf_arena_room(core));
    action->offset = core->out->used;
    action->length = (uint32_t)length;
    memcpy(core->out->arena + core->out->used, bytes, length);
    core->out->used += (uint32_t)length;
}

void hf_emit_multicast(struct hf_core *core, const uint8_t *bytes, size_t length)
{
    HF_ASSERT(length > 0);
    attach(core, hf_emit(core, HF_ACTION_MULTICAST), bytes, length);
}

struct hf_head hf_head_empty(void)
{
    return (struct hf_head){.instance = HF_INSTANCE_NONE,
                            .node = HF_NODE_NONE,
                            .speaks = HF_FORMAT_FIRST,
                            .format = HF_FORMAT_FIRST};
}

void hf_emit_plain(struct hf_core *core, enum hf_message_type type, const struct hf_head *head)
{
    uint8_t bytes[1024];
    struct hf_writer_buf out;
    hf_message_begin(&out, bytes, sizeof(bytes), type, head);
    hf_emit_multicast(core, bytes, hf_message_end(&out));
}

uint64_t hf_emit_step(struct hf_core *core, enum hf_step step, uint16_t instance,
                      uint32_t deadline_ms, uint32_t interval_ms)
{
    struct hf_action *action = hf_emit(core, HF_ACTION_STEP);
    action->step = (uint8_t)step;
    action->instance = instance;
    action->generation = core->local[instance].generation;
    action->deadline_ms = deadline_ms;
    action->interval_ms = interval_ms;
    action->id = ++core->next_id << 16 | instance;
    action->kill = core->local[instance].kill;
    action->degraded = (step == HF_STEP_ENGINE_START || step == HF_STEP_RESIZE) &&
                       hf_is_degraded(&core->state, instance);
    action->reason = core->state.instances[instance].reason;
    return action->id;
}

void hf_halt(struct hf_core *core, struct hf_reason reason)
{
    if (!core->halted)
        hf_emit(core, HF_ACTION_HALT)->reason = reason;
    core->halted = true;
}

void hf_emit_cancel(struct hf_core *core, uint64_t *id)
{
    if (!*id)
        return;
    hf_emit(core, HF_ACTION_CANCEL)->id = *id;
    *id = 0;
}

void hf_emit_reply(struct hf_core *core, uint64_t id, bool ok, const struct hf_reason *reason)
{
    struct hf_action *action = hf_emit(core, HF_ACTION_REPLY);
    action->id = id;
    action->ok = ok;
    action->reason = *reason;
}

void hf_wake_at(struct hf_core *core, uint64_t at_ms)
{
    if (at_ms < core->out->wake_ms)
        core->out->wake_ms = at_ms;
}
