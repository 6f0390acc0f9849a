/*
 * The rules of validate. A cluster that is sound passes every check; each fault, planted alone,
 * fails its own check and no other (but those that are named beside it). No check is left out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "validate/validate.h"

#define NODES 4
#define ALL -1
#define FILES HF_SOURCE_ROOT "/test/validate/"

static char *yaml;    /* of the sound cluster */
static json_t *sound; /* its facts and status */

static char *file_text(const char *name)
{
    FILE *file = fopen(name, "re");
    assert_non_null(file);
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
    fclose(file);
    return text;
}

static int load(void **state)
{
    json_error_t error;
    (void)state;
    yaml = file_text(FILES "cluster.yaml");
    sound = json_load_file(FILES "facts.json", 0, &error);
    if (!sound)
        print_error("facts.json:%d: %s\n", error.line, error.text);
    return sound ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    free(yaml);
    json_decref(sound);
    return 0;
}

/* ---- A cluster with a fault ---- */

struct world {
    json_t *root;
    struct hf_spec *spec;
    struct hf_validate_input input;
};

static void parse(struct world *world, const char *text)
{
    struct hf_config_errors *errors = calloc(1, sizeof(*errors));
    world->spec = calloc(1, sizeof(*world->spec));
    assert_non_null(errors);
    assert_non_null(world->spec);
    int r = hf_config_parse("cluster.yaml", text, strlen(text), NULL, world->spec, errors);
    if (r != 0)
        fail_msg("%s", errors->items[0].text);
    free(errors);
}

static void make_world(struct world *world, const char *text)
{
    *world = (struct world){.root = json_deep_copy(sound)};
    parse(world, text);
    world->input.spec = world->spec;
    world->input.configured = true;
    world->input.now_ms = 1800000001000;
    world->input.status = json_object_get(world->root, "status");
    for (size_t n = 0; n < NODES; n++)
        world->input.facts[n] = json_array_get(json_object_get(world->root, "facts"), n);
}

static void free_world(struct world *world)
{
    json_decref(world->root);
    free(world->spec);
}

/* "interfaces>0>mtu": members and places in lists. value NULL removes, on a list "+..." adds. */
static void plant(json_t *at, const char *path, const char *value)
{
    char key[128];
    size_t length = strcspn(path, ">");
    snprintf(key, sizeof(key), "%.*s", (int)length, path);
    bool last = path[length] == '\0';
    bool adds = last && value && value[0] == '+';
    if (!last || adds) {
        json_t *next = json_is_array(at) ? json_array_get(at, strtoul(key, NULL, 10))
                                         : json_object_get(at, key);
        if (!next)
            fail_msg("there is no %s", key);
        if (adds)
            assert_int_equal(
                json_array_append_new(next, json_loads(value + 1, JSON_DECODE_ANY, NULL)), 0);
        else
            plant(next, path + length + 1, value);
        return;
    }
    json_t *new = value ? json_loads(value, JSON_DECODE_ANY, NULL) : NULL;
    assert_true(!value || new);
    if (json_is_array(at))
        assert_int_equal(new ? json_array_set_new(at, strtoul(key, NULL, 10), new)
                             : json_array_remove(at, strtoul(key, NULL, 10)),
                         0);
    else
        assert_int_equal(new ? json_object_set_new(at, key, new) : json_object_del(at, key), 0);
}

/* ---- What the checks say ---- */

static bool is_named(const char *list, const char *id)
{
    size_t length = strlen(id);
    for (const char *at = list; at && (at = strstr(at, id)); at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == '\0' || at[length] == ' '))
            return true;
    return false;
}

static void tell(const struct hf_outcome *outcome)
{
    for (size_t k = 0; k < outcome->n_seen; k++)
        if (outcome->seen[k].result != HF_RESULT_PASS)
            print_error("  %s: %s: %s\n", hf_result_word(outcome->seen[k].result),
                        outcome->seen[k].node, outcome->seen[k].text);
}

