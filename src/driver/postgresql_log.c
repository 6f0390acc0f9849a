/*
 * postgresql_log.c - the reason in the log's lines of a server that ended while it started.
 */
#include "driver/postgresql.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The reason stands near the end: only so much of the log is looked at. */
#define TAIL_MAX 16384

static size_t read_tail(const char *path, off_t offset, char *ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return 0;
    off_t end = lseek(fd, 0, SEEK_END);
    if (end - offset > TAIL_MAX)
        offset = end - TAIL_MAX;
    ssize_t n = end > offset ? pread(fd, ret, TAIL_MAX, offset) : 0;
    (void)close(fd);
    return n > 0 ? (size_t)n : 0;
}

/* 3 = the reason, 2 = an error, 1 = something, 0 = nothing */
static int weight_of(const char *line)
{
    if (strstr(line, "FATAL:  ") || strstr(line, "PANIC:  "))
        return 3;
    if (strstr(line, "ERROR:  "))
        return 2;
    return line[strspn(line, " \t\r")] ? 1 : 0;
}

/* The line without the time and process id that log_line_prefix put before it. */
static const char *without_prefix(const char *line)
{
    static const char *const levels[] = {
        "FATAL:  ", "PANIC:  ", "ERROR:  ", "LOG:  ", "WARNING:  "};
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        const char *found = strstr(line, levels[i]);
        if (found)
            return found;
    }
    return line;
}

static void keep(const char *line, char *ret, size_t size)
{
    (void)snprintf(ret, size, "%s", without_prefix(line));
    for (char *p = ret; *p; p++) {
        if (iscntrl((unsigned char)*p))
            *p = ' ';
    }
}

void hf_postgresql_log_reason(const char *path, off_t offset, char *ret, size_t size)
{
    char text[TAIL_MAX + 1];
    char *rest = text;
    const char *line;
    int best = 0;
    ret[0] = '\0';
    text[read_tail(path, offset, text)] = '\0';
    while ((line = strsep(&rest, "\n")) != NULL) {
        int weight = weight_of(line);
        if (weight > 0 && weight >= best) {
            best = weight;
            keep(line, ret, size);
        }
    }
}
