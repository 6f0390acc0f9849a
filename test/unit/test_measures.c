/*
 * What instances used, in the journal: percentiles, minutes that become hours and days, a size that
 * stays, and disks that are full, not to be written or damaged - which decisions never notice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/histogram.h"
#include "daemon/journal_store.h"
#include "daemon/journal_writer.h"
#include "daemon/measures.h"

#define DAY_S UINT64_C(86400)
#define BEGIN_S (20000 * DAY_S)
#define DEADLINE_MS 20000

static sqlite3 *db;

static int open_memory(void **unused)
{
    (void)unused;
    return sqlite3_open(":memory:", &db) == SQLITE_OK && hf_measures_open(db) == 0 ? 0 : -1;
}

static int close_memory(void **unused)
{
    (void)unused;
    return sqlite3_close(db) == SQLITE_OK ? 0 : -1;
}

static int64_t number(const char *sql)
{
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return value;
}

static struct hf_measure_minute minute_of(uint64_t start_s, uint64_t cpu, uint32_t count)
{
    struct hf_measure_minute minute = {.instance = "msgbox", .start_s = start_s};
    minute.count[HF_MEASURE_CPU] = count;
    for (uint32_t s = 0; s < count; s++)
        minute.samples[HF_MEASURE_CPU][s] = cpu;
    return minute;
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Against the sorted values themselves: never too low, at most a sixteenth too high. */
static void percentiles(void **unused)
{
    (void)unused;
    static uint64_t values[5000];
    static struct hf_histogram whole, half[2], merged;
    static uint8_t bytes[HF_HISTOGRAM_BYTES];
    uint64_t random = 1;
    for (unsigned v = 0; v < 5000; v++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        values[v] = (random >> 16) >> (random >> 58) % 47;
        hf_histogram_add(&whole, values[v]);
        hf_histogram_add(&half[v % 2], values[v]);
    }
    qsort(values, 5000, sizeof(values[0]), by_size);
    for (unsigned percent = 1; percent <= 100; percent++) {
        uint64_t exact = values[5000 * percent / 100 - 1];
        uint64_t got = hf_histogram_percentile(&whole, percent);
        assert_true(got >= exact && got <= exact + exact / 16);
    }
    assert_int_equal(whole.largest, values[4999]);
    for (unsigned h = 0; h < 2; h++)
        assert_true(hf_histogram_merge(&merged, bytes, hf_histogram_encode(&half[h], bytes)));
    merged.largest = whole.largest;
    assert_memory_equal(&merged, &whole, sizeof(whole));
    assert_false(hf_histogram_merge(&merged, (const uint8_t *)"12345", 5));
    assert_false(hf_histogram_merge(&merged, (const uint8_t *)"\xff\xff\1\0\0\0", 6));
    assert_memory_equal(&merged, &whole, sizeof(whole));
    struct hf_histogram none = {0};
    assert_int_equal(hf_histogram_percentile(&none, 95), 0);
    hf_histogram_add(&none, UINT64_MAX);
    assert_true(hf_histogram_percentile(&none, 50) >= UINT64_C(1) << 48);
}

