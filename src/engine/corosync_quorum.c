/*
 * corosync_quorum.c - quorum with the ring it speaks of (libquorum), votes (libvotequorum).
 */
#include "base/assert.h"
#include "engine/corosync_private.h"

static void tell_quorum(struct hf_engine *engine)
{
    if (!engine->quorum_known)
        return;
    engine->calling++;
    engine->callbacks.quorum(engine->user, &engine->statement);
    engine->calling--;
}

static void quorum_stated(quorum_handle_t handle, uint32_t quorate, struct quorum_ring_id ring,
                          uint32_t count, const uint32_t *nodes)
{
    const void *context = NULL;
    cs_error_t error = quorum_context_get(handle, &context);
    HF_ASSERT(error == CS_OK && context);
    struct hf_engine *engine = (struct hf_engine *)(uintptr_t)context;
    engine->statement.quorate = quorate != 0;
    engine->statement.ring = (struct hf_engine_ring){.node = ring.nodeid, .seq = ring.seq};
    engine->statement_nodes = hf_engine_node_set(nodes, count);
    engine->quorum_known = true;
    hf_engine_cpg_cross_check(engine);
    tell_quorum(engine);
}

/* Each node and the quorum device has one vote: the configuration is ours. */
static void votes_counted(votequorum_handle_t handle, uint64_t context, uint32_t quorate,
                          uint32_t count, votequorum_node_t nodes[])
{
    (void)handle;
    (void)quorate;
    struct hf_engine *engine = (struct hf_engine *)(uintptr_t)context;
    uint32_t votes = 0;
    for (uint32_t i = 0; i < count; i++)
        votes += nodes[i].state == VOTEQUORUM_NODESTATE_MEMBER;
    if (votes == engine->statement.votes)
        return;
    engine->statement.votes = votes;
    tell_quorum(engine);
}

static void votes_expected(votequorum_handle_t handle, uint64_t context, uint32_t expected)
{
    (void)handle;
    struct hf_engine *engine = (struct hf_engine *)(uintptr_t)context;
    if (expected == engine->statement.expected_votes)
        return;
    engine->statement.expected_votes = expected;
    tell_quorum(engine);
}

static cs_error_t quorum_init(quorum_handle_t *handle, void *context)
{
    quorum_model_v1_data_t model = {
        .model = QUORUM_MODEL_V1,
        .quorum_notify_fn = quorum_stated,
    };
    uint32_t type = 0;
    return quorum_model_initialize(handle, QUORUM_MODEL_V1, (quorum_model_data_t *)&model, &type,
                                   context);
}

static cs_error_t votes_init(votequorum_handle_t *handle)
{
    votequorum_callbacks_t callbacks = {
        .votequorum_quorum_notify_fn = votes_counted,
        .votequorum_expectedvotes_notify_fn = votes_expected,
    };
    return votequorum_initialize(handle, &callbacks);
}

int hf_engine_quorum_probe(void)
{
    quorum_handle_t quorum = 0;
    votequorum_handle_t votes = 0;
    if (quorum_init(&quorum, NULL) != CS_OK)
        return -1;
    if (votes_init(&votes) != CS_OK)
        return -1;
    votequorum_finalize(votes);
    quorum_finalize(quorum);
    return 0;
}

int hf_engine_quorum_open(struct hf_engine *engine, const char **why)
{
    *why = "corosync gives no quorum: look at provider in the quorum section of corosync.conf";
    engine->statement = (struct hf_engine_quorum){0};
    engine->quorum_known = false;
    if (quorum_init(&engine->quorum, engine) != CS_OK) {
        engine->quorum = 0;
        return -1;
    }
    if (votes_init(&engine->votequorum) != CS_OK) {
        engine->votequorum = 0;
        return -1;
    }
    return 0;
}

int hf_engine_quorum_track(struct hf_engine *engine, const char **why)
{
    struct votequorum_info info;
    const unsigned flags = CS_TRACK_CURRENT | CS_TRACK_CHANGES;
    *why = "corosync does not report quorum yet";
    if (votequorum_getinfo(engine->votequorum, engine->node, &info) != CS_OK)
        return -1;
    engine->statement.votes = info.total_votes;
    engine->statement.expected_votes = info.highest_expected;
    if (votequorum_trackstart(engine->votequorum, (uint64_t)(uintptr_t)engine, flags) != CS_OK)
        return -1;
    return quorum_trackstart(engine->quorum, flags) == CS_OK ? 0 : -1;
}

void hf_engine_quorum_close(struct hf_engine *engine)
{
    if (engine->votequorum != 0)
        votequorum_finalize(engine->votequorum);
    if (engine->quorum != 0)
        quorum_finalize(engine->quorum);
    engine->votequorum = 0;
    engine->quorum = 0;
}
