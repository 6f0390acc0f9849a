/*
 * drill_live.h - the part of a drill that a cluster in use can take: a move there and back, the
 * kill of the engine, a drain of its node.
 *
 * Each step waits for the end of the one before; what cannot be tried here is "not run", and the
 * report says why. Whatever happens, the instance is brought back to where it was at the beginning,
 * and a node that was drained is resumed.
 */
#ifndef HF_CLI_DRILL_LIVE_H
#define HF_CLI_DRILL_LIVE_H

#include <jansson.h>

/* conninfo: how the client connects, NULL = as postgres, to the instance's address. Returns an exit
 * code; with HF_EXIT_OK *ret_report is the report, the caller's. Progress goes to standard error.
 */
int hf_drill_live(const char *instance, const char *conninfo, json_t **ret_report);

#endif
