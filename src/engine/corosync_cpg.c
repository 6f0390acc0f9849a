/*
 * corosync_cpg.c - the process group: who is in it, and its messages.
 *
 * When a node is lost, corosync announces the processes that went with it (reason NODEDOWN) before
 * the callback with the new ring id; after a merge likewise (NODEUP). From such an announcement
 * until the ring id the membership is told as not settled, so that nobody pairs the new members
 * with a quorum statement about the old ring. A process that joins or leaves changes no ring; but
 * one that joins while corosync synchronises can be announced before the ring that has its node, so
 * a member outside the known ring unsettles as well.
 *
 * A process that connects while corosync synchronises may be told the new ring id with the old
 * nodes. libquorum's list of nodes for the same ring id shows that: then the ring is not settled
 * either, and the announcements that are on their way settle it.
 */
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "engine/corosync_private.h"

static const struct cpg_name group = {.length = sizeof("holdfast") - 1, .value = "holdfast"};

uint64_t hf_engine_node_set(const uint32_t *nodes, uint32_t count)
{
    uint64_t set = 0;
    for (uint32_t i = 0; i < count; i++)
        set |= hf_engine_node_bit(nodes[i]);
    return set;
}

static struct hf_engine *engine_of(cpg_handle_t handle)
{
    void *engine = NULL;
    cs_error_t error = cpg_context_get(handle, &engine);
    HF_ASSERT(error == CS_OK && engine);
    return engine;
}

static void tell_membership(struct hf_engine *engine)
{
    engine->calling++;
    engine->callbacks.membership(engine->user, &engine->members);
    engine->calling--;
}

static void message_delivered(cpg_handle_t handle, const struct cpg_name *name, uint32_t node,
                              uint32_t pid, void *data, size_t length)
{
    (void)name;
    struct hf_engine *engine = engine_of(handle);
    if (!engine->group_joined || hf_engine_node_bit(node) == 0)
        return;
    if (node == engine->node && pid == (uint32_t)engine->pid && engine->unreturned > 0)
        engine->unreturned--;
    engine->calling++;
    engine->callbacks.message(engine->user, node, data, length);
    engine->calling--;
}

/* Whether libquorum said the same ring id of other nodes. */
static bool contradicted(const struct hf_engine *engine)
{
    return engine->quorum_known &&
           hf_engine_ring_equal(engine->members.ring, engine->statement.ring) &&
           engine->ring_nodes != engine->statement_nodes;
}

void hf_engine_cpg_cross_check(struct hf_engine *engine)
{
    if (!engine->members.ring_settled || !contradicted(engine))
        return;
    engine->members = (struct hf_engine_members){.members = engine->members.members,
                                                 .ring = engine->members.ring};
    if (engine->group_joined)
        tell_membership(engine);
}

static bool is_own(const struct hf_engine *engine, const struct cpg_address *address)
{
    return address->nodeid == engine->node && address->pid == (uint32_t)engine->pid;
}

/* Adds those who left to the members; returns whether the ring is about to change. */
static bool note_left(struct hf_engine *engine, const struct cpg_address *left, size_t count)
{
    bool ring_changes = false;
    for (size_t i = 0; i < count; i++) {
        if (left[i].reason == CPG_REASON_NODEDOWN) {
            engine->members.left_down |= hf_engine_node_bit(left[i].nodeid);
            ring_changes = true;
        } else {
            engine->members.left_process |= hf_engine_node_bit(left[i].nodeid);
        }
        if (is_own(engine, &left[i]))
            hf_engine_fail(engine, "corosync has put this process out of its group");
    }
    return ring_changes;
}

static bool note_joined(struct hf_engine *engine, const struct cpg_address *joined, size_t count)
{
    bool ring_changes = false;
    for (size_t i = 0; i < count; i++) {
        engine->members.joined |= hf_engine_node_bit(joined[i].nodeid);
        if (joined[i].reason == CPG_REASON_NODEUP)
            ring_changes = true;
        if (is_own(engine, &joined[i]))
            engine->group_joined = true;
    }
    return ring_changes;
}

