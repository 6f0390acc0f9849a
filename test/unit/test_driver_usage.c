/*
 * What is used: texts of the kernel, counters that go back, a real cgroup, real connections, and
 * the process that looks at all of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "driver/cgroup.h"
#include "driver/machine.h"
#include "driver/meter.h"
#include "driver/traffic.h"

static char group[48]; /* of this run alone: two at once do not meet */
#define ADDRESS "127.9.8.7"
#define DEADLINE_MS 20000

static uint64_t now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- Texts ---- */

static void parses_cpu(void **unused)
{
    (void)unused;
    struct hf_usage usage = {0};
    assert_true(hf_usage_parse_cpu("usage_usec 12345\nuser_usec 1\nsystem_usec 2\n", &usage));
    assert_int_equal(usage.cpu_us, 12345);
    assert_false(hf_usage_parse_cpu("user_usec 1\n", &usage));
    assert_false(hf_usage_parse_cpu("", &usage));
    assert_false(hf_usage_parse_cpu("usage_usec\n", &usage));
}

static void parses_memory(void **unused)
{
    (void)unused;
    struct hf_usage usage = {0};
    assert_true(hf_usage_parse_memory(
        "1000\n", "anon 5\ninactive_file 200\nactive_file 60\nfile 2\nslab_reclaimable 40\n",
        &usage));
    assert_int_equal(usage.memory_bytes, 700);
    /* The two files are read one after the other and need not fit. */
    assert_true(hf_usage_parse_memory(
        "100\n", "inactive_file 300\nactive_file 0\nslab_reclaimable 0\n", &usage));
    assert_int_equal(usage.memory_bytes, 0);
    assert_false(hf_usage_parse_memory("100\n", "anon 5\n", &usage));
    assert_false(hf_usage_parse_memory(
        "max\n", "inactive_file 3\nactive_file 0\nslab_reclaimable 0\n", &usage));
}

static bool is_eight(unsigned major, unsigned minor)
{
    (void)minor;
    return major == 8;
}

static void parses_io(void **unused)
{
    (void)unused;
    static const char text[] = "8:0 rbytes=100 wbytes=20 rios=3 wios=4 dbytes=0 dios=9\n"
                               "253:0 rbytes=100 wbytes=20 rios=3 wios=4 dbytes=0 dios=0\n"
                               "8:16 \n";
    struct hf_usage usage = {0};
    assert_true(hf_usage_parse_io(text, is_eight, &usage));
    assert_int_equal(usage.io_count, 7);
    assert_int_equal(usage.io_bytes, 120);
    assert_true(hf_usage_parse_io(text, NULL, &usage));
    assert_int_equal(usage.io_count, 14);
    assert_true(hf_usage_parse_io("", NULL, &usage));
    assert_int_equal(usage.io_count, 0);
    assert_false(hf_usage_parse_io("what is this\n", NULL, &usage));
    assert_false(hf_usage_parse_io("8:0 rbytes=100 wbytes=20 rios=3 wi", NULL, &usage));
}

static void parses_machine(void **unused)
{
    (void)unused;
    struct hf_usage usage = {0};
    uint64_t total = 0;
    uint64_t used = 0;
    assert_true(hf_machine_parse_cpu("cpu  100 10 20 9999 500 3 4 13 50 0\ncpu0 1\n", 100, &usage));
    assert_int_equal(usage.cpu_us, 1500000);
    assert_false(hf_machine_parse_cpu("cpu 1 2 3\n", 100, &usage));
    assert_true(hf_machine_parse_memory("MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable: 600 kB\n",
                                        &total, &used));
    assert_int_equal(total, 1000 * 1024);
    assert_int_equal(used, 400 * 1024);
    assert_false(hf_machine_parse_memory("MemTotal:  1000 kB\n", &total, &used));
    assert_true(hf_machine_parse_disks("   8  0 sda 5 0 16 0 7 0 32 0 0 0 0\n"
                                       " 253  0 dm-0 5 0 16 0 7 0 32 0 0 0 0\n",
                                       is_eight, &usage));
    assert_int_equal(usage.io_count, 12);
    assert_int_equal(usage.io_bytes, 48 * 512);
    assert_false(hf_machine_parse_disks("nonsense\n", NULL, &usage));
    assert_false(hf_machine_parse_disks("   8  0 sda 5 0 16 0 7 0 3", NULL, &usage));
}

/* ---- Rates ---- */

#define ALL (HF_USAGE_CPU | HF_USAGE_MEMORY | HF_USAGE_NETWORK | HF_USAGE_IO)

