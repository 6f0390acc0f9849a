/*
 * test_events.c - the process that writes the event log of a daemon, and the command that reads it:
 * files that are rotated and bounded, a daemon that dies, a disk that cannot be written; what
 * `holdfast replay` prints and its exit codes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "cli/exits.h"
#include "daemon/events.h"
#include "daemon/events_ring.h"
#include "daemon/events_writer.h"
#include "replay/player.h"

int verb_replay(int argc, char **argv);

#define DEADLINE_MS 20000
#define FILES_MAX 128u

static char folder[64];

/* A node alone in its cluster: what it multicasts comes back, what it writes is synced. */
struct alone {
    struct hf_core *core;
    struct hf_actions *actions;
    struct hf_recorder *recorder;
    uint64_t now_ms;
    struct {
        uint8_t bytes[4096];
        size_t length;
    } sent[64];
    unsigned first, count;
};

static struct hf_core_config config = {
    .cluster = "lab",
    .name = "db1",
    .public_address = "10.77.0.1",
    .private_address = "10.77.1.1",
    .incarnation = 99,
};

static void step(struct alone *alone, struct hf_event *event)
{
    alone->now_ms += 5;
    event->now_ms = alone->now_ms;
    event->wall_ms = 1767225600000ull + alone->now_ms;
    hf_recorder_event(alone->recorder, alone->core, event);
    hf_core_step(alone->core, event, alone->actions);
    hf_recorder_result(alone->recorder, event, alone->actions);
    for (uint32_t a = 0; a < alone->actions->count; a++) {
        const struct hf_action *action = &alone->actions->list[a];
        if (action->type != HF_ACTION_MULTICAST)
            continue;
        unsigned at = (alone->first + alone->count++) % 64;
        assert_true(alone->count < 64 && action->length <= sizeof(alone->sent[at].bytes));
        memcpy(alone->sent[at].bytes, alone->actions->arena + action->offset, action->length);
        alone->sent[at].length = action->length;
    }
}

static void deliver_all(struct alone *alone)
{
    while (alone->count) {
        uint8_t bytes[4096];
        struct hf_event event = {.type = HF_EVENT_MESSAGE};
        event.message.length = alone->sent[alone->first].length;
        memcpy(bytes, alone->sent[alone->first].bytes, event.message.length);
        event.message.bytes = bytes;
        alone->first = (alone->first + 1) % 64;
        alone->count--;
        step(alone, &event);
    }
}

static void alone_new(struct alone *alone, struct hf_recorder *recorder)
{
    memset(alone, 0, sizeof(*alone));
    alone->core = calloc(1, hf_core_size());
    alone->actions = calloc(1, sizeof(*alone->actions));
    assert_true(alone->core && alone->actions);
    alone->recorder = recorder;
    alone->now_ms = 1000;
    hf_core_init(alone->core, &config, 1000, 1767225601000ull);
    hf_recorder_start(recorder, &config, 1000, 1767225601000ull);
    hf_recorder_ready(recorder, alone->core);
}

/* The first node of a new cluster, until it has decided to be one. */
static void make_cluster(struct alone *alone)
{
    struct hf_event up = {.type = HF_EVENT_ENGINE_UP}, tick = {.type = HF_EVENT_TICK};
    struct hf_event members = {.type = HF_EVENT_MEMBERSHIP}, quorum = {.type = HF_EVENT_QUORUM};
    members.membership =
        (struct hf_event_membership){.members = 1, .ring = {1, 4}, .settled = true};
    quorum.quorum = (struct hf_event_quorum){true, {1, 4}, 1, 1};
    step(alone, &up);
    step(alone, &members);
    step(alone, &quorum);
    deliver_all(alone);
    for (unsigned k = 0; k < 20; k++) {
        step(alone, &tick);
        deliver_all(alone);
    }
    struct hf_core_view view;
    hf_core_view(alone->core, &view);
    assert_int_equal(view.condition, HF_CORE_MEMBER);
}

static void alone_free(struct alone *alone)
{
    free(alone->core);
    free(alone->actions);
}

static bool wait_until(bool (*done)(void *), void *user)
{
    struct timespec begin, now;
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    do {
        if (done(user))
            return true;
        (void)poll(NULL, 0, 5);
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000 <
             DEADLINE_MS);
    return false;
}

