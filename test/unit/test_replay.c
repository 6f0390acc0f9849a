/*
 * test_replay.c - event logs of a failover in the simulated world: replayed to the same actions;
 * cut off at every byte, damaged at every byte, of another version, with a gap.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/player.h"
#include "replay/recorder.h"
#include "replay/words.h"
#include "world.h"

#define NODES 3u
#define LOGS_MAX 200u

struct log {
    uint8_t *bytes;
    size_t length;
};

static struct log logs[NODES][LOGS_MAX];
static unsigned counts[NODES];
static uint8_t owner;

static void take_logs(const struct sim_world *world)
{
    for (uint8_t n = 0; n < NODES; n++) {
        const uint8_t *bytes;
        size_t length;
        while (counts[n] < LOGS_MAX && sim_record_log(world, n, counts[n], &bytes, &length)) {
            struct log *log = &logs[n][counts[n]++];
            log->bytes = malloc(length);
            log->length = length;
            assert_non_null(log->bytes);
            memcpy(log->bytes, bytes, length);
        }
        assert_true(counts[n] > 1 && counts[n] < LOGS_MAX);
    }
}

/* Three nodes, one instance; its owner loses power; another takes over. */
static int fail_over(void **unused)
{
    static struct sim_coverage coverage;
    (void)unused;
    struct sim_world *world = sim_world_new();
    world->coverage = &coverage;
    sim_world_reset(world, 7, NODES, false);
    sim_record_begin(world, 5000);
    assert_true(sim_bootstrap(world, NODES));
    *world->spec = hf_core_state(world->node[0].core)->spec;
    sim_spec_instance(world->spec, 0, "msgbox");
    assert_true(sim_apply(world, world->spec));
    sim_run(world, world->now + 10 * SIM_S);
    owner = hf_core_state(world->node[0].core)->instances[0].owner;
    assert_true(owner < NODES);
    sim_power_off(world, owner);
    sim_run(world, world->now + 30 * SIM_S);
    const struct hf_state *state = hf_core_state(world->node[(owner + 1) % NODES].core);
    assert_int_equal(state->instances[0].phase, HF_ONLINE);
    assert_int_not_equal(state->instances[0].owner, owner);
    assert_string_equal(world->violation, "");
    take_logs(world);
    sim_world_free(world);
    return 0;
}

static int free_logs(void **unused)
{
    (void)unused;
    for (unsigned n = 0; n < NODES; n++) {
        for (unsigned l = 0; l < counts[n]; l++)
            free(logs[n][l].bytes);
    }
    return 0;
}

struct looked {
    unsigned takeovers, seen_loss;
    uint64_t decided;
};

static void look(void *user, const struct hf_core *core, const struct hf_event *event,
                 uint64_t decided)
{
    struct looked *looked = user;
    const struct hf_state *state = hf_core_state(core);
    char text[512];
    looked->decided += decided;
    if (event->type == HF_EVENT_MEMBERSHIP && hf_event_text(event, &state->spec, text, 512))
        looked->seen_loss += strstr(text, "gone with their computers") != NULL;
    for (uint64_t d = 0; d < decided; d++) {
        const struct hf_history_record *record =
            &state->history[(state->history_count - 1 - d) % HF_HISTORY_MAX];
        looked->takeovers += record->type == HF_CHANGE_ASSIGN && record->node2 == owner &&
                             record->reason.code == HF_REASON_NODE_LOST;
    }
}

static void identical_test(void **unused)
{
    (void)unused;
    for (unsigned n = 0; n < NODES; n++) {
        struct looked looked = {0};
        unsigned checkpoints = 0;
        uint64_t events = 0, compared = 0;
        for (unsigned l = 0; l < counts[n]; l++) {
            struct hf_play play = {.step = look, .user = &looked};
            int played = hf_play(&play, logs[n][l].bytes, logs[n][l].length);
            assert_string_equal(play.difference.text, "");
            assert_int_equal(played, HF_PLAYED_IDENTICAL);
            assert_false(play.cut);
            assert_false(play.other_sources);
            assert_int_equal(play.header.config.node, n);
            checkpoints += play.header.beginning == HF_LOG_FROM_CHECKPOINT;
            events += play.events;
            compared += play.compared;
        }
        assert_true(checkpoints > 0);
        assert_true(events > 20);
        assert_int_equal(compared, events - 1); /* what the last one led to is not written yet */
        assert_true(looked.decided > 0);
        assert_int_equal(looked.takeovers, n == owner ? 0 : 1);
        assert_true(n == owner || looked.seen_loss > 0);
    }
}

