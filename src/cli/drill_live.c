#include "cli/drill_live.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/answer.h"
#include "cli/control_client.h"
#include "cli/drill_client.h"
#include "cli/drill_engine.h"
#include "cli/json_get.h"

enum { ROWS = 50, ROWS_WAIT_MS = 60000, COMMAND_MS = 180000, NAME_MAX_ = 64 };

struct live {
    const char *instance;
    struct hf_drill_client *client;
    json_t *scenarios;
    char self[NAME_MAX_], home[NAME_MAX_];
    bool drained; /* its node, by us */
    int64_t acknowledged;
};

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- Asking the daemon ---- */

static bool any_line(void *user, const json_t *line)
{
    (void)user;
    (void)line;
    return true;
}

/* Sends a command and waits until it is carried out. why: room for what is wrong. */
static bool command(json_t *request, char *why, size_t room)
{
    struct hf_error error = {0};
    json_t *reply = NULL;
    (void)json_object_set_new(request, "follow", json_true());
    int r = hf_control_stream(request, COMMAND_MS, any_line, NULL, &reply, &error);
    json_decref(request);
    bool good = r == 0 && hf_json_true(reply, "ok");
    if (r != 0)
        (void)snprintf(why, room, "%s", error.text);
    else if (!good)
        (void)snprintf(why, room, "%s", hf_json_str(json_object_get(reply, "error"), "text"));
    json_decref(reply);
    return good;
}

/* Where it is, and on which node we are. */
static int look(struct live *live, char *ret_owner, size_t room)
{
    json_t *reply = NULL;
    int code = hf_answer_get(json_pack("{s:s}", "verb", "status"), &reply);
    if (code != HF_EXIT_OK)
        return code;
    size_t i = 0;
    json_t *instance = NULL;
    code = HF_EXIT_REFUSED;
    ret_owner[0] = '\0';
    (void)snprintf(live->self, sizeof(live->self), "%s",
                   hf_json_str(json_object_get(reply, "self"), "name"));
    json_array_foreach(json_object_get(json_object_get(reply, "data"), "instances"), i, instance)
    {
        if (strcmp(hf_json_str(instance, "name"), live->instance) != 0)
            continue;
        bool online = strcmp(hf_json_str(instance, "phase"), "online") == 0;
        (void)snprintf(ret_owner, room, "%s", hf_json_str(instance, "owner"));
        code = online ? HF_EXIT_OK : HF_EXIT_REFUSED;
    }
    json_decref(reply);
    return code;
}

/* ---- Records ---- */

/* What `why` knows of the change of owner that began after since_ms. */
static json_t *phases_since(const struct live *live, int64_t since_ms)
{
    json_t *reply = NULL, *phases = json_array(), *entry = NULL;
    struct hf_error error;
    size_t i = 0;
    json_t *request = json_pack("{s:s, s:s}", "verb", "why", "instance", live->instance);
    if (hf_control_call(request, &reply, &error) != 0)
        reply = NULL;
    json_decref(request);
    json_array_foreach(json_object_get(json_object_get(reply, "data"), "timeline"), i, entry)
    {
        int64_t at_ms = hf_json_int(entry, "time_ms") - since_ms;
        const json_t *took = json_object_get(entry, "took_ms");
        json_t *phase =
            json_pack("{s:s, s:I}", "name", hf_json_str(entry, "kind"), "at_ms", (json_int_t)at_ms);
        if (took)
            (void)json_object_set(phase, "took_ms", (json_t *)(uintptr_t)took);
        if (at_ms < -1000 || json_array_append(phases, phase) < 0)
            (void)at_ms;
        json_decref(phase);
    }
    json_decref(reply);
    return phases;
}

static json_t *record_new(const struct live *live, const char *name, const char *title,
                          const char *expected)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", name, "title", title, "expected",
                     expected, "instance", live->instance, "topology", "as it is configured");
}

