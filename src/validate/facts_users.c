/* Users and groups with their numbers: a shared disk carries numbers, not names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "validate/facts_impl.h"

/* Splits "a:b:c" in place; empty fields count. */
static unsigned fields(char *line, char *parts[], unsigned max)
{
    unsigned count = 0;
    for (char *at = line; at && count < max; count++) {
        parts[count] = at;
        at = strchr(at, ':');
        if (at)
            *at++ = '\0';
    }
    return count;
}

static void add_user(json_t *users, char *line, const char *from)
{
    char *parts[7];
    if (line[0] == '#' || line[0] == '+' || fields(line, parts, 7) < 4)
        return;
    (void)json_array_append_new(users,
                                json_pack("{s:s, s:I, s:I, s:s}", "name", parts[0], "uid",
                                          (json_int_t)strtoll(parts[2], NULL, 10), "gid",
                                          (json_int_t)strtoll(parts[3], NULL, 10), "from", from));
}

static json_t *find(const json_t *users, const char *name)
{
    size_t i = 0;
    json_t *user = NULL;
    json_array_foreach(users, i, user)
    {
        if (strcmp(json_string_value(json_object_get(user, "name")), name) == 0)
            return user;
    }
    return NULL;
}

static void ask_directory(const struct hf_facts_source *source, const char *name, json_t *users)
{
    const char *const argv[] = {"getent", "passwd", name, NULL};
    char line[HF_FACTS_LINE];
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    if (find(users, name) || hf_facts_run(source, argv, &out) != 0)
        return;
    const char *at = out.data;
    if (hf_facts_next(&at, line, sizeof(line)))
        add_user(users, line, "directory");
}

struct pins {
    const struct hf_facts_source *source;
    json_t *users;
    const char *folder;
};

/* "u postgres 26 ..." gives the user its number on every node alike. */
static void one_sysusers(void *user, const char *name)
{
    struct pins *pins = user;
    char path[512];
    char line[HF_FACTS_LINE];
    char *words[4];
    (void)snprintf(path, sizeof(path), "%s/%s", pins->folder, name);
    char *text = hf_facts_text(pins->source, path);
    const char *at = text ? text : "";
    while (hf_facts_next(&at, line, sizeof(line))) {
        if (hf_facts_words(line, words, 4) < 3 || words[0][0] != 'u')
            continue;
        json_t *known = find(pins->users, words[1]);
        char *end = NULL;
        long long number = strtoll(words[2], &end, 10);
        if (known && end != words[2] && (*end == '\0' || *end == ':'))
            (void)json_object_set_new(known, "pinned", json_integer(number));
    }
    free(text);
}

json_t *hf_facts_users(const struct hf_facts_source *source, const struct hf_spec *spec)
{
    static const char *const folders[] = {"/usr/lib/sysusers.d", "/etc/sysusers.d"};
    char line[HF_FACTS_LINE];
    char *text = hf_facts_text(source, "/etc/passwd");
    if (!text)
        return NULL;
    json_t *users = json_array();
    const char *at = text;
    while (hf_facts_next(&at, line, sizeof(line)))
        add_user(users, line, "files");
    free(text);
    ask_directory(source, "postgres", users);
    for (unsigned i = 0; spec && i < HF_INSTANCES_MAX; i++)
        if (spec->instances[i].name[0] && spec->instances[i].engine.user[0])
            ask_directory(source, spec->instances[i].engine.user, users);
    for (size_t k = 0; k < 2; k++) {
        struct pins pins = {source, users, folders[k]};
        hf_facts_folder(source, folders[k], one_sysusers, &pins);
    }
    return users;
}

json_t *hf_facts_groups(const struct hf_facts_source *source)
{
    char line[HF_FACTS_LINE];
    char *parts[4];
    char *text = hf_facts_text(source, "/etc/group");
    if (!text)
        return NULL;
    json_t *groups = json_array();
    const char *at = text;
    while (hf_facts_next(&at, line, sizeof(line)))
        if (fields(line, parts, 4) >= 3)
            (void)json_array_append_new(groups, json_pack("{s:s, s:I}", "name", parts[0], "gid",
                                                          (json_int_t)strtoll(parts[2], NULL, 10)));
    free(text);
    return groups;
}

json_t *hf_facts_nsswitch(const struct hf_facts_source *source)
{
    char line[HF_FACTS_LINE];
    char *text = hf_facts_text(source, "/etc/nsswitch.conf");
    if (!text)
        return NULL;
    json_t *all = json_object();
    const char *at = text;
    while (hf_facts_next(&at, line, sizeof(line))) {
        char *colon = strchr(line, ':');
        if (line[0] == '#' || !colon)
            continue;
        *colon = '\0';
        (void)json_object_set_new(all, line, json_string(colon + 1 + strspn(colon + 1, " \t")));
    }
    free(text);
    return all;
}
