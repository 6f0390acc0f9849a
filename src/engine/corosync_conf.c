#include "engine/corosync_conf.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>

/* A name goes between braces and newlines of a line format: no other characters than these. */
static bool is_name(const char *text)
{
    if (!text || text[0] == '\0' || strlen(text) > 63)
        return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr("-_.", *text))
            return false;
    return true;
}

/* AF_INET, AF_INET6, or 0: not an address. */
static int address_family(const char *text)
{
    unsigned char raw[16];
    if (!text)
        return 0;
    if (inet_pton(AF_INET, text, raw) == 1)
        return AF_INET;
    return inet_pton(AF_INET6, text, raw) == 1 ? AF_INET6 : 0;
}

static int check_node(const struct hf_corosync_node *node, struct hf_error *error)
{
    if (node->id < 1 || node->id > HF_COROSYNC_NODES_MAX) {
        hf_error_set(error, "node id %" PRIu32 " is not 1 to %u", node->id, HF_COROSYNC_NODES_MAX);
        return -EINVAL;
    }
    if (!is_name(node->name)) {
        hf_error_set(error,
                     "the name of node %" PRIu32 " is not one word: use letters, digits, '-', '_' "
                     "and '.', at most 63",
                     node->id);
        return -EINVAL;
    }
    const char *addresses[] = {node->ring0, node->ring1};
    for (int i = 0; i < 2; i++) {
        if (address_family(addresses[i]) != 0)
            continue;
        hf_error_set(error, "node %s: the %s address \"%s\" is not an IPv4 or IPv6 address",
                     node->name, i == 0 ? "private" : "public", addresses[i] ? addresses[i] : "");
        return -EINVAL;
    }
    if (strcmp(node->ring0, node->ring1) != 0)
        return 0;
    hf_error_set(error,
                 "node %s: the private and the public address are both %s: the cluster needs two "
                 "networks, give it an address of each",
                 node->name, node->ring0);
    return -EINVAL;
}

/* An address or a name used twice would make two nodes one. */
static int check_pair(const struct hf_corosync_node *a, const struct hf_corosync_node *b,
                      struct hf_error *error)
{
    const char *same = NULL;
    if (strcmp(a->name, b->name) == 0)
        same = a->name;
    else if (strcmp(a->ring0, b->ring0) == 0 || strcmp(a->ring0, b->ring1) == 0)
        same = a->ring0;
    else if (strcmp(a->ring1, b->ring0) == 0 || strcmp(a->ring1, b->ring1) == 0)
        same = a->ring1;
    if (same) {
        hf_error_set(error, "node %s (id %" PRIu32 ") and node %s (id %" PRIu32 ") both have %s",
                     a->name, a->id, b->name, b->id, same);
        return -EINVAL;
    }
    if (address_family(a->ring0) != address_family(b->ring0) ||
        address_family(a->ring1) != address_family(b->ring1)) {
        hf_error_set(error,
                     "nodes %s and %s: one has an IPv4, the other an IPv6 address in the same "
                     "network: a corosync link takes one kind",
                     a->name, b->name);
        return -EINVAL;
    }
    if (a->id >= b->id) {
        hf_error_set(error, "node ids must rise: %" PRIu32 " stands before %" PRIu32, a->id, b->id);
        return -EINVAL;
    }
    return 0;
}

