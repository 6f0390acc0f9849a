/*
 * What a joining node and the cluster tell each other, and the texts that a node is set up by:
 * request, answer, "done", token, /etc/holdfast/node, and the corosync.conf that follows from an
 * answer. Each reader gets the same bytes; what one takes, it must read again as it was written.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/join_token.h"
#include "daemon/join_wire.h"
#include "daemon/node_file.h"
#include "engine/corosync_conf.h"
#include "target.h"

static void check_request(const char *text, size_t length)
{
    struct hf_join_request request = {0}, again = {0};
    struct hf_error error = {""};
    int rc = hf_join_request_decode(text, length, &request, &error);
    HF_ASSERT(rc == 0 || rc == -EBADMSG);
    HF_ASSERT((rc < 0) == (error.text[0] != '\0'));
    if (rc < 0)
        return;
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    hf_join_request_encode(&request, &out);
    HF_ASSERT(hf_strbuf_ok(&out));
    HF_ASSERT(hf_join_request_decode(out.data, out.length, &again, NULL) == 0);
    HF_ASSERT(memcmp(&request, &again, sizeof(request)) == 0);
}

static unsigned count_text(const char *text, const char *word)
{
    unsigned count = 0;
    for (; (text = strstr(text, word)); text += strlen(word))
        count++;
    return count;
}

/* Nothing in a name or an address may become a line or a section of its own. */
static void check_conf(const struct hf_join_bundle *bundle)
{
    struct hf_corosync_node nodes[HF_JOIN_NODES_MAX];
    for (unsigned i = 0; i < bundle->node_count; i++) {
        const struct hf_join_node *from = &bundle->nodes[i];
        nodes[i] = (struct hf_corosync_node){from->id, from->name, from->private_address,
                                             from->public_address, i % 2};
    }
    struct hf_corosync_conf conf = {.cluster = bundle->cluster,
                                    .token_ms = HF_COROSYNC_TOKEN_MS,
                                    .version = 1,
                                    .node_count = bundle->node_count,
                                    .nodes = nodes};
    struct hf_error error = {""};
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    int rc = hf_corosync_conf_render(&conf, &out, &error);
    HF_ASSERT((rc < 0) == (error.text[0] != '\0'));
    if (rc < 0)
        return;
    unsigned sections =
        7 + bundle->node_count; /* totem, 2 links, nodelist, quorum, system, logging */
    HF_ASSERT(count_text(out.data, "{\n") == sections && count_text(out.data, "}\n") == sections);
    HF_ASSERT(count_text(out.data, "nodeid: ") == bundle->node_count);
    HF_ASSERT(count_text(out.data, "\n") == 47 + 6 * bundle->node_count + bundle->node_count / 2);
}

static void check_answer(const char *text, size_t length)
{
    struct hf_join_bundle bundle = {0}, again = {0};
    struct hf_error error = {""};
    int rc = hf_join_answer_decode(text, length, &bundle, &error);
    HF_ASSERT(rc == 0 || rc == -EBADMSG || rc == -EACCES);
    if (rc < 0)
        return;
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    hf_join_bundle_encode(&bundle, &out);
    HF_ASSERT(hf_strbuf_ok(&out));
    HF_ASSERT(hf_join_answer_decode(out.data, out.length, &again, NULL) == 0);
    HF_ASSERT(strcmp(bundle.corosync_conf, again.corosync_conf) == 0);
    HF_ASSERT(bundle.node_id == again.node_id && bundle.node_count == again.node_count);
    HF_ASSERT(strcmp(bundle.cluster, again.cluster) == 0);
    HF_ASSERT(memcmp(bundle.authkey, again.authkey, sizeof(bundle.authkey)) == 0);
    HF_ASSERT(memcmp(bundle.nodes, again.nodes, sizeof(bundle.nodes)) == 0);
    check_conf(&bundle);
    hf_join_bundle_release(&bundle);
    hf_join_bundle_release(&again);
}

static void check_token(const char *text)
{
    struct hf_join_token token, again;
    struct hf_error error = {""};
    int rc = hf_join_token_decode(text, &token, &error);
    HF_ASSERT((rc < 0) == (error.text[0] != '\0'));
    if (rc < 0)
        return;
    HF_ASSERT(token.endpoint_count >= 1 && token.endpoint_count <= HF_JOIN_ENDPOINTS_MAX);
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    hf_join_token_encode(&token, &out);
    HF_ASSERT(hf_join_token_decode(out.data, &again, NULL) == 0);
    HF_ASSERT(memcmp(&token, &again, sizeof(token)) == 0);
}

static void check_node_file(const char *text)
{
    struct hf_node_file node, again;
    struct hf_error error = {""};
    int rc = hf_node_file_parse("node", text, &node, &error);
    HF_ASSERT((rc < 0) == (error.text[0] != '\0'));
    if (rc < 0)
        return;
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    hf_node_file_render(&node, &out);
    HF_ASSERT(hf_node_file_parse("node", out.data, &again, NULL) == 0);
    HF_ASSERT(memcmp(&node, &again, sizeof(node)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    HF_ASSERT(text);
    memcpy(text, data, size);
    text[size] = '\0';
    check_request((const char *)data, size);
    check_answer((const char *)data, size);
    (void)hf_join_done_decode((const char *)data, size);
    check_token(text);
    check_node_file(text);
    free(text);
    return 0;
}
