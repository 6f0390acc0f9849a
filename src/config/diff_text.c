/* Changes in words. */
#include "config/config.h"

void hf_config_effect_text(const struct hf_config_change *change, struct hf_strbuf *out)
{
    const char *name = change->name;
    switch (change->effect) {
    case HF_EFFECT_NONE:
        hf_strbuf_add(out, "nothing restarts");
        break;
    case HF_EFFECT_MAY_MOVE:
        hf_strbuf_addf(out, "nothing restarts; %s moves if it may not stay where it is", name);
        break;
    case HF_EFFECT_NEXT_START:
        hf_strbuf_addf(out, "applies at the next start of %s", name);
        break;
    case HF_EFFECT_OFFLINE:
        hf_strbuf_addf(out, "%s must be taken offline first", name);
        break;
    case HF_EFFECT_START:
        hf_strbuf_addf(out, "%s will be started", name);
        break;
    case HF_EFFECT_ADD:
        hf_strbuf_addf(out, "%s stays offline", name);
        break;
    case HF_EFFECT_JOIN:
        hf_strbuf_addf(out, "run `holdfast join` on %s first", name);
        break;
    case HF_EFFECT_LEAVE:
        hf_strbuf_addf(out, "this version cannot remove %s; drain it", name);
        break;
    case HF_EFFECT_REJOIN:
        hf_strbuf_addf(out, "%s must be removed and joined again", name);
        break;
    case HF_EFFECT_FIXED:
        hf_strbuf_add(out, "set when the cluster was made; cannot be changed");
        break;
    }
}

const char *hf_config_effect_word(enum hf_config_effect effect)
{
    switch (effect) {
    case HF_EFFECT_NONE:
        return "none";
    case HF_EFFECT_MAY_MOVE:
        return "may-move";
    case HF_EFFECT_NEXT_START:
        return "next-start";
    case HF_EFFECT_OFFLINE:
        return "offline-first";
    case HF_EFFECT_START:
        return "start";
    case HF_EFFECT_ADD:
        return "stays-offline";
    case HF_EFFECT_JOIN:
        return "join-first";
    case HF_EFFECT_LEAVE:
        return "remove-first";
    case HF_EFFECT_REJOIN:
        return "join-again";
    case HF_EFFECT_FIXED:
        return "fixed";
    }
    return "";
}

const char *hf_config_entity_word(enum hf_config_entity entity)
{
    switch (entity) {
    case HF_CONFIG_CLUSTER:
        return "cluster";
    case HF_CONFIG_NODE:
        return "node";
    case HF_CONFIG_INSTANCE:
        return "instance";
    }
    return "";
}

void hf_config_change_text(const struct hf_config_change *change, struct hf_strbuf *out)
{
    hf_strbuf_addf(out, "%s %s: ", hf_config_entity_word(change->entity), change->name);
    switch (change->verb) {
    case HF_CONFIG_ADDED:
        hf_strbuf_add(out, "added");
        break;
    case HF_CONFIG_REMOVED:
        hf_strbuf_add(out, "removed");
        break;
    case HF_CONFIG_CHANGED:
        hf_strbuf_addf(out, "%s: %s -> %s", change->key, change->from, change->to);
        break;
    }
    hf_strbuf_add(out, " (");
    hf_config_effect_text(change, out);
    hf_strbuf_add(out, ")");
}
