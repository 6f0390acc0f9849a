/*
 * parse(write(spec)) == spec, over random specifications from a seeded generator; writing is
 * idempotent; slots are kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"

#define SEEDS 400

static struct hf_spec *made;
static struct hf_spec *read_back;
static struct hf_config_errors *errors;
static uint64_t random_state;

static int setup(void **state)
{
    (void)state;
    made = calloc(1, sizeof(*made));
    read_back = calloc(1, sizeof(*read_back));
    errors = calloc(1, sizeof(*errors));
    return made && read_back && errors ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    free(made);
    free(read_back);
    free(errors);
    return 0;
}

/* xorshift64*: the same numbers on every machine. */
static unsigned pick(unsigned below)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (unsigned)((random_state * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % below;
}

static bool chance(unsigned percent)
{
    return pick(100) < percent;
}

__attribute__((format(printf, 3, 4))) static void set(char *field, size_t size, const char *format,
                                                      ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(field, size, format, args);
    va_end(args);
    assert_true(length >= 0 && (size_t)length < size);
}

#define SET(field, ...) set(field, sizeof(field), __VA_ARGS__)

static uint32_t duration(uint32_t min, uint32_t max)
{
    static const uint32_t units[] = {1, 1000, 60000, 3600000};
    uint32_t unit = units[pick(4)];
    uint32_t value = min + pick(max - min);
    value -= value % unit;
    return value < min ? min : value;
}

static void make_resources(uint64_t *values)
{
    for (unsigned i = 0; i < HF_RESOURCES; i++)
        if (chance(50))
            values[i] = chance(50) ? 1 + pick(100000) : 1000 * (1 + pick(1000));
}

static void make_cluster(struct hf_cluster_spec *cluster)
{
    hf_cluster_spec_init(cluster);
    SET(cluster->name, "c%u", pick(1000));
    SET(cluster->public_subnet, "10.77.0.0/16");
    if (chance(50))
        SET(cluster->private_subnet, "fd00:77::/64");
    if (chance(50))
        SET(cluster->witness_disk, "/dev/disk/by-id/witness");
    if (chance(50)) {
        cluster->fencing_count = (uint8_t)(1 + pick(3));
        unsigned first = pick(3);
        memset(cluster->fencing, 0, sizeof(cluster->fencing));
        for (unsigned i = 0; i < cluster->fencing_count; i++) {
            cluster->fencing[i] = (uint8_t)((first + i) % 3);
            if (cluster->fencing[i] == HF_FENCING_AGENT) {
                SET(cluster->fence_agent, "fence_x");
                SET(cluster->fence_options_file, "/etc/x.conf");
            }
        }
    }
    cluster->survive = (uint8_t)pick(3);
    cluster->token_ms = duration(100, 30000);
    cluster->watchdog_ms = duration(10000, 60000);
    cluster->key_watch_ms = duration(50, 10000);
    cluster->quarantine_failures = (uint8_t)pick(9);
    cluster->quarantine_period_ms = duration(60000, 24 * 3600000);
}

static void make_node(unsigned slot)
{
    struct hf_node_spec *node = &made->nodes[slot];
    hf_node_spec_init(node);
    SET(node->name, "n%u-%u", slot, pick(100));
    SET(node->public_address, "10.77.1.%u", slot + 1);
    if (made->cluster.private_subnet[0])
        SET(node->private_address, "fd00:77::%x", slot + 1);
    if (chance(50))
        SET(node->site, "Site.%u", pick(3));
    node->role = (uint8_t)pick(2);
    make_resources(node->capacity);
}

static void make_engine(struct hf_instance_spec *instance, unsigned slot)
{
    static const char *const settings[] = {"", "a = 1\n", "a.b = x y\nc-d = \n",
                                           "q = say \"hi\" \\ there: # no\nnull = null\n",
                                           "u = \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\nt = ~\n"};
    static const char *const degraded[] = {"", "jit = off\n", "shared_buffers = 6 GB\njit = on\n",
                                           "temp_file_limit = -1\nMAX_connections = 40\n",
                                           "checkpoint_timeout = 5min\n"};
    struct hf_engine_spec *engine = &instance->engine;
    engine->type = (uint8_t)pick(4);
    if (engine->type == HF_ENGINE_SERVICE)
        SET(engine->unit, "key@%u.service", slot);
    else if (engine->type == HF_ENGINE_OCF)
        SET(engine->unit, "heartbeat/agent%u", slot);
    if (engine->type != HF_ENGINE_SERVICE) {
        SET(engine->settings, "%s", settings[pick(5)]);
        bool known = engine->type == HF_ENGINE_POSTGRESQL; /* only names that it knows */
        SET(instance->degraded_settings, "%s", (known ? degraded : settings)[pick(5)]);
    }
    if (engine->type == HF_ENGINE_SERVICE || engine->type == HF_ENGINE_OCF)
        return;
    SET(engine->data, "/srv/i%u-0/data", slot);
    engine->version = (uint16_t)pick(20);
    engine->port = (uint16_t)pick(65536);
    if (chance(30))
        SET(engine->user, "_pg.user-%u", slot);
}

static void make_disks(struct hf_instance_spec *instance, unsigned slot)
{
    instance->disk_count = (uint8_t)(1 + pick(HF_DISKS_MAX));
    for (unsigned d = 0; d < instance->disk_count; d++) {
        struct hf_disk_spec *disk = &instance->disks[d];
        SET(disk->device, "/dev/disk/by-id/scsi-%u:%u", slot, d);
        if (d == 0 || chance(60)) {
            SET(disk->mount, "/srv/i%u-%u", slot, d);
            if (chance(30))
                SET(disk->options, "noatime,x=%u", d);
        }
        disk->type = (uint8_t)pick(2);
    }
}

static void make_owners(struct hf_instance_spec *instance)
{
    unsigned limit = made->cluster.edition == HF_EDITION_STANDARD ? 2 : HF_NODES_MAX;
    uint64_t nodes = hf_spec_nodes(made);
    for (unsigned i = 0; i < HF_NODES_MAX && instance->preferred_count < limit; i++)
        if ((nodes >> i & 1) && chance(60))
            instance->preferred[instance->preferred_count++] = (uint8_t)i;
    for (unsigned i = 0; chance(40) && i < instance->preferred_count; i++)
        instance->possible |= UINT64_C(1) << instance->preferred[i];
    if (limit == 2 && !instance->possible && !instance->preferred_count)
        instance->possible = nodes & (~nodes + 1);
    for (unsigned i = 0; instance->possible && i < instance->preferred_count; i++)
        instance->possible |= UINT64_C(1) << instance->preferred[i];
}

static void make_policies(struct hf_instance_spec *instance)
{
    instance->priority_stated = chance(30);
    if (instance->priority_stated)
        instance->priority = (int32_t)pick(2001) - 1000;
    instance->online = chance(80);
    instance->start_first = chance(20);
    make_resources(instance->demand);
    make_resources(instance->degraded);
    instance->failback = (uint8_t)pick(3);
    if (instance->failback == HF_FAILBACK_WINDOW) {
        instance->failback_from_min = (uint16_t)pick(1440);
        instance->failback_to_min =
            (uint16_t)((instance->failback_from_min + 1 + pick(1439)) % 1440);
    }
    instance->health.level = (uint8_t)pick(6);
    instance->health.timeout_ms = duration(1000, 3600000);
    instance->health.check_count = 0;
    for (unsigned c = 0; instance->engine.type == HF_ENGINE_POSTGRESQL && c < pick(5); c++) {
        struct hf_check_spec *check = &instance->health.checks[instance->health.check_count++];
        SET(check->name, "c%u", c);
        SET(check->query, "SELECT '%u: x'", c);
        SET(check->database, "%s", chance(50) ? "D b" : "");
        SET(check->expect, "%s", chance(50) ? "0" : "");
    }
    instance->failure.restarts = (uint8_t)pick(101);
    instance->failure.restart_period_ms = duration(1000, 24 * 3600000);
    instance->failure.failovers = (uint8_t)pick(256);
    instance->failure.failover_period_ms = duration(1000, 7 * 24 * 3600000);
    instance->failure.retry_ms = duration(1000, 7 * 24 * 3600000);
    instance->start_timeout_ms = duration(1000, 24 * 3600000);
    instance->stop_timeout_ms = duration(1000, 24 * 3600000);
}

/* after names earlier slots only, so that it runs in no circle; apart_from names others. */
static void make_relations(struct hf_instance_spec *instance, unsigned slot, unsigned step)
{
    for (unsigned i = 0; i < slot && instance->after_count < HF_RELATIONS_MAX; i += step)
        if (chance(40))
            instance->after[instance->after_count++] = (uint16_t)i;
    for (unsigned i = 0; i < slot && instance->apart_count < HF_RELATIONS_MAX; i += step)
        if (chance(20))
            instance->apart_from[instance->apart_count++] = (uint16_t)i;
    if (instance->apart_count == 0 && slot > 0 && !instance->possible &&
        !made->instances[0].possible && chance(30) && made->cluster.edition == 0)
        instance->together_with[instance->together_count++] = 0;
}

static void make_instance(unsigned slot, unsigned step)
{
    struct hf_instance_spec *instance = &made->instances[slot];
    hf_instance_spec_init(instance);
    SET(instance->name, "i%u_x", slot);
    make_engine(instance, slot);
    make_disks(instance, slot);
    if (chance(70)) {
        SET(instance->address, "10.77.2.%u", slot + 1);
        instance->prefix = 16;
    }
    if (chance(50))
        SET(instance->network_name, "I%u.example-1.com", slot);
    instance->database_count = (uint8_t)pick(4);
    for (unsigned i = 0; i < instance->database_count; i++) {
        SET(instance->databases[i].name, "%s%u", i % 2 ? "D " : "\xc3\xa4", i);
        instance->databases[i].written_by = (uint8_t)pick(2);
    }
    make_owners(instance);
    make_policies(instance);
    make_relations(instance, slot, step);
}

/* A together_with group may end up apart through another member; such seeds are left without it. */
static void untangle(void)
{
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++)
        for (unsigned k = 0; k < made->instances[i].apart_count; k++)
            if (made->instances[made->instances[i].apart_from[k]].together_count ||
                made->instances[i].apart_from[k] == 0) {
                for (unsigned j = 0; j < HF_INSTANCES_MAX; j++) {
                    made->instances[j].together_count = 0;
                    made->instances[j].together_with[0] = 0;
                }
                return;
            }
}