static void rates(void **unused)
{
    (void)unused;
    struct hf_usage before = {ALL, 1000000, 50, 1000, 5000, 10, 4096};
    struct hf_usage now = {ALL, 4000000, 70, 3000, 5500, 30, 12288};
    struct hf_rates got;
    hf_usage_rates(&before, &now, 2000000, &got);
    assert_int_equal(got.known, ALL);
    assert_int_equal(got.cpu_milli, 1500);
    assert_int_equal(got.memory_bytes, 70);
    assert_int_equal(got.network_bytes, 1000); /* in is busier than out */
    assert_int_equal(got.io_count, 10);
    assert_int_equal(got.io_bytes, 4096);
    now.known = HF_USAGE_CPU; /* what one of them does not know is not known */
    hf_usage_rates(&before, &now, 2000000, &got);
    assert_int_equal(got.known, HF_USAGE_CPU);
    now.known = HF_USAGE_MEMORY | HF_USAGE_CPU;
    hf_usage_rates(&before, &now, 0, &got); /* no time passed: no rate, and no division */
    assert_int_equal(got.known, HF_USAGE_MEMORY);
}

/* The engine was started again, in a new group: what the counters say now was used since. */
static void counters_that_go_back(void **unused)
{
    (void)unused;
    struct hf_usage before = {ALL, 900000000, 50, 1u << 30, 1u << 30, 100000, 1u << 30};
    struct hf_usage now = {ALL, 1000000, 70, 2000, 1000, 20, 8192};
    struct hf_rates got;
    hf_usage_rates(&before, &now, 2000000, &got);
    assert_int_equal(got.cpu_milli, 500);
    assert_int_equal(got.network_bytes, 1000);
    assert_int_equal(got.io_count, 10);
    assert_int_equal(got.io_bytes, 4096);
}

/* ---- A real group ---- */

static int need_cgroup(void **unused)
{
    (void)unused;
    return geteuid() == 0 && hf_cgroup_make(group) == 0 ? 0 : -1;
}

static int clean(void **unused)
{
    (void)unused;
    (void)hf_cgroup_kill(group, 5000);
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
    return hf_cgroup_remove(group) == 0 ? 0 : -1;
}

/* A process in the group that computes until it is killed. */
static void start_load(void)
{
    int fd;
    assert_int_equal(hf_cgroup_open_procs(group, &fd), 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (hf_cgroup_enter(fd) < 0)
            _exit(1);
        for (volatile unsigned n = 0;; n++)
            ;
    }
    (void)close(fd);
    assert_true(pid > 0);
}

/* Memory and disk I/O are known exactly when the kernel has the file: never a made-up zero. */
static void real_group(void **unused)
{
    (void)unused;
    struct hf_usage usage;
    char text[64];
    start_load();
    uint64_t end = now_ms() + DEADLINE_MS;
    do {
        assert_int_equal(hf_usage_read(group, &usage), 0);
        assert_true(usage.known & HF_USAGE_CPU);
    } while (usage.cpu_us < 50000 && now_ms() < end);
    assert_true(usage.cpu_us >= 50000);
    bool memory = hf_cgroup_read(group, "memory.current", text, sizeof(text)) > 0;
    bool io = hf_cgroup_read(group, "io.stat", text, sizeof(text)) >= 0;
    assert_int_equal(memory, !!(usage.known & HF_USAGE_MEMORY));
    assert_int_equal(io, !!(usage.known & HF_USAGE_IO));
    assert_int_equal(memory, usage.memory_bytes > 0);
    assert_false(usage.known & HF_USAGE_NETWORK);
    assert_int_equal(hf_usage_read("hf-test-no-such", &usage), -ENOENT);
    assert_int_equal(usage.known, 0);
}

/* ---- Real connections ---- */

struct pair {
    int here, there; /* here: the side at the address */
};

static int listener(int family, uint16_t *ret_port)
{
    struct sockaddr_storage any = {.ss_family = (sa_family_t)family};
    socklen_t length =
        family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int both = 0;
    if (family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof(both));
    else
        assert_int_equal(inet_pton(AF_INET, ADDRESS, &((struct sockaddr_in *)&any)->sin_addr), 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&any, length), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&any, &length), 0);
    *ret_port = ntohs(family == AF_INET6 ? ((struct sockaddr_in6 *)&any)->sin6_port
                                         : ((struct sockaddr_in *)&any)->sin_port);
    return fd;
}

static struct pair connect_to(int listening, const char *address, uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct pair pair;
    assert_int_equal(inet_pton(AF_INET, address, &to.sin_addr), 1);
    pair.there = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(pair.there, (struct sockaddr *)&to, sizeof(to)), 0);
    pair.here = accept(listening, NULL, NULL);
    assert_true(pair.here >= 0);
    return pair;
}

static void carry(int from, int to, size_t bytes)
{
    char room[8192] = {0};
    while (bytes) {
        size_t part = bytes < sizeof(room) ? bytes : sizeof(room);
        assert_int_equal(send(from, room, part, MSG_NOSIGNAL), part);
        for (size_t got = 0; got < part;) {
            ssize_t n = recv(to, room, part - got, 0);
            assert_true(n > 0);
            got += (size_t)n;
        }
        bytes -= part;
    }
}