static void record_end(struct live *live, json_t *record, int64_t since_ms, bool good,
                       const char *why)
{
    int64_t end_ms = 0;
    bool flows = hf_drill_client_wait(live->client, ROWS, ROWS_WAIT_MS);
    int64_t gap_ms = hf_drill_client_gap(live->client, &end_ms);
    char owner[NAME_MAX_], seen[160];
    bool online = look(live, owner, sizeof(owner)) == HF_EXIT_OK;
    (void)snprintf(seen, sizeof(seen), "%s is %s%s", live->instance,
                   online ? "online on " : "not online", online ? owner : "");
    (void)json_object_set_new(record, "verdict",
                              json_string(good && flows && online ? "passed" : "failed"));
    (void)json_object_set_new(record, "seen", json_string(seen));
    (void)json_object_set_new(record, "outage_ms", json_integer(gap_ms));
    (void)json_object_set_new(record, "served_ms", json_integer(end_ms - since_ms));
    (void)json_object_set_new(record, "phases", phases_since(live, since_ms));
    if (!good || !online)
        (void)json_object_set_new(record, "why", json_string(why[0] ? why : "it is not online"));
    else if (!flows)
        (void)json_object_set_new(record, "why",
                                  json_string(hf_drill_client_trouble(live->client)));
    (void)json_array_append_new(live->scenarios, record);
}

static void not_run(struct live *live, json_t *record, const char *why)
{
    (void)json_object_set_new(record, "verdict", json_string("not run"));
    (void)json_object_set_new(record, "why", json_string(why));
    (void)json_array_append_new(live->scenarios, record);
}

static void say(const char *what)
{
    (void)fprintf(stderr, "%s ...\n", what);
}

/* ---- Steps ---- */

static bool move_to(const struct live *live, const char *node, char *why, size_t room)
{
    json_t *request = json_pack("{s:s, s:s}", "verb", "move", "instance", live->instance);
    if (node)
        (void)json_object_set_new(request, "node", json_string(node));
    return command(request, why, room);
}

static void step_move(struct live *live, const char *name, const char *title, const char *node)
{
    char why[HF_ERROR_TEXT_MAX] = "";
    int64_t end_ms = 0;
    say(title);
    (void)hf_drill_client_gap(live->client, &end_ms);
    int64_t since_ms = now_ms();
    json_t *record = record_new(live, name, title, "clients wait a moment, and no row is lost");
    bool good = move_to(live, node, why, sizeof(why));
    record_end(live, record, since_ms, good, why);
}

static void step_kill(struct live *live)
{
    char why[HF_ERROR_TEXT_MAX] = "", owner[NAME_MAX_] = "";
    int64_t end_ms = 0;
    json_t *record = record_new(live, "engine-killed", "The engine's main process is killed",
                                "it is started again where it is");
    (void)look(live, owner, sizeof(owner));
    if (strcmp(owner, live->self) != 0 || geteuid() != 0) {
        (void)snprintf(why, sizeof(why),
                       "run the drill as root on %s, which runs %s, to have it tried", owner,
                       live->instance);
        not_run(live, record, why);
        return;
    }
    say("The engine's main process is killed");
    (void)hf_drill_client_gap(live->client, &end_ms);
    int64_t since_ms = now_ms();
    pid_t pid = hf_drill_engine_pid(live->instance);
    bool good = pid > 0 && kill(pid, SIGKILL) == 0;
    if (!good)
        (void)snprintf(why, sizeof(why), "its process was not found: %s", strerror(errno));
    record_end(live, record, since_ms, good, why);
}

static void step_drain(struct live *live)
{
    char why[HF_ERROR_TEXT_MAX] = "";
    int64_t end_ms = 0;
    say("Its node is drained");
    (void)hf_drill_client_gap(live->client, &end_ms);
    int64_t since_ms = now_ms();
    json_t *record = record_new(live, "drain", "Maintenance: its node is drained and resumed",
                                "everything moves off it, and nothing moves back by itself");
    live->drained = true;
    bool good =
        command(json_pack("{s:s, s:s}", "verb", "drain", "node", live->home), why, sizeof(why));
    record_end(live, record, since_ms, good, why);
}

