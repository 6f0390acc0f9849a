/*
 * apply_text.h - a configuration's way into the cluster: the same for every verb that changes it.
 *
 * What it would change is asked for first; then what it does to the verdict of `holdfast plan`
 * (cli/admit.h); then it is applied. options: dry_run, json, force, yes, override.
 */
#ifndef HF_CLI_APPLY_TEXT_H
#define HF_CLI_APPLY_TEXT_H

#include <stddef.h>

#include "cli/options.h"

struct hf_apply_text {
    const char *verb; /* as it was typed; messages say it */
    const struct hf_options *options;
    const char *name; /* what messages call the text: "cluster.yaml" */
    const char *text;
    size_t length;
    long long edits; /* the config_version it was made from, and refused for any other; 0 = it is a
                        whole configuration of its own */
};

/* An exit code. What there is to tell has been told. ret_changed (may be NULL): the cluster was
 * changed. */
int hf_apply_text(const struct hf_apply_text *what, bool *ret_changed);

#endif
