/*
 * execute.c - carries out what the core asked for, in its order. Nothing here calls the core back:
 * answers come later, from the loop.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "daemon/daemon.h"

void hf_daemon_snapshot(struct hf_daemon *daemon)
{
    static uint8_t bytes[HF_MESSAGE_MAX];
    uint32_t cursor = 0;
    size_t length;
    hf_journal_snapshot_begin(daemon->journal);
    while ((length = hf_core_snapshot(daemon->core, &cursor, bytes, sizeof(bytes))) > 0)
        hf_journal_snapshot_part(daemon->journal, bytes, length);
    hf_journal_snapshot_end(daemon->journal, hf_core_mark(daemon->core));
}

/*
 * Nothing is wrong here but the version: the end is an orderly one, and nobody starts it again.
 * With nothing running here the computer need not be reset.
 */
static void too_old(struct hf_daemon *daemon)
{
    if (!hf_daemon_holds_anything(daemon))
        (void)hf_watchdog_disarm(&daemon->watchdog);
    daemon->stopping = daemon->too_old = true;
    uv_stop(&daemon->loop);
}

static void halt(struct hf_daemon *daemon, const struct hf_action *action)
{
    uint16_t code = action->reason.code;
    char text[512];
    (void)hf_reason_text(&action->reason, &hf_core_state(daemon->core)->spec, text, sizeof(text));
    hf_log("stopping: %s", text);
    if (code != HF_REASON_FORMAT_TOO_NEW && code != HF_REASON_CONFIG_UNREADABLE)
        abort();
    too_old(daemon);
}

static void multicast(struct hf_daemon *daemon, const struct hf_action *action)
{
    int rc =
        hf_engine_send(daemon->engine, daemon->actions->arena + action->offset, action->length);
    if (rc < 0 && rc != -ENOTCONN)
        hf_log("a message could not be sent: %s", uv_strerror(rc));
}

static void start_step(struct hf_daemon *daemon, const struct hf_action *action)
{
    struct hf_driver_request request;
    hf_daemon_request(daemon, action, &request);
    if (action->step == HF_STEP_ENGINE_STOP || action->step == HF_STEP_ENGINE_KILL)
        hf_engine_watch_stop(daemon, action->instance);
    hf_pool_submit(daemon->pool, &request);
}

static void execute(struct hf_daemon *daemon, const struct hf_action *action)
{
    switch ((enum hf_action_type)action->type) {
    case HF_ACTION_MULTICAST:
        multicast(daemon, action);
        return;
    case HF_ACTION_STEP:
        start_step(daemon, action);
        return;
    case HF_ACTION_CANCEL:
        hf_pool_cancel(daemon->pool, action->id);
        return;
    case HF_ACTION_REPLY:
        hf_daemon_reply(daemon, action);
        return;
    case HF_ACTION_PERSIST:
        hf_journal_append(daemon->journal, action->id, daemon->actions->arena + action->offset,
                          action->length, action->sync);
        return;
    case HF_ACTION_SNAPSHOT:
        hf_daemon_snapshot(daemon);
        return;
    case HF_ACTION_HALT:
        halt(daemon, action);
        return;
    case HF_ACTION_TYPES:
        break;
    }
    HF_ASSERT(!"a known action");
}

void hf_daemon_execute(struct hf_daemon *daemon)
{
    for (uint32_t a = 0; a < daemon->actions->count && !daemon->stopping; a++)
        execute(daemon, &daemon->actions->list[a]);
}
