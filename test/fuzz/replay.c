/*
 * Runs every file of the given files and folders through a fuzz target, without libFuzzer.
 *
 * Each file is one input; the name goes to standard error before it is tried, since one that
 * finds something ends the program. Closes with the number of inputs; none at all is a failure: a
 * corpus got lost.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "target.h"

static unsigned inputs;

static int run_file(const char *path, off_t size)
{
    FILE *file = fopen(path, "re");
    /* Exactly as large as the input, so that a sanitizer sees each byte that is read beyond it. */
    uint8_t *bytes = malloc(size ? (size_t)size : 1);
    bool read = file && bytes && fread(bytes, 1, (size_t)size, file) == (size_t)size;
    if (read) {
        (void)fprintf(stderr, "%s\n", path);
        (void)LLVMFuzzerTestOneInput(bytes, (size_t)size);
        inputs++;
    } else {
        (void)fprintf(stderr, "%s: cannot be read\n", path);
    }
    free(bytes);
    if (file)
        (void)fclose(file);
    return read ? 0 : 1;
}

static int run_path(const char *path);

static int run_folder(const char *path)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, alphasort);
    int failed = count < 0;
    for (int i = 0; i < count; i++) {
        char name[4096];
        (void)snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            failed |= run_path(name);
        free(entries[i]);
    }
    free(entries);
    return failed;
}

static int run_path(const char *path)
{
    struct stat about;
    if (stat(path, &about) < 0) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return 1;
    }
    return S_ISDIR(about.st_mode) ? run_folder(path) : run_file(path, about.st_size);
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++)
        failed |= run_path(argv[i]);
    (void)printf("%u inputs\n", inputs);
    return failed || !inputs;
}
