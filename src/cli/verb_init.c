/* holdfast init: a new cluster of one node, this one. */
#include <stdio.h>
#include <string.h>

#include "cli/control_client.h"
#include "cli/exits.h"
#include "cli/setup.h"
#include "cli/verbs.h"
#include "engine/corosync_conf.h"

static int write_files(const struct hf_setup_options *o, struct hf_setup_files *files,
                       struct hf_error *error)
{
    const struct hf_corosync_node self = {1, o->node, o->private_address, o->public_address, false};
    const struct hf_corosync_conf conf = {
        .cluster = o->cluster,
        .token_ms = HF_COROSYNC_TOKEN_MS,
        .version = 1,
        .node_count = 1,
        .nodes = &self,
    };
    struct hf_node_file node = {.id = 1};
    uint8_t key[HF_COROSYNC_KEY_BYTES];
    struct hf_strbuf text HF_STRBUF_CLEANUP;
    hf_strbuf_init(&text);
    int rc = hf_corosync_conf_render(&conf, &text, error);
    if (rc < 0)
        return rc;
    (void)snprintf(node.name, sizeof(node.name), "%s", o->node);
    (void)snprintf(node.cluster, sizeof(node.cluster), "%s", o->cluster);
    (void)snprintf(node.public_address, sizeof(node.public_address), "%s", o->public_address);
    (void)snprintf(node.private_address, sizeof(node.private_address), "%s", o->private_address);
    rc = hf_corosync_key_make(key);
    if (rc < 0)
        hf_error_set(error, "the kernel gives no random numbers for a key: %s", strerror(-rc));
    else
        rc = hf_setup_files_write(files, text.data, key, sizeof(key), &node, error);
    explicit_bzero(key, sizeof(key));
    return rc;
}

/* Files, services, up; or everything as before. */
static int set_up(const struct hf_setup_options *o, struct hf_error *error)
{
    struct hf_setup_files files = {0};
    int rc = write_files(o, &files, error);
    if (rc < 0)
        return rc;
    rc = hf_setup_services_start(error);
    if (rc == 0)
        rc = hf_setup_wait_up(hf_control_call, o->node, o->timeout_s, error);
    if (rc < 0) {
        hf_setup_services_stop();
        hf_setup_files_undo(&files);
    }
    hf_setup_files_release(&files);
    return rc;
}

static void print_next(const struct hf_setup_options *o, const struct hf_setup_subnets *subnets)
{
    printf("%s is up: the cluster %s has one node.\n\n"
           "next:\n"
           "  1. for each other node: `holdfast token` here, and there\n"
           "     holdfast join --node NAME --public ADDRESS --private ADDRESS\n"
           "  2. write cluster.yaml; it begins with\n"
           "       cluster: %s\n"
           "       networks:\n"
           "         public:  {subnet: %s}\n"
           "         private: {subnet: %s}\n"
           "       nodes:\n"
           "         %s: {public: %s, private: %s}\n"
           "  3. holdfast apply cluster.yaml\n",
           o->node, o->cluster, o->cluster, subnets->public_subnet, subnets->private_subnet,
           o->node, o->public_address, o->private_address);
}

int verb_init(int argc, char **argv)
{
    struct hf_setup_options options;
    struct hf_setup_subnets subnets;
    struct hf_error error = {""};
    if (hf_setup_options_read(argc, argv, &options, &error) < 0) {
        fprintf(stderr, "%s\n", error.text);
        return HF_EXIT_USAGE;
    }
    int rc = hf_setup_check(&options, &subnets, &error);
    if (rc == 0)
        rc = set_up(&options, &error);
    if (rc == 0) {
        print_next(&options, &subnets);
        return HF_EXIT_OK;
    }
    fprintf(stderr, "holdfast init: %s\nthis node is as it was before.\n", error.text);
    if (rc == -EPERM)
        return HF_EXIT_NOT_PERMITTED;
    return rc == -ETIMEDOUT ? HF_EXIT_TIMED_OUT : HF_EXIT_REFUSED;
}