/* The log with the most events. */
static const struct log *longest(void)
{
    const struct log *best = NULL;
    uint64_t events = 0;
    for (unsigned n = 0; n < NODES; n++) {
        for (unsigned l = 0; l < counts[n]; l++) {
            struct hf_play play = {0};
            (void)hf_play(&play, logs[n][l].bytes, logs[n][l].length);
            best = play.events > events ? &logs[n][l] : best;
            events = play.events > events ? play.events : events;
        }
    }
    return best;
}

static void cut_test(void **unused)
{
    (void)unused;
    const struct log *log = longest();
    uint64_t events = 0, refused = 0;
    for (size_t length = 0; length < log->length; length++) {
        struct hf_play play = {0};
        /* In exact memory, so that a read beyond the end is found. */
        uint8_t *copy = malloc(length ? length : 1);
        assert_non_null(copy);
        memcpy(copy, log->bytes, length);
        int played = hf_play(&play, copy, length);
        free(copy);
        assert_true(played == HF_PLAYED_IDENTICAL || (!events && played == HF_PLAYED_REFUSED));
        assert_true(play.events >= events);
        assert_true(played == HF_PLAYED_IDENTICAL || play.difference.text[0]);
        events = play.events;
        refused += played == HF_PLAYED_REFUSED;
        if (length > 600 && events > 20)
            length += 12; /* the rest by samples */
    }
    assert_true(events > 20 && refused > 50);
}

static void zeros_test(void **unused)
{
    (void)unused;
    const struct log *log = &logs[0][0];
    size_t length = log->length + 5000;
    uint8_t *copy = calloc(1, length);
    struct hf_play play = {0};
    assert_non_null(copy);
    memcpy(copy, log->bytes, log->length);
    assert_int_equal(hf_play(&play, copy, length), HF_PLAYED_IDENTICAL);
    assert_true(play.cut);
    assert_int_equal(play.at, log->length);
    free(copy);
}

/* A flipped byte is found; or, in a length, looks as if the file had been cut off there. */
static void flip_test(void **unused)
{
    (void)unused;
    const struct log *log = longest();
    uint8_t *copy = malloc(log->length);
    unsigned damaged = 0, refused = 0;
    assert_non_null(copy);
    memcpy(copy, log->bytes, log->length);
    for (size_t at = 0; at < log->length; at += at < 400 ? 1 : 7) {
        struct hf_play play = {0};
        copy[at] ^= (uint8_t)(1u << at % 8);
        int played = hf_play(&play, copy, log->length);
        copy[at] ^= (uint8_t)(1u << at % 8);
        damaged += played == HF_PLAYED_DAMAGED;
        refused += played == HF_PLAYED_REFUSED;
        assert_int_not_equal(played, HF_PLAYED_DIFFERENT);
        assert_true(played != HF_PLAYED_IDENTICAL || play.cut);
        assert_true(played == HF_PLAYED_IDENTICAL || play.difference.text[0]);
    }
    assert_true(damaged > 10 && refused > 10);
    free(copy);
}

/* The log with one record changed by a function and its checksum made right again. */
static struct log altered(const struct log *from, uint64_t wanted,
                          size_t (*change)(uint8_t *payload, size_t length, uint64_t number))
{
    struct log out = {calloc(1, from->length + HF_LOG_RECORD_MAX), HF_LOG_MAGIC_SIZE};
    static uint8_t payload[HF_LOG_RECORD_MAX];
    size_t at = HF_LOG_MAGIC_SIZE;
    struct hf_reader_buf record;
    assert_non_null(out.bytes);
    memcpy(out.bytes, from->bytes, HF_LOG_MAGIC_SIZE);
    for (uint64_t k = 0; hf_log_next(from->bytes, from->length, &at, k, &record) == HF_LOG_FOUND;
         k++) {
        size_t length = record.length;
        memcpy(payload, record.bytes, length);
        if (k == wanted || wanted == UINT64_MAX)
            length = change(payload, length, k);
        out.length += hf_log_frame(k, payload, length, out.bytes + out.length);
        memcpy(out.bytes + out.length, payload, length);
        out.length += length;
    }
    return out;
}

static size_t set_header(uint8_t *payload, size_t length, void (*set)(struct hf_log_header *))
{
    struct hf_reader_buf in = {payload, length, 0, false, HF_FORMAT_ALL};
    struct hf_writer_buf out = {payload, HF_LOG_RECORD_MAX, 0, false, HF_FORMAT_ALL};
    struct hf_log_header header;
    assert_true(hf_get_header(&in, &header));
    set(&header);
    hf_put_header(&out, &header);
    return out.length;
}

static void make_other_sources(struct hf_log_header *header)
{
    header->identity.sources ^= 1;
}

static void make_other_layout(struct hf_log_header *header)
{
    header->identity.layout ^= 1;
    (void)snprintf(header->version, sizeof(header->version), "9.8.7");
}

