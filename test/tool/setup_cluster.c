/*
 * setup_cluster.c - the cluster's side of a join, for tests: prints a token, answers requests with
 * the files of this node and a corosync.conf of two nodes, ends when a node has joined.
 * setup_cluster ADDRESS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "daemon/join.h"
#include "engine/corosync_conf.h"

static struct hf_join_server *server;

static void on_request(void *user, struct hf_join_conn *conn, const struct hf_join_request *request)
{
    (void)user;
    const struct hf_corosync_node nodes[] = {
        {1, "db1", "10.99.1.1", "10.99.0.1", false},
        {2, request->name, request->private_address, request->public_address, false},
    };
    const struct hf_corosync_conf conf = {"test", 500, 2, 2, nodes};
    struct hf_join_bundle bundle = {.node_id = 2, .cluster = "test", .node_count = 1};
    struct hf_error error = {""};
    struct hf_strbuf text HF_STRBUF_CLEANUP;
    hf_strbuf_init(&text);
    bundle.nodes[0] = (struct hf_join_node){1, "db1", "10.99.0.1", "10.99.1.1"};
    int rc = hf_corosync_conf_render(&conf, &text, &error);
    FILE *key = fopen(HF_COROSYNC_KEY_PATH, "re");
    HF_ASSERT(key && fread(bundle.authkey, 1, sizeof(bundle.authkey), key) == 256);
    fclose(key);
    bundle.corosync_conf = text.data;
    hf_join_answer(conn, rc, &bundle, error.text);
}

static void on_event(void *user, enum hf_join_event event, const char *name)
{
    (void)user;
    printf("%s %s\n", hf_join_event_text(event), name);
    if (event == HF_JOIN_SPENT)
        hf_join_server_free(server);
}

int main(int argc, char **argv)
{
    static const struct hf_join_callbacks callbacks = {on_request, on_event};
    const char *const addresses[] = {argc == 2 ? argv[1] : "127.0.0.1"};
    struct hf_error error = {""};
    struct hf_strbuf token HF_STRBUF_CLEANUP;
    uv_loop_t loop;
    setvbuf(stdout, NULL, _IOLBF, 0);
    hf_strbuf_init(&token);
    HF_ASSERT(uv_loop_init(&loop) == 0);
    HF_ASSERT(hf_join_server_new(&loop, &callbacks, NULL, &server) == 0);
    if (hf_join_server_token(server, 60, addresses, 1, HF_JOIN_PORT, &token, &error) < 0) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    printf("%s\n", token.data);
    uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop) < 0;
}
