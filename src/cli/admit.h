/*
 * admit.h - before a command is sent: what it would do to the verdict of `holdfast plan`.
 *
 * The running cluster is planned twice, as it is and as the action leaves it, and the two are
 * compared loss by loss (plan/plan.h, hf_plan_compare). Nothing becomes worse: nothing is asked.
 * Something does: it is told, and asked for on a terminal; elsewhere --yes is wanted. What
 * policy.survive wants carried and is carried now is not given up at all, unless with
 * --override-survive. What cannot be found out, or not in time, never holds an action up: that is
 * told.
 */
#ifndef HF_CLI_ADMIT_H
#define HF_CLI_ADMIT_H

#include <stddef.h>

#include <jansson.h>

#include "cli/options.h"

/* move, drain, online or offline, with the arguments in options. HF_EXIT_OK: it may be sent; else
 * an exit code, and why has been told on standard error. */
int hf_admit(const char *verb, const struct hf_options *options);

/* The text of a configuration that is to be applied; verb as it was typed, name for what is wrong
 * with the text. ret_json: an object for programs, NULL where there is nothing to say; the caller
 * owns it. With options->dry_run what there is to tell goes to standard output, unless
 * options->json, and HF_EXIT_OK comes back. */
int hf_admit_file(const char *verb, const char *name, const struct hf_options *options,
                  const char *text, size_t length, json_t **ret_json);

/* The verdict of the file alone, where no cluster runs: told as above. HF_EXIT_OK, HF_EXIT_FILE or
 * HF_EXIT_REFUSED. */
int hf_admit_file_alone(const struct hf_options *options, const char *text, size_t length,
                        json_t **ret_json);

#endif