static int make_folder(void **unused)
{
    (void)unused;
    (void)snprintf(folder, sizeof(folder), "/tmp/hf-events-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return 0;
}

static unsigned files_of(char names[FILES_MAX][128], uint64_t *ret_bytes)
{
    char path[100];
    unsigned count = 0;
    (void)snprintf(path, sizeof(path), "%s/events", folder);
    struct dirent **list = NULL;
    int found = scandir(path, &list, NULL, alphasort);
    *ret_bytes = 0;
    for (int f = 0; f < found; f++) {
        struct stat stat_of;
        if (list[f]->d_name[0] != '.') {
            assert_true(count < FILES_MAX);
            (void)snprintf(names[count], 128, "%s/%.16s", path, list[f]->d_name);
            assert_int_equal(stat(names[count], &stat_of), 0);
            assert_int_equal(stat_of.st_mode & 0777, 0600);
            *ret_bytes += (uint64_t)stat_of.st_size;
            count++;
        }
        free(list[f]);
    }
    free(list);
    return count;
}

static int remove_folder(void **unused)
{
    char names[FILES_MAX][128], path[100];
    uint64_t bytes;
    unsigned count = files_of(names, &bytes);
    (void)unused;
    for (unsigned f = 0; f < count; f++)
        assert_int_equal(unlink(names[f]), 0);
    (void)snprintf(path, sizeof(path), "%s/events", folder);
    (void)rmdir(path);
    (void)unlink(path);
    (void)snprintf(path, sizeof(path), "%s/out", folder);
    (void)unlink(path);
    (void)snprintf(path, sizeof(path), "%s/changed", folder);
    (void)unlink(path);
    return rmdir(folder);
}

static uint8_t *read_whole(const char *path, size_t *ret_length)
{
    struct stat stat_of;
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &stat_of), 0);
    uint8_t *bytes = calloc(1, (size_t)stat_of.st_size + 1);
    assert_non_null(bytes);
    *ret_length = fread(bytes, 1, (size_t)stat_of.st_size, file);
    assert_int_equal(*ret_length, stat_of.st_size);
    (void)fclose(file);
    return bytes;
}

/* False: more came than the disk took while the file was begun, and the next one goes on. */
static bool play_file(const char *path, struct hf_play *play)
{
    size_t length;
    uint8_t *bytes = read_whole(path, &length);
    int played = hf_play(play, bytes, length);
    free(bytes);
    if (!strcmp(play->difference.text, "the file ends before its first event"))
        return false;
    assert_string_equal(play->difference.text, "");
    assert_int_equal(played, HF_PLAYED_IDENTICAL);
    return true;
}

static void ring_test(void **unused)
{
    (void)unused;
    struct hf_events_ring *ring = calloc(1, sizeof(*ring));
    static uint8_t payload[70000];
    struct hf_events_item item;
    uint32_t put = 0, taken = 0, x = 1;
    assert_non_null(ring);
    assert_false(hf_events_ring_look(ring, &item));
    while (taken < 5000) {
        x = x * 1664525 + 1013904223;
        size_t length = 4 + x % 65000;
        memcpy(payload, &put, 4);
        payload[length - 1] = (uint8_t)length;
        bool full =
            !hf_events_ring_put(ring, put % 7 == 0, put % 3 == 0, "head", 4, payload, length);
        assert_false(full && hf_events_ring_empty(ring));
        put += !full;
        while ((full || x % 5 == 0) && hf_events_ring_look(ring, &item)) {
            assert_memory_equal(item.bytes, "head", 4);
            assert_memory_equal(item.bytes + 4, &taken, 4);
            assert_int_equal(item.bytes[item.length - 1], (uint8_t)(item.length - 4));
            assert_int_equal(item.begins, taken % 7 == 0);
            assert_int_equal(item.busy, taken % 3 == 0);
            hf_events_ring_take(ring, &item);
            taken++;
        }
    }
    free(ring);
}

/* The writer may go on for a while after the daemon waited for it: a slow disk. */
static bool last_has_ended(void *unused)
{
    (void)unused;
    char names[FILES_MAX][128];
    uint64_t total;
    size_t length;
    unsigned count = files_of(names, &total);
    struct hf_play play = {0};
    uint8_t *bytes = read_whole(names[count - 1], &length);
    (void)hf_play(&play, bytes, length);
    free(bytes);
    return play.ended;
}

