/* Load a kernel module with all it depends on, without forking modprobe (an exec is dear here).
 *
 * Happy path: find the module's line in modules.dep, load the dependencies from the right to the
 * left, then the module. Built-in modules have no line: nothing to do.
 * Failure: -ENOENT when neither loaded nor built in is known; else what the kernel said. */
#include "node.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int load_file(const char *folder, const char *path, const char *options)
{
    char full[LAB_TEXT_MAX];

    snprintf(full, sizeof full, "%s/%s", folder, path);

    int fd = open(full, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;

    long r = syscall(SYS_finit_module, fd, options, 0);
    int error = r < 0 && errno != EEXIST ? -errno : 0;

    close(fd);
    return error;
}

/* modules.dep: "path/name.ko: path/dep1.ko path/dep2.ko"; the right-most is needed first. */
static int load_line(const char *folder, char *line, const char *options)
{
    char *colon = strchr(line, ':');
    char *space;

    *colon = 0;
    while ((space = strrchr(colon + 1, ' '))) {
        int r = load_file(folder, space + 1, "");

        if (r < 0)
            return r;
        *space = 0;
    }
    return load_file(folder, line, options);
}

static bool line_is_of(const char *line, const char *name)
{
    const char *colon = strchr(line, ':');
    const char *slash = colon;
    size_t length = strlen(name);

    if (!colon)
        return false;
    while (slash > line && slash[-1] != '/')
        slash--;
    if ((size_t)(colon - slash) != length + 3 || strncmp(colon - 3, ".ko", 3) != 0)
        return false;
    for (size_t i = 0; i < length; i++) {
        char a = slash[i] == '-' ? '_' : slash[i];
        char b = name[i] == '-' ? '_' : name[i];

        if (a != b)
            return false;
    }
    return true;
}

int module_load(const char *folder, const char *name, const char *options)
{
    char path[LAB_TEXT_MAX];
    char line[LAB_TEXT_MAX];
    int r = -ENOENT;

    snprintf(path, sizeof path, "%s/modules.dep", folder);

    FILE *file = fopen(path, "re");

    if (!file)
        return -errno;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        if (!line_is_of(line, name))
            continue;
        r = load_line(folder, line, options);
        break;
    }
    fclose(file);
    return r;
}
