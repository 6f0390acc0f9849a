/*
 * postgresql_resize.c - a running server takes its degraded profile, or gives it back.
 *
 * Happy path: its configuration file is written anew (postgresql_profile.c), the postmaster reads
 * it (SIGHUP), a session of ours sees that it did, and asks which of the profile's settings wait
 * for the next start. The server goes on all the while: nothing here restarts it.
 * Failure modes: no process -> HF_DRV_NO_ENGINE; no file, no connection -> HF_DRV_FAILED; it did
 * not take the file within the deadline -> HF_DRV_FAILED, text = the first line that it refused; it
 * refuses some of the profile's values -> HF_DRV_FAILED, text = which.
 * What was started before it had a profile has the settings on its command line, and what ALTER
 * SYSTEM states wins over every file: the text of HF_DRV_OK says which settings these are.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "driver/connection.h"
#include "driver/postgresql.h"

#define DEADLINE_DEFAULT_MS 10000u
#define LOOK_MS                                                                                    \
    20u /* a session takes the new file between two statements, and says so to nobody              \
         */

struct resize {
    const struct hf_driver_request *request;
    struct hf_driver_reply *reply;
    struct hf_process_user user;
    struct hf_connection connection;
    uint64_t until_ms;
    char names[2 * HF_DRIVER_SETTINGS_MAX]; /* of the profile, as SQL: 'work_mem', 'jit' */
};

__attribute__((format(printf, 3, 4))) static bool
fail(struct resize *resize, enum hf_driver_status status, const char *format, ...)
{
    va_list args;
    resize->reply->status = status;
    va_start(args, format);
    (void)vsnprintf(resize->reply->text, sizeof(resize->reply->text), format, args);
    va_end(args);
    return false;
}

static bool fail_as(struct resize *resize, const struct hf_error *error)
{
    return fail(resize, HF_DRV_FAILED, "%.*s", (int)HF_DRIVER_TEXT_MAX - 1, error->text);
}

static bool write_file(struct resize *resize)
{
    struct hf_error error = {""};
    const char *name = resize->request->engine.user;
    int r = hf_process_find_user(name, &resize->user);
    if (r < 0)
        return fail(resize, HF_DRV_FAILED, "user %s: %s", name, strerror(-r));
    r = hf_postgresql_profile_write(resize->request, &resize->user, &error);
    return r == 0 || fail_as(resize, &error);
}

/* Keys are letters, digits, _ and . only (postgresql_settings.c), so they need no quoting. */
static bool list_names(struct resize *resize)
{
    char text[HF_DRIVER_SETTINGS_MAX];
    char *rest = text;
    struct hf_postgresql_setting setting;
    struct hf_error error = {""};
    size_t used = 0;
    int r;
    (void)snprintf(text, sizeof(text), "%s", resize->request->engine.degraded);
    while ((r = hf_postgresql_next_setting(&rest, &setting, &error)) > 0) {
        int n = snprintf(resize->names + used, sizeof(resize->names) - used, "%s'%s'",
                         used ? ", " : "", setting.key);
        used += (size_t)n;
        if (used >= sizeof(resize->names))
            return fail(resize, HF_DRV_FAILED, "the degraded profile has too many settings");
    }
    return r == 0 || fail_as(resize, &error);
}

/* Peer authentication wants the engine's user. */
static bool connect_to(struct resize *resize)
{
    const struct hf_driver_engine *engine = &resize->request->engine;
    char directory[HF_DRIVER_PATH_MAX];
    uid_t own = geteuid();
    if (hf_postgresql_socket_directory(resize->request->instance, directory, sizeof(directory)) < 0)
        return fail(resize, HF_DRV_FAILED, "the name of the instance is too long");
    int r = hf_process_borrow_uid(resize->user.uid);
    if (r < 0)
        return fail(resize, HF_DRV_FAILED, "cannot become the user %s: %s", engine->user,
                    strerror(-r));
    enum hf_answer answer = hf_connection_open(&resize->connection, directory, engine->port,
                                               engine->user, resize->until_ms);
    r = hf_process_borrow_uid(own);
    if (r == 0 && answer == HF_ANSWER_YES)
        return true;
    return fail(resize, HF_DRV_FAILED, "no connection: %s",
                answer == HF_ANSWER_ERROR ? resize->connection.text : "it does not answer");
}

static bool ask(struct resize *resize, const char *statement)
{
    switch (hf_connection_ask(&resize->connection, statement, resize->until_ms)) {
    case HF_ANSWER_YES:
        return true;
    case HF_ANSWER_NOT_YET:
        return fail(resize, HF_DRV_FAILED, "no answer to: %.150s", statement);
    case HF_ANSWER_ERROR:
        break;
    }
    return fail(resize, HF_DRV_FAILED, "%s", resize->connection.text);
}

