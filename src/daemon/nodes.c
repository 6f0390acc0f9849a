/*
 * nodes.c - this node's corosync.conf follows the list of nodes in the state.
 *
 * Every daemon writes the same text when the list or the token has changed, then makes corosync
 * read it. Corosync reads it on all nodes at each such call; the last daemon to write makes it
 * complete everywhere. A node has no vote until it was a member for the first time, so that adding
 * one to a running cluster never costs quorum. A node that joins gets the same text, with the key,
 * over its own authenticated connection.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "engine/corosync_conf.h"
#include "engine/durable_file.h"

static int render(const struct hf_state *state, struct hf_strbuf *text, struct hf_error *error)
{
    struct hf_corosync_node nodes[HF_NODES_MAX];
    uint32_t count = 0;
    for (uint32_t n = 0; n < HF_NODES_MAX; n++) {
        const struct hf_node_spec *spec = &state->spec.nodes[n];
        if (spec->name[0])
            nodes[count++] =
                (struct hf_corosync_node){n + 1, spec->name, spec->private_address,
                                          spec->public_address, !state->nodes[n].joined_epoch};
    }
    struct hf_corosync_conf conf = {
        .cluster = state->spec.cluster.name,
        .token_ms = state->spec.cluster.token_ms,
        .version = state->nodes_version,
        .node_count = count,
        .nodes = nodes,
    };
    return hf_corosync_conf_render(&conf, text, error);
}

static bool same_as_file(const struct hf_strbuf *text)
{
    char *now = malloc(text->length + 2);
    int fd = now ? open(HF_COROSYNC_CONF_PATH, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t got = fd < 0 ? -1 : read(fd, now, text->length + 1);
    if (fd >= 0)
        (void)close(fd);
    bool same = got == (ssize_t)text->length && !memcmp(now, text->data, text->length);
    free(now);
    return same;
}

void hf_daemon_write_nodes(struct hf_daemon *daemon)
{
    const struct hf_state *state = hf_core_state(daemon->core);
    struct hf_core_view view;
    hf_core_view(daemon->core, &view);
    if (view.condition != HF_CORE_MEMBER || daemon->nodes_version == state->nodes_version)
        return;
    /* A node without a vote writes, too: others may have been let in since it got its file. Only
     * the first one of all waits until it is up. */
    bool first = true;
    for (uint32_t n = 0; n < HF_NODES_MAX && first; n++)
        first = !state->nodes[n].joined_epoch;
    if (first)
        return;
    daemon->nodes_version = state->nodes_version;
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    struct hf_error error = {""};
    hf_strbuf_init(&text);
    int rc = render(state, &text, &error);
    if (rc == 0 && same_as_file(&text))
        return;
    if (rc == 0)
        rc = hf_durable_file_write(HF_COROSYNC_CONF_PATH, text.data, text.length, 0644);
    if (rc == 0)
        rc = hf_engine_reload(daemon->engine);
    if (rc == -EBUSY)
        daemon->reload_again = true;
    else if (rc < 0)
        hf_log("%s could not be brought up to date: %s%s", HF_COROSYNC_CONF_PATH, error.text,
               error.text[0] ? "" : uv_strerror(rc));
}

static int read_key(uint8_t key[HF_JOIN_KEY_BYTES])
{
    int fd = open(HF_COROSYNC_KEY_PATH, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, key, HF_JOIN_KEY_BYTES);
    if (fd >= 0)
        (void)close(fd);
    return got == (ssize_t)HF_JOIN_KEY_BYTES ? 0 : -EIO;
}

static void list_nodes(const struct hf_state *state, struct hf_join_bundle *bundle)
{
    for (uint32_t n = 0; n < HF_NODES_MAX; n++) {
        const struct hf_node_spec *spec = &state->spec.nodes[n];
        if (!spec->name[0])
            continue;
        struct hf_join_node *node = &bundle->nodes[bundle->node_count++];
        node->id = n + 1;
        memcpy(node->name, spec->name, sizeof(node->name));
        memcpy(node->public_address, spec->public_address, sizeof(node->public_address));
        memcpy(node->private_address, spec->private_address, sizeof(node->private_address));
    }
}

void hf_daemon_answer_join(struct hf_daemon *daemon, struct hf_join_conn *conn, uint8_t node)
{
    const struct hf_state *state = hf_core_state(daemon->core);
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    struct hf_error error = {""};
    hf_strbuf_init(&text);
    struct hf_join_bundle *bundle = calloc(1, sizeof(*bundle));
    int rc = bundle ? render(state, &text, &error) : -ENOMEM;
    if (rc == 0) {
        bundle->node_id = node + 1u;
        memcpy(bundle->cluster, state->spec.cluster.name, sizeof(bundle->cluster));
        bundle->corosync_conf = strdup(text.data);
        list_nodes(state, bundle);
        rc = bundle->corosync_conf ? read_key(bundle->authkey) : -ENOMEM;
    }
    hf_join_answer(conn, rc, rc == 0 ? bundle : NULL,
                   error.text[0] ? error.text : "this node could not read its cluster key");
    if (bundle)
        hf_join_bundle_release(bundle);
    free(bundle);
}
