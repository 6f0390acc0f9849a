/* The texts of joining: token, messages, /etc/holdfast/node. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/join_token.h"
#include "daemon/join_wire.h"
#include "daemon/node_file.h"

static void token_sample(struct hf_join_token *token)
{
    assert_int_equal(hf_join_token_make(token), 0);
    token->endpoint_count = 2;
    token->endpoints[0] = (struct hf_join_endpoint){"10.77.1.11", 5410};
    token->endpoints[1] = (struct hf_join_endpoint){"fd00::1:11", 65535};
}

static void token_round_trip(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        struct hf_join_token token;
        struct hf_join_token back;
        struct hf_strbuf text HF_STRBUF_CLEANUP;
        hf_strbuf_init(&text);
        token_sample(&token);
        hf_join_token_encode(&token, &text);
        hf_strbuf_add(&text, " \n");
        assert_true(text.length < HF_JOIN_TOKEN_TEXT_MAX);
        for (char *at = text.data; i % 2 && *at; at++)
            *at = (char)toupper((unsigned char)*at);
        assert_int_equal(hf_join_token_decode(text.data, &back, NULL), 0);
        assert_string_equal(back.id, token.id);
        assert_memory_equal(back.secret, token.secret, sizeof(token.secret));
        assert_int_equal(back.endpoint_count, 2);
        assert_string_equal(back.endpoints[0].address, "10.77.1.11");
        assert_int_equal(back.endpoints[0].port, 5410);
        assert_int_equal(back.endpoints[1].port, 65535);
    }
}

/* Every change of one character, and every prefix, is found. */
static void token_damage_is_found(void **state)
{
    (void)state;
    struct hf_join_token token;
    struct hf_join_token back;
    struct hf_strbuf text HF_STRBUF_CLEANUP;
    hf_strbuf_init(&text);
    token_sample(&token);
    hf_join_token_encode(&token, &text);
    for (size_t i = 0; i < text.length; i++) {
        char before = text.data[i];
        text.data[i] = before == 'q' ? 'r' : 'q';
        assert_int_equal(hf_join_token_decode(text.data, &back, NULL), -EINVAL);
        text.data[i] = before;
    }
    for (size_t i = text.length; i-- > 0;) {
        text.data[i] = '\0';
        struct hf_error error = {""};
        assert_int_equal(hf_join_token_decode(text.data, &back, &error), -EINVAL);
        assert_true(error.text[0] != '\0');
    }
}

static void bundle_sample(struct hf_join_bundle *bundle)
{
    *bundle = (struct hf_join_bundle){.node_id = 2, .cluster = "bts", .node_count = 1};
    bundle->corosync_conf = strdup("totem {\n}\n");
    for (unsigned i = 0; i < HF_JOIN_KEY_BYTES; i++)
        bundle->authkey[i] = (uint8_t)i;
    bundle->nodes[0] = (struct hf_join_node){1, "db1", "10.0.0.1", "10.0.1.1"};
}

static void bundle_round_trip(void **state)
{
    (void)state;
    struct hf_join_bundle bundle;
    struct hf_join_bundle back = {0};
    struct hf_strbuf text HF_STRBUF_CLEANUP;
    hf_strbuf_init(&text);
    bundle_sample(&bundle);
    hf_join_bundle_encode(&bundle, &text);
    assert_int_equal(hf_join_answer_decode(text.data, text.length, &back, NULL), 0);
    assert_int_equal(back.node_id, 2);
    assert_string_equal(back.cluster, "bts");
    assert_string_equal(back.corosync_conf, bundle.corosync_conf);
    assert_memory_equal(back.authkey, bundle.authkey, HF_JOIN_KEY_BYTES);
    assert_int_equal(back.node_count, 1);
    assert_string_equal(back.nodes[0].private_address, "10.0.1.1");
    hf_join_bundle_release(&back);
    for (size_t i = text.length; i-- > 0;)
        assert_int_equal(hf_join_answer_decode(text.data, i, &back, NULL), -EBADMSG);
    hf_join_bundle_release(&bundle);
}

static void refusal_says_why(void **state)
{
    (void)state;
    struct hf_join_bundle back = {0};
    struct hf_error error = {""};
    struct hf_strbuf text HF_STRBUF_CLEANUP;
    hf_strbuf_init(&text);
    hf_join_refusal_encode("the name db2 is taken", &text);
    assert_int_equal(hf_join_answer_decode(text.data, text.length, &back, &error), -EACCES);
    assert_string_equal(error.text, "the name db2 is taken");
}

static void wrong_messages(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",          "{}",
        "[]",        "{\"v\":2}",
        "{\"v\":1}", "{\"v\":1,\"ok\":true}",
        "\xff\xfe",  "{\"v\":1,\"name\":\"\",\"public\":\"a\",\"private\":\"b\"}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct hf_join_request request;
        struct hf_join_bundle bundle = {0};
        struct hf_error error = {""};
        size_t length = strlen(texts[i]);
        assert_int_equal(hf_join_request_decode(texts[i], length, &request, &error), -EBADMSG);
        assert_true(error.text[0] != '\0');
        assert_true(hf_join_answer_decode(texts[i], length, &bundle, &error) < 0);
        assert_false(hf_join_done_decode(texts[i], length));
    }
}

static void node_file(void **state)
{
    (void)state;
    struct hf_node_file node = {.id = 3, .name = "db3", .cluster = "bts-prod"};
    struct hf_node_file back;
    struct hf_error error;
    struct hf_strbuf text HF_STRBUF_CLEANUP;
    hf_strbuf_init(&text);
    hf_node_file_render(&node, &text);
    assert_string_equal(text.data, "id: 3\nname: db3\ncluster: bts-prod\n");
    assert_int_equal(hf_node_file_parse("f", text.data, &back, NULL), 0);
    assert_int_equal(back.id, 3);
    assert_string_equal(back.name, "db3");
    assert_string_equal(back.cluster, "bts-prod");
    assert_int_equal(hf_node_file_parse("f", "id: 1\nname: a\nname: b\n", &back, &error), -EINVAL);
    assert_string_equal(error.text, "f:3: this key is stated twice: remove one of the two lines");
    assert_int_equal(hf_node_file_parse("f", "# x\n\nid: 65\n", &back, &error), -EINVAL);
    assert_string_equal(error.text, "f:3: id is not a number from 1 to 64");
    assert_int_equal(hf_node_file_parse("f", "id: 1\nname: a b\n", &back, &error), -EINVAL);
    assert_int_equal(hf_node_file_parse("f", "id: 1\nnonsense\n", &back, &error), -EINVAL);
    assert_int_equal(hf_node_file_parse("f", "id: 1\nkey: x\n", &back, &error), -EINVAL);
    assert_int_equal(hf_node_file_parse("f", "id: 1\nname: a\n", &back, &error), -EINVAL);
    assert_int_equal(hf_node_file_read("/nowhere/node", &back, &error), -ENOENT);
    assert_non_null(strstr(error.text, "holdfast join"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_round_trip),  cmocka_unit_test(token_damage_is_found),
        cmocka_unit_test(bundle_round_trip), cmocka_unit_test(refusal_says_why),
        cmocka_unit_test(wrong_messages),    cmocka_unit_test(node_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
