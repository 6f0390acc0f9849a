/* journal.c - a node's own disk: what was given to it, and the prefix that survives a power cut. */
#include "world.h"

#include <stdlib.h>
#include <string.h>

static void add(struct sim_world *world, uint8_t n, const uint8_t *bytes, uint32_t length,
                uint16_t part, uint16_t parts)
{
    struct sim_journal *journal = &world->node[n].journal;
    if (journal->count == journal->room) {
        journal->room = journal->room ? journal->room * 2 : 64;
        journal->records = realloc(journal->records, journal->room * sizeof(*journal->records));
        if (!journal->records)
            abort();
    }
    const struct hf_state *state = hf_core_state(world->node[n].core);
    journal->records[journal->count++] = (struct sim_record){
        sim_keep(world, bytes, length), length, part, parts, state->epoch, state->index};
}

static void sync_later(struct sim_world *world, uint8_t n, uint64_t mark, uint64_t delay)
{
    struct sim_node *node = &world->node[n];
    uint64_t at = world->now + delay;
    if (at < node->journal.busy_until)
        at = node->journal.busy_until;
    node->journal.busy_until = at;
    sim_at(world, at, SIM_EV_SYNCED, n, node->incarnation, node->journal.count, mark);
}

void sim_journal_append(struct sim_world *world, uint8_t n, const struct hf_action *action)
{
    add(world, n, world->actions->arena + action->offset, action->length, 0, 0);
    uint64_t delay = action->sync ? sim_delay(world, 300, 8000) : sim_delay(world, 300, 200000);
    sync_later(world, n, action->id, delay);
}

void sim_journal_snapshot(struct sim_world *world, uint8_t n, const struct hf_action *action)
{
    struct sim_journal *journal = &world->node[n].journal;
    static uint8_t bytes[HF_MESSAGE_MAX];
    uint32_t first = journal->count, cursor = 0;
    uint16_t parts = 0;
    for (;;) {
        size_t length = hf_core_snapshot(world->node[n].core, &cursor, bytes, sizeof(bytes));
        if (!length)
            break;
        add(world, n, bytes, (uint32_t)length, parts++, 0);
    }
    for (uint32_t k = first; k < journal->count; k++)
        journal->records[k].parts = parts;
    sync_later(world, n, action->id, sim_delay(world, 1000, 20000));
}

void sim_journal_synced(struct sim_world *world, const struct sim_event *event)
{
    struct sim_node *node = &world->node[event->node];
    if (node->incarnation != event->guard || !node->daemon)
        return;
    if (node->journal.synced < event->a)
        node->journal.synced = (uint32_t)event->a;
    struct hf_event persisted = {.type = HF_EVENT_PERSISTED};
    persisted.persisted.mark = event->b;
    sim_step(world, event->node, &persisted);
}

void sim_journal_check_ack(struct sim_world *world, uint8_t n, const struct hf_action *action)
{
    const struct sim_journal *journal = &world->node[n].journal;
    struct hf_message message;
    if (!hf_message_open(&message, world->actions->arena + action->offset, action->length) ||
        message.type != HF_MESSAGE_ACK)
        return;
    const struct sim_record *newest =
        journal->synced ? &journal->records[journal->synced - 1] : NULL;
    const struct hf_head *head = &message.head;
    if (!newest || newest->epoch < head->epoch ||
        (newest->epoch == head->epoch && newest->index < head->index))
        sim_violation(world, "I6: %s says that %llx/%llu is on its disk; it has %llx/%llu",
                      sim_node_name(world, n), (unsigned long long)head->epoch,
                      (unsigned long long)head->index,
                      (unsigned long long)(newest ? newest->epoch : 0),
                      (unsigned long long)(newest ? newest->index : 0));
}

/* A power cut leaves what was synced and perhaps a little more; a killed daemon what it wrote. */
void sim_journal_lose(struct sim_world *world, uint8_t n, bool power)
{
    struct sim_journal *journal = &world->node[n].journal;
    uint32_t kept = journal->synced;
    if (journal->count > kept)
        kept = (uint32_t)sim_between(&world->rng, kept, journal->count);
    (void)power;
    journal->count = journal->synced = kept;
    journal->busy_until = 0;
}

/* The newest whole snapshot, and the decisions after it. */
void sim_journal_restore(struct sim_world *world, uint8_t n)
{
    struct sim_node *node = &world->node[n];
    struct sim_journal *journal = &node->journal;
    uint32_t from = 0;
    for (uint32_t k = 0; k < journal->count; k++) {
        const struct sim_record *record = &journal->records[k];
        if (record->parts && record->part == 0 && k + record->parts <= journal->count)
            from = k;
    }
    for (uint32_t k = from; k < journal->count; k++) {
        const struct sim_record *record = &journal->records[k];
        if (record->parts && k + record->parts - record->part > journal->count)
            break; /* a snapshot that was not finished is another file */
        bool ok = record->parts
                      ? hf_core_restore_snapshot(node->core, record->bytes, record->length)
                      : hf_core_restore_decision(node->core, record->bytes, record->length);
        sim_record_restored(world, n, record->parts != 0, ok, record->bytes, record->length);
        if (node->core->too_new)
            return; /* it halts, and leaves its journal to a newer version */
        if (!ok) {
            sim_violation(world, "%s cannot read its own journal (record %u of %u)",
                          sim_node_name(world, n), k, journal->count);
            return;
        }
    }
    if (hf_core_state(node->core)->hash != hf_state_hash(hf_core_state(node->core)))
        sim_violation(world, "%s restores a state with a wrong hash", sim_node_name(world, n));
}