/* Entities in every step-th slot. */
static void make_spec(uint64_t seed, unsigned step)
{
    random_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    memset(made, 0, sizeof(*made));
    make_cluster(&made->cluster);
    made->cluster.edition = (uint8_t)(chance(20) ? HF_EDITION_STANDARD : HF_EDITION_ENTERPRISE);
    unsigned nodes = 1 + pick(6);
    unsigned instances = pick(12);
    for (unsigned i = 0; i < nodes; i++)
        make_node(i * step);
    for (unsigned i = 0; i < instances; i++)
        make_instance(i * step, step);
    untangle();
}

static void parse(const struct hf_strbuf *text, const struct hf_spec *current)
{
    int result = hf_config_parse("f.yaml", text->data, text->length, current, read_back, errors);
    if (result != 0)
        fail_msg("%s\nin:\n%s", errors->count ? errors->items[0].text : "no memory", text->data);
}

static void write_and_parse(const struct hf_spec *current)
{
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    struct hf_strbuf HF_STRBUF_CLEANUP again;
    hf_strbuf_init(&text);
    hf_strbuf_init(&again);
    assert_int_equal(hf_config_write(made, &text), 0);
    parse(&text, current);
    assert_int_equal(hf_config_write(read_back, &again), 0);
    assert_string_equal(text.data, again.data);
    assert_memory_equal(&made->cluster, &read_back->cluster, sizeof(made->cluster));
    for (unsigned i = 0; i < HF_NODES_MAX; i++)
        assert_memory_equal(&made->nodes[i], &read_back->nodes[i], sizeof(made->nodes[i]));
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++)
        assert_memory_equal(&made->instances[i], &read_back->instances[i],
                            sizeof(made->instances[i]));
}

