/*
 * join_child.h - the process that talks to one joiner.
 *
 * It relays: the joiner's request to the daemon, the daemon's answer to the joiner. Between it and
 * the daemon frames travel over a socketpair: four bytes of length, highest first, and the text;
 * the first frame has one byte more in front, the index of the token.
 */
#ifndef HF_DAEMON_JOIN_CHILD_H
#define HF_DAEMON_JOIN_CHILD_H

#include <sys/types.h>

#include "daemon/join_token.h"

/* Exit statuses. */
#define HF_JOIN_CHILD_DONE 0   /* the joiner confirmed */
#define HF_JOIN_CHILD_DENIED 1 /* no fitting secret, or no TLS */
#define HF_JOIN_CHILD_BROKEN 2 /* anything else */

#define HF_JOIN_HANDSHAKE_MS 5000
#define HF_JOIN_REQUEST_MS 5000
#define HF_JOIN_ANSWER_MS 60000  /* the cluster's time to agree */
#define HF_JOIN_CONFIRM_MS 60000 /* its time to write its files and start its services */
#define HF_JOIN_TOTAL_MS 140000  /* then the daemon kills the child */

/*
 * Forks. tokens are copied by the fork. client is closed in the parent in every case. Returns the
 * daemon's end of the socketpair (non-blocking) and *pid, or a negative errno.
 */
int hf_join_child_fork(int client, const struct hf_join_token *tokens, unsigned token_count,
                       pid_t *pid);

#endif