/* The check has that result, seen on the node where the fault is; every other one passes. */
static unsigned expect(const struct world *world, const char *id, enum hf_result result,
                       const char *node, const char *also)
{
    size_t count = 0;
    unsigned wrong = 0;
    const struct hf_check *checks = hf_checks(&count);
    for (size_t k = 0; k < count; k++) {
        struct hf_outcome outcome;
        assert_int_equal(hf_check_run(&checks[k], &world->input, &outcome), 0);
        bool meant = id && strcmp(checks[k].id, id) == 0;
        bool there = node == NULL;
        for (size_t s = 0; s < outcome.n_seen; s++)
            there |=
                node && outcome.seen[s].result == result && strcmp(outcome.seen[s].node, node) == 0;
        bool fine = meant ? outcome.result == result && there
                          : outcome.result == HF_RESULT_PASS || is_named(also, checks[k].id);
        if (!fine) {
            wrong++;
            print_error("%s planted: %s is %s%s\n", id ? id : "nothing", checks[k].id,
                        hf_result_word(outcome.result),
                        meant && !there ? ", not seen where the fault is" : "");
            tell(&outcome);
        }
        hf_outcome_release(&outcome);
    }
    return wrong;
}

static void a_sound_cluster_passes(void **state)
{
    struct world world;
    (void)state;
    make_world(&world, yaml);
    assert_int_equal(expect(&world, NULL, HF_RESULT_PASS, NULL, NULL), 0);
    free_world(&world);
}

/* ---- Faults in the facts ---- */

#define FAIL HF_RESULT_FAIL
#define WARN HF_RESULT_WARNING

struct fault {
    const char *id;
    enum hf_result result;
    int node; /* where it is planted: 0 = db1 */
    const char *path;
    const char *value;
    const char *also; /* other checks that cannot pass with it */
};

#define DISK_IS_MISSING                                                                            \
    "storage.identity storage.size storage.sector storage.cache storage.writable storage.state "   \
    "storage.reservations storage.multipath storage.paths storage.unique storage.mounted"

