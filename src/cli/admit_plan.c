#include "cli/admit_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/answer.h"
#include "cli/control_client.h"
#include "cli/json_get.h"
#include "cli/plan_source.h"
#include "cli/progress.h"

/* A quarter of what `holdfast plan` takes: whether a loss is carried is found first, and the rest,
 * how few moves it takes and how full nodes get, is not asked here. */
#define STEPS 25000000u

struct work {
    int64_t until_ms; /* monotonic */
    struct hf_progress progress;
    const char *doing;
    struct hf_plan_input *now, *then;
};

static int64_t clock_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- What the cluster is like ---- */

/* A daemon that is not there, or refuses, does so again when the action itself is sent. */
static enum hf_admit_result fetch(const struct work *work, const char *verb, json_t **ret)
{
    struct hf_error error = {0};
    int64_t left = work->until_ms - clock_ms();
    json_t *request = json_pack("{s:s}", "verb", verb);
    int r = hf_control_stream(request, left > 0 ? (int)left : 0, NULL, NULL, ret, &error);
    json_decref(request);
    if (r == HF_CLIENT_TIMED_OUT)
        return HF_ADMIT_LATE;
    return r == 0 && hf_json_true(*ret, "ok") ? HF_ADMIT_PLANNED : HF_ADMIT_NOTHING;
}

/* The next in line is who `status` says; the coordinator may know better, which moves nothing in
 * the verdict: what runs may be moved to make room. */
static int target_of(const json_t *status, const struct hf_admit_action *action,
                     const struct hf_plan_input *input)
{
    size_t i = 0;
    json_t *one = NULL;
    if (action->options->argument_count == 2)
        return hf_plan_find_node(input, action->options->arguments[1]);
    json_array_foreach(json_object_get(json_object_get(status, "data"), "instances"), i, one)
    {
        if (strcmp(hf_json_str(one, "name"), action->options->arguments[0]) == 0)
            return hf_plan_find_node(input, hf_json_str(one, "next"));
    }
    return HF_PLAN_NOWHERE;
}

/* ---- What the action leaves ---- */

static enum hf_admit_result act_move(struct work *work, const json_t *status,
                                     const struct hf_admit_action *action)
{
    int i = hf_plan_find_instance(work->now, action->options->arguments[0]);
    int n = target_of(status, action, work->now);
    if (i < 0 || n < 0 || work->now->instances[i].now < 0 || work->now->instances[i].now == n ||
        !work->now->nodes[n].in_service)
        return HF_ADMIT_NOTHING;
    hf_plan_act_move(work->then, (unsigned)i, (unsigned)n);
    return HF_ADMIT_PLANNED;
}

static enum hf_admit_result act_wanted(struct work *work, const struct hf_admit_action *action,
                                       bool wanted)
{
    int i = hf_plan_find_instance(work->now, action->options->arguments[0]);
    if (i < 0 || work->now->instances[i].wanted == wanted)
        return HF_ADMIT_NOTHING;
    hf_plan_act_wanted(work->then, (unsigned)i, wanted);
    return HF_ADMIT_PLANNED;
}

static enum hf_admit_result act_drain(struct work *work, const struct hf_admit_action *action)
{
    int n = hf_plan_find_node(work->now, action->options->arguments[0]);
    if (n < 0 || !work->now->nodes[n].in_service)
        return HF_ADMIT_NOTHING;
    hf_plan_act_drain(work->then, (unsigned)n);
    return HF_ADMIT_PLANNED;
}

/* What is in both files stays where it is and as wanted as it is. */
static enum hf_admit_result act_apply(struct work *work, const json_t *status,
                                      const struct hf_admit_action *action)
{
    if (hf_plan_from_text(action->name, action->text, action->length, work->then) != HF_EXIT_OK)
        return HF_ADMIT_FAILED;
    hf_plan_take_status(json_object_get(status, "data"), work->then);
    return HF_ADMIT_PLANNED;
}

