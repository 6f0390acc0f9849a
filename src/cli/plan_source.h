/* plan_source.h - what a plan is made from: a file, or the cluster that runs. */
#ifndef HF_CLI_PLAN_SOURCE_H
#define HF_CLI_PLAN_SOURCE_H

#include <jansson.h>

#include "plan/plan.h"

/* From the text of a cluster.yaml. HF_EXIT_OK; HF_EXIT_FILE after telling what is wrong with it. */
int hf_plan_from_text(const char *file_name, const char *text, size_t length,
                      struct hf_plan_input *input);

/* From a cluster.yaml ("-" = standard input). */
int hf_plan_from_file(const char *name, struct hf_plan_input *input);

/* From the daemon's configuration, and where the instances are. An exit code. */
int hf_plan_from_cluster(struct hf_plan_input *input);

/* The same from the daemon's replies to `export` and `status`. */
int hf_plan_from_replies(const json_t *configuration, const json_t *status,
                         struct hf_plan_input *input);

/* By name; HF_PLAN_NOWHERE or -1: there is none. */
int hf_plan_find_node(const struct hf_plan_input *input, const char *name);
int hf_plan_find_instance(const struct hf_plan_input *input, const char *name);

/* Where instances are and which nodes are there, from the data of a reply to status. */
void hf_plan_take_status(const json_t *data, struct hf_plan_input *input);

#endif
