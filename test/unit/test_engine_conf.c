/* corosync.conf: golden text, refusals, and that the installed corosync takes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/corosync_conf.h"
#include "engine/durable_file.h"

static const struct hf_corosync_node two[] = {
    {1, "db1", "10.77.1.11", "fd00::11", false},
    {2, "db2", "10.77.1.12", "fd00::12", false},
};

static const struct hf_corosync_conf good = {
    .cluster = "bts-prod", .token_ms = 500, .version = 7, .node_count = 2, .nodes = two};

static const char golden[] = "# Written by Holdfast; changes by hand are overwritten.\n"
                             "# Nodes: holdfast join. Timings: cluster.yaml and holdfast apply.\n"
                             "\n"
                             "totem {\n"
                             "    version: 2\n"
                             "    cluster_name: bts-prod\n"
                             "    config_version: 7\n"
                             "    transport: knet\n"
                             "    link_mode: active\n"
                             "    crypto_cipher: aes256\n"
                             "    crypto_hash: sha256\n"
                             "    token: 500\n"
                             "    token_coefficient: 0\n"
                             "    consensus: 600\n"
                             "    interface {\n"
                             "        linknumber: 0\n"
                             "        knet_link_priority: 2\n"
                             "        knet_ping_interval: 200\n"
                             "        knet_ping_timeout: 1400\n"
                             "        knet_pong_count: 2\n"
                             "    }\n"
                             "    interface {\n"
                             "        linknumber: 1\n"
                             "        knet_link_priority: 1\n"
                             "        knet_ping_interval: 200\n"
                             "        knet_ping_timeout: 1400\n"
                             "        knet_pong_count: 2\n"
                             "    }\n"
                             "}\n"
                             "\n"
                             "nodelist {\n"
                             "    node {\n"
                             "        nodeid: 1\n"
                             "        name: db1\n"
                             "        ring0_addr: 10.77.1.11\n"
                             "        ring1_addr: fd00::11\n"
                             "    }\n"
                             "    node {\n"
                             "        nodeid: 2\n"
                             "        name: db2\n"
                             "        ring0_addr: 10.77.1.12\n"
                             "        ring1_addr: fd00::12\n"
                             "    }\n"
                             "}\n"
                             "\n"
                             "quorum {\n"
                             "    provider: corosync_votequorum\n"
                             "}\n"
                             "\n"
                             "system {\n"
                             "    move_to_root_cgroup: no\n"
                             "}\n"
                             "\n"
                             "logging {\n"
                             "    to_stderr: yes\n"
                             "    to_logfile: no\n"
                             "    to_syslog: yes\n"
                             "    timestamp: hires\n"
                             "}\n";

static void renders_golden(void **state)
{
    (void)state;
    struct hf_strbuf out HF_STRBUF_CLEANUP;
    hf_strbuf_init(&out);
    assert_int_equal(hf_corosync_conf_render(&good, &out, NULL), 0);
    assert_string_equal(out.data, golden);
}

/* Renders with the first node and the head replaced; wants a refusal that says word. */
static void refuse(struct hf_corosync_conf conf, struct hf_corosync_node first, const char *word)
{
    struct hf_corosync_node nodes[2] = {first, two[1]};
    struct hf_error error = {""};
    struct hf_strbuf out HF_STRBUF_CLEANUP;
    hf_strbuf_init(&out);
    conf.nodes = nodes;
    assert_int_equal(hf_corosync_conf_render(&conf, &out, &error), -EINVAL);
    if (!strstr(error.text, word))
        fail_msg("\"%s\" does not say \"%s\"", error.text, word);
    assert_int_equal(out.length, 0);
}

static void refuses(void **state)
{
    (void)state;
    struct hf_corosync_conf conf = good;
    conf.cluster = "two words";
    refuse(conf, two[0], "one word");
    conf = good;
    conf.cluster = "x\n}\nlogging {";
    refuse(conf, two[0], "one word");
    conf = good;
    conf.token_ms = 20;
    refuse(conf, two[0], "token");
    conf = good;
    conf.node_count = 0;
    refuse(conf, two[0], "nodes");
    refuse(good, (struct hf_corosync_node){0, "a", "10.0.0.1", "fd00::1", false}, "node id");
    refuse(good, (struct hf_corosync_node){65, "a", "10.0.0.1", "fd00::1", false}, "node id");
    refuse(good, (struct hf_corosync_node){2, "a", "10.0.0.1", "fd00::1", false}, "rise");
    refuse(good, (struct hf_corosync_node){1, "", "10.0.0.1", "fd00::1", false}, "name");
    refuse(good, (struct hf_corosync_node){1, "db2", "10.0.0.1", "fd00::1", false},
           "both have db2");
    refuse(good, (struct hf_corosync_node){1, "a", "host", "fd00::1", false}, "private address");
    refuse(good, (struct hf_corosync_node){1, "a", "10.0.0.1", "10.0.1", false}, "public address");
    refuse(good, (struct hf_corosync_node){1, "a", "10.0.0.1", "10.0.0.1", false}, "two networks");
    refuse(good, (struct hf_corosync_node){1, "a", "10.0.0.1", "10.0.1.1", false}, "one kind");
    refuse(good, (struct hf_corosync_node){1, "a", "10.77.1.12", "fd00::1", false},
           "both have 10.77.1.12");
}

