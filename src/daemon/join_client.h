/*
 * join_client.h - the joiner's side: asks the cluster, gets what the new node needs.
 *
 * Calls wait, up to their deadlines; they are for a command line. Between ask and confirm the
 * caller writes its files: the token is spent only by the confirmation.
 */
#ifndef HF_DAEMON_JOIN_CLIENT_H
#define HF_DAEMON_JOIN_CLIENT_H

#include "daemon/join_tls.h"
#include "daemon/join_wire.h"

/* Milliseconds to connect to one address, and to wait for the cluster's answer. */
#define HF_JOIN_CLIENT_CONNECT_MS 5000
#define HF_JOIN_CLIENT_ANSWER_MS 65000

/*
 * Tries the token's addresses in order and asks. Returns 0 with the open connection and the bundle
 * (hf_join_bundle_release), or a negative errno with error set: -EACCES refused, others: no
 * connection. tls is to be closed in every case: hf_join_tls_close.
 */
int hf_join_client_ask(const struct hf_join_token *token, const struct hf_join_request *request,
                       struct hf_join_tls *tls, struct hf_join_bundle *ret, struct hf_error *error);

/* The files are on disk. Returns 0 or a negative errno. */
int hf_join_client_confirm(struct hf_join_tls *tls, struct hf_error *error);

#endif
