/* token.h - asks the daemon for a token that lets one node join, and tells what to do with it. */
#ifndef HF_CLI_TOKEN_H
#define HF_CLI_TOKEN_H

#include "cli/options.h"

/* node: for the command that is told; NULL = NAME. options: ttl_s, json. An exit code. */
int hf_token_print(const struct hf_options *options, const char *node);

#endif