static size_t other_sources(uint8_t *payload, size_t length, uint64_t number)
{
    (void)number;
    return set_header(payload, length, make_other_sources);
}

static size_t other_layout(uint8_t *payload, size_t length, uint64_t number)
{
    (void)number;
    return set_header(payload, length, make_other_layout);
}

static size_t other_format(uint8_t *payload, size_t length, uint64_t number)
{
    (void)number;
    payload[1] = HF_LOG_FORMAT + 1;
    return length;
}

static int play_altered(struct hf_play *play, const struct log *from, uint64_t number,
                        size_t (*change)(uint8_t *, size_t, uint64_t))
{
    struct log log = altered(from, number, change);
    int played = hf_play(play, log.bytes, log.length);
    free(log.bytes);
    return played;
}

static void version_test(void **unused)
{
    (void)unused;
    const struct log *start = &logs[0][0], *checkpoint = &logs[0][1];
    struct hf_play play = {0};
    assert_int_equal(play_altered(&play, start, 0, other_sources), HF_PLAYED_IDENTICAL);
    assert_true(play.other_sources);
    assert_int_equal(play_altered(&play, checkpoint, 0, other_sources), HF_PLAYED_IDENTICAL);
    assert_true(play.other_sources);
    assert_int_equal(play_altered(&play, start, 0, other_layout), HF_PLAYED_IDENTICAL);
    assert_true(play.other_sources);
    assert_int_equal(play_altered(&play, checkpoint, 0, other_layout), HF_PLAYED_REFUSED);
    assert_non_null(strstr(play.difference.text, "9.8.7"));
    assert_int_equal(play_altered(&play, start, 0, other_format), HF_PLAYED_REFUSED);
    assert_non_null(strstr(play.difference.text, "format"));
}

static void no_log_test(void **unused)
{
    (void)unused;
    struct hf_play play = {0};
    const char *text = "cluster: {name: lab}\n";
    assert_int_equal(hf_play(&play, (const uint8_t *)text, strlen(text)), HF_PLAYED_REFUSED);
    assert_non_null(strstr(play.difference.text, "not an event log"));
}

/* What a power cut leaves of a log that was just begun. */
static void begun_and_lost_test(void **unused)
{
    (void)unused;
    static const struct {
        const char *bytes;
        size_t length;
    } cases[] = {{"", 0}, {"HFEV", 4}, {"\0\0\0\0", 4}, {"\0\0\0\0\0\0\0\0\0\0", 10}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hf_play play = {0};
        int played = hf_play(&play, (const uint8_t *)cases[i].bytes, cases[i].length);
        assert_int_equal(played, HF_PLAYED_REFUSED);
        assert_true(play.cut);
        assert_non_null(strstr(play.difference.text, "cut off before its first event"));
    }
}

/* The deadline of a driver step, or the id of what is to be written, one more than it was. */
static unsigned changed;

static size_t change_result(uint8_t *payload, size_t length, uint64_t number)
{
    (void)number;
    if (payload[0] != HF_LOG_RESULT || changed++)
        return length;
    payload[length - 1] ^= 1; /* the hash of what the last action carries */
    return length;
}

static void different_test(void **unused)
{
    (void)unused;
    unsigned tried = 0;
    for (unsigned n = 0; n < NODES; n++) {
        for (unsigned l = 0; l < counts[n]; l++) {
            struct hf_play play = {0};
            changed = 0;
            int played = play_altered(&play, &logs[n][l], UINT64_MAX, change_result);
            assert_int_equal(played, changed ? HF_PLAYED_DIFFERENT : HF_PLAYED_IDENTICAL);
            tried += changed != 0;
            if (!changed)
                continue;
            assert_non_null(strstr(play.difference.text, "recorded: "));
            assert_non_null(strstr(play.difference.text, "; now: "));
            assert_true(play.event_text[0] != '\0');
        }
    }
    assert_true(tried > 3);
}

/* Whatever an image or a restored record holds, with a right checksum: an answer, never a crash. */
static uint64_t chance = 88172645463325252ull;

static uint64_t draw(void)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return chance;
}

static size_t scramble(uint8_t *payload, size_t length, uint64_t number)
{
    (void)number;
    if (payload[0] != HF_LOG_IMAGE && payload[0] != HF_LOG_BEGIN && payload[0] != HF_LOG_RESULT)
        return length;
    for (unsigned k = 0; k < 4; k++)
        payload[1 + draw() % (length - 1)] = (uint8_t)draw();
    return length;
}