static void test_round_trip(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        make_spec(seed, 1);
        write_and_parse(NULL);
    }
}

/* With gaps between the slots, the current specification gives each name its own again. */
static void test_slots_kept(void **state)
{
    (void)state;
    struct hf_spec *current = calloc(1, sizeof(*current));
    assert_non_null(current);
    for (uint64_t seed = 1; seed <= SEEDS / 4; seed++) {
        make_spec(seed, 1 + pick(8));
        made->cluster.ext[0] = 7;
        made->cluster.ext_len = 1;
        made->nodes[0].ext[1] = 8;
        made->nodes[0].ext_len = 2;
        memcpy(current, made, sizeof(*current));
        write_and_parse(current);
    }
    free(current);
}

#define HEAD "cluster: c\nnetworks: {public: {subnet: 10.0.0.0/24}}\n"
#define UNIT "{engine: {type: service, unit: x.service}}"

static void parse_text(const char *text, const struct hf_spec *current, struct hf_spec *ret)
{
    assert_int_equal(hf_config_parse("f.yaml", text, strlen(text), current, ret, errors), 0);
}

static void test_new_slots(void **state)
{
    (void)state;
    parse_text(HEAD "nodes: {n1: {public: 10.0.0.1}, n2: {public: 10.0.0.2}}\n"
                    "instances: {a: " UNIT ", b: " UNIT ", c: " UNIT "}\n",
               NULL, made);
    /* b goes, z comes before all: z does not take the slot that b had; order does not matter. */
    parse_text(HEAD "instances: {z: " UNIT ", c: " UNIT ", a: " UNIT "}\n"
                    "nodes: {n3: {public: 10.0.0.3}, n2: {public: 10.0.0.2}}\n",
               made, made);
    assert_string_equal(made->instances[0].name, "a");
    assert_string_equal(made->instances[1].name, "");
    assert_string_equal(made->instances[2].name, "c");
    assert_string_equal(made->instances[3].name, "z");
    assert_string_equal(made->nodes[0].name, "");
    assert_string_equal(made->nodes[1].name, "n2");
    assert_string_equal(made->nodes[2].name, "n3");
    parse_text(HEAD "nodes: {n2: {public: 10.0.0.2}}\ninstances: {y: " UNIT "}\n", made, made);
    assert_string_equal(made->instances[1].name, "y");
}

