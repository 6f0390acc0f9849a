#include "cli/validate_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/answer.h"
#include "cli/control_client.h"
#include "cli/json_get.h"
#include "cli/read_file.h"
#include "cli/spec_text.h"
#include "validate/facts.h"

static json_int_t wall_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (json_int_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- Whose facts are these? ---- */

static bool has_address(const json_t *facts, const char *address)
{
    size_t i = 0, k = 0;
    json_t *interface = NULL;
    json_t *entry = NULL;
    json_array_foreach(json_object_get(facts, "interfaces"), i, interface)
    {
        json_array_foreach(json_object_get(interface, "addresses"), k, entry)
        {
            if (address[0] && strcmp(hf_json_str(entry, "address"), address) == 0)
                return true;
        }
    }
    return false;
}

/* By its name, its host name, or an address that is one node's. */
static uint8_t slot_of(const struct hf_spec *spec, const json_t *facts)
{
    char host[HF_NAME_MAX];
    const json_t *node = json_object_get(facts, "node");
    uint8_t slot = hf_spec_find_node(spec, hf_json_str(node, "name"));
    const char *hostname = hf_json_str(node, "hostname");
    (void)snprintf(host, sizeof(host), "%.*s", (int)strcspn(hostname, "."), hostname);
    if (slot == HF_NODE_NONE)
        slot = hf_spec_find_node(spec, host);
    for (unsigned n = 0; slot == HF_NODE_NONE && n < HF_NODES_MAX; n++)
        if (spec->nodes[n].name[0] && (has_address(facts, spec->nodes[n].public_address) ||
                                       has_address(facts, spec->nodes[n].private_address)))
            slot = (uint8_t)n;
    return slot;
}

/* Without a configuration, the nodes are those whose facts were given. */
static uint8_t make_slot(struct hf_spec *spec, const json_t *facts)
{
    const char *name = hf_json_str(json_object_get(facts, "node"), "name");
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        if (spec->nodes[n].name[0])
            continue;
        hf_node_spec_init(&spec->nodes[n]);
        (void)snprintf(spec->nodes[n].name, sizeof(spec->nodes[n].name), "%s",
                       name[0] ? name : "this-node");
        return (uint8_t)n;
    }
    return HF_NODE_NONE;
}

static int take(struct hf_validate_source *source, json_t *facts, const char *from)
{
    uint8_t slot = slot_of(source->spec, facts);
    if (slot == HF_NODE_NONE && !source->input.configured)
        slot = make_slot(source->spec, facts);
    if (slot != HF_NODE_NONE && !source->facts[slot]) {
        source->facts[slot] = facts;
        source->input.facts[slot] = facts;
        return HF_EXIT_OK;
    }
    const char *name = hf_json_str(json_object_get(facts, "node"), "name");
    if (slot == HF_NODE_NONE)
        (void)fprintf(
            stderr,
            "holdfast %s: %s is of the node '%s', which the configuration does not "
            "have\n  Run it on a node of the configuration, or give what `holdfast inspect "
            "facts` printed there: --facts FILE.\n  If this is one of them, its name or "
            "addresses differ from those in the file.\n",
            source->verb, from, name);
    else
        (void)fprintf(stderr,
                      "holdfast %s: %s is of the node %s, whose facts were given before\n"
                      "  Give the facts of each node once.\n",
                      source->verb, from, source->spec->nodes[slot].name);
    json_decref(facts);
    return HF_EXIT_FILE;
}

static int take_file(struct hf_validate_source *source, const char *name)
{
    json_error_t error;
    json_t *facts = json_load_file(name, 0, &error);
    if (!facts)
        (void)fprintf(stderr, "holdfast %s: %s: %s (line %d)\n", source->verb, name, error.text,
                      error.line);
    else if (hf_json_int(facts, "format") != HF_FACTS_FORMAT)
        (void)fprintf(stderr,
                      "holdfast %s: %s: these are no facts of format %d\n  Make them with "
                      "`holdfast inspect facts FILE` of this version, on the node.\n",
                      source->verb, name, HF_FACTS_FORMAT);
    else
        return take(source, facts, name);
    json_decref(facts);
    return HF_EXIT_FILE;
}

/* ---- The configuration ---- */

static int spec_of_file(struct hf_validate_source *source, const char *name)
{
    size_t length = 0;
    char *text = hf_read_file(source->verb, name, &length, "");
    if (!text)
        return HF_EXIT_FILE;
    int code = hf_spec_of_text(source->verb, hf_read_file_name(name), text, length, &source->spec);
    free(text);
    source->input.configured = code == HF_EXIT_OK;
    return code;
}

