/*
 * The journal on disk: what was written is read back in order, byte for byte; what was rolled back
 * never was; a damaged file is refused or gives less, and never ends the program.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/journal_store.h"

#define RECORDS 300u

static char folder[64];
static uint64_t random_state = 1;

static unsigned pick(unsigned below)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (unsigned)((random_state * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % below;
}

static void path_of(const char *suffix, char *path, size_t room)
{
    (void)snprintf(path, room, "%s/journal.db%s", folder, suffix);
}

static void empty_folder(void)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    for (unsigned s = 0; s < sizeof(suffixes) / sizeof(suffixes[0]); s++) {
        char path[128];
        path_of(suffixes[s], path, sizeof(path));
        (void)unlink(path);
    }
}

static int setup(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/holdfast-journal-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    empty_folder();
    return rmdir(folder);
}

struct record {
    bool snapshot;
    size_t length;
    uint8_t bytes[2000];
};

static struct record wanted[RECORDS];
static unsigned wanted_count, read_count;
static unsigned stop_after;

static bool compare(void *user, bool snapshot, const uint8_t *bytes, size_t length)
{
    (void)user;
    assert_true(read_count < wanted_count);
    const struct record *record = &wanted[read_count++];
    assert_int_equal(snapshot, record->snapshot);
    assert_int_equal(length, record->length);
    if (length)
        assert_memory_equal(bytes, record->bytes, length);
    return read_count != stop_after;
}

static const struct record *make_record(bool snapshot)
{
    struct record *record = &wanted[wanted_count++];
    record->snapshot = snapshot;
    record->length = pick(sizeof(record->bytes));
    for (size_t i = 0; i < record->length; i++)
        record->bytes[i] = (uint8_t)pick(256);
    return record;
}

static void fill(struct hf_store *store)
{
    wanted_count = 0;
    assert_int_equal(hf_store_begin(store), 0);
    assert_int_equal(hf_store_clear(store), 0);
    for (unsigned k = 0; k < 5; k++) {
        const struct record *part = make_record(true);
        assert_int_equal(hf_store_part(store, part->bytes, part->length), 0);
    }
    for (unsigned k = 0; k < 100; k++) {
        const struct record *decision = make_record(false);
        /* The index may begin anew (another epoch): the order is that of writing. */
        assert_int_equal(hf_store_append(store, k % 60, decision->bytes, decision->length), 0);
    }
    assert_int_equal(hf_store_commit(store), 0);
}

static void expect_all(void)
{
    struct hf_error error = {""};
    read_count = 0;
    assert_int_equal(hf_journal_load(folder, compare, NULL, &error), 0);
    assert_int_equal(read_count, wanted_count);
}

static void round_trip_test(void **state)
{
    struct hf_store store;
    struct hf_error error = {""};
    (void)state;
    for (unsigned round = 0; round < 5; round++) {
        assert_int_equal(hf_store_open(&store, folder, &error), 0);
        fill(&store); /* in place of what the round before wrote */
        hf_store_close(&store);
        expect_all();
    }
    empty_folder();
}

static void rollback_test(void **state)
{
    struct hf_store store;
    struct hf_error error = {""};
    (void)state;
    assert_int_equal(hf_store_open(&store, folder, &error), 0);
    fill(&store);
    assert_int_equal(hf_store_begin(&store), 0);
    assert_int_equal(hf_store_clear(&store), 0);
    assert_int_equal(hf_store_append(&store, 1, "x", 1), 0);
    assert_int_equal(hf_store_rollback(&store), 0);
    hf_store_close(&store);
    expect_all();
    empty_folder();
}

/* The reader says stop at a record that does not follow: nothing behind it is looked at. */
static void stop_test(void **state)
{
    struct hf_store store;
    struct hf_error error = {""};
    (void)state;
    assert_int_equal(hf_store_open(&store, folder, &error), 0);
    fill(&store);
    hf_store_close(&store);
    stop_after = 50;
    read_count = 0;
    assert_int_equal(hf_journal_load(folder, compare, NULL, &error), 0);
    stop_after = 0;
    assert_int_equal(read_count, 50);
    empty_folder();
}

static bool count_only(void *user, bool snapshot, const uint8_t *bytes, size_t length)
{
    (void)snapshot;
    (void)bytes;
    (void)length;
    ++*(unsigned *)user;
    return true;
}