static const struct fault faults[] = {
    {"inventory.complete", WARN, 2, "root", "false", NULL},
    {"inventory.age", WARN, 3, "clock>time_ms", "1799900000000", "system.clock-agree"},
    {"inventory.holdfast", WARN, 1, "holdfast", "\"0.2.0\"", NULL},
    {"inventory.kernel", WARN, 2, "system>kernel", "\"6.1.0-21-amd64\"", NULL},
    {"inventory.machine", FAIL, 3, "system>machine", "\"aarch64\"", NULL},
    {"inventory.page-size", FAIL, 3, "system>page_bytes", "65536", NULL},
    {"inventory.os", WARN, 0, "system>os", "\"Debian GNU/Linux 11 (bullseye)\"", NULL},
    {"inventory.cpus", WARN, 1, "system>cpus", "16", NULL},
    {"inventory.memory", WARN, 1, "system>memory_mib", "30000", "capacity.memory"},
    {"inventory.corosync-installed", FAIL, 1, "tools>corosync", NULL, "inventory.corosync"},
    {"inventory.corosync", WARN, 1, "tools>corosync", "\"3.1.8\"", NULL},
    {"inventory.machine-id", FAIL, 3, "node>machine_id", "\"025d1219c7c4c5404aaa1f6d2a48adf\"",
     NULL},
    {"inventory.hostname", FAIL, 3, "node>hostname", "\"db2\"", "identity.hostname"},
    {"identity.engine-user", FAIL, 2, "users>2", NULL,
     "identity.engine-uid identity.engine-gid identity.engine-pinned"},
    {"identity.engine-uid", FAIL, 2, "users>2>uid", "27", "identity.engine-pinned"},
    {"identity.engine-gid", FAIL, 2, "users>2>gid", "27", NULL},
    {"identity.engine-pinned", WARN, 2, "users>2",
     "{\"name\": \"postgres\", \"uid\": 126, \"gid\": 26, \"from\": \"files\"}",
     "identity.engine-uid"},
    {"identity.uid-clash", FAIL, 3, "users>1>uid", "26", NULL},
    {"identity.directory", WARN, 1, "nsswitch>passwd", "\"files sss\"", NULL},
    {"identity.hostname", WARN, 2, "node>hostname", "\"server3\"", NULL},
    {"identity.group", WARN, 0, "groups>2", NULL, NULL},
    {"identity.node-file", FAIL, 0, "node>file>cluster", "\"other\"", NULL},
    {"identity.node-file", FAIL, 0, "node>file>name", "\"db9\"", NULL},
    {"identity.node-id", FAIL, 3, "node>file>id", "\"2\"", NULL},
    {"network.address", FAIL, 1, "interfaces>1>addresses>0>address", "\"10.77.1.99\"",
     "network.prefix network.link network.static network.mtu network.speed network.separate"},
    {"network.address-twice", FAIL, 1, "interfaces>1>addresses",
     "+{\"address\": \"10.77.1.13\", \"prefix\": 24}", NULL},
    {"network.prefix", FAIL, 1, "interfaces>0>addresses>0>prefix", "16", NULL},
    {"network.link", FAIL, 3, "interfaces>1>up", "false", NULL},
    {"network.static", WARN, 3, "interfaces>0>addresses>0>dynamic", "true", NULL},
    {"network.mtu", FAIL, 2, "interfaces>1>mtu", "1500", NULL},
    {"network.speed", WARN, 2, "interfaces>1>speed_mbit", "1000", NULL},
    {"network.separate", WARN, 0, "interfaces",
     "[{\"name\": \"eth0\", \"mtu\": 1500, \"up\": true, \"addresses\": ["
     "{\"address\": \"10.77.0.11\", \"prefix\": 24}, {\"address\": \"10.77.1.11\", \"prefix\": "
     "24}]}]",
     "network.mtu network.speed capacity.network"},
    {"network.reach", FAIL, 1, "peers>0>received", "0", "network.loss network.full-size"},
    {"network.loss", WARN, 1, "peers>0>received", "4", NULL},
    {"network.full-size", FAIL, 1, "peers>1>received", "0", NULL},
    {"network.names", WARN, 1, "names>db3", "[\"10.77.0.33\"]", NULL},
    {"network.names", WARN, 1, "names>db3", "[]", NULL},
    {"network.network-names", WARN, 1, "names>msgbox.example.net", "[\"10.77.0.11\"]", NULL},
    {"network.virtual-address", FAIL, 2, "virtual>0>here", "true", NULL},
    {"network.firewall-corosync", FAIL, 2, "firewall>opens>0", "\"udp/5405\"", NULL},
    {"network.firewall-engine", FAIL, 2, "firewall>opens>2", "\"tcp/5433\"", NULL},
    {"storage.present", FAIL, 3, "disks>2", NULL, DISK_IS_MISSING " storage.tools"},
    {"storage.identity", FAIL, 3, "disks>2>wwid", "\"mpath-36001405a11ce0077\"", NULL},
    {"storage.size", FAIL, 3, "disks>2>bytes", "1073741824", NULL},
    {"storage.sector", FAIL, 3, "disks>2>logical", "4096", NULL},
    {"storage.sector", FAIL, 3, "disks>2>physical", "512", NULL},
    {"storage.cache", FAIL, 3, "disks>2>write_cache", "\"write back\"", NULL},
    {"storage.writable", FAIL, 3, "disks>2>read_only", "1", NULL},
    {"storage.state", FAIL, 3, "disks>2>state", "\"offline\"", NULL},
    {"storage.reservations", FAIL, 3, "disks>3>reservations", "\"no\"", NULL},
    {"storage.whole", FAIL, 1, "disks>0>partitions", "+\"/dev/disk/by-id/wwn-0x6001405a11ce0001\"",
     NULL},
    {"storage.unique", FAIL, 2, "disks>1>wwid", "\"mpath-36001405a11ce0002\"", "storage.identity"},
    {"storage.multipath", WARN, 1, "disks>1>paths", "[]", NULL},
    {"storage.paths", WARN, 1, "disks>1>paths", "[\"sda\"]", NULL},
    {"storage.fstab", FAIL, 3, "fstab",
     "+{\"device\": \"UUID=77\", \"mount\": \"/data\", \"kernel\": \"dm-0\"}", NULL},
    {"storage.fstab", FAIL, 3, "fstab", "+{\"device\": \"UUID=77\", \"mount\": \"/srv/main\"}",
     NULL},
    {"storage.mount-unit", FAIL, 3, "mount_units",
     "+{\"device\": \"/dev/disk/by-id/wwn-0x6001405a11ce0001\", \"mount\": \"/mnt\"}", NULL},
    {"storage.mounted", FAIL, 3, "mounts",
     "+{\"device\": \"/dev/mapper/a\", \"mount\": \"/mnt\", \"kernel\": \"dm-1\"}", NULL},
    {"storage.checker", FAIL, 1, "tools>xfs_repair", NULL, "storage.tools"},
    {"storage.tools", WARN, 1, "tools>mkfs.ext4", "\"1.48.0\"", NULL},
    {"storage.state-dir", FAIL, 1, "state_dir>free_mib", "12", NULL},
    {"storage.state-dir", FAIL, 1, "state_dir>read_only", "true", NULL},
    {"system.clock-synchronised", WARN, 1, "clock>synchronised", "false", NULL},
    {"system.clock-agree", FAIL, 1, "clock>time_ms", "1800000003500", NULL},
    {"system.clock-agree", FAIL, 1, "clock>time_ms", "1799999997000", NULL},
    {"system.timezone", WARN, 1, "system>timezone", "\"UTC\"", NULL},
    {"system.holdfastd", WARN, 1, "units>2", NULL, NULL},
    {"system.corosync", WARN, 1, "units>1", NULL, NULL},
    {"system.other-manager", FAIL, 1, "units", "+\"pacemaker.service\"", NULL},
    {"system.engine-unit", FAIL, 1, "pg_clusters",
     "+{\"version\": \"15\", \"name\": \"m\", \"start\": \"auto\", \"data\": "
     "\"/srv/msgbox/data\"}",
     NULL},
    {"system.watchdog", WARN, 1, "watchdogs", "[]", "system.watchdog-time system.watchdog-armed"},
    {"system.watchdog-time", FAIL, 1, "watchdogs>0>max_timeout", "5", NULL},
    {"system.watchdog-armed", WARN, 1, "watchdogs>0>state", "\"inactive\"", NULL},
    {"system.cgroup", FAIL, 1, "system>cgroup2", "false", NULL},
    {"system.panic", WARN, 1, "sysctl>kernel/panic", "\"0\"", NULL},
    {"system.overcommit", WARN, 1, "sysctl>vm/overcommit_memory", "\"1\"", NULL},
    {"system.settings", WARN, 1, "sysctl>vm/swappiness", "\"60\"", NULL},
    {"system.scheduling", WARN, 1, "system>scheduling_us", "250000", NULL},
    {"quorum.witness", FAIL, 3, "disks>3", NULL, "storage.present " DISK_IS_MISSING},
    {"quorum.conf-alike", FAIL, 1, "corosync>conf>nodes>2>ring1_addr", "\"10.77.0.33\"",
     "quorum.conf-nodes"},
    {"quorum.conf-nodes", FAIL, 1, "corosync>conf>nodes>2", NULL, "quorum.conf-alike"},
    {"quorum.token", FAIL, 1, "corosync>conf>totem>token", "\"1000\"", NULL},
    {"quorum.crypto", FAIL, 1, "corosync>conf>totem>crypto_cipher", "\"none\"", NULL},
    {"quorum.two-links", WARN, 1, "corosync>conf>nodes>2>ring1_addr", NULL,
     "quorum.conf-alike quorum.conf-nodes"},
    {"quorum.key-alike", FAIL, 1, "corosync>key>print", "\"ffeeddccbbaa9988\"", NULL},
    {"quorum.key-mode", FAIL, 1, "corosync>key>mode", "292", NULL},
    {"quorum.key-mode", FAIL, 1, "corosync>key>uid", "1000", NULL},
    {"quorum.links", FAIL, 1, "corosync>links>5>connected", "0", NULL},
    {"quorum.round-trip", WARN, 1, "peers>2>rtt_us", "40000", NULL},
    {"engine.installed", FAIL, 2, "engines>postgresql>1", NULL, "engine.version"},
    {"engine.version", WARN, 2, "engines>postgresql>1>version", "\"15.7\"", NULL},
    {"engine.libc", FAIL, 2, "locale>libc", "\"2.31\"", NULL},
    {"engine.icu", FAIL, 2, "locale>icu", "\"67.1\"", NULL},
    {"engine.locales", FAIL, 2, "locale>locales>2", NULL, NULL},
    {"engine.data-version", FAIL, 0, "data>msgbox", "\"14\"", NULL},
    {"capacity.cpu", FAIL, 2, "system>cpus", "4", "inventory.cpus"},
    {"capacity.memory", FAIL, 2, "system>memory_mib", "16000", "inventory.memory"},
    {"capacity.network", WARN, 2, "interfaces>0>speed_mbit", "1000", "network.speed"},
};