static void look_until(struct hf_traffic *traffic, struct hf_traffic_address *address,
                       uint64_t in_bytes, uint64_t out_bytes)
{
    uint64_t end = now_ms() + DEADLINE_MS;
    do
        assert_int_equal(hf_traffic_look(traffic, address, 1), 0);
    while ((address->in_bytes < in_bytes || address->out_bytes < out_bytes) && now_ms() < end);
    /* A connection's beginning and end count as a byte each. */
    assert_in_range(address->in_bytes, in_bytes, in_bytes + 8);
    assert_in_range(address->out_bytes, out_bytes, out_bytes + 8);
}

static void counts_connections(int family)
{
    struct hf_traffic *traffic = NULL;
    struct hf_traffic_address address = {.seen = false};
    uint16_t port;
    assert_int_equal(hf_address_parse(ADDRESS, &address.address), 0);
    assert_int_equal(hf_traffic_new(&traffic), 0);
    int listening = listener(family, &port);
    struct pair old = connect_to(listening, ADDRESS, port);
    carry(old.there, old.here, 100000);
    int first = hf_traffic_look(traffic, &address, 1);
    if (first == -ENOENT || first == -EPROTONOSUPPORT) {
        hf_traffic_free(traffic);
        skip(); /* a kernel without tcp_diag */
    }
    assert_int_equal(first, 0);
    assert_int_equal(address.in_bytes, 0); /* before the first look nothing counts */
    carry(old.there, old.here, 30000);
    carry(old.here, old.there, 50000);
    look_until(traffic, &address, 30000, 50000);
    /* Nothing twice, and nothing of another address. */
    uint16_t other_port;
    int elsewhere = listener(AF_INET6, &other_port);
    struct pair other = connect_to(elsewhere, "127.0.0.1", other_port);
    carry(other.there, other.here, 70000);
    look_until(traffic, &address, 30000, 50000);
    /* One that begins and ends between two looks. */
    (void)close(listening);
    listening = listener(family, &port);
    struct pair brief = connect_to(listening, ADDRESS, port);
    carry(brief.here, brief.there, 20000);
    (void)close(brief.here);
    (void)close(brief.there);
    carry(old.there, old.here, 5000);
    (void)close(old.here);
    (void)close(old.there);
    look_until(traffic, &address, 35000, 70000);
    for (unsigned again = 0; again < 3; again++)
        look_until(traffic, &address, 35000, 70000);
    (void)close(other.here);
    (void)close(other.there);
    (void)close(elsewhere);
    (void)close(listening);
    hf_traffic_free(traffic);
}

static void connections(void **unused)
{
    (void)unused;
    counts_connections(AF_INET);
}

/* A server that listens on both families has its IPv4 connections as mapped ones. */
static void mapped_connections(void **unused)
{
    (void)unused;
    counts_connections(AF_INET6);
}

/* More connections than the table has to begin with. */
static void many_connections(void **unused)
{
    (void)unused;
    enum { MANY = 400 };
    static struct pair pairs[MANY];
    struct hf_traffic *traffic = NULL;
    struct hf_traffic_address address = {.seen = false};
    uint16_t port;
    assert_int_equal(hf_address_parse(ADDRESS, &address.address), 0);
    assert_int_equal(hf_traffic_new(&traffic), 0);
    assert_int_equal(hf_traffic_look(traffic, &address, 1), 0);
    int listening = listener(AF_INET, &port);
    for (unsigned p = 0; p < MANY; p++) {
        pairs[p] = connect_to(listening, ADDRESS, port);
        carry(pairs[p].there, pairs[p].here, 100);
    }
    look_until(traffic, &address, 100 * MANY, 0);
    for (unsigned p = 0; p < MANY; p++) {
        carry(pairs[p].there, pairs[p].here, 10);
        (void)close(pairs[p].here);
        (void)close(pairs[p].there);
    }
    uint64_t end = now_ms() + DEADLINE_MS;
    do
        assert_int_equal(hf_traffic_look(traffic, &address, 1), 0);
    while (address.in_bytes < 110 * MANY && now_ms() < end);
    assert_in_range(address.in_bytes, 110 * MANY, 110 * MANY + 2 * MANY);
    (void)close(listening);
    hf_traffic_free(traffic);
}

/* ---- The process ---- */

struct heard {
    unsigned node, instance, busy; /* busy: samples in which the load had a processor */
    struct hf_meter_sample last_node, last_instance;
};

