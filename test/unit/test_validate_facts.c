/*
 * The collector of facts, against a planted node: a folder with the files of one, and the answers
 * of its programs.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"
#include "validate/facts.h"
#include "validate/facts_impl.h"

static char root[] = "/tmp/hf-facts-XXXXXX";

/* ---- Planting ---- */

static void make_folders(const char *path)
{
    char part[512];
    for (const char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
        snprintf(part, sizeof(part), "%.*s", (int)(at - path), path);
        if (mkdir(part, 0755) != 0)
            assert_int_equal(errno, EEXIST);
    }
}

static void plant(const char *path, const char *text)
{
    char full[512];
    snprintf(full, sizeof(full), "%s%s", root, path);
    make_folders(full);
    FILE *file = fopen(full, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void plant_link(const char *path, const char *target)
{
    char full[512];
    snprintf(full, sizeof(full), "%s%s", root, path);
    make_folders(full);
    assert_int_equal(symlink(target, full), 0);
}

static int make_root(void **state)
{
    (void)state;
    strcpy(root, "/tmp/hf-facts-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    const char *const argv[] = {"rm", "-r", "--", root, NULL};
    struct hf_facts_source source = {.root = ""};
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    (void)state;
    hf_strbuf_init(&out);
    return hf_facts_run(&source, argv, &out);
}

/* ---- Programs ---- */

struct answer {
    const char *begin; /* of the command line */
    int status;
    const char *text;
};

static int run(void *user, const char *const argv[], struct hf_strbuf *out)
{
    char line[512] = "";
    size_t at = 0;
    for (unsigned k = 0; argv[k] && at < sizeof(line); k++)
        at += (size_t)snprintf(line + at, sizeof(line) - at, "%s%s", k ? " " : "", argv[k]);
    for (const struct answer *answer = user; answer->begin; answer++) {
        const char *end = strstr(line, answer->begin);
        if (!end)
            continue;
        hf_strbuf_add(out, answer->text);
        return answer->status;
    }
    return -ENOENT;
}

static const char yaml[] =
    "cluster: c\nnetworks: {public: {subnet: 10.77.0.0/24}, private: {subnet: 10.77.1.0/24}}\n"
    "nodes:\n  db1: {public: 10.77.0.11, private: 10.77.1.11}\n"
    "  db2: {public: 10.77.0.12, private: 10.77.1.12}\n"
    "instances:\n  main:\n"
    "    engine: {type: postgresql, version: 15, data: /srv/main/data, user: pgmain}\n"
    "    disks: [{device: /dev/mapper/main, mount: /srv/main}]\n"
    "    address: 10.77.0.101\n    network_name: main.example.net\n";

static struct hf_spec *spec_of(const char *text)
{
    struct hf_spec *spec = calloc(1, sizeof(*spec));
    struct hf_config_errors *errors = calloc(1, sizeof(*errors));
    assert_int_equal(hf_config_parse("c", text, strlen(text), NULL, spec, errors), 0);
    free(errors);
    return spec;
}

#define IP                                                                                         \
    "[{\"ifname\":\"lo\",\"flags\":[\"LOOPBACK\",\"UP\"],\"mtu\":65536,\"addr_info\":[]},"         \
    "{\"ifname\":\"eth0\",\"flags\":[\"UP\",\"LOWER_UP\"],\"mtu\":1500,\"addr_info\":[{"           \
    "\"local\":\"10.77.0.11\",\"prefixlen\":24,\"scope\":\"global\",\"dynamic\":true},"            \
    "{\"local\":\"fe80::1\",\"prefixlen\":64,\"scope\":\"link\"}]},"                               \
    "{\"ifname\":\"eth1\",\"flags\":[\"UP\"],\"mtu\":9000,\"addr_info\":[{"                        \
    "\"local\":\"10.77.1.11\",\"prefixlen\":24,\"scope\":\"global\"}]}]"

static const struct answer answers[] = {
    {"ip -json address", 0, IP},
    {"getent passwd pgmain", 0, "pgmain:*:5001:5001::/home/pgmain:/bin/sh\n"},
    {"getent ahosts db2", 0, "10.77.0.12      STREAM db2\n10.77.0.12      DGRAM\n"},
    {"getent ahosts db1", 2, ""},
    {"-s 56 10.77.0.12", 0,
     "5 packets transmitted, 5 received, 0% packet loss, time 203ms\n"
     "rtt min/avg/max/mdev = 0.211/0.300/0.425/0.080 ms\n"},
    {"-s 1472 10.77.0.12", 1, "5 packets transmitted, 0 received, 100% packet loss\n"},
    {"-s 56 10.77.1.12", 1,
     "5 packets transmitted, 3 received, 40% packet loss\n"
     "rtt min/avg/max/mdev = 0.211/0.300/1.425/0.080 ms\n"},
    {"-s 8972 10.77.1.12", 0, "5 packets transmitted, 5 received, 0% packet loss\n"},
    {"10.77.0.101", 1, "5 packets transmitted, 0 received, +2 errors, 100% packet loss\n"},
    {"/usr/lib/postgresql/15/bin/postgres --version", 0, "postgres (PostgreSQL) 15.6 (Debian)\n"},
    {"mkfs.ext4 -V", 1, "mke2fs 1.47.0 (5-Feb-2023)\n\tUsing EXT2FS Library version 1.47.0\n"},
    {"corosync -v", 0, "Corosync Cluster Engine, version '3.1.7'\nCopyright 2006\n"},
    {"getconf GNU_LIBC_VERSION", 0, "glibc 2.36\n"},
    {"locale -a", 0, "C\nC.utf8\nPOSIX\n"},
    {"corosync-cmapctl -m stats", 0,
     "stats.knet.node2.link0.connected (u8) = 1\nstats.knet.node2.link0.latency_ave (u32) = 155\n"
     "stats.knet.node2.link1.connected (u8) = 0\nstats.pg.msg_queue_avail (u32) = 0\n"},
    {"nft -j list ruleset", 0,
     "{\"nftables\":[{\"metainfo\":{}},{\"chain\":{\"family\":\"inet\",\"hook\":\"input\","
     "\"policy\":\"drop\"}},"
     "{\"rule\":{\"expr\":[{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"udp\","
     "\"field\":\"dport\"}},\"right\":{\"range\":[5405,5406]}}},{\"accept\":null}]}},"
     "{\"rule\":{\"expr\":[{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"tcp\","
     "\"field\":\"dport\"}},\"right\":{\"set\":[22,5432]}}},{\"accept\":null}]}},"
     "{\"rule\":{\"expr\":[{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"tcp\","
     "\"field\":\"dport\"}},\"right\":80}},{\"drop\":null}]}},"
     "{\"rule\":{\"expr\":[{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"ip\","
     "\"field\":\"saddr\"}},\"right\":{\"prefix\":{\"addr\":\"10.77.1.0\",\"len\":24}}}},"
     "{\"accept\":null}]}}]}"},
    {NULL, 0, NULL},
};

static const char *says_yes(void *user, const char *device)
{
    (void)user;
    return strcmp(device, "/dev/mapper/main") == 0 ? "yes" : NULL;
}

static struct hf_facts_source planted(void)
{
    return (struct hf_facts_source){
        .root = root, .run = run, .reservations = says_yes, .user = (void *)(uintptr_t)answers};
}

/* What the section has, as compact JSON. */
static void expect(json_t *section, const char *wanted)
{
    char *text =
        section ? json_dumps(section, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) : NULL;
    if (wanted)
        assert_string_equal(text, wanted);
    else
        assert_null(section);
    free(text);
    json_decref(section);
}

static void node_is_read(void **state)
{
    struct hf_facts_source source = planted();
    (void)state;
    plant("/proc/sys/kernel/hostname", "server1.example.net\n");
    plant("/etc/machine-id", "abc\n");
    expect(hf_facts_node(&source, NULL),
           "{\"hostname\":\"server1.example.net\",\"machine_id\":\"abc\",\"name\":\"server1."
           "example.net\"}");
    plant("/etc/holdfast/node", "# who\nid: 2\nname: db1\ncluster: c\n");
    expect(hf_facts_node(&source, NULL),
           "{\"file\":{\"cluster\":\"c\",\"id\":\"2\",\"name\":\"db1\"},\"hostname\":\"server1."
           "example.net\",\"machine_id\":\"abc\",\"name\":\"db1\"}");
}

static void users_are_read(void **state)
{
    struct hf_facts_source source = planted();
    struct hf_spec *spec = spec_of(yaml);
    (void)state;
    expect(hf_facts_users(&source, spec), NULL);
    plant("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\npostgres:x:26:27::/:/bin/sh\nbad line\n");
    plant("/etc/sysusers.d/pg.conf", "# pinned\nu postgres 26 \"engine\"\nu other - -\n");
    expect(hf_facts_users(&source, spec),
           "[{\"from\":\"files\",\"gid\":0,\"name\":\"root\",\"uid\":0},"
           "{\"from\":\"files\",\"gid\":27,\"name\":\"postgres\",\"pinned\":26,\"uid\":26},"
           "{\"from\":\"directory\",\"gid\":5001,\"name\":\"pgmain\",\"uid\":5001}]");
    plant("/etc/group", "root:x:0:\nholdfast:x:990:a,b\n");
    expect(hf_facts_groups(&source),
           "[{\"gid\":0,\"name\":\"root\"},{\"gid\":990,\"name\":\"holdfast\"}]");
    plant("/etc/nsswitch.conf", "# x: y\npasswd:   files sss\n");
    expect(hf_facts_nsswitch(&source), "{\"passwd\":\"files sss\"}");
    free(spec);
}

static void system_is_read(void **state)
{
    struct hf_facts_source source = planted();
    (void)state;
    plant("/proc/meminfo", "MemTotal:       8388608 kB\nMemFree: 1 kB\nSwapTotal:   2048 kB\n");
    plant("/proc/cpuinfo", "processor\t: 0\nmodel name\t: x\nprocessor\t: 1\n");
    plant("/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
    plant("/etc/os-release", "NAME=Debian\nPRETTY_NAME=\"Debian 12\"\n");
    plant("/sys/fs/cgroup/cgroup.controllers", "cpu io memory\n");
    plant_link("/etc/localtime", "/usr/share/zoneinfo/Europe/Vienna");
    json_t *system = hf_facts_system(&source);
    json_t *parts = json_object();
    static const char *const keys[] = {"memory_mib", "swap_mib", "cpus",    "kernel",
                                       "os",         "cgroup2",  "timezone"};
    for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
        json_object_set(parts, keys[k], json_object_get(system, keys[k]));
    assert_true(json_integer_value(json_object_get(system, "page_bytes")) >= 4096);
    json_decref(system);
    expect(parts, "{\"cgroup2\":true,\"cpus\":2,\"kernel\":\"6.1.0-18-amd64\",\"memory_mib\":8192,"
                  "\"os\":\"Debian 12\",\"swap_mib\":2,\"timezone\":\"Europe/Vienna\"}");
    plant("/proc/sys/kernel/panic", "10\n");
    plant("/proc/sys/vm/swappiness", "60\n");
    expect(hf_facts_sysctl(&source), "{\"kernel/panic\":\"10\",\"vm/swappiness\":\"60\"}");
    plant("/sys/class/watchdog/watchdog0/identity", "iTCO_wdt\n");
    plant("/sys/class/watchdog/watchdog0/state", "active\n");
    plant("/sys/class/watchdog/watchdog0/max_timeout", "600\n");
    expect(hf_facts_watchdogs(&source), "[{\"identity\":\"iTCO_wdt\",\"max_timeout\":600,\"name\":"
                                        "\"watchdog0\",\"state\":\"active\"}]");
    expect(hf_facts_units(&source), NULL);
    plant("/etc/systemd/system/multi-user.target.wants/corosync.service", "");
    plant("/etc/systemd/system/other.service.d/x.conf", "");
    expect(hf_facts_units(&source), "[\"corosync.service\"]");
}

static void network_is_read(void **state)
{
    struct hf_facts_source source = planted();
    struct hf_spec *spec = spec_of(yaml);
    (void)state;
    plant("/sys/class/net/eth0/speed", "10000\n");
    plant("/sys/class/net/eth1/speed", "-1\n");
    plant("/etc/holdfast/node", "id: 1\nname: db1\ncluster: c\n");
    json_t *interfaces = hf_facts_interfaces(&source);
    expect(json_incref(interfaces),
           "[{\"addresses\":[{\"address\":\"10.77.0.11\",\"dynamic\":true,\"prefix\":24}],"
           "\"mtu\":1500,\"name\":\"eth0\",\"speed_mbit\":10000,\"up\":true},"
           "{\"addresses\":[{\"address\":\"10.77.1.11\",\"dynamic\":false,\"prefix\":24}],"
           "\"mtu\":9000,\"name\":\"eth1\",\"up\":false}]");
    expect(hf_facts_names(&source, spec), "{\"db1\":[],\"db2\":[\"10.77.0.12\"]}");
#define PEER(network, address, full, rest)                                                         \
    "{\"address\":\"" address "\",\"full\":" full ",\"network\":\"" network                        \
    "\",\"node\":\"db2\"," rest ",\"sent\":5}"
    expect(hf_facts_peers(&source, spec, interfaces),
           "[" PEER("public", "10.77.0.12", "false", "\"received\":5,\"rtt_us\":425") "," PEER(
               "public", "10.77.0.12", "true",
               "\"received\":0") "," PEER("private", "10.77.1.12", "false",
                                          "\"received\":3,\"rtt_us\":1425") "," PEER("private",
                                                                                     "10.77.1.12",
                                                                                     "true",
                                                                                     "\"received\":"
                                                                                     "5") "]");
    expect(hf_facts_virtual(&source, spec, interfaces),
           "[{\"address\":\"10.77.0.101\",\"answers\":false,\"here\":false}]");
    json_decref(interfaces);
    expect(hf_facts_firewall(&source),
           "{\"opens\":[\"udp/5405-5406\",\"tcp/22\",\"tcp/5432\"],\"policy\":\"drop\","
           "\"sources\":[\"10.77.1.0/24\"]}");
    free(spec);
}

static void disks_are_read(void **state)
{
    struct hf_facts_source source = planted();
    struct hf_spec *spec = spec_of(yaml);
    (void)state;
    plant("/sys/block/loop0/size", "1\n");
    plant("/sys/block/sda/size", "2048\n");
    plant("/sys/block/sda/device/wwid", "naa.6001\n");
    plant("/sys/block/sda/ro", "1\n");
    plant("/sys/block/sda/queue/logical_block_size", "512\n");
    plant("/sys/block/sda/queue/write_cache", "write back\n");
    plant("/sys/block/sda/sda1/partition", "1\n");
    plant("/sys/block/dm-0/size", "4096\n");
    plant("/sys/block/dm-0/dm/uuid", "mpath-36001\n");
    plant("/sys/block/dm-0/slaves/sdb", "");
    plant("/sys/block/dm-0/slaves/sdc", "");
    plant_link("/dev/disk/by-id/wwn-0x6001", "../../sda");
    plant_link("/dev/disk/by-id/wwn-0x6001-part1", "../../sda1");
    plant_link("/dev/mapper/main", "../dm-0");
    expect(hf_facts_disks(&source, spec),
           "[{\"bytes\":2097152,\"links\":[\"/dev/mapper/main\"],\"name\":\"dm-0\",\"paths\":["
           "\"sdb\",\"sdc\"],\"reservations\":\"yes\",\"wwid\":\"mpath-36001\"},"
           "{\"bytes\":1048576,\"links\":[\"/dev/disk/by-id/wwn-0x6001\"],\"logical\":512,\"name\":"
           "\"sda\",\"partitions\":[\"/dev/disk/by-id/wwn-0x6001-part1\"],\"paths\":[],"
           "\"read_only\":1,\"write_cache\":\"write back\",\"wwid\":\"naa.6001\"}]");
    free(spec);
}

static void mounts_are_read(void **state)
{
    struct hf_facts_source source = planted();
    (void)state;
    plant_link("/dev/disk/by-uuid/77aa", "../../dm-0");
    plant("/etc/fstab", "# all\nUUID=77aa /data ext4 defaults 0 0\n/dev/sdb1 /mnt xfs ro 0 0\n\n");
    expect(hf_facts_fstab(&source),
           "[{\"device\":\"UUID=77aa\",\"kernel\":\"dm-0\",\"mount\":\"/data\"},"
           "{\"device\":\"/dev/sdb1\",\"kernel\":\"sdb1\",\"mount\":\"/mnt\"}]");
    plant("/proc/self/mounts", "proc /proc proc rw 0 0\n/dev/sda1 / ext4 rw 0 0\n");
    expect(hf_facts_mounts(&source),
           "[{\"device\":\"/dev/sda1\",\"kernel\":\"sda1\",\"mount\":\"/\"}]");
    plant("/etc/systemd/system/srv-main.mount",
          "[Mount]\nWhat=/dev/disk/by-uuid/77aa\nWhere=/srv/main\n");
    plant("/usr/lib/systemd/system/tmp.mount", "[Mount]\nWhat=tmpfs\nWhere=/tmp\n");
    expect(hf_facts_mount_units(&source),
           "[{\"device\":\"/dev/disk/by-uuid/77aa\",\"kernel\":\"dm-0\",\"mount\":\"/srv/main\","
           "\"unit\":\"srv-main.mount\"}]");
}

static void engines_are_read(void **state)
{
    struct hf_facts_source source = planted();
    struct hf_spec *spec = spec_of(yaml);
    (void)state;
    plant("/usr/lib/postgresql/15/bin/postgres", "");
    expect(hf_facts_engines(&source),
           "{\"mariadb\":[],\"postgresql\":[{\"major\":15,\"version\":\"15.6\"}]}");
    plant("/srv/main/data/PG_VERSION", "14\n");
    expect(hf_facts_data(&source, spec), "{\"main\":\"14\"}");
    plant("/usr/lib/x86_64-linux-gnu/libicuuc.so.72.1", "");
    plant("/usr/lib/x86_64-linux-gnu/libicuuc.so.72", "");
    expect(hf_facts_locale(&source),
           "{\"icu\":\"72.1\",\"libc\":\"2.36\",\"locales\":[\"C\",\"C.utf8\",\"POSIX\"]}");
    expect(hf_facts_tools(&source), "{\"corosync\":\"3.1.7\",\"mkfs.ext4\":\"1.47.0\"}");
    plant("/etc/postgresql/15/main/postgresql.conf",
          "port = 5432\ndata_directory = '/srv/main/data'  # here\n");
    plant("/etc/postgresql/15/main/start.conf", "# how\n\nmanual\n");
    plant("/etc/postgresql/15/other/postgresql.conf", "#\n");
    expect(hf_facts_pg_clusters(&source),
           "[{\"data\":\"/srv/main/data\",\"name\":\"main\",\"start\":\"manual\",\"version\":"
           "\"15\"},{\"data\":\"\",\"name\":\"other\",\"start\":\"auto\",\"version\":\"15\"}]");
    free(spec);
}

static void corosync_is_read(void **state)
{
    struct hf_facts_source source = planted();
    char path[512];
    (void)state;
    expect(hf_facts_corosync(&source), "{}");
    plant(
        "/etc/corosync/corosync.conf",
        "# c\ntotem {\n  cluster_name: c\n  token: 500\n  interface {\n    linknumber: 0\n  }\n}\n"
        "nodelist {\n  node {\n    nodeid: 1\n    name: db1\n    ring0_addr: 10.77.1.11\n"
        "    ring1_addr: 10.77.0.11\n  }\n}\nquorum {\n  provider: x\n}\n");
    plant("/etc/corosync/authkey", "abc");
    snprintf(path, sizeof(path), "%s/etc/corosync/authkey", root);
    assert_int_equal(chmod(path, 0440), 0);
    json_t *all = hf_facts_corosync(&source);
    json_object_del(json_object_get(all, "key"), "uid");
    /* SHA-256 of "abc" begins with ba7816bf 8f01cfea (FIPS 180-4, example B.1). */
    expect(all, "{\"conf\":{\"nodes\":[{\"name\":\"db1\",\"nodeid\":\"1\",\"ring0_addr\":\"10.77.1."
                "11\",\"ring1_addr\":\"10.77.0.11\"}],\"ports\":[5405,5406],\"totem\":{"
                "\"cluster_name\":\"c\",\"token\":\"500\"}},\"key\":{\"mode\":288,\"print\":"
                "\"ba7816bf8f01cfea\"},\"links\":[{\"connected\":1,\"latency_ave\":155,\"link\":0,"
                "\"node\":2},{\"connected\":0,\"link\":1,\"node\":2}]}");
}

static void an_empty_node_falls_over_nothing(void **state)
{
    static const struct answer none[] = {{NULL, 0, NULL}};
    struct hf_facts_source source = {.root = root, .run = run, .user = (void *)(uintptr_t)none};
    struct hf_spec *spec = spec_of(yaml);
    (void)state;
    json_t *facts = hf_facts_collect(&source, spec);
    assert_non_null(facts);
    assert_int_equal(json_integer_value(json_object_get(facts, "format")), HF_FACTS_FORMAT);
    assert_null(json_object_get(facts, "users"));
    assert_null(json_object_get(facts, "interfaces"));
    json_decref(facts);
    free(spec);
}

/* ---- Programs of this machine ---- */

static void a_program_that_hangs_is_given_up(void **state)
{
    const char *const argv[] = {"sleep", "60", NULL};
    struct hf_program program;
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    (void)state;
    hf_strbuf_init(&out);
    hf_program_start(&program, argv);
    assert_true(program.pid > 0);
    assert_int_equal(hf_program_finish(&program, hf_program_now_ms() + 20, &out), -ETIMEDOUT);
    assert_int_equal(kill(program.pid, 0), -1);
}

static void a_program_answers(void **state)
{
    const char *const argv[] = {"getent", "passwd", "root", NULL};
    const char *const missing[] = {"no-such-program", NULL};
    struct hf_facts_source source = {.root = ""};
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    (void)state;
    hf_strbuf_init(&out);
    assert_int_equal(hf_facts_run(&source, argv, &out), 0);
    assert_true(strncmp(out.data, "root:", 5) == 0);
    assert_int_equal(hf_facts_run(&source, missing, &out), -ENOENT);
}

static void this_machine_is_plausible(void **state)
{
    struct hf_facts_source source = {.root = ""};
    (void)state;
    json_t *facts = hf_facts_collect(&source, NULL);
    const json_t *system = json_object_get(facts, "system");
    assert_true(json_integer_value(json_object_get(system, "cpus")) > 0);
    assert_true(json_integer_value(json_object_get(system, "memory_mib")) > 0);
    assert_true(json_array_size(json_object_get(facts, "users")) > 0);
    assert_true(json_string_length(json_object_get(json_object_get(facts, "locale"), "libc")) > 0);
    json_decref(facts);
}

#define PLANTED(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLANTED(node_is_read),
        PLANTED(users_are_read),
        PLANTED(system_is_read),
        PLANTED(network_is_read),
        PLANTED(disks_are_read),
        PLANTED(mounts_are_read),
        PLANTED(engines_are_read),
        PLANTED(corosync_is_read),
        PLANTED(an_empty_node_falls_over_nothing),
        cmocka_unit_test(a_program_that_hangs_is_given_up),
        cmocka_unit_test(a_program_answers),
        cmocka_unit_test(this_machine_is_plausible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