static void each_fault_fails_its_check(void **state)
{
    static const char *const names[] = {"db1", "db2", "db3", "db4"};
    unsigned wrong = 0;
    (void)state;
    for (size_t k = 0; k < sizeof(faults) / sizeof(faults[0]); k++) {
        const struct fault *fault = &faults[k];
        struct world world;
        make_world(&world, yaml);
        plant(json_array_get(json_object_get(world.root, "facts"), (size_t)fault->node),
              fault->path, fault->value);
        wrong += expect(&world, fault->id, fault->result, names[fault->node], fault->also);
        free_world(&world);
    }
    assert_int_equal(wrong, 0);
}

/* ---- Faults in the configuration ---- */

struct mistake {
    const char *id;
    enum hf_result result;
    const char *from, *to; /* in cluster.yaml */
    const char *also;
};

#define DEVICE "/dev/disk/by-id/wwn-0x6001405a11ce000"

static const struct mistake mistakes[] = {
    {"storage.name", WARN, DEVICE "1", "/dev/dm-0", NULL},
    {"storage.barrier", FAIL, "mount: /srv/main,", "mount: /srv/main, options: nobarrier,", NULL},
    {"quorum.votes", WARN, "witness: {disk: " DEVICE "9}", "",
     "quorum.witness quorum.witness-apart quorum.sites"},
    {"quorum.sites", WARN,
     "site: b, capacity: {cpu: 8, memory: 32GiB, network: 10Gbit, iops: "
     "20k}}\n  db4",
     "site: a, capacity: {cpu: 8, memory: 32GiB, network: 10Gbit, iops: 20k}}\n  db4", NULL},
    {"engine.durable", FAIL, "data: /srv/main/data}",
     "data: /srv/main/data, settings: {fsync: off}}", NULL},
    {"engine.port", FAIL, "    address: 10.77.0.102\n", "", "network.virtual-address"},
    {"capacity.known", WARN, "    demand: {cpu: 2, memory: 8GiB, network: 1Gbit, iops: 2k}\n", "",
     NULL},
    {"capacity.owners", WARN, "owners: {preferred: [db1, db3]}",
     "owners: {possible: [db1], preferred: [db1]}", "capacity.failures"},
    {"capacity.failures", FAIL, "demand: {cpu: 2,", "apart_from: [main]\n    demand: {cpu: 9,",
     "capacity.normal"},
    {"capacity.normal", FAIL, "demand: {cpu: 2,", "demand: {cpu: 9,", "capacity.failures"},
};

