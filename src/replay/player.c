/*
 * player.c - the log's beginning becomes a core, its events are given to it, its results compared.
 */
#include "replay/player.h"

#include <stdlib.h>
#include <string.h>

#include "core/image.h"
#include "core/message.h"
#include "replay/sparse.h"
#include "replay/words.h"

/* A power cut soon after the log was begun leaves this, often without a single byte. */
#define CUT_BEFORE_ALL "the file is cut off before its first event: nothing of it was synced"

struct player {
    struct hf_play *play;
    struct hf_core *core;
    struct hf_actions *actions;
    struct hf_spec *spec; /* of the next event; NULL = none came yet */
    const uint8_t *bytes;
    size_t length, at;
    uint64_t number;
    struct hf_log_clock clock;
    bool begun;
    bool open; /* an event was played whose result was not compared yet */
    struct hf_event event;
    uint8_t own[HF_LOG_RECORD_MAX];
};

static int refuse(struct player *player, const char *what)
{
    hf_error_set(&player->play->difference, "%s", what);
    return HF_PLAYED_REFUSED;
}

static int damaged(struct player *player, const char *what)
{
    player->play->at = player->at;
    if (!player->begun)
        return refuse(player, "the file is damaged before its first event");
    hf_error_set(&player->play->difference, "%s at byte %zu of %zu, after event %llu", what,
                 player->at, player->length, (unsigned long long)player->play->events);
    return HF_PLAYED_DAMAGED;
}

/* The results' actions side by side until they differ; false: only their hashes do. */
static bool first_difference(struct player *player, struct hf_log_result *recorded,
                             struct hf_log_result *own)
{
    const struct hf_spec *spec = &hf_core_state(player->core)->spec;
    for (unsigned a = 1;; a++) {
        struct hf_log_action theirs = {0}, ours = {0};
        char left[1024] = "nothing more", right[1024] = "nothing more";
        bool some = hf_get_action(recorded, &theirs), here = hf_get_action(own, &ours);
        if (!some && !here)
            return false;
        if (some && here && !memcmp(&theirs, &ours, sizeof(theirs)))
            continue;
        if (some)
            hf_action_text(&theirs, spec, left, sizeof(left));
        if (here)
            hf_action_text(&ours, spec, right, sizeof(right));
        hf_error_set(&player->play->difference, "action %u: recorded: %s; now: %s", a, left, right);
        return true;
    }
}

static int different(struct player *player, const struct hf_reader_buf *theirs,
                     const struct hf_reader_buf *ours)
{
    struct hf_reader_buf a = *theirs, b = *ours;
    struct hf_log_result recorded, own;
    (void)hf_event_text(&player->event, &hf_core_state(player->core)->spec,
                        player->play->event_text, sizeof(player->play->event_text));
    if (!hf_get_result(&a, player->clock.now_ms, &recorded) ||
        !hf_get_result(&b, player->clock.now_ms, &own))
        return damaged(player, "a result cannot be read");
    if (first_difference(player, &recorded, &own))
        return HF_PLAYED_DIFFERENT;
    hf_error_set(&player->play->difference,
                 "recorded: actions: %llu, hash %016llx, to be woken at %llu ms; "
                 "now: actions: %llu, hash %016llx, to be woken at %llu ms",
                 (unsigned long long)recorded.count, (unsigned long long)recorded.hash,
                 (unsigned long long)recorded.wake_ms, (unsigned long long)own.count,
                 (unsigned long long)own.hash, (unsigned long long)own.wake_ms);
    return HF_PLAYED_DIFFERENT;
}

/* theirs: a result as it stands in its record, the kind already read. */
static int compare(struct player *player, const struct hf_reader_buf *theirs)
{
    struct hf_writer_buf out = {player->own, sizeof(player->own), 0, false, HF_FORMAT_ALL};
    if (!player->open)
        return damaged(player, "a result without an event");
    hf_put_result(&out, player->actions, player->clock.now_ms);
    struct hf_reader_buf ours = {player->own, out.length, 1, false, HF_FORMAT_ALL};
    player->open = false;
    player->play->compared++;
    if (theirs->length - theirs->at == ours.length - ours.at &&
        !memcmp(theirs->bytes + theirs->at, ours.bytes + ours.at, ours.length - ours.at))
        return HF_PLAYED_IDENTICAL;
    return different(player, theirs, &ours);
}

static int compare_idle(struct player *player, const struct hf_log_idle *idle)
{
    uint8_t bytes[64];
    struct hf_writer_buf out = {bytes, sizeof(bytes), 0, false, HF_FORMAT_ALL};
    hf_put_idle_result(&out, idle->wake_ms, player->clock.now_ms);
    struct hf_reader_buf theirs = {bytes, out.length, 1, false, HF_FORMAT_ALL};
    return compare(player, &theirs);
}