static int check_conf(const struct hf_corosync_conf *conf, struct hf_error *error)
{
    if (!is_name(conf->cluster)) {
        hf_error_set(error, "the name of the cluster is not one word: use letters, digits, '-', "
                            "'_' and '.', at most 63");
        return -EINVAL;
    }
    if (conf->token_ms < HF_COROSYNC_TOKEN_MS_MIN || conf->token_ms > HF_COROSYNC_TOKEN_MS_MAX) {
        hf_error_set(error, "the token of %" PRIu32 " ms is not %u to %u ms", conf->token_ms,
                     HF_COROSYNC_TOKEN_MS_MIN, HF_COROSYNC_TOKEN_MS_MAX);
        return -EINVAL;
    }
    if (conf->node_count < 1 || conf->node_count > HF_COROSYNC_NODES_MAX) {
        hf_error_set(error, "%" PRIu32 " nodes: a cluster has 1 to %u", conf->node_count,
                     HF_COROSYNC_NODES_MAX);
        return -EINVAL;
    }
    for (uint32_t i = 0; i < conf->node_count; i++) {
        int rc = check_node(&conf->nodes[i], error);
        for (uint32_t j = 0; rc == 0 && j < i; j++)
            rc = check_pair(&conf->nodes[j], &conf->nodes[i], error);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/*
 * Every packet goes over both links, so a link that is gone costs nothing while it is not given up;
 * one that is given up though it works costs the token, when the other goes the same way: a node
 * that stands still for a moment has silent links, all at once. So a link outlives the time in
 * which a silent node is lost (corosync: about twice the token) by two rounds of libknet's
 * heartbeat thread, which looks only every 200 ms (KNET_THREADS_TIMERES of libknet).
 */
#define KNET_ROUND_MS 200u

static uint32_t ping_interval_ms(uint32_t token_ms)
{
    return token_ms / 4 > KNET_ROUND_MS ? token_ms / 4 : KNET_ROUND_MS;
}

static uint32_t ping_timeout_ms(uint32_t token_ms)
{
    return 2 * token_ms + 2 * ping_interval_ms(token_ms);
}

static void render_link(uint32_t number, uint32_t priority, uint32_t token_ms,
                        struct hf_strbuf *out)
{
    hf_strbuf_addf(out,
                   "    interface {\n"
                   "        linknumber: %" PRIu32 "\n"
                   "        knet_link_priority: %" PRIu32 "\n"
                   "        knet_ping_interval: %" PRIu32 "\n"
                   "        knet_ping_timeout: %" PRIu32 "\n"
                   "        knet_pong_count: 2\n"
                   "    }\n",
                   number, priority, ping_interval_ms(token_ms), ping_timeout_ms(token_ms));
}

/* 1.2 times the token is the least that corosync.conf(5) allows beyond two nodes. */
static uint32_t consensus(uint32_t token_ms)
{
    return token_ms * 6 / 5;
}

uint32_t hf_corosync_detect_ms(uint32_t token_ms)
{
    return token_ms + consensus(token_ms);
}

static void render_totem(const struct hf_corosync_conf *conf, struct hf_strbuf *out)
{
    hf_strbuf_addf(out,
                   "totem {\n"
                   "    version: 2\n"
                   "    cluster_name: %s\n"
                   "    config_version: %" PRIu64 "\n"
                   "    transport: knet\n"
                   "    link_mode: active\n"
                   "    crypto_cipher: aes256\n"
                   "    crypto_hash: sha256\n"
                   "    token: %" PRIu32 "\n"
                   "    token_coefficient: 0\n"
                   "    consensus: %" PRIu32 "\n",
                   conf->cluster, conf->version, conf->token_ms, consensus(conf->token_ms));
    render_link(0, 2, conf->token_ms, out);
    render_link(1, 1, conf->token_ms, out);
    hf_strbuf_add(out, "}\n\n");
}

static void render_nodes(const struct hf_corosync_conf *conf, struct hf_strbuf *out)
{
    hf_strbuf_add(out, "nodelist {\n");
    for (uint32_t i = 0; i < conf->node_count; i++) {
        const struct hf_corosync_node *node = &conf->nodes[i];
        hf_strbuf_addf(out,
                       "    node {\n"
                       "        nodeid: %" PRIu32 "\n"
                       "        name: %s\n"
                       "        ring0_addr: %s\n"
                       "        ring1_addr: %s\n"
                       "%s"
                       "    }\n",
                       node->id, node->name, node->ring0, node->ring1,
                       node->no_vote ? "        quorum_votes: 0\n" : "");
    }
    hf_strbuf_add(out, "}\n\n");
}

int hf_corosync_conf_render(const struct hf_corosync_conf *conf, struct hf_strbuf *out,
                            struct hf_error *error)
{
    int rc = check_conf(conf, error);
    if (rc < 0)
        return rc;
    hf_strbuf_add(out, "# Written by Holdfast; changes by hand are overwritten.\n"
                       "# Nodes: holdfast join. Timings: cluster.yaml and holdfast apply.\n\n");
    render_totem(conf, out);
    render_nodes(conf, out);
    hf_strbuf_add(out, "quorum {\n"
                       "    provider: corosync_votequorum\n"
                       "}\n\n"
                       "system {\n"
                       "    move_to_root_cgroup: no\n"
                       "}\n\n"
                       "logging {\n"
                       "    to_stderr: yes\n"
                       "    to_logfile: no\n"
                       "    to_syslog: yes\n"
                       "    timestamp: hires\n"
                       "}\n");
    return hf_strbuf_ok(out) ? 0 : -ENOMEM;
}

int hf_corosync_key_make(uint8_t key[static HF_COROSYNC_KEY_BYTES])
{
    size_t done = 0;
    while (done < HF_COROSYNC_KEY_BYTES) {
        ssize_t got = getrandom(key + done, HF_COROSYNC_KEY_BYTES - done, 0);
        if (got < 0 && errno != EINTR)
            return -errno;
        if (got > 0)
            done += (size_t)got;
    }
    return 0;
}