/* A full table: a new name takes a slot that becomes free. */
static void test_full_slots(void **state)
{
    (void)state;
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    hf_strbuf_init(&text);
    for (unsigned first = 0; first < 2; first++) {
        hf_strbuf_clear(&text);
        hf_strbuf_add(&text, HEAD "nodes:\n");
        for (unsigned i = first; i < first + HF_NODES_MAX; i++)
            hf_strbuf_addf(&text, "  n%u: {public: 10.0.0.%u}\n", i, i + 1);
        parse_text(text.data, first ? made : NULL, made);
    }
    assert_string_equal(made->nodes[0].name, "n64");
    assert_string_equal(made->nodes[63].name, "n63");
}

/* Every way to write a value leads to the same value. */
static void test_values(void **state)
{
    (void)state;
    parse_text(HEAD "timings: {token: 1s, watchdog: 1min}\n"
                    "nodes: {n1: {public: 10.0.0.1, capacity: {cpu: 1500m, memory: 2TiB, network: "
                    "10Gbit, iops: 1M}}}\n"
                    "instances: {a: {engine: {type: service, unit: x.service}, address: 10.0.0.9,"
                    " failback: {window: \"22:30-04:00\"}, demand: {memory: 24576MiB}}}\n",
               NULL, made);
    assert_int_equal(made->cluster.token_ms, 1000);
    assert_int_equal(made->cluster.watchdog_ms, 60000);
    assert_int_equal(made->nodes[0].capacity[HF_CPU], 1500);
    assert_int_equal(made->nodes[0].capacity[HF_MEMORY], 2 << 20);
    assert_int_equal(made->nodes[0].capacity[HF_NETWORK], 10000);
    assert_int_equal(made->nodes[0].capacity[HF_IOPS], 1000000);
    assert_int_equal(made->instances[0].demand[HF_MEMORY], 24576);
    assert_int_equal(made->instances[0].failback_from_min, 22 * 60 + 30);
    assert_int_equal(made->instances[0].failback_to_min, 4 * 60);
    assert_int_equal(made->instances[0].prefix, 24);
    assert_int_equal(made->instances[0].health.level, 3);
    assert_int_equal(made->instances[0].failure.retry_ms, 3600000);
}

/* In the standard edition the preferred owners are the possible ones. */
static void test_spec_functions(void **state)
{
    (void)state;
    parse_text("edition: standard\n" HEAD
               "nodes: {n1: {public: 10.0.0.1}, n2: {public: 10.0.0.2}, n3: {public: 10.0.0.3}}\n"
               "instances:\n"
               "  a: {engine: {type: service, unit: x.service}, owners: {preferred: [n3, n1]}}\n"
               "  b: {engine: {type: service, unit: x.service}, owners: {possible: [n2]},"
               " databases: [{name: x, written_by: tools}]}\n"
               "  c: {engine: {type: service, unit: x.service}, owners: {possible: [n2]},"
               " databases: [{name: x, written_by: tools}, {name: y}]}\n"
               "  d: {engine: {type: service, unit: x.service}, owners: {possible: [n2]},"
               " priority: -3}\n",
               NULL, made);
    assert_int_equal(hf_spec_nodes(made), 7);
    assert_int_equal(hf_spec_possible(made, &made->instances[0]), 5);
    assert_int_equal(hf_spec_possible(made, &made->instances[1]), 2);
    assert_int_equal(hf_spec_priority(&made->instances[0]), 15);
    assert_int_equal(hf_spec_priority(&made->instances[1]), 10);
    assert_int_equal(hf_spec_priority(&made->instances[2]), 20);
    assert_int_equal(hf_spec_priority(&made->instances[3]), -3);
    assert_int_equal(hf_spec_find_node(made, "n3"), 2);
    assert_int_equal(hf_spec_find_node(made, ""), HF_NODE_NONE);
    assert_int_equal(hf_spec_find_instance(made, "x"), HF_INSTANCE_NONE);
    assert_int_equal(hf_spec_find_instance(made, ""), HF_INSTANCE_NONE);
    made->cluster.edition = HF_EDITION_ENTERPRISE;
    assert_int_equal(hf_spec_possible(made, &made->instances[0]), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_slots_kept),
        cmocka_unit_test(test_new_slots),  cmocka_unit_test(test_full_slots),
        cmocka_unit_test(test_values),     cmocka_unit_test(test_spec_functions),
    };
    return cmocka_run_group_tests_name("config round trip", tests, setup, teardown);
}
