/* Files below the root of a source. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "validate/facts_impl.h"

#define TEXT_MAX (256u << 10)

void hf_facts_path(const struct hf_facts_source *source, const char *path, char *full, size_t size)
{
    (void)snprintf(full, size, "%s%s", source->root, path);
}

char *hf_facts_text(const struct hf_facts_source *source, const char *path)
{
    char full[1024];
    hf_facts_path(source, path, full, sizeof(full));
    FILE *file = fopen(full, "re");
    char *text = file ? malloc(TEXT_MAX + 1) : NULL;
    if (text) {
        size_t length = fread(text, 1, TEXT_MAX, file);
        text[length] = '\0';
        if (ferror(file)) {
            free(text);
            text = NULL;
        }
    }
    if (file)
        (void)fclose(file);
    return text;
}

static void trim(char *line)
{
    size_t length = strlen(line);
    while (length > 0 && isspace((unsigned char)line[length - 1]))
        line[--length] = '\0';
    size_t blanks = strspn(line, " \t");
    memmove(line, line + blanks, length - blanks + 1);
}

bool hf_facts_line(const struct hf_facts_source *source, const char *path, char *line, size_t size)
{
    char *text = hf_facts_text(source, path);
    if (!text)
        return false;
    (void)snprintf(line, size, "%.*s", (int)strcspn(text, "\n"), text);
    trim(line);
    free(text);
    return line[0] != '\0';
}

json_int_t hf_facts_number(const struct hf_facts_source *source, const char *path,
                           json_int_t otherwise)
{
    char line[64];
    char *end = NULL;
    if (!hf_facts_line(source, path, line, sizeof(line)))
        return otherwise;
    errno = 0;
    long long number = strtoll(line, &end, 10);
    return errno || end == line ? otherwise : number;
}

bool hf_facts_link(const struct hf_facts_source *source, const char *path, char *name, size_t size)
{
    char full[1024];
    char target[1024];
    hf_facts_path(source, path, full, sizeof(full));
    ssize_t length = readlink(full, target, sizeof(target) - 1);
    if (length <= 0)
        return false;
    target[length] = '\0';
    const char *slash = strrchr(target, '/');
    (void)snprintf(name, size, "%s", slash ? slash + 1 : target);
    return true;
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

void hf_facts_folder(const struct hf_facts_source *source, const char *path,
                     void (*each)(void *user, const char *name), void *user)
{
    char full[1024];
    struct dirent **entries = NULL;
    hf_facts_path(source, path, full, sizeof(full));
    int count = scandir(full, &entries, is_shown, alphasort);
    for (int i = 0; i < count; i++) {
        each(user, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

bool hf_facts_next(const char **at, char *line, size_t size)
{
    if (!**at)
        return false;
    size_t length = strcspn(*at, "\n");
    (void)snprintf(line, size, "%.*s", (int)length, *at);
    *at += length + ((*at)[length] == '\n');
    trim(line);
    return true;
}

unsigned hf_facts_words(char *line, char *words[], unsigned max)
{
    unsigned count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(line, " \t", &rest); word && count < max;
         word = strtok_r(NULL, " \t", &rest))
        words[count++] = word;
    return count;
}
