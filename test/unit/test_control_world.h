/*
 * test_control_world.h - a small cluster's state, built by hand for the tests of status and the
 * rest: db1 is lost, db3 has taken msgbox over from it, main is stranded, sso is offline on
 * request.
 */
#ifndef TEST_CONTROL_WORLD_H
#define TEST_CONTROL_WORLD_H

#include "daemon/status.h"

#define WORLD_NOW_MS 1700000000000ull

enum { DB1, DB2, DB3 };
enum { MSGBOX, MAIN, SSO };

/* Owned by the caller: free. */
struct hf_state *world_new(void);

/* The view of db3 as a member, WORLD_NOW_MS. */
struct hf_status_input world_input(const struct hf_state *state);

/* Appends a record of history. */
void world_remember(struct hf_state *state, const struct hf_history_record *record);

#endif