static void scrambled_test(void **unused)
{
    (void)unused;
    unsigned refused = 0;
    for (unsigned k = 0; k < 300; k++) {
        unsigned n = k % NODES, l = 1 + k / NODES % (counts[n] - 1);
        struct hf_play play = {0};
        struct log log = altered(&logs[n][l], UINT64_MAX, scramble);
        /* Only the beginning: a state that makes no sense need not survive its own assertions. */
        size_t at = HF_LOG_MAGIC_SIZE, end = at;
        struct hf_reader_buf record;
        for (uint64_t r = 0; hf_log_next(log.bytes, log.length, &at, r, &record) == HF_LOG_FOUND;
             r++) {
            end = record.bytes[0] == HF_LOG_EVENT ? end : at;
            if (record.bytes[0] == HF_LOG_EVENT)
                break;
        }
        int played = hf_play(&play, log.bytes, end);
        refused += played == HF_PLAYED_REFUSED;
        assert_int_not_equal(played, HF_PLAYED_IDENTICAL);
        assert_int_equal(play.events, 0);
        free(log.bytes);
    }
    assert_true(refused > 0);
}

struct full {
    unsigned taken, refuse_after;
    struct log last;
    size_t room;
};

static bool full_sink(void *user, bool begins, const uint8_t *head, size_t head_length,
                      const uint8_t *payload, size_t length)
{
    struct full *full = user;
    if (full->refuse_after && full->taken >= full->refuse_after && !begins)
        return false;
    if (begins)
        full->last.length = full->taken = 0;
    full->taken++;
    assert_true(full->last.length + head_length + length < full->room);
    memcpy(full->last.bytes + full->last.length, head, head_length);
    memcpy(full->last.bytes + full->last.length + head_length, payload, length);
    full->last.length += head_length + length;
    return true;
}

/* Records are lost: the log after that begins with a checkpoint, says how many, and is identical.
 */
static void gap_test(void **unused)
{
    (void)unused;
    struct full full = {.room = 4u << 20, .refuse_after = 40};
    struct hf_recorder *recorder = calloc(1, sizeof(*recorder));
    struct hf_core *core = calloc(1, hf_core_size());
    struct hf_actions *actions = calloc(1, sizeof(*actions));
    struct hf_core_config config = {.node = 1, .incarnation = 5};
    struct hf_play play = {0};
    full.last.bytes = malloc(full.room);
    assert_true(recorder && core && actions && full.last.bytes);
    hf_core_init(core, &config, 1000, 5000);
    hf_recorder_init(recorder, full_sink, &full);
    hf_recorder_start(recorder, &config, 1000, 5000);
    hf_recorder_ready(recorder, core);
    for (unsigned k = 0; k < 200; k++) {
        struct hf_event event = {.type = HF_EVENT_TICK, .now_ms = 1000 + k, .wall_ms = 5000 + k};
        if (k == 150)
            full.refuse_after = 0;
        hf_recorder_event(recorder, core, &event);
        hf_core_step(core, &event, actions);
        hf_recorder_result(recorder, &event, actions);
    }
    hf_recorder_end(recorder);
    assert_int_equal(hf_play(&play, full.last.bytes, full.last.length), HF_PLAYED_IDENTICAL);
    assert_int_equal(play.header.beginning, HF_LOG_FROM_CHECKPOINT);
    assert_true(play.header.lost > 0 && play.ended);
    assert_int_equal(play.compared, play.events);
    free(full.last.bytes);
    free(actions);
    free(core);
    free(recorder);
}

static void varint_test(void **unused)
{
    (void)unused;
    for (unsigned bit = 0; bit < 65; bit++) {
        uint8_t bytes[32];
        uint64_t value = bit == 64 ? UINT64_MAX : (1ull << bit) - 1;
        struct hf_writer_buf out = {bytes, sizeof(bytes), 0, false, HF_FORMAT_ALL};
        hf_put_varint(&out, value);
        hf_put_varint(&out, hf_zigzag(0 - value));
        struct hf_reader_buf in = {bytes, out.length, 0, false, HF_FORMAT_ALL};
        assert_false(out.overflow);
        assert_true(hf_get_varint(&in) == value);
        assert_true(hf_unzigzag(hf_get_varint(&in)) == 0 - value);
        assert_false(in.bad);
    }
    const uint8_t endless[12] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    struct hf_reader_buf in = {endless, sizeof(endless), 0, false, HF_FORMAT_ALL};
    (void)hf_get_varint(&in);
    assert_true(in.bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(varint_test),
        cmocka_unit_test(identical_test),
        cmocka_unit_test(begun_and_lost_test),
        cmocka_unit_test(cut_test),
        cmocka_unit_test(zeros_test),
        cmocka_unit_test(flip_test),
        cmocka_unit_test(version_test),
        cmocka_unit_test(no_log_test),
        cmocka_unit_test(different_test),
        cmocka_unit_test(scrambled_test),
        cmocka_unit_test(gap_test),
    };
    return cmocka_run_group_tests(tests, fail_over, free_logs);
}