/* Runs corosync -t on the file, quietly. Returns its exit status. */
static int corosync_test(const char *path)
{
    pid_t pid = fork();
    if (pid == 0) {
        (void)freopen("/dev/null", "w", stdout);
        (void)freopen("/dev/null", "w", stderr);
        execlp("corosync", "corosync", "-t", "-c", path, (char *)NULL);
        _exit(127);
    }
    int code = 0;
    waitpid(pid, &code, 0);
    return WIFEXITED(code) ? WEXITSTATUS(code) : -1;
}

/* corosync wants an address of this computer. The key's path is put into the text: the test must
 * not need /etc/corosync/authkey. */
static void corosync_accepts(void **state)
{
    (void)state;
    char folder[] = "/tmp/hf-conf-XXXXXX";
    char key_path[64];
    char conf_path[64];
    uint8_t key[HF_COROSYNC_KEY_BYTES];
    struct hf_strbuf out HF_STRBUF_CLEANUP;
    hf_strbuf_init(&out);
    assert_non_null(mkdtemp(folder));
    (void)snprintf(key_path, sizeof(key_path), "%s/authkey", folder);
    (void)snprintf(conf_path, sizeof(conf_path), "%s/corosync.conf", folder);
    assert_int_equal(hf_corosync_key_make(key), 0);
    assert_int_equal(hf_durable_file_write(key_path, key, sizeof(key), 0400), 0);
    const struct hf_corosync_node local = {1, "db1", "127.0.0.1", "::1", false};
    struct hf_corosync_conf conf = good;
    conf.node_count = 1;
    conf.nodes = &local;
    assert_int_equal(hf_corosync_conf_render(&conf, &out, NULL), 0);
    struct hf_strbuf with_key HF_STRBUF_CLEANUP;
    hf_strbuf_init(&with_key);
    const char *at = strstr(out.data, "    token:");
    hf_strbuf_add_bytes(&with_key, out.data, (size_t)(at - out.data));
    hf_strbuf_addf(&with_key, "    keyfile: %s\n%s", key_path, at);
    assert_int_equal(hf_durable_file_write(conf_path, with_key.data, with_key.length, 0644), 0);
    int status = corosync_test(conf_path);
    struct stat about;
    assert_int_equal(stat(key_path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0400);
    assert_int_equal(hf_durable_file_remove(conf_path), 0);
    assert_int_equal(hf_durable_file_remove(conf_path), 0);
    assert_int_equal(hf_durable_file_remove(key_path), 0);
    assert_int_equal(rmdir(folder), 0);
    if (status == 127)
        skip();
    assert_int_equal(status, 0);
}

static void writes_leave_nothing(void **state)
{
    (void)state;
    assert_int_equal(hf_durable_file_write("/nowhere/at/all", "x", 1, 0644), -ENOENT);
    char folder[] = "/tmp/hf-file-XXXXXX";
    char path[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/sub", folder);
    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(hf_durable_file_write(path, "x", 1, 0644), -EISDIR);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* What the file says of token and consensus, added up. */
static void time_to_detect(void **state)
{
    struct hf_corosync_conf conf = good;
    (void)state;
    for (conf.token_ms = 100; conf.token_ms < 5000; conf.token_ms += 333) {
        unsigned token = 0;
        unsigned consensus = 0;
        struct hf_strbuf HF_STRBUF_CLEANUP out;
        struct hf_error error;
        hf_strbuf_init(&out);
        assert_int_equal(hf_corosync_conf_render(&conf, &out, &error), 0);
        assert_int_equal(sscanf(strstr(out.data, "token:"), "token: %u", &token), 1);
        assert_int_equal(sscanf(strstr(out.data, "consensus:"), "consensus: %u", &consensus), 1);
        assert_int_equal(hf_corosync_detect_ms(conf.token_ms), token + consensus);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(renders_golden),   cmocka_unit_test(refuses),
        cmocka_unit_test(corosync_accepts), cmocka_unit_test(writes_leave_nothing),
        cmocka_unit_test(time_to_detect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