static void group_changed(cpg_handle_t handle, const struct cpg_name *name,
                          const struct cpg_address *members, size_t member_count,
                          const struct cpg_address *left, size_t left_count,
                          const struct cpg_address *joined, size_t joined_count)
{
    (void)name;
    struct hf_engine *engine = engine_of(handle);
    bool settled = engine->members.ring_settled;
    engine->members = (struct hf_engine_members){.ring = engine->members.ring};
    for (size_t i = 0; i < member_count; i++)
        engine->members.members |= hf_engine_node_bit(members[i].nodeid);
    if (note_left(engine, left, left_count))
        settled = false;
    if (note_joined(engine, joined, joined_count))
        settled = false;
    if ((engine->members.members & ~engine->ring_nodes) != 0)
        settled = false;
    engine->members.ring_settled = settled;
    if (engine->group_joined && !engine->failure)
        tell_membership(engine);
}

static void ring_changed(cpg_handle_t handle, struct cpg_ring_id ring, uint32_t count,
                         const uint32_t *nodes)
{
    struct hf_engine *engine = engine_of(handle);
    struct hf_engine_members *members = &engine->members;
    struct hf_engine_members before = *members;
    *members = (struct hf_engine_members){
        .members = before.members,
        .ring = {.node = ring.nodeid, .seq = ring.seq},
    };
    engine->ring_nodes = hf_engine_node_set(nodes, count);
    members->ring_settled = (members->members & ~engine->ring_nodes) == 0 && !contradicted(engine);
    bool same = before.ring_settled == members->ring_settled &&
                hf_engine_ring_equal(before.ring, members->ring);
    if (engine->group_joined && !same)
        tell_membership(engine);
}

static cs_error_t initialize(cpg_handle_t *handle, void *context)
{
    cpg_model_v1_data_t model = {
        .model = CPG_MODEL_V1,
        .cpg_deliver_fn = message_delivered,
        .cpg_confchg_fn = group_changed,
        .cpg_totem_confchg_fn = ring_changed,
        .flags = CPG_MODEL_V1_DELIVER_INITIAL_TOTEM_CONF,
    };
    return cpg_model_initialize(handle, CPG_MODEL_V1, (cpg_model_data_t *)&model, context);
}

int hf_engine_cpg_probe(void)
{
    cpg_handle_t handle = 0;
    if (initialize(&handle, NULL) != CS_OK)
        return -1;
    cpg_finalize(handle);
    return 0;
}

int hf_engine_cpg_open(struct hf_engine *engine, const char **why)
{
    unsigned node = 0;
    uint32_t size = 0;
    if (initialize(&engine->cpg, engine) != CS_OK) {
        engine->cpg = 0;
        *why = "corosync does not take connections to its process groups";
        return -1;
    }
    if (cpg_local_get(engine->cpg, &node) != CS_OK || hf_engine_node_bit(node) == 0) {
        *why = "corosync has a node id that is not 1 to 64: look at nodeid in corosync.conf";
        return -1;
    }
    if (cpg_max_atomic_msgsize_get(engine->cpg, &size) != CS_OK || size < HF_ENGINE_MESSAGE_MAX) {
        *why = "corosync takes only messages smaller than 65 KiB";
        return -1;
    }
    engine->node = node;
    engine->pid = getpid();
    engine->members = (struct hf_engine_members){0};
    engine->ring_nodes = 0;
    engine->group_joined = false;
    engine->unreturned = 0;
    return 0;
}

int hf_engine_cpg_join(struct hf_engine *engine, const char **why)
{
    if (cpg_join(engine->cpg, &group) == CS_OK)
        return 0;
    *why = "corosync is busy synchronising and does not let this process into its group yet";
    return -1;
}

void hf_engine_cpg_close(struct hf_engine *engine)
{
    if (engine->cpg != 0)
        cpg_finalize(engine->cpg);
    engine->cpg = 0;
}

cs_error_t hf_engine_cpg_send(struct hf_engine *engine, const void *data, size_t length)
{
    struct iovec vector = {.iov_base = (void *)(uintptr_t)data, .iov_len = length};
    cs_error_t error = cpg_mcast_joined(engine->cpg, CPG_TYPE_AGREED, &vector, 1);
    if (error == CS_OK)
        engine->unreturned++;
    return error;
}