/* The first place of from becomes to. */
static char *edited(const char *from, const char *to)
{
    const char *at = strstr(yaml, from);
    if (!at)
        fail_msg("cluster.yaml does not have: %s", from);
    size_t size = strlen(yaml) + strlen(to) + 1;
    char *text = malloc(size);
    assert_non_null(text);
    snprintf(text, size, "%.*s%s%s", (int)(at - yaml), yaml, to, at + strlen(from));
    return text;
}

static void each_mistake_fails_its_check(void **state)
{
    unsigned wrong = 0;
    (void)state;
    for (size_t k = 0; k < sizeof(mistakes) / sizeof(mistakes[0]); k++) {
        const struct mistake *mistake = &mistakes[k];
        struct world world;
        char *text = edited(mistake->from, mistake->to);
        make_world(&world, text);
        wrong += expect(&world, mistake->id, mistake->result, NULL, mistake->also);
        free_world(&world);
        free(text);
    }
    assert_int_equal(wrong, 0);
}

/* ---- Faults that cluster.yaml refuses as well, or that take more than one line ---- */

static void one_network(struct hf_spec *spec)
{
    spec->cluster.private_subnet[0] = '\0';
    for (unsigned n = 0; n < NODES; n++)
        spec->nodes[n].private_address[0] = '\0';
}

