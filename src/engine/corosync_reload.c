/*
 * corosync_reload.c - makes corosync read its configuration again.
 *
 * The call waits until all nodes have answered, hence the child process. Failure modes: corosync
 * not there -> -ENOTCONN; busy -> -EAGAIN; a file it does not accept -> -EINVAL; no end ->
 * -ETIMEDOUT.
 */
#include <corosync/cfg.h>
#include <errno.h>

#include "engine/corosync_private.h"

#define RELOAD_TIMEOUT_MS 15000

static int reload_run(void *user, int output)
{
    (void)user;
    (void)output;
    corosync_cfg_handle_t handle = 0;
    corosync_cfg_callbacks_t callbacks = {0};
    if (corosync_cfg_initialize(&handle, &callbacks) != CS_OK)
        return ENOTCONN;
    cs_error_t error = corosync_cfg_reload_config(handle);
    corosync_cfg_finalize(handle);
    if (error == CS_OK)
        return 0;
    return error == CS_ERR_TRY_AGAIN ? EAGAIN : EINVAL;
}

static void reload_done(void *user, int result)
{
    struct hf_engine *engine = user;
    engine->reload = NULL;
    engine->calling++;
    engine->callbacks.reloaded(engine->user, result > 0 ? -result : result);
    engine->calling--;
}

int hf_engine_reload(struct hf_engine *engine)
{
    if (engine->reload)
        return -EBUSY;
    const struct hf_engine_child_options options = {
        .run = reload_run,
        .done = reload_done,
        .user = engine,
        .output = -1,
        .name = "holdfast-reload",
        .timeout_ms = RELOAD_TIMEOUT_MS,
    };
    return hf_engine_child_start(engine->loop, &options, &engine->reload);
}