/* The whole time was waited for it; one question more. */
static bool say_refused(struct resize *resize)
{
    static const char refused[] =
        "SELECT pg_catalog.concat(name, ': ', error, ' (', sourcefile, ' line ', sourceline, ')') "
        "FROM pg_catalog.pg_file_settings "
        "WHERE error IS NOT NULL AND error NOT LIKE '%could not be applied' LIMIT 1";
    resize->until_ms += LOOK_MS;
    bool known = ask(resize, refused) && resize->connection.value[0];
    return fail(resize, HF_DRV_FAILED, "it did not take its configuration file in time%s%.200s",
                known ? ": " : "", known ? resize->connection.value : "");
}

static bool reload(struct resize *resize, pid_t pid)
{
    static const char loaded[] = "SELECT pg_catalog.pg_conf_load_time()";
    char before[sizeof(resize->connection.value)];
    if (!ask(resize, loaded))
        return false;
    memcpy(before, resize->connection.value, sizeof(before));
    int pidfd = hf_process_pidfd(pid);
    int r = pidfd < 0 ? pidfd : hf_process_signal(pidfd, SIGHUP);
    if (pidfd >= 0)
        (void)close(pidfd);
    if (r < 0)
        return fail(resize, HF_DRV_FAILED, "its main process cannot be told: %s", strerror(-r));
    do {
        uint64_t now = hf_process_now_ms();
        if (now + 2 * LOOK_MS >= resize->until_ms)
            return say_refused(resize);
        hf_connection_rest(&resize->connection, now + LOOK_MS);
        if (!ask(resize, loaded))
            return false;
    } while (strcmp(before, resize->connection.value) == 0);
    return true;
}

/* Adds "WORDS: name, name" for the profile's settings of which the condition is true. */
static bool tell(struct resize *resize, const char *words, const char *condition)
{
    struct hf_driver_reply *reply = resize->reply;
    char statement[3 * HF_DRIVER_SETTINGS_MAX];
    size_t used = strlen(reply->text);
    (void)snprintf(statement, sizeof(statement),
                   "SELECT pg_catalog.string_agg(name, ', ' ORDER BY name) FROM "
                   "pg_catalog.pg_settings WHERE %s AND pg_catalog.lower(name) IN (SELECT "
                   "pg_catalog.lower(n) FROM pg_catalog.unnest(ARRAY[%s]) n)",
                   condition, resize->names);
    if (!ask(resize, statement))
        return false;
    if (resize->connection.value[0])
        (void)snprintf(reply->text + used, sizeof(reply->text) - used, "%s%s: %s", used ? "; " : "",
                       words, resize->connection.value);
    return true;
}

/* One that was started without a profile reads another file. The path needs no quoting: names of
 * instances are letters, digits, _ and - only. */
static bool tell_later(struct resize *resize)
{
    char path[HF_DRIVER_PATH_MAX];
    char condition[2 * HF_DRIVER_PATH_MAX];
    if (hf_postgresql_profile_path(resize->request->instance, path, sizeof(path)) < 0)
        return fail(resize, HF_DRV_FAILED, "the name of the instance is too long");
    (void)snprintf(condition, sizeof(condition),
                   "(pending_restart OR source = 'command line' OR "
                   "pg_catalog.current_setting('config_file') <> '%s')",
                   path);
    return tell(resize, "at the next start", condition);
}

/* PostgreSQL says the same of a value that waits for the next start and of one that is wrong. */
static bool check_refused(struct resize *resize)
{
    struct hf_driver_reply *reply = resize->reply;
    bool asked = tell(resize, "it refuses",
                      "NOT pending_restart AND name IN (SELECT name FROM "
                      "pg_catalog.pg_file_settings WHERE error IS NOT NULL)");
    if (asked && reply->text[0])
        reply->status = HF_DRV_FAILED;
    return asked && !reply->text[0];
}

static bool run(struct resize *resize)
{
    const struct hf_driver_request *request = resize->request;
    pid_t pid = hf_postgresql_find_pid(request->engine.data, request->instance);
    if (pid <= 0)
        return fail(resize, HF_DRV_NO_ENGINE, "it does not run");
    return list_names(resize) && write_file(resize) && connect_to(resize) && reload(resize, pid) &&
           check_refused(resize) && tell_later(resize) &&
           tell(resize, "not while ALTER SYSTEM states it",
                "sourcefile LIKE '%/postgresql.auto.conf'");
}

void hf_postgresql_resize(const struct hf_driver_request *request, struct hf_driver_reply *reply)
{
    struct resize resize = {.request = request, .reply = reply};
    uint64_t began_ms = hf_process_now_ms();
    uint32_t deadline_ms = request->deadline_ms ? request->deadline_ms : DEADLINE_DEFAULT_MS;
    memset(reply, 0, sizeof(*reply));
    reply->id = request->id;
    reply->op = request->op;
    /* Its own end must come before the worker is given up. */
    resize.until_ms = began_ms + deadline_ms - deadline_ms / 10;
    hf_connection_init(&resize.connection);
    if (request->engine.degraded[0])
        (void)run(&resize);
    hf_connection_close(&resize.connection);
    reply->took_ms = (uint32_t)(hf_process_now_ms() - began_ms);
}
