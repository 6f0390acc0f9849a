/*
 * render_conf.c - prints a corosync.conf, for tests: render_conf TOKEN_MS VERSION NODES.
 * Node i has 10.99.1.i as its private and 10.99.0.i as its public address.
 */
#include <stdio.h>
#include <stdlib.h>

#include "engine/corosync_conf.h"

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    static char text[HF_COROSYNC_NODES_MAX][3][32];
    struct hf_corosync_node nodes[HF_COROSYNC_NODES_MAX];
    struct hf_corosync_conf conf = {
        .cluster = "test",
        .token_ms = (uint32_t)strtoul(argv[1], NULL, 10),
        .version = strtoull(argv[2], NULL, 10),
        .node_count = (uint32_t)strtoul(argv[3], NULL, 10),
        .nodes = nodes,
    };
    for (uint32_t i = 0; i < conf.node_count && i < HF_COROSYNC_NODES_MAX; i++) {
        (void)snprintf(text[i][0], sizeof(text[i][0]), "db%u", i + 1);
        (void)snprintf(text[i][1], sizeof(text[i][1]), "10.99.1.%u", i + 1);
        (void)snprintf(text[i][2], sizeof(text[i][2]), "10.99.0.%u", i + 1);
        nodes[i] = (struct hf_corosync_node){i + 1, text[i][0], text[i][1], text[i][2], false};
    }
    struct hf_error error;
    struct hf_strbuf out;
    hf_strbuf_init(&out);
    if (hf_corosync_conf_render(&conf, &out, &error) < 0) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    fputs(out.data, stdout);
    hf_strbuf_release(&out);
    return 0;
}
