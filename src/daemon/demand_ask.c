/*
 * demand_ask.c - `holdfast demand`: what the journal of this node has of what instances used.
 *
 * Happy path: a child process reads the journal (read-only, beside its writer, which SQLite's
 * write-ahead log allows) and leaves its answer as JSON in memory that this process reads when the
 * child has ended. Failure modes: the disk hangs - the child is killed at its deadline, and the
 * loop never waited; there is more than fits an answer - refused, with what to ask for instead; no
 * table yet, for nothing was measured so far - no instances.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/control_reply.h"
#include "daemon/daemon.h"
#include "daemon/measures.h"

#define DEADLINE_MS 10000u
#define BUSY_MS 2000
#define ANSWER_MAX (4u << 20)

enum { READ_FAILED = 1 };

static sqlite3 *open_journal(const char *dir)
{
    char path[1100];
    sqlite3 *db = NULL;
    (void)snprintf(path, sizeof(path), "%s/journal.db", dir);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK)
        return db;
    (void)sqlite3_close(db);
    return NULL;
}

/* In the child. */
static int read_rows(void *user, int output)
{
    const struct hf_demand_ask *ask = user;
    sqlite3 *db = open_journal(ask->dir);
    if (!db)
        return READ_FAILED;
    (void)sqlite3_busy_timeout(db, BUSY_MS);
    struct hf_measures_question question = {
        .level = ask->level, .count = ask->count, .now_s = ask->asked_ms / 1000};
    memcpy(question.instance, ask->instance, sizeof(question.instance));
    json_t *json = hf_measures_json(db, &question);
    int rc = json ? json_dumpfd(json, output, JSON_COMPACT) : -1;
    json_decref(json);
    (void)sqlite3_close(db);
    return rc == 0 ? 0 : READ_FAILED;
}

/* The answer that the child left; NULL: not readable. */
static json_t *take_answer(int fd, bool *ret_too_long)
{
    struct stat stat;
    json_t *json = NULL;
    *ret_too_long = fstat(fd, &stat) == 0 && stat.st_size > (off_t)ANSWER_MAX;
    if (*ret_too_long || lseek(fd, 0, SEEK_SET) != 0)
        return NULL;
    json = json_loadfd(fd, 0, NULL);
    return json;
}

static void add_stated(const struct hf_spec *spec, json_t *instances)
{
    size_t k = 0;
    json_t *one = NULL;
    json_array_foreach(instances, k, one)
    {
        const char *name = json_string_value(json_object_get(one, "name"));
        uint16_t i = name ? hf_spec_find_instance(spec, name) : HF_INSTANCE_NONE;
        json_t *stated =
            i == HF_INSTANCE_NONE ? json_null() : hf_status_amounts(spec->instances[i].demand);
        (void)json_object_set_new(one, "stated", stated);
    }
}

/* Of an instance that was removed there may be rows; of one that never was there is nothing. */
static json_t *answer_of(const struct hf_demand_ask *ask, json_t *read)
{
    const struct hf_daemon *daemon = ask->daemon;
    const struct hf_spec *spec = &hf_core_state(daemon->core)->spec;
    json_t *instances = json_object_get(read, "instances");
    if (ask->instance[0] && json_array_size(instances) == 0 &&
        hf_spec_find_instance(spec, ask->instance) == HF_INSTANCE_NONE)
        return hf_control_errorf("unknown-instance", "`holdfast status` lists the instances",
                                 "there is no instance %s, and nothing was measured of one here",
                                 ask->instance);
    add_stated(spec, instances);
    json_t *data = json_pack("{s:o, s:I, s:s, s:O}", "node", hf_control_text(daemon->node.name),
                             "time_ms", (json_int_t)ask->asked_ms, "per",
                             hf_measure_level_word(ask->level), "instances", instances);
    return hf_control_ok(data);
}

static json_t *refusal_of(int result, bool too_long)
{
    static const char hint[] =
        "see to the disk with /var/lib/holdfast; decisions do not depend on it";
    if (too_long)
        return hf_control_error("too-much", "that is more than fits one answer",
                                "ask for one instance (--instance), or fewer rows (-n)");
    if (result == -ETIMEDOUT)
        return hf_control_error("journal", "this node's journal could not be read in time", hint);
    return hf_control_error("journal", "what was measured cannot be read from this node's journal",
                            hint);
}

static void ended(void *user, int result)
{
    struct hf_demand_ask *ask = user;
    bool too_long = false;
    json_t *read = result == 0 ? take_answer(ask->fd, &too_long) : NULL;
    json_t *message = read ? answer_of(ask, read) : refusal_of(result, too_long);
    json_decref(read);
    (void)close(ask->fd);
    ask->child = NULL;
    ask->used = false;
    (void)hf_control_reply(ask->daemon->control, ask->connection, message, true);
}

static struct hf_demand_ask *free_ask(struct hf_daemon *daemon)
{
    for (unsigned a = 0; a < HF_DEMAND_ASKS; a++)
        if (!daemon->demand.asks[a].used)
            return &daemon->demand.asks[a];
    return NULL;
}

static int start(struct hf_demand_ask *ask)
{
    struct hf_engine_child_options options = {
        .run = read_rows,
        .done = ended,
        .user = ask,
        .name = "holdfast-demand",
        .timeout_ms = DEADLINE_MS,
    };
    options.output = ask->fd = memfd_create("holdfast-demand", MFD_CLOEXEC);
    if (ask->fd < 0)
        return -errno;
    int rc = hf_engine_child_start(&ask->daemon->loop, &options, &ask->child);
    if (rc < 0)
        (void)close(ask->fd);
    ask->used = rc == 0;
    return rc;
}

void hf_demand_answer(struct hf_daemon *daemon, uint64_t connection,
                      const struct hf_control_request *request)
{
    struct timespec now;
    struct hf_demand_ask *ask = free_ask(daemon);
    json_t *refused = NULL;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (ask) {
        *ask = (struct hf_demand_ask){.daemon = daemon,
                                      .dir = daemon->demand.dir,
                                      .connection = connection,
                                      .level = request->per,
                                      .count = request->count,
                                      .asked_ms = (uint64_t)now.tv_sec * 1000};
        memcpy(ask->instance, request->instance, sizeof(ask->instance));
        int rc = start(ask);
        if (rc < 0)
            refused = hf_control_errorf("journal", "try again; see what this node is short of",
                                        "the process that reads the journal cannot be started: %s",
                                        uv_strerror(rc));
    } else {
        refused = hf_control_error("busy", "the journal is being read for others already",
                                   "wait until that has ended and try again");
    }
    if (refused)
        (void)hf_control_reply(daemon->control, connection, refused, true);
}

void hf_demand_forget_asks(struct hf_daemon *daemon)
{
    for (unsigned a = 0; a < HF_DEMAND_ASKS; a++) {
        struct hf_demand_ask *ask = &daemon->demand.asks[a];
        if (!ask->used)
            continue;
        hf_engine_child_cancel(ask->child);
        (void)close(ask->fd);
        ask->used = false;
    }
}
