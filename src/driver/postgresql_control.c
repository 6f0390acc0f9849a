/*
 * postgresql_control.c - what pg_control says: whether the server was stopped cleanly, and where a
 * recovery would begin.
 *
 * Read from the bytes of global/pg_control rather than from pg_controldata, whose start and words
 * in the user's language would stand in the way of a takeover. Source: struct ControlFileData in
 * PostgreSQL's src/include/catalog/pg_control.h. Its head is the same in versions 11 to 18: system
 * identifier (8 bytes), version of the file (4), version of the catalogue (4), state (4, then 4 of
 * padding), time (8), newest checkpoint (8), that checkpoint's redo position (8); each in the
 * machine's own order. Other versions are not read. The server writes the file as one sector.
 */
#include "driver/postgresql.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define OLDEST_FORMAT 1100u
#define NEWEST_FORMAT 1899u

struct head {
    uint64_t system;
    uint32_t format;
    uint32_t catalogue;
    uint32_t state;
    uint32_t padding;
    uint64_t time_s;
    uint64_t checkpoint;
    uint64_t redo;
};
_Static_assert(offsetof(struct head, redo) == 40, "as PostgreSQL lays it out");

/* enum DBState, same file. */
enum { STOPPED = 1, STOPPING = 3, RECOVERING = 4, RUNNING = 6 };

int hf_postgresql_read_control(const char *data, struct hf_postgresql_control *ret)
{
    char path[PATH_MAX];
    struct head head;
    struct stat found;
    if (snprintf(path, sizeof(path), "%s/global/pg_control", data) >= (int)sizeof(path))
        return -ENAMETOOLONG;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    bool is_file = fstat(fd, &found) == 0 && S_ISREG(found.st_mode);
    ssize_t n = is_file ? read(fd, &head, sizeof(head)) : -1;
    (void)close(fd);
    if (n != (ssize_t)sizeof(head))
        return -EIO;
    if (head.format < OLDEST_FORMAT || head.format > NEWEST_FORMAT)
        return -EPROTONOSUPPORT;
    ret->stopped = head.state == STOPPED;
    ret->crashed = head.state == STOPPING || head.state == RECOVERING || head.state == RUNNING;
    ret->redo = head.redo;
    return 0;
}