/* More than the disk may hold: old files go, each that is left stands for itself. */
static void rotation_test(void **unused)
{
    (void)unused;
    struct hf_events *events = NULL;
    static uint8_t noise[60000];
    char names[FILES_MAX][128];
    struct alone alone;
    uint64_t bytes, given = 0, recorded = 0;
    assert_int_equal(hf_events_new(folder, &events), 0);
    struct hf_recorder *recorder = hf_events_recorder(events);
    alone_new(&alone, recorder);
    make_cluster(&alone);
    for (unsigned k = 0; k < 900; k++) {
        struct hf_event event = {.type = HF_EVENT_MESSAGE, .message = {0, noise, sizeof(noise)}};
        memset(noise, (int)k, sizeof(noise));
        step(&alone, &event); /* no message at all: the core passes over it */
        given++;
        struct hf_event tick = {.type = HF_EVENT_TICK};
        while (recorder->broken) {
            (void)poll(NULL, 0, 5);
            step(&alone, &tick);
            given++;
        }
    }
    hf_events_free(events);
    alone_free(&alone);
    assert_true(wait_until(last_has_ended, NULL));
    unsigned count = files_of(names, &bytes);
    assert_true(count >= 3 && count < HF_EVENTS_FILES_MAX);
    assert_true(bytes <= HF_EVENTS_DISK_MAX && bytes > HF_EVENTS_DISK_MAX / 3);
    assert_null(strstr(names[0], "00000001"));
    for (unsigned f = 0; f < count; f++) {
        struct hf_play play = {0};
        if (!play_file(names[f], &play))
            continue;
        assert_int_equal(play.header.beginning, HF_LOG_FROM_CHECKPOINT);
        assert_true(!play.cut && play.compared + 1 >= play.events);
        assert_true(play.ended == (f + 1 == count));
        recorded += play.events;
    }
    assert_true(recorded > 0 && recorded < given);
}

/* A daemon that dies at once leaves everything up to the event that killed it. */
static void dead_daemon_test(void **unused)
{
    (void)unused;
    char names[FILES_MAX][128];
    uint64_t bytes;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct hf_events *events = NULL;
        struct alone alone;
        if (hf_events_new(folder, &events) < 0)
            _exit(1);
        alone_new(&alone, hf_events_recorder(events));
        make_cluster(&alone);
        struct hf_event event = {.type = HF_EVENT_EXITED, .now_ms = 9000, .wall_ms = 9000};
        hf_recorder_event(alone.recorder, alone.core, &event);
        (void)kill(getpid(), SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    unsigned count = 0;
    for (unsigned k = 0; k < DEADLINE_MS / 10; k++) {
        struct hf_play play = {0};
        count = files_of(names, &bytes);
        if (count)
            assert_true(play_file(names[0], &play));
        if (count && play.events && play.compared + 1 == play.events && play.last_ms == 9000) {
            assert_false(play.cut || play.ended);
            assert_true(play.decisions >= 1);
            assert_int_equal(play.header.beginning, HF_LOG_FROM_START);
            return;
        }
        (void)poll(NULL, 0, 10);
    }
    fail_msg("the last event is not in the log: %u files", count);
}

static bool has_said(void *user)
{
    const char *text = hf_events_check(user);
    return text && strstr(text, "cannot be written");
}

/* Where the folder should be there is a file: told once, and the daemon goes on. */
static void no_disk_test(void **unused)
{
    (void)unused;
    char path[100];
    struct hf_events *events = NULL;
    struct alone alone;
    (void)snprintf(path, sizeof(path), "%s/events", folder);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    (void)fclose(file);
    assert_int_equal(hf_events_new(folder, &events), 0);
    alone_new(&alone, hf_events_recorder(events));
    make_cluster(&alone);
    assert_true(wait_until(has_said, events));
    assert_null(hf_events_check(events));
    make_cluster(&alone);
    assert_true(hf_events_recorder(events)->lost > 0);
    hf_events_free(events);
    alone_free(&alone);
}

static int run(char *out, size_t room, const char *first, const char *second, const char *third)
{
    char path[100], *arguments[5] = {"replay", (char *)first, (char *)second, (char *)third, NULL};
    int argc = 2 + (second != NULL) + (third != NULL);
    (void)snprintf(path, sizeof(path), "%s/out", folder);
    (void)fflush(NULL);
    int saved = dup(1), saved_err = dup(2);
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0 && saved >= 0 && dup2(fd, 1) == 1 && dup2(fd, 2) == 2);
    int code = verb_replay(argc, arguments);
    (void)fflush(NULL);
    (void)dup2(saved, 1);
    (void)dup2(saved_err, 2);
    (void)close(saved);
    (void)close(saved_err);
    (void)close(fd);
    size_t length;
    uint8_t *bytes = read_whole(path, &length);
    (void)snprintf(out, room, "%s", (char *)bytes);
    free(bytes);
    return code;
}

