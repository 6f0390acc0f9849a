/* Who the node is, its kernel, its clock, its watchdogs, its units. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "validate/facts_impl.h"

/* "name: db1" out of /etc/holdfast/node. */
static bool node_file(const struct hf_facts_source *source, const char *key, char *value,
                      size_t size)
{
    char line[HF_FACTS_LINE];
    char *text = hf_facts_text(source, "/etc/holdfast/node");
    const char *at = text;
    bool found = false;
    size_t length = strlen(key);
    while (text && !found && hf_facts_next(&at, line, sizeof(line))) {
        if (strncmp(line, key, length) != 0 || line[length] != ':')
            continue;
        (void)snprintf(value, size, "%s", line + length + 1 + strspn(line + length + 1, " \t"));
        found = true;
    }
    free(text);
    return found;
}

static void host_name(const struct hf_facts_source *source, char *name, size_t size)
{
    if (!hf_facts_line(source, "/proc/sys/kernel/hostname", name, size))
        (void)snprintf(name, size, "this-node");
}

void hf_facts_self(const struct hf_facts_source *source, const struct hf_spec *spec, char *name,
                   size_t size)
{
    if (node_file(source, "name", name, size))
        return;
    host_name(source, name, size);
    char *dot = strchr(name, '.');
    if (dot && spec && hf_spec_find_node(spec, name) == HF_NODE_NONE)
        *dot = '\0';
}

static void put_text(json_t *to, const char *key, const char *text)
{
    (void)json_object_set_new(to, key, json_string(text));
}

json_t *hf_facts_node(const struct hf_facts_source *source, const struct hf_spec *spec)
{
    static const char *const keys[] = {"id", "name", "cluster", "public_address",
                                       "private_address"};
    char value[256];
    json_t *node = json_object();
    json_t *file = json_object();
    hf_facts_self(source, spec, value, sizeof(value));
    put_text(node, "name", value);
    host_name(source, value, sizeof(value));
    put_text(node, "hostname", value);
    if (hf_facts_line(source, "/etc/machine-id", value, sizeof(value)))
        put_text(node, "machine_id", value);
    for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
        if (node_file(source, keys[k], value, sizeof(value)))
            put_text(file, keys[k], value);
    if (json_object_size(file))
        (void)json_object_set(node, "file", file);
    json_decref(file);
    return node;
}

/* Value of a key in "KEY=value" lines, without quotes. */
static bool assignment(const char *text, const char *key, char *value, size_t size)
{
    char line[HF_FACTS_LINE];
    size_t length = strlen(key);
    while (hf_facts_next(&text, line, sizeof(line))) {
        if (strncmp(line, key, length) != 0 || line[length] != '=')
            continue;
        const char *from = line + length + 1 + (line[length + 1] == '"');
        (void)snprintf(value, size, "%.*s", (int)strcspn(from, "\""), from);
        return true;
    }
    return false;
}

static unsigned count_lines(const char *text, const char *begin)
{
    char line[HF_FACTS_LINE];
    unsigned count = 0;
    while (hf_facts_next(&text, line, sizeof(line)))
        count += strncmp(line, begin, strlen(begin)) == 0;
    return count;
}

static void put_memory(const struct hf_facts_source *source, json_t *system)
{
    static const struct {
        const char *row, *key;
    } rows[] = {{"MemTotal:", "memory_mib"}, {"SwapTotal:", "swap_mib"}};
    char line[HF_FACTS_LINE];
    char *text = hf_facts_text(source, "/proc/meminfo");
    const char *at = text ? text : "";
    while (hf_facts_next(&at, line, sizeof(line)))
        for (size_t k = 0; k < 2; k++)
            if (strncmp(line, rows[k].row, strlen(rows[k].row)) == 0)
                (void)json_object_set_new(
                    system, rows[k].key,
                    json_integer(strtoll(line + strlen(rows[k].row), NULL, 10) / 1024));
    free(text);
}

static void put_release(const struct hf_facts_source *source, json_t *system)
{
    char value[128];
    char *text = hf_facts_text(source, "/etc/os-release");
    if (text && assignment(text, "PRETTY_NAME", value, sizeof(value)))
        put_text(system, "os", value);
    free(text);
    text = hf_facts_text(source, "/proc/cpuinfo");
    if (text)
        (void)json_object_set_new(system, "cpus", json_integer(count_lines(text, "processor")));
    free(text);
}

/* Without the folders of zones: "Europe/Vienna" out of the link, or the text of /etc/timezone. */
static void put_zone(const struct hf_facts_source *source, json_t *system)
{
    char full[1024];
    char target[1024] = "";
    hf_facts_path(source, "/etc/localtime", full, sizeof(full));
    ssize_t length = readlink(full, target, sizeof(target) - 1);
    const char *zone = length > 0 ? strstr(target, "zoneinfo/") : NULL;
    char line[128];
    if (zone)
        put_text(system, "timezone", zone + strlen("zoneinfo/"));
    else if (hf_facts_line(source, "/etc/timezone", line, sizeof(line)))
        put_text(system, "timezone", line);
    else
        put_text(system, "timezone", "UTC");
}

