/* change.c - the words for what a decision changes. */
#include "core/state.h"

static const char *const change_words[HF_CHANGE_TYPES] = {
    [HF_CHANGE_NONE] = "none",
    [HF_CHANGE_REGIME] = "regime",
    [HF_CHANGE_CLUSTER] = "cluster",
    [HF_CHANGE_NODE_ADD] = "node-add",
    [HF_CHANGE_NODE_UP] = "node-up",
    [HF_CHANGE_NODE_LOST] = "node-lost",
    [HF_CHANGE_NODE_FLAGS] = "node-flags",
    [HF_CHANGE_ASSIGN] = "assign",
    [HF_CHANGE_GOAL_STOP] = "stop",
    [HF_CHANGE_CLEARED] = "cleared",
    [HF_CHANGE_PHASE] = "phase",
    [HF_CHANGE_RESTART] = "restart",
    [HF_CHANGE_EXCLUDE] = "exclude",
    [HF_CHANGE_WANTED] = "wanted",
    [HF_CHANGE_CONFIG] = "config",
    [HF_CHANGE_REFUSED] = "refused",
    [HF_CHANGE_NOTED] = "noted",
    [HF_CHANGE_FORMAT] = "format",
    [HF_CHANGE_MEASURED] = "measured",
};

const char *hf_change_word(enum hf_change_type type)
{
    return type < HF_CHANGE_TYPES ? change_words[type] : "unknown";
}