static bool is_decision(const struct hf_event *event)
{
    struct hf_message message;
    return event->type == HF_EVENT_MESSAGE &&
           hf_message_open(&message, event->message.bytes, event->message.length) &&
           message.type == HF_MESSAGE_DECISION;
}

static int step(struct player *player)
{
    struct hf_play *play = player->play;
    const struct hf_state *state = hf_core_state(player->core);
    uint64_t records = state->history_count, index = state->index;
    if (!play->events)
        play->first_ms = player->event.wall_ms;
    play->events++;
    play->last_ms = player->event.wall_ms;
    hf_core_step(player->core, &player->event, player->actions);
    /* A snapshot from others brings its history along, but nothing was decided by it. */
    bool decided = is_decision(&player->event) && state->index != index;
    play->decisions += decided;
    player->open = true;
    if (play->step)
        play->step(play->user, player->core, &player->event,
                   decided ? state->history_count - records : 0);
    return HF_PLAYED_IDENTICAL;
}

static int take_event(struct player *player, struct hf_reader_buf *in)
{
    struct hf_event event;
    struct hf_log_idle idle;
    bool has_spec;
    if (!hf_get_event(in, &event, &player->clock, &idle, &has_spec))
        return damaged(player, "an event cannot be read");
    if (idle.idle) {
        int rc = compare_idle(player, &idle);
        if (rc != HF_PLAYED_IDENTICAL)
            return rc;
    }
    player->event = event;
    if (has_spec) {
        if (!player->spec || !hf_spec_image_valid(player->spec))
            return damaged(player, "the specification of a command cannot be read");
        player->event.request.spec = player->spec;
    }
    player->clock = (struct hf_log_clock){player->event.now_ms, player->event.wall_ms,
                                          player->event.utc_offset_s};
    int rc = step(player);
    free(player->spec);
    player->spec = NULL;
    return rc;
}

static int take_spec(struct player *player, struct hf_reader_buf *in)
{
    struct hf_identity own;
    hf_identity_own(&own);
    if (!hf_identity_same_layout(&own, &player->play->header.identity))
        return damaged(player, "a command of another version, which this one cannot read, stands");
    if (!player->spec)
        player->spec = calloc(1, sizeof(*player->spec));
    if (!player->spec)
        return -ENOMEM;
    if (!hf_sparse_read(in, (uint8_t *)player->spec, sizeof(*player->spec)))
        return damaged(player, "the specification of a command cannot be read");
    return HF_PLAYED_IDENTICAL;
}

static int take_restore(struct player *player, struct hf_reader_buf *in)
{
    bool snapshot = hf_read_u8(in) != 0, taken = hf_read_u8(in) != 0;
    if (in->bad || player->begun || player->play->header.beginning != HF_LOG_FROM_START)
        return damaged(player, "a record of the journal at the wrong place");
    const uint8_t *bytes = in->bytes + in->at;
    size_t length = in->length - in->at;
    bool ok = snapshot ? hf_core_restore_snapshot(player->core, bytes, length)
                       : hf_core_restore_decision(player->core, bytes, length);
    if (ok == taken)
        return HF_PLAYED_IDENTICAL;
    hf_error_set(&player->play->difference,
                 "at the start: recorded: a record of the journal was %s; now: it is %s",
                 taken ? "taken" : "not taken", ok ? "taken" : "not taken");
    return HF_PLAYED_DIFFERENT;
}

static int take_image(struct player *player, struct hf_reader_buf *in)
{
    if (player->begun || player->play->header.beginning != HF_LOG_FROM_CHECKPOINT ||
        !hf_sparse_read(in, (uint8_t *)player->core, hf_core_image_size()))
        return damaged(player, "a checkpoint that cannot be read");
    return HF_PLAYED_IDENTICAL;
}

static int take_begin(struct player *player, struct hf_reader_buf *in)
{
    struct hf_log_begin begun;
    if (player->begun || !hf_get_begin(in, &begun))
        return damaged(player, "a beginning that cannot be read");
    bool image = player->play->header.beginning == HF_LOG_FROM_CHECKPOINT;
    if (image && !hf_core_image_valid(player->core))
        return refuse(player, "the checkpoint at its beginning is not one of this core");
    const struct hf_state *state = hf_core_state(player->core);
    player->begun = true;
    if (state->epoch == begun.epoch && state->index == begun.index && state->hash == begun.hash)
        return HF_PLAYED_IDENTICAL;
    hf_error_set(&player->play->difference,
                 "at the beginning: recorded: state %llu, hash %016llx; now: %llu, %016llx",
                 (unsigned long long)begun.index, (unsigned long long)begun.hash,
                 (unsigned long long)state->index, (unsigned long long)state->hash);
    return HF_PLAYED_DIFFERENT;
}

