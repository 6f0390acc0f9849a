/* What is mounted, and what would mount or start something at boot. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "validate/facts_impl.h"

/* Kernel name of "/dev/...", "UUID=..." or "LABEL=..."; false: it stands for no device here. */
static bool kernel_name(const struct hf_facts_source *source, const char *device, char *name,
                        size_t size)
{
    static const struct {
        const char *begin, *folder;
    } ways[] = {{"UUID=", "/dev/disk/by-uuid/"},
                {"LABEL=", "/dev/disk/by-label/"},
                {"PARTUUID=", "/dev/disk/by-partuuid/"}};
    char path[512];
    (void)snprintf(path, sizeof(path), "%s", device);
    for (size_t k = 0; k < sizeof(ways) / sizeof(ways[0]); k++)
        if (strncmp(device, ways[k].begin, strlen(ways[k].begin)) == 0)
            (void)snprintf(path, sizeof(path), "%s%s", ways[k].folder,
                           device + strlen(ways[k].begin));
    if (strncmp(path, "/dev/", 5) != 0)
        return false;
    if (!hf_facts_link(source, path, name, size))
        (void)snprintf(name, size, "%s", strrchr(path, '/') + 1);
    return true;
}

static json_t *mount_of(const struct hf_facts_source *source, const char *device, const char *where)
{
    char name[256];
    json_t *one = json_pack("{s:s, s:s}", "device", device, "mount", where);
    if (kernel_name(source, device, name, sizeof(name)))
        (void)json_object_set_new(one, "kernel", json_string(name));
    return one;
}

static json_t *read_table(const struct hf_facts_source *source, const char *path, bool devices)
{
    char line[HF_FACTS_LINE];
    char *words[3];
    char *text = hf_facts_text(source, path);
    if (!text)
        return NULL;
    json_t *list = json_array();
    const char *at = text;
    while (hf_facts_next(&at, line, sizeof(line))) {
        if (line[0] == '#' || hf_facts_words(line, words, 3) < 2)
            continue;
        if (!devices || strncmp(words[0], "/dev/", 5) == 0)
            (void)json_array_append_new(list, mount_of(source, words[0], words[1]));
    }
    free(text);
    return list;
}

json_t *hf_facts_mounts(const struct hf_facts_source *source)
{
    return read_table(source, "/proc/self/mounts", true);
}

json_t *hf_facts_fstab(const struct hf_facts_source *source)
{
    json_t *list = read_table(source, "/etc/fstab", false);
    return list ? list : json_array(); /* a node without the file mounts nothing by it */
}

struct walk {
    const struct hf_facts_source *source;
    json_t *list;
    const char *folder;
    const char *version; /* of a PostgreSQL cluster */
};

static void value_of(const char *line, const char *key, char *value, size_t size)
{
    size_t length = strlen(key);
    if (strncmp(line, key, length) == 0 && line[length] == '=')
        (void)snprintf(value, size, "%s", line + length + 1);
}

static void one_unit(void *user, const char *name)
{
    struct walk *walk = user;
    char path[512];
    char line[HF_FACTS_LINE];
    char what[HF_FACTS_LINE] = "";
    char where[HF_FACTS_LINE] = "";
    size_t length = strlen(name);
    if (length < 6 || strcmp(name + length - 6, ".mount") != 0)
        return;
    (void)snprintf(path, sizeof(path), "%s/%s", walk->folder, name);
    char *text = hf_facts_text(walk->source, path);
    const char *at = text ? text : "";
    while (hf_facts_next(&at, line, sizeof(line))) {
        value_of(line, "What", what, sizeof(what));
        value_of(line, "Where", where, sizeof(where));
    }
    free(text);
    if (strncmp(what, "/dev/", 5) != 0 && !strchr(what, '='))
        return;
    json_t *one = mount_of(walk->source, what, where);
    (void)json_object_set_new(one, "unit", json_string(name));
    (void)json_array_append_new(walk->list, one);
}

json_t *hf_facts_mount_units(const struct hf_facts_source *source)
{
    static const char *const folders[] = {"/usr/lib/systemd/system", "/run/systemd/system",
                                          "/etc/systemd/system"};
    json_t *list = json_array();
    for (size_t k = 0; k < sizeof(folders) / sizeof(folders[0]); k++) {
        struct walk walk = {source, list, folders[k], NULL};
        hf_facts_folder(source, folders[k], one_unit, &walk);
    }
    return list;
}

/* ---- Debian's clusters of PostgreSQL, which start at boot unless they are told not to ---- */

static void data_directory(const char *text, char *value, size_t size)
{
    char line[HF_FACTS_LINE];
    while (text && hf_facts_next(&text, line, sizeof(line))) {
        if (strncmp(line, "data_directory", 14) != 0)
            continue;
        const char *quote = strchr(line, '\'');
        if (quote)
            (void)snprintf(value, size, "%.*s", (int)strcspn(quote + 1, "'"), quote + 1);
    }
}

static void first_word(const char *text, char *word, size_t size)
{
    char line[HF_FACTS_LINE];
    while (text && hf_facts_next(&text, line, sizeof(line)))
        if (line[0] && line[0] != '#') {
            (void)snprintf(word, size, "%.*s", (int)strcspn(line, " \t#"), line);
            return;
        }
}

static void one_cluster(void *user, const char *name)
{
    struct walk *walk = user;
    char path[512];
    char start[32] = "auto";
    char data[HF_FACTS_LINE] = "";
    (void)snprintf(path, sizeof(path), "/etc/postgresql/%s/%s/start.conf", walk->version, name);
    char *text = hf_facts_text(walk->source, path);
    first_word(text, start, sizeof(start));
    free(text);
    (void)snprintf(path, sizeof(path), "/etc/postgresql/%s/%s/postgresql.conf", walk->version,
                   name);
    text = hf_facts_text(walk->source, path);
    data_directory(text, data, sizeof(data));
    bool there = text != NULL;
    free(text);
    if (there)
        (void)json_array_append_new(walk->list,
                                    json_pack("{s:s, s:s, s:s, s:s}", "version", walk->version,
                                              "name", name, "start", start, "data", data));
}

static void one_version(void *user, const char *name)
{
    struct walk *walk = user;
    char path[512];
    walk->version = name;
    (void)snprintf(path, sizeof(path), "/etc/postgresql/%s", name);
    hf_facts_folder(walk->source, path, one_cluster, walk);
}

json_t *hf_facts_pg_clusters(const struct hf_facts_source *source)
{
    struct walk walk = {source, json_array(), NULL, NULL};
    hf_facts_folder(source, "/etc/postgresql", one_version, &walk);
    return walk.list;
}