static void take_sample(void *user, const struct hf_meter_sample *sample)
{
    struct heard *heard = user;
    if (!sample->instance[0]) {
        heard->node++;
        heard->last_node = *sample;
        return;
    }
    assert_string_equal(sample->instance, group);
    heard->instance++;
    heard->busy += sample->rates.cpu_milli > 0;
    heard->last_instance = *sample;
}

static void tick(uv_timer_t *timer)
{
    (void)timer;
}

static void run_until(uv_loop_t *loop, const unsigned *counter, unsigned count)
{
    uint64_t end = now_ms() + DEADLINE_MS;
    while (*counter < count && now_ms() < end)
        (void)uv_run(loop, UV_RUN_ONCE);
    assert_true(*counter >= count);
}

static pid_t meter_process(void)
{
    char path[64];
    char pids[64] = "";
    (void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    pid_t found = 0;
    if (fgets(pids, sizeof(pids), file)) {
        char *at = pids;
        for (long pid = strtol(at, &at, 10); pid; pid = strtol(at, &at, 10)) {
            char name[32] = "";
            (void)snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
            FILE *comm = fopen(path, "re");
            if (comm && fgets(name, sizeof(name), comm) && strcmp(name, "hf:meter\n") == 0)
                found = (pid_t)pid;
            if (comm)
                (void)fclose(comm);
        }
    }
    (void)fclose(file);
    return found;
}

static void meter(void **unused)
{
    (void)unused;
    uv_loop_t loop;
    uv_timer_t timer; /* so that the loop turns when nothing comes */
    struct heard heard = {0};
    struct hf_meter *meter = NULL;
    assert_int_equal(uv_loop_init(&loop), 0);
    (void)uv_timer_init(&loop, &timer);
    (void)uv_timer_start(&timer, tick, 50, 50);
    assert_int_equal(hf_meter_new(&loop, "127.0.0.1", 100, take_sample, &heard, &meter), 0);
    hf_meter_set(meter, group, ADDRESS, true);
    hf_meter_set(meter, "hf-test-no-such", "", true);
    start_load();
    run_until(&loop, &heard.busy, 1);
    assert_true(heard.last_instance.rates.known & HF_USAGE_CPU);
    assert_true(heard.last_instance.rates.cpu_milli < 3000); /* one thread, and some rounding */
    run_until(&loop, &heard.node, 1);
    assert_int_equal(heard.last_node.rates.known & (HF_USAGE_CPU | HF_USAGE_MEMORY),
                     HF_USAGE_CPU | HF_USAGE_MEMORY);
    assert_true(heard.last_node.capacity.memory_bytes > heard.last_node.rates.memory_bytes);
    assert_true(heard.last_node.capacity.cpu_milli >= 1000);
    /* The process dies: it is started again, and knows what to measure. */
    pid_t pid = meter_process();
    assert_true(pid > 0);
    assert_int_equal(kill(pid, SIGKILL), 0);
    heard.instance = 0;
    run_until(&loop, &heard.instance, 3);
    assert_int_not_equal(meter_process(), pid);
    /* The group goes and comes again: no sample in between, no rate of a billion after it. */
    hf_meter_set(meter, "hf-test-no-such", "", false);
    assert_int_equal(hf_cgroup_kill(group, 5000), 0);
    assert_int_equal(hf_cgroup_remove(group), 0);
    heard.node = 0;
    run_until(&loop, &heard.node, 3);
    heard.instance = heard.node = 0;
    run_until(&loop, &heard.node, 2);
    assert_int_equal(heard.instance, 0);
    assert_int_equal(hf_cgroup_make(group), 0);
    start_load();
    run_until(&loop, &heard.instance, 2);
    assert_true(heard.last_instance.rates.cpu_milli < 3000);
    hf_meter_set(meter, group, ADDRESS, false);
    hf_meter_free(meter);
    uv_close((uv_handle_t *)&timer, NULL);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(meter_process(), 0);
}

int main(void)
{
    (void)snprintf(group, sizeof(group), "hf-test-usage-%d", (int)getpid());
    const struct CMUnitTest texts[] = {
        cmocka_unit_test(parses_cpu), cmocka_unit_test(parses_memory),
        cmocka_unit_test(parses_io),  cmocka_unit_test(parses_machine),
        cmocka_unit_test(rates),      cmocka_unit_test(counters_that_go_back),
    };
    const struct CMUnitTest real[] = {
        cmocka_unit_test_setup_teardown(real_group, need_cgroup, clean),
        cmocka_unit_test(connections),
        cmocka_unit_test(mapped_connections),
        cmocka_unit_test(many_connections),
        cmocka_unit_test_setup_teardown(meter, need_cgroup, clean),
    };
    int failed = cmocka_run_group_tests(texts, NULL, NULL);
    if (geteuid() != 0 || need_cgroup(NULL) != 0)
        return failed ? failed : 77;
    (void)clean(NULL);
    return failed + cmocka_run_group_tests(real, NULL, NULL);
}
