/* What the nodes of a running cluster are like: this node's daemon asks all of them. */
#include <errno.h>
#include <stdio.h>

#include "cli/control_client.h"
#include "cli/json_get.h"
#include "cli/validate_source.h"
#include "validate/facts.h"

/* The daemons give each other 30 s (daemon/gather.h). */
#define WAIT_MS 60000
#define NAMES_SHOWN 3u

struct listener {
    struct hf_progress *progress;
    json_t *answers;
};

/* "..., waiting for db1, db2, db3 and 4 more" */
static void add_waiting(const json_t *names, struct hf_strbuf *out)
{
    size_t i = 0;
    json_t *name = NULL;
    size_t count = json_array_size(names);
    json_array_foreach(names, i, name)
    {
        if (i < NAMES_SHOWN)
            hf_strbuf_addf(out, "%s%s", i ? ", " : ", waiting for ", json_string_value(name));
    }
    if (count > NAMES_SHOWN)
        hf_strbuf_addf(out, " and %zu more", count - NAMES_SHOWN);
}

static bool on_line(void *user, const json_t *line)
{
    struct listener *listener = user;
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    hf_strbuf_init(&text);
    hf_strbuf_addf(&text, "reading what the nodes are like: %u of %u answered",
                   (unsigned)hf_json_int(line, "heard"), (unsigned)hf_json_int(line, "of"));
    add_waiting(json_object_get(line, "waiting"), &text);
    hf_progress_say(listener->progress, text.data);
    if (json_object_get(line, "node"))
        (void)json_array_append_new(listener->answers, json_deep_copy(line));
    return true;
}

/* A daemon of another version may know facts of another format. */
static const char *why_unusable(json_t *answer, const json_t *facts)
{
    int format = (int)hf_json_int(facts, "format");
    if (!facts)
        return hf_json_str(answer, "why");
    if (format == HF_FACTS_FORMAT)
        return NULL;
    (void)json_object_set_new(
        answer, "why",
        json_sprintf("its Holdfast is of another version (%s), whose facts (format %d) this one "
                     "(format %d) cannot judge; validate again when all nodes have the same",
                     hf_json_str(facts, "holdfast"), format, HF_FACTS_FORMAT));
    return hf_json_str(answer, "why");
}

static void take_answer(struct hf_validate_source *source, json_t *answer)
{
    const char *name = hf_json_str(answer, "node");
    json_t *facts = json_object_get(answer, "facts");
    uint8_t slot = hf_spec_find_node(source->spec, name);
    if (slot == HF_NODE_NONE) {
        (void)fprintf(stderr, "%s is in the cluster and not in the file; it is left out\n", name);
        return;
    }
    source->input.missing[slot] = why_unusable(answer, facts);
    if (source->input.missing[slot] || source->facts[slot])
        return;
    source->facts[slot] = json_incref(facts);
    source->input.facts[slot] = facts;
}

static void take_answers(struct hf_validate_source *source)
{
    size_t i = 0;
    json_t *answer = NULL;
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        source->input.missing[n] = "it is not in the cluster now: it is down, or holdfastd or "
                                   "corosync does not run there";
    json_array_foreach(source->answers, i, answer)
    {
        take_answer(source, answer);
    }
}

bool hf_validate_ask(struct hf_validate_source *source, struct hf_progress *progress,
                     struct hf_error *error)
{
    struct listener listener = {progress, json_array()};
    json_t *request = json_pack("{s:s}", "verb", "facts");
    json_t *reply = NULL;
    int r = request && listener.answers
                ? hf_control_stream(request, WAIT_MS, on_line, &listener, &reply, error)
                : -ENOMEM;
    bool asked = r == 0 && json_is_true(json_object_get(reply, "ok"));
    source->answers = listener.answers;
    if (asked)
        take_answers(source);
    else if (r == -ENOMEM)
        hf_error_set(error, "out of memory");
    else if (r == 0)
        hf_error_set(error, "%s", hf_json_str(json_object_get(reply, "error"), "text"));
    json_decref(request);
    json_decref(reply);
    return asked;
}