static enum hf_admit_result act(struct work *work, const json_t *status,
                                const struct hf_admit_action *action)
{
    *work->then = *work->now;
    if (strcmp(action->verb, "move") == 0)
        return act_move(work, status, action);
    if (strcmp(action->verb, "drain") == 0)
        return act_drain(work, action);
    if (action->text)
        return act_apply(work, status, action);
    return act_wanted(work, action, strcmp(action->verb, "online") == 0);
}

static enum hf_admit_result gather(struct work *work, const struct hf_admit_action *action)
{
    json_t *configuration = NULL;
    json_t *status = NULL;
    enum hf_admit_result result = fetch(work, "export", &configuration);
    if (result == HF_ADMIT_PLANNED)
        result = fetch(work, "status", &status);
    if (result == HF_ADMIT_PLANNED &&
        hf_plan_from_replies(configuration, status, work->now) != HF_EXIT_OK)
        result = HF_ADMIT_FAILED;
    if (result == HF_ADMIT_PLANNED)
        result = act(work, status, action);
    json_decref(configuration);
    json_decref(status);
    return result;
}

/* ---- The plans ---- */

static bool on_progress(void *user, unsigned done, unsigned total)
{
    struct work *work = user;
    hf_progress_count(&work->progress, work->doing, done, total, "losses");
    return clock_ms() < work->until_ms;
}

static enum hf_admit_result make(struct work *work, struct hf_admit_plans *ret)
{
    bool pairs = hf_plan_wants_pairs(work->now) || hf_plan_wants_pairs(work->then);
    struct hf_plan_options options = {
        .steps = STEPS, .no_pairs = !pairs, .progress = on_progress, .user = work};
    work->progress = hf_progress_begin();
    work->doing = "planning the cluster as it is";
    int r = hf_plan_make(work->now, &options, &ret->before);
    work->doing = "planning the cluster as it would be";
    if (r == 0)
        r = hf_plan_make(work->then, &options, &ret->after);
    hf_progress_end(&work->progress);
    if (r < 0)
        return r == -ECANCELED ? HF_ADMIT_LATE : HF_ADMIT_FAILED;
    hf_plan_compare(ret->before, ret->after, &ret->compared);
    return HF_ADMIT_PLANNED;
}

enum hf_admit_result hf_admit_plan(const struct hf_admit_action *action, struct hf_admit_plans *ret)
{
    int given_ms = action->options->timeout_s * 1000;
    *ret = (struct hf_admit_plans){.budget_ms = given_ms < HF_ADMIT_BUDGET_MS ? given_ms
                                                                              : HF_ADMIT_BUDGET_MS};
    struct work work = {.until_ms = clock_ms() + ret->budget_ms,
                        .now = malloc(sizeof(*work.now)),
                        .then = malloc(sizeof(*work.then))};
    enum hf_admit_result result = HF_ADMIT_FAILED;
    if (work.now && work.then)
        result = gather(&work, action);
    if (result == HF_ADMIT_PLANNED)
        result = make(&work, ret);
    free(work.now);
    free(work.then);
    return result;
}

enum hf_admit_result hf_admit_plan_alone(const struct hf_admit_action *action,
                                         struct hf_admit_plans *ret)
{
    *ret = (struct hf_admit_plans){0};
    struct work work = {.until_ms = INT64_MAX,
                        .doing = "planning",
                        .progress = hf_progress_begin(),
                        .then = malloc(sizeof(*work.then))};
    enum hf_admit_result result = HF_ADMIT_FAILED;
    if (work.then &&
        hf_plan_from_text(action->name, action->text, action->length, work.then) != HF_EXIT_OK) {
        result = HF_ADMIT_NOTHING;
    } else if (work.then) {
        struct hf_plan_options options = {
            .no_pairs = !hf_plan_wants_pairs(work.then), .progress = on_progress, .user = &work};
        result =
            hf_plan_make(work.then, &options, &ret->after) < 0 ? HF_ADMIT_FAILED : HF_ADMIT_PLANNED;
        hf_progress_end(&work.progress);
    }
    if (result == HF_ADMIT_PLANNED)
        hf_plan_judge(ret->after, &ret->compared.will);
    free(work.then);
    return result;
}

void hf_admit_plans_free(struct hf_admit_plans *plans)
{
    hf_plan_free(plans->before);
    hf_plan_free(plans->after);
}
