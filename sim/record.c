/*
 * record.c - every core's events are recorded as holdfastd records them, and replayed at the end.
 *
 * Logs are made short, so that most of them begin with a checkpoint taken in the middle of trouble.
 * A daemon that was killed leaves a log without an end; some bytes of that are taken off as well.
 */
#include <stdlib.h>
#include <string.h>

#include "replay/player.h"
#include "replay/recorder.h"
#include "world.h"

#define QUIET_MS 300u

struct log {
    uint8_t *bytes;
    size_t length, room;
    bool killed; /* its daemon was, or the run ended */
};

struct node_logs {
    struct hf_recorder recorder;
    struct log *logs;
    unsigned count, room;
};

struct sim_recording {
    struct node_logs node[SIM_NODES];
};

static void *bigger(void *memory, size_t size)
{
    void *more = realloc(memory, size);
    if (!more)
        abort();
    return more;
}

static void add(struct log *log, const uint8_t *bytes, size_t length)
{
    if (log->length + length > log->room) {
        log->room = (log->length + length) * 2;
        log->bytes = bigger(log->bytes, log->room);
    }
    memcpy(log->bytes + log->length, bytes, length);
    log->length += length;
}

static bool sink(void *user, bool begins, const uint8_t *head, size_t head_length,
                 const uint8_t *payload, size_t length)
{
    struct node_logs *node = user;
    if (begins) {
        if (node->count == node->room) {
            node->room = node->room ? node->room * 2 : 16;
            node->logs = bigger(node->logs, node->room * sizeof(*node->logs));
        }
        node->logs[node->count++] = (struct log){0};
    }
    add(&node->logs[node->count - 1], head, head_length);
    add(&node->logs[node->count - 1], payload, length);
    return true;
}

void sim_record_free(struct sim_world *world)
{
    struct sim_recording *recording = world->recording;
    for (unsigned n = 0; recording && n < SIM_NODES; n++) {
        for (unsigned l = 0; l < recording->node[n].count; l++)
            free(recording->node[n].logs[l].bytes);
        free(recording->node[n].logs);
    }
    free(recording);
    world->recording = NULL;
}

void sim_record_begin(struct sim_world *world, uint64_t log_bytes)
{
    sim_record_free(world);
    world->recording = calloc(1, sizeof(*world->recording));
    if (!world->recording)
        abort();
    for (unsigned n = 0; n < SIM_NODES; n++) {
        struct node_logs *node = &world->recording->node[n];
        hf_recorder_init(&node->recorder, sink, node);
        node->recorder.soft_bytes = log_bytes / 2;
        node->recorder.hard_bytes = log_bytes;
        node->recorder.quiet_ms = QUIET_MS;
    }
}

static struct hf_recorder *recorder(struct sim_world *world, uint8_t n)
{
    return world->recording ? &world->recording->node[n].recorder : NULL;
}

static void mark_killed(struct node_logs *node)
{
    if (node->count)
        node->logs[node->count - 1].killed = true;
}

void sim_record_start(struct sim_world *world, uint8_t n)
{
    if (!world->recording)
        return;
    mark_killed(&world->recording->node[n]);
    hf_recorder_start(recorder(world, n), &world->node[n].config, sim_mono_ms(world, n),
                      sim_wall_ms(world, n));
}

void sim_record_restored(struct sim_world *world, uint8_t n, bool snapshot, bool taken,
                         const uint8_t *bytes, size_t length)
{
    if (recorder(world, n))
        hf_recorder_restored(recorder(world, n), snapshot, taken, bytes, length);
}

void sim_record_ready(struct sim_world *world, uint8_t n)
{
    if (recorder(world, n))
        hf_recorder_ready(recorder(world, n), world->node[n].core);
}

void sim_record_event(struct sim_world *world, uint8_t n, const struct hf_event *event)
{
    if (recorder(world, n))
        hf_recorder_event(recorder(world, n), world->node[n].core, event);
}

void sim_record_result(struct sim_world *world, uint8_t n, const struct hf_event *event)
{
    if (recorder(world, n))
        hf_recorder_result(recorder(world, n), event, world->actions);
}

/* A whole log is replayed to its end; of one whose daemon was killed the last result may lack. */
static bool is_fine(const struct log *log, const struct hf_play *play, int played, size_t less)
{
    if (less && !play->events)
        return played == HF_PLAYED_REFUSED || played == HF_PLAYED_IDENTICAL;
    if (played != HF_PLAYED_IDENTICAL || play->compared + log->killed < play->events)
        return false;
    return less || !play->cut;
}

static void check_log(struct sim_world *world, uint8_t n, unsigned l)
{
    const struct log *log = &world->recording->node[n].logs[l];
    struct hf_play play = {0};
    size_t less = log->killed ? (log->length + world->seed) % 40 : 0;
    int played = hf_play(&play, log->bytes, log->length - less);
    world->coverage->replayed += play.compared;
    world->coverage->checkpoints += play.header.beginning == HF_LOG_FROM_CHECKPOINT;
    if (is_fine(log, &play, played, less))
        return;
    sim_violation(world, "replay: %s, log %u (%s), %llu events: %s %s", sim_node_name(world, n), l,
                  play.header.beginning == HF_LOG_FROM_START ? "start" : "checkpoint",
                  (unsigned long long)play.events, play.difference.text, play.event_text);
}

bool sim_record_log(const struct sim_world *world, uint8_t n, unsigned l, const uint8_t **ret_bytes,
                    size_t *ret_length)
{
    if (!world->recording || l >= world->recording->node[n].count)
        return false;
    *ret_bytes = world->recording->node[n].logs[l].bytes;
    *ret_length = world->recording->node[n].logs[l].length;
    return true;
}

void sim_record_check(struct sim_world *world)
{
    for (uint8_t n = 0; world->recording && n < SIM_NODES; n++) {
        mark_killed(&world->recording->node[n]);
        for (unsigned l = 0; l < world->recording->node[n].count && !world->violation[0]; l++)
            check_log(world, n, l);
    }
    sim_record_free(world);
}
