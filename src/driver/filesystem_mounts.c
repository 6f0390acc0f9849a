#include "driver/filesystem_mounts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

struct line {
    struct hf_mount mount;
    char path[4096];
};

static bool is_octal(const char *text)
{
    return text[0] >= '0' && text[0] <= '3' && text[1] >= '0' && text[1] <= '7' && text[2] >= '0' &&
           text[2] <= '7';
}

/* The kernel writes blanks, tabs, newlines and backslashes as \ooo. */
static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from; to++) {
        if (from[0] == '\\' && is_octal(from + 1)) {
            *to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

static bool parse(const char *text, struct line *ret)
{
    unsigned major_number;
    unsigned minor_number;
    const char *separator = strstr(text, " - ");
    *ret = (struct line){0};
    if (!separator)
        return false;
    if (sscanf(text, "%*s %*s %u:%u %*s %4095s", &major_number, &minor_number, ret->path) != 3)
        return false;
    if (sscanf(separator + 3, "%31s %127s", ret->mount.type, ret->mount.source) < 1)
        return false;
    unescape(ret->path);
    unescape(ret->mount.source);
    ret->mount.number = makedev(major_number, minor_number);
    return true;
}

typedef bool (*line_fn)(const struct line *line, void *user);

/* Calls fn for every mount, until it wants no more. */
static int for_each(line_fn fn, void *user)
{
    FILE *file = fopen("/proc/self/mountinfo", "re");
    if (!file)
        return -errno;
    char *text = NULL;
    size_t room = 0;
    bool go_on = true;
    while (go_on && getline(&text, &room, file) > 0) {
        struct line line;
        go_on = !parse(text, &line) || fn(&line, user);
    }
    free(text);
    (void)fclose(file);
    return 0;
}

struct search {
    const char *path;
    size_t length;
    bool found;
    struct line line;
};

static struct search search_for(const char *path)
{
    struct search search = {.path = path, .length = strlen(path)};
    while (search.length > 1 && path[search.length - 1] == '/')
        search.length--;
    return search;
}

/* Mounts are listed in the order they were made: the last one at a path is on top. */
static bool match_path(const struct line *line, void *user)
{
    struct search *search = user;
    if (strlen(line->path) == search->length &&
        memcmp(line->path, search->path, search->length) == 0) {
        search->found = true;
        search->line = *line;
    }
    return true;
}

int hf_mount_find(const char *path, struct hf_mount *ret)
{
    struct search search = search_for(path);
    int r = for_each(match_path, &search);
    if (r < 0)
        return r;
    if (!search.found)
        return -ENOENT;
    *ret = search.line.mount;
    return 0;
}

static bool match_below(const struct line *line, void *user)
{
    struct search *search = user;
    search->found = memcmp(line->path, search->path, strnlen(line->path, search->length)) == 0 &&
                    strlen(line->path) > search->length && line->path[search->length] == '/';
    search->line = *line;
    return !search->found;
}

bool hf_mount_below(const char *path, char *ret_path, size_t size)
{
    struct search search = search_for(path);
    if (for_each(match_below, &search) < 0 || !search.found)
        return false;
    (void)snprintf(ret_path, size, "%s", search.line.path);
    return true;
}
