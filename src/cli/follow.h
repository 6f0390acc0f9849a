/*
 * follow.h - send a command and show how it goes on until its end.
 */
#ifndef HF_CLI_FOLLOW_H
#define HF_CLI_FOLLOW_H

#include <jansson.h>

#include "cli/options.h"

/* Takes over request and adds force, override_survive and follow to it. what: for messages, "moving
 * msgbox"; thing: the argument for `holdfast why`, or NULL. Returns an exit code. */
int hf_follow_run(json_t *request, const struct hf_options *options, const char *what,
                  const char *thing);

#endif
