#include "cli/read_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (1u << 20)

char *hf_read_file(const char *verb, const char *name, size_t *ret_length, const char *after)
{
    FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
    char *text = file ? malloc(FILE_MAX + 1) : NULL;
    size_t length = text ? fread(text, 1, FILE_MAX + 1, file) : 0;
    const char *fault = !text || ferror(file) ? strerror(errno)
                        : length > FILE_MAX   ? "it is larger than 1 MiB: not a cluster.yaml"
                                              : NULL;
    if (file && file != stdin)
        (void)fclose(file);
    if (!fault) {
        *ret_length = length;
        return text;
    }
    (void)fprintf(stderr, "holdfast %s: cannot read %s: %s\n%s", verb, name, fault, after);
    free(text);
    return NULL;
}

const char *hf_read_file_name(const char *name)
{
    return strcmp(name, "-") == 0 ? "standard input" : name;
}
