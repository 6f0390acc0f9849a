#include "daemon/join_wire.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION 1

void hf_join_bundle_release(struct hf_join_bundle *bundle)
{
    if (bundle->corosync_conf)
        free(bundle->corosync_conf);
    explicit_bzero(bundle, sizeof(*bundle));
}

/* ---- encoding ---- */

/* Takes the object. */
static void dump(json_t *object, struct hf_strbuf *out)
{
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    if (text) {
        hf_strbuf_add(out, text);
        explicit_bzero(text, strlen(text));
        free(text);
    } else {
        out->failed = true;
    }
    json_decref(object);
}

void hf_join_request_encode(const struct hf_join_request *request, struct hf_strbuf *out)
{
    dump(json_pack("{s:i, s:s, s:s, s:s, s:s, s:s}", "v", VERSION, "name", request->name, "public",
                   request->public_address, "private", request->private_address, "corosync",
                   request->corosync_version, "holdfast", request->holdfast_version),
         out);
}

static json_t *nodes_pack(const struct hf_join_bundle *bundle)
{
    json_t *nodes = json_array();
    for (unsigned i = 0; i < bundle->node_count; i++) {
        const struct hf_join_node *node = &bundle->nodes[i];
        json_array_append_new(nodes, json_pack("{s:I, s:s, s:s, s:s}", "id", (json_int_t)node->id,
                                               "name", node->name, "public", node->public_address,
                                               "private", node->private_address));
    }
    return nodes;
}

void hf_join_bundle_encode(const struct hf_join_bundle *bundle, struct hf_strbuf *out)
{
    char key[2 * HF_JOIN_KEY_BYTES + 1];
    for (unsigned i = 0; i < HF_JOIN_KEY_BYTES; i++)
        (void)snprintf(key + 2 * i, 3, "%02x", bundle->authkey[i]);
    dump(json_pack("{s:i, s:b, s:I, s:s, s:s, s:s, s:o}", "v", VERSION, "ok", 1, "id",
                   (json_int_t)bundle->node_id, "cluster", bundle->cluster, "conf",
                   bundle->corosync_conf, "key", key, "nodes", nodes_pack(bundle)),
         out);
    explicit_bzero(key, sizeof(key));
}

void hf_join_refusal_encode(const char *why, struct hf_strbuf *out)
{
    dump(json_pack("{s:i, s:b, s:s}", "v", VERSION, "ok", 0, "error", why), out);
}

void hf_join_done_encode(struct hf_strbuf *out)
{
    dump(json_pack("{s:i, s:b}", "v", VERSION, "done", 1), out);
}

/* ---- decoding ---- */

/* The object of a text of our version, or NULL with error set. */
static json_t *load(const char *text, size_t length, struct hf_error *error)
{
    json_t *object =
        length <= HF_JOIN_FRAME_MAX ? json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL) : NULL;
    json_int_t version = json_integer_value(json_object_get(object, "v"));
    if (version == VERSION)
        return object;
    if (version > 0)
        hf_error_set(error,
                     "the other side speaks version %lld of the join protocol, this one speaks "
                     "%d: install the same version of Holdfast on both",
                     (long long)version, VERSION);
    else
        hf_error_set(error, "the other side sent something that is no message of Holdfast");
    json_decref(object);
    return NULL;
}

/* Copies a text member that fits and is not empty. */
static bool take_text(const json_t *object, const char *key, char *to, size_t room)
{
    const char *text = json_string_value(json_object_get(object, key));
    if (!text || text[0] == '\0' || strlen(text) >= room)
        return false;
    memcpy(to, text, strlen(text) + 1);
    return true;
}

static bool take_id(const json_t *object, uint32_t *id)
{
    json_int_t value = json_integer_value(json_object_get(object, "id"));
    if (value < 1 || value > (json_int_t)HF_JOIN_NODES_MAX)
        return false;
    *id = (uint32_t)value;
    return true;
}

int hf_join_request_decode(const char *text, size_t length, struct hf_join_request *ret,
                           struct hf_error *error)
{
    struct hf_join_request r = {0};
    json_t *o = load(text, length, error);
    if (!o)
        return -EBADMSG;
    bool ok = take_text(o, "name", r.name, sizeof(r.name)) &&
              take_text(o, "public", r.public_address, sizeof(r.public_address)) &&
              take_text(o, "private", r.private_address, sizeof(r.private_address)) &&
              take_text(o, "corosync", r.corosync_version, sizeof(r.corosync_version)) &&
              take_text(o, "holdfast", r.holdfast_version, sizeof(r.holdfast_version));
    json_decref(o);
    if (!ok) {
        hf_error_set(error, "the request to join lacks a field, or one is empty or too long");
        return -EBADMSG;
    }
    *ret = r;
    return 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool take_key(const json_t *object, uint8_t key[HF_JOIN_KEY_BYTES])
{
    const char *text = json_string_value(json_object_get(object, "key"));
    if (!text || strlen(text) != 2 * (size_t)HF_JOIN_KEY_BYTES)
        return false;
    for (unsigned i = 0; i < HF_JOIN_KEY_BYTES; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        key[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool take_nodes(const json_t *object, struct hf_join_bundle *bundle)
{
    const json_t *nodes = json_object_get(object, "nodes");
    size_t count = json_array_size(nodes);
    if (count < 1 || count > HF_JOIN_NODES_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        const json_t *o = json_array_get(nodes, i);
        struct hf_join_node *n = &bundle->nodes[i];
        if (!take_id(o, &n->id) || !take_text(o, "name", n->name, sizeof(n->name)) ||
            !take_text(o, "public", n->public_address, sizeof(n->public_address)) ||
            !take_text(o, "private", n->private_address, sizeof(n->private_address)))
            return false;
    }
    bundle->node_count = (unsigned)count;
    return true;
}

static bool take_bundle(const json_t *object, struct hf_join_bundle *bundle)
{
    const char *conf = json_string_value(json_object_get(object, "conf"));
    if (!conf || conf[0] == '\0')
        return false;
    bundle->corosync_conf = strdup(conf);
    return bundle->corosync_conf && take_id(object, &bundle->node_id) &&
           take_text(object, "cluster", bundle->cluster, sizeof(bundle->cluster)) &&
           take_key(object, bundle->authkey) && take_nodes(object, bundle);
}

int hf_join_answer_decode(const char *text, size_t length, struct hf_join_bundle *ret,
                          struct hf_error *error)
{
    struct hf_join_bundle bundle = {0};
    json_t *object = load(text, length, error);
    if (!object)
        return -EBADMSG;
    int rc = 0;
    if (!json_is_true(json_object_get(object, "ok"))) {
        const char *why = json_string_value(json_object_get(object, "error"));
        hf_error_set(error, "%s", why ? why : "the cluster refused and gave no reason");
        rc = -EACCES;
    } else if (!take_bundle(object, &bundle)) {
        hf_error_set(error, "the cluster's answer lacks a field, or one is out of its bounds");
        rc = -EBADMSG;
    }
    json_decref(object);
    if (rc == 0)
        *ret = bundle;
    else
        hf_join_bundle_release(&bundle);
    return rc;
}

bool hf_join_done_decode(const char *text, size_t length)
{
    json_t *object = load(text, length, NULL);
    bool done = json_is_true(json_object_get(object, "done"));
    json_decref(object);
    return done;
}