static void witness_of_an_instance(struct hf_spec *spec)
{
    memcpy(spec->cluster.witness_disk, spec->instances[1].disks[0].device, HF_PATH_MAX);
}

static void nothing_fences(struct hf_spec *spec)
{
    spec->instances[1].disk_count = 0;
    spec->cluster.fencing_count = 1;
}

static void one_node_only(struct hf_spec *spec)
{
    for (unsigned n = 1; n < NODES; n++)
        memset(&spec->nodes[n], 0, sizeof(spec->nodes[n]));
}

static void the_changed_one_fails_its_check(void **state)
{
    static const struct {
        const char *id;
        enum hf_result result;
        void (*change)(struct hf_spec *spec);
        const char *also;
    } changes[] = {
        {"network.redundant", WARN, one_network, "network.separate"},
        {"quorum.witness-apart", FAIL, witness_of_an_instance, "storage.mounted"},
        {"quorum.fencing", WARN, nothing_fences, NULL},
        {"quorum.votes", WARN, one_node_only,
         "quorum.sites quorum.conf-nodes network.names capacity.owners capacity.failures "
         "capacity.normal network.virtual-address"},
    };
    unsigned wrong = 0;
    (void)state;
    for (size_t k = 0; k < sizeof(changes) / sizeof(changes[0]); k++) {
        struct world world;
        make_world(&world, yaml);
        changes[k].change(world.spec);
        wrong += expect(&world, changes[k].id, changes[k].result, NULL, changes[k].also);
        free_world(&world);
    }
    assert_int_equal(wrong, 0);
}

static void no_watchdog_is_a_failure_when_nothing_else_fences(void **state)
{
    struct world world;
    (void)state;
    make_world(&world, yaml);
    world.spec->cluster.fencing_count = 1;
    world.spec->cluster.fencing[0] = HF_FENCING_WATCHDOG;
    plant(json_array_get(json_object_get(world.root, "facts"), 1), "watchdogs", "[]");
    assert_int_equal(expect(&world, "system.watchdog", FAIL, "db2",
                            "system.watchdog-time system.watchdog-armed"),
                     0);
    free_world(&world);
}

/* ---- What cannot be known is said, and never passes ---- */

static void without_facts_nothing_of_a_node_passes(void **state)
{
    struct world world;
    size_t count = 0;
    const struct hf_check *checks = hf_checks(&count);
    (void)state;
    make_world(&world, yaml);
    world.input.missing[2] = "it is down";
    world.input.facts[2] = NULL;
    for (size_t k = 0; k < count; k++) {
        struct hf_outcome outcome;
        bool told = false;
        assert_int_equal(hf_check_run(&checks[k], &world.input, &outcome), 0);
        for (size_t s = 0; s < outcome.n_seen; s++) {
            bool here = strcmp(outcome.seen[s].node, "db3") == 0;
            told |= here;
            if (here && outcome.seen[s].result == HF_RESULT_PASS)
                fail_msg("%s passes on a node of which nothing is known", checks[k].id);
        }
        if (told && outcome.result == HF_RESULT_PASS)
            fail_msg("%s passes though a node was not looked at", checks[k].id);
        hf_outcome_release(&outcome);
    }
    free_world(&world);
}