static int take_header(struct player *player, struct hf_reader_buf *in)
{
    struct hf_play *play = player->play;
    struct hf_identity own;
    if (!hf_get_header(in, &play->header))
        return refuse(player, play->header.version[0]
                                  ? "it is in a format of another version of holdfastd"
                                  : "the file is damaged before its first event");
    hf_identity_own(&own);
    play->other_sources = !hf_identity_same_sources(&own, &play->header.identity);
    bool fits = hf_identity_same_layout(&own, &play->header.identity);
    if (!fits && play->header.beginning == HF_LOG_FROM_CHECKPOINT) {
        hf_error_set(&play->difference,
                     "it begins with a checkpoint of another version of the core: holdfastd %s, "
                     "core %016llx; this is %016llx. Replay it with holdfast of that version, or "
                     "take a file that begins with a start of the daemon",
                     play->header.version, (unsigned long long)play->header.identity.layout,
                     (unsigned long long)own.layout);
        return HF_PLAYED_REFUSED;
    }
    player->clock = (struct hf_log_clock){play->header.now_ms, play->header.wall_ms, 0};
    if (play->header.beginning == HF_LOG_FROM_START)
        hf_core_init(player->core, &play->header.config, play->header.now_ms, play->header.wall_ms);
    return HF_PLAYED_IDENTICAL;
}

static int take(struct player *player, struct hf_reader_buf *in)
{
    if (player->number == 0)
        return take_header(player, in);
    uint8_t kind = hf_read_u8(in);
    if (!player->begun && kind != HF_LOG_RESTORE && kind != HF_LOG_IMAGE && kind != HF_LOG_BEGIN)
        return damaged(player, "an event before the beginning");
    switch ((enum hf_log_kind)kind) {
    case HF_LOG_HEADER:
        break;
    case HF_LOG_RESTORE:
        return take_restore(player, in);
    case HF_LOG_IMAGE:
        return take_image(player, in);
    case HF_LOG_BEGIN:
        return take_begin(player, in);
    case HF_LOG_SPEC:
        return take_spec(player, in);
    case HF_LOG_EVENT:
        return take_event(player, in);
    case HF_LOG_RESULT:
        return compare(player, in);
    case HF_LOG_END:
        player->play->ended = true;
        return HF_PLAYED_IDENTICAL;
    }
    return damaged(player, "a record of an unknown kind");
}

static int play_all(struct player *player)
{
    for (;;) {
        struct hf_reader_buf payload;
        size_t at = player->at;
        switch (hf_log_next(player->bytes, player->length, &at, player->number, &payload)) {
        case HF_LOG_AT_END:
            if (!player->begun)
                return refuse(player, "the file ends before its first event");
            return HF_PLAYED_IDENTICAL;
        case HF_LOG_CUT:
            player->play->cut = true;
            player->play->at = player->at;
            if (!player->begun)
                return refuse(player, CUT_BEFORE_ALL);
            return HF_PLAYED_IDENTICAL;
        case HF_LOG_DAMAGED:
            return damaged(player, "the file is damaged");
        case HF_LOG_FOUND:
            break;
        }
        int rc = take(player, &payload);
        if (rc != HF_PLAYED_IDENTICAL)
            return rc;
        player->at = at;
        player->number++;
    }
}

static int play_with(struct player *player)
{
    size_t there = player->length < HF_LOG_MAGIC_SIZE ? player->length : HF_LOG_MAGIC_SIZE;
    static const uint8_t zeros[HF_LOG_MAGIC_SIZE];
    bool empty = there == 0 || memcmp(player->bytes, zeros, there) == 0;
    if (!empty && memcmp(player->bytes, HF_LOG_MAGIC, there) != 0)
        return refuse(player, "it is not an event log of holdfastd");
    if (empty || there < HF_LOG_MAGIC_SIZE) {
        player->play->cut = true;
        return refuse(player, CUT_BEFORE_ALL);
    }
    player->at = HF_LOG_MAGIC_SIZE;
    return play_all(player);
}

int hf_play(struct hf_play *play, const uint8_t *bytes, size_t length)
{
    struct player *player = calloc(1, sizeof(*player));
    int rc = -ENOMEM;
    play->header = (struct hf_log_header){0};
    play->other_sources = play->cut = play->ended = false;
    play->events = play->compared = play->decisions = play->at = 0;
    play->first_ms = play->last_ms = 0;
    play->difference.text[0] = play->event_text[0] = '\0';
    if (!player)
        return rc;
    player->play = play;
    player->bytes = bytes;
    player->length = length;
    player->core = calloc(1, hf_core_size());
    player->actions = calloc(1, sizeof(*player->actions));
    if (player->core && player->actions)
        rc = play_with(player);
    free(player->spec);
    free(player->actions);
    free(player->core);
    free(player);
    return rc;
}
