#include "daemon/apply.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "config/config.h"
#include "daemon/control_reply.h"

struct compare {
    const struct hf_state *state;
    json_t *changes;
    struct hf_strbuf obstacles;
};

static json_t *bad_file(const struct hf_config_errors *errors)
{
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    hf_strbuf_init(&text);
    for (unsigned e = 0; e < errors->count; e++)
        hf_strbuf_addf(&text, "%s\n", errors->items[e].text);
    if (errors->left_out)
        hf_strbuf_addf(&text, "%u more errors are not shown\n", errors->left_out);
    return hf_control_error("bad-file", text.data, NULL);
}

static bool is_obstacle(const struct compare *compare, const struct hf_config_change *change)
{
    uint16_t i = HF_INSTANCE_NONE;
    switch (change->effect) {
    case HF_EFFECT_FIXED:
        return strcmp(change->from, "none") != 0; /* stated for the first time */
    case HF_EFFECT_REJOIN:
    case HF_EFFECT_JOIN:
    case HF_EFFECT_LEAVE:
        return true;
    case HF_EFFECT_OFFLINE:
        i = hf_spec_find_instance(&compare->state->spec, change->name);
        return i != HF_INSTANCE_NONE && compare->state->instances[i].owner != HF_NODE_NONE;
    case HF_EFFECT_NONE:
    case HF_EFFECT_MAY_MOVE:
    case HF_EFFECT_NEXT_START:
    case HF_EFFECT_START:
    case HF_EFFECT_ADD:
        return false;
    }
    return true;
}

static void note(const struct hf_config_change *change, void *user)
{
    struct compare *compare = user;
    struct hf_strbuf HF_STRBUF_CLEANUP line;
    hf_strbuf_init(&line);
    bool obstacle = is_obstacle(compare, change);
    struct hf_config_change shown = *change;
    if (change->effect == HF_EFFECT_FIXED && !obstacle)
        shown.effect = HF_EFFECT_NONE;
    hf_config_change_text(&shown, &line);
    if (obstacle)
        hf_strbuf_addf(&compare->obstacles, "%s\n", line.data);
    (void)json_array_append_new(compare->changes, hf_control_text(line.data));
}

/* What the file may say already but this version does not do yet: somebody would rely on it. */
static void find_unsupported(const struct hf_spec *spec, struct compare *compare)
{
    const struct hf_cluster_spec *cluster = &spec->cluster;
    if (cluster->witness_disk[0])
        hf_strbuf_add(&compare->obstacles, "witness: this version has no witness disk yet; quorum "
                                           "is the majority of nodes. Leave the key out\n");
    for (unsigned f = 0; f < cluster->fencing_count; f++) {
        if (cluster->fencing[f] == HF_FENCING_AGENT)
            hf_strbuf_add(&compare->obstacles, "fencing: this version runs no fence agents yet; "
                                               "use reservation and watchdog\n");
    }
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        const struct hf_instance_spec *instance = &spec->instances[i];
        if (!instance->name[0])
            continue;
        if (instance->engine.type != HF_ENGINE_POSTGRESQL)
            hf_strbuf_addf(&compare->obstacles,
                           "instance %s: engine.type: this version runs postgresql only\n",
                           instance->name);
    }
}

static json_t *find_obstacles(const struct hf_state *state, struct hf_apply *apply)
{
    struct compare compare = {.state = state, .changes = apply->changes};
    hf_strbuf_init(&compare.obstacles);
    find_unsupported(apply->spec, &compare);
    json_t *answer = NULL;
    if (hf_config_diff(&state->spec, apply->spec, note, &compare) < 0)
        answer = hf_control_error("out-of-memory", "there is no memory left on this node", NULL);
    else if (compare.obstacles.length)
        answer = hf_control_errorf("bad-file", NULL, "these changes cannot be made now:\n%s",
                                   compare.obstacles.data);
    hf_strbuf_release(&compare.obstacles);
    return answer;
}

static json_t *parse(const struct hf_state *state, const struct hf_control_request *request,
                     struct hf_apply *apply)
{
    struct hf_config_errors *errors = malloc(sizeof(*errors));
    apply->spec = calloc(1, sizeof(*apply->spec));
    apply->changes = json_array();
    json_t *answer = NULL;
    if (!errors || !apply->spec || !apply->changes)
        answer = hf_control_error("out-of-memory", "there is no memory left on this node", NULL);
    else if (hf_config_parse(request->file_name, request->text, request->text_length, &state->spec,
                             apply->spec, errors) ||
             hf_config_check_members(request->file_name, request->text, request->text_length,
                                     &state->spec, errors))
        answer = bad_file(errors);
    free(errors);
    return answer;
}

json_t *hf_apply_prepare(const struct hf_state *state, const struct hf_control_request *request,
                         struct hf_apply *ret)
{
    *ret = (struct hf_apply){0};
    json_t *answer = parse(state, request, ret);
    if (!answer)
        answer = find_obstacles(state, ret);
    if (answer)
        hf_apply_release(ret);
    return answer;
}

void hf_apply_release(struct hf_apply *apply)
{
    free(apply->spec);
    json_decref(apply->changes);
    *apply = (struct hf_apply){0};
}
