/*
 * clients.c - shares the lists of clients of what runs here, and keeps those of the others.
 *
 * Happy path: a stream of a worker looks at the connections of each instance that is online here,
 * and answers when the list is another one; then, and when somebody new is in the group, the list
 * is sent to all. What the owner of an instance sends is kept in a file for whoever takes over.
 * Failure modes: the list cannot be had, sent or kept: clients find out by themselves; said once.
 */
#include "daemon/clients.h"

#include <string.h>

#include "daemon/daemon.h"

#define LOOK_MS 1000u
#define OURS (UINT64_C(1) << 63) /* no number of the core's */

static void share(struct hf_daemon *daemon, uint16_t i)
{
    static struct hf_clients clients;
    static uint8_t data[HF_CLIENTS_MESSAGE_MAX];
    const char *name = hf_core_state(daemon->core)->spec.instances[i].name;
    if (!name[0] || hf_clients_load(name, &clients) < 0 || clients.elsewhere)
        return;
    (void)hf_engine_send(daemon->engine, data, hf_clients_write(name, &clients, data));
}

static void watch(struct hf_daemon *daemon, uint16_t i)
{
    const struct hf_action look = {.step = HF_STEP_PROBE,
                                   .instance = i,
                                   .interval_ms = LOOK_MS,
                                   .id = OURS | ++daemon->clients_last << 16 | i};
    struct hf_driver_request request;
    hf_daemon_request(daemon, &look, &request);
    request.op = HF_OP_CLIENTS;
    daemon->clients[i] = look.id;
    hf_pool_submit(daemon->pool, &request);
}

/* Once a second: what is online here is looked at, and nothing else. */
void hf_clients_follow(struct hf_daemon *daemon)
{
    const struct hf_state *state = hf_core_state(daemon->core);
    for (uint16_t i = 0; i < HF_INSTANCES_MAX; i++) {
        struct hf_local_view here;
        hf_core_local_view(daemon->core, i, &here);
        bool wanted = here.phase == HF_ONLINE && here.address_up &&
                      state->spec.instances[i].name[0] && state->spec.instances[i].address[0];
        if (wanted && !daemon->clients[i]) {
            watch(daemon, i);
        } else if (!wanted && daemon->clients[i]) {
            hf_pool_cancel(daemon->pool, daemon->clients[i]);
            daemon->clients[i] = 0;
        }
    }
}

bool hf_clients_replied(struct hf_daemon *daemon, const struct hf_driver_reply *reply)
{
    uint16_t i = (uint16_t)(reply->id & 0xffff);
    if (!(reply->id & OURS) || i >= HF_INSTANCES_MAX)
        return false;
    if (reply->id != daemon->clients[i])
        return true;
    if (!reply->more)
        daemon->clients[i] = 0;
    if (reply->status == HF_DRV_OK)
        share(daemon, i);
    else if (!daemon->clients_failed)
        hf_log("clients will not be told of a takeover: %s: %s",
               hf_driver_status_text((enum hf_driver_status)reply->status), reply->text);
    daemon->clients_failed = reply->status != HF_DRV_OK;
    return true;
}

void hf_clients_members(struct hf_daemon *daemon)
{
    for (uint16_t i = 0; i < HF_INSTANCES_MAX; i++) {
        if (daemon->clients[i])
            share(daemon, i);
    }
}

bool hf_clients_message(struct hf_daemon *daemon, unsigned node, const void *data, size_t length)
{
    static struct hf_clients clients;
    char name[HF_DRIVER_NAME_MAX];
    const struct hf_state *state = hf_core_state(daemon->core);
    if (!hf_clients_is_ours(data, length))
        return false;
    if (node == hf_core_self(daemon->core) || !hf_clients_read(data, length, name, &clients))
        return true;
    uint16_t i = hf_spec_find_instance(&state->spec, name);
    if (i != HF_INSTANCE_NONE && state->instances[i].owner == node)
        (void)hf_clients_save(name, &clients);
    return true;
}