/* The worst lateness of a process that wakes every millisecond for a quarter of a second. */
static json_int_t scheduling_us(void)
{
    struct timespec before, after;
    long worst = 0;
    for (unsigned k = 0; k < 250; k++) {
        (void)clock_gettime(CLOCK_MONOTONIC, &before);
        (void)poll(NULL, 0, 1);
        (void)clock_gettime(CLOCK_MONOTONIC, &after);
        long took =
            (after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000;
        worst = took - 1000 > worst ? took - 1000 : worst;
    }
    return worst;
}

json_t *hf_facts_system(const struct hf_facts_source *source)
{
    char line[128];
    struct utsname about;
    struct stat controllers;
    char path[1024];
    json_t *system = json_object();
    if (hf_facts_line(source, "/proc/sys/kernel/osrelease", line, sizeof(line)))
        put_text(system, "kernel", line);
    if (uname(&about) == 0)
        put_text(system, "machine", about.machine);
    (void)json_object_set_new(system, "page_bytes", json_integer(sysconf(_SC_PAGESIZE)));
    put_memory(source, system);
    put_release(source, system);
    put_zone(source, system);
    hf_facts_path(source, "/sys/fs/cgroup/cgroup.controllers", path, sizeof(path));
    (void)json_object_set_new(system, "cgroup2", json_boolean(stat(path, &controllers) == 0));
    (void)json_object_set_new(system, "scheduling_us", json_integer(scheduling_us()));
    return system;
}

json_t *hf_facts_sysctl(const struct hf_facts_source *source)
{
    static const char *const names[] = {"kernel/panic",          "kernel/panic_on_oops",
                                        "vm/overcommit_memory",  "vm/overcommit_ratio",
                                        "vm/swappiness",         "vm/nr_hugepages",
                                        "vm/dirty_ratio",        "vm/dirty_background_ratio",

                                        "net/ipv4/tcp_retries2", "net/ipv4/tcp_keepalive_time"};
    char path[128];
    char line[64];
    json_t *all = json_object();
    for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
        (void)snprintf(path, sizeof(path), "/proc/sys/%s", names[k]);
        if (hf_facts_line(source, path, line, sizeof(line)))
            put_text(all, names[k], line);
    }
    return all;
}

json_t *hf_facts_clock(const struct hf_facts_source *source)
{
    (void)source;
    struct timespec now;
    struct timex clock = {0};
    int state = adjtimex(&clock);
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return json_pack("{s:b, s:I}", "synchronised", state >= 0 && !(clock.status & STA_UNSYNC),
                     "time_ms", (json_int_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

struct walk {
    const struct hf_facts_source *source;
    json_t *list;
    char folder[256];
};

static void one_watchdog(void *user, const char *name)
{
    static const char *const words[] = {"identity", "state"};
    static const char *const numbers[] = {"timeout", "max_timeout", "nowayout"};
    struct walk *walk = user;
    char path[512];
    char line[128];
    json_t *dog = json_pack("{s:s}", "name", name);
    for (size_t k = 0; k < 2; k++) {
        (void)snprintf(path, sizeof(path), "/sys/class/watchdog/%s/%s", name, words[k]);
        if (hf_facts_line(walk->source, path, line, sizeof(line)))
            put_text(dog, words[k], line);
    }
    for (size_t k = 0; k < 3; k++) {
        (void)snprintf(path, sizeof(path), "/sys/class/watchdog/%s/%s", name, numbers[k]);
        if (hf_facts_line(walk->source, path, line, sizeof(line)))
            (void)json_object_set_new(dog, numbers[k], json_integer(strtoll(line, NULL, 10)));
    }
    (void)json_array_append_new(walk->list, dog);
}

/* A kernel without the folder of watchdogs may still have the device. */
json_t *hf_facts_watchdogs(const struct hf_facts_source *source)
{
    struct walk walk = {source, json_array(), ""};
    char path[1024];
    hf_facts_folder(source, "/sys/class/watchdog", one_watchdog, &walk);
    hf_facts_path(source, "/dev/watchdog", path, sizeof(path));
    if (json_array_size(walk.list) == 0 && access(path, F_OK) == 0)
        (void)json_array_append_new(walk.list, json_pack("{s:s}", "name", "watchdog"));
    return walk.list;
}

static void one_unit(void *user, const char *name)
{
    struct walk *walk = user;
    (void)json_array_append_new(walk->list, json_string(name));
}

static void one_folder(void *user, const char *name)
{
    struct walk *walk = user;
    size_t length = strlen(name);
    bool wants = length > 6 && strcmp(name + length - 6, ".wants") == 0;
    bool requires = length > 9 && strcmp(name + length - 9, ".requires") == 0;
    if (!wants && !requires)
        return;
    (void)snprintf(walk->folder, sizeof(walk->folder), "/etc/systemd/system/%s", name);
    hf_facts_folder(walk->source, walk->folder, one_unit, walk);
}

/* Units that something wants at boot; NULL when the node has no systemd. */
json_t *hf_facts_units(const struct hf_facts_source *source)
{
    struct walk walk = {source, NULL, ""};
    char path[1024];
    hf_facts_path(source, "/etc/systemd/system", path, sizeof(path));
    if (access(path, F_OK) != 0)
        return NULL;
    walk.list = json_array();
    hf_facts_folder(source, "/etc/systemd/system", one_folder, &walk);
    return walk.list;
}

json_t *hf_facts_state_dir(const struct hf_facts_source *source)
{
    static const char *const folders[] = {"/var/lib/holdfast", "/var/lib", "/"};
    struct statvfs about;
    char path[1024];
    for (size_t k = 0; k < 3; k++) {
        hf_facts_path(source, folders[k], path, sizeof(path));
        if (statvfs(path, &about) == 0)
            return json_pack("{s:I, s:b}", "free_mib",
                             (json_int_t)(about.f_bavail * about.f_frsize >> 20), "read_only",
                             (about.f_flag & ST_RDONLY) != 0);
    }
    return NULL;
}
