/* What a change is said to do: two files, and the lines of their difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"

#define HEAD "cluster: c\nnetworks: {public: {subnet: 10.0.0.0/24}}\n"
#define NODES HEAD "nodes: {n1: {public: 10.0.0.1}, n2: {public: 10.0.0.2}}\n"
#define DISK "disks: [{device: /dev/a, mount: /srv/a}]"
#define PG(keys)                                                                                   \
    NODES "instances: {a: {engine: {type: postgresql, data: /srv/a/d}, " DISK keys "}}\n"
#define SVC(keys) NODES "instances: {a: {engine: {type: service, unit: a.service}" keys "}}\n"

struct row {
    const char *from;
    const char *to;
    const char *says;
};

/* clang-format off */
static const struct row rows[] = {
    {PG(""), PG(""), ""},
    {PG(""), PG(", health: {timeout: 30s}"), ""},
    {NODES, SVC(""), "instance a: added (a will be started)\n"},
    {NODES, SVC(", online: false"), "instance a: added (a stays offline)\n"},
    {SVC(""), NODES, "instance a: removed (a must be taken offline first)\n"},
    {NODES, HEAD "nodes: {n1: {public: 10.0.0.1}, n3: {public: 10.0.0.3}}\n",
     "node n2: removed (this version cannot remove n2; drain it)\n"
     "node n3: added (run `holdfast join` on n3 first)\n"},
    {NODES, HEAD "nodes: {n1: {public: 10.0.0.7, role: passive}, n2: {public: 10.0.0.2}}\n",
     "node n1: public: 10.0.0.1 -> 10.0.0.7 (n1 must be removed and joined again)\n"
     "node n1: role: active -> passive (nothing restarts)\n"},
    {NODES, "cluster: d\nnetworks: {public: {subnet: 10.0.0.0/16}}\nnodes: {n1: {public: 10.0.0.1}, n2: {public: 10.0.0.2}}\n",
     "cluster d: cluster: c -> d (set when the cluster was made; cannot be changed)\n"
     "cluster d: networks.public.subnet: 10.0.0.0/24 -> 10.0.0.0/16 (set when the cluster was made; cannot be changed)\n"},
    {NODES, "edition: standard\ntimings: {token: 1s}\npolicy: {survive: 1}\nfencing: [{agent: f, options_file: /f}]\nwitness: {disk: /dev/w}\n" NODES,
     "cluster c: edition: enterprise -> standard (nothing restarts)\n"
     "cluster c: witness.disk: none -> /dev/w (nothing restarts)\n"
     "cluster c: fencing: [reservation, watchdog] -> [{agent: f, options_file: /f}] (nothing restarts)\n"
     "cluster c: policy.survive: not stated -> 1 (nothing restarts)\n"
     "cluster c: timings.token: 500ms -> 1s (nothing restarts)\n"},
    {PG(""), NODES "instances: {a: {engine: {type: postgresql, data: /srv/b/d, version: 15, port: 7, user: u, settings: {x: y}},"
                   " disks: [{device: /dev/a, mount: /srv/b}]}}\n",
     "instance a: engine.version: newest installed -> 15 (applies at the next start of a)\n"
     "instance a: engine.data: /srv/a/d -> /srv/b/d (a must be taken offline first)\n"
     "instance a: engine.port: the engine's own -> 7 (a must be taken offline first)\n"
     "instance a: engine.user: the engine's own -> u (a must be taken offline first)\n"
     "instance a: engine.settings: none -> {x: y} (applies at the next start of a)\n"
     "instance a: disks: [{device: /dev/a, mount: /srv/a}] -> [{device: /dev/a, mount: /srv/b}] (a must be taken offline first)\n"},
    {SVC(""), PG(""),
     "instance a: engine.type: service -> postgresql (a must be taken offline first)\n"
     "instance a: engine.data: none -> /srv/a/d (a must be taken offline first)\n"
     "instance a: engine.unit: a.service -> none (a must be taken offline first)\n"
     "instance a: disks: none -> [{device: /dev/a, mount: /srv/a}] (a must be taken offline first)\n"},
    {SVC(""), SVC(", address: 10.0.0.9, network_name: a.b, databases: [{name: D}], owners: {possible: [n1], preferred: [n1]},"
                  " priority: 3, demand: {cpu: 2}, degraded: {cpu: 1}, failback: immediate, health: {level: 2}, failure: {retry: 2h},"
                  " start_timeout: 2min, stop_timeout: 3min, start_first: true, online: false"),
     "instance a: address: none -> 10.0.0.9 (a must be taken offline first)\n"
     "instance a: network_name: none -> a.b (nothing restarts)\n"
     "instance a: databases: none -> [{name: D}] (nothing restarts)\n"
     "instance a: owners.possible: all nodes -> [n1] (nothing restarts; a moves if it may not stay where it is)\n"
     "instance a: owners.preferred: none -> [n1] (nothing restarts)\n"
     "instance a: priority: from databases -> 3 (nothing restarts)\n"
     "instance a: demand.cpu: measured -> 2 (nothing restarts)\n"
     "instance a: degraded.cpu: as demand -> 1 (nothing restarts)\n"
     "instance a: failback: never -> immediate (nothing restarts)\n"
     "instance a: health.level: 3 -> 2 (nothing restarts)\n"
     "instance a: failure.retry: 1h -> 2h (nothing restarts)\n"
     "instance a: start_timeout: 1min -> 2min (nothing restarts)\n"
     "instance a: stop_timeout: 1min -> 3min (nothing restarts)\n"
     "instance a: start_first: false -> true (nothing restarts)\n"
     "instance a: online: true -> false (nothing restarts)\n"},
    {SVC("}, b: {engine: {type: service, unit: b.service}"), SVC(", after: [b], apart_from: [b]}, b: {engine: {type: service, unit: b.service}"),
     "instance a: after: none -> [b] (nothing restarts)\n"
     "instance a: apart_from: none -> [b] (nothing restarts; a moves if it may not stay where it is)\n"},
};
/* clang-format on */