/* An hour of 30, but for six minutes of 800: its 95th percentile is 800, its median 30. */
static void rolls_up(void **unused)
{
    (void)unused;
    struct hf_measure_demand demand;
    for (unsigned m = 0; m < 60; m++) {
        struct hf_measure_minute minute = minute_of(BEGIN_S + 60 * m, m < 6 ? 800 : 30, 12);
        minute.count[HF_MEASURE_MEMORY] = 1;
        minute.samples[HF_MEASURE_MEMORY][0] = m == 40 ? 5000 : 1000;
        assert_int_equal(hf_measures_add(db, &minute), 0);
    }
    assert_int_equal(number("SELECT count(*) FROM measure WHERE level = 0 AND resource = 0"), 60);
    assert_int_equal(number("SELECT samples FROM measure WHERE level = 1 AND resource = 0"), 720);
    assert_int_equal(number("SELECT p50 FROM measure WHERE level = 1 AND resource = 0"), 30);
    assert_int_equal(number("SELECT samples FROM measure WHERE level = 2 AND resource = 0"), 720);
    assert_int_equal(hf_measures_demand(db, "msgbox", BEGIN_S + 3600, &demand), 0);
    assert_int_equal(demand.known, 1u << HF_MEASURE_CPU | 1u << HF_MEASURE_MEMORY);
    assert_int_equal(demand.hours, 1);
    assert_int_equal(demand.amount[HF_MEASURE_CPU], 800);
    assert_int_equal(demand.amount[HF_MEASURE_MEMORY], 5000);
    /* A quiet hour later does not lower it; a week later it is forgotten. */
    struct hf_measure_minute quiet = minute_of(BEGIN_S + 7200, 1, 12);
    assert_int_equal(hf_measures_add(db, &quiet), 0);
    assert_int_equal(hf_measures_demand(db, "msgbox", BEGIN_S + 7200, &demand), 0);
    assert_int_equal(demand.amount[HF_MEASURE_CPU], 800);
    assert_int_equal(hf_measures_demand(db, "msgbox", BEGIN_S + 7 * DAY_S + 3600, &demand), 0);
    assert_int_equal(demand.amount[HF_MEASURE_CPU], 1);
    assert_int_equal(hf_measures_demand(db, "nobody", BEGIN_S, &demand), 0);
    assert_int_equal(demand.known, 0);
    /* The first hour is whole: it is not changed when the clock goes back to it. */
    struct hf_measure_minute late = minute_of(BEGIN_S, 9000, 12);
    assert_int_equal(hf_measures_add(db, &late), 0);
    assert_int_equal(number("SELECT max(largest) FROM measure WHERE level = 1"), 5000);
}