/* As it was at the beginning. */
static void put_back(struct live *live)
{
    char owner[NAME_MAX_] = "", why[256] = "";
    if (live->drained &&
        !command(json_pack("{s:s, s:s}", "verb", "resume", "node", live->home), why, sizeof(why)))
        (void)fprintf(stderr, "holdfast drill: %s could not be resumed: %s\n  holdfast resume %s\n",
                      live->home, why, live->home);
    if (look(live, owner, sizeof(owner)) == HF_EXIT_OK && strcmp(owner, live->home) == 0)
        return;
    step_move(live, "move-home", "Back to where it was", live->home);
}

static void steps(struct live *live)
{
    step_kill(live);
    step_move(live, "move", "Planned move to the next node in line", NULL);
    step_move(live, "move-back", "Planned move back", live->home);
    step_drain(live);
    put_back(live);
}

/* ---- The whole ---- */

/* What the client counted belongs to no single step: it stands with the last one. */
static void add_counts(struct live *live, struct hf_drill_count count)
{
    size_t last = json_array_size(live->scenarios);
    json_t *record = last ? json_array_get(live->scenarios, last - 1) : NULL;
    int64_t present = count.present < 0 ? 0 : count.present;
    (void)json_object_set_new(record, "acknowledged", json_integer(count.acknowledged));
    (void)json_object_set_new(record, "present", json_integer(present));
    (void)json_object_set_new(record, "lost", json_integer(count.acknowledged - present));
    (void)json_object_set_new(record, "doubled", json_integer(0));
    if (count.present == count.acknowledged)
        return;
    (void)json_object_set_new(record, "verdict", json_string("failed"));
    (void)json_object_set_new(record, "why",
                              json_string(count.present < 0 ? "the rows could not be read back"
                                                            : "acknowledged rows are missing"));
}

static int begin(struct live *live, const char *conninfo)
{
    int code = look(live, live->home, sizeof(live->home));
    if (code == HF_EXIT_REFUSED)
        (void)fprintf(stderr,
                      "holdfast drill: %s is not online, or there is no such instance; only what "
                      "serves is drilled.\n  holdfast status\n",
                      live->instance);
    if (code != HF_EXIT_OK)
        return code;
    int r = hf_drill_client_start(conninfo, &live->client);
    if (r < 0) {
        (void)fprintf(stderr, "holdfast drill: the client cannot be started: %s\n", strerror(-r));
        return HF_EXIT_REFUSED;
    }
    if (hf_drill_client_wait(live->client, ROWS, 15000))
        return HF_EXIT_OK;
    (void)fprintf(stderr,
                  "holdfast drill: no rows can be committed through\n    %s\n  %s\n"
                  "  Nothing was tried. --connect says how to connect; a password belongs into "
                  "~/.pgpass.\n",
                  conninfo, hf_drill_client_trouble(live->client));
    return HF_EXIT_REFUSED;
}

int hf_drill_live(const char *instance, const char *conninfo, json_t **ret_report)
{
    struct live live = {.instance = instance, .scenarios = json_array()};
    int64_t began_ms = now_ms();
    int code = begin(&live, conninfo);
    if (code == HF_EXIT_OK)
        steps(&live);
    struct hf_drill_count count = hf_drill_client_end(live.client);
    if (code != HF_EXIT_OK) {
        json_decref(live.scenarios);
        return code;
    }
    add_counts(&live, count);
    *ret_report = json_pack("{s:{s:I, s:I}, s:o}", "drill", "began_ms", (json_int_t)began_ms,
                            "ended_ms", (json_int_t)now_ms(), "scenarios", live.scenarios);
    return *ret_report ? HF_EXIT_OK : HF_EXIT_REFUSED;
}