static struct hf_spec *from;
static struct hf_spec *to;
static struct hf_config_errors *errors;

static int setup(void **state)
{
    (void)state;
    from = calloc(1, sizeof(*from));
    to = calloc(1, sizeof(*to));
    errors = calloc(1, sizeof(*errors));
    return from && to && errors ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    free(from);
    free(to);
    free(errors);
    return 0;
}

static void add_line(const struct hf_config_change *change, void *userdata)
{
    hf_config_change_text(change, userdata);
    hf_strbuf_add(userdata, "\n");
}

static void parse(const char *text, struct hf_spec *ret_spec)
{
    if (hf_config_parse("f.yaml", text, strlen(text), NULL, ret_spec, errors) != 0)
        fail_msg("%s", errors->items[0].text);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hf_strbuf HF_STRBUF_CLEANUP said;
        hf_strbuf_init(&said);
        parse(rows[i].from, from);
        parse(rows[i].to, to);
        assert_int_equal(hf_config_diff(from, to, add_line, &said), 0);
        assert_string_equal(said.data, rows[i].says);
    }
}

/* The first configuration of a new cluster. */
static void test_from_nothing(void **state)
{
    (void)state;
    struct hf_strbuf HF_STRBUF_CLEANUP said;
    hf_strbuf_init(&said);
    memset(from, 0, sizeof(*from));
    parse(SVC(""), to);
    assert_int_equal(hf_config_diff(from, to, add_line, &said), 0);
    assert_string_equal(said.data, "cluster c: added (nothing restarts)\n"
                                   "node n1: added (run `holdfast join` on n1 first)\n"
                                   "node n2: added (run `holdfast join` on n2 first)\n"
                                   "instance a: added (a will be started)\n");
}

/* Slots do not matter: the same names in another order are the same entities. */
static void test_other_order(void **state)
{
    (void)state;
    struct hf_strbuf HF_STRBUF_CLEANUP said;
    hf_strbuf_init(&said);
    parse(NODES, from);
    parse(HEAD "nodes: {n2: {public: 10.0.0.2}, n1: {public: 10.0.0.1}}\n", to);
    assert_int_equal(hf_config_diff(from, to, add_line, &said), 0);
    assert_string_equal(said.data, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_from_nothing),
        cmocka_unit_test(test_other_order),
    };
    return cmocka_run_group_tests_name("config differences", tests, setup, teardown);
}
