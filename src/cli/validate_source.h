/* validate_source.h - what validate judges: the configuration, and the facts of each node. */
#ifndef HF_CLI_VALIDATE_SOURCE_H
#define HF_CLI_VALIDATE_SOURCE_H

#include "cli/options.h"
#include "cli/progress.h"
#include "validate/validate.h"

struct hf_validate_source {
    struct hf_validate_input input;
    struct hf_spec *spec;
    json_t *facts[HF_NODES_MAX]; /* owned; input points to them */
    json_t *reply;               /* of the daemons, with why a node did not answer */
    json_t *status;
};

/* From the files that were named, the cluster that runs, or this node alone. An exit code; what
 * went wrong has been told. Release it in any case. */
int hf_validate_gather(const struct hf_options *options, struct hf_progress *progress,
                       struct hf_validate_source *ret);
void hf_validate_release(struct hf_validate_source *source);

/* Facts of this node, with what its disks say about reservations; NULL when memory ran out. */
json_t *hf_facts_here(const struct hf_spec *spec);

/* `holdfast inspect facts [FILE]`: prints them. An exit code. */
int hf_inspect_facts(const char *file);

#endif
