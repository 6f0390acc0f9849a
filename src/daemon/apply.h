/*
 * apply.h - a cluster.yaml against what is in force: errors, differences, or a specification to
 * be decided on.
 */
#ifndef HF_DAEMON_APPLY_H
#define HF_DAEMON_APPLY_H

#include <jansson.h>

#include "core/state.h"
#include "daemon/control_parse.h"

struct hf_apply {
    struct hf_spec *spec; /* as wanted; hf_apply_release frees it */
    json_t *changes;      /* lines for people */
};

/* Returns NULL when ret can be applied (or, if it has no changes, need not be), else the answer
 * that says why not. */
json_t *hf_apply_prepare(const struct hf_state *state, const struct hf_control_request *request,
                         struct hf_apply *ret);

void hf_apply_release(struct hf_apply *apply);

#endif
