#include "test_control_world.h"

#include <stdio.h>
#include <stdlib.h>

static void add_node(struct hf_state *state, uint8_t slot, const char *name, bool up)
{
    struct hf_node_spec *spec = &state->spec.nodes[slot];
    hf_node_spec_init(spec);
    (void)snprintf(spec->name, sizeof(spec->name), "%s", name);
    (void)snprintf(spec->public_address, sizeof(spec->public_address), "10.77.0.1%u", slot + 1u);
    (void)snprintf(spec->private_address, sizeof(spec->private_address), "10.77.1.1%u", slot + 1u);
    state->nodes[slot].up = up;
    state->nodes[slot].since_ms = WORLD_NOW_MS - 12ull * 86400000;
    state->nodes[slot].reason = hf_reason_node(HF_REASON_NODE_BACK, slot);
}

static void add_instance(struct hf_state *state, uint16_t slot, const char *name)
{
    struct hf_instance_spec *spec = &state->spec.instances[slot];
    hf_instance_spec_init(spec);
    (void)snprintf(spec->name, sizeof(spec->name), "%s", name);
    (void)snprintf(spec->address, sizeof(spec->address), "10.77.0.10%u", slot + 1u);
    spec->disk_count = 1;
    (void)snprintf(spec->disks[0].device, sizeof(spec->disks[0].device),
                   "/dev/disk/by-id/wwn-0x6001405a11ce000%u", slot + 1u);
    (void)snprintf(spec->disks[0].mount, sizeof(spec->disks[0].mount), "/srv/%s", name);
    state->instances[slot].wanted = true;
    state->instances[slot].since_ms = WORLD_NOW_MS - 192000;
}

static void take_over(struct hf_state *state)
{
    struct hf_instance_state *msgbox = &state->instances[MSGBOX];
    struct hf_takeover *takeover = &msgbox->takeover;
    msgbox->owner = DB3;
    msgbox->last_owner = DB1;
    msgbox->generation = 18;
    msgbox->phase = HF_ONLINE;
    msgbox->since_ms = WORLD_NOW_MS - 59190;
    takeover->cause = hf_reason_node(HF_REASON_NODE_LOST, DB1);
    takeover->choice = hf_reason_node(HF_REASON_TAKES_OVER_NEXT, DB3);
    msgbox->reason = takeover->cause;
    takeover->from = DB1;
    takeover->to = DB3;
    takeover->noticed_ms = WORLD_NOW_MS - 60000;
    takeover->decided_ms = takeover->noticed_ms + 2;
    takeover->online_ms = takeover->noticed_ms + 810;
    takeover->timings[HF_TIMING_ACQUIRE] = 8;
    takeover->timings[HF_TIMING_MOUNT] = 68;
    takeover->timings[HF_TIMING_ADDRESS] = 4;
    takeover->timings[HF_TIMING_ENGINE] = 565;
    takeover->timings[HF_TIMING_TOTAL] = 808;
    takeover->preempted_key = 0x48460000dead0001ull;
    takeover->rejection_count = 1;
    takeover->rejections[0].node = DB2;
    takeover->rejections[0].reason = hf_reason_node(HF_REASON_NO_CAPACITY, DB2);
    takeover->rejections[0].reason.number = 118;
}

static void strand(struct hf_state *state)
{
    struct hf_instance_state *main_ = &state->instances[MAIN];
    main_->phase = HF_STRANDED;
    main_->generation = 5;
    main_->last_owner = DB2;
    main_->reason = hf_reason_make(HF_REASON_NO_OWNER_LEFT);
    main_->excluded = 1u << DB2;
    main_->retry_ms = WORLD_NOW_MS + 600000;
    (void)snprintf(main_->detail, sizeof(main_->detail), "FATAL: data directory is missing \xc3");
    main_->takeover.rejection_count = 2;
    main_->takeover.rejections[0].node = DB2;
    main_->takeover.rejections[0].reason = hf_reason_node(HF_REASON_ENGINE_START_FAILED, DB2);
    main_->takeover.rejections[1].node = DB3;
    main_->takeover.rejections[1].reason = hf_reason_node(HF_REASON_DISK_MISSING, DB3);
}

struct hf_state *world_new(void)
{
    struct hf_state *state = malloc(sizeof(*state));
    if (!state)
        abort();
    hf_state_init(state);
    (void)snprintf(state->spec.cluster.name, HF_NAME_MAX, "bts-prod");
    (void)snprintf(state->spec.cluster.witness_disk, HF_PATH_MAX, "/dev/disk/by-id/wwn-0x0");
    add_node(state, DB1, "db1", false);
    add_node(state, DB2, "db2", true);
    add_node(state, DB3, "db3", true);
    state->nodes[DB1].reason = hf_reason_node(HF_REASON_NODE_LOST, DB1);
    state->nodes[DB1].since_ms = WORLD_NOW_MS - 60000;
    state->spec.nodes[DB3].role = HF_ROLE_PASSIVE;
    state->members = 1u << DB2 | 1u << DB3;
    state->coordinator = DB2;
    state->index = 41;
    state->wall_ms = WORLD_NOW_MS - 59190;
    add_instance(state, MSGBOX, "msgbox");
    state->spec.instances[MSGBOX].database_count = 1;
    state->spec.instances[MSGBOX].databases[0].written_by = HF_WRITER_RUNTIME;
    add_instance(state, MAIN, "main");
    add_instance(state, SSO, "sso");
    take_over(state);
    strand(state);
    state->instances[SSO].wanted = false;
    state->instances[SSO].reason = hf_reason_make(HF_REASON_REQUESTED_OFFLINE);
    return state;
}

struct hf_status_input world_input(const struct hf_state *state)
{
    struct hf_status_input input = {
        .state = state,
        .self = DB3,
        .self_name = "db3",
        .wall_ms = WORLD_NOW_MS,
    };
    input.view.condition = HF_CORE_MEMBER;
    input.view.members = state->members;
    input.view.votes = 3;
    input.view.expected = 4;
    return input;
}

void world_remember(struct hf_state *state, const struct hf_history_record *record)
{
    state->history[state->history_count++ % HF_HISTORY_MAX] = *record;
}
