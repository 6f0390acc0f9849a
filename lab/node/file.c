/* Small files and folders, the clock, and the console.
 *
 * Happy path: write a line to sysfs, read a line from proc, make a folder with its parents.
 * Failures come back as a negative errno; the caller knows whether they matter. */
#include "node.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int write_all(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, text, length);

        if (n < 0)
            return -errno;
        text += n;
        length -= (size_t)n;
    }
    return 0;
}

static int write_with(const char *path, const char *text, int flags)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0644);

    if (fd < 0)
        return -errno;

    int r = write_all(fd, text, strlen(text));

    close(fd);
    return r;
}

int file_write(const char *path, const char *text)
{
    bool virtual = strncmp(path, "/sys/", 5) == 0 || strncmp(path, "/proc/", 6) == 0;

    return write_with(path, text, virtual ? 0 : O_CREAT | O_TRUNC);
}

int file_append(const char *path, const char *text)
{
    return write_with(path, text, O_CREAT | O_APPEND);
}

ssize_t file_read(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t have = 0;

    text[0] = 0;
    if (fd < 0)
        return -errno;
    while (have + 1 < size) {
        ssize_t n = read(fd, text + have, size - 1 - have);

        if (n <= 0)
            break;
        have += (size_t)n;
    }
    text[have] = 0;
    close(fd);
    return (ssize_t)have;
}

int file_copy(const char *from, const char *to, mode_t mode)
{
    char block[65536];
    int in = open(from, O_RDONLY | O_CLOEXEC);

    if (in < 0)
        return -errno;

    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    int r = out < 0 ? -errno : 0;

    while (r == 0) {
        ssize_t n = read(in, block, sizeof block);

        if (n <= 0)
            break;
        r = write_all(out, block, (size_t)n);
    }
    close(in);
    if (out >= 0)
        close(out);
    return r;
}

int folder_make(const char *path, mode_t mode)
{
    char part[LAB_TEXT_MAX];

    snprintf(part, sizeof part, "%s", path);
    for (char *p = part + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = 0;
        (void)mkdir(part, 0755);
        *p = '/';
    }
    return mkdir(part, mode) == 0 || errno == EEXIST ? 0 : -errno;
}

void note(const char *format, ...)
{
    char line[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line - 1, format, args);
    va_end(args);
    dprintf(STDOUT_FILENO, "lab: %8.3f %s\n", (double)now_ms() / 1000.0, line);
}

int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
