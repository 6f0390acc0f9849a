/* Engines that are installed, and the libraries and tools that must be alike beside them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "validate/facts_impl.h"

struct walk {
    const struct hf_facts_source *source;
    json_t *list;
    const char *folder;
    char version[32];
};

static void one_postgresql(void *user, const char *name)
{
    struct walk *walk = user;
    char program[256];
    (void)snprintf(program, sizeof(program), "/usr/lib/postgresql/%s/bin/postgres", name);
    json_t *version = hf_facts_program_version(walk->source, program, "--version");
    if (version)
        (void)json_array_append_new(
            walk->list,
            json_pack("{s:i, s:o}", "major", (int)strtol(name, NULL, 10), "version", version));
}

json_t *hf_facts_engines(const struct hf_facts_source *source)
{
    struct walk walk = {source, json_array(), NULL, ""};
    json_t *mariadb = json_array();
    hf_facts_folder(source, "/usr/lib/postgresql", one_postgresql, &walk);
    json_t *version = hf_facts_program_version(source, "mariadbd", "--version");
    if (version)
        (void)json_array_append_new(mariadb,
                                    json_pack("{s:i, s:o}", "major",
                                              (int)strtol(json_string_value(version), NULL, 10),
                                              "version", version));
    return json_pack("{s:o, s:o}", "postgresql", walk.list, "mariadb", mariadb);
}

/* Version of a data directory that is to be seen on this node now. */
json_t *hf_facts_data(const struct hf_facts_source *source, const struct hf_spec *spec)
{
    char path[HF_PATH_MAX + 16];
    char line[64];
    json_t *data = json_object();
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        const struct hf_instance_spec *instance = &spec->instances[i];
        if (!instance->name[0] || instance->engine.type != HF_ENGINE_POSTGRESQL)
            continue;
        (void)snprintf(path, sizeof(path), "%s/PG_VERSION", instance->engine.data);
        if (hf_facts_line(source, path, line, sizeof(line)))
            (void)json_object_set_new(data, instance->name, json_string(line));
    }
    return data;
}

static void one_library(void *user, const char *name)
{
    static const char begin[] = "libicuuc.so.";
    struct walk *walk = user;
    if (strncmp(name, begin, sizeof(begin) - 1) == 0 &&
        strlen(name + sizeof(begin) - 1) > strlen(walk->version))
        (void)snprintf(walk->version, sizeof(walk->version), "%s", name + sizeof(begin) - 1);
}

static void one_architecture(void *user, const char *name)
{
    struct walk *walk = user;
    char path[512];
    if (!strstr(name, "-linux-gnu"))
        return;
    (void)snprintf(path, sizeof(path), "/usr/lib/%s", name);
    hf_facts_folder(walk->source, path, one_library, walk);
}

static json_t *locales(const struct hf_facts_source *source)
{
    static const char *const argv[] = {"locale", "-a", NULL};
    char line[128];
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    if (hf_facts_run(source, argv, &out) != 0)
        return NULL;
    json_t *list = json_array();
    const char *at = out.data;
    while (hf_facts_next(&at, line, sizeof(line)))
        if (line[0])
            (void)json_array_append_new(list, json_string(line));
    return list;
}

json_t *hf_facts_locale(const struct hf_facts_source *source)
{
    static const char *const argv[] = {"getconf", "GNU_LIBC_VERSION", NULL};
    struct walk walk = {source, NULL, NULL, ""};
    char libc[32];
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    json_t *locale = json_object();
    if (hf_facts_run(source, argv, &out) == 0) {
        hf_facts_version(out.data, libc, sizeof(libc));
        if (libc[0])
            (void)json_object_set_new(locale, "libc", json_string(libc));
    }
    hf_facts_folder(source, "/usr/lib", one_architecture, &walk);
    (void)json_object_set_new(locale, "icu", json_string(walk.version));
    json_t *all = locales(source);
    if (all)
        (void)json_object_set_new(locale, "locales", all);
    return locale;
}

/* A program that is not there has no member. */
json_t *hf_facts_tools(const struct hf_facts_source *source)
{
    static const char *const programs[][2] = {{"mkfs.ext4", "-V"},
                                              {"e2fsck", "-V"},
                                              {"mkfs.xfs", "-V"},
                                              {"xfs_repair", "-V"},
                                              {"corosync", "-v"}};
    json_t *tools = json_object();
    for (size_t k = 0; k < sizeof(programs) / sizeof(programs[0]); k++) {
        json_t *version = hf_facts_program_version(source, programs[k][0], programs[k][1]);
        if (version)
            (void)json_object_set_new(tools, programs[k][0], version);
    }
    return tools;
}
