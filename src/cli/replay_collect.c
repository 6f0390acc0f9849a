/*
 * replay_collect.c - what a core decides while it is replayed, with what it had seen just before,
 * in the words of history.
 */
#include "cli/replay_collect.h"

#include <string.h>
#include <time.h>

#include "cli/exits.h"
#include "cli/json_get.h"
#include "cli/show.h"
#include "daemon/control_reply.h"
#include "daemon/status.h"
#include "daemon/status_json.h"
#include "replay/player.h"
#include "replay/words.h"

struct collected {
    json_t *records;
    const char *instance; /* NULL = all */
    const char *from;     /* NULL = from the beginning */
    bool from_known;      /* once the log says of which day */
    uint64_t from_ms;
    uint64_t events;
};

static bool whole(const char *end)
{
    return end && !*end;
}

/* "14:03", "14:03:07" or with the date before it, local time; the day, where none is given, is that
 * of begin_ms, or the next when it would lie before it. Returns false for anything else. */
static bool parse_time(const char *text, uint64_t begin_ms, uint64_t *ret_ms)
{
    static const char *const dated[] = {"%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M",
                                        "%Y-%m-%dT%H:%M", "%Y-%m-%d"};
    static const char *const clock[] = {"%H:%M:%S", "%H:%M"};
    time_t begin = (time_t)(begin_ms / 1000);
    for (size_t f = 0; f < sizeof(dated) / sizeof(dated[0]); f++) {
        struct tm tm = {.tm_isdst = -1};
        if (!whole(strptime(text, dated[f], &tm)))
            continue;
        tm.tm_isdst = -1;
        *ret_ms = (uint64_t)mktime(&tm) * 1000;
        return true;
    }
    for (size_t f = 0; f < sizeof(clock) / sizeof(clock[0]); f++) {
        struct tm tm;
        (void)localtime_r(&begin, &tm);
        tm.tm_sec = 0;
        if (!whole(strptime(text, clock[f], &tm)))
            continue;
        tm.tm_isdst = -1;
        if (mktime(&tm) < begin - begin % 60)
            tm.tm_mday++;
        tm.tm_isdst = -1;
        *ret_ms = (uint64_t)mktime(&tm) * 1000;
        return true;
    }
    return false;
}

static void keep(struct collected *collected, json_t *record)
{
    const char *about = hf_show_record_subject(record);
    bool wanted = !collected->instance || strcmp(about, collected->instance) == 0;
    if (wanted)
        (void)json_object_set_new(record, "event", json_integer((json_int_t)collected->events));
    if (wanted)
        (void)json_array_append_new(collected->records, record);
    else
        json_decref(record);
}

/* What came in that explains what follows. */
static void keep_seen(struct collected *collected, const struct hf_state *state,
                      const struct hf_event *event)
{
    char text[HF_ERROR_TEXT_MAX];
    if (!hf_event_text(event, &state->spec, text, sizeof(text)))
        return;
    uint16_t about = hf_event_instance(event);
    bool wanted = !collected->instance || about >= HF_INSTANCES_MAX ||
                  strcmp(state->spec.instances[about].name, collected->instance) == 0;
    json_t *seen = json_pack(
        "{s:s, s:I, s:o, s:I}", "kind", "seen", "time_ms", (json_int_t)event->wall_ms, "instance",
        hf_json_instance(&state->spec, about), "event", (json_int_t)collected->events);
    if (seen)
        (void)json_object_set_new(seen, "text", hf_control_text(text));
    if (wanted)
        (void)json_array_append_new(collected->records, seen);
    else
        json_decref(seen);
}

static void keep_decided(struct collected *collected, const struct hf_state *state,
                         uint64_t decided)
{
    json_t *history = hf_history_json(state, HF_INSTANCE_NONE, (uint32_t)decided);
    size_t i = 0;
    json_t *record = NULL;
    json_array_foreach(json_object_get(history, "records"), i, record)
    {
        uint16_t about = hf_spec_find_instance(&state->spec, hf_json_str(record, "instance"));
        if (strcmp(hf_json_str(record, "kind"), "assign") == 0 && about < HF_INSTANCES_MAX)
            (void)json_object_set_new(
                record, "rejected",
                hf_json_rejections(&state->instances[about].takeover, &state->spec));
        keep(collected, json_incref(record));
    }
    json_decref(history);
}

static void step(void *user, const struct hf_core *core, const struct hf_event *event,
                 uint64_t decided)
{
    struct collected *collected = user;
    const struct hf_state *state = hf_core_state(core);
    collected->events++;
    if (collected->from && !collected->from_known) {
        (void)parse_time(collected->from, event->wall_ms, &collected->from_ms);
        collected->from_known = true;
    }
    if (event->wall_ms < collected->from_ms)
        return;
    keep_seen(collected, state, event);
    if (decided)
        keep_decided(collected, state, decided);
}

static const char *outcome_word(int played)
{
    return played == HF_PLAYED_IDENTICAL ? "identical"
           : played == HF_PLAYED_DAMAGED ? "damaged"
                                         : "different";
}

static json_t *make_data(const struct hf_play *play, int played, json_t *records)
{
    bool start = play->header.beginning == HF_LOG_FROM_START;
    json_t *data =
        json_pack("{s:o, s:o, s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:b, s:b, s:b, s:o}",
                  "node", hf_control_text(play->header.config.name), "cluster",
                  hf_control_text(play->header.config.cluster), "version",
                  hf_control_text(play->header.version), "begins", start ? "start" : "checkpoint",
                  "begins_ms", (json_int_t)play->header.wall_ms, "ends_ms",
                  (json_int_t)play->last_ms, "lost", (json_int_t)play->header.lost, "events",
                  (json_int_t)play->events, "compared", (json_int_t)play->compared, "decisions",
                  (json_int_t)play->decisions, "outcome", outcome_word(played), "other_version",
                  play->other_sources, "cut", play->cut, "ended", play->ended, "records", records);
    if (data && (play->cut || played == HF_PLAYED_DAMAGED))
        (void)json_object_set_new(data, "at_byte", json_integer((json_int_t)play->at));
    if (data && played != HF_PLAYED_IDENTICAL)
        (void)json_object_set_new(data, "difference", hf_control_text(play->difference.text));
    if (data && played == HF_PLAYED_DIFFERENT)
        (void)json_object_set_new(data, "at_event", hf_control_text(play->event_text));
    return data;
}

bool hf_replay_time_valid(const char *text)
{
    uint64_t unused;
    return parse_time(text, 0, &unused);
}

int hf_replay_collect(const void *bytes, size_t length, const char *instance, const char *from,
                      json_t **ret_data, struct hf_error *error)
{
    struct collected collected = {.records = json_array(), .instance = instance, .from = from};
    struct hf_play play = {.step = step, .user = &collected};
    int played = hf_play(&play, bytes, length);
    *ret_data = NULL;
    if (played < 0 || played == HF_PLAYED_REFUSED) {
        hf_error_set(error, "%s", played < 0 ? strerror(-played) : play.difference.text);
        json_decref(collected.records);
        return played < 0 ? HF_EXIT_REFUSED : HF_EXIT_FILE;
    }
    *ret_data = make_data(&play, played, collected.records);
    if (!*ret_data)
        hf_error_set(error, "%s", strerror(ENOMEM));
    return played == HF_PLAYED_IDENTICAL ? HF_EXIT_OK
           : played == HF_PLAYED_DAMAGED ? HF_EXIT_FILE
                                         : HF_EXIT_REFUSED;
}