static void write_changed(char *path, size_t room, const uint8_t *bytes, size_t length)
{
    (void)snprintf(path, room, "%s/changed", folder);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void command_test(void **unused)
{
    (void)unused;
    static char out[65536];
    char names[FILES_MAX][128], changed[128];
    struct hf_events *events = NULL;
    struct alone alone;
    uint64_t total;
    size_t length;
    assert_int_equal(hf_events_new(folder, &events), 0);
    alone_new(&alone, hf_events_recorder(events));
    make_cluster(&alone);
    hf_events_free(events);
    alone_free(&alone);
    assert_int_equal(files_of(names, &total), 1);

    assert_int_equal(run(out, sizeof(out), names[0], NULL, NULL), HF_EXIT_OK);
    assert_non_null(strstr(out, "db1, holdfastd "));
    assert_non_null(strstr(out, "a start of the daemon"));
    assert_non_null(strstr(out, "seen: corosync: quorate, 1 of 1 votes"));
    assert_non_null(strstr(out, "1 nodes form the cluster, db1 coordinates"));
    assert_non_null(strstr(out, "decisions: identical\n"));
    assert_null(strstr(out, "cut off"));

    assert_int_equal(run(out, sizeof(out), names[0], "--from", "2037-01-01 00:00"), HF_EXIT_OK);
    assert_null(strstr(out, "1 nodes form the cluster, db1 coordinates"));
    assert_int_equal(run(out, sizeof(out), names[0], "--instance", "msgbox"), HF_EXIT_OK);
    assert_null(strstr(out, "1 nodes form the cluster, db1 coordinates"));
    assert_int_equal(run(out, sizeof(out), names[0], "--from", "noon"), HF_EXIT_USAGE);
    assert_int_equal(run(out, sizeof(out), names[0], "more", NULL), HF_EXIT_USAGE);

    assert_int_equal(run(out, sizeof(out), names[0], "--json", NULL), HF_EXIT_OK);
    json_t *data = json_loads(out, 0, NULL);
    assert_non_null(data);
    assert_string_equal(json_string_value(json_object_get(data, "outcome")), "identical");
    assert_true(json_array_size(json_object_get(data, "records")) > 3);
    assert_true(json_integer_value(json_object_get(data, "decisions")) > 0);
    assert_int_equal(json_integer_value(json_object_get(data, "events")),
                     json_integer_value(json_object_get(data, "compared")));
    json_decref(data);

    uint8_t *bytes = read_whole(names[0], &length);
    write_changed(changed, sizeof(changed), bytes, length - 20);
    assert_int_equal(run(out, sizeof(out), changed, NULL, NULL), HF_EXIT_OK);
    assert_non_null(strstr(out, "The file is cut off at byte "));
    assert_non_null(strstr(out, "decisions: identical\n"));

    bytes[length * 2 / 3] ^= 0x10;
    write_changed(changed, sizeof(changed), bytes, length);
    assert_int_equal(run(out, sizeof(out), changed, NULL, NULL), HF_EXIT_FILE);
    assert_non_null(strstr(out, "the file is damaged at byte "));
    assert_non_null(strstr(out, "identical up to there\n"));

    write_changed(changed, sizeof(changed), (const uint8_t *)"hello", 5);
    assert_int_equal(run(out, sizeof(out), changed, NULL, NULL), HF_EXIT_FILE);
    assert_non_null(strstr(out, "it is not an event log of holdfastd"));
    assert_int_equal(run(out, sizeof(out), "/nowhere/1", NULL, NULL), HF_EXIT_FILE);
    assert_non_null(strstr(out, "cannot read /nowhere/1"));
    free(bytes);
}

/* A log in which another answer is recorded than this core gives. */
static void different_test(void **unused)
{
    (void)unused;
    static char out[65536];
    char names[FILES_MAX][128], changed[128];
    struct hf_events *events = NULL;
    struct alone alone;
    uint64_t total;
    size_t length, at = HF_LOG_MAGIC_SIZE;
    struct hf_reader_buf record;
    assert_int_equal(hf_events_new(folder, &events), 0);
    alone_new(&alone, hf_events_recorder(events));
    make_cluster(&alone);
    hf_events_free(events);
    alone_free(&alone);
    assert_int_equal(files_of(names, &total), 1);
    uint8_t *bytes = read_whole(names[0], &length);
    bool done = false;
    for (uint64_t k = 0; !done && hf_log_next(bytes, length, &at, k, &record) == HF_LOG_FOUND;
         k++) {
        uint8_t frame[HF_LOG_FRAME];
        if (record.bytes[0] != HF_LOG_RESULT)
            continue;
        uint8_t *payload = bytes + (record.bytes - bytes);
        payload[record.length - 1] ^= 1;
        size_t size = hf_log_frame(k, payload, record.length, frame);
        memcpy(payload - size, frame, size);
        done = true;
    }
    assert_true(done);
    write_changed(changed, sizeof(changed), bytes, length);
    assert_int_equal(run(out, sizeof(out), changed, NULL, NULL), HF_EXIT_REFUSED);
    assert_non_null(strstr(out, "recorded: "));
    assert_non_null(strstr(out, "; now: "));
    assert_non_null(strstr(out, "decisions: DIFFERENT\n"));
    free(bytes);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ring_test), IN_FOLDER(rotation_test), IN_FOLDER(dead_daemon_test),
        IN_FOLDER(no_disk_test),     IN_FOLDER(command_test),  IN_FOLDER(different_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
