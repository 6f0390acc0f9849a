#include "daemon/journal_writer.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/journal_store.h"
#include "daemon/measures.h"

/* Company for what nobody waits for: the takeover needs the disks more. */
#define LAZY_MS 700

struct writer {
    int fd;
    struct hf_store store;
    bool open;       /* a transaction is open */
    bool waited_for; /* something in it is to be synced at once */
    bool snapshot;   /* between begin and end of a snapshot */
    uint64_t index;
    bool measuring;     /* a transaction of measurements is open, and no other */
    bool measures_made; /* their table is there */
    bool measures_fail; /* and that was told */
    uint8_t *bytes;
};

static bool read_all(int fd, void *to, size_t length)
{
    uint8_t *at = to;
    while (length) {
        ssize_t got = read(fd, at, length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        length -= (size_t)got;
    }
    return true;
}

static bool more_waits(int fd, int wait_ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    return poll(&poll_fd, 1, wait_ms) == 1 && poll_fd.revents & POLLIN;
}

static bool reply(struct writer *writer, const char *problem)
{
    struct hf_frame_reply out = {.index = writer->index};
    if (problem)
        (void)snprintf(out.problem, sizeof(out.problem), "%.255s", problem);
    return write(writer->fd, &out, sizeof(out)) == (ssize_t)sizeof(out);
}

static int take_recovery(struct writer *writer, size_t length)
{
    struct hf_recovery_sample sample;
    if (length != sizeof(sample))
        return -EIO;
    memcpy(&sample, writer->bytes, sizeof(sample));
    return hf_store_recovery(&writer->store, &sample);
}

static bool is_lazy(uint32_t kind)
{
    return kind == HF_FRAME_DECISION_LAZY || kind == HF_FRAME_RECOVERY;
}

static int take(struct writer *writer, const struct hf_frame *frame)
{
    struct hf_store *store = &writer->store;
    if (!writer->open && hf_store_begin(store) < 0)
        return -EIO;
    writer->open = true;
    switch ((enum hf_frame_kind)frame->kind) {
    case HF_FRAME_DECISION:
    case HF_FRAME_DECISION_LAZY:
        writer->index = frame->index;
        return hf_store_append(store, frame->index, writer->bytes, frame->length);
    case HF_FRAME_SNAPSHOT_BEGIN:
        writer->snapshot = true;
        return hf_store_clear(store);
    case HF_FRAME_SNAPSHOT_PART:
        return hf_store_part(store, writer->bytes, frame->length);
    case HF_FRAME_SNAPSHOT_END:
        writer->snapshot = false;
        writer->index = frame->index;
        return 0;
    case HF_FRAME_RECOVERY:
        return take_recovery(writer, frame->length);
    case HF_FRAME_MINUTE:
        break; /* measure() */
    }
    return -EIO;
}

static bool commit(struct writer *writer)
{
    if (hf_store_commit(&writer->store) < 0) {
        (void)reply(writer, sqlite3_errmsg(writer->store.db));
        return false;
    }
    writer->open = writer->waited_for = false;
    return reply(writer, NULL);
}

/* Nothing that is decided depends on measurements: the disk is not made to sync them (the next
 * decision that is synced takes them along), and what goes wrong with them is told once and goes no
 * further. They have transactions of their own, for a full disk may end a whole one. */
static void begin_measuring(struct writer *writer)
{
    if (writer->measuring)
        return;
    (void)sqlite3_exec(writer->store.db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
    writer->measuring = hf_store_begin(&writer->store) == 0;
}

static void end_measuring(struct writer *writer, int rc)
{
    char text[256];
    if (writer->measuring && rc == 0)
        rc = hf_store_commit(&writer->store);
    if (rc < 0)
        (void)snprintf(text, sizeof(text),
                       "what instances use is not kept: %.90s. Decisions are not affected. See to "
                       "the disk with this node's journal",
                       sqlite3_errmsg(writer->store.db));
    if (!sqlite3_get_autocommit(writer->store.db))
        (void)hf_store_rollback(&writer->store);
    (void)sqlite3_exec(writer->store.db, "PRAGMA synchronous = FULL", NULL, NULL, NULL);
    writer->measuring = false;
    if (rc < 0 && !writer->measures_fail)
        (void)reply(writer, text);
    writer->measures_fail = rc < 0;
}

static int take_minute(struct writer *writer, size_t length)
{
    struct hf_measure_minute minute;
    struct hf_frame_reply out = {.has_demand = true};
    sqlite3 *db = writer->store.db;
    if (length != sizeof(minute) || !writer->measuring)
        return -EIO;
    memcpy(&minute, writer->bytes, sizeof(minute));
    int rc = writer->measures_made ? 0 : hf_measures_open(db);
    if (rc == 0 && (!writer->measures_made || minute.start_s % 86400 == 0))
        rc = hf_measures_prune(db, minute.start_s);
    if (rc == 0)
        rc = hf_measures_add(db, &minute);
    if (rc == 0)
        rc = hf_measures_demand(db, minute.instance, minute.start_s, &out.demand);
    writer->measures_made = rc == 0;
    if (rc == 0 && write(writer->fd, &out, sizeof(out)) != (ssize_t)sizeof(out))
        return -EIO;
    return rc;
}

/* A snapshot that is being written is not cut in two by measurements: that minute is left out. */
static bool measure(struct writer *writer, size_t length)
{
    if (writer->snapshot)
        return true;
    if (writer->open && !commit(writer))
        return false;
    begin_measuring(writer);
    int rc = take_minute(writer, length);
    if (rc < 0 || !more_waits(writer->fd, 0))
        end_measuring(writer, rc);
    return true;
}

/* Everything that waits goes into one transaction: the disk is synced once for all of it. */
static bool work(struct writer *writer)
{
    struct hf_frame frame;
    if (!read_all(writer->fd, &frame, sizeof(frame)) || frame.length > HF_FRAME_MAX)
        return false;
    if (frame.length && !read_all(writer->fd, writer->bytes, frame.length))
        return false;
    if (frame.kind == HF_FRAME_MINUTE)
        return measure(writer, frame.length);
    if (writer->measuring)
        end_measuring(writer, 0);
    if (take(writer, &frame) < 0) {
        (void)reply(writer, sqlite3_errmsg(writer->store.db));
        return false;
    }
    writer->waited_for |= !is_lazy(frame.kind);
    int wait_ms = writer->waited_for ? 0 : LAZY_MS;
    if (writer->snapshot || more_waits(writer->fd, wait_ms))
        return true;
    return commit(writer);
}

int hf_journal_writer(int fd, const char *dir)
{
    struct writer writer = {.fd = fd};
    struct hf_error error;
    writer.bytes = malloc(HF_FRAME_MAX);
    if (!writer.bytes)
        return 1;
    if (hf_store_open(&writer.store, dir, &error) < 0) {
        (void)reply(&writer, error.text);
        free(writer.bytes);
        return 1;
    }
    while (work(&writer))
        ;
    if (writer.measuring)
        end_measuring(&writer, 0);
    if (writer.open && !writer.snapshot)
        (void)hf_store_commit(&writer.store);
    hf_store_close(&writer.store);
    free(writer.bytes);
    return 0;
}