/* Overwrites some bytes of the file, or cuts it. */
static void damage(const char *path)
{
    struct stat about;
    FILE *file = fopen(path, "r+e");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &about), 0);
    if (pick(4) == 0)
        assert_int_equal(ftruncate(fileno(file), pick((unsigned)about.st_size)), 0);
    for (unsigned k = 0; k < 20; k++) {
        assert_int_equal(fseek(file, (long)pick((unsigned)about.st_size), SEEK_SET), 0);
        assert_true(fputc((int)pick(256), file) != EOF);
    }
    assert_int_equal(fclose(file), 0);
}

static void damage_test(void **state)
{
    char path[128];
    unsigned refused = 0;
    (void)state;
    path_of("", path, sizeof(path));
    for (unsigned round = 0; round < 60; round++) {
        struct hf_store store;
        struct hf_error error = {""};
        unsigned count = 0;
        assert_int_equal(hf_store_open(&store, folder, &error), 0);
        fill(&store);
        hf_store_close(&store);
        damage(path);
        int rc = hf_journal_load(folder, count_only, &count, &error);
        assert_true(rc <= 0 && count <= wanted_count);
        assert_true((rc < 0) == (error.text[0] != '\0'));
        refused += rc < 0;
        empty_folder();
    }
    assert_true(refused > 0);
}

static unsigned recovery_number;

static struct hf_recovery_sample recovery_make(unsigned number)
{
    struct hf_recovery_sample sample = {.wall_ms = 1700000000000u + number,
                                        .log_bytes =
                                            number % 3 ? number * 1000ull : HF_RECOVERY_UNKNOWN,
                                        .engine_ms = number % 3 ? number : HF_RECOVERY_UNKNOWN,
                                        .takeover_ms = number % 2 ? 7 : HF_RECOVERY_UNKNOWN};
    (void)snprintf(sample.instance, sizeof(sample.instance), "it's %u", number);
    return sample;
}

static void recovery_compare(void *user, const struct hf_recovery_sample *sample)
{
    struct hf_recovery_sample want = recovery_make(recovery_number++);
    ++*(unsigned *)user;
    assert_string_equal(sample->instance, want.instance);
    assert_int_equal(sample->wall_ms, want.wall_ms);
    assert_int_equal(sample->log_bytes, want.log_bytes);
    assert_int_equal(sample->engine_ms, want.engine_ms);
    assert_int_equal(sample->takeover_ms, want.takeover_ms);
}

/* What takeovers took stays beside snapshots, in order, and only the newest of it. */
static void recoveries_test(void **state)
{
    struct hf_store store;
    struct hf_error error = {""};
    const unsigned total = 2 * HF_RECOVERY_KEPT + 17;
    unsigned count = 0;
    (void)state;
    assert_int_equal(hf_store_open(&store, folder, &error), 0);
    assert_int_equal(hf_store_begin(&store), 0);
    for (unsigned number = 0; number < total; number++) {
        struct hf_recovery_sample sample = recovery_make(number);
        assert_int_equal(hf_store_recovery(&store, &sample), 0);
    }
    assert_int_equal(hf_store_commit(&store), 0);
    fill(&store);
    hf_store_close(&store);
    recovery_number = total - HF_RECOVERY_KEPT;
    assert_int_equal(hf_journal_load_recoveries(folder, recovery_compare, &count, &error), 0);
    assert_int_equal(count, HF_RECOVERY_KEPT);
    expect_all();
    empty_folder();
}

static void count_recovery(void *user, const struct hf_recovery_sample *sample)
{
    assert_true(strnlen(sample->instance, sizeof(sample->instance)) < sizeof(sample->instance));
    ++*(unsigned *)user;
}

/* A table that somebody wrote nonsense into: unknown, cut, never outside of its fields. */
static void strange_recoveries_test(void **state)
{
    struct hf_store store;
    struct hf_error error = {""};
    unsigned count = 0;
    (void)state;
    assert_int_equal(hf_store_open(&store, folder, &error), 0);
    static const char sql[] =
        "INSERT INTO recovery VALUES (1, printf('%.500c', 'x'), -1, -2, NULL, 3);"
        "INSERT INTO recovery VALUES (2, '', 0, 9223372036854775807, 0, 0)";
    assert_int_equal(sqlite3_exec(store.db, sql, NULL, NULL, NULL), SQLITE_OK);
    hf_store_close(&store);
    assert_int_equal(hf_journal_load_recoveries(folder, count_recovery, &count, &error), 0);
    assert_int_equal(count, 2);
    empty_folder();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip_test), cmocka_unit_test(rollback_test),
        cmocka_unit_test(stop_test),       cmocka_unit_test(damage_test),
        cmocka_unit_test(recoveries_test), cmocka_unit_test(strange_recoveries_test),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
