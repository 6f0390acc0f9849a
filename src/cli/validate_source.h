/* validate_source.h - what validate judges: the configuration, and the facts of each node. */
#ifndef HF_CLI_VALIDATE_SOURCE_H
#define HF_CLI_VALIDATE_SOURCE_H

#include "base/error.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "validate/validate.h"

struct hf_validate_source {
    const char *verb; /* as it was typed; messages say it */
    struct hf_validate_input input;
    struct hf_spec *spec;
    json_t *facts[HF_NODES_MAX]; /* owned; input points to them */
    json_t *answers;             /* of the daemons: facts, or why a node has none */
    json_t *status;
};

/* From the files that were named, the cluster that runs, or this node alone. An exit code; what
 * went wrong has been told. Release it in any case. */
int hf_validate_gather(const char *verb, const struct hf_options *options,
                       struct hf_progress *progress, struct hf_validate_source *ret);
void hf_validate_release(struct hf_validate_source *source);

/* Asks the daemons for the facts of all nodes (validate_cluster.c). False: error says why they
 * could not be asked, and nothing was taken. */
bool hf_validate_ask(struct hf_validate_source *source, struct hf_progress *progress,
                     struct hf_error *error);

/* Facts of this node, with what its disks say about reservations; NULL when memory ran out. */
json_t *hf_facts_here(const struct hf_spec *spec);

/* `holdfast inspect facts [FILE]`: prints them. An exit code. */
int hf_inspect_facts(const char *file);

#endif
