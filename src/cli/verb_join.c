/* holdfast join: this node becomes one of an existing cluster, by a token from `holdfast token`. */
#include <stdio.h>
#include <string.h>

#include "cli/control_client.h"
#include "cli/exits.h"
#include "cli/setup.h"
#include "cli/verbs.h"
#include "daemon/join_client.h"

#ifndef HF_VERSION
#define HF_VERSION "0"
#endif

static int make_request(const struct hf_setup_options *o, struct hf_join_request *r,
                        struct hf_error *error)
{
    *r = (struct hf_join_request){.holdfast_version = HF_VERSION};
    if (strlen(o->node) >= sizeof(r->name)) {
        hf_error_set(error, "--node: the name is longer than %zu letters", sizeof(r->name) - 1);
        return -EINVAL;
    }
    (void)snprintf(r->name, sizeof(r->name), "%s", o->node);
    (void)snprintf(r->public_address, sizeof(r->public_address), "%s", o->public_address);
    (void)snprintf(r->private_address, sizeof(r->private_address), "%s", o->private_address);
    return hf_setup_corosync_version(r->corosync_version, sizeof(r->corosync_version), error);
}

/* Files and services; or everything as before. */
static int take_bundle(const struct hf_setup_options *o, const struct hf_join_bundle *bundle,
                       struct hf_error *error)
{
    struct hf_setup_files files = {0};
    struct hf_node_file node = {.id = bundle->node_id};
    (void)snprintf(node.name, sizeof(node.name), "%s", o->node);
    (void)snprintf(node.cluster, sizeof(node.cluster), "%s", bundle->cluster);
    (void)snprintf(node.public_address, sizeof(node.public_address), "%s", o->public_address);
    (void)snprintf(node.private_address, sizeof(node.private_address), "%s", o->private_address);
    int rc = hf_setup_files_write(&files, bundle->corosync_conf, bundle->authkey,
                                  sizeof(bundle->authkey), &node, error);
    if (rc < 0)
        return rc;
    rc = hf_setup_services_start(error);
    if (rc < 0) {
        hf_setup_services_stop();
        hf_setup_files_undo(&files);
    }
    hf_setup_files_release(&files);
    return rc;
}

/* Asks, sets up, confirms. The token is spent only when this node's services run. */
static int join(const struct hf_setup_options *o, struct hf_join_bundle *bundle,
                struct hf_error *error)
{
    struct hf_join_token token;
    struct hf_join_request request;
    struct hf_join_tls tls;
    int rc = make_request(o, &request, error);
    if (rc == 0)
        rc = hf_setup_token_read(o->token_file, &token, error);
    if (rc < 0)
        return rc;
    printf("asking the cluster at %s\n", token.endpoints[0].address);
    (void)fflush(stdout);
    rc = hf_join_client_ask(&token, &request, &tls, bundle, error);
    explicit_bzero(&token, sizeof(token));
    if (rc == 0) {
        printf("cluster %s takes this node as %s, id %u\n", bundle->cluster, o->node,
               (unsigned)bundle->node_id);
        (void)fflush(stdout);
        rc = take_bundle(o, bundle, error);
    }
    if (rc == 0 && hf_join_client_confirm(&tls, error) < 0)
        fprintf(stderr, "holdfast join: %s; the token stays good until it expires\n", error->text);
    hf_join_tls_close(&tls);
    return rc;
}

/* The cluster counts on the node by now: nothing is undone when it takes long. */
static int wait_member(const struct hf_setup_options *o, const char *cluster)
{
    struct hf_error error = {""};
    if (hf_setup_wait_up(hf_control_call, o->node, o->timeout_s, &error) == 0) {
        printf("%s is up in the cluster %s\n", o->node, cluster);
        return HF_EXIT_OK;
    }
    fprintf(stderr,
            "holdfast join: %s\n  The node is set up and goes on trying; `holdfast status` shows "
            "when it is up.\n",
            error.text);
    return HF_EXIT_TIMED_OUT;
}

int verb_join(int argc, char **argv)
{
    struct hf_setup_options options;
    struct hf_setup_subnets subnets;
    struct hf_join_bundle bundle = {0};
    struct hf_error error = {""};
    if (hf_setup_options_read(argc, argv, &options, &error) < 0) {
        fprintf(stderr, "%s\n", error.text);
        return HF_EXIT_USAGE;
    }
    int rc = hf_setup_check(&options, &subnets, &error);
    if (rc == 0)
        rc = join(&options, &bundle, &error);
    int code = HF_EXIT_REFUSED;
    if (rc == 0)
        code = wait_member(&options, bundle.cluster);
    else
        fprintf(stderr, "holdfast join: %s\nthis node is as it was before.\n", error.text);
    hf_join_bundle_release(&bundle);
    return rc == -EPERM ? HF_EXIT_NOT_PERMITTED : code;
}