static void size_stays(void **unused)
{
    (void)unused;
    int64_t pages = 0;
    uint64_t now_s = BEGIN_S;
    assert_int_equal(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
    for (unsigned step = 0; step < 200 * 96; step++, now_s += 900) {
        struct hf_measure_minute minute = minute_of(now_s, step * 7919 % 100000, 12);
        assert_int_equal(hf_measures_add(db, &minute), 0);
        if (step == 100 * 96)
            pages = number("PRAGMA page_count");
    }
    assert_true(number("PRAGMA page_count") <= pages + 4);
    for (unsigned step = 0; step < 300; step++, now_s += 60) {
        struct hf_measure_minute minute = minute_of(now_s, step, 12);
        assert_int_equal(hf_measures_add(db, &minute), 0);
    }
    assert_int_equal(number("SELECT count(*) FROM measure WHERE level = 0"), HF_MEASURE_MINUTES);
    assert_int_equal(number("SELECT count(*) FROM measure WHERE level = 1"), HF_MEASURE_HOURS);
    assert_int_equal(number("SELECT count(*) FROM measure WHERE level = 2"), HF_MEASURE_DAYS);
    assert_int_equal(number("SELECT count(*) FROM measure WHERE histogram IS NOT NULL"), 3);
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
}

/* More instances than are kept, as a cluster may have had over years: the oldest goes. */
static void instances_stay_bounded(void **unused)
{
    (void)unused;
    assert_int_equal(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
    for (unsigned k = 0; k < HF_MEASURE_INSTANCES + 3; k++) {
        struct hf_measure_minute minute = minute_of(BEGIN_S + 60 * k, 1, 1);
        (void)snprintf(minute.instance, sizeof(minute.instance), "i%u", k);
        assert_int_equal(hf_measures_add(db, &minute), 0);
    }
    assert_int_equal(hf_measures_prune(db, BEGIN_S + 60 * HF_MEASURE_INSTANCES), 0);
    assert_int_equal(number("SELECT count(DISTINCT instance) FROM measure"), HF_MEASURE_INSTANCES);
    assert_int_equal(number("SELECT count(*) FROM measure WHERE instance IN ('i0', 'i1', 'i2')"),
                     0);
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
}

/* A computer that wakes in 1970, or in thirty years, and is put right after some minutes. */
static void clock_was_wrong(void **unused)
{
    (void)unused;
    struct hf_measure_demand demand;
    uint64_t now_s = BEGIN_S;
    assert_int_equal(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
    for (unsigned hour = 0; hour < 300; hour++, now_s += 3600) {
        struct hf_measure_minute minute = minute_of(now_s, 500, 12);
        assert_int_equal(hf_measures_add(db, &minute), 0);
    }
    static const uint64_t wrong[] = {0, BEGIN_S + 30 * 365 * DAY_S};
    for (unsigned w = 0; w < 2; w++) {
        assert_int_equal(hf_measures_prune(db, wrong[w]), 0);
        for (unsigned m = 0; m < 5; m++) {
            struct hf_measure_minute minute = minute_of(wrong[w] + 60 * m, 9999, 12);
            assert_int_equal(hf_measures_add(db, &minute), 0);
        }
    }
    /* Of what was known not more than a row each is gone, and what was wrong does not count. */
    char sql[200];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM measure WHERE level = 1 AND start_s BETWEEN %llu AND %llu",
                   (unsigned long long)BEGIN_S, (unsigned long long)now_s);
    assert_in_range(number(sql), HF_MEASURE_HOURS - 2, HF_MEASURE_HOURS);
    assert_int_equal(hf_measures_demand(db, "msgbox", now_s, &demand), 0);
    assert_int_equal(demand.amount[HF_MEASURE_CPU], 500);
    /* It goes as soon as there is more than is kept. */
    for (unsigned hour = 0; hour < 3; hour++, now_s += 3600) {
        struct hf_measure_minute minute = minute_of(now_s, 500, 12);
        assert_int_equal(hf_measures_add(db, &minute), 0);
    }
    assert_int_equal(number("SELECT max(largest) FROM measure WHERE level = 1"), 500);
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
}

/* An engine that is started again, or a daemon, makes two parts of a minute. */
static void minute_in_parts(void **unused)
{
    (void)unused;
    struct hf_measure_minute first = minute_of(BEGIN_S, 100, 8);
    struct hf_measure_minute second = minute_of(BEGIN_S, 900, 4);
    assert_int_equal(hf_measures_add(db, &first), 0);
    assert_int_equal(hf_measures_add(db, &second), 0);
    for (unsigned level = 0; level < 3; level++) {
        char sql[100];
        (void)snprintf(sql, sizeof(sql), "SELECT samples FROM measure WHERE level = %u", level);
        assert_int_equal(number(sql), 12);
        (void)snprintf(sql, sizeof(sql), "SELECT largest FROM measure WHERE level = %u", level);
        assert_int_equal(number(sql), 900);
        (void)snprintf(sql, sizeof(sql), "SELECT p50 FROM measure WHERE level = %u", level);
        assert_in_range(number(sql), 100, 107);
    }
}

static void nonsense(void **unused)
{
    (void)unused;
    struct hf_measure_minute minute = minute_of(BEGIN_S, 5, 1);
    struct hf_measure_demand demand;
    assert_int_equal(hf_measures_add(db, &minute), 0);
    assert_int_equal(sqlite3_exec(db,
                                  "UPDATE measure SET histogram = x'ffff01' WHERE level = 1;"
                                  "INSERT INTO measure VALUES (1, 'msgbox', 1728000000, 77, 1, 1,"
                                  " 1, 1, 1, NULL)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(hf_measures_add(db, &minute), 0);
    assert_int_equal(hf_measures_demand(db, "msgbox", BEGIN_S, &demand), 0);
    assert_int_equal(demand.known, 1u << HF_MEASURE_CPU);
    assert_int_equal(demand.amount[HF_MEASURE_CPU], 5);
    memset(minute.instance, 'x', sizeof(minute.instance));
    assert_int_equal(hf_measures_add(db, &minute), 0);
    assert_int_equal(number("SELECT count(DISTINCT instance) FROM measure"), 1);
}

static json_int_t at(const json_t *json, const char *first, const char *second)
{
    return json_integer_value(json_object_get(json_object_get(json, first), second));
}

/* What `holdfast demand` is told: the newest rows, oldest first, each with what was measured. */
static void asked_for(void **unused)
{
    (void)unused;
    struct hf_measures_question question = {
        .level = HF_MEASURE_HOUR, .count = 2, .now_s = BEGIN_S + 3 * 3600};
    for (unsigned hour = 0; hour < 3; hour++) {
        struct hf_measure_minute minute = minute_of(BEGIN_S + 3600 * hour, 100 + hour, 12);
        if (hour == 2) {
            minute.count[HF_MEASURE_IO] = 1;
            minute.samples[HF_MEASURE_IO][0] = 7;
        }
        assert_int_equal(hf_measures_add(db, &minute), 0);
    }
    struct hf_measure_minute other = minute_of(BEGIN_S, 5, 1);
    (void)snprintf(other.instance, sizeof(other.instance), "main");
    assert_int_equal(hf_measures_add(db, &other), 0);
    json_t *json = hf_measures_json(db, &question);
    json_t *list = json_object_get(json, "instances");
    assert_int_equal(json_array_size(list), 2);
    json_t *msgbox = json_array_get(list, 1);
    assert_string_equal(json_string_value(json_object_get(msgbox, "name")), "msgbox");
    assert_int_equal(at(msgbox, "measured", "cpu_milli"), 102);
    assert_int_equal(at(msgbox, "measured", "hours"), 3);
    assert_true(json_is_null(json_object_get(json_object_get(msgbox, "measured"), "memory_bytes")));
    json_t *rows = json_object_get(msgbox, "rows");
    assert_int_equal(json_array_size(rows), 2);
    json_t *newest = json_array_get(rows, 1);
    assert_int_equal(json_integer_value(json_object_get(newest, "start_ms")),
                     (BEGIN_S + 7200) * 1000);
    assert_int_equal(at(newest, "cpu_milli", "p50"), 102);
    assert_int_equal(at(newest, "cpu_milli", "samples"), 12);
    assert_int_equal(at(newest, "io_per_s", "max"), 7);
    assert_null(json_object_get(json_array_get(rows, 0), "io_per_s"));
    json_decref(json);
    (void)snprintf(question.instance, sizeof(question.instance), "main");
    question.level = HF_MEASURE_MINUTE;
    json = hf_measures_json(db, &question);
    assert_int_equal(json_array_size(json_object_get(json, "instances")), 1);
    json_decref(json);
    (void)snprintf(question.instance, sizeof(question.instance), "nobody");
    json = hf_measures_json(db, &question);
    assert_int_equal(json_array_size(json_object_get(json, "instances")), 0);
    json_decref(json);
    assert_int_equal(sqlite3_exec(db, "DROP TABLE measure", NULL, NULL, NULL), SQLITE_OK);
    assert_null(hf_measures_json(db, &question));
}

/* ---- The writer, its disk in trouble ---- */

static char folder[64];

static void read_reply(int fd, struct hf_frame_reply *reply)
{
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&poller, 1, DEADLINE_MS), 1);
    assert_int_equal(recv(fd, reply, sizeof(*reply), MSG_WAITALL), sizeof(*reply));
}

static void send_frame(int fd, uint32_t kind, uint64_t index, const void *bytes, uint32_t length)
{
    struct hf_frame frame = {kind, length, index};
    assert_int_equal(write(fd, &frame, sizeof(frame)), sizeof(frame));
    if (length)
        assert_int_equal(write(fd, bytes, length), length);
}

static void decide(int fd, uint64_t index)
{
    struct hf_frame_reply reply;
    send_frame(fd, HF_FRAME_DECISION, index, "decision", 8);
    read_reply(fd, &reply);
    assert_false(reply.has_demand);
    assert_string_equal(reply.problem, "");
    assert_int_equal(reply.index, index);
}

/* What is known after a start: the demand of each instance. */
static void count_demand(void *user, const struct hf_measure_demand *demand)
{
    unsigned *count = user;
    assert_string_equal(demand->instance, "msgbox");
    assert_int_equal(demand->amount[HF_MEASURE_CPU], 700);
    (*count)++;
}

static unsigned decisions;

static bool count_decision(void *user, bool snapshot, const uint8_t *bytes, size_t length)
{
    (void)user;
    (void)bytes;
    decisions += !snapshot && length == 8;
    return true;
}

static void sql(const char *text)
{
    char path[128];
    sqlite3 *other = NULL;
    (void)snprintf(path, sizeof(path), "%s/journal.db", folder);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    (void)sqlite3_busy_timeout(other, DEADLINE_MS);
    assert_int_equal(sqlite3_exec(other, text, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
}

static void writer_goes_on(void **unused)
{
    (void)unused;
    struct hf_frame_reply reply;
    struct hf_measure_minute minute = minute_of(BEGIN_S, 700, 12);
    int pair[2];
    (void)snprintf(folder, sizeof(folder), "/tmp/holdfast-measures-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(pair[0]);
        _exit(hf_journal_writer(pair[1], folder));
    }
    (void)close(pair[1]);
    decide(pair[0], 1);
    send_frame(pair[0], HF_FRAME_MINUTE, 0, &minute, sizeof(minute));
    read_reply(pair[0], &reply);
    assert_true(reply.has_demand);
    assert_string_equal(reply.demand.instance, "msgbox");
    assert_int_equal(reply.demand.amount[HF_MEASURE_CPU], 700);
    decide(pair[0], 2);
    /* The table cannot be written: told once, and decisions go on. */
    sql("ALTER TABLE measure RENAME TO kept; CREATE VIEW measure AS SELECT * FROM kept");
    for (unsigned time = 0; time < 2; time++) {
        minute.start_s += 60;
        send_frame(pair[0], HF_FRAME_MINUTE, 0, &minute, sizeof(minute));
        if (time == 0) {
            read_reply(pair[0], &reply);
            assert_false(reply.has_demand);
            assert_non_null(strstr(reply.problem, "what instances use is not kept"));
        }
        decide(pair[0], 3 + time);
    }
    /* It can again: it is kept again, without a word. */
    sql("DROP VIEW measure; ALTER TABLE kept RENAME TO measure");
    minute.start_s += 60;
    send_frame(pair[0], HF_FRAME_MINUTE, 0, &minute, sizeof(minute));
    read_reply(pair[0], &reply);
    assert_true(reply.has_demand);
    decide(pair[0], 5);
    /* A frame of a wrong size is a problem of measuring too. */
    send_frame(pair[0], HF_FRAME_MINUTE, 0, "x", 1);
    read_reply(pair[0], &reply);
    assert_true(reply.problem[0] != '\0');
    decide(pair[0], 6);
    (void)close(pair[0]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    struct hf_error error = {""};
    assert_int_equal(hf_journal_load(folder, count_decision, NULL, &error), 0);
    assert_int_equal(decisions, 6);
    unsigned known = 0;
    assert_int_equal(hf_journal_load_demands(folder, minute.start_s, count_demand, &known, &error),
                     0);
    assert_int_equal(known, 1);
    assert_int_equal(
        hf_journal_load_demands(folder, minute.start_s + 30 * DAY_S, count_demand, &known, &error),
        0);
    assert_int_equal(known, 1);
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (unsigned s = 0; s < 3; s++) {
        char path[128];
        (void)snprintf(path, sizeof(path), "%s/journal.db%s", folder, suffixes[s]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(folder), 0);
}

/* A full disk and one that cannot be written give an error, and leave what was there. */
static void full_and_readonly(void **unused)
{
    (void)unused;
    struct hf_measure_minute minute = minute_of(BEGIN_S, 700, 12);
    assert_int_equal(hf_measures_add(db, &minute), 0);
    assert_int_equal(sqlite3_exec(db, "PRAGMA query_only = 1", NULL, NULL, NULL), SQLITE_OK);
    minute.start_s += 60;
    assert_int_equal(hf_measures_add(db, &minute), -EIO);
    assert_int_equal(sqlite3_exec(db, "PRAGMA query_only = 0", NULL, NULL, NULL), SQLITE_OK);
    (void)number("PRAGMA max_page_count = 3");
    int rc = 0;
    for (unsigned k = 0; k < 2000 && rc == 0; k++) {
        minute.start_s += 60;
        rc = hf_measures_add(db, &minute);
        (void)snprintf(minute.instance, sizeof(minute.instance), "m%u", k);
    }
    assert_int_equal(rc, -EIO);
    (void)number("PRAGMA max_page_count = 100000");
    assert_int_equal(hf_measures_add(db, &minute), 0);
    struct hf_measure_demand demand;
    assert_int_equal(hf_measures_demand(db, "msgbox", BEGIN_S, &demand), 0);
    assert_int_equal(demand.amount[HF_MEASURE_CPU], 700);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles),
        cmocka_unit_test_setup_teardown(rolls_up, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(size_stays, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(instances_stay_bounded, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(clock_was_wrong, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(minute_in_parts, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(asked_for, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(nonsense, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(full_and_readonly, open_memory, close_memory),
        cmocka_unit_test(writer_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