static int spec_of_cluster(struct hf_validate_source *source)
{
    json_t *reply = NULL;
    int code = hf_answer_get(json_pack("{s:s}", "verb", "export"), &reply);
    if (code != HF_EXIT_OK)
        return code;
    const json_t *text = json_object_get(json_object_get(reply, "data"), "text");
    code = hf_spec_of_text(source->verb, "the cluster's configuration",
                           json_string_value(text) ? json_string_value(text) : "",
                           json_string_length(text), &source->spec);
    source->input.configured = code == HF_EXIT_OK;
    json_decref(reply);
    return code;
}

static int spec_of_nothing(struct hf_validate_source *source)
{
    source->spec = calloc(1, sizeof(*source->spec));
    if (!source->spec) {
        (void)fprintf(stderr, "holdfast %s: out of memory\n", source->verb);
        return HF_EXIT_REFUSED;
    }
    hf_cluster_spec_init(&source->spec->cluster);
    return HF_EXIT_OK;
}

/* ---- Facts ---- */

static int take_this_node(struct hf_validate_source *source, struct hf_progress *progress)
{
    hf_progress_say(progress, "reading what this node is like");
    json_int_t asked_ms = wall_ms();
    json_t *facts = hf_facts_here(source->input.configured ? source->spec : NULL);
    if (!facts) {
        (void)fprintf(stderr, "holdfast %s: out of memory\n", source->verb);
        return HF_EXIT_REFUSED;
    }
    (void)json_object_set_new(facts, "gathered",
                              json_pack("{s:I, s:I}", "asked_ms", asked_ms, "heard_ms", wall_ms()));
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        source->input.missing[n] = "only this node was looked at";
    return take(source, facts, "what was read here");
}

static void tell_refusal(const char *verb, const json_t *reply)
{
    const json_t *error = json_object_get(reply, "error");
    (void)fprintf(stderr,
                  "holdfast %s: this node's holdfastd does not answer: %s\n  %s\n"
                  "  Only this node is looked at, and nothing of the cluster is known.\n",
                  verb, hf_json_str(error, "text"), hf_json_str(error, "hint"));
}

/* Whether a daemon serves the socket of this node, with its status. */
static bool cluster_runs(struct hf_validate_source *source)
{
    json_t *request = json_pack("{s:s}", "verb", "status");
    json_t *reply = NULL;
    struct hf_error error = {""};
    bool answers = request && hf_control_call(request, &reply, &error) == 0;
    bool runs = answers && json_is_true(json_object_get(reply, "ok"));
    json_decref(request);
    if (runs)
        source->status = json_incref(json_object_get(reply, "data"));
    else if (answers)
        tell_refusal(source->verb, reply);
    source->input.status = source->status;
    json_decref(reply);
    return runs;
}

/* All nodes, or this one where they cannot be asked. */
static int take_cluster(struct hf_validate_source *source, struct hf_progress *progress)
{
    struct hf_error error = {""};
    if (hf_validate_ask(source, progress, &error))
        return HF_EXIT_OK;
    hf_progress_end(progress);
    (void)fprintf(stderr,
                  "holdfast %s: the other nodes could not be asked: %s\n"
                  "  Only this node is looked at.\n",
                  source->verb, error.text);
    return take_this_node(source, progress);
}

int hf_validate_gather(const char *verb, const struct hf_options *options,
                       struct hf_progress *progress, struct hf_validate_source *ret)
{
    *ret = (struct hf_validate_source){.verb = verb, .input = {.now_ms = wall_ms()}};
    bool runs = options->facts_count == 0 && cluster_runs(ret);
    int code = options->argument_count ? spec_of_file(ret, options->arguments[0])
               : runs                  ? spec_of_cluster(ret)
                                       : spec_of_nothing(ret);
    ret->input.spec = ret->spec;
    for (int k = 0; code == HF_EXIT_OK && k < options->facts_count; k++)
        code = take_file(ret, options->facts[k]);
    if (code == HF_EXIT_OK && options->facts_count == 0)
        code = runs ? take_cluster(ret, progress) : take_this_node(ret, progress);
    return code;
}

void hf_validate_release(struct hf_validate_source *source)
{
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        json_decref(source->facts[n]);
    json_decref(source->answers);
    json_decref(source->status);
    free(source->spec);
}
