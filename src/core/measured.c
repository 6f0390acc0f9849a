/*
 * measured.c - what instances need and nodes have, as measured: from each node into the state.
 *
 * A node's daemon measures the node and what runs there (HF_EVENT_MEASURED). What differs enough
 * from the state the node tells all others; the coordinator decides it; from then on it is part of
 * the state, counts where nothing is stated (demand.h), and survives the node and a full stop.
 * Differs enough: by more than an eighth of the larger, and by more than a floor. So a figure that
 * goes up and down by less decides nothing, and nobody moves because of it.
 * Failure modes: what was told is lost with a ring - it is told again the next time that something
 * is measured; the owner changes meanwhile - only what the owner says counts.
 */
#include <string.h>

#include "core/demand.h"
#include "core/hash.h"
#include "core/impl.h"
#include "core/tables.h"

#define AGAIN_MS 10000u /* between two times that a node tells */
#define ITEM_ROOM 128u  /* more than any item takes */

struct item {
    uint16_t instance; /* HF_INSTANCE_NONE: the node that says so */
    uint64_t amount[HF_RESOURCES];
};

#define M struct item
static const struct hf_field item_rows[] = {
    HF_INSTANCE(M, 1, instance),
    HF_FIXED(M, 2, HF_FIELD_U64, amount),
};
static HF_TABLE(item_table, M, item_rows);
#undef M

static bool differs(const uint64_t a[HF_RESOURCES], const uint64_t b[HF_RESOURCES])
{
    static const uint64_t floors[HF_RESOURCES] = {
        [HF_CPU] = 100, [HF_MEMORY] = 64, [HF_NETWORK] = 10, [HF_IOPS] = 100};
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        uint64_t more = a[r] > b[r] ? a[r] : b[r], apart = a[r] > b[r] ? a[r] - b[r] : b[r] - a[r];
        if (apart > floors[r] && apart > more / 8)
            return true;
    }
    return false;
}

static void take(struct hf_measured *to, uint8_t node, const uint64_t amount[HF_RESOURCES])
{
    to->known = true;
    to->node = node;
    for (unsigned r = 0; r < HF_RESOURCES; r++)
        to->amount[r] = amount[r] < HF_ROOM_UNLIMITED ? amount[r] : HF_ROOM_UNLIMITED - 1;
}

void hf_measured_event(struct hf_core *core, const struct hf_event_measured *event)
{
    if (event->instance == HF_INSTANCE_NONE)
        take(&core->own, core->config.node, event->amount);
    else if (event->instance < HF_INSTANCES_MAX)
        take(&core->own_of[event->instance], core->config.node, event->amount);
}

void hf_measured_message(struct hf_core *core, uint8_t node, struct hf_message *message)
{
    struct hf_reader_buf in;
    struct item item;
    while (hf_message_next(message, &in)) {
        if (!hf_message_read(&in, &item_table, &item))
            continue;
        if (item.instance == HF_INSTANCE_NONE)
            take(&core->heard[node], node, item.amount);
        else if (item.instance < HF_INSTANCES_MAX)
            take(&core->heard_of[item.instance], node, item.amount);
    }
}

/* Of what runs on that node, and of the node, only what the state does not have yet. */
static bool is_news(const struct hf_core *core, uint16_t i, const struct hf_measured *measured)
{
    const struct hf_instance_state *state = &core->state.instances[i];
    return measured->known && core->state.spec.instances[i].name[0] &&
           state->owner == measured->node && state->phase == HF_ONLINE &&
           differs(measured->amount, state->measured);
}

static bool is_news_of_node(const struct hf_core *core, uint8_t n,
                            const struct hf_measured *measured)
{
    return measured->known && core->state.spec.nodes[n].name[0] && core->state.nodes[n].up &&
           differs(measured->amount, core->state.nodes[n].measured);
}

struct letter {
    uint8_t bytes[HF_MESSAGE_MAX];
    struct hf_writer_buf out;
    unsigned count;
};

static void put(struct letter *letter, uint16_t instance, const struct hf_measured *measured)
{
    struct hf_head head = hf_head_empty();
    struct item item = {.instance = instance};
    memcpy(item.amount, measured->amount, sizeof(item.amount));
    if (!letter->count++)
        hf_message_begin(&letter->out, letter->bytes, sizeof(letter->bytes), HF_MESSAGE_MEASURED,
                         &head);
    hf_message_item(&letter->out, &item_table, &item);
}

/* What does not fit is told the next time. */
static bool is_full(const struct letter *letter)
{
    return letter->count && letter->out.length > sizeof(letter->bytes) - ITEM_ROOM;
}

void hf_measured_send(struct hf_core *core)
{
    uint8_t self = core->config.node;
    struct letter letter; /* its 64 KiB of bytes are not to be cleared each time */
    if (!core->synced_self || core->now_ms < core->measured_ms ||
        hf_arena_room(core) < 2 * HF_MESSAGE_MAX)
        return;
    letter.count = 0;
    if (is_news_of_node(core, self, &core->own))
        put(&letter, HF_INSTANCE_NONE, &core->own);
    for (uint16_t i = 0; i < core->state.instance_end && !is_full(&letter); i++) {
        if (is_news(core, i, &core->own_of[i]))
            put(&letter, i, &core->own_of[i]);
    }
    if (!letter.count)
        return;
    core->measured_ms = core->now_ms + AGAIN_MS;
    hf_emit_multicast(core, letter.bytes, hf_message_end(&letter.out));
}

static struct hf_change change_of(const struct hf_measured *measured)
{
    struct hf_change change = hf_change_make(HF_CHANGE_MEASURED, HF_REASON_MEASURED);
    memcpy(change.measured, measured->amount, sizeof(change.measured));
    change.node = change.reason.node = measured->node;
    return change;
}

void hf_propose_measured(struct hf_core *core, struct hf_proposal *proposal)
{
    for (uint8_t n = 0; n < core->state.node_end && !proposal->full; n++) {
        struct hf_change change = change_of(&core->heard[n]);
        if (is_news_of_node(core, n, &core->heard[n]))
            hf_propose(proposal, &change);
    }
    for (uint16_t i = 0; i < core->state.instance_end && !proposal->full; i++) {
        if (!is_news(core, i, &core->heard_of[i]))
            continue;
        struct hf_change change = change_of(&core->heard_of[i]);
        change.instance = i;
        hf_propose(proposal, &change);
    }
}

bool hf_measured_apply(struct hf_state *state, const struct hf_change *change)
{
    uint16_t i = change->instance;
    uint8_t n = change->node;
    if (i != HF_INSTANCE_NONE) {
        if (i >= HF_INSTANCES_MAX || !state->spec.instances[i].name[0])
            return false;
        state->hash ^= hf_hash_instance(state, i);
        memcpy(state->instances[i].measured, change->measured, sizeof(change->measured));
        state->hash ^= hf_hash_instance(state, i);
        return true;
    }
    if (n >= HF_NODES_MAX || !state->spec.nodes[n].name[0])
        return false;
    state->hash ^= hf_hash_node(state, n);
    memcpy(state->nodes[n].measured, change->measured, sizeof(change->measured));
    state->hash ^= hf_hash_node(state, n);
    return true;
}