/* A section that could not be read leaves its checks not run; none falls over, none passes. */
static void a_missing_section_passes_nothing(void **state)
{
    static const struct {
        const char *section, *id;
    } rows[] = {{"interfaces", "network.address"},
                {"peers", "network.reach"},
                {"firewall", "network.firewall-corosync"},
                {"disks", "storage.present"},
                {"fstab", "storage.fstab"},
                {"mounts", "storage.mounted"},
                {"mount_units", "storage.mount-unit"},
                {"users", "identity.engine-uid"},
                {"groups", "identity.group"},
                {"units", "system.other-manager"},
                {"pg_clusters", "system.engine-unit"},
                {"engines", "engine.installed"},
                {"locale", "engine.libc"},
                {"tools", "storage.checker"},
                {"watchdogs", "system.watchdog"},
                {"clock", "system.clock-synchronised"},
                {"gathered", "system.clock-agree"},
                {"sysctl", "system.panic"},
                {"system", "system.cgroup"},
                {"corosync", "quorum.key-alike"},
                {"names", "network.names"},
                {"virtual", "network.virtual-address"},
                {"state_dir", "storage.state-dir"},
                {"nsswitch", "identity.directory"}};
    size_t count = 0;
    const struct hf_check *checks = hf_checks(&count);
    (void)state;
    for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
        struct world world;
        make_world(&world, yaml);
        plant(json_array_get(json_object_get(world.root, "facts"), 1), rows[k].section, NULL);
        for (size_t c = 0; c < count; c++) {
            struct hf_outcome outcome;
            assert_int_equal(hf_check_run(&checks[c], &world.input, &outcome), 0);
            if (strcmp(checks[c].id, rows[k].id) == 0 && outcome.result != HF_RESULT_NOT_RUN)
                fail_msg("without %s, %s is %s", rows[k].section, rows[k].id,
                         hf_result_word(outcome.result));
            hf_outcome_release(&outcome);
        }
        free_world(&world);
    }
}

/* ---- The table itself ---- */

static void every_check_has_a_planted_fault(void **state)
{
    static const char *const changed[] = {"network.redundant", "quorum.witness-apart",
                                          "quorum.fencing"};
    size_t count = 0;
    const struct hf_check *checks = hf_checks(&count);
    (void)state;
    assert_true(count >= 50);
    for (size_t c = 0; c < count; c++) {
        bool found = false;
        for (size_t k = 0; k < sizeof(faults) / sizeof(faults[0]); k++)
            found |= strcmp(faults[k].id, checks[c].id) == 0;
        for (size_t k = 0; k < sizeof(mistakes) / sizeof(mistakes[0]); k++)
            found |= strcmp(mistakes[k].id, checks[c].id) == 0;
        for (size_t k = 0; k < sizeof(changed) / sizeof(changed[0]); k++)
            found |= strcmp(changed[k], checks[c].id) == 0;
        if (!found)
            fail_msg("nobody plants a fault for %s", checks[c].id);
    }
}

static void ids_are_unique_and_the_table_is_documented(void **state)
{
    size_t count = 0;
    const struct hf_check *checks = hf_checks(&count);
    char *page = file_text(HF_SOURCE_ROOT "/docs/VALIDATE.md");
    char row[256];
    (void)state;
    for (size_t k = 0; k < count; k++) {
        for (size_t j = 0; j < k; j++)
            assert_string_not_equal(checks[k].id, checks[j].id);
        assert_true(checks[k].title[0] && checks[k].why[0] && checks[k].advice[0]);
        snprintf(row, sizeof(row), "| `%s` | %s |", checks[k].id, checks[k].title);
        if (!strstr(page, row))
            fail_msg("docs/VALIDATE.md lacks the row: %s", row);
    }
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_cluster_passes),
        cmocka_unit_test(each_fault_fails_its_check),
        cmocka_unit_test(each_mistake_fails_its_check),
        cmocka_unit_test(the_changed_one_fails_its_check),
        cmocka_unit_test(no_watchdog_is_a_failure_when_nothing_else_fences),
        cmocka_unit_test(without_facts_nothing_of_a_node_passes),
        cmocka_unit_test(a_missing_section_passes_nothing),
        cmocka_unit_test(every_check_has_a_planted_fault),
        cmocka_unit_test(ids_are_unique_and_the_table_is_documented),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
